"""The contract of executors: every row of `EXECUTORS` passes these tests."""

import itertools
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from wav2spec.executors.ordered_map import OrderedMap
from wav2spec.executors.run import EXECUTORS

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("deadline")]

Run = Callable[..., Iterator[Any]]


@pytest.fixture(params=[(name, n) for name in EXECUTORS for n in ([1] if name == "serial" else [1, 2, 3])], ids=str)
def run(request: pytest.FixtureRequest) -> Run:
    """Return what maps a function over items by an executor and so many workers."""
    name, n_workers = request.param

    def run(function: Callable[[Any], Iterable[Any]], items: Iterable[Any], **more: Any) -> Iterator[Any]:
        work = OrderedMap(function, lambda item, how: f"{item} {how}", lambda item: f"{item} skipped", **more)
        return EXECUTORS[name](work, items, n_workers)

    return run


def slower_first(item: int) -> list[int]:
    time.sleep(0.1 / (1 + item))
    return [item]


def inverse(item: int) -> list[float]:
    return [1 / item]


def squares(items: list[int]) -> list[int]:
    return [item * item for item in items]


def listed(item: int) -> list[list[int]]:
    return [[item]]


def joined(results: list[list[int]]) -> list[list[int]]:
    return [list(itertools.chain.from_iterable(results))]


class Power:
    """A function that is an object, as conversions are."""

    def __init__(self, exponent: int) -> None:
        self.exponent = exponent

    def __call__(self, item: int) -> list[int]:
        return [item**self.exponent]


@pytest.mark.parametrize("cost_s", [None, lambda _: 0.001], ids=["one by one", "in groups"])
def test_results_come_in_the_order_of_the_items(run: Run, cost_s: Callable[[int], float] | None) -> None:
    assert list(run(slower_first, range(8), cost_s=cost_s)) == list(range(8))
    assert list(run(slower_first, [])) == []


def test_an_item_has_any_number_of_results(run: Run) -> None:
    assert list(run(range, [3, 0, 2])) == [0, 1, 2, 0, 1]


def test_the_function_is_told_with_the_work(run: Run) -> None:
    """Two runs at a time do not take each other's: no function is kept beside the run."""
    one, other = run(Power(1), range(1, 9)), run(Power(2), range(1, 9))
    assert list(zip(one, other, strict=True)) == [(n, n * n) for n in range(1, 9)]


@pytest.mark.parametrize("n_items", [None, 20])
def test_every_item_is_counted_once_when_it_is_done(run: Run, n_items: int | None) -> None:
    done: list[int] = []
    found = run(slower_first, range(20), cost_s=lambda _: 0.004, n_items=n_items, on_done=done.append)
    for number, _ in enumerate(found):
        assert sum(done) >= number
    assert sum(done) == 20


def test_results_may_be_packed_where_the_work_is_done(run: Run) -> None:
    found = list(run(listed, range(20), cost_s=lambda _: 0.004, n_items=20, pack=joined))
    assert list(itertools.chain.from_iterable(found)) == list(range(20))


def test_an_exception_is_raised_in_its_place_and_ends_the_work(run: Run) -> None:
    found = run(inverse, [2, 4, 0, 1, 1])
    assert (next(found), next(found)) == (0.5, 0.25)
    with pytest.raises(ZeroDivisionError):
        next(found)
    assert list(found) == []


def test_a_result_may_stop_the_work_and_every_item_after_it_is_done_or_skipped(run: Run) -> None:
    found = list(run(slower_first, range(8), stops=lambda result: result == 2))
    assert found[:3] == [0, 1, 2]
    for item, result in zip(range(3, 8), found[3:], strict=True):
        assert result in (item, f"{item} skipped")


def test_items_may_go_on_for_ever(run: Run) -> None:
    found = run(inverse, itertools.count(1), cost_s=lambda _: 0.02)
    assert list(itertools.islice(found, 5)) == [1 / item for item in range(1, 6)]
    found.close()  # type: ignore[attr-defined]


def test_large_items_and_results_come_through(run: Run) -> None:
    items = [list(range(n, n + 20_000)) for n in range(4)]
    assert list(run(squares, items)) == [n * n for item in items for n in item]


def test_when_the_caller_takes_no_more_results_the_work_ends(run: Run) -> None:
    seen: list[int] = []
    found = run(slower_first, (seen.append(n) or n for n in itertools.count()), cost_s=lambda _: 0.02)  # type: ignore[func-returns-value]
    next(found)
    found.close()  # type: ignore[attr-defined]
    n_seen = len(seen)
    time.sleep(0.05)
    assert len(seen) == n_seen
