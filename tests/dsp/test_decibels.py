"""Levels in dB: what reads 0, what silence reads, and which pixel it becomes."""

from pathlib import Path
from typing import Any

import click
import numpy as np
import numpy.typing as npt
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from recordings import SAMPLES, MakeWav
from strict_png import decode

import wav2spec
from wav2spec.cli.main import command
from wav2spec.dsp import spectrogram as analyze

RATE = 16_000
NOISE = np.random.default_rng(5).uniform(-0.5, 0.5, 6000).astype(np.float32)

# From a tone to where the window's lobe, and the mirrored tone's side lobes, are below 0.1 dB: bins.
CLEAR = {
    "hann": 2,
    "hanning": 2,
    "hamming": 2,
    "blackman": 3,
    "bartlett": 4,
    "rectangular": 1,
    "blackman-harris": 4,
    "nuttall": 4,
    "flattop": 5,
    "cosine": 4,
    "kaiser:14": 5,
    "kaiser:3": 5,
    "gaussian": 3,
    "tukey:0.25": 8,
    "tukey:0.9": 4,
}


def window_of_size(name: str, size: int) -> str:
    """Return the window's name with the deviation that makes a gaussian fit its size."""
    return f"gaussian:{size / 8}" if name == "gaussian" else name


def db(samples: npt.ArrayLike, **options: Any) -> npt.NDArray[np.float32]:
    """Return levels of one channel, shape (n_frames, n_bands)."""
    values: npt.NDArray[np.float32] = wav2spec.spectrogram(samples, RATE, scale="db", **options).values[0]
    return values


def image(*words: str | Path) -> Result:
    return CliRunner().invoke(command, [str(word) for word in words], standalone_mode=False)


def npy_and_pixels(folder: Path, *words: str) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.uint8]]:
    """Return values and pixels of the same options, both with time down and frequency rising."""
    of_values = [word for word in words if not word.startswith(("--gamma", "--brightness"))]
    assert image(SAMPLES / "speech.wav", "-o", folder / "a.npy", *of_values).return_value == 0
    assert image(SAMPLES / "speech.wav", "-o", folder / "a.png", "--layout=down-right", *words).return_value == 0
    return np.load(folder / "a.npy"), decode((folder / "a.png").read_bytes())


