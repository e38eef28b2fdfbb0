"""What happens in a process that works for another: one task after the other, and an end with the other."""

import contextlib
import mmap
import multiprocessing
import os
import pickle
import signal
import struct
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

# How far a task is, where its process and the one that gave it see it.
PROGRESS = struct.Struct("Q")


# How long a process may take to end when it is asked to, before it is killed (s).
TERMINATE_TIMEOUT_S = 1.0


# What is shared with the parent.
_shared: mmap.mmap | None = None


def report_progress(n_done: int) -> None:
    """Say how many parts of a task are done, so that it is known even if the process dies."""
    if _shared:
        PROGRESS.pack_into(_shared, 0, n_done)


def work(
    pipe: "Connection[Any, Any]",
    inherited: "list[Connection[Any, Any]]",
    shared: mmap.mmap | None,
    initializer: Callable[..., object],
    initargs: tuple[Any, ...],
) -> None:
    """Do what comes through the pipe until nothing more comes."""
    global _shared
    _shared = shared
    for other in inherited:
        other.close()
    # Ctrl-C goes to all processes of a terminal; our parent, who gets it too, ends us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Where there can be no thread, the death of our parent is seen when the next task does not come.
    with contextlib.suppress(RuntimeError):
        threading.Thread(target=_end_with_parent, daemon=True).start()
    initializer(*initargs)
    # Without a parent there is nobody to work for.
    with contextlib.suppress(EOFError, ConnectionError):
        while True:
            pipe.send_bytes(_answer(pipe.recv_bytes()))


def _answer(call: bytes) -> bytes:
    try:
        function, args, kwargs = pickle.loads(call)  # noqa: S301
        return pickle.dumps((True, function(*args, **kwargs)), pickle.HIGHEST_PROTOCOL)
    except Exception as error:
        try:
            return pickle.dumps((False, error), pickle.HIGHEST_PROTOCOL)
        except Exception:
            return pickle.dumps((False, RuntimeError(f"{type(error).__name__}: {error}")))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        # First as one who cleans up, then as one who does not wait for the end of a long computation.
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(TERMINATE_TIMEOUT_S)
        os.kill(os.getpid(), signal.SIGKILL)
