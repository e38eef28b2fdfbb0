"""The progress bar."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from threading import RLock
from typing import Any

# Shorter work shows no bar (s).
_DELAY_S = 1.0


class Progress:
    """A bar with rate and time left: over the files, or over the seconds of a single file.

    It appears once the work has taken a second, and only if standard error is a terminal.

    Parameters
    ----------
    n_files : int, optional
        Number of files of this run, None if unknown.
    hidden : bool
        Never show the bar.
    clock : callable, optional
        Seconds since any fixed moment.
    """

    def __init__(self, n_files: int | None, *, hidden: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self.n_files = n_files
        self.n_done = 0
        self._hidden = hidden or sys.stderr is None or not sys.stderr.isatty()
        self._clock = clock
        self._start_s = clock()
        self._bar: Any = None

    def advance(self, n_files: int) -> None:
        """Count so many more files as done."""
        # The last shard may have fewer than the others.
        self.n_done = min(self.n_done + n_files, self.n_files or sys.maxsize)
        if self.n_files != 1:
            self._show(self.n_done, self.n_files, "file")

    def watch(self, position_s: float, duration_s: float) -> None:
        """Show the position in a single file, which may be read several times."""
        self._show(round(position_s), round(duration_s), "s")

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Clear the bar while something else is printed."""
        if self._bar is not None:
            self._bar.clear()
        yield
        if self._bar is not None:
            self._bar.refresh()

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()

    def _show(self, n: int, total: int | None, unit: str) -> None:
        if self._hidden:
            return
        elapsed_s = self._clock() - self._start_s
        if self._bar is None and elapsed_s > _DELAY_S:
            self._bar = _new_bar(total, unit, elapsed_s)
        if self._bar is not None:
            self._bar.update(n - self._bar.n)


def _new_bar(total: int | None, unit: str, elapsed_s: float) -> Any:
    # Imported here so that only terminals pay for it.
    from tqdm import tqdm

    # tqdm's monitor thread must not run when workers are forked, and its default lock is a semaphore, which containers
    # may lack.
    tqdm.monitor_interval = 0
    tqdm.set_lock(RLock())
    bar = tqdm(total=total, unit=unit, file=sys.stderr, leave=False, dynamic_ncols=True, delay=_DELAY_S)
    bar.start_t -= elapsed_s
    bar.last_print_t = bar.start_t
    return bar
