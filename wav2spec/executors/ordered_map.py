"""One function over many items, with the results in the items' order."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")


Result = TypeVar("Result")


@dataclass(frozen=True)
class OrderedMap(Generic[Item, Result]):
    """What is done with items.

    Attributes
    ----------
    function : callable
        Yields the results of an item. Can be pickled.
    lost : callable
        Says the result of an item whose process died, and how.
    skipped : callable
        Says the result of an item that was not worked on.
    ends : callable
        Whether a result ends the work: what has been done beside it is still told, nothing more is done.
    done : callable
        Told how many items more have been worked on, in whatever order.
    seconds : callable, optional
        Says about how long an item takes; without, nothing is handed over with another.
    """

    function: Callable[[Item], Iterable[Result]]
    on_lost: Callable[[Item, str], Result]
    on_skipped: Callable[[Item], Result]
    stops: Callable[[Result], bool] = lambda _: False
    on_done: Callable[[int], object] = lambda _: None
    cost_s: Callable[[Item], float] | None = None
