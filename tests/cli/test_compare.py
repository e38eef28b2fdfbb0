"""The comparison grid: its order, its captions, and what its panels share."""

import re
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from click.testing import CliRunner
from figures import RATE, Drawn, axis_titles, draw, impulse, levels, ticks, tone
from in_process import run_in_process
from recordings import MakeWav

from wav2spec.cli.main import command
from wav2spec.dsp.resolution import normalized_resolution, resolution
from wav2spec.render.figures.layout import Layout, compute_layout
from wav2spec.settings.analysis import Analysis
from wav2spec.settings.pictures import Figure

MINUS = "\N{MINUS SIGN}"


def compare(path: Path, *words: str) -> Drawn:
    """Draw the grid that some words, or texts of several words, ask for."""
    return draw(path, *" ".join(words).split(), by="compare")


def grid_of(drawn: Drawn, n_rows: int, n_columns: int = 1, *, waveform: bool = False) -> Layout:
    height, width, _ = drawn.pixels.shape
    return compute_layout(Figure(width, height, waveform=waveform), n_rows, n_columns, titled=True, caption_lines=2)


def captions(drawn: Drawn) -> list[tuple[str, str]]:
    """Return what stands above each panel, in order: its settings and what they resolve."""
    resolved = [text for text in drawn.figure.texts if " Hz, " in text.text]
    chosen = [text for text in drawn.figure.texts if "stride" in text.text]
    for upper, lower in zip(chosen, resolved, strict=True):
        assert upper.left == lower.left
        assert upper.bottom > lower.bottom
    return [(upper.text, lower.text) for upper, lower in zip(chosen, resolved, strict=True)]


def fails(*words: str) -> str:
    """Return what a usage error says."""
    result = CliRunner().invoke(command, ["compare", "absent.wav", *" ".join(words).split()])
    assert result.exit_code == 2
    return result.output


def test_one_command_draws_the_three_windows_of_the_tutorials(make_wav: MakeWav) -> None:
    words = "--window hamming --window hanning --window blackman"
    drawn = compare(make_wav(), words, "--window-size 512 --stride 128")
    assert len(drawn.figure.frame.boxes) == 3 + 1
    assert [settings for settings, _ in captions(drawn)] == [
        f"{window} 512, stride 128" for window in ("hamming", "hanning", "blackman")
    ]
    lobes = [re.search(rf"{MINUS}(\d+) dB", resolved) for _, resolved in captions(drawn)]
    assert [match and int(match[1]) for match in lobes] == [43, 31, 58]


@pytest.mark.parametrize(
    ("words", "expected", "n_columns"),
    [
        (
            "--window-size 256 --window hann --window-size 512 --window hamming",
            ["hann 256", "hamming 256", "hann 512", "hamming 512"],
            2,
        ),
        (
            "--window hann --window-size 256 --window bartlett --window-size 512 --window-size 1024",
            [f"{window} {size}" for window in ("hann", "bartlett") for size in (256, 512, 1024)],
            3,
        ),
        (
            "--stride 100 --window hann --stride 50% --window-size 300",
            ["hann 300, stride 100", "hann 300, stride 150"],
            1,
        ),
    ],
)
def test_rows_are_the_option_repeated_first_and_columns_the_second(
    make_wav: MakeWav, words: str, expected: list[str], n_columns: int
) -> None:
    drawn = compare(make_wav(n_samples=9000), words)
    found = [settings for settings, _ in captions(drawn)]
    assert [text[: len(start)] for text, start in zip(found, expected, strict=True)] == expected
    panels = [box for box, _ in drawn.figure.frame.boxes[:-1]]
    n_rows = len(expected) // n_columns
    assert len(panels) == len(expected)
    assert len({panel.y for panel in panels}) == n_rows
    assert len({panel.x for panel in panels}) == n_columns
    # Only the outer axes are labelled.
    labelled = [any(ticks(drawn.figure, i, "left").labels) for i in range(len(panels))]
    assert labelled == [i % n_columns == 0 for i in range(len(panels))]
    labelled = [any(ticks(drawn.figure, i, "bottom").labels) for i in range(len(panels))]
    assert labelled == [i // n_columns == n_rows - 1 for i in range(len(panels))]


def test_three_repeated_are_a_usage_error_that_names_the_options() -> None:
    three = "--window hann --window hamming --window-size 64 --window-size 128 --stride 8 --stride 16"
    assert all(name in fails(three) for name in ("--window", "--window-size", "--stride", "3 options"))


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("--channel all", "--channel"),
        ("--palette magna", "--palette"),
        ("--window hamm", "--window"),
        ("--fmin 2 --fmax 1", "--fmin"),
        ("--width 3", "--width"),
        ("-o grid.npy", "npy"),
        ("--brightness 3", "--brightness"),
    ],
)
def test_what_no_grid_can_have_is_a_usage_error_that_names_the_option(words: str, named: str) -> None:
    assert named in fails("--window hann --window bartlett", words)


