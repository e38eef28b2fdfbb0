"""Write spectrogram values as ``.npy`` files, block by block.

References
----------
.. [1] NEP 1, https://numpy.org/neps/nep-0001-npy-format.html
"""

import struct
from typing import BinaryIO

import numpy as np

from wav2spec.arrays import Magnitudes

_MAGIC = b"\x93NUMPY\x01\x00"

# The header has a fixed size, so that it can be rewritten when the number of frames is known (bytes).
_HEADER_SIZE = 128

_COPY_BYTES = 2**20


class NpyWriter:
    """Writes blocks of float32 values into a `.npy` file; `close` completes it.

    The shape of the array is (n_frames, n_bands), or (n_bands, n_frames) with `transposed`; `keep_channels` adds a
    first axis of n_channels.

    The file is a sequence of rows that are written side by side: the frames of a channel or, where bands come before
    frames in each channel, those of a band. A row has room for all frames; `close` moves the rows together if there are
    fewer.

    Parameters
    ----------
    file : binary file
        Seekable and readable.
    shape : tuple of int
        Number of channels, of frames (at most), and of bands.
    keep_channels, transposed : bool
    """

    def __init__(
        self, file: BinaryIO, shape: tuple[int, int, int], *, keep_channels: bool, transposed: bool = False
    ) -> None:
        self._file = file
        n_channels, self._n_frames, n_bands = shape
        self._keep_channels = keep_channels
        self._transposed = transposed
        self._by_band = keep_channels and transposed
        self._n_rows, self._frame_values = (n_channels * n_bands, 1) if self._by_band else (n_channels, n_bands)
        self._outer = (n_channels, n_bands)
        self._written = 0
        self._write_header()

    def write(self, values: Magnitudes) -> None:
        """Append `values`, shape (n_channels, n, n_bands)."""
        rows = values.transpose(0, 2, 1).reshape(self._n_rows, -1) if self._by_band else values
        for row, frames in enumerate(rows):
            self._file.seek(self._offset(row, self._n_frames) + self._frame_bytes(self._written))
            self._file.write(np.ascontiguousarray(frames, "<f4").data)
        self._written += values.shape[1]

    def close(self) -> tuple[int, ...]:
        """Store the number of frames that were written, and return the shape of the array."""
        if self._written < self._n_frames:
            for row in range(1, self._n_rows):
                self._move(self._offset(row, self._n_frames), self._offset(row, self._written))
            self._n_frames = self._written
            self._file.seek(0)
            self._write_header()
        self._file.truncate(self._offset(self._n_rows, self._n_frames))
        return self._shape

    @property
    def _shape(self) -> tuple[int, ...]:
        n_channels, n_bands = self._outer
        channels = (n_channels,) if self._keep_channels else ()
        return (*channels, n_bands, self._n_frames) if self._transposed else (*channels, self._n_frames, n_bands)

    def _offset(self, row: int, n_frames: int) -> int:
        return _HEADER_SIZE + self._frame_bytes(row * n_frames)

    def _frame_bytes(self, n_frames: int) -> int:
        return n_frames * self._frame_values * 4

    def _move(self, source: int, target: int) -> None:
        left = self._frame_bytes(self._written)
        while left:
            self._file.seek(source)
            piece = self._file.read(min(left, _COPY_BYTES))
            self._file.seek(target)
            self._file.write(piece)
            source, target, left = source + len(piece), target + len(piece), left - len(piece)

    def _write_header(self) -> None:
        # Without channels, a transposed array in Fortran order has the bytes of the array itself.
        fortran_order = self._transposed and not self._by_band
        message = f"{{'descr': '<f4', 'fortran_order': {fortran_order}, 'shape': {self._shape}, }}"
        room = _HEADER_SIZE - len(_MAGIC) - 2
        self._file.write(_MAGIC + struct.pack("<H", room) + message.ljust(room - 1).encode() + b"\n")
