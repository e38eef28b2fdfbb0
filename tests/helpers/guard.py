"""A pytest plugin: a test without the marks `slow` or `system` starts no process and takes little processor time."""

import resource
import sys
import time
from collections.abc import Generator

import pytest

# Of this process and its children (s). The slowest such test takes a fifth of it on an idle machine; processor time
# grows on a busy one too, but not so much.
_MAX_CPU_S = 5.0

_STARTS = frozenset({"os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system", "subprocess.Popen"})
_started: list[str] = []
_BEFORE = pytest.StashKey[float]()


def _note_process(event: str, _arguments: object) -> None:
    if event in _STARTS:
        _started.append(event)


sys.addaudithook(_note_process)


def _cpu_s() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, None, None]:
    _started.clear()
    item.stash[_BEFORE] = _cpu_s()
    yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    yield
    if any(item.get_closest_marker(name) for name in ("slow", "system", "browser")):
        return
    if _started:
        pytest.fail(f"starts processes ({', '.join(_started)}): mark it `system`")
    taken = _cpu_s() - item.stash[_BEFORE]
    if taken > _MAX_CPU_S:
        pytest.fail(f"takes {taken:.1f} s of processor time, more than {_MAX_CPU_S:.0f} s: mark it `slow`")
