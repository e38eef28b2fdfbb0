"""The worker process: runs tasks until its pipe closes or its parent dies."""

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

# Progress of a task, in memory that worker and parent share.
PROGRESS = struct.Struct("Q")


# A process that was asked to end is killed after this time (s).
TERMINATE_TIMEOUT_S = 1.0


# Memory that is shared with the parent.
_shared: mmap.mmap | None = None


def report_progress(n_done: int) -> None:
    """Record how many parts of a task are done, for the parent to know even if this process dies."""
    if _shared:
        PROGRESS.pack_into(_shared, 0, n_done)


def work(
    pipe: "Connection[Any, Any]",
    inherited: "list[Connection[Any, Any]]",
    shared: mmap.mmap | None,
    initializer: Callable[..., object] | None,
    initargs: tuple[Any, ...],
) -> None:
    """Run the tasks that come through the pipe until it is closed."""
    global _shared
    _shared = shared
    for other in inherited:
        other.close()
    # Ctrl-C reaches all processes of a terminal; the parent, which gets it too, ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Where there can be no thread, the death of the parent shows when the pipe closes.
    with contextlib.suppress(RuntimeError):
        threading.Thread(target=_end_with_parent, daemon=True).start()
    if initializer:
        initializer(*initargs)
    # The pipe closes with the parent.
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
        # First with a chance to clean up, then without waiting for the end of a long computation.
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(TERMINATE_TIMEOUT_S)
        os.kill(os.getpid(), signal.SIGKILL)
