"""A function that runs in a thread beside its caller; of use for what lets Python go on meanwhile, as NumPy does."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future

_Given = TypeVar("_Given")


_Made = TypeVar("_Made")


# How many are handed over at once: to hand over costs about a tenth of what a piece of the transform does. And how many
# such groups the thread may be ahead.
_GROUP = 4


_AHEAD = 3


def map_in_thread(function: Callable[[_Given], _Made], given: Iterable[_Given]) -> Iterator[_Made]:
    """Yield what a function makes of each, in order."""
    # Loaded by those who have much to do alone.
    from concurrent.futures import ThreadPoolExecutor

    def of_group(group: list[_Given]) -> list[_Made]:
        return [function(one) for one in group]

    left = iter(given)
    running: deque[Future[list[_Made]]] = deque()
    with ThreadPoolExecutor(1) as executor:
        try:
            executor.submit(int)
        except RuntimeError:
            # The system refuses threads.
            yield from map(function, left)
            return
        while group := list(islice(left, _GROUP)):
            running.append(executor.submit(of_group, group))
            if len(running) > _AHEAD:
                yield from running.popleft().result()
        while running:
            yield from running.popleft().result()
