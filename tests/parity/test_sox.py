"""SoX's pictures to the pixel: from kept answers, and beside the installed program."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
from front_ends import FOLDER
from in_process import invoke
from PIL import Image
from recordings import SAMPLES, MakeWav

from wav2spec.dsp.sox.columns import sox_columns
from wav2spec.dsp.sox.fourier import sox_power
from wav2spec.dsp.sox.layout import SoxAnalysis, SoxLayout

GOLDEN = np.load(FOLDER / "sox.npz")
CASES = json.loads(str(GOLDEN["meta"]))["cases"]

# Our options of SoX's letters.
OPTIONS = {
    "-x": "--width",
    "-y": "--height",
    "-z": "--db-range",
    "-Z": "--db-max",
    "-X": "--sox-columns-per-second",
    "-q": "--sox-levels",
    "-w": "--sox-window",
    "-W": "--sox-window-adjust",
}


def ours(words: list[str]) -> list[str]:
    """Return our words of SoX's, ``-Y 400`` of two channels being ``-y 129``."""
    found, letters = [], ""
    left = iter(words)
    for word in left:
        if word == "-s":
            found.append("--sox-slack")
        elif word in ("-m", "-h", "-l"):
            letters += word[1]
        elif word == "-p":
            letters += next(left)
        elif word == "-Y":
            assert next(left) == "400"
            found.append("--height=129")
        else:
            found.append(f"{OPTIONS[word]}={next(left).lower()}")
    return [*found, *([f"--palette=sox:{letters}"] if letters else [])]


def drawn(source: Path, target: Path, words: list[str]) -> Image.Image:
    result = invoke("image", source, target, "-q", "--force", "--preset=sox", *ours(words))
    assert (result.exception, result.return_value) == (None, 0), result.stderr
    return Image.open(target)


@pytest.mark.parametrize("case", CASES)
def test_pixels_and_palette_are_those_of_sox(case: str, tmp_path: Path) -> None:
    source, *words = CASES[case]
    image = drawn(SAMPLES / source, tmp_path / "a.png", words)
    np.testing.assert_array_equal(np.asarray(image), GOLDEN[case])
    if case == "speech default":
        palette = np.array(image.getpalette()).reshape(-1, 3)
        np.testing.assert_array_equal(palette[: len(GOLDEN["palette"])], GOLDEN["palette"])


# A constant signal, -y, the window, and SoX's colours of the lowest three rows. The level of the first row, or the
# second for -1, is 0 dB but for rounding: 254 is the colour of 0 dB and more, 253 the next.
CONSTANTS = [
    (-1.0, 273, "Hann", [254, 253, 4]),
    (-1.0, 289, "Hann", [254, 253, 4]),
    (-1.0, 129, "Hann", [254, 254, 4]),
    (-0.5, 129, "Kaiser", [253, 247, 228]),
    (0.5, 1025, "Dolph", [253, 248, 229]),
    (0.5, 1025, "Hamming", [253, 238, 4]),
    (-0.5, 64, "Rectangular", [253, 4, 4]),
    (0.5, 100, "Hann", [253, 241, 4]),
    (0.5, 577, "Hamming", [253, 238, 4]),
    (0.5, 257, "Hann", [254, 241, 4]),
    (0.5, 289, "Kaiser", [253, 247, 228]),
    (0.5, 300, "Bartlett", [254, 237, 4]),
]


@pytest.mark.parametrize(("value", "height", "window", "colors"), CONSTANTS)
def test_levels_of_0_db_are_rounded_as_by_sox(
    value: float, height: int, window: str, colors: list[int], make_wav: MakeWav, tmp_path: Path
) -> None:
    source = make_wav(samples=np.full((20_000, 1), value), sample_rate=16_000)
    image = drawn(source, tmp_path / "a.png", ["-x", "300", "-y", str(height), "-w", window])
    assert np.asarray(image)[::-1][:3, 150].tolist() == colors


def test_floats_become_32_bit_integers_without_rounding() -> None:
    samples = np.full((9000, 1), 2.7 / 2**31, np.float32)
    whole = np.full((9000, 1), 2 / 2**31, np.float32)
    layout = SoxLayout(SoxAnalysis(z_range=180.0, z_max=-100.0), 9000, 1, 8000)
    cut, exact = (np.concatenate(list(sox_columns(iter([x]), layout)), axis=1) for x in (samples, whole))
    np.testing.assert_array_equal(cut, exact)


