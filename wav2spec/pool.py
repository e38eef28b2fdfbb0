"""Many frames and bands to few pixels, in power, as the frames come."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from wav2spec.choices import Reduce

Floats = npt.NDArray[np.floating[Any]]
Indices = npt.NDArray[np.intp]

# Frames of one column that are summed at once. They are counted from the first frame of all, so that rounding follows
# from the frames and not from the blocks in which they came.
_GROUP = 64


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

    def pixel_of(self, cells: Indices, n_pixels: int) -> Indices:
        """Return in which pixel the middle of each cell lies, the ends included; -1 for outside."""
        places = self.position(self.first + cells * self.step) * n_pixels
        pixels = np.minimum(np.floor(places), n_pixels - 1).astype(np.intp)
        return np.where((places < 0) | (places > n_pixels), -1, pixels)

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
    reduce : {"max", "mean"}

    Returns
    -------
    ndarray, shape (n_channels, n_frames, n_pixels or n_bands)
    """
    if not axis.is_finer_than(n_pixels):
        return power
    pixels = axis.pixel_of(np.arange(axis.n_cells), n_pixels)
    drawn = np.flatnonzero(pixels >= 0)
    starts = np.flatnonzero(np.diff(pixels[drawn], prepend=-1))
    pooled = _reduced(power[:, :, drawn], starts, 2, reduce)
    if reduce == "mean":
        pooled = pooled / np.diff(starts, append=len(drawn))
    # Pixels beyond the bands show the band at the edge.
    nearest = np.searchsorted(pixels[drawn][starts], np.arange(n_pixels), "right") - 1
    return pooled[:, :, np.maximum(nearest, 0)]


def spread_bands(power: Floats, axis: Axis, n_pixels: int) -> Floats:
    """Give each pixel its band, where `pool_bands` left the bands as they are."""
    if axis.is_finer_than(n_pixels):
        return power
    cells = axis.cell_of(n_pixels)
    known = np.flatnonzero(cells >= 0)
    nearest = np.clip(np.searchsorted(known, np.arange(n_pixels), "right") - 1, 0, None)
    return power[:, :, cells[known[nearest]]]


class Pool:
    """Takes frames, block by block, and reduces those of one pixel to one.

    Memory is that of the pixels, and of a few frames that wait for the rest of their group.

    Parameters
    ----------
    axis : Axis
        Of the frames.
    n_pixels : int
    reduce : {"max", "mean"}
    """

    def __init__(self, axis: Axis, n_pixels: int, reduce: Reduce) -> None:
        self._axis = axis
        self._n_pixels = n_pixels
        self._reduce: Reduce = reduce
        self._kept: list[Floats] = []
        self._n_kept = 0
        self._position = 0
        self._sums: Floats | None = None
        self._counts = np.zeros(n_pixels)

    def add(self, power: Floats) -> None:
        """Take `power`, shape (n_channels, n, n_bands)."""
        self._kept.append(power)
        self._n_kept += power.shape[1]
        if self._axis.is_finer_than(self._n_pixels) and self._n_kept >= 2 * _GROUP:
            self._reduce_kept(last=False)

    def pixels(self) -> Floats:
        """Return shape (n_channels, n_pixels, n_bands), NaN where there is no frame."""
        if not self._axis.is_finer_than(self._n_pixels):
            frames = np.concatenate(self._kept, axis=1)
            cells = np.minimum(self._axis.cell_of(self._n_pixels), frames.shape[1] - 1)
            return np.where(cells[:, np.newaxis] < 0, np.nan, frames[:, cells])
        self._reduce_kept(last=True)
        sums = self._empty() if self._sums is None else self._sums
        known = np.flatnonzero(self._counts)
        whole = sums[:, known] / (self._counts[known, np.newaxis] if self._reduce == "mean" else 1.0)
        # At the ends, rounding may leave a pixel without a frame's middle.
        nearest = np.maximum(np.searchsorted(known, np.arange(self._n_pixels), "right") - 1, 0)
        outside = self._axis.cell_of(self._n_pixels) < 0
        return np.where(outside[:, np.newaxis], np.nan, whole[:, nearest])

    def _reduce_kept(self, *, last: bool) -> None:
        frames = np.concatenate(self._kept, axis=1)
        cells = np.arange(self._position, self._position + frames.shape[1])
        pixels = self._axis.pixel_of(cells, self._n_pixels)
        new = (np.diff(pixels, prepend=-2) != 0) | (cells % _GROUP == 0)
        starts = np.flatnonzero(new)
        # The last group may go on in the next block.
        end = len(cells) if last else starts[-1]
        starts = starts if last else starts[:-1]
        self._kept, self._n_kept = [frames[:, end:]], len(cells) - end
        self._position += end
        if len(starts):
            groups = _reduced(frames[:, :end], starts, 1, self._reduce)
            self._take(groups, pixels[starts], np.diff(starts, append=end))

    def _take(self, groups: Floats, pixels: Indices, counts: Indices) -> None:
        if self._sums is None:
            self._sums = self._empty()
        for group, (pixel, count) in enumerate(zip(pixels, counts, strict=True)):
            if pixel >= 0:
                mine = self._sums[:, pixel]
                join = np.add if self._reduce == "mean" else np.maximum
                join(mine, groups[:, group], out=mine)
                self._counts[pixel] += count

    def _empty(self) -> Floats:
        n_channels, _, n_bands = self._kept[0].shape
        return np.zeros((n_channels, self._n_pixels, n_bands))


def _reduced(power: Floats, starts: Indices, axis: int, reduce: Reduce) -> Floats:
    if reduce == "max":
        return np.maximum.reduceat(power, starts, axis=axis)
    return np.add.reduceat(power, starts, axis=axis, dtype=np.float64)
