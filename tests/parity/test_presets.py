"""Each preset answers what its system answered."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
import soxr
from click.testing import CliRunner, Result
from program import HANGS_AFTER_S
from recordings import GOLDEN, SAMPLES, MakeWav
from strict_png import decode

import wav2spec
from wav2spec.cli.main import command
from wav2spec.settings.config import read_config
from wav2spec.settings.presets import PRESETS
from wav2spec.settings.settings import Settings

Floats = npt.NDArray[np.float64]

LIBROSA = np.load(GOLDEN / "librosa.npz")
TF_SIGNAL = np.load(GOLDEN / "tf_signal_stft_magnitude.npz")
SCIPY = np.load(GOLDEN / "scipy_stft.npz")
MEL = "melspectrogram/n_fft=2048/hop_length=512/n_mels=128/power_to_db(ref=max)"
HTK = "melspectrogram/htk/norm=None/n_fft=400/hop_length=160/n_mels=40"
REFLECTED = "n_fft=512/win_length=400/hop_length=160/center=True/pad_mode=reflect"


def keys(answers: Any, words: str) -> list[str]:
    found = [key for key in answers.files if words in key]
    assert found
    return found


def image(*words: str | Path) -> Result:
    return CliRunner().invoke(command, ["image", *(str(word) for word in words)], standalone_mode=False)


def values(folder: Path, source: str | Path, *words: str) -> npt.NDArray[np.float32]:
    """Return what the program writes for a recording, shape (n_frames, n_bands)."""
    target = folder / "x.npy"
    path = source if isinstance(source, Path) else SAMPLES / f"{source}.wav"
    result = image(path, "-o", target, *words)
    assert (result.return_value, result.output) == (0, "")
    array: npt.NDArray[np.float32] = np.load(target)
    return array


def hann(size: int) -> Floats:
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)


def slow_stft(samples: npt.ArrayLike, window: Floats, stride: int) -> Floats:
    """Return magnitudes of whole frames, shape (n_frames, n_bins)."""
    samples = np.asarray(samples, np.float64)
    starts = range(0, len(samples) - len(window) + 1, stride)
    return np.abs([np.fft.rfft(samples[start : start + len(window)] * window) for start in starts])


def mono(name: str) -> tuple[Floats, int]:
    samples, sample_rate = soundfile.read(SAMPLES / f"{name}.wav", dtype="float32", always_2d=True)
    return samples.astype(np.float64).mean(axis=1), sample_rate


@pytest.mark.parametrize("key", TF_SIGNAL.files)
def test_tf_signal_is_the_stft_of_tensorflow(key: str, tmp_path: Path) -> None:
    name, window_size, stride, fft_length, pad_end = (part.split("=")[-1] for part in key.split("/"))
    words = ["--preset=tf-signal", "--scale=linear", f"--window-size={window_size}", f"--stride={stride}"]
    words += [] if fft_length == "None" else [f"--fft-length={fft_length}"]
    words += ["--framing=pad-end"] if pad_end == "True" else []
    expected = TF_SIGNAL[key]
    found = values(tmp_path, name, *words)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5 * expected.max())


@pytest.mark.parametrize("window_size", [255, 256, 401])
def test_tf_signal_has_a_periodic_window_for_even_sizes_alone(window_size: int, tmp_path: Path) -> None:
    samples, _ = mono("kick")
    # tf.signal divides by W + W % 2 - 1 for a periodic window: W - 1 for odd ones.
    period = window_size if window_size % 2 == 0 else window_size - 1
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window_size) / period)
    fft_length = 1 << (window_size - 1).bit_length()
    starts = range(0, len(samples) - window_size + 1, 128)
    frames = [samples[start : start + window_size] * window for start in starts]
    expected = np.abs(np.fft.rfft(frames, fft_length, axis=1))
    found = values(tmp_path, "kick", "--preset=tf-signal", "--scale=linear", f"--window-size={window_size}")
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5 * expected.max())


def test_tf_signals_picture_is_honest_db_over_the_full_range(tmp_path: Path) -> None:
    expected = TF_SIGNAL["speech/frame_length=256/frame_step=128/fft_length=256/pad_end=False"]
    full_scale = hann(256).sum() / 2
    found = values(tmp_path, "speech", "--preset=tf-signal")
    heard = expected > 1e-4 * expected.max()
    np.testing.assert_allclose(found[heard], 20 * np.log10(expected[heard] / full_scale), rtol=0, atol=0.02)
    # The floor is beyond the smallest number that the tutorial's float32 picture can hold: nothing is cut.
    assert found.min() > -350


@pytest.mark.parametrize("key", keys(LIBROSA, "amplitude_to_db"))
def test_librosa_is_its_stft_in_db_with_any_window(key: str, tmp_path: Path) -> None:
    name, window = key.split("/")[:2]
    found = values(tmp_path, name, "--preset=librosa", "--" + window).T
    np.testing.assert_allclose(found, LIBROSA[key], rtol=0, atol=1e-4)


def librosa_db(power: Floats, reference: float, amin: float = 1e-10, top_db: float = 80.0) -> Floats:
    """Return librosa's ``power_to_db`` by its formula."""
    db: Floats = 10 * np.log10(np.maximum(amin, power)) - 10 * np.log10(np.maximum(amin, reference))
    return db.clip(db.max() - top_db)


