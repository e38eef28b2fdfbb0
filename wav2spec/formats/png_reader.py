"""Read PNG files piece by piece: their text, whether they are intact, and a digest of their pixels.

Nothing is allocated because a header claims it: sizes are compared with the size of the file first.
"""

import io
import os
import re
import stat
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from wav2spec.formats.deflate import MAX_RATIO, Inflate, InflateError, crc32
from wav2spec.formats.digest import PixelDigest
from wav2spec.formats.png_writer import GREY, GREY_16, INDEXED, RGB, SIGNATURE, TEXT_NAME, PixelFormat

# PngWriter writes no longer text (bytes).
_MAX_TEXT_BYTES = 2**20


# Files up to this size are read at once (bytes).
_AT_ONCE = 2**18


# Bytes of a chunk, and of pixels, that are in memory at once.
_PIECE = 2**16


_FORMATS = {(pixels.color_type, pixels.bit_depth): pixels for pixels in (GREY, GREY_16, RGB, INDEXED)}


# The order of the chunks that PngWriter writes, by a letter of each.
_LETTERS = {b"IHDR": "H", b"PLTE": "P", b"IDAT": "D", b"IEND": "E"}


_ORDER = re.compile("HP?D+E")


class PngError(ValueError):
    """A PNG that is damaged, or not written as PngWriter writes."""


class Image(NamedTuple):
    """A PNG that was read to its end.

    Attributes
    ----------
    width, height : int
        In pixels.
    format : PixelFormat
    text : str or None
        The text under `TEXT_NAME`.
    digest : str
        A `PixelDigest`; empty if it was not asked for.
    """

    width: int
    height: int
    format: PixelFormat
    text: str | None
    digest: str


def is_regular(path: str) -> bool:
    # A FIFO would wait for a writer.
    return stat.S_ISREG(os.stat(path).st_mode)


def begins_as_png(path: str) -> bool:
    if not is_regular(path):
        return False
    with open(path, "rb") as file:
        return file.read(len(SIGNATURE)) == SIGNATURE


def read_text(path: str) -> str | None:
    """Return the text under `TEXT_NAME`, passing over pixels; None if there is none, or no PNG.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    if not begins_as_png(path):
        return None
    try:
        with open(path, "rb") as file:
            for chunk in _chunks(file, os.fstat(file.fileno()).st_size):
                if chunk.is_text and (text := _text(chunk)) is not None:
                    return text
    except PngError:
        return None
    return None


# The last chunk of a PNG.
_IEND = struct.pack(">I4sI", 0, b"IEND", crc32(b"IEND"))


def last_text(end: bytes) -> str | None:
    """Return the text that `PngWriter` writes last, from the last bytes of a PNG; None if it does not end with it."""
    name = b"tEXt" + TEXT_NAME + b"\0"
    first = end.rfind(name)
    if first < 4 or not end.endswith(_IEND):
        return None
    body = end[first : -len(_IEND) - 4]
    (length,) = struct.unpack(">I", end[first - 4 : first])
    (checksum,) = struct.unpack(">I", end[-len(_IEND) - 4 : -len(_IEND)])
    if length != len(body) - 4 or checksum != crc32(body):
        return None
    return body[len(name) :].decode("ascii", "replace")


def read_image(path: str, digest: PixelDigest | None = None, *, decoded: bool = True) -> Image | None:
    """Read a PNG through and check it; None if it is damaged, or not written as `PngWriter` writes.

    Parameters
    ----------
    path : str
    digest : PixelDigest, optional
        Updated with all rows, which takes longer than to check them.
    decoded : bool
        Whether rows are decoded. The checksums of all chunks are checked in any case.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    status = os.stat(path)
    if not stat.S_ISREG(status.st_mode):
        return None
    try:
        if status.st_size > _AT_ONCE:
            with open(path, "rb") as file:
                return _read(file, status.st_size, digest, decoded=decoded)
        with open(path, "rb", buffering=0) as small:
            content = small.read(status.st_size)
        return _read(io.BytesIO(content), len(content), digest, decoded=decoded)
    except (PngError, InflateError):
        return None


