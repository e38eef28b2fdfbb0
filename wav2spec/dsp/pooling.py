"""Many frames and bands to few pixels, in power, as the frames come."""

import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from wav2spec.dsp.percentile import FramePercentile
from wav2spec.settings.choices import Reduce

Floats = npt.NDArray[np.floating[Any]]


Indices = npt.NDArray[np.intp]

_Scalar = TypeVar("_Scalar", bound=np.generic)


# Frames of one column that are summed at once. They are counted from the first frame of all, so that rounding follows
# from the frames and not from the blocks in which they came.
_GROUP = 64


# The length of groups up to which their members are taken from all groups at once, the first members first: `reduceat`
# needs as much time for a group of 2 as for one of 20.
_FEW = 8


# Values that are yielded at once where few frames become many pixels, and pooled at once where frames are many.
_PIECE = 2**17


@dataclass(frozen=True)
class Axis:
    """Cells of equal width on a scale, and the part of it that is drawn.

    Attributes
    ----------
    first, step : float
        The middle of the first cell, and from one to the next, in the units of the scale.
    n_cells : int
    low, high : float
        Where the picture begins and ends.
    """

    first: float
    step: float
    n_cells: int
    low: float
    high: float

    def position(self, value: npt.ArrayLike) -> Floats:
        """Return where in the picture a value lies: 0 is its beginning, 1 its end."""
        return (np.asarray(value, np.float64) - self.low) / (self.high - self.low)

    def is_finer_than(self, n_pixels: int) -> bool:
        """Say whether every pixel holds the middle of a cell."""
        return self.step * n_pixels <= self.high - self.low

    def cells_per_pixel(self, n_pixels: int) -> float:
        return (self.high - self.low) / (self.step * n_pixels)

    def pixel_of(self, cells: Indices, n_pixels: int) -> Indices:
        """Return in which pixel the middle of each cell lies, the ends included; -1 for outside."""
        places = self.position(self.first + cells * self.step) * n_pixels
        pixels = np.minimum(np.floor(places), n_pixels - 1).astype(np.intp)
        # What rounding puts a little beyond an end lies on it.
        rounding = 1e-9 * n_pixels
        outside = (places < -rounding) | (places > n_pixels + rounding)
        return np.where(outside, -1, np.maximum(pixels, 0))

    def cell_of(self, n_pixels: int) -> Indices:
        """Return which cell each pixel's middle lies in; -1 for none. The outer cells reach one step outwards."""
        middles = self.low + (np.arange(n_pixels) + 0.5) * ((self.high - self.low) / n_pixels)
        steps = (middles - self.first) / self.step
        cells = np.clip(np.floor(steps + 0.5), 0, self.n_cells - 1).astype(np.intp)
        return np.where(np.abs(steps - cells) > 1, -1, cells)


def pool_bands(power: Floats, axis: Axis, n_pixels: int, reduce: Reduce) -> Floats:
    """Reduce the bands of each frame to pixels, if there are more of them.

    Parameters
    ----------
    power : ndarray, shape (n_channels, n_frames, n_bands)
    axis : Axis
        Of the bands.
    n_pixels : int
    reduce : {"max", "mean", "p95"}

    Returns
    -------
    ndarray, shape (n_channels, n_frames, n_pixels or n_bands)
    """
    if not axis.is_finer_than(n_pixels):
        return power
    drawn, starts, nearest = _band_groups(axis, n_pixels)
    power = power[:, :, drawn]
    # A percentile is one of frames. The few bins of a pixel overlap, and their greatest is the pixel's.
    pooled: Floats
    if reduce == "mean":
        pooled = np.add.reduceat(power, starts, axis=2, dtype=np.float64) / np.diff(starts, append=power.shape[2])
    else:
        pooled = _greatest_bands(power, starts)
    return pooled if nearest is None else pooled[:, :, nearest]


@functools.lru_cache(maxsize=16)
def _band_groups(axis: Axis, n_pixels: int) -> tuple[slice, Indices, Indices | None]:
    """Return the bands that are drawn, the first of each group that shares a pixel, and the group of each pixel.

    The last is None where each pixel has a group of its own; pixels beyond the bands show the group at the edge.
    """
    pixels = axis.pixel_of(np.arange(axis.n_cells), n_pixels)
    drawn = np.flatnonzero(pixels >= 0)
    pixels = pixels[drawn]
    starts = np.flatnonzero(np.diff(pixels, prepend=-1))
    nearest = forward_fill(pixels[starts], np.arange(n_pixels))
    own = len(starts) == n_pixels
    return slice(int(drawn[0]), int(drawn[-1]) + 1), starts, None if own else nearest


def _greatest_bands(power: Floats, starts: Indices) -> Floats:
    """Return the greatest band of each group, of which `starts` are the first."""
    last = np.append(starts[1:], power.shape[2]) - 1
    n_most = int((last - starts).max()) + 1
    if n_most > _FEW:
        greatest: Floats = np.maximum.reduceat(power, starts, axis=2)
        return greatest
    greatest = power.take(starts, axis=2)
    for offset in range(1, n_most):
        np.maximum(greatest, power.take(np.minimum(starts + offset, last), axis=2), out=greatest)
    return greatest


