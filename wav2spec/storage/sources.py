"""Files as they are opened to be read: what would wait for ever is refused, and a stream is copied first."""

import io
import os
import stat
import sys
import tempfile

from wav2spec.errors import AudioError

# A stream that cannot seek is copied to a temporary file first; more than this is not taken (bytes).
STREAM_LIMIT = 4 * 2**30


_COPY_BYTES = 2**20


def open_source(path: str, name: str) -> io.FileIO:
    """Open what can seek as it is, copy a stream, and refuse what would wait for ever."""
    if path == "-":
        if sys.stdin is None:
            raise AudioError(name, "is closed")
        file = open(0, "rb", buffering=0, closefd=False)
    else:
        # Without O_NONBLOCK a FIFO that nobody writes to would hang here.
        file = open(path, "rb", buffering=0, opener=lambda path, flags: os.open(path, flags | os.O_NONBLOCK))
        os.set_blocking(file.fileno(), True)
    mode = os.fstat(file.fileno()).st_mode
    if stat.S_ISREG(mode) and file.tell() == 0:
        return file
    with file:
        # What the shell writes for <(command) is a pipe that somebody fills; a FIFO in a folder may never be.
        if path == "-" or path.startswith(("/dev/fd/", "/dev/stdin", "/proc/")):
            return _spool(file, name)
        raise AudioError(name, "is a FIFO or a device, not a file; to read a stream, pipe it into '-'")


def _spool(stream: io.FileIO, name: str) -> io.FileIO:
    copied = 0
    with tempfile.TemporaryFile() as spool:
        while piece := stream.read(_COPY_BYTES):
            copied += len(piece)
            if copied > STREAM_LIMIT:
                raise AudioError(name, f"a stream of more than {STREAM_LIMIT} bytes; save it to a file first")
            spool.write(piece)
        spool.flush()
        return open(os.dup(spool.fileno()), "rb", buffering=0)
