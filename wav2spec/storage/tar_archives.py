"""Tar archives, and compressed ones, which can only be read forwards."""

import contextlib
import os
import tempfile
import zlib
from collections.abc import Iterator
from typing import Any

try:
    from isal import isal_zlib as gzip
except ImportError:  # pragma: no cover - platforms without ISA-L
    gzip = zlib  # type: ignore[misc]

from wav2spec.errors import ArchiveError
from wav2spec.hash_set import HashSet
from wav2spec.storage.archive import IN_MEMORY, Archive, Member, MemberFile, damage, normalized, refusal_of
from wav2spec.storage.files import LocalFile, MemoryFile, SourceFile
from wav2spec.storage.tar_reader import TarMember, read_members

# A longer member of a compressed tar is not read (bytes).
_MAX_STREAMED = 2**32

_COPY_BYTES = 2**18


class Tar(Archive):
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
            yield Member(member.name, member.size, refusal_of(member.name, member.kind))

    def open(self, name: str, member: str) -> SourceFile:
        while member not in self._places:
            found = next(self._left, None)
            if found is None:
                raise KeyError(member)
            if found.kind == "file":
                self._places.setdefault(normalized(found.name), (found.offset, found.size))
        return _TarMemberFile(name, self, *self._places[member])


class _TarMemberFile(MemberFile):
    def __init__(self, name: str, archive: Archive, first: int, size: int) -> None:
        super().__init__(name, size, archive)
        self._first = first

    def read_at(self, offset: int, buffer: memoryview) -> int:
        assert self._archive is not None
        wanted = buffer[: max(0, self.size - offset)]
        return self._archive.file.read_at(self._first + offset, wanted)


class CompressedTar(Archive):
    """A compressed tar archive, read forwards as often as needed."""

    is_stream = True

    def __init__(self, file: SourceFile) -> None:
        super().__init__(file)
        self._left: Iterator[tuple[str, TarMember]] = iter(())

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
            refusal = refusal_of(member.name, member.kind)
            if not refusal and member.size > _MAX_STREAMED:
                refusal = f"{member.size} bytes; members of a compressed tar archive have {_MAX_STREAMED} at most"
            yield Member(member.name, member.size, refusal)
        # At the end stands the checksum.
        while stream.read(_COPY_BYTES):
            pass

    def contents(self, max_bytes: int) -> Iterator[tuple[str, bytes]]:
        """Yield the normalized names and contents of the files that are whole; nothing of those beyond `max_bytes`."""
        stream = _Stream(self.file)
        for name, member in _first_files(stream):
            content = stream.read(member.size) if member.size <= max_bytes else b""
            yield name, content if len(content) == member.size else b""

    def open(self, name: str, member: str) -> SourceFile:
        found = None
        # What comes before in the archive than the last member is found in a second pass.
        with contextlib.suppress(ArchiveError):
            found = self._next(member)
        if found is None:
            self._stream = _Stream(self.file)
            self._left = _first_files(self._stream)
            found = self._next(member)
        if found is None:
            raise KeyError(member)
        if found.size > _MAX_STREAMED:
            raise ArchiveError(f"{found.size} bytes, more than {_MAX_STREAMED}")
        return _copied(name, self._stream, found.size)

    def _next(self, member: str) -> TarMember | None:
        return next((found for name, found in self._left if name == member), None)


def _first_files(stream: "_Stream") -> Iterator[tuple[str, TarMember]]:
    """Yield the files of an archive with their normalized names; of several with one name, the first."""
    names = HashSet()
    for member in read_members(stream):
        if member.kind == "file" and names.add(name := normalized(member.name)):
            yield name, member


class _Stream:
    """Decompressed bytes, read forwards; what can be decompressed before damage is read before it is raised."""

    def __init__(self, file: SourceFile) -> None:
        file.seek(0)
        self._file = file
        self._decompressor = _new_decompressor()
        self._compressed = b""
        self._content = memoryview(b"")
        self._position = 0

    def read(self, size: int) -> bytes:
        return b"".join(self._pieces(size))

    def seek(self, offset: int) -> int:
        for _ in self._pieces(offset - self._position):
            pass
        return self._position

    def _pieces(self, size: int) -> Iterator[memoryview]:
        while size > 0 and (self._content or self._fill()):
            piece, self._content = self._content[:size], self._content[size:]
            self._position += len(piece)
            size -= len(piece)
            yield piece

    def _fill(self) -> bool:
        """Decompress more; False at the end."""
        with damage():
            while not self._content:
                if self._decompressor.eof and not self._next_stream():
                    return False
                ended = not self._compressed
                if ended:
                    self._compressed = self._file.read(_COPY_BYTES)
                self._content = memoryview(self._decompressor.decompress(self._compressed, _COPY_BYTES))
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


def _copied(name: str, stream: _Stream, size: int) -> SourceFile:
    """Copy a member to memory; to a nameless file if it is large."""
    if size <= IN_MEMORY:
        content = stream.read(size)
        if len(content) < size:
            raise ArchiveError("the archive is truncated in it")
        return MemoryFile(name, content)
    with tempfile.TemporaryFile() as spool:
        while spool.tell() < size and (piece := stream.read(min(_COPY_BYTES, size - spool.tell()))):
            spool.write(piece)
        spool.flush()
        return LocalFile(name, open(os.dup(spool.fileno()), "rb", buffering=0), is_temporary=True)
