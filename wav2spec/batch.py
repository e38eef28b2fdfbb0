"""One function over many items, here or in several processes, with the results in the items' order."""

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Executor, Future
from typing import Any, TypeVar

from wav2spec.workers import WorkerLostError, Workers

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

# Results that may wait for an earlier one. Items are handed in as results are taken: memory does not grow with them.
_WINDOW = 4096

# What a worker does, told once instead of with each item.
_function: Callable[[Any], Iterable[Any]]


def in_order(
    function: Callable[[_Item], Iterable[_Result]],
    items: Sequence[_Item],
    n_workers: int,
    *,
    lost: Callable[[_Item, str], _Result],
    done: Callable[[], object] = lambda: None,
) -> Generator[_Result]:
    """Yield from ``function(item)`` for each of the items, in their order.

    Parameters
    ----------
    function : callable
        Can be pickled.
    items : sequence
    n_workers : int
        Processes that share the work; with 1, and where the system refuses processes, it is done here.
    lost : callable
        Says the result of an item whose process died, and how.
    done : callable
        Called whenever an item has been worked on, in whatever order.
    """
    try:
        executor: Executor | None = Workers(n_workers, _begin, (function,)) if n_workers > 1 else None
    except OSError:
        executor = None
    if executor is None:
        for item in items:
            yield from function(item)
            done()
        return
    running: deque[tuple[_Item, Future[list[_Result]]]] = deque()

    def next_results() -> Iterable[_Result]:
        item, future = running.popleft()
        try:
            return future.result()
        except WorkerLostError as error:
            return [lost(item, str(error))]
        except OSError:
            # No process could take the place of those that died.
            return function(item)

    try:
        for item in items:
            future = executor.submit(_call, item)
            future.add_done_callback(lambda _: done())
            running.append((item, future))
            if len(running) == _WINDOW:
                yield from next_results()
        while running:
            yield from next_results()
    finally:
        # If nobody wants the rest, it is not waited for.
        executor.shutdown(cancel_futures=bool(running))


def n_processors() -> int:
    """Return how many processors this process may use."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        with open("/sys/fs/cgroup/cpu.max") as file:
            quota, period = file.read().split()
        return max(1, min(allowed, round(int(quota) / int(period))))
    except (OSError, ValueError):
        # No such limit.
        return allowed


def _begin(function: Callable[[Any], Iterable[Any]]) -> None:
    global _function
    _function = function


def _call(item: Any) -> list[Any]:
    return list(_function(item))