def png_digest(path: str) -> str | None:
    """Return the `PixelDigest` of a PNG; None as for `read_image`.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    image = read_image(path, PixelDigest())
    return image.digest if image else None


def check_png_size(path: str) -> None:
    """Check that a PNG can hold as many pixels as its header claims, before a decoder allocates them.

    Raises
    ------
    PngError
        If it cannot.
    OSError
        If it cannot be read.
    """
    with open(path, "rb") as file:
        header = file.read(len(SIGNATURE) + 25)
        if len(header) < len(SIGNATURE) + 25 or not header.startswith(SIGNATURE):
            raise PngError("it has no header")
        width, height, depth = struct.unpack(">IIB", header[16:25])
        # One channel at least; with filters of rows.
        _check_plausible(height * (1 + width * depth // 8), os.fstat(file.fileno()).st_size)


@dataclass(eq=False, repr=False)
class _Chunk:
    """A chunk, whose body can be read once."""

    file: BinaryIO
    name: bytes
    length: int

    @property
    def is_text(self) -> bool:
        """Whether it may be a text of `PngWriter`."""
        return self.name == b"tEXt" and self.length <= _MAX_TEXT_BYTES

    def pieces(self) -> Iterator[bytes]:
        """Yield the body in pieces, and check it."""
        left, checksum = self.length, crc32(self.name)
        while left:
            piece = self.file.read(min(left, _PIECE))
            if not piece:
                raise PngError("it ends within a chunk")
            left -= len(piece)
            checksum = crc32(piece, checksum)
            yield piece
        if self.file.read(4) != struct.pack(">I", checksum):
            raise PngError(f"the checksum of its {self.name!r} chunk is wrong")

    def body(self, max_bytes: int) -> bytes:
        if self.length > max_bytes:
            raise PngError(f"its {self.name!r} chunk is longer than {max_bytes} bytes")
        return b"".join(self.pieces())


def _chunks(file: BinaryIO, size: int) -> Iterator[_Chunk]:
    """Yield the chunks of a PNG in order, as far as a file of that size has them."""
    start = len(SIGNATURE)
    while start < size:
        file.seek(start)
        head = file.read(8)
        if len(head) < 8:
            raise PngError("it ends within the head of a chunk")
        length, name = struct.unpack(">I4s", head)
        start += 12 + length
        if start > size:
            raise PngError("it ends within a chunk")
        yield _Chunk(file, name, length)


def _text(chunk: _Chunk) -> str | None:
    """Return the text of a chunk if it is under `TEXT_NAME`."""
    name, _, text = chunk.body(_MAX_TEXT_BYTES).partition(b"\0")
    return text.decode("ascii", "replace") if name == TEXT_NAME else None


def _read(file: BinaryIO, file_size: int, digest: PixelDigest | None, *, decoded: bool) -> Image:
    """Read what `PngWriter` wrote; ancillary chunks may have been added."""
    if file.read(len(SIGNATURE)) != SIGNATURE:
        raise PngError("it has no signature")
    order, text, colors = "", None, None
    rows: _Rows | None = None
    for chunk in _chunks(file, file_size):
        order += _LETTERS.get(chunk.name, "")
        if chunk.name == b"IHDR":
            rows = _Rows(*_header(chunk.body(_HEADER.size), file_size), digest)
        elif chunk.name == b"PLTE":
            colors = np.frombuffer(chunk.body(3 * 256).ljust(3 * 256, b"\0"), np.uint8).reshape(-1, 3)
        elif chunk.name == b"IDAT":
            if rows is None or (rows.format is INDEXED) != (colors is not None):
                raise PngError("its chunks are not in order")
            for piece in chunk.pieces():
                if decoded:
                    rows.feed(piece, colors)
        elif chunk.name == b"tRNS" or (chunk.name not in _LETTERS and chunk.name[:1].isupper()):
            raise PngError(f"it has a {chunk.name!r} chunk")
        elif chunk.is_text:
            text = _text(chunk) or text
        else:
            # For its checksum.
            for _ in chunk.pieces():
                pass
    if rows is None or not _ORDER.fullmatch(order):
        raise PngError("its chunks are not in order")
    return Image(rows.width, rows.height, rows.format, text, rows.digest() if decoded else "")


_HEADER = struct.Struct(">IIBBBBB")


def _header(body: bytes, file_size: int) -> tuple[int, int, PixelFormat]:
    if len(body) != _HEADER.size:
        raise PngError("its header is short")
    width, height, depth, kind, *methods = _HEADER.unpack(body)
    pixels = _FORMATS.get((kind, depth))
    if pixels is None or any(methods):
        raise PngError("its pixels are packed in another way")
    _check_plausible(height * (1 + width * pixels.bytes_per_pixel), file_size)
    return width, height, pixels


def _check_plausible(n_bytes: int, file_size: int) -> None:
    if n_bytes > file_size * MAX_RATIO:
        raise PngError(f"its header claims {n_bytes} bytes of pixels, which {file_size} bytes cannot hold")


class _Rows:
    """Rows without a filter, put together from a compressed stream and given to a digest if there is one."""

    def __init__(self, width: int, height: int, format: PixelFormat, digest: PixelDigest | None) -> None:
        self.width, self.height, self.format = width, height, format
        self._row_bytes = 1 + width * format.bytes_per_pixel
        self._inflate = Inflate()
        self._digest = digest
        # The beginning of a row.
        self._left = b""
        self._n_rows = 0

    def feed(self, piece: bytes, colors: npt.NDArray[np.uint8] | None) -> None:
        for pixels in self._inflate.feed(piece, max(_PIECE, self._row_bytes)):
            pixels = self._left + pixels
            n_rows = len(pixels) // self._row_bytes
            end = n_rows * self._row_bytes
            self._left = pixels[end:]
            if any(pixels[: end : self._row_bytes]):
                raise PngError("its rows are filtered")
            if self._digest:
                rows = np.frombuffer(pixels, np.uint8, end).reshape(n_rows, self._row_bytes)
                self._digest.update(rows[:, 1:] if colors is None else colors[rows[:, 1:]])
            self._n_rows += n_rows

    def digest(self) -> str:
        """Return the digest when all rows are there, empty without one."""
        if not self._inflate.is_complete or self._left or self._n_rows != self.height:
            raise PngError(f"it has {self._n_rows} rows of {self.height}")
        return self._digest.hexdigest(self.width, self.height) if self._digest else ""
