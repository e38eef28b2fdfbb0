"""Atomic output: a target is complete or untouched.

Data goes to an unnamed temporary file in the target's directory, which gets the target's name once it is complete. On
Linux even a killed process leaves nothing behind; where a file system has no unnamed files, the temporary file is
hidden, and removed by the process or, if that crashes, by its parent (`remove_abandoned`).
"""

import contextlib
import errno
import os
import shutil
import stat
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Hashable, Iterator
from functools import partial
from typing import BinaryIO, cast

from wav2spec.cleanup import undo_on_signal
from wav2spec.errors import OutputError, StdoutClosedError, os_error_message
from wav2spec.storage.names import is_url
from wav2spec.storage.streams import STREAM
from wav2spec.storage.versions import file_version

# Unnamed files get a name by their entry in /proc.
_HAS_UNNAMED_FILES = hasattr(os, "O_TMPFILE") and os.path.exists("/proc/self/fd")

# Answers of a file system without unnamed files.
_NO_UNNAMED_FILES = {errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOENT}


# A FIFO that has no reader after this time is an error, so that a batch does not hang (s).
_FIFO_PATIENCE_S = 5.0


_FIFO_POLL_S = 0.02


def check_directory(directory: str) -> None:
    """Check that a directory can be written into, or made; a store tells when something is put.

    Raises
    ------
    OutputError
        If it cannot.
    """
    if is_url(directory):
        return
    there = directory
    while there and not os.path.lexists(there):
        there = os.path.dirname(there)
    if there and not os.path.isdir(there):
        raise OutputError(there, "is no folder")
    if not os.access(there or ".", os.W_OK | os.X_OK):
        raise OutputError(there or ".", "cannot be written into")


def make_directory(directory: str) -> None:
    """Make a directory, and those above it, unless it exists.

    Raises
    ------
    OutputError
        If it cannot be made.
    """
    if not directory or os.path.isdir(directory) or is_url(directory):
        return
    try:
        # os.makedirs calls itself for each of the directories above, which may be too many.
        missing = [directory]
        while (above := os.path.dirname(missing[-1])) not in ("", missing[-1]) and not os.path.isdir(above):
            missing.append(above)
        for path in reversed(missing):
            os.makedirs(path, exist_ok=True)
    except OSError as error:
        raise OutputError(directory, os_error_message(error)) from error


@contextlib.contextmanager
def open_target(
    path: str, *, source_identity: Hashable | None = None, on_commit: Callable[[str], object] = lambda _: None
) -> Iterator[BinaryIO]:
    """Open a target to be written as a seekable file; it appears when the block ends, and not if it raises.

    Parameters
    ----------
    path : str
        A file, which is replaced as a whole and keeps its mode; a symbolic link, which is followed; a device, FIFO or
        ``-`` for standard output, which get all bytes at the end; an object in a store, which is put at the end.
    source_identity : hashable, optional
        `SourceFile.identity` of the recording, which must not be overwritten.
    on_commit : callable, optional
        Called with the version of the target when it is in place; not for one that is put beside the work, nor for a
        device, FIFO or stream.

    Raises
    ------
    OutputError
        If it cannot be written, with the operating system's reason.
    StdoutClosedError
        If the reader of standard output closed it.
    """
    if is_url(path):
        with _new_object(path, source_identity, on_commit) as file:
            yield file
        return
    name = "standard output" if path == STREAM else path
    try:
        target, status = _resolve(path, name)
        if source_identity and status and source_identity == (status.st_dev, status.st_ino):
            raise OutputError(name, "is the recording itself")
        if status is None or (stat.S_ISREG(status.st_mode) and path != STREAM):
            with _atomic_replace(target, status, on_commit) as file:
                yield file
        else:
            with tempfile.TemporaryFile() as file:
                yield file
                _copy(file, target, name)
    except BrokenPipeError:
        if path == STREAM:
            raise StdoutClosedError from None
        raise OutputError(name, "its reader closed it") from None
    except OSError as error:
        raise OutputError(name, f"cannot be written: {os_error_message(error)}") from error


def remove_abandoned(target: str) -> None:
    """Remove what child processes that crashed or were killed left in the directory of a target."""
    directory = os.path.dirname(_follow(target)) or "."
    prefix = _temporary_prefix(os.getpid())
    with contextlib.suppress(OSError):
        for name in os.listdir(directory):
            if name.startswith(prefix) and not _is_alive(name[len(prefix) :].partition("-")[0]):
                os.unlink(os.path.join(directory, name))


def _is_alive(process_id: str) -> bool:
    try:
        os.kill(int(process_id), 0)
    except ProcessLookupError:
        return False
    except (OSError, ValueError, OverflowError):
        return True
    return True


def _follow(path: str) -> str:
    return os.path.realpath(path) if os.path.islink(path) else path


@contextlib.contextmanager
def _new_object(url: str, source_identity: Hashable | None, on_commit: Callable[[str], object]) -> Iterator[BinaryIO]:
    # Loads the client of stores.
    from wav2spec.storage.transfers import new_object, put_object

    if source_identity == url:
        raise OutputError(url, "is the recording itself")
    file = new_object()
    try:
        yield cast(BinaryIO, file)
    except BaseException:
        file.close()
        raise
    if version := put_object(url, file):
        on_commit(version)


