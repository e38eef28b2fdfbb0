"""Open sources to be read, wherever they are: the one place that knows all kinds."""

import os
import stat
import tempfile
from types import TracebackType
from typing import IO, Self

from wav2spec.errors import AudioError, OutputError, os_error_message
from wav2spec.storage.files import SourceFile, open_file, source_name
from wav2spec.storage.names import is_url, split_member
from wav2spec.storage.versions import file_version

__all__ = ["ExistingFile", "SourceFile", "existing_file", "open_existing", "open_source"]

_COPY_BYTES = 2**20


def open_source(path: str) -> SourceFile:
    """Open a file, an object in a store, a member of an archive, or standard input for ``-``.

    Raises
    ------
    AudioError
        If it cannot be opened, with the operating system's reason; if it is a FIFO or a device; if a stream is longer
        than `STREAM_LIMIT`.
    """
    if is_url(path):
        return _open_url(path)
    try:
        try:
            return open_file(path)
        except NotADirectoryError:
            parts = split_member(path)
            if parts is None:
                raise
            # Imported here so that only members of archives pay for it.
            from wav2spec.storage.archives import open_member

            return open_member(*parts, open_file)
    except OSError as error:
        raise AudioError(source_name(path), os_error_message(error)) from error


def open_existing(path: str, *, end_first: bool = False) -> SourceFile:
    """Open a target that may be there, to see what it is.

    Parameters
    ----------
    path : str
    end_first : bool
        Whether the last bytes will be read first, and perhaps alone.

    Raises
    ------
    FileNotFoundError
        If it is not there.
    OutputError
        If it cannot be read.
    """
    try:
        return _open_url(path, end_first=end_first) if is_url(path) else open_file(path)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise OutputError(path, os_error_message(error)) from error
    except AudioError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            raise error.__cause__ from None
        raise OutputError(path, error.message) from error


class ExistingFile:
    """A target that is there; as a context manager it is closed.

    Parameters
    ----------
    path : str
    found : SourceFile or os.stat_result
        The object of a store, or the status of a local file.

    Attributes
    ----------
    version : str
        As a listing tells it.
    is_directory, is_regular : bool
        What it is; an object is a regular file.
    """

    def __init__(self, path: str, found: SourceFile | os.stat_result) -> None:
        self._path = path
        self._copy: IO[bytes] | None = None
        if isinstance(found, SourceFile):
            self._file: SourceFile | None = found
            self.version, self.is_directory, self.is_regular = found.version, False, True
        else:
            self._file = None
            self.version = file_version(found)
            self.is_directory, self.is_regular = stat.S_ISDIR(found.st_mode), stat.S_ISREG(found.st_mode)

    def last_bytes(self, n_bytes: int) -> bytes:
        """Return the end of an object, which its store keeps whole; nothing of a local file, which may be cut."""
        if self._file is None:
            return b""
        self._file.seek(max(0, self._file.size - n_bytes))
        return self._file.read(n_bytes)

    def local_path(self) -> str:
        """Return a path at which it can be read: its own, or that of a copy of an object."""
        if self._file is None:
            return self._path
        if self._copy is None:
            self._copy = tempfile.NamedTemporaryFile()
            self._file.seek(0)
            while piece := self._file.read(_COPY_BYTES):
                self._copy.write(piece)
            self._copy.flush()
        return self._copy.name

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in (self._file, self._copy):
            if file:
                file.close()


def existing_file(path: str) -> ExistingFile:
    """Look at a target that may be there.

    Raises
    ------
    OSError
        If there is none, or the system does not tell.
    OutputError
        If an object cannot be read.
    """
    return ExistingFile(path, open_existing(path, end_first=True) if is_url(path) else os.stat(path))


def _open_url(url: str, *, end_first: bool = False) -> SourceFile:
    # Loads the client of stores.
    from wav2spec.storage.archives import open_member
    from wav2spec.storage.transfers import open_object

    if parts := split_member(url):
        return open_member(*parts, open_object)
    return open_object(url, end_first=end_first)
