"""Bands: cropped, summed or interpolated in power, and what they refer to."""

import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from recordings import SAMPLES, MakeWav

import wav2spec
from wav2spec.audio import channels as audio
from wav2spec.cli.main import command
from wav2spec.dsp import stft
from wav2spec.dsp.filterbank import filter_bank
from wav2spec.dsp.mel import hz_to_mel, mel_to_hz
from wav2spec.errors import SettingError
from wav2spec.settings.analysis import Analysis
from wav2spec.settings.bands import Bands

Floats = npt.NDArray[np.float64]
RATE = 16_000
NOISE = np.random.default_rng(5).uniform(-0.5, 0.5, 8000).astype(np.float32)


def power(**options: Any) -> Floats:
    """Return the power of the noise, shape (n_frames, n_bands)."""
    result: Floats = wav2spec.spectrogram(NOISE, RATE, magnitude_squared=True, **options).values[0].astype(np.float64)
    return result


def mel(hz: float, formula: str) -> float:
    if formula == "htk":
        return 2595.0 * math.log10(1.0 + hz / 700.0)
    return 3.0 * hz / 200.0 if hz < 1000 else 15.0 + 27.0 * math.log(hz / 1000.0) / math.log(6.4)


def hz_of_mel(value: float, formula: str) -> float:
    """Invert `mel` by bisection, so that no second formula is needed."""
    low, high = 0.0, 1e6
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if mel(middle, formula) < value else (low, middle)
    return low


def mel_matrix(frequencies: Floats, n_bands: int, fmin: float, fmax: float, formula: str, norm: str) -> Floats:
    """Return the dense matrix of triangles, shape (n_bands, n_bins)."""
    steps = np.linspace(mel(fmin, formula), mel(fmax, formula), n_bands + 2)
    corners = [hz_of_mel(step, formula) for step in steps]
    matrix = np.zeros((n_bands, len(frequencies)))
    for band in range(n_bands):
        left, middle, right = corners[band : band + 3]
        for index, hz in enumerate(frequencies):
            height = min((hz - left) / (middle - left), (right - hz) / (right - middle))
            matrix[band, index] = max(0.0, height) * (2.0 / (right - left) if norm == "slaney" else 1.0)
    return matrix


def image(*words: str | Path) -> Result:
    return CliRunner().invoke(command, [str(word) for word in words], standalone_mode=False)


@pytest.mark.parametrize(
    ("fmin", "fmax", "first", "last"),
    [
        (None, None, 0, 128),
        (0, 8000, 0, 128),
        (62.5, 7937.5, 1, 127),
        (62.6, 7937.4, 2, 126),
        (1000, 1000.1, 16, 16),
        (None, 100, 0, 1),
        (7990, None, 128, 128),
    ],
)
def test_a_crop_keeps_the_bins_from_fmin_to_fmax(fmin: float | None, fmax: float | None, first: int, last: int) -> None:
    # Bins are 62.5 Hz apart.
    whole = wav2spec.spectrogram(NOISE, RATE)
    result = wav2spec.spectrogram(NOISE, RATE, fmin=fmin, fmax=fmax)
    np.testing.assert_array_equal(result.values, whole.values[:, :, first : last + 1])
    np.testing.assert_array_equal(result.frequencies, np.arange(first, last + 1) * 62.5)


