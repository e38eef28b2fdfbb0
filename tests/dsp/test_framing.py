"""Which samples make which frame, and where in time it lies."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

import wav2spec
from wav2spec.dsp.framing import count_frames, frame_length, frame_times, pad_blocks
from wav2spec.settings.analysis import Analysis

FRAMINGS = ["valid", "pad-end", "centered"]
ALIGNS = ["left", "center"]
PAD_MODES = ["constant", "reflect", "edge"]


@st.composite
def analyses(draw: st.DrawFn) -> Analysis:
    window_size = draw(st.integers(2, 40))
    return Analysis(
        window_size=window_size,
        stride=draw(st.integers(1, 60)),
        fft_length=window_size + draw(st.integers(0, 30)),
        window_align=draw(st.sampled_from(ALIGNS)),
        framing=draw(st.sampled_from(FRAMINGS)),
        pad_mode=draw(st.sampled_from(PAD_MODES)),
    )


def samples_of_frame(analysis: Analysis) -> int:
    """Return how many samples a frame spans, from the meaning of `window_align`."""
    return int(analysis.fft_length if analysis.window_align == "center" else analysis.window_size)


def frame_starts(n_samples: int, analysis: Analysis) -> list[int]:
    """Return where each frame begins in the unpadded samples, one after another."""
    size, stride = samples_of_frame(analysis), int(analysis.stride)
    start = -(size // 2) if analysis.framing == "centered" else 0
    # Half a frame is added at both ends.
    end = n_samples + size // 2 if analysis.framing == "centered" else n_samples
    starts = []
    while start < n_samples if analysis.framing == "pad-end" else start + size <= end:
        starts.append(start)
        start += stride
    return starts if n_samples else []


def noise(n_samples: int, n_channels: int = 1) -> npt.NDArray[np.float32]:
    return np.random.default_rng(3).uniform(-1, 1, (n_samples, n_channels)).astype(np.float32)


def cut(samples: npt.NDArray[np.float32], sizes: list[int]) -> Iterator[npt.NDArray[np.float32]]:
    """Yield the samples in blocks of these sizes, and what is left."""
    for size in sizes:
        yield samples[:size]
        samples = samples[size:]
    yield samples


@given(analysis=analyses(), n_samples=st.integers(0, 200))
def test_frames_are_as_many_as_a_slow_loop_counts(analysis: Analysis, n_samples: int) -> None:
    assert count_frames(n_samples, analysis) == len(frame_starts(n_samples, analysis))


@given(window_size=st.integers(2, 500), stride=st.integers(1, 500), n_samples=st.integers(1, 5000))
def test_counts_are_the_formulas_of_the_reference_systems(window_size: int, stride: int, n_samples: int) -> None:
    valid = Analysis(window_size=window_size, stride=stride, fft_length=window_size)
    uncentred = 1 + (n_samples - window_size) // stride if n_samples >= window_size else 0
    assert count_frames(n_samples, valid) == uncentred
    assert count_frames(n_samples, replace(valid, framing="pad-end")) == -(-n_samples // stride)
    padded_length = n_samples + 2 * (window_size // 2)
    centred = 1 + (padded_length - window_size) // stride if padded_length >= window_size else 0
    assert count_frames(n_samples, replace(valid, framing="centered")) == centred


def test_tensorflow_pads_the_end_to_79_frames() -> None:
    assert count_frames(20001, Analysis(window_size=1024, stride=256, fft_length=1024, framing="pad-end")) == 79


@given(
    analysis=analyses(),
    n_samples=st.integers(1, 200),
    n_channels=st.integers(1, 2),
    sizes=st.lists(st.integers(0, 60), max_size=12),
)
def test_a_padded_stream_is_the_padded_whole_in_any_blocks(
    analysis: Analysis, n_samples: int, n_channels: int, sizes: list[int]
) -> None:
    samples = noise(n_samples, n_channels)
    starts = frame_starts(n_samples, analysis)
    before = {"centered": samples_of_frame(analysis) // 2}.get(analysis.framing, 0)
    end = starts[-1] + samples_of_frame(analysis) if starts else 0
    mode: Any = analysis.pad_mode
    # Few samples are reflected repeatedly, as NumPy does.
    expected = np.pad(samples, ((before, max(0, end - n_samples)), (0, 0)), mode)
    found = np.concatenate(list(pad_blocks(cut(samples, sizes), analysis)))
    assert len(found) >= end + before if starts else len(found) < samples_of_frame(analysis)
    np.testing.assert_array_equal(found[: end + before], expected[: end + before])


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("pad_mode", PAD_MODES)
def test_a_stream_of_nothing_stays_nothing(framing: Any, pad_mode: Any) -> None:
    analysis = Analysis(window_size=4, stride=2, fft_length=4, framing=framing, pad_mode=pad_mode)
    assert sum(len(block) for block in pad_blocks(iter([noise(0)]), analysis)) == 0
    assert sum(len(block) for block in pad_blocks(iter([]), analysis)) == 0
    assert count_frames(0, analysis) == 0


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("align", ALIGNS)
@pytest.mark.parametrize(("window_size", "fft_length"), [(64, 64), (63, 63), (40, 64), (40, 65), (41, 64)])
@pytest.mark.parametrize("window_symmetry", ["periodic", "symmetric"])
def test_an_impulse_lands_in_the_frame_whose_time_is_nearest(
    framing: Any, align: Any, window_size: int, fft_length: int, window_symmetry: Any
) -> None:
    sample_rate = 1000
    for place in range(100, 500, 7):
        samples = np.zeros(600)
        samples[place] = 1.0
        result = wav2spec.spectrogram(
            samples,
            sample_rate,
            window_size=window_size,
            fft_length=fft_length,
            stride=5,
            framing=framing,
            window_align=align,
            window_symmetry=window_symmetry,
        )
        energy = np.square(result.values[0].astype(float)).sum(axis=1)
        distance = np.abs(result.times - place / sample_rate)
        nearest = distance <= distance.min() + 1e-9
        # Of two frames equally near, either will do, and both are equally loud.
        loudest = energy >= energy.max() * (1 - 1e-5)
        np.testing.assert_array_equal(loudest, nearest)


@given(analysis=analyses(), n_samples=st.integers(1, 150))
def test_times_are_a_stride_apart_and_begin_where_the_first_window_is_greatest(
    analysis: Analysis, n_samples: int
) -> None:
    analysis = replace(analysis, window_symmetry="symmetric")
    starts = np.array(frame_starts(n_samples, analysis))
    size = int(analysis.window_size)
    inside = (int(analysis.fft_length) - size) // 2 if analysis.window_align == "center" else 0
    times = frame_times(np.arange(len(starts)), analysis, 8000)
    np.testing.assert_allclose(times, (starts + inside + (size - 1) / 2) / 8000, rtol=0, atol=1e-12)


@pytest.mark.parametrize("align", ALIGNS)
def test_centred_frames_of_an_even_window_lie_on_multiples_of_the_stride(align: Any) -> None:
    options: dict[str, Any] = {"window_size": 400, "fft_length": 512, "framing": "centered", "window_align": align}
    result = wav2spec.spectrogram(noise(4000), 16000, stride=160, **options)
    np.testing.assert_allclose(result.times, np.arange(26) * 0.01, rtol=0, atol=1e-12)


@pytest.mark.parametrize("window_size", [40, 41])
@pytest.mark.parametrize("fft_length", [64, 65])
@pytest.mark.parametrize("framing", FRAMINGS)
def test_a_centred_window_is_that_window_in_the_middle_of_the_ffts_frame(
    window_size: int, fft_length: int, framing: Any
) -> None:
    samples = noise(500)[:, 0]
    analysis = Analysis(
        window_size=window_size, fft_length=fft_length, stride=17, window_align="center", framing=framing
    )
    n = np.arange(window_size)
    window = np.zeros(fft_length)
    first = (fft_length - window_size) // 2
    window[first : first + window_size] = 0.5 - 0.5 * np.cos(2 * np.pi * n / window_size)
    zeros = np.zeros(fft_length)
    whole: npt.NDArray[np.float64] = np.concatenate((zeros, samples, zeros))
    starts = frame_starts(500, analysis)
    frames = [whole[start + fft_length : start + 2 * fft_length] * window for start in starts]
    expected = np.abs(np.fft.rfft(frames, axis=1))
    result = wav2spec.spectrogram(
        samples,
        16000,
        window_size=window_size,
        fft_length=fft_length,
        stride=17,
        window_align="center",
        framing=framing,
    )
    np.testing.assert_allclose(result.values[0], expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("framing", FRAMINGS)
def test_where_the_window_lies_makes_no_difference_if_it_fills_the_fft(framing: Any) -> None:
    options: dict[str, Any] = {"window_size": 100, "fft_length": "window", "stride": 30, "framing": framing}
    left = wav2spec.spectrogram(noise(1000), 8000, window_align="left", **options)
    centred = wav2spec.spectrogram(noise(1000), 8000, window_align="center", **options)
    np.testing.assert_array_equal(left.values, centred.values)
    np.testing.assert_array_equal(left.times, centred.times)


def test_a_frame_is_the_window_or_the_fft() -> None:
    left = Analysis(window_size=400, fft_length=512)
    assert (frame_length(left), frame_length(replace(left, window_align="center"))) == (400, 512)


@pytest.mark.parametrize("n_samples", [1, 5, 255])
def test_padding_the_end_makes_a_recording_shorter_than_the_window_legal(n_samples: int) -> None:
    samples = noise(n_samples)
    result = wav2spec.spectrogram(samples, 16000, framing="pad-end")
    whole = np.zeros((512, 1), np.float32)
    whole[:n_samples] = samples
    expected = wav2spec.spectrogram(whole, 16000).values[:, : -(-n_samples // 128)]
    np.testing.assert_array_equal(result.values, expected)


@pytest.mark.parametrize("n_samples", [1, 2, 60, 128, 129])
@pytest.mark.parametrize("pad_mode", ["reflect", "symmetric"])
def test_few_samples_are_reflected_as_often_as_it_takes(n_samples: int, pad_mode: Any) -> None:
    samples = noise(n_samples)
    result = wav2spec.spectrogram(samples, 16000, framing="centered", pad_mode=pad_mode, stride=64)
    expected = wav2spec.spectrogram(np.pad(samples[:, 0], 128, pad_mode), 16000, stride=64)
    np.testing.assert_array_equal(result.values, expected.values)
