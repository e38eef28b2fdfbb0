"""How far the work is, on a terminal; nothing elsewhere."""

import sys
from contextlib import AbstractContextManager, nullcontext
from threading import RLock
from typing import Any


class Progress:
    """A bar with rate and time left: over the files, or over the seconds of a single one.

    It appears when the work has taken a second, and only if standard error is a terminal.
    """

    def __init__(self, n_files: int, *, hidden: bool) -> None:
        self._n_files = n_files
        self._bar: Any = None
        self._hidden = hidden or sys.stderr is None or not sys.stderr.isatty()
        if not self._hidden and n_files > 1:
            self._bar = self._new_bar(n_files, "file")

    def advance(self) -> None:
        """Note that a file is done."""
        if self._bar is not None and self._n_files > 1:
            self._bar.update()

    def watch(self, position_s: float, duration_s: float) -> None:
        """Note how many seconds of a single file have been read; it may be read more than once."""
        if self._hidden or self._n_files > 1:
            return
        if self._bar is None:
            self._bar = self._new_bar(round(duration_s), "s")
        self._bar.update(round(position_s) - self._bar.n)

    def aside(self) -> AbstractContextManager[object]:
        """Take the bar from the screen for as long as something else is printed."""
        return nullcontext() if self._bar is None else self._bar.external_write_mode(file=sys.stderr)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()

    @staticmethod
    def _new_bar(total: int, unit: str) -> Any:
        # Loaded by those who look at it alone.
        from tqdm import tqdm

        # No thread beside the work, from which workers are forked, and no semaphore, which containers may lack.
        tqdm.monitor_interval = 0
        tqdm.set_lock(RLock())
        return tqdm(total=total, unit=unit, file=sys.stderr, delay=1, leave=False, dynamic_ncols=True)
