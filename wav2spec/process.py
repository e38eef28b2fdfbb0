"""How the process behaves towards the system: signals, standard descriptors, threads of libraries."""

import contextlib
import gc
import io
import os
import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from functools import partial
from types import FrameType
from typing import NoReturn

from wav2spec.cleanup import run_undo_actions, undo_on_signal

_STOPPING = ("SIGINT", "SIGTERM", "SIGHUP", "SIGXCPU")


def prepare_process() -> None:
    """Set up signals, standard descriptors and warnings. Called before any work."""
    # Otherwise the next file that is opened would get the number of a closed descriptor, and messages would go there.
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(*_null_device())
    # Without a standard error, print and Click write to standard output.
    if sys.stderr is None:
        sys.stderr = _Discard()
    # Warnings of libraries are shown on request only, by -W or PYTHONWARNINGS.
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
    # When it is loaded, NumPy's BLAS starts a thread for each processor, which would do nothing.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # If SIGCHLD is ignored, the exit status of workers is lost.
    if hasattr(signal, "SIGCHLD"):
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for name in _STOPPING:
        number = getattr(signal, name, None)
        # A signal that the parent ignores (nohup, a background job) stays ignored.
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _undo_and_die)


def _null_device() -> tuple[str, int]:
    """Return a path and flags to open a file that takes and gives no bytes."""
    # A container may have no /dev; reading and writing a directory fails.
    return (os.devnull, os.O_RDWR) if os.path.exists(os.devnull) else ("/", os.O_RDONLY)


class _Discard(io.TextIOBase):
    """A stream that discards its input."""

    def write(self, text: str) -> int:
        return len(text)


# The descriptor belongs to the whole process.
_stderr_lock = threading.RLock()


@contextlib.contextmanager
def silent_stderr() -> Iterator[None]:
    """Keep C libraries from writing to standard error within the block."""
    with _stderr_lock:
        try:
            kept = os.dup(2)
        except OSError:
            # Standard error is closed, or there are no descriptors left.
            yield
            return
        restore = partial(os.dup2, kept, 2)
        with undo_on_signal(restore):
            try:
                null = os.open(*_null_device())
                os.dup2(null, 2)
                os.close(null)
                yield
            finally:
                restore()
                os.close(kept)


def check_memory(n_bytes: int) -> None:
    """Raise MemoryError unless so many bytes can be allocated.

    For use before libraries that react worse: OpenBLAS, when it is loaded and when it is first used, ends the process
    with a message of its own. The memory is released at once, and never touched.
    """
    bytes(n_bytes)


def is_short_of_memory() -> bool:
    """Return whether little memory is left, so that any exception may be due to that."""
    try:
        check_memory(2**25)
    except MemoryError:
        return True
    return False


def begin_work() -> None:
    """Prepare the garbage collector and the allocator for a long run."""
    # Modules live to the end; objects that are created from now on may not.
    gc.enable()
    gc.freeze()
    # Once a large block was freed, glibc keeps freed blocks up to that size instead of returning them to the system.
    # Allocating the same memory anew for each recording would take a third of the time of short ones.
    bytes(_KEPT_BYTES)


# The size of the largest blocks in use; glibc's limit is 32 MiB.
_KEPT_BYTES = 2**24


def die_by_broken_pipe() -> NoReturn:
    """End by SIGPIPE, without a message, as other programs in a pipe whose reader is gone."""
    _die_by(signal.SIGPIPE)


def die_of_memory() -> NoReturn:
    """Print a message and exit with 1, without Python's own clean-up, which needs memory."""
    with contextlib.suppress(OSError, MemoryError):
        settle_streams()
        os.write(2, b"wav2spec: error: not enough memory\n")
    os._exit(1)


def settle_streams() -> OSError | None:
    """Flush the standard streams, and return the error of standard output, if there was one.

    Otherwise Python would flush again at its end, print a message, and change the exit code.
    """
    failure = None
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        try:
            if stream is not None:
                stream.flush()
        except OSError as error:
            failure = error if name == "stdout" else failure
            setattr(sys, name, open(os.devnull, "w"))
    return failure


def _undo_and_die(number: int, _frame: FrameType | None) -> None:
    # A second signal must not interrupt the clean-up.
    for name in _STOPPING:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    run_undo_actions()
    _die_by(number)


def _die_by(number: int) -> NoReturn:
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    os._exit(128 + number)
