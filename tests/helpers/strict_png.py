"""A PNG decoder for the tests that forgives nothing: what it returns, any other program can read.

Written from the specification, https://www.w3.org/TR/png-3/, and sharing nothing with the package.
"""

import struct
import zlib

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]


class NotStrictlyPngError(ValueError):
    """The first thing that is wrong."""


def decode(data: bytes) -> Bytes:
    """Return the pixels of a picture of 8-bit grey that is not interlaced, shape (height, width)."""
    chunks = _chunks(data)
    names = [name for name, _ in chunks]
    _demand(names[0] == b"IHDR", "IHDR is not the first chunk")
    _demand(names.count(b"IHDR") == 1, "more than one IHDR")
    _demand(names[-1] == b"IEND" and not chunks[-1][1], "IEND is not the last chunk, or not empty")
    _demand(names.count(b"IEND") == 1, "more than one IEND")
    places = [place for place, name in enumerate(names) if name == b"IDAT"]
    _demand(bool(places), "no IDAT")
    _demand(places == list(range(places[0], places[-1] + 1)), "chunks between the IDATs")
    _demand(b"PLTE" not in names, "a palette for grey")
    width, height = _size(chunks[0][1])
    rows = _inflated(b"".join(body for name, body in chunks if name == b"IDAT"))
    _demand(len(rows) == height * (width + 1), f"{len(rows)} bytes of pixels for {width} x {height}")
    return _unfiltered(np.frombuffer(rows, np.uint8).reshape(height, width + 1))


def chunk_names(data: bytes) -> list[bytes]:
    return [name for name, _ in _chunks(data)]


def _demand(true: bool, words: str) -> None:
    if not true:
        raise NotStrictlyPngError(words)


def _chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    _demand(data[:8] == b"\x89PNG\r\n\x1a\n", "no signature")
    chunks = []
    at = 8
    while at < len(data):
        _demand(len(data) - at >= 12, "half a chunk, or bytes after the last")
        size, name = struct.unpack_from(">I4s", data, at)
        _demand(size < 2**31, f"{name!r} is too long")
        _demand(name.isalpha() and name[2:3].isupper(), f"{name!r} is no name of a chunk")
        _demand(name[0:1].islower() or name in (b"IHDR", b"PLTE", b"IDAT", b"IEND"), f"{name!r} is not known")
        _demand(len(data) - at >= 12 + size, f"{name!r} is cut off")
        body = data[at + 8 : at + 8 + size]
        (checksum,) = struct.unpack_from(">I", data, at + 8 + size)
        _demand(checksum == zlib.crc32(name + body), f"the checksum of {name!r} is wrong")
        chunks.append((name, body))
        at += 12 + size
    _demand(bool(chunks), "no chunks")
    return chunks


def _size(header: bytes) -> tuple[int, int]:
    _demand(len(header) == 13, "IHDR has not 13 bytes")
    width, height, depth, colour, compression, filters, interlace = struct.unpack(">IIBBBBB", header)
    _demand(0 < width < 2**31 and 0 < height < 2**31, f"a size of {width} x {height}")
    _demand((depth, colour) == (8, 0), "not 8-bit grey")
    _demand((compression, filters, interlace) == (0, 0, 0), "another compression or filter, or interlaced")
    return width, height


def _inflated(stream: bytes) -> bytes:
    inflate = zlib.decompressobj()
    try:
        rows = inflate.decompress(stream) + inflate.flush()
    except zlib.error as error:
        raise NotStrictlyPngError(f"the pixels cannot be inflated: {error}") from error
    _demand(inflate.eof, "the compressed pixels are cut off")
    _demand(not inflate.unused_data, "bytes after the compressed pixels")
    return rows


def _unfiltered(rows: Bytes) -> Bytes:
    """Undo the filters of section 9, a byte a pixel."""
    above = np.zeros(rows.shape[1] - 1, np.uint8)
    pixels = np.empty((len(rows), len(above)), np.uint8)
    for row, filtered in zip(pixels, rows, strict=True):
        kind, values = filtered[0], filtered[1:]
        _demand(kind <= 4, f"filter {kind} is not known")
        if kind == 0:
            row[:] = values
        elif kind == 1:
            row[:] = np.cumsum(values, dtype=np.uint8)
        elif kind == 2:
            row[:] = values + above
        else:
            _undo_by_the_left(row, values, above, paeth=kind == 4)
        above = row
    return pixels


def _undo_by_the_left(row: Bytes, values: Bytes, above: Bytes, *, paeth: bool) -> None:
    left = corner = 0
    for column, (value, up) in enumerate(zip(values.tolist(), above.tolist(), strict=True)):
        guess = left + up - corner
        # Of those equally near the first in this order counts.
        nearest = min((left, up, corner), key=lambda byte, guess=guess: abs(guess - byte))  # type: ignore[misc]
        left = (value + (nearest if paeth else (left + up) // 2)) % 256
        row[column] = left
        corner = up
