"""How far the work is, on a terminal; nothing elsewhere."""

import contextlib
import sys
import time
from collections.abc import Iterator
from threading import RLock
from typing import Any

# Work that is done sooner needs no bar (s).
_DELAY_S = 1.0


class Progress:
    """A bar with rate and time left: over the files, or over the seconds of a single one.

    It appears when the work has taken a second, and only if standard error is a terminal.
    """

    def __init__(self, n_files: int, *, hidden: bool) -> None:
        self.n_files = n_files
        self.n_done = 0
        self._hidden = hidden or sys.stderr is None or not sys.stderr.isatty()
        self._start = time.time()
        self._bar: Any = None

    def advance(self, n_files: int) -> None:
        """Note that so many more files are done."""
        self.n_done += n_files
        if self.n_files > 1:
            self._show(self.n_done, self.n_files, "file")

    def watch(self, position_s: float, duration_s: float) -> None:
        """Note how many seconds of a single file have been read; it may be read more than once."""
        self._show(round(position_s), round(duration_s), "s")

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Take the bar from the screen for as long as something else is printed."""
        if self._bar is not None:
            self._bar.clear()
        yield
        if self._bar is not None:
            self._bar.refresh()

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()

    def _show(self, n: int, total: int, unit: str) -> None:
        if self._hidden:
            return
        if self._bar is None and time.time() - self._start > _DELAY_S:
            self._bar = _new_bar(total, unit)
            self._bar.start_t = self._start
        if self._bar is not None:
            self._bar.update(n - self._bar.n)


def _new_bar(total: int, unit: str) -> Any:
    # Loaded by those who look at it alone.
    from tqdm import tqdm

    # No thread beside the work, from which workers are forked, and no semaphore, which containers may lack.
    tqdm.monitor_interval = 0
    tqdm.set_lock(RLock())
    return tqdm(total=total, unit=unit, file=sys.stderr, leave=False, dynamic_ncols=True)
