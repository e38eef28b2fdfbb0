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
    # The next file that is opened would take a closed standard descriptor, and messages would go into it.
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(*_nowhere())
    # print and Click write to standard output if there is no standard error.
    if sys.stderr is None:
        sys.stderr = _Discard()
    # Warnings of libraries are for programmers, who ask for them by -W or PYTHONWARNINGS.
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
    # NumPy's BLAS makes a thread for each processor when it is loaded; nothing here uses them.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Where it is ignored, nobody learns how a process of ours ended.
    if hasattr(signal, "SIGCHLD"):
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for name in _STOPPING:
        number = getattr(signal, name, None)
        # What was ignored from outside (nohup, a background job) stays ignored.
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _undo_and_die)


def _nowhere() -> tuple[str, int]:
    """Return a path and flags to open what gives and takes no bytes."""
    # A container may have no /dev; a directory refuses both.
    return (os.devnull, os.O_RDWR) if os.path.exists(os.devnull) else ("/", os.O_RDONLY)


class _Discard(io.TextIOBase):
    """A stream that forgets what is written."""

    def write(self, text: str) -> int:
        return len(text)


# One at a time, as the descriptor belongs to the whole process.
_stderr_lock = threading.RLock()


@contextlib.contextmanager
def silent_stderr() -> Iterator[None]:
    """Keep C libraries from writing to standard error within the block."""
    with _stderr_lock:
        try:
            kept = os.dup(2)
        except OSError:
            # It is closed, or there are no descriptors left.
            yield
            return
        restore = partial(os.dup2, kept, 2)
        with undo_on_signal(restore):
            try:
                nowhere = os.open(*_nowhere())
                os.dup2(nowhere, 2)
                os.close(nowhere)
                yield
            finally:
                restore()
                os.close(kept)


def check_memory(n_bytes: int) -> None:
    """Raise MemoryError if there are not so many bytes left, before a library ends otherwise where they are missing.

    OpenBLAS ends the process with a message of its own if it gets no memory, when it is loaded and when it is first
    used; Python's import raises whatever comes. Nothing is written into the memory, and it is given back at once.
    """
    bytes(n_bytes)


def is_short_of_memory() -> bool:
    """Return whether memory has ended, which libraries report in many ways."""
    try:
        check_memory(2**25)
    except MemoryError:
        return True
    return False


def begin_work() -> None:
    """Make ready for work that takes time: memory is kept from one recording to the next."""
    # What has been imported is no garbage; what comes may be.
    gc.enable()
    gc.freeze()
    # The C library gives blocks as large as the largest that was ever freed back to the system no more. Without this,
    # a third of the time of a short recording goes into getting the same memory again. Nothing is written into it.
    bytes(_KEPT_BYTES)


# The largest blocks that are in use at a time; the C library takes no more than 32 MiB.
_KEPT_BYTES = 2**24


def die_by_broken_pipe() -> NoReturn:
    """End as a program in a pipe ends when its reader is gone: quietly."""
    _die_by(signal.SIGPIPE)


def die_of_memory() -> NoReturn:
    """End with a message, but without what Python does at its end, which needs memory."""
    with contextlib.suppress(OSError, MemoryError):
        settle_streams()
        os.write(2, b"wav2spec: error: not enough memory\n")
    os._exit(1)


def settle_streams() -> OSError | None:
    """Write out what waits in the standard streams, and return why standard output could not take it, if so.

    Python would try once more on its way out, complain, and change the exit code.
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
    # A second signal must not interrupt the cleaning up after the first.
    for name in _STOPPING:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    run_undo_actions()
    _die_by(number)


def _die_by(number: int) -> NoReturn:
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    os._exit(128 + number)
