"""Archives of any kind, and their members.

Archives are not trusted: names that lead out of a directory, links, devices and encrypted members are refused, and no
member takes more memory than `IN_MEMORY`. Damage is an error, and not the end of the archive.
"""

import contextlib
import zipfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

try:
    from isal import isal_zlib as gzip
except ImportError:  # pragma: no cover - platforms without ISA-L
    gzip = zlib  # type: ignore[misc]

from wav2spec.errors import ArchiveError
from wav2spec.storage.files import SourceFile

# Compressed members up to this size are held in memory (bytes).
IN_MEMORY = 2**26

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


class MemberFile(SourceFile):
    """A member whose bytes are read from its archive when they are needed."""

    def __init__(self, name: str, size: int, archive: Archive) -> None:
        super().__init__(name, size)
        self._archive: Archive | None = archive
        archive.keep_open()

    def close(self) -> None:
        if self._archive:
            self._archive.release()
            self._archive = None


def normalized(name: str) -> str:
    """Return a name as a path in a directory: without ``./`` and doubled slashes."""
    return "/".join(part for part in name.split("/") if part not in ("", ".")) if "/" in name else name


def refusal_of(name: str, kind: str) -> str:
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
