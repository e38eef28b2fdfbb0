"""The 95th percentile of many frames, in bounded memory."""

from typing import Any

import numpy as np
import numpy.typing as npt

# Frames whose percentile is exact; of more, their levels are counted, so that memory does not grow with them.
_EXACT_FRAMES = 256

# Levels are counted by the exponent and the upper bits of the mantissa of a float32: 16 in an octave, 0.2 dB apart.
_DROPPED_BITS = 19
_N_CODES = 1 << (31 - _DROPPED_BITS)


class FramePercentile:
    """The nearest-rank percentile of each band over the frames that were added."""

    def __init__(self) -> None:
        self.n_frames = 0
        self._held: list[npt.NDArray[np.float32]] = []
        self._counts: npt.NDArray[np.uint32] | None = None

    def add(self, frames: npt.NDArray[np.floating[Any]]) -> None:
        """Add frames, shape (n_channels, n, n_bands)."""
        self.n_frames += frames.shape[1]
        self._held.append(frames.astype(np.float32))
        if self.n_frames > _EXACT_FRAMES:
            self._count()

    def _count(self) -> None:
        for frames in self._held:
            values = np.ascontiguousarray(frames.transpose(1, 0, 2)).reshape(frames.shape[1], -1)
            codes = (values.view(np.uint32) >> _DROPPED_BITS).astype(np.intp)
            if self._counts is None:
                self._counts = np.zeros((values.shape[1], _N_CODES), np.uint32)
            np.add.at(self._counts, (np.arange(values.shape[1]), np.minimum(codes, _N_CODES - 1)), 1)
            self._shape = frames.shape[0], 1, frames.shape[2]
        self._held.clear()

    def value(self) -> npt.NDArray[np.float32]:
        """Return the 95th percentile of each band, shape (n_channels, 1, n_bands)."""
        rank = -(-95 * self.n_frames // 100) - 1
        if self._counts is None:
            frames = np.concatenate(self._held, axis=1)
            ranked: npt.NDArray[np.float32] = np.partition(frames, rank, axis=1)[:, rank : rank + 1]
            return ranked
        reached = np.cumsum(self._counts, axis=1, dtype=np.uint64)
        codes = (reached <= rank).sum(axis=1).astype(np.uint32)
        # The middle of the values with that code; 0 for silence.
        middle = (codes << _DROPPED_BITS) | np.where(codes, 1 << (_DROPPED_BITS - 1), 0).astype(np.uint32)
        value: npt.NDArray[np.float32] = middle.view(np.float32).reshape(self._shape)
        return value
