"""Boxes on a figure: inside it, apart from each other, and refused where there is no room."""

import os
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from figures import draw, headings
from hypothesis import given
from hypothesis import strategies as st
from in_process import run_in_process
from recordings import MakeWav

from wav2spec.cli.main import command
from wav2spec.errors import SettingError
from wav2spec.render.figures.layout import Box, Layout, compute_layout
from wav2spec.settings.pictures import Figure

figures = st.builds(
    Figure,
    width=st.integers(64, 4000),
    height=st.integers(64, 4000),
    dpi=st.integers(20, 300),
    colorbar=st.booleans(),
    waveform=st.booleans(),
)


def boxes(layout: Layout) -> list[Box]:
    return [*layout.panels, *layout.bars, *layout.waveforms, *layout.tiers]


def overlap(one: Box, other: Box) -> bool:
    apart = one.x + one.width <= other.x or other.x + other.width <= one.x
    return not (apart or one.y + one.height <= other.y or other.y + other.height <= one.y)


@given(figures, st.integers(1, 5), st.integers(1, 5), st.booleans(), st.integers(0, 2))
def test_boxes_lie_inside_and_apart_and_panels_are_equal_or_the_figure_is_refused(
    figure: Figure, n_rows: int, n_columns: int, titled: bool, caption_lines: int
) -> None:
    try:
        layout = compute_layout(figure, n_rows, n_columns, titled=titled, caption_lines=caption_lines)
    except SettingError as error:
        words = f"{getattr(figure, error.name)} pixels leave", "at least 16", f"{figure.dpi} dpi"
        missing = [part for part in words if part not in error.message]
        assert not missing
        return
    assert (layout.width, layout.height) == (figure.width, figure.height)
    assert len(layout.panels) == n_rows * n_columns
    assert (bool(layout.bars), bool(layout.waveforms)) == (figure.colorbar, figure.waveform)
    for box in boxes(layout):
        assert box.width > 0
        assert box.height > 0
        assert 0 <= box.x < box.x + box.width <= layout.width
        assert 0 <= box.y < box.y + box.height <= layout.height
    assert not [pair for pair in combinations(boxes(layout), 2) if overlap(*pair)]
    assert len({(box.width, box.height) for box in layout.panels}) == 1
    assert min(layout.panels[0].width, layout.panels[0].height) >= 16


@given(st.integers(1, 4), st.integers(1, 4))
def test_panels_are_in_reading_order(n_rows: int, n_columns: int) -> None:
    layout = compute_layout(Figure(2000, 2000), n_rows, n_columns, titled=True)
    rows = [layout.panels[i : i + n_columns] for i in range(0, n_rows * n_columns, n_columns)]
    assert all(len({box.y for box in row}) == 1 for row in rows)
    assert all([box.x for box in row] == sorted({box.x for box in row}) for row in rows)
    tops = [row[0].y for row in rows]
    assert tops == sorted(set(tops), reverse=True)
    assert all(len({row[column].x for row in rows}) == 1 for column in range(n_columns))


def test_the_waveform_shares_the_time_axis_of_the_panel() -> None:
    layout = compute_layout(Figure(waveform=True), titled=True)
    panel = layout.panels[0]
    assert (layout.waveforms[0].x, layout.waveforms[0].width) == (panel.x, panel.width)
    assert layout.waveforms[0].y > panel.y + panel.height


def test_the_bar_is_as_high_as_the_panels() -> None:
    layout = compute_layout(Figure(1000, 900), 3, 2, titled=True, caption_lines=2)
    assert layout.bars[0].y == layout.panels[-1].y
    assert layout.bars[0].y + layout.bars[0].height == pytest.approx(
        layout.panels[0].y + layout.panels[0].height, abs=3
    )


def test_what_is_left_out_leaves_its_room_to_the_panel() -> None:
    full = compute_layout(Figure(), titled=True).panels[0]
    assert compute_layout(Figure(), titled=False).panels[0].height > full.height
    assert compute_layout(Figure(colorbar=False), titled=True).panels[0].width > full.width


@given(st.integers(40, 250))
def test_distances_grow_with_the_letters(dpi: int) -> None:
    small, large = (
        compute_layout(Figure(2000, 2000, 40), titled=True),
        compute_layout(Figure(2000, 2000, dpi), titled=True),
    )
    assert large.letter == pytest.approx(small.letter * dpi / 40)
    assert large.panels[0].x == pytest.approx(small.panels[0].x * dpi / 40, abs=dpi / 40)