@given(
    window=st.sampled_from(sorted(CLEAR)),
    window_size=st.one_of(st.sampled_from([64, 256, 2048]), st.integers(63, 1500)),
    stride=st.integers(1, 700),
    amplitude=st.floats(-80.0, 6.0).map(lambda level: 10 ** (level / 20)),
    place=st.floats(0.0, 1.0),
    phase=st.floats(0.0, 6.28),
)
def test_a_sine_of_amplitude_a_on_a_bin_reads_20_log_a_dbfs(
    window: str, window_size: int, stride: int, amplitude: float, place: float, phase: float
) -> None:
    clear = CLEAR[window]
    lowest, highest = clear, int(window_size / 2 - clear)
    bin_ = lowest + round(place * (highest - lowest))
    turn = 2 * np.pi * bin_ / window_size
    samples = amplitude * np.sin(turn * np.arange(window_size + 2 * stride) + phase)
    options = {"window": window_of_size(window, window_size), "window_size": window_size, "stride": stride}
    levels = db(samples, db_max=20.0, db_range=200.0, fft_length="window", **options)
    assert levels.shape == (3, window_size // 2 + 1)
    np.testing.assert_allclose(levels[:, bin_], 20 * np.log10(amplitude), rtol=0, atol=0.1)


@pytest.mark.parametrize("symmetry", ["periodic", "symmetric", "even-periodic"])
@pytest.mark.parametrize("framing", ["valid", "pad-end", "centered"])
@pytest.mark.parametrize("align", ["left", "center"])
@pytest.mark.parametrize("fft_length", ["window", 1024, 4096])
def test_full_scale_is_0_db_at_every_symmetry_framing_and_padding(
    symmetry: str, framing: str, align: str, fft_length: str | int
) -> None:
    sine = np.sin(2 * np.pi * 1000 * np.arange(8000) / RATE)
    options: dict[str, Any] = {
        "window_symmetry": symmetry,
        "framing": framing,
        "window_align": align,
        "fft_length": fft_length,
    }
    result = wav2spec.spectrogram(sine, RATE, window_size=512, stride=256, scale="db", db_max=20.0, **options)
    # Windows that lie wholly inside.
    inside = (result.times >= 256 / RATE) & (result.times <= (8000 - 256) / RATE)
    assert inside.sum() > 10
    np.testing.assert_allclose(result.values[0, inside].max(axis=1), 0.0, rtol=0, atol=0.01)


def test_0_hz_and_nyquist_are_not_doubled() -> None:
    # A constant has all its amplitude in one bin, where a sine has half of it: 6 dB more.
    constant = db(np.full(1000, 0.1), db_max=20.0)
    assert constant[:, 0] == pytest.approx(-20 + 20 * np.log10(2), abs=1e-3)
    alternating = db(0.1 * (-1.0) ** np.arange(1000), db_max=20.0)
    assert alternating[:, -1] == pytest.approx(-20 + 20 * np.log10(2), abs=1e-3)


@given(level=st.floats(-60.0, 20.0))
def test_twice_the_amplitude_is_6_db_more(level: float) -> None:
    gain = 10 ** (level / 20)
    options = {"db_max": 300.0, "db_range": 900.0}
    quiet = db(NOISE.astype(np.float64) * gain, **options)
    loud = db(NOISE.astype(np.float64) * gain * 2, **options)
    np.testing.assert_allclose(loud - quiet, 20 * np.log10(2), rtol=0, atol=1e-3)


@given(gain=st.floats(1e-3, 1e3))
def test_magnitude_grows_as_the_samples_and_power_as_their_square(gain: float) -> None:
    scaled = (NOISE * np.float32(gain)).astype(np.float32)
    once, more = wav2spec.spectrogram(NOISE, RATE), wav2spec.spectrogram(scaled, RATE)
    tolerance = 1e-6 * more.values.max()
    np.testing.assert_allclose(more.values, once.values * gain, rtol=1e-5, atol=tolerance)
    power = wav2spec.spectrogram(scaled, RATE, magnitude_squared=True).values
    np.testing.assert_allclose(power, np.square(more.values), rtol=1e-6)


@given(
    window=st.sampled_from(sorted(CLEAR)),
    window_size=st.integers(2, 600),
    extra=st.integers(0, 300),
    seed=st.integers(0, 2**32 - 1),
)
def test_energy_over_the_bins_is_that_of_the_windowed_samples(
    window: str, window_size: int, extra: int, seed: int
) -> None:
    samples = np.random.default_rng(seed).uniform(-1, 1, window_size).astype(np.float32)
    length = window_size + extra
    window = window_of_size(window, window_size)
    options: dict[str, Any] = {"window": window, "window_size": window_size, "fft_length": length}
    power = wav2spec.spectrogram(samples, RATE, magnitude_squared=True, **options).values[0, 0].astype(np.float64)
    # Bins above half the sample rate mirror those below; 0 Hz and, of even lengths, Nyquist are alone.
    total = 2 * power.sum() - power[0] - (power[-1] if length % 2 == 0 else 0)
    impulses = np.eye(window_size, dtype=np.float32)
    # An impulse of 1 has the window's own value for a magnitude in every bin.
    weights = [wav2spec.spectrogram(row, RATE, **options).values[0, 0, 0] for row in impulses[:: window_size // 2 + 1]]
    shape = _window(window, window_size)
    np.testing.assert_allclose(weights, np.abs(shape[:: window_size // 2 + 1]), rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(total, length * np.square(shape * samples).sum(), rtol=1e-5, atol=1e-12)


def _window(name: str, size: int) -> npt.NDArray[np.float64]:
    from wav2spec.dsp.windows import get_window
    from wav2spec.settings.analysis import Analysis

    return get_window(Analysis(window=name, window_size=size))


@pytest.mark.parametrize(
    ("db_max", "db_range", "gamma"), [(0, 80, 1), (-20, 40, 1), (6, 120.5, 1), (0, 80, 2.2), (-10, 60, 0.5)]
)
def test_pixels_run_from_db_max_down_over_db_range(
    db_max: float, db_range: float, gamma: float, tmp_path: Path
) -> None:
    words = ["--scale=db", f"--db-max={db_max}", f"--db-range={db_range}", f"--gamma={gamma}"]
    values, pixels = npy_and_pixels(tmp_path, *words)
    assert values.min() >= np.float32(db_max - db_range)
    assert values.max() <= db_max
    share = (values.astype(np.float64) - (db_max - db_range)) / db_range
    exact = 255 * share ** (1 / gamma)
    # Values are rounded to float32, which may turn a pixel at the border of two levels.
    assert np.abs(pixels - exact).max() <= 0.5 + 2e-3
    assert (pixels == np.rint(exact)).mean() > 0.999
    assert (pixels[values == db_max] == 255).all()
    assert (pixels[values <= np.float32(db_max - db_range)] == 0).all()


@pytest.mark.parametrize(("brightness", "gamma"), [(64, 1), (3.5, 1), (1000, 1), (64, 2.0), (20, 0.7)])
def test_linear_pixels_are_the_value_times_brightness_rounded_down(
    brightness: float, gamma: float, tmp_path: Path
) -> None:
    values, pixels = npy_and_pixels(tmp_path, f"--brightness={brightness}", f"--gamma={gamma}")
    scaled = np.minimum(values * np.float32(brightness), np.float32(255)).astype(np.float64)
    np.testing.assert_array_equal(pixels, np.trunc(255 * (scaled / 255) ** (1 / gamma) if gamma != 1 else scaled))


@pytest.mark.parametrize("gamma", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("scale", ["linear", "db"])
def test_gamma_above_1_brightens_what_is_dark_and_moves_no_value(scale: str, gamma: float, tmp_path: Path) -> None:
    values, pixels = npy_and_pixels(tmp_path, f"--scale={scale}")
    same, bent = npy_and_pixels(tmp_path, f"--scale={scale}", f"--gamma={gamma}")
    np.testing.assert_array_equal(same, values)
    dark = (pixels > 30) & (pixels < 220)
    if gamma == 1:
        np.testing.assert_array_equal(bent, pixels)
    else:
        assert ((bent[dark] > pixels[dark]) == (gamma > 1)).all()


@pytest.mark.parametrize("reference", [1.0, 0.25, 64.0])
def test_a_reference_in_numbers_is_the_magnitude_that_reads_0_db(reference: float) -> None:
    magnitude = wav2spec.spectrogram(NOISE, RATE).values[0].astype(np.float64)
    expected = 20 * np.log10(magnitude / reference)
    levels = db(NOISE, db_ref=reference, db_max=100.0, db_range=500.0)
    np.testing.assert_allclose(levels, expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize("freq_scale", ["linear", "mel"])
def test_the_peak_of_all_channels_and_frames_reads_0_db(freq_scale: str) -> None:
    samples = np.stack([NOISE, NOISE[::-1] / 4], axis=1)
    options: dict[str, Any] = {"freq_scale": freq_scale, "n_bands": 20 if freq_scale == "mel" else None}
    power = wav2spec.spectrogram(samples, RATE, magnitude_squared=True, **options).values.astype(np.float64)
    levels = wav2spec.spectrogram(samples, RATE, scale="db", db_ref="peak", **options)
    assert levels.unit == "dB"
    assert levels.values.max() == 0
    expected = np.maximum(10 * np.log10(power / power.max()), -80)
    np.testing.assert_allclose(levels.values, expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize("freq_scale", ["linear", "log", "mel"])
@pytest.mark.parametrize(
    ("reference", "amin"),
    [("full-scale", "0"), ("peak", "0"), ("0.001", "0"), ("full-scale", "1e-10"), ("peak", "1e-10")],
)
def test_silence_is_the_floor(reference: str, freq_scale: str, amin: str, make_wav: MakeWav, tmp_path: Path) -> None:
    source = make_wav(samples=np.zeros(3000))
    words = ["--scale=db", f"--db-ref={reference}", f"--freq-scale={freq_scale}", f"--amin={amin}", "--n-bands=20"]
    for name in ("a.npy", "a.png"):
        assert image(source, "-o", tmp_path / name, *words, "--db-max=-5", "--db-range=45").return_value == 0
    assert (np.load(tmp_path / "a.npy") == -50).all()
    assert not decode((tmp_path / "a.png").read_bytes()).any()


@pytest.mark.parametrize("amin", [1e-10, 1e-3])
def test_power_below_amin_counts_as_amin(amin: float) -> None:
    samples = np.concatenate((NOISE * np.float32(1e-3), np.zeros(1000, np.float32)))
    power = np.square(wav2spec.spectrogram(samples, RATE).values[0].astype(np.float64))
    for reference in (0.5, 3.0):
        expected = 10 * np.log10(np.maximum(power, amin) / reference**2)
        levels = db(samples, amin=amin, db_ref=reference, db_max=50.0, db_range=300.0)
        np.testing.assert_allclose(levels, expected, rtol=0, atol=1e-4)


def test_silence_beside_sound_is_the_floor_and_never_infinite() -> None:
    samples = np.concatenate((NOISE, np.zeros(3000, np.float32)))
    for options in ({}, {"db_ref": "peak"}, {"db_range": 5000.0}):
        levels = db(samples, **options)
        assert np.isfinite(levels).all()
        assert (levels[-10:] == levels.min()).all()
    assert db(samples)[-1, 0] == -80


@pytest.mark.parametrize("source", ["speech.wav", "bell.wav"])
@pytest.mark.parametrize("options", [["--preset=librosa"], ["--preset=librosa-mel", "--channel=all"]])
def test_a_peak_found_in_a_pass_of_its_own_gives_the_same_values(
    source: str, options: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [str(SAMPLES / source), *options, "--normalize=rms:0.1", "--sample-rate=16000"]
    assert image(*words, "-o", tmp_path / "kept.npy").return_value == 0
    monkeypatch.setattr(analyze, "_KEPT_VALUES", 0)
    assert image(*words, "-o", tmp_path / "twice.npy").return_value == 0
    assert (tmp_path / "twice.npy").read_bytes() == (tmp_path / "kept.npy").read_bytes()


@settings(max_examples=60)
@given(hz=st.floats(300.0, 7700.0), window=st.sampled_from(["hann", "blackman", "kaiser:14", "rectangular"]))
def test_the_frequency_of_a_tone_lands_where_frequencies_say(hz: float, window: str) -> None:
    tone = np.sin(2 * np.pi * hz * np.arange(4000) / RATE)
    for options in ({}, {"fmin": 200.0}, {"freq_scale": "log", "n_bands": 40, "fmin": 200.0}):
        settings_: dict[str, Any] = {"window": window, "window_size": 1024, **options}
        result = wav2spec.spectrogram(tone, RATE, scale="db", **settings_)
        loudest = result.frequencies[result.values[0, 1].argmax()]
        nearest = result.frequencies[np.abs(result.frequencies - hz).argmin()]
        step = np.diff(result.frequencies).max() if "n_bands" not in options else 0.11 * hz
        assert abs(loudest - hz) <= max(abs(nearest - hz), step) * 1.01


@pytest.mark.parametrize(
    "options", ["--normalize=rms:1e300", "--scale=db --db-ref=1e200", "--scale=db --db-ref=1e-200"]
)
def test_levels_beyond_all_numbers_are_wrong_usage_or_drawn(options: str, tmp_path: Path) -> None:
    result = image(SAMPLES / "kick.wav", "-o", tmp_path / "a.png", *options.split())
    assert result.return_value == 0 or isinstance(result.exception, click.UsageError), result.output
