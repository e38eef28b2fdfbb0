"""What waits for ever fails, instead of keeping the suite."""

import multiprocessing
import signal
from collections.abc import Iterator

import pytest

LIMIT_S = 4


@pytest.fixture(autouse=True)
def in_time() -> Iterator[None]:
    """Fail a test that takes too long, or leaves a process behind; in the modules that import it."""
    before = signal.signal(signal.SIGALRM, lambda *_: pytest.fail("it waits for what does not come"))
    signal.alarm(LIMIT_S)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)
    left = multiprocessing.active_children()
    for process in left:
        process.kill()
        process.join()
    assert left == []
