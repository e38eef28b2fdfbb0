"""What is measured and how: two works by turns, so that a busy machine is as unkind to both."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median


@dataclass(frozen=True)
class Cost:
    """What a work took, in ms, and the most memory it held, in MB (10**6 bytes); None where it is not known."""

    ms: float
    peak_mb: float | None = None


@dataclass(frozen=True)
class Work:
    """Something to measure: `measure` does it once. Why it cannot be done here is `missing`, if so.

    `close` is called after the last measurement.
    """

    name: str
    measure: Callable[[], Cost]
    missing: str = ""
    close: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class Target:
    """What is hoped for, and whether figures meet it."""

    words: str
    is_met: Callable[["Figures"], bool]


def times_as_fast(least: float) -> Target:
    return Target(f"{least:g} x as fast", lambda figures: median(figures.ratios) >= least)


def at_most(share: float) -> Target:
    return Target(f"{share:g} x as long at most", lambda figures: median(figures.ratios) >= 1 / share)


@dataclass(frozen=True)
class Row:
    """A row of the table before it is measured.

    Attributes
    ----------
    work, against : Work
    repetitions : int
        How often each is measured, by turns.
    target : Target, optional
    note : str
        What the figures do not say: where the two do not do the same.
    check : callable, optional
        Called after the first round, which is not counted; raises AssertionError if the two did not do the same.
    warm_up : bool
        Whether there is such a first round.
    """

    work: Work
    against: Work
    repetitions: int
    target: Target | None = None
    note: str = ""
    check: Callable[[], None] | None = None
    warm_up: bool = True


@dataclass(frozen=True)
class Figures:
    """What was measured, in the order of the repetitions; nothing if one of the two is missing."""

    row: Row
    work: tuple[Cost, ...] = ()
    against: tuple[Cost, ...] = ()
    first: Cost | None = None

    @property
    def missing(self) -> str:
        return self.row.work.missing or self.row.against.missing

    @property
    def ratios(self) -> tuple[float, ...]:
        """How many times as long the other took, of neighbours in time."""
        return tuple(against.ms / work.ms for work, against in zip(self.work, self.against, strict=True))

    @property
    def target_met(self) -> bool | None:
        if self.row.target is None or not self.work:
            return None
        return self.row.target.is_met(self)


def middle(costs: tuple[Cost, ...]) -> Cost:
    """Return the medians."""
    peaks = [cost.peak_mb for cost in costs if cost.peak_mb is not None]
    return Cost(median(cost.ms for cost in costs), median(peaks) if peaks else None)


def measured(row: Row) -> Figures:
    """Measure the two works of a row by turns."""
    if row.work.missing or row.against.missing:
        return Figures(row)
    try:
        first = None
        if row.warm_up:
            row.work.measure()
            first = row.against.measure()
        if row.check:
            row.check()
        pairs = [(row.work.measure(), row.against.measure()) for _ in range(row.repetitions)]
    finally:
        row.work.close()
        row.against.close()
    return Figures(row, tuple(work for work, _ in pairs), tuple(against for _, against in pairs), first)


class Warm:
    """A process that keeps a work ready, with the libraries of that work alone, and tells how long it takes.

    Parameters
    ----------
    module : str
        Of the folder `scripts`. Its `prepare` is given the words, and returns the work.
    words : sequence of str
    env : dict
    n_cores : int, optional
        Processors that it may use; by default all.
    n_parts : int
        Equal parts of the work, one of which is what it costs.
    """

    def __init__(
        self, module: str, *words: str, env: dict[str, str], n_cores: int | None = None, n_parts: int = 1
    ) -> None:
        script = str(Path(__file__).parent / "scripts" / "warm.py")
        self._command = [sys.executable, script, str(n_cores or "all"), module, *words]
        self._n_parts = n_parts
        self._env = env if n_cores is None else {**env, "OMP_NUM_THREADS": str(n_cores)}
        self._process: subprocess.Popen[str] | None = None

    def measure(self) -> Cost:
        pipe = subprocess.PIPE
        self._process = self._process or subprocess.Popen(
            self._command, env=self._env, stdin=pipe, stdout=pipe, text=True
        )
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write("once\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{' '.join(self._command)} ended with {self._process.wait()}")
        return Cost(float(line) / self._n_parts)

    def close(self) -> None:
        if self._process:
            self._process.communicate()
            self._process = None

    def work(self, name: str, missing: str = "") -> Work:
        return Work(name, self.measure, missing, self.close)


def environment(bytecode_folder: str) -> dict[str, str]:
    """Return an environment for processes that are compared.

    Every module is compiled once, as pip compiles what it installs. OpenBLAS makes no threads: on a busy machine they
    slow down whatever imports NumPy, which wav2spec forbids by itself, and would flatter it.
    """
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "MPLBACKEND": "Agg"}
    return {**kept, **quiet, "PYTHONPYCACHEPREFIX": bytecode_folder, "OPENBLAS_NUM_THREADS": "1"}


# Linux counts what a process held before exec, a copy of its parent's memory, into its peak. So a small one starts it.
_STARTER = """
import os, sys, time
start = time.perf_counter()
nowhere = [(os.POSIX_SPAWN_OPEN, n, os.devnull, os.O_RDWR, 0) for n in (1, 2)]
pid = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=nowhere)
_, status, usage = os.wait4(pid, 0)
print(time.perf_counter() - start, usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status) != 0)
"""


def process(command: list[str], env: dict[str, str]) -> Cost:
    """Return what a process costs from start to end; of several, the memory of the one that had most."""
    starter = [sys.executable, "-I", "-S", "-c", _STARTER, *command]
    seconds, peak = subprocess.run(starter, env=env, check=True, stdout=subprocess.PIPE).stdout.split()
    # Linux counts in KiB, macOS in bytes.
    return Cost(float(seconds) * 1e3, int(peak) * (1 if sys.platform == "darwin" else 1024) / 1e6)
