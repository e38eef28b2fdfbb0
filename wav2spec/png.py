"""A streaming PNG writer: rows of pixels in, a file out, with no more than a few rows in memory.

References
----------
.. [1] Portable Network Graphics (PNG) Specification, https://www.w3.org/TR/png-3/
"""

import hashlib
import os
import stat
import struct
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from wav2spec.deflate import Deflate

try:
    from isal.isal_zlib import crc32
except ImportError:  # pragma: no cover - platforms without ISA-L
    from zlib import crc32

# Under what name a picture says how it was made.
TEXT_NAME = b"wav2spec"

# What is longer was not written here (bytes).
_LONGEST_TEXT = 2**20

SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Bytes of rows that are put in form at once, and the least of compressed ones that an IDAT chunk holds but the last.
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
GREY_16 = PixelFormat(0, 2, bit_depth=16)
RGB = PixelFormat(2, 3)
INDEXED = PixelFormat(3, 1)


def begins_as_png(path: str) -> bool:
    # A FIFO would wait for somebody to write into it.
    if not stat.S_ISREG(os.stat(path).st_mode):
        return False
    with open(path, "rb") as file:
        return file.read(len(SIGNATURE)) == SIGNATURE


def read_text(path: str, *, whole: bool = False) -> str | None:
    """Return what a PNG says of how it was made; None if it says nothing or is no PNG.

    Parameters
    ----------
    path : str
    whole : bool
        Whether a PNG that was damaged or cut off says nothing. Without it, pixels are passed over.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    if not begins_as_png(path):
        return None
    text, name = None, b""
    with open(path, "rb") as file:
        file.seek(len(SIGNATURE))
        while len(head := file.read(8)) == 8:
            length, name = struct.unpack(">I4s", head)
            ours = name == b"tEXt" and length <= _LONGEST_TEXT
            if not (ours or whole):
                file.seek(length + 4, 1)
                continue
            body = file.read(length)
            if whole and file.read(4) != struct.pack(">I", crc32(body, crc32(name))):
                return None
            if ours and body.startswith(TEXT_NAME + b"\0"):
                text = body[len(TEXT_NAME) + 1 :].decode("ascii", "replace")
                if not whole:
                    return text
            elif ours and not whole:
                file.seek(4, 1)
    return text if name == b"IEND" else None


class PixelDigest:
    """A SHA-256 of what a picture shows: equal pictures have it, however packed, and whether indexed or not."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def update(self, rows: npt.NDArray[np.uint8]) -> None:
        """Go on with the bytes of some rows, of 16 bits the greater one first."""
        self._hash.update(np.ascontiguousarray(rows).data)

    def hexdigest(self, width: int, height: int) -> str:
        """Return the digest of the picture of that size in pixels."""
        whole = self._hash.copy()
        whole.update(f" {width} {height}".encode())
        return whole.hexdigest()


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
        What the numbers of an indexed picture stand for.
    digest : PixelDigest, optional
        Is given all rows.
    """

    def __init__(
        self,
        file: BinaryIO,
        width: int,
        format: PixelFormat = GREY,
        colors: npt.NDArray[np.uint8] | None = None,
        digest: "PixelDigest | None" = None,
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
        if colors is not None:
            self._write_chunk(b"PLTE", colors.tobytes())

    def write_rows(self, rows: npt.NDArray[np.uint8]) -> None:
        """Write the bytes of `rows`, shape (n, width * bytes_per_pixel), from the top."""
        n_at_once = max(1, _PIECE // (self._row_bytes + 1))
        for first in range(0, len(rows), n_at_once):
            piece = rows[first : first + n_at_once]
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
        """Write what is left, a text if there is one, and the height where the file begins.

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
        checksum = crc32(body, crc32(name))
        self._file.write(struct.pack(">I", len(body)) + name)
        self._file.write(body)
        self._file.write(struct.pack(">I", checksum))
