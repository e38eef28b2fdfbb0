"""Zip archives."""

import errno
import zipfile
from collections.abc import Iterator
from typing import IO, cast

from wav2spec.errors import ArchiveError
from wav2spec.storage.archive import IN_MEMORY, Archive, Member, MemberFile, damage, normalized, refusal_of
from wav2spec.storage.files import MemoryFile, SourceFile


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


class Zip(Archive):
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
        return refusal_of(info.filename, "link" if info.external_attr >> 28 == 0o12 else "file")

    def open(self, name: str, member: str) -> SourceFile:
        info = self._infos[member]
        if refusal := self._refusal(info):
            raise ArchiveError(refusal)
        with damage():
            opened = self._zip.open(info)
            if info.file_size > IN_MEMORY:
                return _ZipMemberFile(name, info.file_size, self, opened)
            with opened:
                return MemoryFile(name, opened.read())


class _ZipMemberFile(MemberFile):
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
