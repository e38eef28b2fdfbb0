"""Work on items one after the other, or in processes that share them."""

from collections.abc import Iterator, Sequence

from wav2spec.executors.ordered_map import Item, OrderedMap, Result


def map_in_order(work: OrderedMap[Item, Result], items: Sequence[Item], n_workers: int) -> Iterator[Result]:
    """Yield the results of all items, in the items' order.

    With one worker, and where the system refuses processes, the work is done here.
    """
    if n_workers > 1:
        # Loads multiprocessing.
        from wav2spec.executors.sharing import map_parallel, new_executor

        if executor := new_executor(work.function, n_workers):
            yield from map_parallel(work, items, executor, n_workers)
            return
    left = iter(items)
    for item in left:
        for result in work.function(item):
            yield result
            if work.stops(result):
                yield from map(work.on_skipped, left)
                return
        work.on_done(1)