@pytest.mark.parametrize("sample_rate", [8000, 11_025, 16_000, 44_100, 48_000])
def test_without_limits_every_bin_of_every_fft_is_kept(sample_rate: int) -> None:
    lengths = range(2, 1500)
    found = [
        wav2spec.spectrogram(NOISE[:2], sample_rate, window_size=2, fft_length=length).values.shape[2]
        for length in lengths
    ]
    missing = [length for length, n_bins in zip(lengths, found, strict=True) if n_bins != length // 2 + 1]
    assert missing == []


@pytest.mark.parametrize("fft_length", [114, 128, 178, 250, 401])
@pytest.mark.parametrize("sample_rate", [11_025, 16_000])
def test_limits_on_a_bin_keep_that_bin(fft_length: int, sample_rate: int) -> None:
    for bin_ in range(1, fft_length // 2 + 1):
        hz = bin_ * sample_rate / fft_length
        options: dict[str, Any] = {"window_size": 100, "fft_length": fft_length}
        assert wav2spec.spectrogram(NOISE, sample_rate, fmax=hz, **options).values.shape[2] == bin_ + 1
        n_above = fft_length // 2 + 1 - bin_
        if hz < sample_rate / 2:
            assert wav2spec.spectrogram(NOISE, sample_rate, fmin=hz, **options).values.shape[2] == n_above


@pytest.mark.parametrize("formula", ["slaney", "htk"])
@pytest.mark.parametrize("norm", ["slaney", "none"])
@pytest.mark.parametrize(
    ("n_bands", "fmin", "fmax", "window_size"),
    [(40, 0.0, 8000.0, 512), (128, 0.0, 8000.0, 2048), (7, 300.0, 3400.0, 401), (1, 0.0, 8000.0, 64)],
)
def test_mel_bands_are_a_dense_matrix_of_triangles(
    formula: Any, norm: Any, n_bands: int, fmin: float, fmax: float, window_size: int
) -> None:
    options: dict[str, Any] = {"window_size": window_size, "fft_length": "window"}
    frequencies = np.arange(window_size // 2 + 1) * RATE / window_size
    matrix = mel_matrix(frequencies, n_bands, fmin, fmax, formula, norm)
    limits: dict[str, Any] = {"fmin": fmin, "fmax": fmax, "n_bands": n_bands}
    result = power(freq_scale="mel", mel_formula=formula, mel_norm=norm, **limits, **options)
    expected = power(**options) @ matrix.T
    np.testing.assert_allclose(result, expected, rtol=2e-6, atol=1e-12)


@pytest.mark.parametrize("formula", ["slaney", "htk"])
def test_mel_is_the_formula_and_its_inverse(formula: str) -> None:
    hz = np.array([0.0, 100.0, 440.0, 999.0, 1000.0, 1001.0, 6400.0, 96_000.0])
    expected = [mel(value, formula) for value in hz]
    np.testing.assert_allclose(hz_to_mel(hz, formula), expected, rtol=1e-12)
    np.testing.assert_allclose(mel_to_hz(expected, formula), hz, rtol=1e-12, atol=1e-9)
    # TensorFlow's form of HTK's: 1127 ln(1 + f / 700).
    np.testing.assert_allclose(hz_to_mel([200.0, 4000.0], "htk"), 1127 * np.log1p([2 / 7, 40 / 7]), rtol=1e-5)
    assert hz_to_mel(1000.0, formula) == pytest.approx(15.0 if formula == "slaney" else 1000.0, rel=1e-4)


def band_integrals(bins: Floats, edges: Floats) -> Floats:
    """Integrate each row, taken as linear from bin to bin, over each band; a narrow band's mean is its value."""
    bands = []
    for low, high in pairwise(edges):
        places = np.unique([low, *np.arange(np.ceil(low), np.floor(high) + 1), high])
        values = np.array([np.interp(places, np.arange(bins.shape[1]), row) for row in bins])
        bands.append(np.trapezoid(values, places, axis=1) / min(1.0, high - low))
    return np.array(bands).T


@pytest.mark.parametrize("freq_scale", ["log", "linear"])
@pytest.mark.parametrize(
    ("n_bands", "fmin", "fmax"), [(10, 100.0, 8000.0), (200, 50.0, 8000.0), (33, 31.25, 4000.0), (1, 500.0, 600.0)]
)
def test_wide_bands_sum_power_and_narrow_ones_interpolate_it(
    freq_scale: Any, n_bands: int, fmin: float, fmax: float
) -> None:
    space = np.geomspace if freq_scale == "log" else np.linspace
    edges = space(fmin, fmax, n_bands + 1) / (RATE / 512)
    expected = band_integrals(power(window_size=512), edges)
    result = power(window_size=512, freq_scale=freq_scale, n_bands=n_bands, fmin=fmin, fmax=fmax)
    np.testing.assert_allclose(result, expected, rtol=1e-5)


def test_a_band_of_whole_bins_is_the_sum_of_the_power_in_it() -> None:
    bins = power(window_size=512)
    result = power(window_size=512, freq_scale="linear", n_bands=8)
    for band in range(8):
        # Bins on an edge belong to both their bands by half.
        inner = bins[:, 32 * band : 32 * band + 33].sum(axis=1)
        expected = inner - (bins[:, 32 * band] + bins[:, 32 * band + 32]) / 2
        np.testing.assert_allclose(result[:, band], expected, rtol=1e-5)


def test_a_narrow_log_band_lies_between_the_bins_beside_it() -> None:
    whole = power(window_size=512)
    result = wav2spec.spectrogram(
        NOISE, RATE, window_size=512, magnitude_squared=True, freq_scale="log", n_bands=400, fmin=40.0, fmax=400.0
    )
    for band, hz in enumerate(result.frequencies):
        left = int(hz / 31.25)
        near = whole[:, max(0, left - 1) : left + 3]
        assert (result.values[0, :, band] >= near.min(axis=1) * (1 - 1e-6)).all()
        assert (result.values[0, :, band] <= near.max(axis=1) * (1 + 1e-6)).all()


@pytest.mark.parametrize(
    ("scale", "n_bands", "count", "ratio"),
    [("log", None, 257, "geometric"), ("log", 50, 50, "geometric"), ("mel", None, 128, ""), ("linear", 64, 64, "even")],
)
def test_frequencies_are_the_middles_of_the_bands(scale: Any, n_bands: int | None, count: int, ratio: str) -> None:
    result = wav2spec.spectrogram(NOISE, RATE, window_size=512, freq_scale=scale, n_bands=n_bands)
    assert result.frequencies.shape == (count,) == result.values.shape[2:]
    assert (np.diff(result.frequencies) > 0).all()
    if ratio == "geometric":
        steps = np.diff(np.log(result.frequencies))
        np.testing.assert_allclose(steps, np.log(8000 / 31.25) / count, rtol=1e-9)
        assert result.frequencies[0] == pytest.approx(31.25 * np.exp(steps[0] / 2))
    elif ratio == "even":
        np.testing.assert_allclose(result.frequencies, (np.arange(64) + 0.5) * 125, rtol=1e-12)
    else:
        top = mel(8000.0, "slaney")
        np.testing.assert_allclose(hz_to_mel(result.frequencies, "slaney"), np.arange(1, 129) * top / 129, rtol=1e-9)


@pytest.mark.parametrize("freq_scale", ["log", "mel", "linear"])
def test_magnitude_in_bands_is_the_root_of_the_power(freq_scale: Any) -> None:
    magnitude = wav2spec.spectrogram(NOISE, RATE, freq_scale=freq_scale, n_bands=20)
    assert magnitude.unit == "magnitude"
    np.testing.assert_allclose(magnitude.values[0], np.sqrt(power(freq_scale=freq_scale, n_bands=20)), rtol=1e-6)


@given(
    band=st.integers(0, 59),
    window=st.sampled_from(["hann", "hamming", "blackman", "rectangular", "flattop", "kaiser:8"]),
    window_size=st.sampled_from([256, 400, 1023, 2048]),
    bands=st.sampled_from(
        [
            {"freq_scale": "log", "fmin": 500.0, "fmax": 7000.0, "n_bands": 20},
            {"freq_scale": "log", "fmin": 800.0, "fmax": 3000.0, "n_bands": 60},
            {"freq_scale": "mel", "fmin": 500.0, "fmax": 7000.0, "n_bands": 20},
            {"freq_scale": "mel", "fmin": 500.0, "fmax": 7000.0, "n_bands": 20, "mel_norm": "none"},
            {"freq_scale": "mel", "fmin": 900.0, "fmax": 4000.0, "n_bands": 30, "mel_formula": "htk"},
            {"freq_scale": "linear", "fmin": 800.0, "fmax": 6800.0, "n_bands": 25},
        ]
    ),
)
def test_a_full_scale_sine_in_the_middle_of_a_band_reads_0_db(
    band: int, window: str, window_size: int, bands: dict[str, Any]
) -> None:
    options = {"window": window, "window_size": window_size, "fft_length": 2048, "scale": "db", **bands}
    frequencies = wav2spec.spectrogram(NOISE, RATE, **options).frequencies
    hz = frequencies[band := band % len(frequencies)]
    sine = np.sin(2 * np.pi * hz * np.arange(8000) / RATE + 0.3)
    values = wav2spec.spectrogram(sine, RATE, db_max=20.0, **options).values[0, :, band]
    # What is left is the rectangular window's leakage from the negative frequencies.
    np.testing.assert_allclose(values, 0.0, rtol=0, atol=0.15)


@pytest.mark.parametrize("levels", [[], ["--scale=db"], ["--scale=db", "--db-ref=peak"], ["--scale=db", "--db-ref=2"]])
def test_a_mel_band_without_a_bin_is_a_warning_and_its_value_the_floor(levels: list[str], tmp_path: Path) -> None:
    source, target = SAMPLES / "speech.wav", tmp_path / "a.npy"
    words = ["--freq-scale=mel", "--n-bands=100", "--window-size=128", *levels]
    result = image(source, target, *words)
    assert result.return_value == 0
    corners = [hz_of_mel(step, "slaney") for step in np.linspace(0, mel(8000.0, "slaney"), 102)]
    bins = np.arange(65) * 125.0
    empty = [band for band in range(100) if not ((bins > corners[band]) & (bins < corners[band + 2])).any()]
    assert empty
    assert f"wav2spec: warning: {source}: {len(empty)} of 100 bands hold no bin" in result.stderr
    values = np.load(target)
    assert (values[:, empty] == (-80 if levels else 0)).all()
    assert (values.max(axis=0) > values.min()).sum() == 100 - len(empty)


def test_bands_that_all_hold_a_bin_give_no_warning(tmp_path: Path) -> None:
    result = image(SAMPLES / "speech.wav", tmp_path / "a.npy", "--freq-scale=log", "--n-bands=300")
    assert (result.return_value, result.output) == (0, "")


@pytest.mark.parametrize("freq_scale", ["log", "mel", "linear"])
def test_sums_are_equal_to_the_bit_in_blocks_of_any_size(freq_scale: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    options: dict[str, Any] = {"freq_scale": freq_scale, "n_bands": 40, "window_size": 512, "stride": 100}
    expected = power(**options)
    for piece in (1, 512 * 3, 512 * 17, 2**24):
        monkeypatch.setattr(stft, "_PIECE", piece)
        np.testing.assert_array_equal(power(**options), expected)


def test_files_are_equal_to_the_byte_in_blocks_of_any_size(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    words = [str(SAMPLES / "bell.wav"), "--channel=all", "--freq-scale=mel", "--scale=db", "--duration=0.5"]
    assert image(*words, "-o", tmp_path / "a.npy").return_value == 0
    monkeypatch.setattr(audio, "_BLOCK_SAMPLES", 1234)
    assert image(*words, "-o", tmp_path / "b.npy").return_value == 0
    assert (tmp_path / "b.npy").read_bytes() == (tmp_path / "a.npy").read_bytes()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--fmax=9000"], "fmax: 9000 Hz is beyond half the sample rate, 8000 Hz"),
        (["--fmin=8001"], "fmin: 8001 Hz is beyond half the sample rate, 8000 Hz"),
        (["--fmin=8000", "--freq-scale=log"], "fmin: 8000 Hz is not below fmax, 8000 Hz"),
        (["--fmax=5", "--freq-scale=log"], "fmin: 62.5 Hz is not below fmax, 5 Hz"),
        (["--fmin=65", "--fmax=70"], "fmin: no bin lies from 65 to 70 Hz; bins are 62.5 Hz apart"),
    ],
)
def test_limits_that_do_not_fit_the_recording_are_its_failure(
    options: list[str], words: str, make_wav: MakeWav, tmp_path: Path
) -> None:
    slow, fast = make_wav("slow.wav"), make_wav("fast.wav", sample_rate=96_000)
    result = image(slow, fast, "-o", f"{tmp_path}/out/", *options)
    assert result.return_value == 1
    assert f"wav2spec: error: {slow}: {words}\n" in result.stderr
    assert (tmp_path / "out/fast.png").exists() is (f"{fast}" not in result.stderr)


@pytest.mark.parametrize(("fmin", "fmax"), [(1000, 1000), (2000, 1000)])
def test_limits_that_no_recording_fits_are_wrong_usage(fmin: float, fmax: float, tmp_path: Path) -> None:
    result = CliRunner().invoke(command, [str(tmp_path / "none.wav"), f"--fmin={fmin}", f"--fmax={fmax}"])
    assert result.exit_code == 2
    assert f"wav2spec: error: --fmin: must be below fmax, but {fmin} Hz is not below {fmax} Hz" in result.stderr
    with pytest.raises(SettingError, match="fmin"):
        wav2spec.spectrogram(NOISE, RATE, fmin=fmin, fmax=fmax)


@given(st.integers(2, 400), st.integers(1, 200), st.sampled_from([64, 100, 256, 512]), st.integers(0, 2**32 - 1))
def test_bands_are_summed_in_the_same_order_however_they_are_summed(
    n_bands: int, n_frames: int, fft_length: int, seed: int
) -> None:
    bank = filter_bank(Bands(n_bands=n_bands), Analysis(fft_length, 1, fft_length=fft_length), RATE)
    powers = np.random.default_rng(seed).random((2, n_frames, fft_length // 2 + 1)).astype(np.float32) ** 4
    # Pictures that were made before have the sums that NumPy forms along an axis.
    starts = np.flatnonzero(np.diff(bank.band, prepend=-1))
    expected = np.add.reduceat(powers[..., bank.bin] * bank.weight, starts, axis=-1).astype(np.float32)
    np.testing.assert_array_equal(bank.apply(powers), expected)
    assert bank.apply(powers).flags.c_contiguous
