"""A streaming ``.npy`` writer: float32 values, time down, frequency rising, or transposed.

References
----------
.. [1] NEP 1, https://numpy.org/neps/nep-0001-npy-format.html
"""

import struct
from typing import BinaryIO

import numpy as np

from wav2spec.arrays import Magnitudes

_MAGIC = b"\x93NUMPY\x01\x00"


# The header's size is fixed, so that it can be written anew when the number of frames is known (bytes).
_HEADER_SIZE = 128


_COPY_BYTES = 2**20


class NpyWriter:
    """Writes blocks as they come into a seekable `file`; `close` completes the array.

    The array's shape is (n_frames, n_bands), or (n_channels, n_frames, n_bands) with `keep_channels`. Each channel has
    its own place in the file, `n_frames` long; if fewer come, `close` moves the channels together.

    With `transposed`, the shape is (n_bands, n_frames), or (n_channels, n_bands, n_frames): with channels, each band of
    each has its own place, so that the array is in C's order too.
    """

    def __init__(
        self, file: BinaryIO, shape: tuple[int, int, int], *, keep_channels: bool, transposed: bool = False
    ) -> None:
        self._file = file
        n_channels, self._n_frames, n_bands = shape
        self._keep_channels = keep_channels
        self._transposed = transposed
        # A place holds the frames of a channel or, where bands come before frames in it, those of one band.
        self._by_band = keep_channels and transposed
        self._n_places, self._frame_values = (n_channels * n_bands, 1) if self._by_band else (n_channels, n_bands)
        self._outer = (n_channels, n_bands)
        self._written = 0
        self._write_header()

    def write(self, values: Magnitudes) -> None:
        """Write `values`, shape (n_channels, n, n_bands), behind those written before."""
        rows = values.transpose(0, 2, 1).reshape(self._n_places, -1) if self._by_band else values
        for place, frames in enumerate(rows):
            self._file.seek(self._place(place, self._n_frames) + self._frame_bytes(self._written))
            self._file.write(np.ascontiguousarray(frames, "<f4").data)
        self._written += values.shape[1]

    def close(self) -> tuple[int, ...]:
        """Make the file say how many frames there are, and return the shape of the array."""
        if self._written < self._n_frames:
            for place in range(1, self._n_places):
                self._move(self._place(place, self._n_frames), self._place(place, self._written))
            self._n_frames = self._written
            self._file.seek(0)
            self._write_header()
        self._file.truncate(self._place(self._n_places, self._n_frames))
        return self._shape

    @property
    def _shape(self) -> tuple[int, ...]:
        n_channels, n_bands = self._outer
        channels = (n_channels,) if self._keep_channels else ()
        return (*channels, n_bands, self._n_frames) if self._transposed else (*channels, self._n_frames, n_bands)

    def _place(self, place: int, n_frames: int) -> int:
        return _HEADER_SIZE + self._frame_bytes(place * n_frames)

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
        # Without channels, the bytes of a transposed array are those of the array in Fortran's order.
        fortran_order = self._transposed and not self._by_band
        message = f"{{'descr': '<f4', 'fortran_order': {fortran_order}, 'shape': {self._shape}, }}"
        room = _HEADER_SIZE - len(_MAGIC) - 2
        self._file.write(_MAGIC + struct.pack("<H", room) + message.ljust(room - 1).encode() + b"\n")
