"""Lists of names (``--files-from``): read twice, in pieces, so that memory does not grow with them."""

import os
import sys
import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import lru_cache
from typing import BinaryIO, cast

from wav2spec.errors import InputError, SettingError, os_error_message
from wav2spec.storage.streams import STREAM

_PIECE_BYTES = 2**20

# Names longer than this are refused (bytes).
_MAX_NAME_BYTES = 2**20

# Directories of a list that are remembered.
_MAX_SEEN = 2**16


class NameList:
    """The names in a file, and the directory below which all of them lie.

    Parameters
    ----------
    path : str
        Of the list; ``-`` for standard input, which is copied to a temporary file.
    null : bool
        Whether names end with NUL instead of a newline.

    Attributes
    ----------
    n_names : int
    common : str
        The deepest directory in which all names lie: of several, not the name of a directory itself.

    Raises
    ------
    SettingError
        If there is no such list, or it holds a NUL byte or a name that is too long for any file.
    InputError
        If the list cannot be read.
    """

    def __init__(self, path: str, *, null: bool = False) -> None:
        self._path = path
        self._separator = b"\0" if null else b"\n"
        self._descriptor = self._open()
        weakref.finalize(self, os.close, self._descriptor)
        # Most names are in the directory of one before.
        self._absolute: Callable[[str], str] = lru_cache(maxsize=2**14)(os.path.abspath)
        self.n_names = 0
        self.common = ""
        self._look_through()

    def __iter__(self) -> Iterator[str]:
        """Yield the names; a dash is a file of that name."""
        for names in self._pieces():
            for name in names:
                yield f"./{STREAM}" if name == STREAM.encode() else os.fsdecode(name)

    def relative_directory(self, name: str) -> str:
        """Return the directory of a name below the common one, empty if it is that."""
        if self.n_names == 1:
            return ""
        return self._directory_of(name)[len(self.common) :].lstrip("/")

    def _directory_of(self, name: str) -> str:
        return self._absolute(os.path.dirname(name.rstrip("/")))

    def _look_through(self) -> None:
        common: str | None = None
        # Directories as they are spelt; a list has many names in each.
        seen: set[bytes] = set()
        for names in self._pieces():
            self.n_names += len(names)
            for directory in {name[: name.rstrip(b"/").rfind(b"/") + 1] for name in names} - seen:
                if len(seen) < _MAX_SEEN:
                    seen.add(directory)
                absolute = os.path.abspath(os.fsdecode(directory))
                if common is None:
                    common = absolute
                elif absolute != common and not absolute.startswith(common.rstrip("/") + "/"):
                    common = os.path.commonpath((common, absolute))
        self.common = common or ""

    def _open(self) -> int:
        """Return a descriptor that can be read from any position."""
        try:
            if self._path == STREAM:
                return _spooled(sys.stdin.buffer) if sys.stdin else os.open(os.devnull, os.O_RDONLY)
            descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
            with suppress(OSError):
                os.lseek(descriptor, 0, os.SEEK_SET)
                return descriptor
            with open(descriptor, "rb", buffering=0) as file:
                return _spooled(cast(BinaryIO, file))
        except OSError as error:
            raise self._unreadable(error) from error

    def _pieces(self) -> Iterator[list[bytes]]:
        """Yield the names from the first on, many at a time, without empty ones."""
        position, rest = 0, b""
        while True:
            try:
                piece = os.pread(self._descriptor, _PIECE_BYTES, position)
            except OSError as error:
                raise self._unreadable(error) from error
            position += len(piece)
            *names, rest = (rest + piece).split(self._separator)
            if self._separator != b"\0" and b"\0" in piece:
                raise SettingError("files_from", f"{self._path}: a name holds a NUL byte; did you mean -0?")
            if len(rest) > _MAX_NAME_BYTES:
                raise SettingError("files_from", f"{self._path}: a name of more than {_MAX_NAME_BYTES} bytes")
            yield list(filter(None, names if piece else [*names, rest]))
            if not piece:
                return

    def _unreadable(self, error: OSError) -> InputError | SettingError:
        name = "standard input" if self._path == STREAM else self._path
        if isinstance(error, FileNotFoundError | NotADirectoryError | IsADirectoryError):
            return SettingError("files_from", f"{name}: {os_error_message(error)}")
        return InputError(name, f"cannot be read: {os_error_message(error)}")


def _spooled(stream: BinaryIO) -> int:
    """Copy a stream that cannot seek to a temporary file."""
    # Imported here so that only streams pay for it.
    import tempfile

    with tempfile.TemporaryFile() as spool:
        while piece := stream.read(_PIECE_BYTES):
            spool.write(piece)
        spool.flush()
        return os.dup(spool.fileno())
