"""One function over many items, here or in several processes, with the results in the items' order."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Executor, Future
from itertools import islice
from typing import Any, TypeVar

from wav2spec.workers import NoWorkersError, WorkerLostError, Workers

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

# Results that may wait for an earlier one. Items are handed in as results are taken: memory does not grow with them.
_WINDOW = 4096

# What a worker does, told once instead of with each item.
_function: Callable[[Any], Iterable[Any]]


def in_order(
    function: Callable[[_Item], Iterable[_Result]],
    items: Iterable[_Item],
    n_workers: int,
    *,
    lost: Callable[[_Item, str], _Result],
    untried: Callable[[_Item], _Result],
    ends: Callable[[_Result], bool] = lambda _: False,
    done: Callable[[], object] = lambda: None,
) -> Iterator[_Result]:
    """Yield from ``function(item)`` for each of the items, in their order.

    Parameters
    ----------
    function : callable
        Can be pickled.
    items : iterable
    n_workers : int
        Processes that share the work; with 1, and where the system refuses processes, it is done here.
    lost : callable
        Says the result of an item whose process died, and how.
    untried : callable
        Says the result of an item that was not worked on.
    ends : callable
        Whether a result ends the work: what has been done beside it is still told, nothing more is done.
    done : callable
        Called whenever an item has been worked on, in whatever order.
    """
    executor = _executor(function, n_workers) if n_workers > 1 else None
    left = iter(items)
    if executor is None:
        yield from _here(function, left, untried, ends, done)
        return
    running: deque[tuple[_Item, Future[list[_Result]]]] = deque()

    def results() -> Iterable[_Result]:
        item, future = running.popleft()
        try:
            return future.result()
        except WorkerLostError as error:
            return [lost(item, str(error))]
        except CancelledError:
            return [untried(item)]
        except NoWorkersError:
            return function(item)

    try:
        while True:
            for item in islice(left, _WINDOW - len(running)):
                future = executor.submit(_call, item)
                future.add_done_callback(lambda _: done())
                running.append((item, future))
            if not running:
                return
            for result in results():
                yield result
                if ends(result):
                    executor.shutdown(cancel_futures=True)
                    while running:
                        yield from results()
                    yield from map(untried, left)
    finally:
        # If nobody wants the rest, it is not waited for.
        executor.shutdown(cancel_futures=bool(running))


def _here(
    function: Callable[[_Item], Iterable[_Result]],
    left: Iterator[_Item],
    untried: Callable[[_Item], _Result],
    ends: Callable[[_Result], bool],
    done: Callable[[], object],
) -> Iterator[_Result]:
    for item in left:
        for result in function(item):
            yield result
            if ends(result):
                yield from map(untried, left)
                return
        done()


def _executor(function: Callable[[Any], Iterable[Any]], n_workers: int) -> Executor | None:
    try:
        return Workers(n_workers, _begin, (function,))
    except OSError:
        return None


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
