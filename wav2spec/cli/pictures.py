"""What the commands that make pictures have in common: from a request and settings to an exit code."""

import os
import sys
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from itertools import dropwhile
from typing import TYPE_CHECKING, Any

import click

from wav2spec.choices import GRAY
from wav2spec.cleanup import undone_at_stop
from wav2spec.cli.options import usage_errors
from wav2spec.cli.process import begin_work
from wav2spec.cli.request import Request
from wav2spec.errors import OutputError, SettingError
from wav2spec.jobs import STREAM, Job, Outcome, clip_target
from wav2spec.pictures import Figure, Raster
from wav2spec.plan import check_folders, plan_jobs
from wav2spec.progress import Progress
from wav2spec.report import Report, print_line, say, shown
from wav2spec.settings import Settings
from wav2spec.source import Source
from wav2spec.walk import WAV_FILES, Patterns

if TYPE_CHECKING:
    from wav2spec.drawing import Planner


# What work takes, to decide whether it is worth more processes (s): a short file's picture, a byte of a long one, and
# the least work of which the half is longer than it takes to start them.
_IMAGE_S, _FIGURE_S, _BYTE_S = 1.5e-3, 0.1, 4e-9
_WORTH_SHARING_S = 0.1


@dataclass(frozen=True)
class Grid:
    """The settings of each panel in reading order, and the values in which they differ, the rows' first."""

    cells: list[Settings]
    varied: dict[str, list[Any]]


def make_pictures(request: Request, settings: Settings, grid: Grid | None = None) -> int:
    """Make every picture, and return the exit code. What the words alone show to be wrong is a usage error."""
    patterns = Patterns(request.include or WAV_FILES.include, request.exclude)
    suffix = "-compare" if grid else ""
    with usage_errors():
        jobs = plan_jobs(
            request.words,
            request.output,
            request.format,
            listed=request.listed(),
            patterns=patterns,
            suffix=suffix,
            force=request.force,
        )
        check_figure(jobs, settings.picture)
    _check_streams(jobs, request, settings.source)
    if request.dry_run:
        return _print_plan(jobs, settings.source)
    try:
        if len(jobs) > 1 and not request.check:
            check_folders(jobs)
        # Only here, where there is work, are NumPy and libsndfile loaded.
        return _do_jobs(jobs, _planner(settings, grid), settings, request)
    except OutputError as error:
        say("error", shown(str(error)))
        return 1


def _planner(settings: Settings, grid: Grid | None) -> "Planner":
    if isinstance(settings.picture, Figure):
        # Loaded once, before there are workers.
        from wav2spec.plot import plan_grid

        if grid:
            return partial(plan_grid, cells=grid.cells, varied=grid.varied, figure=settings.picture)
    from wav2spec.drawing import plan_picture

    return partial(plan_picture, settings=settings)


def _do_jobs(jobs: list[Job], planner: "Planner", settings: Settings, request: Request) -> int:
    from wav2spec.batch import in_order
    from wav2spec.convert import Task, attempt
    from wav2spec.output import open_target

    task = Task(
        planner,
        settings.source,
        "check" if request.check else "update" if request.update else "draw",
        request.refused(),
        request.warned_of(),
        with_facts=bool(request.manifest),
    )
    n_workers = _n_workers(jobs, settings.picture, request.jobs)
    begin_work()
    with ExitStack() as stack:
        manifest = stack.enter_context(open_target(request.manifest)) if request.manifest else None
        progress = Progress(len(jobs), hidden=request.quiet)
        stack.callback(progress.close)
        report = Report(request.verbosity, progress, manifest)
        if len(jobs) > 1 and not request.quiet:
            stack.enter_context(undone_at_stop(lambda: _say_stopped(report)))
        watch = progress.watch if len(jobs) == 1 else None
        function = partial(attempt, task=task, watch=watch)
        outcomes = in_order(function, jobs, n_workers, lost=_lost, done=progress.advance)
        for outcome in outcomes:
            report.add(outcome)
            if outcome.failure and request.fail_fast:
                outcomes.close()
                for job in _after(outcome.job, jobs):
                    report.add(Outcome(job, "untried"))
    if report.n_outcomes != 1 and not request.quiet:
        print_line(f"wav2spec: {report.summary()}")
    return report.exit_code


def _say_stopped(report: Report) -> None:
    # Not by print, in the middle of which the signal may have come; what is left of a bar is overwritten.
    clear = "\r\x1b[K" if sys.stderr.isatty() else ""
    os.write(2, f"{clear}wav2spec: stopped: {report.summary()}\n".encode())


def _lost(job: Job, words: str) -> Outcome:
    return Outcome(job, "failed", failure=(job.source_name, words))


def _after(job: Job, jobs: list[Job]) -> list[Job]:
    """Return the jobs after the one of whose source `job` draws a picture."""
    return list(dropwhile(lambda other: other.source != job.source, jobs))[1:]


def _print_plan(jobs: list[Job], source: Source) -> int:
    """Print what would become what; what has a problem is said as it would be."""
    report = Report()
    for job in jobs:
        if job.problem:
            report.add(_lost(job, job.problem))
        else:
            target = job.target if source.segment is None else clip_target(job.target, "*")
            click.echo(f"{shown(job.source)} -> {shown(target)}")
    return report.exit_code


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
        seconds += _FIGURE_S if isinstance(picture, Figure) else _IMAGE_S
        with suppress(OSError):
            seconds += os.stat(job.source).st_size * _BYTE_S
        if seconds >= _WORTH_SHARING_S:
            break
    return seconds


def check_figure(jobs: list[Job], picture: Raster | Figure) -> None:
    """Check that figures are not asked for as values, and that matplotlib knows the colours.

    Raises
    ------
    SettingError
        If not.
    """
    if isinstance(picture, Figure):
        for job in jobs:
            if job.format != "png":
                raise SettingError("output", f"a figure is written as .png, not as {job.target}")
    if isinstance(picture, Figure) or picture.palette != GRAY:
        from wav2spec.palettes import palette

        palette(picture.palette)


def _check_streams(jobs: list[Job], request: Request, source: Source) -> None:
    """Refuse to write pictures to where people read, to read recordings from where they type, and what cannot be."""
    to_stream, from_stream = (any(getattr(job, end) == STREAM for job in jobs) for end in ("target", "source"))
    if to_stream and sys.stdout is not None and sys.stdout.isatty():
        raise click.UsageError("a picture is not written to a terminal: name a file, or redirect standard output")
    if from_stream and sys.stdin is not None and sys.stdin.isatty():
        raise click.UsageError("a recording is not read from a terminal: pipe or redirect a WAV into standard input")
    if to_stream and (request.update or request.check):
        raise click.UsageError("standard output holds no picture that could be up to date")
    if to_stream and source.segment is not None:
        raise click.UsageError("clips are pictures of their own, and do not go to standard output")
    if to_stream and request.manifest == STREAM:
        raise click.UsageError("standard output takes the picture or the manifest, not both")
    if from_stream and request.files_from == STREAM:
        raise click.UsageError("standard input is a recording or a list of names, not both")