@pytest.mark.parametrize(
    ("window", "bins", "side_lobe_db"),
    [
        # Harris 1978, table 1: 6.0-dB bandwidth and highest side lobe level.
        ("rectangular", 1.21, -13.3),
        ("hann", 2.00, -31.5),
        ("hamming", 1.81, -42.7),
        ("blackman", 2.30, -58.1),
        ("bartlett", 1.78, -26.5),
    ],
)
def test_resolution_is_that_of_theory(window: str, bins: float, side_lobe_db: float) -> None:
    shares = normalized_resolution(window)
    assert shares.bins == pytest.approx(bins, abs=0.012)
    assert shares.side_lobe_db == pytest.approx(side_lobe_db, abs=0.3)
    found = resolution(Analysis(1024, window=window).resolved(8000), 8000)
    assert found.frequency_hz == pytest.approx(shares.bins * 8000 / 1024, rel=0.005)
    assert found.time_s == pytest.approx(shares.time * 1024 / 8000, rel=0.005)


@pytest.mark.parametrize(
    ("window", "weights"),
    [
        ("hann", [0.5, 0.5]),
        ("hamming", [0.54, 0.46]),
        ("blackman", [0.42, 0.5, 0.08]),
        ("blackman-harris", [0.35875, 0.48829, 0.14128, 0.01168]),
    ],
)
def test_at_half_the_frequency_resolution_the_main_lobe_has_fallen_to_one_half(
    window: str, weights: list[float]
) -> None:
    # The spectrum of a sum of cosines in closed form: a sum of shifted sincs.
    half = normalized_resolution(window).bins / 2
    lobe = weights[0] * np.sinc(half)
    for k, weight in enumerate(weights[1:], 1):
        lobe += weight / 2 * (np.sinc(half - k) + np.sinc(half + k))
    assert lobe / weights[0] == pytest.approx(0.5, abs=1e-3)


def test_time_resolution_is_where_the_window_has_fallen_to_one_half() -> None:
    assert normalized_resolution("hann").time == pytest.approx(0.5, abs=0.001)
    assert normalized_resolution("bartlett").time == pytest.approx(0.5, abs=0.001)
    assert normalized_resolution("rectangular").time == 1.0
    # 0.54 - 0.46 cos(x) = 0.5
    assert normalized_resolution("hamming").time == pytest.approx(1 - np.arccos(0.04 / 0.46) / np.pi, abs=0.001)


def test_captions_say_hz_ms_and_side_lobes_of_each_panel(make_wav: MakeWav) -> None:
    words = "--window hann --window hamming --window blackman --window-size 256 --window-size 32ms"
    resolved = [resolved for _, resolved in captions(compare(make_wav(), words))]
    expected = [
        (2.0, 0.5, 31),
        (1.81, 1 - float(np.arccos(0.04 / 0.46)) / np.pi, 43),
        (2.30, 0.405, 58),
    ]
    for row, (bins, time, lobes) in enumerate(expected):
        for column, size in enumerate((256, 512)):
            hz, ms, db = (float(number) for number in re.findall(r"[\d.]+", resolved[2 * row + column]))
            assert hz == pytest.approx(bins * RATE / size, rel=0.01)
            assert ms == pytest.approx(1000 * time * size / RATE, rel=0.02)
            assert db == lobes


