"""The pixels of a PNG as they were written here, a few rows at a time: pictures may be larger than memory."""

import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from wav2spec.png import SIGNATURE, PixelDigest

_PIECE = 2**16
# Grey, colours, and numbers of colours, as PNG counts them, with the bytes of a pixel of 8 bits.
_GREY, _RGB, _INDEXED = 0, 2, 3
_BYTES = {_GREY: 1, _RGB: 3, _INDEXED: 1}


def streamed_digest(path: str) -> str | None:
    """Return the `PixelDigest` of a PNG; None if it is packed in another way than here, or damaged.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    try:
        with open(path, "rb") as file:
            return _digest(file) if file.read(len(SIGNATURE)) == SIGNATURE else None
    except (zlib.error, struct.error, ValueError, LookupError, ArithmeticError):
        # Damaged: how, is said by who decodes it in another way.
        return None


def _digest(file: BinaryIO) -> str | None:
    digest, inflate = PixelDigest(), zlib.decompressobj()
    width = height = row_bytes = n_rows = 0
    colors, rows = None, b""
    for name, body in _pieces(file):
        if name == b"IHDR":
            width, height, depth, kind, _, _, interlaced = struct.unpack(">IIBBBBB", body)
            if interlaced or kind not in _BYTES or (depth != 8 and (depth, kind) != (16, _GREY)):
                return None
            row_bytes = 1 + width * _BYTES[kind] * depth // 8
        elif name == b"PLTE":
            colors = np.frombuffer(body, np.uint8).reshape(-1, 3)
        elif name == b"tRNS":
            return None
        elif name == b"IDAT":
            rows += inflate.decompress(body)
            n_whole = len(rows) // row_bytes
            whole = np.frombuffer(rows, np.uint8, n_whole * row_bytes).reshape(n_whole, row_bytes)
            # The filter of each row: here there is none.
            if whole[:, 0].any():
                return None
            digest.update(whole[:, 1:] if colors is None else colors[whole[:, 1:]])
            rows, n_rows = rows[n_whole * row_bytes :], n_rows + n_whole
    return digest.hexdigest(width, height) if n_rows == height else None


def _pieces(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Yield the names of chunks and what is in them, pixels in pieces."""
    while len(head := file.read(8)) == 8:
        length, name = struct.unpack(">I4s", head)
        at_once = _PIECE if name == b"IDAT" else length
        for first in range(0, length, at_once or 1):
            yield name, file.read(min(at_once, length - first))
        file.seek(4, 1)
