"""A function over many items in several threads; of use for functions that release the interpreter, as NumPy's do."""

from collections.abc import Callable, Iterable, Iterator
from queue import SimpleQueue
from threading import Semaphore, Thread
from typing import Any, NamedTuple, TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

# Items for each thread that are taken before their results are.
_AHEAD = 2


def map_in_threads(function: Callable[[_Item], _Result], items: Iterable[_Item], n_threads: int) -> Iterator[_Result]:
    """Yield the result of each item, in order. One more thread takes the items, and is never far ahead.

    Where the system refuses threads, there are fewer of them, or none.

    A thread that waits for the interpreter waits longer than another one needs it. So items should be large, and the
    function should release the interpreter in few calls.
    """
    remaining = iter(items)
    # Items, each with a queue for its result; and these queues in the order of the items.
    tasks: SimpleQueue[tuple[_Item, SimpleQueue[Any]] | None] = SimpleQueue()
    ordered: SimpleQueue[SimpleQueue[Any] | None] = SimpleQueue()
    room = Semaphore(_AHEAD * n_threads)
    is_over = False

    def take() -> None:
        try:
            room.acquire()
            for item in remaining:
                result: SimpleQueue[Any] = SimpleQueue()
                ordered.put(result)
                tasks.put((item, result))
                room.acquire()
                if is_over:
                    break
        except BaseException as error:
            failed: SimpleQueue[Any] = SimpleQueue()
            failed.put(_Failure(error))
            ordered.put(failed)
        finally:
            ordered.put(None)
            for _ in range(n_threads):
                tasks.put(None)

    def work() -> None:
        while task := tasks.get():
            item, result = task
            try:
                result.put(None if is_over else function(item))
            except BaseException as error:
                result.put(_Failure(error))

    workers = _started([work] * n_threads)
    taker = _started([take]) if workers else []
    if not taker:
        for _ in workers:
            tasks.put(None)
        yield from map(function, remaining)
        return
    try:
        while result := ordered.get():
            done = result.get()
            room.release()
            if isinstance(done, _Failure):
                raise done.error
            yield done
    finally:
        is_over = True
        room.release()
        for thread in (*taker, *workers):
            thread.join()


class _Failure(NamedTuple):
    """What a function raised."""

    error: BaseException


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
