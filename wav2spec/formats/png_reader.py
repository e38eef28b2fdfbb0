"""The pixels of a PNG as they were written here, a few rows at a time: pictures may be larger than memory."""

import os
import stat
import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from wav2spec.formats.deflate import crc32
from wav2spec.formats.digest import PixelDigest
from wav2spec.formats.png_writer import SIGNATURE, TEXT_NAME

# What is longer was not written here (bytes).
_MAX_TEXT_BYTES = 2**20


def is_regular(path: str) -> bool:
    # A FIFO would wait for somebody to write into it.
    return stat.S_ISREG(os.stat(path).st_mode)


def begins_as_png(path: str) -> bool:
    if not is_regular(path):
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
            ours = name == b"tEXt" and length <= _MAX_TEXT_BYTES
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


_PIECE = 2**16


# Grey, colours, and numbers of colours, as PNG counts them, with the bytes of a pixel of 8 bits.
_GREY, _RGB, _INDEXED = 0, 2, 3


_BYTES = {_GREY: 1, _RGB: 3, _INDEXED: 1}


def png_digest(path: str) -> str | None:
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