@pytest.mark.parametrize(
    ("window_size", "fft_length"), [(512, 512), (400, 512), (1000, 1000), (4096, 8192), (401, 401)]
)
@pytest.mark.parametrize("name", ["bell", "speech"])
def test_librosa_is_its_formula_at_other_sizes(name: str, window_size: int, fft_length: int, tmp_path: Path) -> None:
    samples, _ = mono(name)
    before = (fft_length - window_size) // 2
    window = np.pad(hann(window_size), (before, fft_length - window_size - before))
    magnitude = slow_stft(np.pad(samples, fft_length // 2), window, window_size // 4)
    words = ["--preset=librosa", f"--window-size={window_size}"]
    words += [f"--fft-length={fft_length}"] if fft_length != window_size else []
    found = values(tmp_path, name, *words)
    np.testing.assert_allclose(found, librosa_db(magnitude**2, (magnitude**2).max()), rtol=0, atol=1e-4)


@pytest.mark.parametrize("key", keys(LIBROSA, REFLECTED))
def test_librosa_reflects_and_sets_a_shorter_window_in_the_middle(key: str, tmp_path: Path) -> None:
    words = ["--scale=linear", "--window-size=400", "--fft-length=512", "--stride=160", "--pad-mode=reflect"]
    found = values(tmp_path, key.split("/")[0], "--preset=librosa", *words).T
    np.testing.assert_allclose(found, LIBROSA[key], rtol=0, atol=1e-5 * LIBROSA[key].max())


@pytest.mark.parametrize("key", keys(LIBROSA, MEL))
def test_librosa_mel_is_its_mel_spectrogram_in_db(key: str, tmp_path: Path) -> None:
    found = values(tmp_path, key.split("/")[0], "--preset=librosa-mel").T
    np.testing.assert_allclose(found, LIBROSA[key], rtol=0, atol=1e-4)


@pytest.mark.parametrize("key", keys(LIBROSA, HTK))
def test_librosa_mel_has_htks_formula_too(key: str, tmp_path: Path) -> None:
    words = ["--scale=linear", "--mel-formula=htk", "--mel-norm=none", "--n-bands=40"]
    sizes = ["--window-size=400", "--stride=160"]
    found = values(tmp_path, key.split("/")[0], "--preset=librosa-mel", *words, *sizes).T
    np.testing.assert_allclose(found, LIBROSA[key], rtol=0, atol=1e-5 * LIBROSA[key].max())


def test_every_answer_of_librosa_is_compared() -> None:
    compared = [key for words in ("amplitude_to_db", REFLECTED, MEL, HTK) for key in keys(LIBROSA, words)]
    assert sorted(compared) == sorted(LIBROSA.files)


@pytest.mark.parametrize("level", [1e-4, 1e-6])
def test_librosa_draws_a_quiet_recording_down_to_its_amin(level: float, make_wav: MakeWav, tmp_path: Path) -> None:
    noise = np.random.default_rng(2).uniform(-level, level, 20_000).astype(np.float32)
    noise[12_000:] = 0
    source = make_wav(samples=noise, subtype="FLOAT")
    magnitude = slow_stft(np.pad(noise, 1024), hann(2048), 512)
    expected = librosa_db(magnitude**2, (magnitude**2).max())
    # What lies below amin is drawn at amin, higher than 80 dB below the peak.
    assert expected.min() > -80
    np.testing.assert_allclose(values(tmp_path, source, "--preset=librosa"), expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize("name", ["kick", "speech"])
def test_torchaudio_is_its_formula(name: str, tmp_path: Path) -> None:
    samples, _ = mono(name)
    expected = slow_stft(np.pad(samples, 200, "reflect"), hann(400), 200) ** 2
    found = values(tmp_path, name, "--preset=torchaudio")
    assert found.shape == (1 + len(samples) // 200, 201)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6 * expected.max())


def test_torchaudio_takes_the_first_channel_or_all_as_they_are() -> None:
    samples, sample_rate = soundfile.read(SAMPLES / "bell.wav", dtype="float32")
    found = wav2spec.spectrogram(samples, sample_rate, preset="torchaudio", channel="all").values
    for channel in range(2):
        expected = slow_stft(np.pad(samples[:, channel], 200, "reflect"), hann(400), 200) ** 2
        np.testing.assert_allclose(found[channel], expected, rtol=0, atol=1e-6 * expected.max())


@pytest.mark.parametrize("key", [key for key in keys(LIBROSA, REFLECTED) if "bell" not in key])
def test_torchaudio_is_librosas_power_where_they_coincide(key: str, tmp_path: Path) -> None:
    words = ["--preset=torchaudio", "--fft-length=512", "--stride=160"]
    expected = LIBROSA[key].astype(np.float64) ** 2
    found = values(tmp_path, key.split("/")[0], *words).T
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5 * expected.max())


@pytest.mark.parametrize("key", keys(SCIPY, "/stft/"))
def test_centred_frames_are_scipys_times_the_windows_sum(key: str, tmp_path: Path) -> None:
    found = values(tmp_path, key.split("/")[0], "--framing=centered", "--window-align=center").T
    # SciPy fills up the last frame with zeros, and has one frame more for it.
    expected = np.abs(SCIPY[key])[:, : found.shape[1]] * hann(256).sum()
    assert SCIPY[key].shape[1] - found.shape[1] in (0, 1)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6 * expected.max())


@pytest.mark.parametrize(("name", "n_frames"), [("speech", 355), ("bell", 236)])
def test_wolfram_resamples_mixes_and_has_n_by_201_values(name: str, n_frames: int, tmp_path: Path) -> None:
    samples, sample_rate = mono(name)
    if sample_rate != 16_000:
        samples = soxr.resample(samples.astype(np.float32), sample_rate, 16_000, quality="VHQ").astype(np.float64)
    # ceil(0.025 * 16000) = 400 samples every ceil(400 / 3) = 134.
    expected = slow_stft(samples, hann(400), 134) ** 2
    found = values(tmp_path, name, "--preset=wolfram")
    assert found.shape == (n_frames, 400 // 2 + 1) == expected.shape
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5 * expected.max())


@pytest.mark.parametrize(
    ("sample_rate", "window_size", "stride"), [(8000, 200, 67), (22_050, 552, 184), (11_025, 276, 92)]
)
def test_wolframs_sizes_follow_the_sample_rate(sample_rate: int, window_size: int, stride: int, tmp_path: Path) -> None:
    found = values(tmp_path, "speech", "--preset=wolfram", f"--sample-rate={sample_rate}", "--target-length=1s")
    assert found.shape == (1 + (sample_rate - window_size) // stride, window_size // 2 + 1)


def test_wolframs_target_length_takes_the_first_samples_or_adds_zeros(tmp_path: Path) -> None:
    whole = values(tmp_path, "speech", "--preset=wolfram")
    short = values(tmp_path, "speech", "--preset=wolfram", "--target-length=8000")
    assert len(short) == 1 + (8000 - 400) // 134
    np.testing.assert_array_equal(short, whole[: len(short)])
    long = values(tmp_path, "speech", "--preset=wolfram", "--target-length=64000")
    assert len(long) == 1 + (64_000 - 400) // 134
    np.testing.assert_array_equal(long[: len(whole)], whole)
    assert not long[-(-47_840 // 134) :].any()


@pytest.mark.parametrize(("normalize", "level"), [("peak", 1.0), ("peak:0.5", 0.5), ("rms:0.1", 0.1)])
def test_wolframs_normalization_is_of_the_samples(normalize: str, level: float, tmp_path: Path) -> None:
    samples, _ = mono("speech")
    found = np.sqrt(np.square(samples).mean()) if normalize.startswith("rms") else np.abs(samples).max()
    expected = values(tmp_path, "speech", "--preset=wolfram") * (level / found) ** 2
    loudest = expected.max()
    scaled = values(tmp_path, "speech", "--preset=wolfram", f"--normalize={normalize}", "--target-length=5s")
    np.testing.assert_allclose(scaled[: len(expected)], expected, rtol=1e-5, atol=1e-9 * loudest)


# Presets some of whose bands hold no bin, of which there is a warning, as the systems have them.
EMPTY_BANDS = ("torchaudio-mel", "ast", "perch")


@pytest.mark.parametrize("name", [name for name in PRESETS if name != "sox"])
def test_a_preset_feeds_the_python_function(name: str, tmp_path: Path) -> None:
    samples, sample_rate = mono("speech")
    result = wav2spec.spectrogram(samples, sample_rate, preset=name)
    quiet = ["--quiet"] if name in EMPTY_BANDS else []
    found = values(tmp_path, "speech", "--preset", name, "--npy-axes=frames-bands", *quiet)
    np.testing.assert_array_equal(result.values[0], found)
    assert result.times.shape == result.values.shape[1:2]
    assert result.frequencies.shape == result.values.shape[2:]


def test_wav2spec_presets_says_of_each_what_it_reproduces_and_how_closely_in_80_columns() -> None:
    result = CliRunner().invoke(command, ["presets"])
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert max(map(len, lines)) <= 80
    found = [i for i, line in enumerate(lines) if line.startswith("  ") and line[2] != " "]
    assert [lines[i].split()[0] for i in found] == list(PRESETS)
    for i, preset in zip(found, PRESETS.values(), strict=True):
        assert lines[i].endswith(f"  {preset.message}")
        assert lines[i + 1].strip() == preset.agreement


@pytest.mark.parametrize("name", PRESETS)
def test_wav2spec_presets_name_prints_a_config_file_of_the_same_settings(name: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(command, ["presets", name])
    assert result.exit_code == 0
    config = tmp_path / "preset.toml"
    config.write_text(result.output)
    as_config = Settings().replace(**read_config(str(config), Settings()))
    assert as_config == PRESETS[name].settings
    assert json.loads(CliRunner().invoke(command, ["presets", name, "--json"]).output) == {name: as_config.as_dict()}


def test_an_unknown_preset_is_refused_with_the_names_there_are() -> None:
    result = CliRunner().invoke(command, ["presets", "librsoa"])
    assert result.exit_code == 2
    assert result.stderr == f"wav2spec: error: --preset: 'librsoa' is none of {', '.join(PRESETS)}\n"


@pytest.mark.parametrize("name", PRESETS)
def test_only_tf_and_sox_have_another_layout_than_the_image_command(name: str) -> None:
    layout = {"tf": "down-right", "sox": "right-up"}.get(name, "down-left")
    assert PRESETS[name].settings.as_dict()["layout"] == layout


@pytest.mark.system
@pytest.mark.parametrize("name", [name for name in PRESETS if name not in ("sox", *EMPTY_BANDS)])
def test_silence_is_black_without_a_warning(name: str, make_wav: MakeWav, tmp_path: Path) -> None:
    source = make_wav(samples=np.zeros((20_000, 2)), sample_rate=22_050)
    settings = PRESETS[name].settings
    if settings.levels.scale in ("linear", "db") and name != "sox":
        # dB re a magnitude of 1 end at `amin`, which drawn levels end below.
        least = 10 * np.log10(settings.levels.amin) if settings.levels.db_ref == 1 and settings.levels.amin else -np.inf
        floor = max(settings.levels.db_max - settings.levels.db_range, least)
        found = values(tmp_path, source, "--preset", name)
        assert (found == (floor if settings.levels.scale == "db" else 0)).all()
    command_line = [
        sys.executable,
        "-W",
        "error",
        "-m",
        "wav2spec",
        "--preset",
        name,
        str(source),
        str(tmp_path / "a.png"),
    ]
    result = subprocess.run(command_line, capture_output=True, timeout=HANGS_AFTER_S)
    assert (result.returncode, result.stdout, result.stderr) == (0, b"", b"")
    pixels = decode((tmp_path / "a.png").read_bytes())
    # Normalised silence lies in the middle, an offset of silence has a level, and BirdNET makes it a constant -1.
    if settings.compression.normalized or settings.compression.log_offset or name.startswith(("birdnet", "perch")):
        return
    assert not pixels.any()
