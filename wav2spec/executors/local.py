"""A process pool that survives crashed workers: only the task that was running is lost.

`concurrent.futures.ProcessPoolExecutor` gives up all tasks when a process dies, cannot name the one that killed it,
needs semaphores that hardened containers lack, and leaves processes behind when its own is killed [1]_. Here each
worker has its own pipe, and there is no helper thread, so that a new worker can be forked at any time.

References
----------
.. [1] https://github.com/python/cpython/issues/111873
"""

import contextlib
import mmap
import multiprocessing
import pickle
import signal
import sys
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError, Executor, Future
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

from wav2spec.cleanup import undo_on_signal
from wav2spec.executors.worker import PROGRESS, TERMINATE_TIMEOUT_S, work

_Result = TypeVar("_Result")


# Prefetch one task per worker to keep it busy, unless it might not fit into the pipe's buffer (bytes).
_PREFETCH = 2


_SMALL = 2**14


# Our ends of the pipes to the workers of all executors.
_our_ends: "set[Connection[Any, Any]]" = set()

# Tasks that are submitted before answers are collected.
_POLL_EVERY = 16


class WorkerLostError(Exception):
    """The worker died while it ran the task; the message says how.

    `n_done` is the last value that the task gave to `report_progress`.
    """

    def __init__(self, message: str, n_done: int = 0) -> None:
        super().__init__(message)
        self.n_done = n_done


class NoWorkersError(Exception):
    """All workers have died, and the system refuses new processes."""


@dataclass
class _Task:
    future: "Future[Any]"
    call: bytes


@dataclass
class _Worker:
    process: BaseProcess
    pipe: "Connection[Any, Any]"
    shared: mmap.mmap | None
    tasks: deque[_Task] = field(default_factory=deque)

    def close(self) -> None:
        self.pipe.close()
        _our_ends.discard(self.pipe)


class _PumpedFuture(Future[_Result]):
    """A future that collects the workers' answers while its result is waited for."""

    def __init__(self, pump: Callable[[float | None], None]) -> None:
        super().__init__()
        self._pump = pump

    def result(self, timeout: float | None = None) -> _Result:
        self._wait(timeout)
        return super().result(0)

    def exception(self, timeout: float | None = None) -> BaseException | None:
        self._wait(timeout)
        return super().exception(0)

    def _wait(self, timeout: float | None) -> None:
        end = None if timeout is None else time.monotonic() + timeout
        while not self.done():
            left = None if end is None else end - time.monotonic()
            if left is not None and left <= 0:
                return
            self._pump(left)


