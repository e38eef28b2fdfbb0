"""Frames are painted once for each layout; vectors, letters, memory."""

import itertools
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from figures import Painted, draw, laid_out
from in_process import run_in_process
from PIL import Image
from program import HANGS_AFTER_S
from recordings import MakeWav

from wav2spec.render.figures import painter
from wav2spec.settings.pictures import Figure


def test_a_kept_frame_gives_the_bytes_of_one_painted_anew(make_wav: MakeWav, folder: Path) -> None:
    paths = [make_wav("one.wav"), make_wav("another name.wav")]
    drawn: list[list[bytes]] = []
    for keep in (False, True, True):
        pictures = []
        for path in paths:
            if not keep:
                painter.forget_frames()
            assert run_in_process("plot", path, folder / "a.png", "--waveform", "--mark", "0.1").returncode == 0
            pictures.append((folder / "a.png").read_bytes())
        drawn.append(pictures)
    assert drawn[0] == drawn[1] == drawn[2]
    assert drawn[0][0] != drawn[0][1]


@pytest.mark.parametrize("dpi", [72, 100, 300])
def test_the_resolution_is_in_the_picture(make_wav: MakeWav, folder: Path, dpi: int) -> None:
    run_in_process("plot", make_wav(), folder / "a.png", "--dpi", str(dpi), "--size", "1200x900")
    with Image.open(folder / "a.png") as picture:
        assert picture.info["dpi"] == pytest.approx((dpi, dpi), abs=0.02)
        assert picture.mode == "P"


def test_an_svg_is_xml_whatever_bytes_a_label_has(make_wav: MakeWav, folder: Path) -> None:
    labels = folder / "labels.txt"
    labels.write_text("0\t1\ta\x01b\x1b[31m\n0\t1\t]]>\ufffe\n", "utf-8")
    target = folder / "a.svg"
    assert run_in_process("plot", make_wav("a\x02.wav", n_samples=16000), target, "--labels", labels).returncode == 0
    text = "".join(ElementTree.fromstring(target.read_bytes()).itertext())
    assert "a\\x01b\\x1b[31m" in text
    assert "]]>\\ufffe" in text


@pytest.mark.parametrize("suffix", ["svg", "pdf"])
def test_vectors_have_the_same_bytes_each_time_letters_as_text_and_metadata(
    make_wav: MakeWav, folder: Path, suffix: str
) -> None:
    path, target = make_wav("tone.wav"), folder / f"a.{suffix}"
    words = ("plot", path, target, "--title", "A (title) & <more>", "--waveform", "--mark", "0.1")
    assert run_in_process(*words).returncode == 0
    first = target.read_bytes()
    assert run_in_process(*words).returncode == 0
    assert target.read_bytes() == first
    if suffix == "svg":
        assert b"A (title) &amp; &lt;more&gt;</text>" in first
        assert b"Frequency (kHz)</text>" in first
        # The panel, the bar and the waveform.
        assert first.count(b"<image") == 3
    assert not re.search(rb"CreationDate|<dc:date>", first)
    result = run_in_process(*words, "--update", "-v")
    assert b"up to date" in result.stderr
    assert run_in_process(*words, "--style", "dark", "--check").returncode == 1


def test_the_ticks_of_vectors_lie_on_the_edges_of_their_boxes(make_wav: MakeWav, folder: Path) -> None:
    assert run_in_process("plot", make_wav(), folder / "a.svg").returncode == 0
    layout = laid_out(Figure())
    panel, bar = layout.panels[0], layout.bars[0]
    found = re.findall(r'<use [^>]*x="([0-9.]+)" y="([0-9.]+)"', (folder / "a.svg").read_text("utf-8"))
    # From points below the top to pixels at 100 dpi above the bottom.
    ticks = np.array([(float(x), 72 / 100 * layout.height - float(y)) for x, y in found]) * 100 / 72
    edges = [
        (abs(ticks - (panel.x, 0))[:, 0] < 1) & (ticks[:, 1] >= panel.y) & (ticks[:, 1] < panel.y + panel.height),
        (abs(ticks - (0, panel.y))[:, 1] < 1) & (ticks[:, 0] >= panel.x) & (ticks[:, 0] < panel.x + panel.width),
        (abs(ticks - (bar.x + bar.width, 0))[:, 0] < 1) & (ticks[:, 1] >= bar.y) & (ticks[:, 1] < bar.y + bar.height),
    ]
    assert np.sum(edges, axis=0).tolist() == [1] * len(ticks)
    assert min(np.sum(edges, axis=1)) >= 3