def _resolve(path: str, name: str) -> tuple[str, os.stat_result | None]:
    """Return the path behind symbolic links and the status of what is there now, None for nothing."""
    if path == STREAM:
        if sys.stdout is None:
            raise OutputError(name, "is closed")
        return path, os.fstat(1)
    target = path
    try:
        status = os.lstat(path)
        if stat.S_ISLNK(status.st_mode):
            target = os.path.realpath(path)
            # Not of `target`: a link in /dev/fd does not lead to a path.
            status = os.stat(path)
    except FileNotFoundError:
        return target, None
    if not stat.S_ISREG(status.st_mode):
        target = path
    if stat.S_ISDIR(status.st_mode):
        raise OutputError(name, os.strerror(errno.EISDIR))
    if not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    return target, status


@contextlib.contextmanager
def _atomic_replace(
    target: str, status: os.stat_result | None, on_commit: Callable[[str], object]
) -> Iterator[BinaryIO]:
    directory = os.path.dirname(target) or "."
    # Never readable by more people than what it replaces.
    mode = 0o666 if status is None else status.st_mode & 0o777
    with contextlib.ExitStack() as stack:
        hidden = None
        descriptor = _open_unnamed(directory, mode)
        if descriptor is None:
            hidden = stack.enter_context(_hidden_name(directory))
            descriptor = os.open(hidden, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        file = open(descriptor, "w+b")
        try:
            yield file
            file.flush()
            if status is not None:
                _copy_permissions(status, descriptor)
            # Some file systems report errors of writing only here, and the name must not be taken before.
            os.close(os.dup(descriptor))
            version = file_version(os.fstat(descriptor))
            if hidden is None and not (status is None and _try_link(descriptor, target)):
                hidden = stack.enter_context(_hidden_name(directory))
                _link(descriptor, hidden)
            if hidden is not None:
                os.replace(hidden, target)
            on_commit(version)
        finally:
            # All has been written, or an exception is on its way.
            with contextlib.suppress(OSError):
                file.close()


@contextlib.contextmanager
def _hidden_name(directory: str) -> Iterator[str]:
    """Return a free path in a directory; what is there at an error or a signal is removed."""
    # Short, so that it fits beside a name of the greatest length; hidden, so that no pattern takes it for a picture.
    hidden = os.path.join(directory, f"{_temporary_prefix(os.getppid())}{os.getpid()}-{os.urandom(6).hex()}")
    with undo_on_signal(partial(os.unlink, hidden)):
        try:
            yield hidden
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(hidden)
            raise


def _temporary_prefix(parent_id: int) -> str:
    # Another host may use the same numbers in a directory that both share.
    host = zlib.crc32(os.fsencode(os.uname().nodename))
    return f".wav2spec-{host:08x}-{parent_id}-"


def _copy_permissions(status: os.stat_result, descriptor: int) -> None:
    """Give a file the owner and the mode of the one it replaces, as far as we may."""
    with contextlib.suppress(OSError):
        if (status.st_uid, status.st_gid) != (os.getuid(), os.getgid()):
            os.chown(descriptor, status.st_uid, status.st_gid)
    with contextlib.suppress(OSError):
        os.chmod(descriptor, status.st_mode & 0o777)


def _try_link(descriptor: int, target: str) -> bool:
    """Name an unnamed file unless the name exists, and return whether it was done."""
    try:
        _link(descriptor, target)
    except FileExistsError:
        return False
    return True


def _link(descriptor: int, name: str) -> None:
    # The directory descriptor is not used, but without one Python calls link(), which does not follow.
    os.link(f"/proc/self/fd/{descriptor}", name, src_dir_fd=descriptor)


def _open_unnamed(directory: str, mode: int) -> int | None:
    if not _HAS_UNNAMED_FILES:
        return None
    try:
        return os.open(directory, os.O_RDWR | os.O_TMPFILE | os.O_CLOEXEC, mode)
    except OSError as error:
        if error.errno in _NO_UNNAMED_FILES:
            return None
        raise


def _copy(file: BinaryIO, target: str, name: str) -> None:
    file.seek(0)
    if target == STREAM:
        sys.stdout.flush()
        destination = open(1, "wb", closefd=False)
    elif stat.S_ISFIFO(os.stat(target).st_mode):
        destination = open(_open_fifo(target, name), "wb")
    else:
        destination = open(target, "wb")
    with destination:
        shutil.copyfileobj(file, destination, 2**20)


def _open_fifo(path: str, name: str) -> int:
    """Open a FIFO to be written, once it has a reader."""
    end = time.monotonic() + _FIFO_PATIENCE_S
    while True:
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            if time.monotonic() > end:
                raise OutputError(name, f"is a FIFO that nobody reads (waited {_FIFO_PATIENCE_S:g} s)") from None
            time.sleep(_FIFO_POLL_S)
        else:
            os.set_blocking(descriptor, True)
            return descriptor
