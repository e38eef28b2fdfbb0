"""Several recordings in one figure: rows, one scale, alignment, difference, and any setting as an axis."""

import json
from pathlib import Path

import numpy as np
import pytest
from figures import axis_titles, draw, headings, impulse, levels, tone
from in_process import invoke, run_in_process
from PIL import Image
from recordings import MakeWav

import wav2spec.render.figures.painter
from wav2spec.render.figures.layout import Box

RATE = 16000


def drawn(target: Path, *words: str | Path) -> tuple[dict[str, object], np.ndarray, list[Box]]:
    """Draw a figure; return its metadata, its pixels and its panels."""
    wav2spec.render.figures.painter.forget_frames()
    result = run_in_process("compare", *words, "-o", target)
    assert (result.returncode, result.stderr) == (0, b"")
    info = json.loads(run_in_process("info", "--json", target).stdout)
    with Image.open(target) as picture:
        pixels = np.asarray(picture.convert("RGB"))
    boxes = [Box(x, len(pixels) - y - height, width, height) for x, y, width, height in info["panels"]]
    return info, pixels, boxes


def test_recordings_are_rows_at_one_scale_and_on_one_axis(make_wav: MakeWav, folder: Path) -> None:
    loud = make_wav("loud.wav", samples=tone(2000, RATE, 0.5))
    soft = make_wav("soft.wav", samples=tone(2000, 2 * RATE, 0.05))
    info, pixels, boxes = drawn(folder / "a.png", loud, soft)
    assert info["columns"]["right"] == pytest.approx(2.0)  # type: ignore[index]
    first, second = (levels(pixels, box)[:, box.width // 4].max() for box in boxes)
    assert first == 255
    # 20 dB of a range of 80.
    assert second == pytest.approx(191, abs=2)
    # The first lasts half as long; the rest of its row is blank.
    assert (levels(pixels, boxes[0])[:, boxes[0].width * 3 // 4] == -1).all()


def test_a_target_without_a_name_is_beside_the_first(make_wav: MakeWav) -> None:
    one, other = make_wav("one.wav"), make_wav("other.wav")
    assert run_in_process("compare", one, other).returncode == 0
    assert one.with_name("one-compare.png").exists()
    assert not other.with_name("other-compare.png").exists()


def test_times_that_are_aligned_are_drawn_at_the_same_place(make_wav: MakeWav, folder: Path) -> None:
    one = make_wav("one.wav", samples=impulse(RATE // 2, RATE))
    other = make_wav("other.wav", samples=impulse(RATE * 3 // 4, RATE))
    _, pixels, boxes = drawn(folder / "a.png", one, other, "--align", "0.5,750ms", "--window-size", "128")
    hot = [np.flatnonzero(levels(pixels, box)[box.height // 2] == 255).mean() for box in boxes]
    assert hot[0] == pytest.approx(hot[1], abs=1)


@pytest.mark.parametrize(("gain", "db"), [(0.5, 6.02), (1.0, 0.0), (0.1, 20.0)])
def test_the_difference_is_that_of_levels(make_wav: MakeWav, gain: float, db: float) -> None:
    one = make_wav("one.wav", samples=tone(2000, RATE, 0.5), subtype="FLOAT")
    other = make_wav("other.wav", samples=tone(2000, RATE, 0.5 * gain), subtype="FLOAT")
    target = one.with_name("a.png")
    for allowed, code in ((db + 0.1, 0), (db - 0.1, 1)):
        if allowed < 0:
            continue
        result = run_in_process("compare", one, other, "-o", target, "--difference", "--max-difference", f"{allowed}")
        assert result.returncode == code
        assert target.exists()
        if code:
            assert all(word in result.stderr for word in (b"other.wav", f"{db:.1f} dB".encode()))


def test_the_difference_has_a_scale_of_its_own(make_wav: MakeWav, folder: Path) -> None:
    one = make_wav("one.wav", samples=tone(2000, RATE, 0.5))
    other = make_wav("other.wav", samples=tone(2000, RATE, 0.25))
    _, pixels, boxes = drawn(folder / "a.png", one, other, "--difference")
    assert len(boxes) == 3
    # Nothing is white where levels fall by 6 dB, which is blue; nothing is red.
    panel = pixels[len(pixels) - boxes[2].y - boxes[2].height : len(pixels) - boxes[2].y, boxes[2].x + 50]
    tone_row = boxes[2].height - int(2000 / 8000 * boxes[2].height) - 1
    assert panel[tone_row][2] > panel[tone_row][0] + 50


@pytest.mark.parametrize(
    "words",
    [
        "--preset tf --preset librosa",
        "--freq-scale linear --freq-scale log --freq-scale mel",
        "--palette magma --palette viridis",
        "--channel 1 --channel 2 --n-bands 20 --n-bands 40",
        "--db-range 40 --db-range 80",
        "--sample-rate 8000 --sample-rate 16000",
    ],
)
def test_any_setting_makes_rows_or_columns(make_wav: MakeWav, words: str) -> None:
    figure = draw(make_wav(n_channels=2), *words.split(), by="compare").figure
    names = [word[2:].replace("-", " ") for word in words.split() if word.startswith("--")]
    texts = headings(figure)
    if "preset" not in names:
        values = [word for word in words.split() if not word.startswith("--")]
        for name, value in zip(names, values, strict=True):
            assert any(f"{name} {value}" in text for text in texts)


def test_without_options_three_windows_are_compared(make_wav: MakeWav) -> None:
    figure = draw(make_wav(), by="compare").figure
    sizes = [text.partition(",")[0] for text in headings(figure) if "stride" in text]
    assert sizes == ["hann 160", "hann 640", "hann 2560"] or sizes == ["hann 10ms", "hann 40ms", "hann 160ms"]


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["a.wav", "--difference"], "--difference"),
        (["a.wav", "--align", "1"], "--align"),
        (["a.wav", "--max-difference", "3"], "--max-difference"),
        (["a.wav", "b.wav", "--align", "1"], "2 recordings"),
        (["a.wav", "b.wav", "--align", "1,x"], "'x'"),
        (["a.wav", "b.wav", "c.wav", "--difference"], "3"),
    ],
)
def test_what_does_not_go_together_is_a_usage_error(words: list[str], named: str) -> None:
    result = invoke("compare", *words)
    assert result.exception is not None
    assert named in str(result.exception)


def test_labels_and_marks_are_drawn_and_part_of_what_is_current(make_wav: MakeWav) -> None:
    path = make_wav("talk.wav", samples=np.zeros(2 * RATE))
    labels = path.with_name("talk.txt")
    labels.write_text("0.5\t1.0\tcall\n\\\t1000\t3000\n1.2\t1.8\tspeech\n")
    words = ("--labels", "auto", "--mark", "0.25", "--mark", "5kHz")
    figure = draw(path, *words).figure
    texts = [text.text for text in figure.texts]
    assert {"call", "speech", "0.25 s", "5000 Hz"} <= set(texts)
    target = path.with_name("a.png")
    assert run_in_process("plot", path, target, *words).returncode == 0
    assert b"up to date" in run_in_process("plot", path, target, *words, "--update", "-v").stderr
    labels.write_text("0.5\t1.0\tanother\n")
    assert run_in_process("plot", path, target, *words, "--check").returncode == 1


def test_same_levels_scale_a_batch_by_its_greatest_peak(make_wav: MakeWav, folder: Path) -> None:
    loud = make_wav("loud.wav", samples=tone(2000, RATE, 0.5))
    soft = make_wav("soft.wav", samples=tone(2000, RATE, 0.05))
    assert run_in_process("plot", loud, soft, "--same-levels", "-j", "1", "-q", "-o", f"{folder}/").returncode == 0
    found = []
    for name in ("loud", "soft"):
        info = json.loads(run_in_process("info", "--json", folder / f"{name}-plot.png").stdout)
        found.append((info["level"]["low"], info["level"]["high"]))
    assert found[0] == found[1]
    assert found[0][1] == pytest.approx(-6.0, abs=0.1)


def test_the_bar_names_the_peak(make_wav: MakeWav) -> None:
    assert axis_titles(draw(make_wav()).figure)[1].startswith("dB re peak")
