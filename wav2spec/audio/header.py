"""Headers of recordings, and the layout of chunks that most containers share."""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from wav2spec.storage.sources import SourceFile

# A limit for damaged files: of zeros after a header, every eight bytes would be a chunk.
_MAX_CHUNKS = 10_000

# Files up to this size are read at once (bytes).
READ_AT_ONCE_BYTES = 2**18


class HeaderError(ValueError):
    """Not a valid header of a recording."""


class PcmFormat(NamedTuple):
    """The format of 16-bit samples that fill a file from an offset, `start` in bytes, to its end."""

    sample_rate: int
    n_channels: int
    start: int


class Header(NamedTuple):
    """The header of a recording.

    Attributes
    ----------
    container : str
        The name of a row of `CONTAINERS`.
    declared_bytes : int or None
        Bytes of samples by the header; None if it leaves the length open, as in a pipe.
    available_bytes : int
        Bytes of samples in the file. Equal to `declared_bytes` for codecs, whose streams end by themselves.
    size_patch : tuple of (int, bytes)
        Offset and bytes that make the header declare what is available.
    is_mpeg : bool
        Whether libmpg123 decodes it, which writes notes to standard error.
    pcm : PcmFormat, optional
        Of a plain file, whose samples need no decoder.
    """

    container: str
    declared_bytes: int | None = 0
    available_bytes: int = 0
    size_patch: tuple[int, bytes] = (0, b"")
    is_mpeg: bool = False
    pcm: PcmFormat | None = None


class ChunkLayout(NamedTuple):
    """The layout of chunks in a container: a name, a size, and a body padded to `alignment` bytes."""

    first_chunk: int
    size_format: str
    name_size: int = 4
    size_counts_head: bool = False
    alignment: int = 2

    @property
    def head_size(self) -> int:
        return self.name_size + struct.calcsize(self.size_format)

    def chunks(self, file: SourceFile, start: int) -> Iterator[tuple[bytes, int, int]]:
        """Yield the name of each chunk, and the offset and declared size of its body."""
        for _ in range(_MAX_CHUNKS):
            if start > file.size:
                return
            file.seek(start)
            head = file.read(self.head_size)
            if len(head) < self.head_size:
                return
            (size,) = struct.unpack(self.size_format, head[self.name_size :])
            size = max(0, size - self.head_size) if self.size_counts_head else size
            yield head[:4], start + self.head_size, size
            start += self.head_size + size + (-size) % self.alignment
        raise HeaderError(f"damaged header: more than {_MAX_CHUNKS} chunks")

    def packed_size(self, size: int) -> bytes:
        return packed(self.size_format, size + (self.head_size if self.size_counts_head else 0))


def packed(size_format: str, size: int) -> bytes:
    """Return a size in the format of a header, or the largest that fits."""
    return struct.pack(size_format, min(size, 256 ** struct.calcsize(size_format) - 1))
