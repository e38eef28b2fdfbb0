"""What the head of a WAV file says of its samples, and how many bytes of them are really there.

libsndfile goes by content, not by name, and cuts a short file without a word. This walk over the chunks lets only WAV
containers reach it, and tells what was promised from what is present.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from wav2spec.storage.sources import SourceFile

# Sizes up to a page below 2**31 and 2**32 are what programs write into a pipe, not knowing the length:
# 0x7FFFF000 (sox, espeak-ng), 0x7FFFFFFF - 36 (arecord and others), 0xFFFFFFFF (ffmpeg).
_PAGE = 4096


_UNKNOWN_SIZES = (range(2**31 - _PAGE, 2**31), range(2**32 - _PAGE, 2**32))


# No honest file has more chunks before its samples; a head followed by zeros would be one chunk every eight bytes.
_MAX_CHUNKS = 10_000


class HeaderError(ValueError):
    """The bytes are not the head of a WAV file; the words say what is wrong."""


@dataclass(frozen=True)
class Header:
    """The head of a WAV file.

    Attributes
    ----------
    container : str
        RIFF, RIFX, RF64 or W64.
    promised : int or None
        Bytes of samples by the header; None where it leaves the length open, as in a pipe.
    present : int
        Bytes of samples that are there.
    patch : tuple of (int, bytes)
        Offset and bytes that make the header say what is present.
    """

    container: str
    declared_bytes: int | None
    available_bytes: int
    size_patch: tuple[int, bytes]


@dataclass(frozen=True)
class _Container:
    """How a container lays out its chunks: a name, a size, a body padded to `alignment`."""

    name: str
    first_chunk: int
    size_format: str
    name_size: int = 4
    size_counts_head: bool = False
    alignment: int = 2

    @property
    def head_size(self) -> int:
        return self.name_size + struct.calcsize(self.size_format)

    def chunks(self, file: SourceFile, start: int) -> Iterator[tuple[bytes, int, int]]:
        """Yield name, offset of the body and size of the body, while there are whole chunk heads to read."""
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
        raise HeaderError(f"damaged WAV header: more than {_MAX_CHUNKS} chunks")

    def packed_size(self, size: int) -> bytes:
        size += self.head_size if self.size_counts_head else 0
        return _packed(self.size_format, size)


_CONTAINERS = {
    b"RIFF": _Container("RIFF", 12, "<I"),
    b"RIFX": _Container("RIFX", 12, ">I"),
    b"RF64": _Container("RF64", 12, "<I"),
    b"riff": _Container("W64", 40, "<Q", name_size=16, size_counts_head=True, alignment=8),
}


def read_header(file: SourceFile) -> Header:
    """Walk the chunks of a seekable file up to its samples.

    Raises
    ------
    HeaderError
        If the file is empty, no WAV, or has no format or no samples in it.
    """
    container = _container(file)
    n_channels = -1
    long_size: tuple[int, int] | None = None
    for name, body, size in container.chunks(file, container.first_chunk):
        if name == b"fmt ":
            n_channels = _n_channels(file, body, container)
        elif name == b"ds64":
            file.seek(body + 8)
            long_size = body + 8, int.from_bytes(file.read(8), "little")
        elif name == b"data":
            if n_channels < 0:
                raise HeaderError("damaged WAV header: no format ('fmt ' chunk) before the samples")
            available_bytes = max(0, file.size - body)
            if size == 0xFFFFFFFF and long_size:
                offset, size = long_size
                size_patch = offset, _packed("<Q", available_bytes)
            else:
                size_patch = body - container.head_size + container.name_size, container.packed_size(available_bytes)
            if _has_unknown_length(container, file, body, size):
                return Header(container.name, None, available_bytes, size_patch)
            return Header(container.name, size, min(size, available_bytes), size_patch)
    raise HeaderError("a WAV header without samples (no 'data' chunk)")


def _container(file: SourceFile) -> _Container:
    file.seek(0)
    head = file.read(40)
    if not head:
        raise HeaderError("the file is empty")
    container = _CONTAINERS.get(head[:4])
    form = head[24:28] if container and container.name == "W64" else head[8:12]
    if container is None or form.upper() != b"WAVE":
        raise HeaderError(f"not a WAV file: it begins with {head[:4]!r}, not RIFF, RIFX, RF64 or W64 and WAVE")
    return container


def _n_channels(file: SourceFile, body: int, container: _Container) -> int:
    file.seek(body + 2)
    order = container.size_format[0]
    n_channels = int.from_bytes(file.read(2), "big" if order == ">" else "little")
    if n_channels == 0:
        raise HeaderError("damaged WAV header: 0 channels, at least 1 is needed")
    return n_channels


def _has_unknown_length(container: _Container, file: SourceFile, body: int, size: int) -> bool:
    """Whether the header leaves the length open: the marks of a pipe, or 0 with samples behind it."""
    available_bytes = file.size - body
    if any(size in sizes for sizes in _UNKNOWN_SIZES):
        behind = body + size + size % 2
        return size > available_bytes or (behind < file.size and not _chunks_reach_the_end(container, file, behind))
    return size == 0 and available_bytes > 0 and not _chunks_reach_the_end(container, file, body)


def _chunks_reach_the_end(container: _Container, file: SourceFile, start: int) -> bool:
    """Whether what follows an empty data chunk is more chunks, and not samples."""
    end = start
    for name, body, size in container.chunks(file, start):
        if not (name.isascii() and name.decode().isprintable()):
            return False
        end = body + size
    return end in (file.size, file.size - 1)


def _packed(size_format: str, size: int) -> bytes:
    return struct.pack(size_format, min(size, 256 ** struct.calcsize(size_format) - 1))
