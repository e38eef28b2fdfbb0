"""One function over many items, with the results in the items' order."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Batch(Generic[Item, Result]):
    """What is done with items.

    Attributes
    ----------
    function : callable
        Yields the results of an item. Can be pickled.
    lost : callable
        Says the result of an item whose process died, and how.
    untried : callable
        Says the result of an item that was not worked on.
    ends : callable
        Whether a result ends the work: what has been done beside it is still told, nothing more is done.
    done : callable
        Told how many items more have been worked on, in whatever order.
    seconds : callable, optional
        Says about how long an item takes; without, nothing is handed over with another.
    """

    function: Callable[[Item], Iterable[Result]]
    lost: Callable[[Item, str], Result]
    untried: Callable[[Item], Result]
    ends: Callable[[Result], bool] = lambda _: False
    done: Callable[[int], object] = lambda _: None
    seconds: Callable[[Item], float] | None = None

    def in_order(self, items: Sequence[Item], n_workers: int) -> Iterator[Result]:
        """Yield the results of all items, in the items' order.

        With one worker, and where the system refuses processes, the work is done here.
        """
        if n_workers > 1:
            # Loads multiprocessing.
            from wav2spec.sharing import new_executor, shared

            if executor := new_executor(self.function, n_workers):
                yield from shared(self, items, executor, n_workers)
                return
        left = iter(items)
        for item in left:
            for result in self.function(item):
                yield result
                if self.ends(result):
                    yield from map(self.untried, left)
                    return
            self.done(1)


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
