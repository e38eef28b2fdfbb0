"""Report a run: counts, exit code, and lines on the terminal."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext

from wav2spec.batch.outcomes import Outcome, Status, source_name
from wav2spec.console import print_line, print_stdout, printable

# Called with each outcome, in the order of the plan: the console, a manifest, the histogram of levels.
Observer = Callable[[Outcome], object]

# How the summary names outcomes, in this order.
_NAMES: dict[Status, str] = {
    "written": "written",
    "measured": "measured",
    "current": "up to date",
    "missing": "missing",
    "stale": "stale",
    "orphan": "orphaned",
    "removed": "removed",
    "dropped": "shorter than a segment",
    "excluded": "left out by a check",
    "refused": "refused",
    "failed": "failed",
    "skipped": "not tried",
}

_GOOD: set[Status] = {"written", "measured", "current", "dropped", "excluded", "removed"}

# Findings of `check`, printed on standard output.
_LISTED: set[Status] = {"missing", "stale", "orphan"}


class Report:
    """Counts outcomes, passes them on, and knows the exit code.

    Parameters
    ----------
    observers : iterable of callable
    dry_run : bool
        Whether missing, stale and orphaned pictures are listed without being failures.
    """

    def __init__(self, observers: Iterable[Observer] = (), *, dry_run: bool = False) -> None:
        self._observers = tuple(observers)
        self._good = _GOOD | _LISTED if dry_run else _GOOD
        self._counts: Counter[Status] = Counter()

    @property
    def exit_code(self) -> int:
        return int(any(self._counts.keys() - self._good))

    @property
    def n_outcomes(self) -> int:
        return self._counts.total()

    def add(self, outcome: Outcome) -> None:
        self._counts.update(outcome.by_status())
        for observer in self._observers:
            observer(outcome)

    def summary(self) -> str:
        """Return the counts, as in ``998 written, 1 up to date, 1 failed``."""
        counts = [f"{self._counts[status]} {name}" for status, name in _NAMES.items() if self._counts[status]]
        return ", ".join(counts) or "nothing to do"


class Console:
    """Prints messages about outcomes.

    Parameters
    ----------
    verbosity : int
        -1 for failures only, 0 for warnings too, 1 for every picture, 2 for tracebacks.
    paused : callable, optional
        Returns a context in which lines can be printed; by default they can be at any time.
    dry_run : bool
        Whether pictures that are missing or stale are listed as what would be drawn.
    """

    def __init__(
        self,
        verbosity: int = 0,
        paused: Callable[[], AbstractContextManager[object]] = nullcontext,
        *,
        dry_run: bool = False,
    ) -> None:
        self._verbosity = verbosity
        self._paused = paused
        self._dry_run = dry_run
        # All segments of a recording repeat the warnings about it.
        self._warned_of = ""
        self._warnings: set[str] = set()

    def __call__(self, outcome: Outcome) -> None:
        lines = list(self._lines(outcome))
        listed = self._listed(outcome)
        if lines or listed:
            with self._paused():
                for line in lines:
                    print_line(line)
                if listed:
                    print_stdout(listed)

    def _listed(self, outcome: Outcome) -> str:
        if outcome.status not in _LISTED:
            return ""
        target = printable(outcome.target or "")
        if self._dry_run and outcome.status != "orphan":
            return f"{printable(outcome.source)} -> {target}"
        return f"{outcome.status}\t{target}"

    def _lines(self, outcome: Outcome) -> Iterator[str]:
        """Yield the lines for standard error."""
        source = printable(source_name(outcome.source))
        pair = f"{source} -> {printable(outcome.target or '')}"
        if self._verbosity >= 0:
            yield from (f"wav2spec: warning: {source}: {printable(message)}" for message in self._new_warnings(outcome))
        if failure := outcome.failure:
            kind = "refused" if outcome.status == "refused" else "error"
            remedy = f"; --{failure.setting} replaces it" if failure.setting else ""
            yield f"wav2spec: {kind}: {printable(failure.path)}: {printable(failure.message)}{remedy}"
        elif self._verbosity >= 1 and outcome.status in ("written", "current", "removed"):
            what = {"written": f"{pair}: {outcome.summary}", "current": pair}.get(outcome.status)
            yield f"wav2spec: {_NAMES[outcome.status]}: {what or printable(outcome.target or '')}"
        if outcome.traceback and self._verbosity >= 2:
            yield outcome.traceback

    def _new_warnings(self, outcome: Outcome) -> list[str]:
        if outcome.source != self._warned_of:
            self._warned_of, self._warnings = outcome.source, set()
        new = [message for message in outcome.warnings if message not in self._warnings]
        self._warnings.update(new)
        return new