@pytest.mark.parametrize(
    ("option", "value", "others"),
    [
        ("--width", 120, []),
        ("--height", 70, []),
        ("--width", 1000, ["--dpi", "1000"]),
        ("--height", 90, ["--waveform"]),
    ],
)
def test_a_figure_too_small_for_its_panel_fails_naming_option_limit_and_value(
    make_wav: MakeWav, folder: Path, option: str, value: int, others: list[str]
) -> None:
    result = run_in_process("plot", make_wav(), folder / "out.png", option, str(value), *others)
    words = result.stderr.decode()
    assert result.returncode in (1, 2)
    assert option.removeprefix("--") in words
    assert f"{value} pixels" in words
    assert "at least 16" in words
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "limit"),
    [
        (["--width", "63"], "64"),
        (["--height", "0"], "64"),
        (["--width", "40000"], "32000"),
        (["--dpi", "5"], "20"),
        (["--dpi", "5000"], "1000"),
        (["--height", "12.5"], "whole"),
    ],
)
def test_a_size_that_no_figure_can_have_is_a_usage_error_that_names_option_limit_and_value(
    words: list[str], limit: str
) -> None:
    result = CliRunner().invoke(command, ["plot", "absent.wav", *words])
    assert result.exit_code == 2
    assert f"error: {words[0]}: " in result.output
    assert words[1] in result.output
    assert limit in result.output.replace("_", "").replace(" 000", "000")


@pytest.mark.parametrize(
    ("name", "words", "title"),
    [
        ("price_$5_or_$6$.wav", [], "price_$5_or_$6$.wav"),
        ("påske Ωμέγα.wav", [], "påske Ωμέγα.wav"),
        ("録音_звук.wav", [], "録音_звук.wav"),
        ("a.wav", ["--title", r"$\frac{1}{$ _x^ \n"], r"$\frac{1}{$ _x^ \n"),
        ("a.wav", ["--no-title"], None),
        ("a.wav", ["--title", ""], None),
        ("two\nlines.wav", [], r"two\nlines.wav"),
        (os.fsdecode(b"caf\xe9.wav"), [], r"caf\xe9.wav"),
    ],
)
def test_the_title_is_the_name_as_it_is_unless_given(
    make_wav: MakeWav, name: str, words: list[str], title: str | None
) -> None:
    figure = draw(make_wav(name), *words).figure
    assert headings(figure)[1:] == ([] if title is None else [title])


VARIED = """--style light|--style dark --waveform|--freq-scale log --dpi 150|--freq-scale mel --dpi 60 --waveform
--channel all --waveform|--title {long}|--channel all --title {long} --style dark|--no-title --no-colorbar
--no-colorbar --width 300 --height 200|--width 333 --height 237 --waveform|--start 2:30:00 --width 420|--start 10:00
--fmax 1000|--start 2:30:00 --no-colorbar|--db-range 100
--scale linear --brightness 0.00001|--db-max -120 --db-range 20|--fmin 440 --fmax 460 --width 1501 --dpi 210"""


@pytest.mark.slow
@pytest.mark.parametrize("words", VARIED.replace("\n", "|").split("|"))
def test_nothing_is_cut_off_at_the_edges_and_axes_have_labels(make_wav: MakeWav, words: str) -> None:
    # A silent recording of hours takes no time to make.
    path = make_wav(n_samples=40_000, n_channels=2)
    if "--start" in words:
        path = make_wav(samples=np.zeros(9010 * 100, np.int16), sample_rate=100)
    picture, figure = draw(path, *(word.replace("{long}", "a very long title, " * 20) for word in words.split()))
    border = np.concatenate([picture[:2].reshape(-1, 3), picture[-2:].reshape(-1, 3)])
    border = np.concatenate([border, picture[:, :2].reshape(-1, 3), picture[:, -2:].reshape(-1, 3)])
    assert np.unique(border, axis=0).tolist() == [[18, 18, 22] if "dark" in words else [255, 255, 255]]
    panel = figure.frame.boxes[0][0]
    beside = [text for text in figure.texts if text.line.align == ("right", "center_baseline")]
    below = [text for text in figure.texts if text.line.align == ("center", "top") and not text.line.rotated]
    first = [text for text in beside if panel.y <= text.line.y <= panel.y + panel.height]
    for side, labels in enumerate((first, below)):
        assert len(labels) >= 2
        for one, other in pairwise(labels):
            above, right = one.bottom + one.height, one.left + one.width
            assert (above <= other.bottom) if side == 0 else (right < other.left)
    for text in figure.texts:
        if text.line.align[0] == "left" and text.line.align[1] != "center_baseline":
            assert text.left + text.width <= picture.shape[1]
            assert "{long}" not in words or text.text.startswith(("a very long", "Channel", "hann"))


@pytest.mark.parametrize(
    ("width", "height", "dpi"), [(641, 333, 72), (999, 501, 97), (1280, 721, 120), (2001, 1203, 233)]
)
def test_the_picture_is_exactly_as_large_as_asked(width: int, height: int, dpi: int, make_wav: MakeWav) -> None:
    picture = draw(make_wav(), *f"--width {width} --height {height} --dpi {dpi} --waveform".split()).pixels
    assert picture.shape == (height, width, 3)
