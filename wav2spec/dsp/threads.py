"""A function over many items in several threads; of use for functions that release the interpreter, as NumPy's do."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from queue import SimpleQueue
from threading import Semaphore, Thread
from typing import Any, TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

# Items that are handed over at once: to hand over costs about a tenth of the transform of a piece.
_GROUP = 4
# Groups for each thread that are taken before their results are.
_AHEAD = 2


def map_in_threads(function: Callable[[_Item], _Result], items: Iterable[_Item], n_threads: int) -> Iterator[_Result]:
    """Yield the result of each item, in order. One more thread takes the items, and is never far ahead.

    Where the system refuses threads, there are fewer of them, or none.
    """
    remaining = iter(items)
    # Groups of items, each with a queue for its results; and these queues in the order of the groups.
    tasks: SimpleQueue[tuple[list[_Item], SimpleQueue[Any]] | None] = SimpleQueue()
    ordered: SimpleQueue[SimpleQueue[Any] | None] = SimpleQueue()
    room = Semaphore(_AHEAD * n_threads)
    is_over = False

    def take() -> None:
        try:
            while room.acquire() and not is_over and (group := list(islice(remaining, _GROUP))):
                results: SimpleQueue[Any] = SimpleQueue()
                ordered.put(results)
                tasks.put((group, results))
        except BaseException as error:
            failed: SimpleQueue[Any] = SimpleQueue()
            failed.put(error)
            ordered.put(failed)
        finally:
            ordered.put(None)
            for _ in range(n_threads):
                tasks.put(None)

    def work() -> None:
        while task := tasks.get():
            group, results = task
            try:
                results.put([] if is_over else [function(item) for item in group])
            except BaseException as error:
                results.put(error)

    workers = _started([work] * n_threads)
    taker = _started([take]) if workers else []
    if not taker:
        for _ in workers:
            tasks.put(None)
        yield from map(function, remaining)
        return
    try:
        while results := ordered.get():
            done = results.get()
            room.release()
            if isinstance(done, BaseException):
                raise done
            yield from done
    finally:
        is_over = True
        room.release()
        for thread in (*taker, *workers):
            thread.join()


def _started(functions: list[Callable[[], None]]) -> list[Thread]:
    """Run each function in a thread, and return the threads that there are."""
    threads = []
    for function in functions:
        thread = Thread(target=function, daemon=True)
        try:
            thread.start()
        except RuntimeError:
            break
        threads.append(thread)
    return threads
