"""Processes that work side by side. One that dies takes with it only what it was working on.

`concurrent.futures.ProcessPoolExecutor` gives up all its tasks when a process dies, cannot say which one killed it,
needs semaphores that hardened containers do not have, and leaves processes behind when its own is killed [1]_. Here
each worker has a pipe of its own, and there are no threads beside it, so that a new worker can be forked at any time.

References
----------
.. [1] https://github.com/python/cpython/issues/111873
"""

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

from wav2spec.cleanup import undone_at_stop

_Result = TypeVar("_Result")

# A worker is given its next task before it has done the last, so that it need not wait for us.
_AT_ONCE = 2
# How long a worker may take to end when it is asked to, before it is killed (s).
_PATIENCE = 1.0


class WorkerLostError(Exception):
    """The process that worked on a task died of it; the words say how."""


@dataclass
class _Task:
    future: "Future[Any]"
    call: tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]


@dataclass
class _Worker:
    process: BaseProcess
    pipe: "Connection[Any, Any]"
    tasks: deque[_Task] = field(default_factory=deque)


class _PumpedFuture(Future[_Result]):
    """A future whose result comes when somebody waits for it: the workers' answers are taken in meanwhile."""

    def __init__(self, pump: Callable[[float | None], None]) -> None:
        super().__init__()
        self._pump = pump

    def result(self, timeout: float | None = None) -> _Result:
        end = None if timeout is None else time.monotonic() + timeout
        while not self.done():
            left = None if end is None else end - time.monotonic()
            if left is not None and left <= 0:
                break
            self._pump(left)
        return super().result(0)


class Workers(Executor):
    """An executor of `n_workers` processes.

    A task whose process dies fails with `WorkerLostError`; those that waited behind it go to another. Nothing happens
    but when a task is submitted or a result is asked for.

    Parameters
    ----------
    n_workers : int
    initializer : callable
        Called by each worker once, with `initargs`.

    Raises
    ------
    OSError
        If the system refuses processes or descriptors.
    """

    def __init__(self, n_workers: int, initializer: Callable[..., object], initargs: tuple[Any, ...] = ()) -> None:
        # To fork is two orders of magnitude faster than to start anew, but only safe on Linux.
        self._context: Any = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
        self._start = initializer, initargs
        self._waiting: deque[_Task] = deque()
        self._workers: list[_Worker] = []
        self._at_stop = contextlib.ExitStack()
        self._at_stop.enter_context(undone_at_stop(self.kill))
        try:
            for _ in range(n_workers):
                self._add_worker()
        except BaseException:
            self.kill()
            self._at_stop.close()
            raise

    def submit(self, fn: Callable[..., _Result], /, *args: Any, **kwargs: Any) -> "Future[_Result]":
        future: _PumpedFuture[_Result] = _PumpedFuture(self._pump)
        self._waiting.append(_Task(future, (fn, args, kwargs)))
        self._pump(0)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        if not wait or cancel_futures:
            self.kill()
        while any(worker.tasks for worker in self._workers):
            self._pump(None)
        for worker in self._workers:
            with contextlib.suppress(OSError):
                worker.pipe.send(None)
        for worker in self._workers:
            worker.process.join()
            worker.pipe.close()
        self._workers.clear()
        self._at_stop.close()

    def kill(self) -> None:
        """End all workers now. What they were writing is undone."""
        self._waiting.clear()
        for worker in self._workers:
            worker.tasks.clear()
            worker.process.terminate()
        end = time.monotonic() + _PATIENCE
        for worker in self._workers:
            worker.process.join(max(0.0, end - time.monotonic()))
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()

    def _add_worker(self) -> None:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_work, args=(theirs, *self._start), daemon=True)
        try:
            process.start()
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        self._workers.append(_Worker(process, ours))

    def _pump(self, timeout: float | None) -> None:
        """Hand out what waits, and take in what is ready, or will be within the time."""
        self._hand_out()
        for pipe in wait([worker.pipe for worker in self._workers if worker.tasks], timeout):
            (worker,) = [worker for worker in self._workers if worker.pipe is pipe]
            self._take_from(worker)
        self._hand_out()

    def _hand_out(self) -> None:
        for n_tasks in range(_AT_ONCE):
            # What is left at the end goes to those that have nothing.
            for worker in self._workers if n_tasks == 0 or len(self._waiting) > len(self._workers) else ():
                if self._waiting and len(worker.tasks) == n_tasks:
                    task = self._waiting.popleft()
                    worker.tasks.append(task)
                    # One that has died is found when its answer is awaited.
                    with contextlib.suppress(OSError):
                        worker.pipe.send(task.call)

    def _take_from(self, worker: _Worker) -> None:
        try:
            while worker.tasks and worker.pipe.poll():
                succeeded, answer = worker.pipe.recv()
                future = worker.tasks.popleft().future
                future.set_result(answer) if succeeded else future.set_exception(answer)
        except (EOFError, OSError):
            self._bury(worker)

    def _bury(self, worker: _Worker) -> None:
        worker.process.join()
        worker.pipe.close()
        self._workers.remove(worker)
        lost, *others = worker.tasks
        self._waiting.extendleft(reversed(others))
        lost.future.set_exception(WorkerLostError(_how_it_ended(worker.process.exitcode or 0)))
        try:
            self._add_worker()
        except OSError as error:
            if not self._workers:
                for task in self._waiting:
                    task.future.set_exception(error)
                self._waiting.clear()


def _how_it_ended(exit_code: int) -> str:
    how = f"was killed by {signal.Signals(-exit_code).name}" if exit_code < 0 else f"ended with exit code {exit_code}"
    return f"the process that worked on it {how}"


def _work(pipe: "Connection[Any, Any]", initializer: Callable[..., object], initargs: tuple[Any, ...]) -> None:
    """Do what comes through the pipe until nothing more comes."""
    # Ctrl-C goes to all processes of a terminal; our parent, who gets it too, ends us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Where there can be no thread, the death of our parent is seen when the next task does not come.
    with contextlib.suppress(RuntimeError):
        threading.Thread(target=_end_with_parent, daemon=True).start()
    initializer(*initargs)
    # Without a parent there is nobody to work for.
    with contextlib.suppress(EOFError, ConnectionError):
        while call := pipe.recv():
            function, args, kwargs = call
            try:
                answer = True, function(*args, **kwargs)
            except Exception as error:
                answer = False, error
            pipe.send(answer)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        # First as one who cleans up, then as one who does not wait for the end of a long computation.
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(_PATIENCE)
        os.kill(os.getpid(), signal.SIGKILL)
