"""Work on items one after the other, or in processes that share them."""

from collections.abc import Iterator, Sequence

from wav2spec.executors.ordered_map import Item, OrderedMap, Result


def in_order(work: OrderedMap[Item, Result], items: Sequence[Item], n_workers: int) -> Iterator[Result]:
    """Yield the results of all items, in the items' order.

    With one worker, and where the system refuses processes, the work is done here.
    """
    if n_workers > 1:
        # Loads multiprocessing.
        from wav2spec.executors.sharing import new_executor, shared

        if executor := new_executor(work.function, n_workers):
            yield from shared(work, items, executor, n_workers)
            return
    left = iter(items)
    for item in left:
        for result in work.function(item):
            yield result
            if work.ends(result):
                yield from map(work.untried, left)
                return
        work.done(1)
