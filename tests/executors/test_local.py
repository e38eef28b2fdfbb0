"""Processes that share work: what comes back, what is lost when one dies, and that none is left behind."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from pathlib import Path
from typing import Any, NoReturn

import pytest
from program import HANGS_AFTER_S

from wav2spec.executors.local import ProcessExecutor, WorkerLostError

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("deadline")]

KILLED = "the process that worked on it was killed by SIGKILL"
MEGABYTE = 2**20
Children = Callable[[], set[int]]
# Longer than the deadline (s).
FOR_EVER_S = 10 * HANGS_AFTER_S


def nothing() -> None:
    pass


@pytest.fixture
def start(children: Children) -> Iterator[Callable[..., ProcessExecutor]]:  # noqa: ARG001 - counts those started here
    """Start workers that end with the test. A with block would wait once more for what it waited for in vain."""
    started: list[ProcessExecutor] = []

    def start(n_workers: int, initializer: Callable[..., object] = nothing, *initargs: object) -> ProcessExecutor:
        started.append(ProcessExecutor(n_workers, initializer, initargs))
        return started[-1]

    yield start
    for executor in started:
        executor.kill()


@pytest.fixture
def workers(start: Callable[..., ProcessExecutor]) -> ProcessExecutor:
    return start(2)


def die(number: int = signal.SIGKILL) -> NoReturn:
    os.kill(os.getpid(), number)
    raise AssertionError("it lives")


def square(number: int) -> int:
    return number * number


def inverse(number: int, seconds: float = 0) -> float:
    time.sleep(seconds)
    return 1 / number


def square_unless_7(number: int) -> int:
    return die() if number % 10 == 7 else number * number


def later(value: Any, seconds: float = 0.1) -> Any:
    time.sleep(seconds)
    return value


def meet(mine: str, other: str) -> str:
    """Make a folder, and wait for another one."""
    os.mkdir(mine)
    while not os.path.exists(other):
        time.sleep(0.001)
    return "met"


def exchange(given: bytes, n_wanted: int) -> bytes:
    time.sleep(0.01 * bool(given))
    return bytes(n_wanted)


class OddError(Exception):
    """Cannot be made again from what it says."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(one + two)


def fail_oddly() -> NoReturn:
    raise OddError("a", "b")


def test_results_are_those_of_the_functions_called_in_other_processes(
    workers: ProcessExecutor, children: Children
) -> None:
    assert workers.submit(divmod, 17, 5).result() == (3, 2)
    assert workers.submit(int, "ff", base=16).result() == 255
    assert workers.submit(os.getpid).result() in children()


def test_results_may_be_asked_for_in_any_order_and_again(workers: ProcessExecutor) -> None:
    futures = [workers.submit(square, number) for number in range(100)]
    for number in [99, 0, 50, *range(100)]:
        assert futures[number].result() == number * number


def test_map_keeps_the_order(workers: ProcessExecutor) -> None:
    seconds = [0.1, 0.0, 0.05, 0.0]
    assert list(workers.map(later, range(4), seconds)) == [0, 1, 2, 3]
    assert list(workers.map(square, range(1000))) == [n * n for n in range(1000)]
    assert list(workers.map(square, [])) == []


def test_the_initializer_is_called_in_each_process_and_not_here(start: Callable[..., ProcessExecutor]) -> None:
    here = os.getcwd()
    executor = start(2, os.chdir, "/")
    assert [executor.submit(os.getcwd).result() for _ in range(5)] == ["/"] * 5
    assert os.getcwd() == here != "/"


def test_work_is_shared(workers: ProcessExecutor, tmp_path: Path) -> None:
    # Each waits for the other, for ever if they ran one after the other.
    folders = [str(tmp_path / "a"), str(tmp_path / "b")]
    assert list(workers.map(meet, folders, reversed(folders))) == ["met", "met"]


def test_an_exception_comes_back_and_the_process_lives(workers: ProcessExecutor) -> None:
    futures = [workers.submit(inverse, number) for number in (2, 0, 4)]
    assert (futures[0].result(), futures[2].result()) == (0.5, 0.25)
    with pytest.raises(ZeroDivisionError, match="division by zero"):
        futures[1].result()
    with pytest.raises(FileNotFoundError) as caught:
        workers.submit(os.stat, "/none").result()
    assert caught.value.filename == "/none"


def test_an_exception_may_be_asked_for_as_with_any_future(workers: ProcessExecutor) -> None:
    assert isinstance(workers.submit(inverse, 0).exception(), ZeroDivisionError)
    assert workers.submit(inverse, 1).exception() is None


def test_map_ends_with_the_first_exception_and_the_workers_go_on(workers: ProcessExecutor) -> None:
    found = workers.map(inverse, [4, 2, 0, 1, 1, 1, 1, 1], [0, 0, 0, 0.1, 0.1, 0.1, 0.1, 0.1])
    assert (next(found), next(found)) == (0.25, 0.5)
    with pytest.raises(ZeroDivisionError):
        next(found)
    assert workers.submit(square, 3).result() == 9
    workers.shutdown()


