"""A streaming PNG writer: rows of pixels in, a file out, with no more than a few rows in memory.

The pixels go through ISA-L's deflate, an order of magnitude faster than zlib's at the same size. Its level 1 gives the
same bytes on every processor if it is fed alike, so it is fed in pieces of one fixed size.

References
----------
.. [1] Portable Network Graphics (PNG) Specification, https://www.w3.org/TR/png-3/
"""

import struct
import zlib
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from wav2spec.arrays import Pixels

try:
    from isal.isal_zlib import compressobj
except ImportError:  # pragma: no cover - platforms without ISA-L
    from zlib import compressobj  # type: ignore[assignment]

# No side of a PNG may be longer (pixels).
LARGEST_SIDE = 2**31 - 1

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_LEVEL = 1
# What deflate is given at a time, and the least of compressed bytes that an IDAT chunk holds, the last excepted.
_PIECE = 2**16
_NO_FILTER = 0


@dataclass(frozen=True)
class PixelFormat:
    """How the bytes of a row make pixels.

    `color_type` is the number that the specification gives it.
    """

    color_type: int
    bytes_per_pixel: int
    bit_depth: int = 8


GREY = PixelFormat(0, 1)
RGB = PixelFormat(2, 3)


class PngWriter:
    """Writes rows as they come into a seekable `file`; `close` completes the picture.

    The height is whatever number of rows was written.
    """

    def __init__(self, file: BinaryIO, width: int, format: PixelFormat = GREY) -> None:
        self._file = file
        self._width = width
        self._format = format
        self._row_bytes = width * format.bytes_per_pixel
        self._height = 0
        self._deflate = compressobj(_LEVEL)
        self._waiting = bytearray()
        self._compressed = bytearray()
        file.write(_SIGNATURE)
        self._write_size()

    def write_rows(self, rows: Pixels) -> None:
        """Write `rows`, shape (n, width * bytes_per_pixel), from the top."""
        n_at_once = max(1, _PIECE // (self._row_bytes + 1))
        for first in range(0, len(rows), n_at_once):
            piece = rows[first : first + n_at_once]
            filtered = np.empty((len(piece), self._row_bytes + 1), np.uint8)
            filtered[:, 0] = _NO_FILTER
            filtered[:, 1:] = piece
            self._feed(filtered.reshape(-1).data)
        self._height += len(rows)

    def close(self) -> tuple[int, int]:
        """Write what is left, and the height where the file begins. Return width and height."""
        self._compressed += self._deflate.compress(self._waiting) + self._deflate.flush()
        self._write_chunk(b"IDAT", self._compressed)
        self._write_chunk(b"IEND")
        self._file.seek(len(_SIGNATURE))
        self._write_size()
        return self._width, self._height

    def _feed(self, rows: memoryview) -> None:
        while rows:
            room = _PIECE - len(self._waiting)
            self._waiting += rows[:room]
            rows = rows[room:]
            if len(self._waiting) == _PIECE:
                self._compressed += self._deflate.compress(self._waiting)
                self._waiting.clear()
        if len(self._compressed) >= _PIECE:
            self._write_chunk(b"IDAT", self._compressed)
            self._compressed.clear()

    def _write_size(self) -> None:
        kind = self._format.bit_depth, self._format.color_type
        self._write_chunk(b"IHDR", struct.pack(">IIBBBBB", self._width, self._height, *kind, 0, 0, 0))

    def _write_chunk(self, name: bytes, body: bytes | bytearray = b"") -> None:
        checksum = zlib.crc32(body, zlib.crc32(name))
        self._file.write(struct.pack(">I", len(body)) + name)
        self._file.write(body)
        self._file.write(struct.pack(">I", checksum))
