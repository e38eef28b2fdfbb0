"""A batch that is shared by several processes."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError, Executor, Future
from itertools import chain, islice
from typing import Any

from wav2spec.executors.local import NoWorkersError, ProcessExecutor, WorkerLostError
from wav2spec.executors.ordered_map import Item, OrderedMap, Result
from wav2spec.executors.worker import report_progress

# Groups of items that may wait for an earlier one. They are handed in as results are taken: memory does not grow with
# the items.
_WINDOW = 1024


# What is handed over at once takes no longer than this (s), or is a single item: to hand over costs a tenth of a ms.
_GROUP_S = 0.02


# How many groups there are at least for each worker, so that all have something to do to the end.
_GROUPS_EACH = 8


# What a worker does, told once instead of with each item.
_function: Callable[[Any], Iterable[Any]]


def new_executor(function: Callable[[Any], Iterable[Any]], n_workers: int) -> Executor | None:
    """Return what works by a function, in processes of its own; None if the system refuses them."""
    try:
        return ProcessExecutor(n_workers, _begin, (function,))
    except OSError:
        return None


def map_parallel(
    batch: OrderedMap[Item, Result], items: Sequence[Item], executor: Executor, n_workers: int
) -> Iterator[Result]:
    """Yield the results of all items, in the items' order. The executor is used up."""
    running: deque[tuple[list[Item], Future[list[Result]]]] = deque()
    left = iter(items)
    groups = _groups(batch, left, max(1, len(items) // (_GROUPS_EACH * n_workers)))

    def handed_in(group: list[Item]) -> Future[list[Result]]:
        future = executor.submit(_call, group)
        future.add_done_callback(lambda _: batch.on_done(len(group)))
        return future

    def results(group: list[Item], future: Future[list[Result]]) -> Iterable[Result]:
        try:
            return future.result()
        except WorkerLostError as error:
            return after_loss(group, error)
        except CancelledError:
            return map(batch.on_skipped, group)
        except NoWorkersError:
            return chain.from_iterable(map(batch.function, group))

    def after_loss(group: list[Item], error: WorkerLostError) -> Iterator[Result]:
        # What the process was not working on is done by others.
        for number, item in enumerate(group):
            if number == error.n_done:
                yield batch.on_lost(item, str(error))
            else:
                yield from results([item], executor.submit(_call, [item]))

    try:
        while True:
            running.extend((group, handed_in(group)) for group in islice(groups, _WINDOW - len(running)))
            if not running:
                return
            ended = False
            for result in results(*running.popleft()):
                yield result
                ended = ended or batch.stops(result)
            if ended:
                # What others have begun they end, so that what is said not to be tried is not there.
                executor.shutdown(cancel_futures=True)
                while running:
                    yield from results(*running.popleft())
                yield from map(batch.on_skipped, left)
                return
    finally:
        # If nobody wants the rest, it is not waited for.
        executor.shutdown(wait=not running, cancel_futures=True)


def _groups(batch: OrderedMap[Item, Any], left: Iterable[Item], n_most: int) -> Iterator[list[Item]]:
    """Yield the items in groups that are handed over at once, of so many at most."""
    group: list[Item] = []
    room = 0.0
    for item in left:
        seconds = batch.cost_s(item) if batch.cost_s else _GROUP_S
        if group and (seconds > room or len(group) == n_most):
            yield group
            group = []
        room = (room if group else _GROUP_S) - seconds
        group.append(item)
    if group:
        yield group


def _begin(function: Callable[[Any], Iterable[Any]]) -> None:
    global _function
    _function = function


def _call(items: list[Any]) -> list[Any]:
    results: list[Any] = []
    for number, item in enumerate(items):
        report_progress(number)
        results += _function(item)
    return results
