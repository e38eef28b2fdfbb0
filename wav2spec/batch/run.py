"""Jobs done side by side, with a bar while they last and a line at the end."""

import os
import sys
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from functools import partial
from typing import BinaryIO, Protocol

from wav2spec.batch.jobs import Job, Outcome
from wav2spec.batch.progress import Progress
from wav2spec.batch.report import Report
from wav2spec.cleanup import undo_on_signal
from wav2spec.console import print_line
from wav2spec.process import begin_work
from wav2spec.settings.pictures import Figure, Raster
from wav2spec.settings.settings import Settings
from wav2spec.storage.streams import STREAM

# What work takes, to decide whether it is worth more processes (s): a short file's picture, a byte of a long one, and
# the least work of which the half is longer than it takes to start them.
_IMAGE_S, _FIGURE_S, _BYTE_S = 1.5e-3, 0.1, 4e-9


_WORTH_SHARING_S = 0.1


class RunOptions(Protocol):
    """How jobs are run, and what is told about it."""

    @property
    def jobs(self) -> int | None: ...
    @property
    def fail_fast(self) -> bool: ...
    @property
    def quiet(self) -> bool: ...
    @property
    def verbosity(self) -> int: ...


def run_jobs(
    jobs: list[Job],
    work: Callable[..., Iterable[Outcome]],
    settings: Settings,
    options: RunOptions,
    manifest: BinaryIO | None = None,
    take: Callable[[Outcome], object] = lambda _: None,
) -> Report:
    """Do all jobs by `work`, and return the report, which has told what there was to tell.

    Each outcome is given to `take`. If there is a single job, `work` is also given a callable `watch`.
    """
    from wav2spec.executors.ordered_map import OrderedMap
    from wav2spec.executors.run import map_in_order

    n_workers = _n_workers(jobs, settings.picture, options.jobs)
    begin_work()
    with ExitStack() as stack:
        progress = Progress(len(jobs), hidden=options.quiet)
        stack.callback(progress.close)
        report = Report(options.verbosity, progress, manifest)
        if len(jobs) > 1 and not options.quiet:
            stack.enter_context(undo_on_signal(lambda: _say_stopped(progress)))
        work_on_jobs = OrderedMap(
            work if len(jobs) > 1 else partial(work, watch=progress.watch),
            on_lost=lambda job, message: Outcome(job, "failed", failure=(job.source_name, message)),
            on_skipped=lambda job: Outcome(job, "skipped"),
            stops=lambda outcome: options.fail_fast and outcome.failure is not None,
            on_done=progress.advance,
            cost_s=lambda job: _seconds(job, settings.picture),
        )
        outcomes = map_in_order(work_on_jobs, jobs, n_workers)
        for outcome in outcomes:
            report.add(outcome)
            take(outcome)
    if report.n_outcomes != 1 and not options.quiet:
        print_line(f"wav2spec: {report.summary()}")
    return report


def _say_stopped(progress: Progress) -> None:
    # Not by print, in the middle of which the signal may have come; what is left of a bar is overwritten.
    clear = "\r\x1b[K" if sys.stderr.isatty() else ""
    os.write(2, f"{clear}wav2spec: stopped after {progress.n_done} of {progress.n_files} sources\n".encode())


def _n_workers(jobs: list[Job], picture: Raster | Figure, n_asked: int | None) -> int:
    """Return how many processes are to share the work: as many as asked for, or are worth their start."""
    from wav2spec.executors.cpus import available_cpus

    # Standard streams are ours alone.
    if any(STREAM in (job.source, job.target) for job in jobs):
        return 1
    if n_asked is None and _seconds_of_work(jobs, picture) < _WORTH_SHARING_S:
        return 1
    return min(n_asked or available_cpus(), len(jobs))


def _seconds_of_work(jobs: list[Job], picture: Raster | Figure) -> float:
    """Return about how long the work takes, or that it takes long enough to be shared."""
    cost_s = 0.0
    for job in jobs:
        cost_s += _seconds(job, picture)
        if cost_s >= _WORTH_SHARING_S:
            break
    return cost_s


def _seconds(job: Job, picture: Raster | Figure) -> float:
    cost_s = _FIGURE_S if isinstance(picture, Figure) else _IMAGE_S
    with suppress(OSError):
        cost_s += os.stat(job.source).st_size * _BYTE_S
    return cost_s
