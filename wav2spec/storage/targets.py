"""Targets that are complete or untouched.

A file is written where nobody sees it, in the target's folder, and takes the target's name when it is whole. On Linux
it has no name at all until then, so that even a killed process leaves nothing behind.
"""

import contextlib
import errno
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Hashable, Iterator
from functools import partial
from typing import BinaryIO

from wav2spec.cleanup import undo_on_signal
from wav2spec.errors import OutputError, StdoutClosedError, os_error_message
from wav2spec.storage.streams import STREAM

# What a file system that has no nameless files answers.
_NO_NAMELESS_FILES = {errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOENT}


def make_directory(folder: str) -> None:
    """Make a folder unless it is there.

    Raises
    ------
    OutputError
        If it cannot be made.
    """
    if not folder:
        return
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise OutputError(folder, os_error_message(error)) from error


@contextlib.contextmanager
def open_target(path: str, *, source_identity: Hashable | None = None) -> Iterator[BinaryIO]:
    """Open a target to be written as a seekable file; it appears when the block ends, and not if it raises.

    Parameters
    ----------
    path : str
        A file, which is replaced as a whole; a symbolic link, which is followed; a device, FIFO or ``-`` for standard
        output, which get all bytes at the end.
    source_identity : tuple of (int, int), optional
        Device and inode of the recording, which must not be written over.

    Raises
    ------
    OutputError
        If it cannot be written, with the operating system's reason.
    StdoutClosedError
        If nobody reads standard output any more.
    """
    name = "standard output" if path == STREAM else path
    try:
        target, status = _target(path, name)
        if source_identity and status and source_identity == (status.st_dev, status.st_ino):
            raise OutputError(name, "is the recording itself")
        if status is None or (stat.S_ISREG(status.st_mode) and path != STREAM):
            with _atomic_replace(target, is_new=status is None) as file:
                yield file
        else:
            with tempfile.TemporaryFile() as file:
                yield file
                _copy(file, target)
    except BrokenPipeError:
        if path == STREAM:
            raise StdoutClosedError from None
        raise OutputError(name, "the reader went away") from None
    except OSError as error:
        raise OutputError(name, os_error_message(error)) from error


def _target(path: str, name: str) -> tuple[str, os.stat_result | None]:
    """Return the path behind symbolic links and what is there now, None for nothing."""
    if path == STREAM:
        if sys.stdout is None:
            raise OutputError(name, "is closed")
        return path, os.fstat(1)
    target = os.path.realpath(path) if os.path.islink(path) else path
    try:
        # Not of `target`: what /dev/fd holds is no path.
        status = os.stat(path)
    except FileNotFoundError:
        return target, None
    if not stat.S_ISREG(status.st_mode):
        target = path
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    return target, status


@contextlib.contextmanager
def _atomic_replace(target: str, *, is_new: bool) -> Iterator[BinaryIO]:
    folder = os.path.dirname(target) or "."
    # Short, so that it fits beside a name of the greatest length; hidden, so that no pattern takes it for a picture.
    hidden = os.path.join(folder, f".wav2spec-{os.getpid()}-{os.urandom(6).hex()}")
    with undo_on_signal(partial(os.unlink, hidden)):
        try:
            descriptor = _open_tmpfile(folder)
            nameless = descriptor is not None
            if descriptor is None:
                descriptor = os.open(hidden, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
            with open(descriptor, "w+b") as file:
                yield file
                if nameless:
                    file.flush()
                    if is_new and _try_link(descriptor, target):
                        return
                    _link(descriptor, hidden)
            os.replace(hidden, target)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(hidden)
            raise


def _try_link(descriptor: int, target: str) -> bool:
    """Give a nameless file a name that nobody has, and say whether that went well."""
    try:
        _link(descriptor, target)
    except FileExistsError:
        return False
    return True


def _link(descriptor: int, name: str) -> None:
    # The directory descriptor is not used, but without one Python calls link(), which does not follow.
    os.link(f"/proc/self/fd/{descriptor}", name, src_dir_fd=descriptor)


def _open_tmpfile(folder: str) -> int | None:
    if not (hasattr(os, "O_TMPFILE") and os.path.exists("/proc/self/fd")):
        return None
    try:
        return os.open(folder, os.O_RDWR | os.O_TMPFILE | os.O_CLOEXEC, 0o666)
    except OSError as error:
        if error.errno in _NO_NAMELESS_FILES:
            return None
        raise


def _copy(file: BinaryIO, target: str) -> None:
    file.seek(0)
    if target == STREAM:
        sys.stdout.flush()
        destination = open(1, "wb", closefd=False)
    else:
        destination = open(target, "wb")
    with destination:
        shutil.copyfileobj(file, destination, 2**20)