class ProcessExecutor(Executor):
    """An executor of `n_workers` processes.

    A task whose worker dies fails with `WorkerLostError`; those queued behind it go to another worker. Work is handed
    out and collected only when a task is submitted or a result is waited for.

    Parameters
    ----------
    n_workers : int
    initializer : callable, optional
        Called once by each worker, with `initargs`.

    Raises
    ------
    OSError
        If the system refuses processes or descriptors.
    """

    def __init__(
        self, n_workers: int, initializer: Callable[..., object] | None = None, initargs: tuple[Any, ...] = ()
    ) -> None:
        # Forking is two orders of magnitude faster than spawning, but only safe on Linux.
        self._forks = sys.platform == "linux"
        self._context: Any = multiprocessing.get_context("fork" if self._forks else "spawn")
        self._start = initializer, initargs
        self._waiting: deque[_Task] = deque()
        self._workers: list[_Worker] = []
        self._ended = False
        self._at_stop = contextlib.ExitStack()
        self._at_stop.enter_context(undo_on_signal(self._end_processes))
        try:
            for _ in range(n_workers):
                self._add_worker()
        except BaseException:
            self.kill()
            raise

    def submit(self, fn: Callable[..., _Result], /, *args: Any, **kwargs: Any) -> "Future[_Result]":
        if self._ended:
            raise RuntimeError("cannot submit after shutdown")
        future: _PumpedFuture[_Result] = _PumpedFuture(self._pump)
        try:
            task = _Task(future, pickle.dumps((fn, args, kwargs), pickle.HIGHEST_PROTOCOL))
        except Exception as error:
            future.set_exception(error)
            return future
        self._waiting.append(task)
        if len(self._waiting) % _POLL_EVERY == 1:
            self._pump(0)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        if not wait:
            self.kill()
        if cancel_futures:
            self._cancel_waiting()
        while self._workers and (self._waiting or any(worker.tasks for worker in self._workers)):
            self._pump(None)
        self._ended = True
        for worker in self._workers:
            worker.close()
        for worker in self._workers:
            worker.process.join()
        self._workers.clear()
        self._at_stop.close()

    def kill(self) -> None:
        """Terminate all workers now. They undo what they were writing; finished results are kept."""
        self._ended = True
        self._end_processes()
        for worker in self._workers:
            with contextlib.suppress(EOFError, OSError):
                self._collect(worker)
            worker.close()
            self._waiting.extend(worker.tasks)
        self._workers.clear()
        self._cancel_waiting()
        self._at_stop.close()

    def _cancel_waiting(self) -> None:
        while self._waiting:
            future = self._waiting.popleft().future
            if not future.cancel():
                future.set_exception(CancelledError())

    def _end_processes(self) -> None:
        for worker in self._workers:
            worker.process.terminate()
        end = time.monotonic() + TERMINATE_TIMEOUT_S
        for worker in self._workers:
            worker.process.join(max(0.0, end - time.monotonic()))
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()

    def _add_worker(self) -> None:
        ours, theirs = self._context.Pipe()
        # A forked child inherits our ends of the pipes and would never see EOF.
        inherited = [ours, *_our_ends] if self._forks else []
        # A spawned child shares no memory: a group that it loses is lost from the first item on.
        shared = mmap.mmap(-1, PROGRESS.size) if self._forks else None
        process = self._context.Process(target=work, args=(theirs, inherited, shared, *self._start), daemon=True)
        try:
            process.start()
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        _our_ends.add(ours)
        self._workers.append(_Worker(process, ours, shared))

    def _pump(self, timeout: float | None) -> None:
        """Dispatch waiting tasks, and collect answers that are ready or arrive within the timeout."""
        self._dispatch()
        busy = {worker.pipe: worker for worker in self._workers if worker.tasks}
        if not busy:
            return
        for pipe in wait(list(busy), timeout):
            try:
                self._collect(busy[pipe])  # type: ignore[index]
            except (EOFError, OSError):
                self._reap(busy[pipe])  # type: ignore[index]
        self._dispatch()

    def _dispatch(self) -> None:
        for n_tasks in range(_PREFETCH):
            # The last tasks go to idle workers.
            for worker in list(self._workers) if n_tasks == 0 or len(self._waiting) > len(self._workers) else ():
                if n_tasks == 0 and not worker.tasks and not worker.process.is_alive():
                    self._reap(worker)
                elif len(worker.tasks) == n_tasks and (task := self._next_task(small=n_tasks > 0)):
                    worker.tasks.append(task)
                    try:
                        worker.pipe.send_bytes(task.call)
                    except OSError:
                        # The worker died before it could begin.
                        worker.tasks.pop()
                        self._waiting.appendleft(task)
                        self._reap(worker)
        if not self._workers:
            self._give_up()

    def _next_task(self, *, small: bool) -> _Task | None:
        while self._waiting:
            if small and len(self._waiting[0].call) > _SMALL:
                return None
            task = self._waiting.popleft()
            if task.future.running() or task.future.set_running_or_notify_cancel():
                return task
        return None

    def _collect(self, worker: _Worker) -> None:
        while worker.tasks and worker.pipe.poll():
            answer = worker.pipe.recv_bytes()
            future = worker.tasks.popleft().future
            try:
                succeeded, value = pickle.loads(answer)  # noqa: S301 - from our own process
            except Exception as error:
                succeeded, value = False, error
            future.set_result(value) if succeeded else future.set_exception(value)

    def _reap(self, worker: _Worker) -> None:
        worker.process.join()
        worker.close()
        self._workers.remove(worker)
        if worker.tasks:
            lost = worker.tasks.popleft()
            self._waiting.extendleft(reversed(worker.tasks))
            n_done = PROGRESS.unpack_from(worker.shared)[0] if worker.shared else 0
            lost.future.set_exception(WorkerLostError(_how_it_ended(worker.process.exitcode or 0), n_done))
        # The others go on without it; without any worker, the waiting tasks are given up.
        with contextlib.suppress(OSError):
            self._add_worker()

    def _give_up(self) -> None:
        while self._waiting:
            self._waiting.popleft().future.set_exception(NoWorkersError())


def _how_it_ended(exit_code: int) -> str:
    try:
        how = (
            f"was killed by {signal.Signals(-exit_code).name}" if exit_code < 0 else f"ended with exit code {exit_code}"
        )
    except ValueError:
        how = f"was killed by signal {-exit_code}"
    return f"the process that worked on it {how}"
