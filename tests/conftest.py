"""Fixtures for all tests, and the conditions under which they run."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import guard
import hypothesis
import numpy as np
import numpy.typing as npt
import processes
import pytest
import soundfile
from browsing import browser, open_page  # noqa: F401 - fixtures
from firefox import firefox  # noqa: F401 - a fixture
from program import HANGS_AFTER_S
from recordings import ROOT, MakeWav

# The same examples in every run; `make check` draws more, by --hypothesis-profile. Hypothesis's own deadline would fail
# tests on a busy machine: the guard limits processor time instead.
hypothesis.settings.register_profile("quick", derandomize=True, deadline=None, max_examples=50)
hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None, max_examples=300)
hypothesis.settings.load_profile("quick")

# A program that a script starts in the background ignores SIGINT, one under nohup SIGHUP, and so would every program
# started by the tests. A program inherits signals that are ignored, but not those that have a handler.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, lambda *_: None)

# It would hide output that standard streams hold back until the end.
os.environ.pop("PYTHONUNBUFFERED", None)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(guard)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if ROOT / "tests" / "system" in item.path.parents:
            item.add_marker("system")


@pytest.fixture
def make_wav(tmp_path: Path) -> MakeWav:
    """Return a function that writes a WAV file into the test's folder: fixed noise unless `samples` are given."""

    def make(
        name: str = "a.wav",
        samples: npt.ArrayLike | None = None,
        *,
        n_samples: int = 4000,
        n_channels: int = 1,
        sample_rate: int = 16000,
        subtype: str = "PCM_16",
        format: str = "WAV",
    ) -> Path:
        if samples is None:
            samples = np.random.default_rng(7).uniform(-0.5, 0.5, (n_samples, n_channels))
        path = tmp_path / name
        soundfile.write(os.fsencode(path), np.asarray(samples), sample_rate, subtype=subtype, format=format)
        return path

    return make


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return an empty folder for targets."""
    path = tmp_path / "pictures"
    path.mkdir()
    return path


@pytest.fixture
def children() -> Callable[[], set[int]]:
    """Return a function that returns the child processes started since, including the dead that nobody waited for.

    Other tests in this process may have children that live on, for example a browser that they share.
    """
    others = set(processes.children(os.getpid()))
    return lambda: set(processes.children(os.getpid())) - others


@pytest.fixture
def deadline() -> Iterator[None]:
    """Fail a test that hangs, or that leaves a process behind."""
    before = signal.signal(signal.SIGALRM, lambda *_: pytest.fail("hangs"))
    signal.alarm(HANGS_AFTER_S)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)
    left = multiprocessing.active_children()
    for process in left:
        process.kill()
        process.join()
    assert left == []