@pytest.mark.parametrize("size", [128, 1024, 126, 544])
def test_soxs_transform_is_a_fourier_transform(size: int) -> None:
    frames = np.random.default_rng(size).normal(0, 1, (size, 5))
    expected = np.abs(np.fft.rfft(frames, axis=0)) ** 2
    np.testing.assert_allclose(sox_power(frames), expected, rtol=1e-9, atol=1e-18 * size**2)
    bins = np.array([0, 3, size // 2])
    np.testing.assert_array_equal(sox_power(frames, bins), sox_power(frames)[bins])
    np.testing.assert_array_equal(sox_power(frames[:, 2:3]), sox_power(frames)[:, 2:3])


@pytest.mark.parametrize("height", [65, 80])
def test_columns_of_many_frames_are_those_of_few_at_a_time(height: int, monkeypatch: pytest.MonkeyPatch) -> None:
    samples = np.random.default_rng(2).uniform(-0.5, 0.5, (60_000, 2)).astype(np.float32)
    layout = SoxLayout(SoxAnalysis(x_size=100, y_size=height), len(samples), 2, 8000)
    assert layout.n_averaged > 4
    whole = np.concatenate(list(sox_columns(iter([samples]), layout)), axis=1)
    monkeypatch.setattr("wav2spec.dsp.sox.columns._PIECE", 4 * layout.size)
    np.testing.assert_array_equal(np.concatenate(list(sox_columns(iter([samples]), layout)), axis=1), whole)
    monkeypatch.setattr("wav2spec.dsp.sox.columns._LONGEST_COLUMN", 4 * layout.size)
    np.testing.assert_array_equal(np.concatenate(list(sox_columns(iter([samples]), layout)), axis=1), whole)


@pytest.mark.parametrize("height", [129, 100])
@pytest.mark.parametrize("sizes", [[1, 700, 3], [4096]])
def test_columns_are_the_same_in_blocks_of_any_size(sizes: list[int], height: int) -> None:
    samples = np.random.default_rng(1).uniform(-0.5, 0.5, (9000, 2)).astype(np.float32)
    layout = SoxLayout(SoxAnalysis(x_size=150, y_size=height), len(samples), 2, 8000)
    whole = np.concatenate(list(sox_columns(iter([samples]), layout)), axis=1)
    cuts = np.cumsum(np.resize(sizes, 40))
    parts = np.split(samples, cuts[cuts < len(samples)])
    np.testing.assert_array_equal(np.concatenate(list(sox_columns(iter(parts), layout)), axis=1), whole)
    assert whole.shape == (2, layout.n_columns, height)


def test_less_than_half_a_column_is_drawn() -> None:
    assert SoxLayout(SoxAnalysis(per_second=262, window="bartlett"), 81, 3, 96_000).n_columns == 1


def test_a_full_scale_sine_reads_0_db() -> None:
    sine = np.sin(2 * np.pi * 1000 * np.arange(16_000) / 16_000).astype(np.float32)[:, np.newaxis]
    layout = SoxLayout(SoxAnalysis(), len(sine), 1, 16_000)
    columns = np.concatenate(list(sox_columns(iter([sine]), layout)), axis=1)[0]
    row = round(1000 * layout.size / 16_000)
    np.testing.assert_allclose(columns[40:-40, row], 0.0, atol=0.05)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--width=50"], "--width: must be from 100 to 200000 for SoX, not 50"),
        (["--height=2000"], "must be from 64 to 1200"),
        (["--db-range=10"], "must be from 20 to 180"),
        (["--window-size=512"], "--window-size: has no effect with --method sox"),
        (["--freq-scale=mel"], "--freq-scale: has no effect with --method sox"),
        (["--palette=magma"], "must be sox, sox:LETTERS or gray"),
        (["--palette=sox:z"], "is not sox, nor sox: and letters"),
        (["--format=npy"], "draws images of pixels alone"),
    ],
)
def test_what_sox_does_not_have_is_refused(words: list[str], message: str, make_wav: MakeWav) -> None:
    source = make_wav(n_samples=8000)
    result = invoke("image", source, "--preset=sox", *words)
    told = f"{result.stderr}{result.exception}".replace("width:", "--width:").replace("----", "--")
    assert result.return_value != 0 or result.exception
    assert message in told


def sox(source: Path, target: Path, words: list[str]) -> npt.NDArray[np.uint8] | None:
    """Return the colours that SoX draws; None where it draws nothing."""
    target.unlink(missing_ok=True)
    subprocess.run(["sox", source, "-n", "spectrogram", "-r", "-o", target, *words], capture_output=True, check=False)
    return np.asarray(Image.open(target).convert("RGB")) if target.exists() else None


@pytest.mark.system
@pytest.mark.skipif(shutil.which("sox") is None, reason="sox is not installed")
@pytest.mark.parametrize("seed", range(12))
def test_the_installed_sox_draws_the_same(seed: int, tmp_path: Path) -> None:
    random = np.random.default_rng(seed)
    rate = int(random.choice([8000, 16_000, 22_050, 44_100, 48_000]))
    shape = int(random.integers(3000, 90_000)), int(random.integers(1, 3))
    samples = np.cumsum(random.normal(0, 0.01, shape), axis=0)
    path = tmp_path / "a.wav"
    soundfile.write(path, np.clip(samples, -1, 1), rate, subtype="PCM_16")
    window = str(random.choice(["Hann", "Hamming", "Bartlett", "Rectangular", "Kaiser", "Dolph"]))
    words = ["-w", window, "-z", str(random.integers(40, 140)), "-x", str(random.integers(100, 900))]
    words += [["-y", str(random.integers(64, 300))], ["-m"], ["-h", "-p", "3"], ["-l"], ["-s"], ["-Z", "-12"]][seed % 6]
    expected = sox(path, tmp_path / "sox.png", words)
    assert expected is not None
    np.testing.assert_array_equal(np.asarray(drawn(path, tmp_path / "a.png", words).convert("RGB")), expected)
