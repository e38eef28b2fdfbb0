"""Outcomes to words on stderr, to the manifest, and to the exit code."""

from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import BinaryIO, Protocol

from wav2spec.batch.jobs import Outcome, Status
from wav2spec.batch.manifest import manifest_row
from wav2spec.console import print_line, print_stdout, printable

# How the end of a run names what came of its jobs, in this order.
_NAMES: dict[Status, str] = {
    "written": "written",
    "measured": "measured",
    "current": "up to date",
    "missing": "missing",
    "stale": "stale",
    "dropped": "shorter than a clip",
    "refused": "refused",
    "failed": "failed",
    "skipped": "not tried",
}


_GOOD = {"written", "measured", "current", "dropped"}


# Said on stdout: it is what was asked for.
_LISTED = {"missing", "stale"}


class Pausable(Protocol):
    """What is drawn on the terminal meanwhile."""

    def paused(self) -> AbstractContextManager[object]:
        """Step aside for a line."""


class Report:
    """Collects outcomes, says what is worth saying, and knows the exit code.

    Parameters
    ----------
    verbosity : int
        -1 for failures only, 0 for warnings too, 1 for every picture, 2 for tracebacks.
    progress : Aside, optional
    manifest : binary file, optional
        Gets a line of JSON for each outcome.
    """

    def __init__(self, verbosity: int = 0, progress: Pausable | None = None, manifest: BinaryIO | None = None) -> None:
        self._verbosity = verbosity
        self._progress = progress
        self._manifest = manifest
        self._counts: Counter[Status] = Counter()

    @property
    def exit_code(self) -> int:
        return int(any(self._counts.keys() - _GOOD))

    @property
    def n_outcomes(self) -> int:
        return self._counts.total()

    def add(self, outcome: Outcome) -> None:
        self._counts[outcome.status] += 1
        if self._manifest:
            self._manifest.write(manifest_row(outcome))
        lines = list(self._lines(outcome))
        if lines or outcome.status in _LISTED:
            with self._progress.paused() if self._progress else nullcontext():
                for line in lines:
                    print_line(line)
                if outcome.status in _LISTED:
                    print_stdout(f"{outcome.status}\t{printable(outcome.job.target)}")

    def summary(self) -> str:
        """Return what came of all, as in ``998 written, 1 up to date, 1 failed``."""
        counts = [f"{self._counts[status]} {name}" for status, name in _NAMES.items() if self._counts[status]]
        return ", ".join(counts) or "nothing to do"

    def _lines(self, outcome: Outcome) -> Iterator[str]:
        """Yield what is said on stderr."""
        job = outcome.job
        pair = f"{printable(job.source_name)} -> {printable(job.target)}"
        if self._verbosity >= 0:
            yield from (f"wav2spec: warning: {printable(job.source_name)}: {message}" for message in outcome.warnings)
        if outcome.failure:
            kind = "refused" if outcome.status == "refused" else "error"
            yield f"wav2spec: {kind}: " + ": ".join(map(printable, outcome.failure))
        elif self._verbosity >= 1 and outcome.status == "written":
            yield f"wav2spec: written: {pair}: {outcome.made}"
        elif self._verbosity >= 1 and outcome.status == "current":
            yield f"wav2spec: up to date: {pair}"
        if outcome.trace and self._verbosity >= 2:
            yield outcome.trace
