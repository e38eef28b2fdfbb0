"""Readers of the kinds of archives.

Archives are not trusted: what would lead out of a directory, links, devices and encrypted members are refused, and no
member takes more memory than `_IN_MEMORY`. Damage is an error, and not the end of the archive.
"""

import contextlib
import errno
import os
import tempfile
import zipfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Any, cast

try:
    from isal import isal_zlib as gzip
except ImportError:  # pragma: no cover - platforms without ISA-L
    gzip = zlib  # type: ignore[misc]

from wav2spec.errors import ArchiveError
from wav2spec.storage.files import LocalFile, MemoryFile, SourceFile
from wav2spec.storage.tar import TarMember, read_members

# Compressed members up to this size are held in memory (bytes).
_IN_MEMORY = 2**26

# A longer member of a compressed tar is not read (bytes).
_MAX_STREAMED = 2**32

_COPY_BYTES = 2**18

# What damaged compressed data raises, beside OSError; zipfile raises the last three for what it cannot decode.
_DAMAGE: tuple[type[Exception], ...] = (
    EOFError,
    zlib.error,
    cast(type[Exception], gzip.error),
    zipfile.BadZipFile,
    NotImplementedError,
    RuntimeError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive. `refusal` says why it is not read, if so."""

    name: str
    size: int
    refusal: str = ""


class Archive(ABC):
    """An open archive. Damage is raised as `ArchiveError`."""

    # Whether members come in the order of the archive, and not sorted.
    is_stream = False

    def __init__(self, file: SourceFile) -> None:
        self.file = file
        self._n_open = 0
        self._is_closed = False

    @abstractmethod
    def members(self) -> Iterator[Member]:
        """Yield the files that are whole, links and devices, in the order of the archive."""

    @abstractmethod
    def open(self, name: str, member: str) -> SourceFile:
        """Open a member, which messages call `name`.

        Raises
        ------
        KeyError
            If there is no such member.
        """

    def close(self) -> None:
        """Close the archive, as soon as its members are closed."""
        self._is_closed = True
        self._close_if_unused()

    def keep_open(self) -> None:
        self._n_open += 1

    def release(self) -> None:
        self._n_open -= 1
        self._close_if_unused()

    def _close_if_unused(self) -> None:
        if self._is_closed and not self._n_open:
            self.file.close()


class _MemberFile(SourceFile):
    """A member whose bytes are read from its archive when they are needed."""

    def __init__(self, name: str, size: int, archive: Archive) -> None:
        super().__init__(name, size)
        self._archive: Archive | None = archive
        archive.keep_open()

    def close(self) -> None:
        if self._archive:
            self._archive.release()
            self._archive = None


class _Tar(Archive):
    """A tar archive whose members lie in it as they are."""

    def __init__(self, file: SourceFile) -> None:
        super().__init__(file)
        self._places: dict[str, tuple[int, int]] = {}
        self._left = read_members(file)

    def members(self) -> Iterator[Member]:
        for member in read_members(self.file):
            if member.kind == "directory":
                continue
            if member.kind == "file" and member.offset + member.size > self.file.size:
                raise ArchiveError(f"truncated in {member.name}")
            yield Member(member.name, member.size, _refusal(member.name, member.kind))

    def open(self, name: str, member: str) -> SourceFile:
        while member not in self._places:
            found = next(self._left, None)
            if found is None:
                raise KeyError(member)
            if found.kind == "file":
                self._places.setdefault(normalized(found.name), (found.offset, found.size))
        return _TarMemberFile(name, self, *self._places[member])


class _TarMemberFile(_MemberFile):
    def __init__(self, name: str, archive: Archive, first: int, size: int) -> None:
        super().__init__(name, size, archive)
        self._first = first

    def read_at(self, offset: int, buffer: memoryview) -> int:
        assert self._archive is not None
        wanted = buffer[: max(0, self.size - offset)]
        return self._archive.file.read_at(self._first + offset, wanted)


class _CompressedTar(Archive):
    """A compressed tar archive, read forwards as often as needed."""

    is_stream = True

    def __init__(self, file: SourceFile) -> None:
        super().__init__(file)
        self._left: Iterator[TarMember] = iter(())

    def members(self) -> Iterator[Member]:
        stream = _Stream(self.file)
        for member in read_members(stream):
            if member.kind == "directory":
                continue
            if member.kind == "file" and member.size:
                try:
                    stream.seek(member.offset + member.size - 1)
                    if not stream.read(1):
                        raise ArchiveError("it ends there")
                except ArchiveError as error:
                    raise ArchiveError(f"damaged in {member.name}: {error}") from None
            refusal = _refusal(member.name, member.kind)
            if not refusal and member.size > _MAX_STREAMED:
                refusal = f"{member.size} bytes; members of a compressed tar archive have {_MAX_STREAMED} at most"
            yield Member(member.name, member.size, refusal)
        # At the end stands the checksum.
        while stream.read(_COPY_BYTES):
            pass

    def open(self, name: str, member: str) -> SourceFile:
        found = None
        # What comes before in the archive than the last member is found in a second pass.
        with contextlib.suppress(ArchiveError):
            found = self._next(member)
        if found is None:
            self._stream = _Stream(self.file)
            self._left = read_members(self._stream)
            found = self._next(member)
        if found is None:
            raise KeyError(member)
        if found.size > _MAX_STREAMED:
            raise ArchiveError(f"{found.size} bytes, more than {_MAX_STREAMED}")
        return _copied(name, self._stream, found.size)

    def _next(self, member: str) -> TarMember | None:
        return next((one for one in self._left if one.kind == "file" and normalized(one.name) == member), None)


class _Stream:
    """Decompressed bytes, read forwards; what can be decompressed before damage is read before it is raised."""

    def __init__(self, file: SourceFile) -> None:
        file.seek(0)
        self._file = file
        self._decompressor = _new_decompressor()
        self._compressed = b""
        self._content = b""
        self._position = 0

    def read(self, size: int) -> bytes:
        pieces = []
        while size and (self._content or self._fill()):
            pieces.append(self._content[:size])
            self._content = self._content[size:]
            size -= len(pieces[-1])
        content = b"".join(pieces)
        self._position += len(content)
        return content

    def seek(self, offset: int) -> int:
        while self._position < offset and self.read(min(_COPY_BYTES, offset - self._position)):
            pass
        return self._position

    def _fill(self) -> bool:
        """Decompress more; False at the end."""
        with damage():
            while not self._content:
                if self._decompressor.eof and not self._next_stream():
                    return False
                ended = not self._compressed
                if ended:
                    self._compressed = self._file.read(_COPY_BYTES)
                self._content = self._decompressor.decompress(self._compressed, _COPY_BYTES)
                if ended and not self._compressed and not self._content and not self._decompressor.eof:
                    raise EOFError(f"the compressed data is truncated at byte {self._file.size}")
                self._compressed = self._decompressor.unconsumed_tail
        return True

    def _next_stream(self) -> bool:
        """Begin with the next of several streams, which may be padded with zeros; False if there is none."""
        left = self._decompressor.unused_data.lstrip(b"\0") or self._file.read(_COPY_BYTES).lstrip(b"\0")
        self._compressed, self._decompressor = left, _new_decompressor() if left else self._decompressor
        return bool(left)


def _new_decompressor() -> Any:
    # 16 more than the window of 32 KiB: with the head and the checksum of gzip.
    return gzip.decompressobj(wbits=31)


class _Readable:
    """What `zipfile` wants of a file."""

    def __init__(self, file: SourceFile) -> None:
        self.seek = file.seek
        self.tell = file.tell
        self._file = file

    def read(self, size: int = -1) -> bytes:
        return self._file.read(max(0, self._file.size - self._file.tell()) if size < 0 else size)

    def seekable(self) -> bool:
        return True


class _Zip(Archive):
    """A zip archive. Checksums are verified where a member is read."""

    def __init__(self, file: SourceFile) -> None:
        super().__init__(file)
        with damage():
            self._zip = zipfile.ZipFile(cast(IO[bytes], _Readable(file)))
        self._infos = {normalized(info.filename): info for info in reversed(self._zip.infolist())}

    def members(self) -> Iterator[Member]:
        for info in self._zip.infolist():
            if not info.is_dir():
                yield Member(info.filename, info.file_size, self._refusal(info))

    @staticmethod
    def _refusal(info: zipfile.ZipInfo) -> str:
        if info.flag_bits & 1:
            return "is encrypted"
        # Where it was written on Unix, its mode stands in the upper half.
        return _refusal(info.filename, "link" if info.external_attr >> 28 == 0o12 else "file")

    def open(self, name: str, member: str) -> SourceFile:
        info = self._infos[member]
        if refusal := self._refusal(info):
            raise ArchiveError(refusal)
        with damage():
            opened = self._zip.open(info)
            if info.file_size > _IN_MEMORY:
                return _ZipMemberFile(name, info.file_size, self, opened)
            with opened:
                return MemoryFile(name, opened.read())


class _ZipMemberFile(_MemberFile):
    def __init__(self, name: str, size: int, archive: Archive, opened: IO[bytes]) -> None:
        super().__init__(name, size, archive)
        self._opened = opened

    def read_at(self, offset: int, buffer: memoryview) -> int:
        try:
            with damage():
                self._opened.seek(offset)
                content = self._opened.read(len(buffer))
        except ArchiveError as error:
            raise OSError(errno.EIO, str(error)) from error
        buffer[: len(content)] = content
        return len(content)

    def close(self) -> None:
        self._opened.close()
        super().close()


# By suffix, in lower case.
KINDS: dict[str, Callable[[SourceFile], Archive]] = {
    ".tar": _Tar,
    ".tar.gz": _CompressedTar,
    ".tgz": _CompressedTar,
    ".zip": _Zip,
}


def open_archive(path: str, file: SourceFile) -> Archive:
    suffix = max((suffix for suffix in KINDS if path.lower().endswith(suffix)), key=len)
    try:
        return KINDS[suffix](file)
    except BaseException:
        file.close()
        raise


def _copied(name: str, stream: _Stream, size: int) -> SourceFile:
    """Copy a member to memory; to a nameless file if it is large."""
    if size <= _IN_MEMORY:
        content = stream.read(size)
        if len(content) < size:
            raise ArchiveError("the archive is truncated in it")
        return MemoryFile(name, content)
    with tempfile.TemporaryFile() as spool:
        while spool.tell() < size and (piece := stream.read(min(_COPY_BYTES, size - spool.tell()))):
            spool.write(piece)
        spool.flush()
        return LocalFile(name, open(os.dup(spool.fileno()), "rb", buffering=0), is_temporary=True)


def normalized(name: str) -> str:
    """Return a name as a path in a directory: without ``./`` and doubled slashes."""
    return "/".join(part for part in name.split("/") if part not in ("", ".")) if "/" in name else name


def _refusal(name: str, kind: str) -> str:
    """Return why a member is not read; empty if it is."""
    if kind != "file":
        return f"is a {kind}, which is not read from archives"
    if name.startswith("/") or ".." in name.split("/") or "\0" in name:
        return "has a name that leads out of the archive"
    return ""


@contextlib.contextmanager
def damage() -> Iterator[None]:
    try:
        yield
    except _DAMAGE as error:
        raise ArchiveError(str(error) or type(error).__name__) from error
