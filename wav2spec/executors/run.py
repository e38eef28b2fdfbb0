"""The executors, one row each, and the choice between them."""

from collections.abc import Iterable, Iterator
from itertools import islice

from wav2spec.executors.ordered_map import GroupFunction, Item, MapExecutor, OrderedMap, Result


def map_serially(work: OrderedMap[Item, Result], items: Iterable[Item], n_workers: int = 1) -> Iterator[Result]:  # noqa: ARG001
    """Yield the results of all items, worked on here, one after the other."""
    if isinstance(work.function, GroupFunction):
        yield from _map_groups(work, work.function, iter(items))
        return
    left = iter(items)
    for item in left:
        for result in work.function(item):
            yield result
            if work.stops(result):
                yield from map(work.on_skipped, left)
                return
        work.on_done(1)


def _map_groups(work: OrderedMap[Item, Result], function: GroupFunction, left: Iterator[Item]) -> Iterator[Result]:
    while group := list(islice(left, function.max_group)):
        function.begin_group(group)
        done: list[Result] = []
        for item in group:
            done += work.function(item)
            work.on_done(1)
        for result in function.end_group(done):
            yield result
            if work.stops(result):
                yield from map(work.on_skipped, left)
                return


def map_in_processes(work: OrderedMap[Item, Result], items: Iterable[Item], n_workers: int) -> Iterator[Result]:
    """Yield the results of all items, worked on by processes; here, where the system refuses processes."""
    # Loads multiprocessing.
    from wav2spec.executors.sharing import map_parallel, new_executor

    if executor := new_executor(n_workers):
        yield from map_parallel(work, items, executor, n_workers)
    else:
        yield from map_serially(work, items)


# Every executor keeps the contract of `MapExecutor`.
EXECUTORS: dict[str, MapExecutor] = {"serial": map_serially, "processes": map_in_processes}


def map_in_order(work: OrderedMap[Item, Result], items: Iterable[Item], n_workers: int) -> Iterator[Result]:
    """Yield the results of all items in their order, by as many workers as there are to be."""
    return EXECUTORS["processes" if n_workers > 1 else "serial"](work, items, n_workers)
