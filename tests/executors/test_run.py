"""One function over many items in several processes: order, losses, and what happens where processes are refused."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from program import HANGS_AFTER_S

from wav2spec.executors.cpus import available_cpus
from wav2spec.executors.local import ProcessExecutor
from wav2spec.executors.ordered_map import OrderedMap
from wav2spec.executors.run import map_in_order

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("deadline")]

HERE = os.getpid()


def lost(item: object, words: str) -> str:
    return f"{item} {words.split()[-1]}"


def skipped(item: object) -> str:
    return f"{item} skipped"


def results(function: Callable[[Any], Iterable[Any]], items: Sequence[Any], n_workers: int, **more: Any) -> Any:
    return map_in_order(OrderedMap(function, lost, skipped, **more), items, n_workers)


def who(_: object) -> list[int]:
    return [os.getpid()]


def slower_first(item: int) -> list[int]:
    time.sleep(0.1 / (1 + item))
    return [item]


def absolute(item: int) -> list[int]:
    return [abs(item)]


def dies_of_even(item: int) -> Iterator[str]:
    yield f"{item}"
    if item % 2 == 0:
        os.kill(os.getpid(), signal.SIGKILL)


def dies_of_first_in_a_worker(item: int) -> list[int]:
    if os.getpid() != HERE and item < 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return [item]


def inverse(item: int) -> list[float]:
    return [1 / item]


def sleeps(cost_s: float) -> list[float]:
    time.sleep(cost_s)
    return [cost_s]


def refuse_processes(monkeypatch: pytest.MonkeyPatch, after: int = 0) -> None:
    """Let the system have no more processes, as under `ulimit -u` or in a container with a limit of them."""
    fork, n_forked = os.fork, 0

    def limited() -> int:
        nonlocal n_forked
        if os.getpid() == HERE:
            n_forked += 1
        if n_forked > after:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        return fork()

    monkeypatch.setattr(os, "fork", limited)


def test_one_worker_is_this_process_and_more_are_others() -> None:
    assert set(results(who, range(4), 1)) == {HERE}
    assert HERE not in set(results(who, range(4), 2))


@pytest.mark.parametrize("n_workers", [2, 3])
@pytest.mark.parametrize("cost_s", [None, lambda _: 0.001, lambda item: 0.004 * item], ids=["one", "many", "some"])
def test_an_item_whose_process_dies_is_lost_in_its_place(n_workers: int, cost_s: Any) -> None:
    """Also of those that are handed over together."""
    expected = [str(n) if n % 2 else f"{n} SIGKILL" for n in range(12)]
    assert list(results(dies_of_even, range(12), n_workers, cost_s=cost_s)) == expected


@pytest.mark.parametrize("cost_s", [lambda _: 0.001, lambda item: 0.001 * (item % 7)], ids=["alike", "unlike"])
def test_what_is_handed_over_together_comes_in_order_and_is_counted(cost_s: Any) -> None:
    on_done: list[int] = []
    found = results(slower_first, range(50), 2, cost_s=cost_s, on_done=lambda n: on_done.extend([1] * n))
    assert list(found) == list(range(50))
    assert len(on_done) == 50


def test_many_more_items_than_are_kept_at_once_come_in_order() -> None:
    assert list(results(absolute, range(-5000, 5000), 2)) == list(map(abs, range(-5000, 5000)))


class Task(NamedTuple):
    """Makes a file of its name, waits for that of another task, and sleeps."""

    name: str
    waits_for: str = ""
    cost_s: float = 0

    def __str__(self) -> str:
        return os.path.basename(self.name)


def performs(task: Task) -> list[str]:
    Path(task.name).touch()
    while task.waits_for and not os.path.exists(task.waits_for):
        time.sleep(0.001)
    time.sleep(task.cost_s)
    return [str(task)]


@pytest.mark.parametrize("n_workers", [1, 2, 3])
def test_a_result_may_end_the_work_and_of_the_rest_it_is_said_what_was_done(n_workers: int, tmp_path: Path) -> None:
    first, last, beside = (str(tmp_path / name) for name in ("first", "last", "beside"))
    tasks = [
        Task(first),
        Task(last, waits_for=beside if n_workers > 1 else ""),
        Task(beside, waits_for=last),
        *[Task(str(tmp_path / "late"), cost_s=0.5)] * 8,
    ]
    found = list(results(performs, tasks, n_workers, stops=lambda result: result == "last"))
    assert found[:2] == ["first", "last"]
    # What others have begun beside the one that ends it they end; the last are never begun.
    assert found[2] == ("beside" if n_workers > 1 else "beside skipped")
    n_made = found[3:].count("late")
    assert n_made <= (0 if n_workers == 1 else 2 * n_workers)
    assert found[3:] == ["late"] * n_made + ["late skipped"] * (8 - n_made)


def test_who_wants_no_more_does_not_wait_for_the_rest() -> None:
    found = results(sleeps, [0.0, *[10.0 * HANGS_AFTER_S] * 5], 2)
    assert next(found) == 0
    found.close()
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize("n_allowed", [0, 1, 2])
def test_workers_that_are_refused_are_an_error_and_leave_none_behind(
    n_allowed: int, monkeypatch: pytest.MonkeyPatch, children: Callable[[], set[int]]
) -> None:
    refuse_processes(monkeypatch, after=n_allowed)
    with pytest.raises(BlockingIOError):
        ProcessExecutor(3, int)
    assert children() == set()


def test_where_processes_are_refused_the_work_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    refuse_processes(monkeypatch, after=1)
    on_done: list[int] = []
    assert list(results(who, range(4), 2, on_done=lambda n: on_done.extend([1] * n))) == [HERE] * 4
    assert len(on_done) == 4


def test_where_descriptors_run_out_the_work_is_done_here() -> None:
    code = """if True:
        import os, resource
        from wav2spec.executors.ordered_map import OrderedMap
        from wav2spec.executors.run import map_in_order
        from wav2spec.executors.local import ProcessExecutor
        resource.setrlimit(resource.RLIMIT_NOFILE, (12, 12))
        try:
            ProcessExecutor(8, int)
        except OSError as error:
            print(error.strerror)
        print(*map_in_order(OrderedMap(range, None, None), [1, 2, 3], 8))
        try:
            os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            print("none left")
    """
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=HANGS_AFTER_S)
    assert result.stdout.splitlines() == ["Too many open files", "0 0 1 0 1 2", "none left"]
    assert result.stderr == ""


class _SlowlyNamed(list[int]):
    """Items of which the later ones come when the first have been worked on."""

    def __iter__(self) -> Iterator[int]:
        for item in super().__iter__():
            time.sleep(0.05 * (item > 3))
            yield item


@pytest.mark.parametrize("items", [list(range(8)), _SlowlyNamed(range(8))], ids=["at once", "slowly"])
def test_where_none_can_take_the_place_of_those_that_died_the_rest_is_done_here(
    items: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_processes(monkeypatch, after=2)
    found = list(results(dies_of_first_in_a_worker, items, 2))
    assert found == ["0 SIGKILL", "1 SIGKILL", *range(2, 8)]


@pytest.mark.parametrize("threads", [True, False])
def test_workers_end_with_a_parent_that_is_killed_though_there_can_be_no_thread(threads: bool, tmp_path: Path) -> None:
    code = f"""if True:
        import os, threading
        from wav2spec.executors.local import ProcessExecutor
        def refuse(self): raise RuntimeError("can't start new thread")
        if not {threads}: threading.Thread.start = refuse
        workers = ProcessExecutor(2, int)
        print(*[worker.process.pid for worker in workers._workers], workers.submit(os.getpid).result(), flush=True)
        os.kill(os.getpid(), 9)
    """
    # Not into a pipe, of which those that are left would keep the end open.
    with open(tmp_path / "ids", "w+") as file:
        subprocess.run([sys.executable, "-c", code], stdout=file, timeout=HANGS_AFTER_S)
        file.seek(0)
        ids = set(map(int, file.read().split()))
    end = time.monotonic() + HANGS_AFTER_S
    while (left := [process_id for process_id in ids if _lives(process_id)]) and time.monotonic() < end:
        time.sleep(0.02)
    for process_id in left:
        os.kill(process_id, signal.SIGKILL)
    assert len(ids) == 2
    assert left == []


def _lives(process_id: int) -> bool:
    try:
        return Path(f"/proc/{process_id}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="needs processors that can be chosen")
def test_the_processors_are_those_that_the_process_may_use() -> None:
    assert 1 <= available_cpus() <= len(os.sched_getaffinity(0))
    code = (
        "import os; os.sched_setaffinity(0, [min(os.sched_getaffinity(0))]); "
        "from wav2spec.executors.cpus import available_cpus; print(available_cpus())"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=HANGS_AFTER_S).stdout == b"1\n"