def tops(drawn: Drawn, layout: Layout) -> list[int]:
    return [int(levels(drawn.pixels, box)[:, box.width // 2].max()) for box in layout.panels]


@pytest.mark.parametrize(("amplitude", "level"), [(1.0, 255), (0.1, 191), (10**-1.5, 159)])
def test_a_tone_has_the_same_colour_in_each_panel_and_full_scale_is_zero_db(
    make_wav: MakeWav, amplitude: float, level: int
) -> None:
    path = make_wav(samples=tone(2000, amplitude=amplitude), subtype="FLOAT")
    words = "--window hann --window blackman --window rectangular --window-size 256 --window-size 2048"
    drawn = compare(path, words, "--db-ref full-scale")
    assert max(abs(top - level) for top in tops(drawn, grid_of(drawn, 3, 2))) <= 1
    assert axis_titles(drawn.figure)[1] == "dB re full scale"


def test_levels_refer_to_the_greatest_of_all_panels(make_wav: MakeWav) -> None:
    # A click is the louder beside its neighbours, the shorter the window; steady tones would all be the peak.
    path = make_wav(samples=impulse(RATE, 2 * RATE) + tone(2000, amplitude=0.01))
    drawn = compare(path, "--window-size 128 --window-size 1024")
    found = [int(levels(drawn.pixels, box).max()) for box in grid_of(drawn, 2).panels]
    assert found[0] == 255
    assert found[1] < 245
    assert axis_titles(drawn.figure)[1] == "dB re peak"


def hot_columns(drawn: Drawn, layout: Layout) -> list[npt.NDArray[np.intp]]:
    rows = [levels(drawn.pixels, box)[box.height // 2] for box in layout.panels]
    return [np.flatnonzero(row == row.max()) for row in rows]


@pytest.mark.parametrize("framing", ["centered", "valid"])
def test_a_click_stands_in_the_same_column_of_each_panel_within_a_frame(make_wav: MakeWav, framing: str) -> None:
    n_samples = 4 * RATE
    path = make_wav(samples=impulse(n_samples // 2, n_samples))
    sizes = (128, 512, 2048)
    words = [f"--window-size {size}" for size in sizes]
    drawn = compare(path, *words, "--framing", framing)
    layout = grid_of(drawn, 3)
    times = [ticks(drawn.figure, index, "bottom") for index in range(3)]
    assert times[0].pixels == times[1].pixels == times[2].pixels
    (place,) = [place for place, label in zip(times[2].pixels, times[2].labels, strict=True) if label in ("2", "2.0")]
    for size, box, columns in zip(sizes, layout.panels, hot_columns(drawn, layout), strict=True):
        frame = size / 4 / n_samples * box.width
        assert abs(columns.mean() - place) <= frame + 1.5


def test_a_tone_stands_in_the_same_row_of_each_panel_within_a_band(make_wav: MakeWav) -> None:
    words = "--window-size 256 --window-size 1024 --window-size 4096"
    drawn = compare(make_wav(samples=tone(3000)), words, "--fmax 8k")
    for size, box in zip((256, 1024, 4096), grid_of(drawn, 3).panels, strict=True):
        column = levels(drawn.pixels, box)[:, box.width // 2][::-1]
        loud = np.flatnonzero(column == column.max())
        assert abs(loud.mean() + 0.5 - 3000 / 8000 * box.height) <= box.height / size + 1


def test_the_target_is_named_after_the_source(make_wav: MakeWav, folder: Path) -> None:
    path = make_wav("bell tower.wav")
    words = ("--window", "hann", "--window", "bartlett")
    result = run_in_process("compare", path, *words)
    assert (result.returncode, result.stdout, result.stderr) == (0, b"", b"")
    picture = path.with_name("bell tower-compare.png").read_bytes()
    assert run_in_process("compare", path, "-o", f"{folder}/", *words).returncode == 0
    assert (folder / "bell tower-compare.png").read_bytes() == picture
    assert run_in_process("compare", path, folder / "mine.png", *words).returncode == 0
    assert (folder / "mine.png").read_bytes() == picture
    assert run_in_process("compare", path, "-", *words).stdout == picture


def test_several_recordings_have_a_grid_each_and_a_bad_one_stops_no_other(make_wav: MakeWav, folder: Path) -> None:
    bad = folder / "bad.wav"
    bad.write_bytes(b"no sound")
    words = ("--window-size", "64", "--window-size", "128", "-o", f"{folder}/")
    result = run_in_process("compare", make_wav("a.wav"), bad, make_wav("b.wav"), *words, "-q", "-j1")
    assert (result.returncode, result.stderr.count(b"\n")) == (1, 1)
    assert sorted(path.name for path in folder.glob("*.png")) == ["a-compare.png", "b-compare.png"]


def test_the_size_is_what_is_asked_or_grows_with_the_grid(make_wav: MakeWav) -> None:
    path = make_wav(n_samples=9000)
    sizes = "--window-size 64 --window-size 128"
    asked = compare(path, sizes, "--width 1111 --height 777").pixels
    assert asked.shape == (777, 1111, 3)
    two = compare(path, sizes).pixels
    three = compare(path, sizes, "--window-size 256").pixels
    windows = "--window hann --window bartlett --window blackman"
    wide = compare(path, sizes, windows).pixels
    assert three.shape[0] > two.shape[0]
    assert three.shape[1] == two.shape[1] < wide.shape[1]
    double = compare(path, sizes, "--dpi 200").pixels
    assert double.shape == (2 * two.shape[0], 2 * two.shape[1], 3)


@pytest.mark.parametrize("words", ["", "--style dark --waveform", "--freq-scale mel --dpi 150", "--width 500"])
def test_no_caption_is_wider_than_its_panel_and_nothing_is_cut_off(make_wav: MakeWav, words: str) -> None:
    windows = "--window blackman-harris --window kaiser:14"
    sizes = "--window-size 512 --window-size 2048 --window-size 4096"
    drawn = compare(make_wav(n_samples=40_000, n_channels=2), windows, sizes, words)
    border = np.ones(drawn.pixels.shape[:2], bool)
    border[2:-2, 2:-2] = False
    assert len(np.unique(drawn.pixels[border], axis=0)) == 1
    panel, _ = drawn.figure.frame.boxes[0]
    for text in drawn.figure.texts:
        if not text.line.rotated and ("dB" in text.text or "stride" in text.text):
            assert text.width <= panel.width


def test_the_waveform_stands_on_the_time_axis_of_a_panel(make_wav: MakeWav) -> None:
    words = "--window hann --window bartlett --window-size 512 --window-size 2048 --waveform"
    drawn = compare(make_wav(n_samples=40_000), words)
    boxes = [box for box, _ in drawn.figure.frame.boxes]
    for wave, panel in zip(boxes[-2:], boxes[:2], strict=True):
        assert (wave.x, wave.width) == (panel.x, panel.width)
        assert wave.y > panel.y + panel.height