def repeat_bands(power: npt.NDArray[_Scalar], axis: Axis, n_pixels: int) -> npt.NDArray[_Scalar]:
    """Give each pixel its band, where `pool_bands` left the bands as they are."""
    if axis.is_finer_than(n_pixels):
        return power
    cells = axis.cell_of(n_pixels)
    known = np.flatnonzero(cells >= 0)
    return power[:, :, cells[known[forward_fill(known, np.arange(n_pixels))]]]


def forward_fill(known: Indices, wanted: Indices) -> Indices:
    """Return where in `known`, which rises, the last is that lies at or before each of `wanted`; else the first."""
    return np.maximum(np.searchsorted(known, wanted, "right") - 1, 0)


def pool_frames(blocks: Iterable[Floats], axis: Axis, n_pixels: int, reduce: Reduce) -> Iterator[Floats]:
    """Bring frames to exactly `n_pixels`, as they come.

    Memory is that of a block, and a few bytes for each pixel; it does not grow with the frames.

    Parameters
    ----------
    blocks : iterable of ndarray, shape (n_channels, n, n_bands)
        The power of frames in order.
    axis : Axis
        Of the frames. There may come fewer than it says.
    n_pixels : int
    reduce : {"max", "mean", "p95"}

    Yields
    ------
    ndarray, shape (n_channels, n, n_bands)
        Pixels in order, NaN where there is no frame.
    """
    blank = axis.cell_of(n_pixels) < 0
    blocks = _gathered(blocks)
    if not axis.is_finer_than(n_pixels):
        finished = _spread(blocks, axis, n_pixels)
    elif reduce == "p95":
        finished = _percentiles(blocks, axis, n_pixels)
    else:
        finished = _joined(blocks, axis, n_pixels, reduce)
    n_done = 0
    last: Floats | None = None
    for pixels, values in finished:
        blank[pixels] = False
        # A pixel that no frame's middle falls into shows what lies before it.
        for wanted in _pieces(n_done, int(pixels[-1]) + 1, values):
            yield _blanked(values[:, forward_fill(pixels, wanted)], blank[wanted])
        n_done, last = int(pixels[-1]) + 1, values[:, -1:]
    if last is not None:
        for wanted in _pieces(n_done, n_pixels, last):
            yield _blanked(np.repeat(last, len(wanted), axis=1), blank[wanted])


def _gathered(blocks: Iterable[Floats]) -> Iterator[Floats]:
    """Yield the same frames in fewer blocks: pooling a block takes a time of its own."""
    held: list[Floats] = []
    for block in blocks:
        held.append(block)
        if sum(one.size for one in held) >= _PIECE:
            yield held[0] if len(held) == 1 else np.concatenate(held, axis=1)
            held.clear()
    if held:
        yield np.concatenate(held, axis=1)


