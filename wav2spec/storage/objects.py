"""Bytes and file objects of a Python program as sources."""

import io
import os
import shutil
import tempfile
from typing import Protocol

from wav2spec.storage.files import LocalFile, MemoryFile, SourceFile

_COPY_BYTES = 2**20


class Readable(Protocol):
    """An object with a binary `read`, such as an open file, a socket's file or a member of an archive."""

    def read(self, size: int = ..., /) -> bytes: ...


def open_object(source: bytes | bytearray | memoryview | Readable) -> SourceFile:
    """Return bytes or the rest of a file object as a source.

    A file object is read from where it stands to its end, into an unnamed temporary file, and stays open.

    Raises
    ------
    TypeError
        If the file object is opened as text.
    """
    if isinstance(source, bytes | bytearray | memoryview):
        return MemoryFile("bytes", source)
    name = getattr(source, "name", None)
    with tempfile.TemporaryFile() as spool:
        if isinstance(source, io.TextIOBase):
            raise TypeError("the file is opened as text; open it with mode 'rb'")
        shutil.copyfileobj(source, spool, _COPY_BYTES)
        spool.flush()
        copy = open(os.dup(spool.fileno()), "rb", buffering=0)
    return LocalFile(name if isinstance(name, str) else "file object", copy, is_temporary=True)