def test_an_image_is_not_written_as_vectors(make_wav: MakeWav, folder: Path) -> None:
    result = run_in_process("image", make_wav(), folder / "a.svg")
    assert (result.returncode, list(folder.iterdir())) == (2, [])


@pytest.mark.system
def test_a_large_figure_takes_less_than_250_mb(make_wav: MakeWav, folder: Path) -> None:
    path = make_wav(samples=np.random.default_rng(1).uniform(-0.5, 0.5, 44100 * 4), sample_rate=44100)
    code = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)"
    )
    words = ["-m", "wav2spec", "plot", path, folder / "a.png", "--size", "4000x2000"]
    measured = subprocess.run(
        [sys.executable, "-c", code, sys.executable, *map(str, words)],
        capture_output=True,
        check=True,
        timeout=HANGS_AFTER_S,
    )
    assert float(measured.stdout) < 250


PLOTS = [
    *(f"--size {size}" for size in ("960x480", "640x320", "400x250", "300x200", "250x180", "200x150", "3000x200")),
    *(f"--size {size} --waveform" for size in ("640x320", "400x250", "300x200")),
    *(f"--size {size} --channel all" for size in ("1000x500", "640x320", "400x250")),
    *(f"--size {size} --channel all --waveform" for size in ("1000x700", "640x520")),
    *(f"--size {size} --freq-scale {scale}" for size in ("1000x500", "400x250") for scale in ("log", "mel")),
    *(f"--size 1000x500 --dpi {dpi}" for dpi in (50, 150, 200, 300)),
    "--start 1:58:00 --duration 1",
    "--start 1:58:00 --duration 0.05",
    "--db-ref 0.0000201234 --db-max 94",
    "--db-max 0.25 --db-range 1.25",
    "--scale linear --brightness 1000000",
]

GRIDS = [
    *(f"{n} --size 900x{height}" for n in (2, 3, 4, 6) for height in (500, 700)),
    *(f"{n} --size 900x400" for n in (2, 3, 4)),
    *(f"{n} --waveform" for n in (2, 4)),
    *(f"{n} --window hann --window flattop" for n in (2, 5)),
    "5 --window hann --window flattop --window kaiser:14 --size 1200x900",
    "2 --freq-scale log --freq-scale linear",
]


def overlaps(figure: Painted) -> list[str]:
    """Return the texts that cover each other by more than a pixel, or that leave the figure."""
    width, height = figure.frame.width, figure.frame.height
    found = {
        (text.text, round(text.left), round(text.bottom)): (
            text.left,
            text.bottom,
            text.left + text.width,
            text.bottom + text.height,
        )
        for text in figure.texts
        if min(text.width, text.height) >= 1
    }
    wrong = [
        f"{name[0]} leaves the figure"
        for name, (left, bottom, right, top) in found.items()
        if min(left, bottom, width - right, height - top) < -0.5
    ]
    for (one, a), (other, b) in itertools.combinations(found.items(), 2):
        across, up = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
        if across > 1 and up > 1:
            wrong.append(f"{one[0]} over {other[0]} by {across:.0f} x {up:.0f}")
    return wrong


@pytest.mark.slow
@pytest.mark.parametrize("words", PLOTS)
def test_no_letters_of_a_plot_cover_each_other(make_wav: MakeWav, words: str) -> None:
    path = make_wav(n_channels=2)
    if "--start" in words:
        path = make_wav(samples=np.zeros(7200 * 100, np.int16), sample_rate=100)
    assert overlaps(draw(path, *words.split()).figure) == []


@pytest.mark.slow
@pytest.mark.parametrize("words", GRIDS)
def test_no_letters_of_a_grid_cover_each_other(make_wav: MakeWav, words: str) -> None:
    n_sizes, *more = words.split()
    sizes = [word for index in range(int(n_sizes)) for word in ("--window-size", str(64 + 64 * index))]
    assert overlaps(draw(make_wav(), *sizes, *more, by="compare").figure) == []
