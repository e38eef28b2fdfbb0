"""One function over many items, with the results in the order of the items."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Generic, NamedTuple, Protocol, TypeVar, runtime_checkable

Item = TypeVar("Item")
Result = TypeVar("Result")


class OrderedMap(NamedTuple, Generic[Item, Result]):
    """What is done with items.

    Attributes
    ----------
    function : callable
        Yields the results of an item. Can be pickled.
    on_lost : callable
        Returns the result of an item whose worker died, given how.
    on_skipped : callable
        Returns the result of an item that was not worked on.
    stops : callable
        Whether a result stops the work: what has begun is finished, the other items are skipped.
    on_done : callable
        Called with the number of items that were finished since the last call, in whatever order.
    cost_s : callable, optional
        Estimates the time of an item. Without it items are handed to workers one by one.
    n_items : int, optional
        None if unknown.
    pack : callable, optional
        Replaces the results of a group by fewer that stand for them, in the worker, so that less is sent. It can be
        pickled, and may be given results of its own. `stops` and the caller see what it returned.
    """

    function: Callable[[Item], Iterable[Result]]
    on_lost: Callable[[Item, str], Result]
    on_skipped: Callable[[Item], Result]
    stops: Callable[[Result], bool] = lambda _: False
    on_done: Callable[[int], object] = lambda _: None
    cost_s: Callable[[Item], float] | None = None
    n_items: int | None = None
    pack: Callable[[list[Result]], list[Result]] | None = None


@runtime_checkable
class GroupFunction(Protocol):
    """A function of an `OrderedMap` that works on several items at once: requests for them overlap."""

    # How many items a group has at most.
    max_group: int

    def begin_group(self, items: Sequence[Any]) -> None:
        """Prepare for a group whose items the function is then called with, in this order."""

    def end_group(self, results: list[Any]) -> list[Any]:
        """Return the results of the group, when all that they tell has happened."""


class MapExecutor(Protocol):
    """Where the work of an `OrderedMap` is done. `tests/executors/test_contract.py` is the contract.

    Results come in the order of the items, which are taken from their iterable no further ahead than the executor
    needs; an exception of the function is raised in its item's place. When the caller takes no more results, the work
    ends.
    """

    def __call__(self, work: OrderedMap[Item, Result], items: Iterable[Item], n_workers: int) -> Iterator[Result]: ...
