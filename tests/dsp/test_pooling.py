"""Pooling against a slow loop that places every cell by exact fractions."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from recordings import MakeWav

from wav2spec.audio.preprocess import preprocess
from wav2spec.audio.recording import open_recording
from wav2spec.dsp.pooling import Axis, pool_bands, pool_frames, repeat_bands
from wav2spec.render.drawing import plan_spectrogram
from wav2spec.render.figures.panels import envelope, time_axis
from wav2spec.settings.choices import Reduce
from wav2spec.settings.presets import PLOT

Array = npt.NDArray[np.float64]

reductions = st.sampled_from(["max", "mean"])
seeds = st.integers(0, 2**32 - 1)


@dataclass(frozen=True)
class Scale:
    """An axis in whole 64ths whose length is a power of two: floats hold it, and what is computed of it, exactly."""

    first: int
    step: int
    n_cells: int
    low: int
    length: int

    @property
    def axis(self) -> Axis:
        return Axis(self.first / 64, self.step / 64, self.n_cells, self.low / 64, (self.low + self.length) / 64)

    def middle_of_cell(self, cell: int) -> int:
        return self.first + cell * self.step

    def pixel_of(self, cell: int, n_pixels: int) -> int | None:
        place = Fraction(self.middle_of_cell(cell) - self.low, self.length)
        return min(floor(place * n_pixels), n_pixels - 1) if 0 <= place <= 1 else None


@st.composite
def scales(draw: st.DrawFn) -> Scale:
    """As recordings have them: the picture begins and ends within a step of the outer cells."""
    step = draw(st.integers(2, 40))
    length = 2 ** draw(st.integers(6, 11))
    before = draw(st.integers(0, step))
    low = draw(st.integers(-1000, 1000))
    first = low + min(before, length - 1)
    # The last cell lies inside, and within a step of the end.
    return Scale(first, step, (low + length - first) // step + 1, low, length)


def random_power(n_channels: int, n_frames: int, n_bands: int, seed: int) -> npt.NDArray[np.float32]:
    generator = np.random.default_rng(seed)
    return (generator.random((n_channels, n_frames, n_bands)) ** 8 * 1000).astype(np.float32)


def pooled(axis: Axis, n_pixels: int, reduce: Reduce, power: npt.NDArray[np.floating], cuts: list[int]) -> Array:
    """Pool the frames in blocks that end at `cuts`."""
    ends = pairwise([0, *sorted({cut for cut in cuts if 0 < cut < power.shape[1]}), power.shape[1]])
    blocks = (power[:, first:end] for first, end in ends)
    return np.concatenate(list(pool_frames(blocks, axis, n_pixels, reduce)), axis=1).astype(np.float64)


def slowly(scale: Scale, n_pixels: int, reduce: Reduce, power: npt.NDArray[np.floating]) -> Array:
    """Frames to pixels, a cell at a time; every pixel holds the middle of one at least, or shows its neighbour."""
    held: list[list[Array]] = [[] for _ in range(n_pixels)]
    for cell in range(scale.n_cells):
        pixel = scale.pixel_of(cell, n_pixels)
        assert pixel is not None
        held[pixel].append(power[:, cell].astype(np.float64))
    columns: list[Array | None] = [None] * n_pixels
    for pixel, cells in enumerate(held):
        if cells:
            columns[pixel] = np.asarray(np.max(cells, axis=0) if reduce == "max" else sum(cells) / len(cells))
    known = [pixel for pixel in range(n_pixels) if columns[pixel] is not None]
    nearest = [max([other for other in known if other <= pixel], default=known[0]) for pixel in range(n_pixels)]
    return np.stack([np.asarray(columns[pixel]) for pixel in nearest], axis=1)


@given(scales(), st.integers(1, 60), reductions, seeds, st.lists(st.integers(0, 2000), max_size=6))
def test_pooled_frames_equal_a_slow_loop_for_any_blocks(
    scale: Scale, n_pixels: int, reduce: Reduce, seed: int, cuts: list[int]
) -> None:
    if not scale.axis.is_finer_than(n_pixels):
        n_pixels = 1
    power = random_power(2, scale.n_cells, 3, seed)
    found = pooled(scale.axis, n_pixels, reduce, power, cuts)
    np.testing.assert_allclose(found, slowly(scale, n_pixels, reduce, power), rtol=0 if reduce == "max" else 1e-13)


@given(scales(), st.integers(1, 300), reductions, seeds, st.lists(st.integers(0, 8000), max_size=40))
def test_any_partition_into_blocks_gives_the_same_bits(
    scale: Scale, n_pixels: int, reduce: Reduce, seed: int, cuts: list[int]
) -> None:
    power = random_power(1, scale.n_cells, 2, seed)
    whole = pooled(scale.axis, n_pixels, reduce, power, [])
    np.testing.assert_array_equal(pooled(scale.axis, n_pixels, reduce, power, cuts), whole)


def test_a_frame_a_block_gives_the_same_bits() -> None:
    power = random_power(1, 1000, 4, 5)
    axis = Axis(0.0, 0.01, 1000, 0.0, 10.0)
    single = pooled(axis, 7, "mean", power, list(range(1, 1000)))
    np.testing.assert_array_equal(single, pooled(axis, 7, "mean", power, []))


@given(scales(), st.integers(1, 400), seeds)
def test_a_hot_cell_always_shows_in_the_pixel_of_its_time(scale: Scale, n_pixels: int, seed: int) -> None:
    hot = seed % scale.n_cells
    power = np.zeros((1, scale.n_cells, 1), np.float32)
    power[0, hot] = 1.0
    pixels = np.flatnonzero(np.nan_to_num(pooled(scale.axis, n_pixels, "max", power, []))[0, :, 0])
    assert len(pixels)
    if scale.axis.is_finer_than(n_pixels):
        own = scale.pixel_of(hot, n_pixels)
        assert own is not None
        assert own in pixels
        # Others show it only where they hold no frame of their own.
        taken = {scale.pixel_of(cell, n_pixels) for cell in range(scale.n_cells)}
        assert taken & set(pixels.tolist()) == {own}


@given(scales(), st.integers(1, 400))
def test_of_fewer_frames_than_pixels_each_pixel_shows_the_nearest(scale: Scale, n_pixels: int) -> None:
    if scale.axis.is_finer_than(n_pixels):
        n_pixels = scale.length // scale.step + 1
    middles = np.array([scale.middle_of_cell(cell) for cell in range(scale.n_cells)])
    power = np.arange(scale.n_cells, dtype=np.float32)[np.newaxis, :, np.newaxis]
    found = pooled(scale.axis, n_pixels, "max", power, [])[0, :, 0]
    for pixel, cell in enumerate(found):
        distances = np.abs(2 * n_pixels * (middles - scale.low) - scale.length * (2 * pixel + 1))
        assert distances[int(cell)] == distances.min()


def test_a_pixel_further_than_a_step_from_any_frame_is_blank() -> None:
    axis = Axis(4.0, 1.0, 3, 0.0, 10.0)
    found = pooled(axis, 20, "max", np.ones((1, 3, 1)), [])[0, :, 0]
    # Frames at 4, 5 and 6 reach from 3 to 7.
    np.testing.assert_array_equal(np.isnan(found), [not 3 <= (pixel + 0.5) / 2 <= 7 for pixel in range(20)])


@pytest.mark.parametrize("reduce", ["max", "mean"])
def test_a_pixel_that_holds_a_frame_is_never_blank(reduce: Reduce) -> None:
    # The last frame, at 9.25, lies in the last pixel, from 9 to 10, whose middle is more than a step away.
    axis = Axis(0.0, 0.125, 75, 0.0, 10.0)
    power = np.zeros((1, 75, 1))
    power[0, -1] = 1.0
    assert pooled(axis, 10, reduce, power, [])[0, -1, 0] > 0


@given(st.integers(0, 8), st.integers(1, 200), reductions, seeds)
def test_bands_equal_a_slow_loop(exponent: int, n_pixels: int, reduce: Reduce, seed: int) -> None:
    # Cells from edge to edge; of a power of two, floats hold their places exactly.
    n_bands = 2**exponent
    axis = Axis(0.5, 1.0, n_bands, 0.0, float(n_bands))
    power = random_power(2, 3, n_bands, seed)
    found = repeat_bands(pool_bands(power, axis, n_pixels, reduce), axis, n_pixels)
    assert found.shape == (2, 3, n_pixels)
    for pixel in range(n_pixels):
        if n_pixels <= n_bands:
            mine = [b for b in range(n_bands) if floor(Fraction((2 * b + 1) * n_pixels, 2 * n_bands)) == pixel]
            cells = power[:, :, mine].astype(np.float64)
            expected = cells.max(axis=2) if reduce == "max" else cells.sum(axis=2) / len(mine)
        else:
            # On the border between two bands, either will do.
            place = Fraction((2 * pixel + 1) * n_bands, 2 * n_pixels)
            near = [power[:, :, band] for band in {floor(place), ceil(place) - 1}]
            assert any((found[:, :, pixel] == band).all() for band in near)
            continue
        np.testing.assert_allclose(found[:, :, pixel], expected, rtol=1e-13)


@given(st.integers(1, 300), st.integers(1, 300), st.integers(1, 120), st.integers(1, 120), seeds)
def test_a_single_hot_cell_shows_under_max(n_frames: int, n_bands: int, width: int, height: int, seed: int) -> None:
    # Bins as they are drawn: from the middle of the first to the middle of the last.
    time = Axis(0.0, 1.0, n_frames, 0.0, max(n_frames - 1.0, 1.0))
    frequency = Axis(0.0, 1.0, n_bands, 0.0, n_bands - 1.0) if n_bands > 1 else Axis(0.0, 1.0, 1, -0.5, 0.5)
    power = np.zeros((1, n_frames, n_bands), np.float32)
    frame, band = seed % n_frames, seed // n_frames % n_bands
    power[0, frame, band] = 1.0
    columns = pooled(time, width, "max", pool_bands(power, frequency, height, "max"), [])
    assert np.nanmax(repeat_bands(columns, frequency, height)) == 1.0


@given(st.integers(1, 500), st.integers(1, 100), reductions)
def test_steady_power_stays_as_it_is(n_frames: int, n_pixels: int, reduce: Reduce) -> None:
    axis = Axis(0.0, 0.01, n_frames, 0.0, max(0.01 * (n_frames - 1), 0.01))
    np.testing.assert_array_equal(pooled(axis, n_pixels, reduce, np.full((1, n_frames, 2), 3.0), [40, 50]), 3.0)


@given(seeds)
def test_mean_keeps_the_sum_where_pixels_hold_equally_many(seed: int) -> None:
    power = random_power(1, 640, 8, seed)
    columns = pooled(Axis(0.5, 1.0, 640, 0.0, 640.0), 10, "mean", power, [100, 333])
    cells = pool_bands(columns, Axis(0.5, 1.0, 8, 0.0, 8.0), 2, "mean")
    assert cells.sum() * 64 * 4 == pytest.approx(float(power.sum(dtype=np.float64)), rel=1e-12)


def test_pixels_come_as_soon_as_their_frames_are_in() -> None:
    given = 0

    def blocks() -> Iterator[npt.NDArray[np.float32]]:
        nonlocal given
        for _ in range(100):
            given += 1000
            yield np.ones((1, 1000, 2), np.float32)

    done = 0
    for columns in pool_frames(blocks(), Axis(0.5, 1.0, 100_000, 0.0, 100_000.0), 1000, "max"):
        done += columns.shape[1]
        assert done >= given / 100 - 11 or given == 100_000
        np.testing.assert_array_equal(columns, 1.0)
    assert done == 1000


@pytest.mark.parametrize(("rate", "stride", "n_strides"), [(48000, 582, 389), (44100, 441, 100), (8000, 33, 290)])
@pytest.mark.parametrize("start", [0, 0.7])
def test_no_rounding_loses_the_last_frame_of_a_recording(
    make_wav: MakeWav, rate: int, stride: int, n_strides: int, start: float
) -> None:
    # Its middle lies on the very end.
    n_samples = n_strides * stride + round(start * rate)
    with open_recording(str(make_wav(n_samples=n_samples, sample_rate=rate))) as recording:
        stream = plan_spectrogram(
            preprocess(recording, PLOT.replace(window_size=64, stride=stride, start=start).preprocessing),
            PLOT.replace(window_size=64, stride=stride, start=start),
        )
        axis = time_axis(stream)
    assert axis.n_cells == n_strides + 1
    for n_pixels in (10, 33, n_strides // 2):
        assert axis.pixel_of(np.arange(axis.n_cells), n_pixels)[-1] == n_pixels - 1


@pytest.mark.parametrize(("n_samples", "n_channels"), [(40_000, 2), (1777, 1), (90, 1)])
def test_the_envelope_is_the_least_and_greatest_of_the_samples_without_gaps(
    make_wav: MakeWav, n_samples: int, n_channels: int
) -> None:
    width = 301
    path = make_wav(n_samples=n_samples, n_channels=n_channels)
    with open_recording(str(path)) as recording:
        stream = plan_spectrogram(
            preprocess(recording, PLOT.replace(channel="all").preprocessing), PLOT.replace(channel="all")
        )
        found = envelope(stream, time_axis(stream), width)
    samples, _ = soundfile.read(path, always_2d=True)
    assert found.shape == (n_channels, 2, width)
    for channel in range(n_channels):
        check_envelope(samples[:, channel], found[channel], width)


def check_envelope(samples: Array, found: Array, width: int) -> None:
    n_samples, ends = len(samples), [(sample, sample) for sample in samples]
    pixels: list[tuple[float, float]] = []
    for pixel in range(width):
        mine = [ends[i] for i in range(n_samples) if i * width // n_samples == pixel]
        pixels.append((min(a for a, _ in mine), max(b for _, b in mine)) if mine else pixels[-1])
    before = [pixels[0], *pixels[:-1]]
    expected = [(min(a, d), max(b, c)) for (a, b), (c, d) in zip(pixels, before, strict=True)]
    np.testing.assert_allclose(found.T, expected, atol=1e-7)
