"""Magnitudes agree with theory and with a slow, plain recomputation, at any size and in any blocks."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wav2spec.arrays import Magnitudes, Samples
from wav2spec.dsp.framing import count_frames, frame_times
from wav2spec.dsp.stft import bin_frequencies, n_bins, stft_magnitudes
from wav2spec.settings.analysis import Analysis

WINDOW_SIZES = st.integers(2, 300)
STRIDES = st.integers(1, 400)
LENGTHS = st.integers(1, 1500)


def noise(n_samples: int, n_channels: int = 1, seed: int = 0) -> Samples:
    return np.random.default_rng(seed).uniform(-1, 1, (n_samples, n_channels)).astype(np.float32)


def in_samples(window_size: int, stride: int = 128, *, magnitude_squared: bool = False) -> Analysis:
    return Analysis(window_size, stride, magnitude_squared=magnitude_squared).resolved(16000)


def cut(samples: Samples, sizes: list[int]) -> Iterator[Samples]:
    """Cut into blocks of these sizes, over and over."""
    start = turn = 0
    while start < len(samples):
        size = sizes[turn % len(sizes)]
        yield samples[start : start + size]
        start, turn = start + size, turn + 1


def magnitudes(samples: Samples, analysis: Analysis, sizes: list[int] | None = None) -> Magnitudes:
    blocks = list(stft_magnitudes(cut(samples, sizes or [len(samples)]), analysis))
    empty = np.empty((samples.shape[1], 0, n_bins(analysis)), np.float32)
    return np.concatenate([empty, *blocks], axis=1)


def plain_magnitudes(samples: Samples, analysis: Analysis) -> npt.NDArray[np.float64]:
    """Recompute frame by frame: cut, window, fill up with zeros to a power of two, transform."""
    window_size, stride = int(analysis.window_size), int(analysis.stride)
    length = 2
    while length < window_size:
        length *= 2
    window = np.sin(np.pi * np.arange(window_size) / window_size) ** 2
    frames: list[list[npt.NDArray[np.float64]]] = [[] for _ in range(samples.shape[1])]
    for channel, column in enumerate(samples.T.astype(float)):
        for start in range(0, len(column) - window_size + 1, stride):
            spectrum = np.fft.fft(column[start : start + window_size] * window, length)[: length // 2 + 1]
            frames[channel].append(np.abs(spectrum) ** (2 if analysis.magnitude_squared else 1))
    return np.array(frames).reshape(samples.shape[1], -1, length // 2 + 1)


@given(
    n_samples=LENGTHS,
    window_size=WINDOW_SIZES,
    stride=STRIDES,
    n_channels=st.integers(1, 3),
    squared=st.booleans(),
    seed=st.integers(0, 99),
)
def test_magnitudes_are_those_of_a_plain_recomputation(
    n_samples: int, window_size: int, stride: int, n_channels: int, squared: bool, seed: int
) -> None:
    samples = noise(n_samples, n_channels, seed)
    analysis = in_samples(window_size, stride, magnitude_squared=squared)
    values, expected = magnitudes(samples, analysis), plain_magnitudes(samples, analysis)
    assert values.dtype == np.float32
    assert values.shape == expected.shape
    np.testing.assert_allclose(values, expected, rtol=2e-7, atol=1e-10)


@given(
    n_samples=LENGTHS,
    window_size=WINDOW_SIZES,
    stride=STRIDES,
    n_channels=st.integers(1, 3),
    sizes=st.lists(st.integers(1, 700), min_size=1, max_size=4),
)
def test_any_block_sizes_give_the_same_bits(
    n_samples: int, window_size: int, stride: int, n_channels: int, sizes: list[int]
) -> None:
    samples, analysis = noise(n_samples, n_channels), in_samples(window_size, stride)
    expected = magnitudes(samples, analysis)
    np.testing.assert_array_equal(magnitudes(samples, analysis, sizes), expected)


@pytest.mark.parametrize(("window_size", "stride"), [(2, 1), (3, 7), (64, 16), (100, 250), (257, 128), (2000, 999)])
def test_blocks_of_one_sample_give_the_same_bits(window_size: int, stride: int) -> None:
    samples, analysis = noise(3000), in_samples(window_size, stride)
    np.testing.assert_array_equal(magnitudes(samples, analysis, [1]), magnitudes(samples, analysis))


def test_more_frames_than_are_transformed_at_once_give_the_same_bits() -> None:
    samples, analysis = noise(80_000, 2), in_samples(5, 1)
    expected = plain_magnitudes(samples[:20_000], analysis)
    values = magnitudes(samples, analysis)
    np.testing.assert_allclose(values[:, : expected.shape[1]], expected, rtol=2e-7, atol=1e-10)
    np.testing.assert_array_equal(magnitudes(samples, analysis, [30_011]), values)


@given(n_samples=LENGTHS, window_size=WINDOW_SIZES, stride=STRIDES)
def test_one_frame_per_stride_at_which_a_whole_window_fits(n_samples: int, window_size: int, stride: int) -> None:
    analysis = in_samples(window_size, stride)
    expected = len([start for start in range(0, n_samples, stride) if start + window_size <= n_samples])
    assert count_frames(n_samples, analysis) == expected
    assert magnitudes(noise(n_samples), analysis).shape == (1, expected, n_bins(analysis))


@pytest.mark.parametrize(
    ("window_size", "length"), [(2, 2), (3, 4), (4, 4), (5, 8), (255, 256), (256, 256), (257, 512), (400, 512)]
)
def test_fft_length_is_the_smallest_power_of_two_that_holds_the_window(window_size: int, length: int) -> None:
    assert in_samples(window_size).fft_length == length
    assert n_bins(in_samples(window_size)) == length // 2 + 1


@pytest.mark.parametrize("window_size", [2, 3, 16, 25, 64])
def test_an_impulse_at_each_offset_reads_the_window_there_flat_over_all_bins(window_size: int) -> None:
    for offset in range(window_size):
        samples = np.zeros((window_size, 1), np.float32)
        samples[offset] = 0.5
        values = magnitudes(samples, in_samples(window_size, 1))
        expected = 0.5 * np.sin(np.pi * offset / window_size) ** 2
        np.testing.assert_allclose(values, np.full((1, 1, values.shape[2]), expected), rtol=2e-7, atol=1e-12)


@given(data=st.data(), exponent=st.integers(4, 11), amplitude=st.floats(0.01, 1), phase=st.floats(0, 6.28))
def test_a_sine_on_a_bin_reads_its_amplitude_times_half_the_sum_of_the_window(
    data: st.DataObject, exponent: int, amplitude: float, phase: float
) -> None:
    size = 2**exponent
    # Nearer to the ends the mirror image leaks in.
    middle = data.draw(st.integers(2, size // 2 - 2))
    angles = 2 * np.pi * middle * np.arange(2 * size) / size + phase
    values = magnitudes((amplitude * np.sin(angles)).astype(np.float32)[:, np.newaxis], in_samples(size, size))
    # The window sums to size / 2.
    np.testing.assert_allclose(values[0, :, middle], amplitude * size / 4, rtol=1e-5)
    np.testing.assert_allclose(values[0][:, [middle - 1, middle + 1]], amplitude * size / 8, rtol=1e-5)
    beyond = np.abs(np.arange(size // 2 + 1) - middle) > 1
    assert np.all(values[0][:, beyond] < 1e-5 * size)


def test_a_constant_reads_the_sum_of_the_window_at_0_hz() -> None:
    values = magnitudes(np.full((256, 1), 0.25, np.float32), in_samples(256))
    np.testing.assert_allclose(values[0, 0, :3], [0.25 * 128, 0.25 * 64, 0], rtol=1e-6, atol=1e-6)


@given(window_size=WINDOW_SIZES, seed=st.integers(0, 99))
def test_power_over_all_bins_is_the_energy_of_the_windowed_frame(window_size: int, seed: int) -> None:
    samples, analysis = noise(window_size, seed=seed), in_samples(window_size, 1, magnitude_squared=True)
    power = magnitudes(samples, analysis)[0, 0].astype(float)
    windowed = samples[:, 0] * np.sin(np.pi * np.arange(window_size) / window_size) ** 2
    # All bins but the first and the last stand for two of the full spectrum.
    total = 2 * power.sum() - power[0] - power[-1]
    np.testing.assert_allclose(total, int(analysis.fft_length) * np.sum(windowed**2), rtol=1e-6)


def test_magnitude_is_the_float32_root_of_the_float32_power() -> None:
    samples = noise(5000)
    power = magnitudes(samples, in_samples(100, 30, magnitude_squared=True))
    np.testing.assert_array_equal(magnitudes(samples, in_samples(100, 30)), np.sqrt(power))


@given(data=st.data(), window_size=st.integers(4, 300), sample_rate=st.integers(1, 200_000))
def test_an_impulse_is_largest_in_the_frame_whose_time_is_nearest(
    data: st.DataObject, window_size: int, sample_rate: int
) -> None:
    analysis = in_samples(window_size, data.draw(st.integers(1, window_size // 2)))
    samples = np.zeros((3 * window_size, 1), np.float32)
    place = data.draw(st.integers(window_size, 2 * window_size))
    samples[place] = 1.0
    values = magnitudes(samples, analysis)[0].max(axis=1)
    distances = np.abs(frame_times(np.arange(len(values)), analysis, sample_rate) - place / sample_rate)
    nearest = np.flatnonzero(distances <= distances.min() + 1e-6 / sample_rate)
    np.testing.assert_allclose(values[nearest], values.max(), rtol=1e-6)
    assert np.argmax(values) in nearest


@given(data=st.data(), window_size=st.integers(8, 300), sample_rate=st.integers(1, 200_000))
def test_a_sine_is_largest_in_the_bin_of_its_frequency(data: st.DataObject, window_size: int, sample_rate: int) -> None:
    analysis = in_samples(window_size)
    frequencies = bin_frequencies(analysis, sample_rate)
    assert len(frequencies) == n_bins(analysis)
    assert frequencies[0] == 0
    assert frequencies[-1] == sample_rate / 2
    # A window's main lobe reaches two bins of its own length to either side.
    margin = 2 * int(analysis.fft_length) // window_size + 1
    place = data.draw(
        st.integers(margin, len(frequencies) - 1 - margin) if len(frequencies) > 2 * margin else st.just(0)
    )
    wave = np.cos(2 * np.pi * frequencies[place] * np.arange(window_size) / sample_rate)
    assert np.argmax(magnitudes(wave.astype(np.float32)[:, np.newaxis], analysis)[0, 0]) == place


def test_huge_finite_samples_become_infinite_without_a_warning() -> None:
    samples = np.full((600, 1), np.finfo(np.float32).max)
    values = magnitudes(samples, in_samples(256, 128))
    assert np.all(np.isinf(values[0, :, 0]))
    assert not np.isnan(values).any()


def test_channels_do_not_touch_each_other() -> None:
    samples, analysis = noise(2000, 3), in_samples(100, 33)
    together = magnitudes(samples, analysis)
    for channel in range(3):
        np.testing.assert_array_equal(together[channel], magnitudes(samples[:, [channel]], analysis)[0])


def test_frames_yielded_before_stay_as_they_were() -> None:
    samples, analysis = noise(4000), in_samples(64, 32)
    blocks = stft_magnitudes(cut(samples, [500]), analysis)
    first = next(blocks)
    before = first.copy()
    list(blocks)
    np.testing.assert_array_equal(first, before)


def test_time_is_no_size_until_the_rate_is_known() -> None:
    with pytest.raises(ValueError, match="25ms"):
        count_frames(1000, Analysis("25ms"))
