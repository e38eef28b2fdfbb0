"""Files that can be read and seeked, wherever their bytes are; and local ones.

A FIFO or a device, which could block for ever, is rejected. A pipe is first copied to a temporary file.
"""

import contextlib
import io
import os
import stat
import sys
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Hashable
from types import TracebackType
from typing import Self

from wav2spec.errors import AudioError
from wav2spec.storage.streams import STREAM
from wav2spec.storage.versions import settled_version

# A stream that cannot seek is copied to a temporary file first, up to this size (bytes).
STREAM_LIMIT = 4 * 2**30


_COPY_BYTES = 2**20


# Headers are read in pieces of 4 bytes, and coded samples in pieces of 8 KiB or less: read this much at once, but what
# is as large without a copy (bytes).
_AHEAD_BYTES = 2**15


# What the shell passes for <(command), and other names of descriptors that this process was given.
_DESCRIPTORS = ("/dev/fd/", "/dev/stdin", "/proc/")


class SourceFile(ABC):
    """A source as a file that can be read and seeked. A backend implements `read_at` and `close`.

    Every call raises `OSError` when the system reports one; fewer bytes than asked for mean the end of the source.

    Parameters
    ----------
    name : str
        As messages call it.
    size : int
        In bytes.
    identity : hashable, optional
        Equal for two names of one source: device and inode of a local file. None if nothing else can be this source.
    version : str
        As in a listing; empty if unknown.
    """

    def __init__(self, name: str, size: int, identity: Hashable | None = None, version: str = "") -> None:
        self.name = name
        self.size = size
        self.identity = identity
        self.version = version
        self._position = 0
        # Bytes that were read ahead, and where in the source the first of them and their end lie.
        self._ahead = memoryview(b"")
        self._ahead_first = self._ahead_end = 0

    @abstractmethod
    def read_at(self, offset: int, buffer: memoryview) -> int:
        """Fill `buffer` with the bytes from `offset` on and return their number, which is smaller at the end only."""

    @abstractmethod
    def close(self) -> None:
        """Release the resources behind it; a second call does nothing."""

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = 0 if whence == os.SEEK_SET else self._position if whence == os.SEEK_CUR else self.size
        # As in the system's files, an offset out of range changes nothing.
        if 0 <= base + offset < 2**63:
            self._position = base + offset
        return self._position

    def tell(self) -> int:
        return self._position

    def read(self, size: int) -> bytes:
        buffer = bytearray(size)
        return bytes(buffer[: self.readinto(buffer)])

    def readinto(self, buffer: bytearray | memoryview) -> int:
        position, size = self._position, len(buffer)
        if not (self._ahead_first <= position and position + size <= self._ahead_end):
            if size >= _AHEAD_BYTES:
                size = self.read_at(position, memoryview(buffer))
                self._position += size
                return size
            self._read_ahead(position)
        first = position - self._ahead_first
        size = min(size, self._ahead_end - position)
        buffer[:size] = self._ahead[first : first + size]
        self._position += size
        return size

    def _read_ahead(self, position: int) -> None:
        if not self._ahead:
            self._ahead = memoryview(bytearray(_AHEAD_BYTES))
        # Nothing is valid if the read fails.
        self._ahead_first = self._ahead_end = position
        self._ahead_end += self.read_at(position, self._ahead)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class LocalFile(SourceFile):
    """A regular file by its descriptor."""

    def __init__(self, name: str, file: io.FileIO, *, is_temporary: bool = False) -> None:
        status = os.fstat(file.fileno())
        identity = None if is_temporary else (status.st_dev, status.st_ino)
        super().__init__(name, status.st_size, identity, "" if is_temporary else settled_version(status))
        self._file = file

    def read_at(self, offset: int, buffer: memoryview) -> int:
        self._file.seek(offset)
        n_read = 0
        # The system may return fewer bytes than there are, on network file systems for one.
        while n_read < len(buffer) and (n := self._file.readinto(buffer[n_read:])):
            n_read += n
        return n_read

    def close(self) -> None:
        # What has been read is not lost by it.
        with contextlib.suppress(OSError):
            self._file.close()


class MemoryFile(SourceFile):
    """Bytes that were read before."""

    def __init__(
        self,
        name: str,
        content: bytes | bytearray | memoryview,
        identity: Hashable | None = None,
        version: str = "",
    ) -> None:
        self._content = memoryview(content).cast("B")
        super().__init__(name, len(self._content), identity, version)

    def read_at(self, offset: int, buffer: memoryview) -> int:
        piece = self._content[offset : offset + len(buffer)]
        buffer[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        # Views of the content may outlive it.
        self._content = memoryview(b"")


def source_name(path: str) -> str:
    """Return a source as messages call it."""
    return "standard input" if path == STREAM else path


def open_file(path: str) -> SourceFile:
    """Open a local file, or standard input for ``-``.

    A stream that cannot seek (a pipe) is copied to an unlinked temporary file first, up to `STREAM_LIMIT`.

    Raises
    ------
    OSError
        If the system refuses.
    AudioError
        If it is a FIFO or a device; if a stream is longer than the limit.
    """
    name = source_name(path)
    if path == STREAM:
        if sys.stdin is None:
            raise AudioError(name, "is closed")
        file = open(0, "rb", buffering=0, closefd=False)
    else:
        # Without O_NONBLOCK a FIFO that nobody writes to would hang here.
        file = open(path, "rb", buffering=0, opener=lambda path, flags: os.open(path, flags | os.O_NONBLOCK))
    try:
        os.set_blocking(file.fileno(), True)
        if stat.S_ISREG(os.fstat(file.fileno()).st_mode) and file.tell() == 0:
            return LocalFile(name, file)
        with file:
            # A FIFO that lies in a directory may never have a writer.
            if path == STREAM or path.startswith(_DESCRIPTORS):
                return _spool(file, name)
            raise AudioError(name, "is a FIFO or a device, not a file; to read a stream, pipe it into '-'")
    except BaseException:
        file.close()
        raise


def _spool(stream: io.FileIO, name: str) -> SourceFile:
    copied = 0
    with tempfile.TemporaryFile() as spool:
        while piece := stream.read(_COPY_BYTES):
            copied += len(piece)
            if copied > STREAM_LIMIT:
                raise AudioError(name, f"a stream of more than {STREAM_LIMIT} bytes; save it to a file first")
            spool.write(piece)
        spool.flush()
        return LocalFile(name, open(os.dup(spool.fileno()), "rb", buffering=0), is_temporary=True)
