"""Shared by the commands that make pictures: call the library, print, return the exit code."""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial

import click

from wav2spec.batch.conversion_plan import plan_conversion
from wav2spec.batch.jobs import Job, Unusable, segment_target
from wav2spec.batch.outcomes import Outcome, unusable
from wav2spec.batch.plan import Plan
from wav2spec.batch.progress import Progress
from wav2spec.batch.report import Console, Report
from wav2spec.batch.request import Grid
from wav2spec.batch.run import run_conversion
from wav2spec.cleanup import undo_on_signal
from wav2spec.cli.options import GIVEN
from wav2spec.cli.request import Request, request_errors
from wav2spec.console import print_line, printable
from wav2spec.process import begin_work
from wav2spec.settings.formats import FORMATS
from wav2spec.settings.settings import Settings
from wav2spec.storage.streams import STREAM

__all__ = ["Grid", "draw_pictures", "run_reported"]


def draw_pictures(request: Request, settings: Settings, verbosity: int, grid: Grid | None = None) -> int:
    """Make every picture, and return the exit code.

    Raises
    ------
    click.UsageError
        If the paths alone show that it cannot be done.
    InputError, OutputError
        If a list of sources cannot be read, or a directory or the manifest cannot be written.
    """
    with request_errors():
        plan = plan_conversion(request, settings, grid)
        _check_options_act(plan, settings)
    _check_terminals(plan)
    if request.dry_run and not (request.update or request.prune):
        return _print_plan(plan, settings)
    progress = Progress(plan.n_jobs, hidden=verbosity < 0)
    outcomes = run_conversion(
        request,
        settings,
        grid,
        plan=plan,
        progress=progress,
        tallies=verbosity < 1,
        on_workers=partial(_print_workers, request.scheduler) if verbosity > 0 else lambda _: None,
    )
    return run_reported(outcomes, verbosity, progress, dry_run=request.dry_run)


def _check_options_act(plan: Plan, settings: Settings) -> None:
    """Check that no option of pixels was given if values are written."""
    given: frozenset[str] = click.get_current_context().meta.get(GIVEN, frozenset())
    for item in plan.head:
        if isinstance(item, Job) and FORMATS[item.format].unit == "values":
            settings.check_acts_on_values(given, item.target)


def _print_workers(scheduler: str | None, n_workers: int) -> None:
    print_line(f"wav2spec: {n_workers} worker{'s' * (n_workers != 1)} at {scheduler}")


def run_reported(outcomes: Iterator[Outcome], verbosity: int, progress: Progress, *, dry_run: bool = False) -> int:
    """Take the outcomes of a run, print about them, and return the exit code."""
    begin_work()
    console = Console(verbosity, progress.paused, dry_run=dry_run)
    report = Report([console], dry_run=dry_run)
    with ExitStack() as stack:
        stack.callback(progress.close)
        if progress.n_files != 1 and verbosity >= 0:
            stack.enter_context(undo_on_signal(lambda: _print_stopped(progress)))
        for outcome in outcomes:
            report.add(outcome)
    if report.n_outcomes != 1 and verbosity >= 0:
        print_line(f"wav2spec: {report.summary()}")
    return report.exit_code


def _print_stopped(progress: Progress) -> None:
    # Not by print, in the middle of which the signal may have come; what is left of a bar is overwritten.
    clear = "\r\x1b[K" if sys.stderr.isatty() else ""
    total = "" if progress.n_files is None else f" of {progress.n_files}"
    os.write(2, f"{clear}wav2spec: stopped after {progress.n_done}{total} sources\n".encode())


def _print_plan(plan: Plan, settings: Settings) -> int:
    """Print the source and target of each job."""
    report = Report([Console()])
    for item in plan:
        if isinstance(item, Unusable):
            report.add(unusable(item))
        else:
            target = segment_target(item.target, "*") if settings.preprocessing.makes_segments else item.target
            click.echo(f"{printable(item.source)} -> {printable(target)}")
    return report.exit_code


def _check_terminals(plan: Plan) -> None:
    """Refuse to write pictures where people read, and to read recordings from where they type."""
    items = [item for item in plan.head if isinstance(item, Job)]
    if any(item.target == STREAM for item in items) and sys.stdout is not None and sys.stdout.isatty():
        raise click.UsageError("a picture is not written to a terminal: name a file, or redirect standard output")
    if any(item.source == STREAM for item in items) and sys.stdin is not None and sys.stdin.isatty():
        raise click.UsageError("a recording is not read from a terminal: pipe or redirect a WAV into standard input")