@pytest.mark.parametrize(
    "task", [(fail_oddly,), (threading.Lock,), (square, threading.Lock())], ids=["exception", "result", "argument"]
)
def test_what_cannot_be_sent_fails_alone(workers: ProcessExecutor, task: tuple[Callable[..., Any], ...]) -> None:
    before = [workers.submit(square, number) for number in range(10)]
    with pytest.raises(Exception):  # noqa: B017, PT011 - which one is not promised
        workers.submit(*task).result()
    after = [workers.submit(square, number) for number in range(10)]
    assert [future.result() for future in before + after] == [n * n for n in range(10)] * 2
    workers.shutdown()


def test_who_waits_no_longer_than_so_long_gets_the_result_later(workers: ProcessExecutor, tmp_path: Path) -> None:
    future = workers.submit(meet, str(tmp_path / "worker"), str(tmp_path / "test"))
    with pytest.raises(TimeoutError, match=r"^$"):
        future.result(timeout=0.05)
    (tmp_path / "test").mkdir()
    assert future.result() == "met"


def test_a_process_that_is_killed_fails_its_own_task_alone(workers: ProcessExecutor) -> None:
    futures = [workers.submit(square_unless_7, number) for number in range(20)]
    for number, future in enumerate(futures):
        if number % 10 == 7:
            with pytest.raises(WorkerLostError, match=f"^{KILLED}$"):
                future.result()
        else:
            assert future.result() == number * number


@pytest.mark.parametrize("n_workers", [1, 2, 4])
def test_many_that_are_killed_among_many_fail_their_own_tasks_alone(
    n_workers: int, start: Callable[..., ProcessExecutor], children: Children
) -> None:
    executor = start(n_workers)
    futures = [executor.submit(square_unless_7, number) for number in range(200)]
    lost = []
    for number, future in enumerate(futures):
        try:
            assert future.result() == number * number
        except WorkerLostError:
            lost.append(number)
    assert lost == list(range(7, 200, 10))
    assert len(children()) == n_workers


@pytest.mark.parametrize(
    ("task", "words"),
    [
        ((os._exit, 3), "ended with exit code 3"),
        ((os._exit, 0), "ended with exit code 0"),
        ((sys.exit, 4), "ended with exit code 4"),
        ((die, signal.SIGUSR2), "was killed by SIGUSR2"),
        ((die, signal.SIGTERM), "was killed by SIGTERM"),
        ((die, 40), "was killed by .*40"),
    ],
    ids=["exit 3", "exit 0", "sys.exit", "SIGUSR2", "SIGTERM", "a real-time signal"],
)
def test_how_a_process_ended_is_said(workers: ProcessExecutor, task: tuple[Any, ...], words: str) -> None:
    with pytest.raises(WorkerLostError, match=f"^the process that worked on it {words}$"):
        workers.submit(*task).result()
    assert workers.submit(square, 3).result() == 9


def test_a_process_that_is_killed_without_a_task_fails_none(workers: ProcessExecutor, children: Children) -> None:
    assert workers.submit(square, 2).result() == 4
    for process_id in children():
        os.kill(process_id, signal.SIGKILL)
        # Until all of it is dead, its second thread too; it is left to be buried.
        os.waitid(os.P_PID, process_id, os.WEXITED | os.WNOWAIT)
    assert list(workers.map(square, range(5))) == [0, 1, 4, 9, 16]


def test_the_end_waits_for_all_and_leaves_no_process(children: Children) -> None:
    with ProcessExecutor(2, nothing) as executor:
        futures = [executor.submit(later, number, 0.05) for number in range(6)]
        assert len(children()) == 2
    assert children() == set()
    assert [future.result() for future in futures] == list(range(6))


def test_kill_does_not_wait_for_work(workers: ProcessExecutor, children: Children) -> None:
    for _ in range(6):
        workers.submit(time.sleep, FOR_EVER_S)
    workers.kill()
    assert children() == set()


def test_kill_ends_those_that_do_not_listen(start: Callable[..., ProcessExecutor], children: Children) -> None:
    executor = start(2, signal.signal, signal.SIGTERM, signal.SIG_IGN)
    assert executor.submit(signal.getsignal, signal.SIGTERM).result() == signal.SIG_IGN
    executor.submit(time.sleep, FOR_EVER_S)
    executor.kill()
    assert children() == set()


def test_a_task_given_up_does_not_keep_who_asks_for_it(workers: ProcessExecutor) -> None:
    futures = [workers.submit(time.sleep, FOR_EVER_S) for _ in range(6)]
    workers.shutdown(wait=False)
    for future in futures:
        with pytest.raises((CancelledError, WorkerLostError)):
            future.result()


def test_after_the_end_nothing_is_taken_on(workers: ProcessExecutor) -> None:
    workers.shutdown()
    with pytest.raises(RuntimeError):
        workers.submit(square, 2).result()


@pytest.mark.parametrize(("n_in", "n_out"), [(1, MEGABYTE), (MEGABYTE, 1), (MEGABYTE, MEGABYTE)])
def test_neither_large_arguments_nor_large_results_block(workers: ProcessExecutor, n_in: int, n_out: int) -> None:
    answers = workers.map(exchange, [bytes(n_in)] * 12, [n_out] * 12)
    assert list(map(len, answers)) == [n_out] * 12