def _pieces(first: int, end: int, values: Floats) -> Iterator[Indices]:
    """Yield the numbers from `first` up to `end`, so few at once that as many rows of `values` stay small."""
    chunk_rows = max(1, _PIECE // (values.shape[0] * values.shape[2]))
    for start in range(first, end, chunk_rows):
        yield np.arange(start, min(start + chunk_rows, end))


def _blanked(values: Floats, blank: npt.NDArray[np.bool_]) -> Floats:
    return np.where(blank[:, np.newaxis], np.nan, values) if blank.any() else values


def _spread(blocks: Iterable[Floats], axis: Axis, n_pixels: int) -> Iterator[tuple[Indices, Floats]]:
    """Yield pixels of which several may show one frame."""
    cells = axis.cell_of(n_pixels)
    first = 0
    for block in blocks:
        pixels = np.flatnonzero((cells >= first) & (cells < first + block.shape[1]))
        chunk_rows = max(1, _PIECE // (block.shape[0] * block.shape[2]))
        for start in range(0, len(pixels), chunk_rows):
            some = pixels[start : start + chunk_rows]
            yield some, block[:, cells[some] - first]
        first += block.shape[1]


def _joined(blocks: Iterable[Floats], axis: Axis, n_pixels: int, reduce: Reduce) -> Iterator[tuple[Indices, Floats]]:
    """Yield pixels that show several frames, each when its last frame is in."""
    join = np.maximum if reduce == "max" else np.add
    held: tuple[Floats, Indices, Indices] | None = None
    grouped = _greatest_frames(blocks, axis, n_pixels) if reduce == "max" else _frame_sums(blocks, axis, n_pixels)
    for groups, pixels, counts in grouped:
        if held is not None and len(pixels) == 1 and pixels[0] == held[1][0]:
            held = join(held[0], groups), pixels, held[2] + counts
            continue
        if held is not None:
            groups = np.concatenate((held[0], groups), axis=1)
            pixels, counts = np.append(held[1], pixels), np.append(held[2], counts)
        starts = np.flatnonzero(np.diff(pixels, prepend=-2))
        groups, pixels, counts = _join_runs(join, groups, starts), pixels[starts], np.add.reduceat(counts, starts)
        # More frames of the last pixel may come.
        yield from _drawn(groups[:, :-1], pixels[:-1], counts[:-1], reduce)
        held = groups[:, -1:], pixels[-1:], counts[-1:]
    if held is not None:
        yield from _drawn(*held, reduce)


def _join_runs(join: np.ufunc, groups: Floats, starts: Indices) -> Floats:
    """Join groups along time, of each run the first two first, so that rounding does not depend on blocks."""
    lengths = np.diff(starts, append=groups.shape[1])
    joined = groups[:, starts]
    for offset in range(1, int(lengths.max())):
        longer = np.flatnonzero(lengths > offset)
        joined[:, longer] = join(joined[:, longer], groups[:, starts[longer] + offset])
    return joined


def _drawn(groups: Floats, pixels: Indices, counts: Indices, reduce: Reduce) -> Iterator[tuple[Indices, Floats]]:
    """Yield the pixels that are drawn, as means if they are sums."""
    drawn = pixels >= 0
    if not drawn.all():
        groups, pixels, counts = groups[:, drawn], pixels[drawn], counts[drawn]
    if len(pixels):
        yield pixels, groups / counts[:, np.newaxis] if reduce == "mean" else groups


def _percentiles(blocks: Iterable[Floats], axis: Axis, n_pixels: int) -> Iterator[tuple[Indices, Floats]]:
    """Yield pixels that show the 95th percentile of several frames, each when its last frame is in."""
    pixel, ranks = -1, FramePercentile()
    first = 0
    for block in blocks:
        pixels = axis.pixel_of(np.arange(first, first + block.shape[1]), n_pixels)
        first += block.shape[1]
        starts = np.flatnonzero(np.diff(pixels, prepend=-2))
        for start, end in zip(starts, [*starts[1:], len(pixels)], strict=True):
            if pixels[start] != pixel:
                if pixel >= 0 and ranks.n_frames:
                    yield np.array([pixel]), ranks.value()
                pixel, ranks = int(pixels[start]), FramePercentile()
            if pixel >= 0:
                ranks.add(block[:, start:end])
    if pixel >= 0 and ranks.n_frames:
        yield np.array([pixel]), ranks.value()


def _greatest_frames(blocks: Iterable[Floats], axis: Axis, n_pixels: int) -> Iterator[tuple[Floats, Indices, Indices]]:
    """Yield the greatest of each run of frames that share a pixel, the pixel, and how many frames there are."""
    first = 0
    for block in blocks:
        n_frames = block.shape[1]
        low, high = axis.pixel_of(np.array([first, first + n_frames - 1]), n_pixels)
        if low == high >= 0:
            yield block.max(axis=1, keepdims=True), np.array([low]), np.array([n_frames])
        else:
            pixels = axis.pixel_of(np.arange(first, first + n_frames), n_pixels)
            starts = np.flatnonzero(np.diff(pixels, prepend=-2))
            counts = np.diff(starts, append=n_frames)
            few = counts.max() <= _FEW
            greatest = _join_runs(np.maximum, block, starts) if few else np.maximum.reduceat(block, starts, axis=1)
            yield greatest, pixels[starts], counts
        first += n_frames


def _frame_sums(blocks: Iterable[Floats], axis: Axis, n_pixels: int) -> Iterator[tuple[Floats, Indices, Indices]]:
    """Yield sums of groups of frames, the pixel of each, and how many frames it has.

    Groups end where pixels end, and at every `_GROUP` frames from the first: wherever blocks end, they are the same.
    """
    kept: Floats | None = None
    first = 0
    for block in blocks:
        frames = block if kept is None or not kept.shape[1] else np.concatenate((kept, block), axis=1)
        cells = np.arange(first, first + frames.shape[1])
        pixels = axis.pixel_of(cells, n_pixels)
        starts = np.flatnonzero((np.diff(pixels, prepend=-2) != 0) | (cells % _GROUP == 0))
        # The last group may go on in the next block.
        end = starts[-1]
        if len(starts) > 1:
            yield _summed(frames[:, :end], starts[:-1]), pixels[starts[:-1]], np.diff(starts)
        kept, first = frames[:, end:], first + int(end)
    if kept is not None and kept.shape[1]:
        pixel = axis.pixel_of(np.array([first]), n_pixels)
        yield _summed(kept, np.array([0])), pixel, np.array([kept.shape[1]])


def _summed(frames: Floats, starts: Indices) -> Floats:
    """Return the sum of each group, whose order is that of `reduceat`."""
    sums: Floats = np.add.reduceat(frames, starts, axis=1, dtype=np.float64)
    return sums
