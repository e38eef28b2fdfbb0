"""Two works measured side by side: what a row of the table is, and how its figures are taken."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Work:
    """Something to measure: `measure` does it once and returns the figure."""

    name: str
    measure: Callable[[], float]


@dataclass(frozen=True)
class Target:
    """What is hoped for; `is_met` judges the medians of the work and of what it is held against."""

    words: str
    is_met: Callable[[float, float], bool]


@dataclass(frozen=True)
class Row:
    """A row of the table before it is measured.

    Attributes
    ----------
    work, against : Work
    unit : str
        Of both figures.
    repetitions : int
        How often each is measured, by turns.
    target : Target, optional
    check : callable, optional
        Called after the first round, which is not counted; raises AssertionError if the two did not do the same.
    warm_up : bool
        Whether there is such a first round.
    missing : str
        Why it cannot be measured here, if so.
    """

    work: Work
    against: Work
    unit: str
    repetitions: int
    target: Target | None = None
    check: Callable[[], None] | None = None
    warm_up: bool = True
    missing: str = ""


@dataclass(frozen=True)
class Figures:
    """What was measured, in the order of the repetitions. Empty if the row is missing."""

    row: Row
    work: tuple[float, ...] = ()
    against: tuple[float, ...] = ()

    @property
    def ratios(self) -> tuple[float, ...]:
        """Work over against, of neighbours in time."""
        return tuple(work / against for work, against in zip(self.work, self.against, strict=True))

    @property
    def target_met(self) -> bool | None:
        if self.row.target is None or not self.work:
            return None
        return self.row.target.is_met(median(self.work), median(self.against))


def measured(row: Row) -> Figures:
    """Measure the two works of a row by turns."""
    if row.missing:
        return Figures(row)
    if row.warm_up:
        row.work.measure()
        row.against.measure()
    if row.check:
        row.check()
    pairs = [(row.work.measure(), row.against.measure()) for _ in range(row.repetitions)]
    return Figures(row, tuple(work for work, _ in pairs), tuple(against for _, against in pairs))


def milliseconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return (time.perf_counter() - start) * 1e3


def environment(bytecode_folder: str) -> dict[str, str]:
    """Return an environment for processes that are compared.

    Every module is compiled once, as pip compiles what it installs. OpenBLAS makes no threads: on a busy machine they
    slow down whatever imports NumPy, which wav2spec forbids by itself, and would flatter it.
    """
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": bytecode_folder, "OPENBLAS_NUM_THREADS": "1"}


def process_milliseconds(command: list[str], env: dict[str, str]) -> float:
    """Return the time of a process from start to end."""
    return milliseconds(lambda: subprocess.run(command, env=env, check=True))


# Linux counts what a process held before exec, a copy of its parent's memory, into its peak. So a small one starts it.
_STARTER = """
import os, sys
pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(pid, 0)
print(usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status) != 0)
"""


def process_peak_mb(command: list[str], env: dict[str, str]) -> float:
    """Return the peak resident memory of a process in MB (10**6 bytes); `command` begins with a path."""
    starter = [sys.executable, "-I", "-S", "-c", _STARTER, *command]
    answer = subprocess.run(starter, env=env, check=True, stdout=subprocess.PIPE)
    # Linux counts in KiB, macOS in bytes.
    return int(answer.stdout) * (1 if sys.platform == "darwin" else 1024) / 1e6
