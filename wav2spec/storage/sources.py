"""Open sources to be read, wherever they are: the one place that knows all kinds."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from wav2spec.errors import AudioError, OutputError, os_error_message
from wav2spec.storage.files import SourceFile, open_file, source_name
from wav2spec.storage.names import is_url, split_member

__all__ = ["SourceFile", "existing_file", "open_existing", "open_source"]

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


def open_existing(path: str) -> SourceFile:
    """Open a target that may be there, to see what it is.

    Raises
    ------
    FileNotFoundError
        If it is not there.
    OutputError
        If it cannot be read.
    """
    try:
        return _open_url(path) if is_url(path) else open_file(path)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise OutputError(path, os_error_message(error)) from error
    except AudioError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            raise error.__cause__ from None
        raise OutputError(path, error.message) from error


@contextmanager
def existing_file(path: str) -> Iterator[str]:
    """Give a path at which what is at a target can be read: its own, or that of a copy of an object in a store.

    Raises
    ------
    FileNotFoundError
        If there is no such object; of a local file nothing is asked.
    OutputError
        If the object cannot be read.
    """
    if not is_url(path):
        yield path
        return
    with open_existing(path) as found, tempfile.NamedTemporaryFile() as copy:
        while piece := found.read(_COPY_BYTES):
            copy.write(piece)
        copy.flush()
        yield copy.name


def _open_url(url: str) -> SourceFile:
    # Loads the client of stores.
    from wav2spec.storage.archives import open_member
    from wav2spec.storage.stores import open_object

    if parts := split_member(url):
        return open_member(*parts, open_object)
    return open_object(url)
