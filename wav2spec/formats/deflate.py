"""Write and read zlib streams. Equal content gives equal bytes, an order of magnitude faster than zlib's own.

ISA-L compresses. Only its level 0 is deterministic: 1 to 3 gave different bytes about once in two thousand runs,
depending on the memory address of their state, and 3 depends on the processor. Level 0 was tested from SSE4.2 to
AVX-512; it costs an eighth of the size of a spectrogram. Data that would grow is stored uncompressed.

References
----------
.. [1] RFC 1950, RFC 1951
"""

import struct
from collections.abc import Iterator

try:
    from isal import isal_zlib as library

    _LEVEL = 0
except ImportError:  # pragma: no cover - platforms without ISA-L
    import zlib as library  # type: ignore[no-redef]

    _LEVEL = 1

crc32 = library.crc32


_LibraryError: type[Exception] = library.error  # type: ignore[assignment]


__all__ = ["MAX_RATIO", "Deflate", "Inflate", "InflateError", "crc32"]

# Most bytes that one byte of a deflate stream can expand to: 258 bytes take at least 2 bits.
MAX_RATIO = 1032

# Bytes that are compressed at a time. The output depends on it; it is also the longest stored block.
_PIECE = 2**16 - 1


# Deflate, a window of 32 KiB, the fastest level.
_HEADER = b"\x78\x01"


_RAW = -15


class Deflate:
    """Compress a stream piece by piece."""

    def __init__(self) -> None:
        self._deflate = library.compressobj(_LEVEL, wbits=_RAW)
        self._checksum = 1
        self._waiting = bytearray()
        self._made = bytearray(_HEADER)

    def write(self, data: memoryview) -> None:
        while data:
            room = _PIECE - len(self._waiting)
            self._waiting += data[:room]
            data = data[room:]
            if len(self._waiting) == _PIECE:
                self._compress_piece()

    def take(self, least: int) -> bytearray:
        """Return the output since the last call, or nothing while it is shorter than `least` bytes."""
        if len(self._made) < least:
            return bytearray()
        taken, self._made = self._made, bytearray()
        return taken

    def finish(self) -> bytearray:
        """End the stream and return the rest of the output."""
        if self._waiting:
            self._compress_piece()
        return self._made + self._deflate.flush() + struct.pack(">I", self._checksum)

    def _compress_piece(self) -> None:
        piece = self._waiting
        self._checksum = library.adler32(piece, self._checksum)
        compressed = self._deflate.compress(piece) + self._deflate.flush(library.Z_SYNC_FLUSH)
        if len(compressed) > len(piece) + _STORED.size:
            # A stored block has the same content, to which later blocks may refer.
            self._made += _STORED.pack(0, len(piece), len(piece) ^ 0xFFFF)
            self._made += piece
        else:
            self._made += compressed
        self._waiting.clear()


# Head of a stored block: not the last one, its length, and the complement of that.
_STORED = struct.Struct("<BHH")


class InflateError(ValueError):
    """A compressed stream is damaged."""


class Inflate:
    """Decompress a stream piece by piece."""

    def __init__(self) -> None:
        self._stream = library.decompressobj()

    def feed(self, piece: bytes, max_bytes: int) -> Iterator[bytes]:
        """Yield what `piece` adds to the output, at most `max_bytes` at a time.

        Raises
        ------
        InflateError
            If the stream is damaged, or has ended before.
        """
        is_full = True
        while piece or is_full:
            if self._stream.eof:
                if piece:
                    raise InflateError("there is more behind its end")
                return
            try:
                inflated = self._stream.decompress(piece, max_bytes)
            except _LibraryError as error:
                raise InflateError(str(error)) from error
            yield inflated
            piece = self._stream.unconsumed_tail or self._stream.unused_data
            # The library may hold more output for input that it has taken.
            is_full = len(inflated) == max_bytes

    @property
    def is_complete(self) -> bool:
        """Whether the end was reached, and the checksum there is right."""
        return bool(self._stream.eof)
