"""Open sources to be read, wherever they are: the one place that knows all kinds."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

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
    """A target that is there.

    Parameters
    ----------
    path : str
    file : SourceFile, optional
        The object of a store; None for a local file.

    Attributes
    ----------
    version : str
        As a listing tells it; empty if unknown.
    """

    def __init__(self, path: str, file: SourceFile | None) -> None:
        self._path = path
        self._file = file
        self._copy: IO[bytes] | None = None
        self.version = file.version if file else _local_version(path)

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

    def close(self) -> None:
        for file in (self._file, self._copy):
            if file:
                file.close()


def _local_version(path: str) -> str:
    try:
        return file_version(os.stat(path))
    except OSError:
        return ""


@contextmanager
def existing_file(path: str) -> Iterator[ExistingFile]:
    """Look at a target that may be there.

    Raises
    ------
    FileNotFoundError
        If there is no such object; of a local file it is found when it is read.
    OutputError
        If the object cannot be read.
    """
    found = ExistingFile(path, open_existing(path, end_first=True) if is_url(path) else None)
    try:
        yield found
    finally:
        found.close()


def _open_url(url: str, *, end_first: bool = False) -> SourceFile:
    # Loads the client of stores.
    from wav2spec.storage.archives import open_member
    from wav2spec.storage.transfers import open_object

    if parts := split_member(url):
        return open_member(*parts, open_object)
    return open_object(url, end_first=end_first)
