"""An ordered map over the workers of any `concurrent.futures` executor."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Executor, Future
from itertools import chain, islice
from typing import Any

from wav2spec.executors.local import NoWorkersError, ProcessExecutor, WorkerLostError
from wav2spec.executors.ordered_map import GroupFunction, Item, OrderedMap, Result
from wav2spec.executors.worker import report_progress

# Groups that may wait for an earlier one. Others are submitted as results are taken, so that memory is bounded.
_WINDOW = 1024


# A group takes no longer than this (s), or is a single item: submitting costs a tenth of a ms.
_GROUP_S = 0.02


# At least so many groups for each worker, so that all are busy to the end.
_GROUPS_EACH = 8


def new_executor(n_workers: int) -> Executor | None:
    """Return an executor of so many processes; None if the system refuses them."""
    try:
        return ProcessExecutor(n_workers)
    except OSError:
        return None


class ExecutorLostError(Exception):
    """There is nothing any more that could work, and what was submitted is not known to be done."""


def map_parallel(
    batch: OrderedMap[Item, Result],
    items: Iterable[Item],
    executor: Executor,
    n_workers: int,
    *,
    group_s: float = _GROUP_S,
    window: int = _WINDOW,
) -> Iterator[Result]:
    """Yield the results of all items, in the items' order. The executor is used up.

    Parameters
    ----------
    batch : OrderedMap
    items : iterable
    executor : Executor
    n_workers : int
        That it has.
    group_s : float
        Time that a group takes at most, unless it is a single item (s).
    window : int
        Groups that are submitted and not yet yielded.
    """
    running: deque[tuple[list[Item], Future[list[Result]]]] = deque()
    lost = False
    left = iter(items)
    max_items = None if batch.n_items is None else max(1, batch.n_items // (_GROUPS_EACH * n_workers))
    groups = _groups(batch, left, max_items, group_s)

    def submitted(group: list[Item]) -> Future[list[Result]]:
        future = executor.submit(_call, batch.function, batch.pack, group)
        future.add_done_callback(lambda _: batch.on_done(len(group)))
        return future

    def results(group: list[Item], future: Future[list[Result]]) -> Iterable[Result]:
        try:
            return future.result()
        except WorkerLostError as error:
            return after_loss(group, error)
        except CancelledError:
            return map(batch.on_skipped, group)
        except ExecutorLostError as error:
            # The first tells why; of the others it is not known whether they were done.
            nonlocal lost
            told, lost = lost, True
            return [
                batch.on_skipped(item) if told or n else batch.on_lost(item, str(error)) for n, item in enumerate(group)
            ]
        except NoWorkersError:
            return chain.from_iterable(map(batch.function, group))

    def after_loss(group: list[Item], error: WorkerLostError) -> Iterator[Result]:
        # Only the item that was worked on is lost.
        for number, item in enumerate(group):
            if number == error.n_done:
                yield batch.on_lost(item, str(error))
            else:
                yield from results([item], executor.submit(_call, batch.function, batch.pack, [item]))

    try:
        while True:
            running.extend((group, submitted(group)) for group in islice(groups, window - len(running)))
            if not running:
                return
            ended = False
            for result in results(*running.popleft()):
                yield result
                ended = ended or batch.stops(result)
            if lost:
                for group, _ in running:
                    yield from map(batch.on_skipped, group)
                running.clear()
                yield from map(batch.on_skipped, chain(chain.from_iterable(groups), left))
                return
            if ended:
                # Groups that have begun are finished, so that no skipped item has a result.
                executor.shutdown(cancel_futures=True)
                while running:
                    yield from results(*running.popleft())
                yield from map(batch.on_skipped, left)
                return
    finally:
        # Without waiting, if the caller takes no more results.
        executor.shutdown(wait=not running, cancel_futures=True)


def _groups(
    batch: OrderedMap[Item, Any], left: Iterator[Item], max_items: int | None, group_s: float
) -> Iterator[list[Item]]:
    """Yield the items in groups that are submitted together."""
    if isinstance(batch.function, GroupFunction):
        size = min(batch.function.max_group, max_items or batch.function.max_group)
        while some := list(islice(left, size)):
            yield some
        return
    group: list[Item] = []
    room = 0.0
    for item in left:
        seconds = batch.cost_s(item) if batch.cost_s else group_s
        if group and (seconds > room or len(group) == max_items):
            yield group
            group = []
        room = (room if group else group_s) - seconds
        group.append(item)
    if group:
        yield group


def _call(
    function: Callable[[Any], Iterable[Any]], pack: Callable[[list[Any]], list[Any]] | None, items: list[Any]
) -> list[Any]:
    group = function if isinstance(function, GroupFunction) else None
    results: list[Any] = []
    if group:
        group.begin_group(items)
    for number, item in enumerate(items):
        report_progress(number)
        results += function(item)
    results = group.end_group(results) if group else results
    return pack(results) if pack else results
