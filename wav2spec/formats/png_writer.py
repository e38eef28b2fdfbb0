"""A streaming PNG writer: rows of pixels in, a file out, with no more than a few rows in memory.

References
----------
.. [1] Portable Network Graphics (PNG) Specification, https://www.w3.org/TR/png-3/
"""

import struct
from typing import BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from wav2spec.formats.deflate import Deflate, crc32
from wav2spec.formats.digest import PixelDigest

# The keyword under which a picture records how it was made.
TEXT_NAME = b"wav2spec"


SIGNATURE = b"\x89PNG\r\n\x1a\n"


# Bytes of rows that are compressed at once, and the least size of every IDAT chunk but the last.
_PIECE = 2**16


_NO_FILTER = 0

# The unit of pHYs that is known.
_PER_METER, _METERS_PER_INCH = 1, 0.0254


class PixelFormat(NamedTuple):
    """How the bytes of a row make pixels.

    `color_type` is the number that the specification gives it.
    """

    color_type: int
    bytes_per_pixel: int
    bit_depth: int = 8


GREY = PixelFormat(0, 1)


GREY_16 = PixelFormat(0, 2, bit_depth=16)


RGB = PixelFormat(2, 3)


INDEXED = PixelFormat(3, 1)


class PngWriter:
    """Writes rows as they come into a seekable `file`; `close` completes the picture.

    The height is whatever number of rows was written.

    Parameters
    ----------
    file : seekable binary file
    width : int
        In pixels.
    format : PixelFormat
    colors : ndarray, shape (n, 3), uint8
        The palette of an indexed picture.
    digest : PixelDigest, optional
        Updated with all rows.
    dpi : int, optional
        Pixels per inch, for programs that print.
    """

    def __init__(
        self,
        file: BinaryIO,
        width: int,
        format: PixelFormat = GREY,
        colors: npt.NDArray[np.uint8] | None = None,
        digest: "PixelDigest | None" = None,
        dpi: int | None = None,
    ) -> None:
        self._file = file
        self._width = width
        self._format = format
        self._colors = colors
        self._digest = digest
        self._row_bytes = width * format.bytes_per_pixel
        self._height = 0
        self._deflate = Deflate()
        file.write(SIGNATURE)
        self._write_size()
        if dpi is not None:
            per_meter = round(dpi / _METERS_PER_INCH)
            self._write_chunk(b"pHYs", struct.pack(">IIB", per_meter, per_meter, _PER_METER))
        if colors is not None:
            self._write_chunk(b"PLTE", colors.tobytes())

    def write_rows(self, rows: npt.NDArray[np.uint8]) -> None:
        """Write the bytes of `rows`, shape (n, width * bytes_per_pixel), from the top."""
        chunk_rows = max(1, _PIECE // (self._row_bytes + 1))
        for first in range(0, len(rows), chunk_rows):
            piece = rows[first : first + chunk_rows]
            if self._digest:
                self._digest.update(piece if self._colors is None else self._colors[piece])
            filtered = np.empty((len(piece), self._row_bytes + 1), np.uint8)
            filtered[:, 0] = _NO_FILTER
            filtered[:, 1:] = piece
            self._deflate.write(filtered.reshape(-1).data)
            if compressed := self._deflate.take(_PIECE):
                self._write_chunk(b"IDAT", compressed)
        self._height += len(rows)

    def close(self, text: str = "") -> tuple[int, int]:
        """Write the remaining rows and the text, and fill in the height at the beginning of the file.

        Parameters
        ----------
        text : str
            In ASCII. It stands behind the pixels, under the name `TEXT_NAME`.

        Returns
        -------
        tuple of (int, int)
            Width and height.
        """
        self._write_chunk(b"IDAT", self._deflate.finish())
        if text:
            self._write_chunk(b"tEXt", TEXT_NAME + b"\0" + text.encode("ascii"))
        self._write_chunk(b"IEND")
        self._file.seek(len(SIGNATURE))
        self._write_size()
        return self._width, self._height

    def _write_size(self) -> None:
        kind = self._format.bit_depth, self._format.color_type
        self._write_chunk(b"IHDR", struct.pack(">IIBBBBB", self._width, self._height, *kind, 0, 0, 0))

    def _write_chunk(self, name: bytes, body: bytes | bytearray = b"") -> None:
        head, checksum = struct.pack(">I", len(body)) + name, crc32(body, crc32(name))
        self._file.write(b"".join((head, body, struct.pack(">I", checksum))))
