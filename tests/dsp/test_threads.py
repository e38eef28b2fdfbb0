"""A function over many items in several threads, against the same function in a loop."""

import threading
import time
from collections.abc import Iterator
from itertools import count

import numpy as np
import pytest
from program import HANGS_AFTER_S

from wav2spec.dsp.stft import stft_magnitudes
from wav2spec.dsp.threads import map_in_threads
from wav2spec.settings.analysis import Analysis


def numbers(n: int) -> Iterator[int]:
    yield from range(n)


@pytest.mark.parametrize("n_threads", [1, 2, 5])
@pytest.mark.parametrize("n", [0, 1, 4, 5, 1000])
def test_results_come_in_order_whichever_thread_is_done_first(n: int, n_threads: int) -> None:
    def slower_if_even(number: int) -> int:
        time.sleep(0.001 * (number % 2 == 0 and n < 100))
        return -number

    assert list(map_in_threads(slower_if_even, numbers(n), n_threads)) == [-number for number in range(n)]


def test_all_threads_work_at_once() -> None:
    # Each waits for the others.
    together = threading.Barrier(3, timeout=HANGS_AFTER_S)

    def meet(number: int) -> int:
        together.wait()
        return number

    assert list(map_in_threads(meet, numbers(12), 3)) == list(range(12))


def test_items_are_not_taken_far_ahead_of_the_results() -> None:
    n_taken = 0

    def taken() -> Iterator[int]:
        nonlocal n_taken
        while True:
            n_taken += 1
            yield n_taken

    results = map_in_threads(abs, taken(), 2)
    for n_yielded in range(1, 500):
        assert next(results) == n_yielded
        # Two ahead for each thread.
        assert n_taken <= n_yielded + 2 * 2
    results.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("where", ["items", "function"])
def test_an_error_follows_the_results_before_it(where: str) -> None:
    def items() -> Iterator[int]:
        for number in range(1000):
            if number == 40 and where == "items":
                raise OSError("it ended")
            yield number

    def checked(number: int) -> int:
        if number == 40 and where == "function":
            raise OSError("it ended")
        return number

    found = []
    with pytest.raises(OSError, match="it ended"):  # noqa: PT012 - what came before counts
        for number in map_in_threads(checked, items(), 2):
            found.append(number)
    assert found == list(range(40))


def test_threads_end_with_the_iterator() -> None:
    before = threading.active_count()
    results = map_in_threads(abs, count(), 3)
    assert next(results) == 0
    assert threading.active_count() > before
    results.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before


@pytest.mark.parametrize("n_started", [0, 1, 3, 4])
def test_a_system_that_refuses_threads_gets_the_same_results(monkeypatch: pytest.MonkeyPatch, n_started: int) -> None:
    start = threading.Thread.start
    started: list[threading.Thread] = []

    def refused(thread: threading.Thread) -> None:
        if len(started) == n_started:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refused)
    assert list(map_in_threads(abs, numbers(100), 3)) == list(range(100))


@pytest.mark.parametrize("n_channels", [1, 2])
def test_threads_do_not_change_a_bit_of_the_spectra(n_channels: int) -> None:
    samples = np.random.default_rng(7).uniform(-1, 1, (200_000, n_channels)).astype(np.float32)
    for analysis in (
        Analysis(256, 128, fft_length=256),
        Analysis(400, 160, fft_length=512, framing="centered"),
        # Of which few frames are held at once.
        Analysis(256, 100_000, fft_length=256),
    ):
        expected, *others = (list(stft_magnitudes([samples], analysis, n_threads=n)) for n in (1, 2, 4))
        for other in others:
            # Sums over blocks depend on where blocks end, and on their order in memory.
            assert [block.shape for block in other] == [block.shape for block in expected]
            for block, same in zip(other, expected, strict=True):
                assert block.flags.c_contiguous
                np.testing.assert_array_equal(block, same)
