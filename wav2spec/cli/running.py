"""Jobs done side by side, with a bar while they last and a line at the end."""

import os
import sys
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from functools import partial
from typing import BinaryIO

from wav2spec.cleanup import undone_at_stop
from wav2spec.cli.process import begin_work
from wav2spec.cli.request import Sources
from wav2spec.jobs import STREAM, Job, Outcome
from wav2spec.pictures import Figure, Raster
from wav2spec.progress import Progress
from wav2spec.report import Report, print_line
from wav2spec.settings import Settings

# What work takes, to decide whether it is worth more processes (s): a short file's picture, a byte of a long one, and
# the least work of which the half is longer than it takes to start them.
_IMAGE_S, _FIGURE_S, _BYTE_S = 1.5e-3, 0.1, 4e-9
_WORTH_SHARING_S = 0.1


def do_jobs(
    jobs: list[Job],
    work: Callable[..., Iterable[Outcome]],
    settings: Settings,
    sources: Sources,
    manifest: BinaryIO | None = None,
    take: Callable[[Outcome], object] = lambda _: None,
) -> Report:
    """Do all jobs by `work`, and return the report, which has told what there was to tell.

    Each outcome is given to `take`. If there is a single job, `work` is also given a callable `watch`.
    """
    from wav2spec.batch import Batch

    n_workers = _n_workers(jobs, settings.picture, sources.jobs)
    begin_work()
    with ExitStack() as stack:
        progress = Progress(len(jobs), hidden=sources.quiet)
        stack.callback(progress.close)
        report = Report(sources.verbosity, progress, manifest)
        if len(jobs) > 1 and not sources.quiet:
            stack.enter_context(undone_at_stop(lambda: _say_stopped(progress)))
        batch = Batch(
            work if len(jobs) > 1 else partial(work, watch=progress.watch),
            lost=lambda job, words: Outcome(job, "failed", failure=(job.source_name, words)),
            untried=lambda job: Outcome(job, "untried"),
            ends=lambda outcome: sources.fail_fast and outcome.failure is not None,
            done=progress.advance,
            seconds=lambda job: _seconds(job, settings.picture),
        )
        outcomes = batch.in_order(jobs, n_workers)
        for outcome in outcomes:
            report.add(outcome)
            take(outcome)
    if report.n_outcomes != 1 and not sources.quiet:
        print_line(f"wav2spec: {report.summary()}")
    return report


def _say_stopped(progress: Progress) -> None:
    # Not by print, in the middle of which the signal may have come; what is left of a bar is overwritten.
    clear = "\r\x1b[K" if sys.stderr.isatty() else ""
    os.write(2, f"{clear}wav2spec: stopped after {progress.n_done} of {progress.n_files} sources\n".encode())


def _n_workers(jobs: list[Job], picture: Raster | Figure, n_asked: int | None) -> int:
    """Return how many processes are to share the work: as many as asked for, or are worth their start."""
    from wav2spec.batch import n_processors

    # Standard streams are ours alone.
    if any(STREAM in (job.source, job.target) for job in jobs):
        return 1
    if n_asked is None and _seconds_of_work(jobs, picture) < _WORTH_SHARING_S:
        return 1
    return min(n_asked or n_processors(), len(jobs))


def _seconds_of_work(jobs: list[Job], picture: Raster | Figure) -> float:
    """Return about how long the work takes, or that it takes long enough to be shared."""
    seconds = 0.0
    for job in jobs:
        seconds += _seconds(job, picture)
        if seconds >= _WORTH_SHARING_S:
            break
    return seconds


def _seconds(job: Job, picture: Raster | Figure) -> float:
    seconds = _FIGURE_S if isinstance(picture, Figure) else _IMAGE_S
    with suppress(OSError):
        seconds += os.stat(job.source).st_size * _BYTE_S
    return seconds
