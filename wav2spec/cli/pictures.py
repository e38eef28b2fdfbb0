"""What the commands that make pictures have in common."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from wav2spec.choices import GRAY
from wav2spec.cli.options import usage_errors
from wav2spec.cli.process import begin_work
from wav2spec.errors import SettingError
from wav2spec.jobs import STREAM, Format, Job
from wav2spec.pictures import Figure, Raster
from wav2spec.plan import plan_jobs
from wav2spec.report import Report
from wav2spec.settings import Settings

if TYPE_CHECKING:
    from wav2spec.convert import Planner


def make_pictures(
    words: tuple[str, ...],
    output: str | None,
    format: Format | None,
    settings: Settings,
    *,
    force: bool,
    verbosity: int,
) -> int:
    """Make every picture, and return the exit code. What the words alone show to be wrong is a usage error."""
    with usage_errors():
        jobs = plan_jobs(words, output, format, force=force)
        check_figure(jobs, settings.picture)
    refuse_terminals(jobs)
    # Only here, where there is work, are NumPy and libsndfile loaded.
    from wav2spec.convert import picture_planner

    return do_jobs(jobs, lambda job: picture_planner(settings, job.format), verbosity)


def do_jobs(jobs: list[Job], planner_of: Callable[[Job], "Planner"], verbosity: int) -> int:
    """Do all jobs, and return the exit code."""
    from wav2spec.convert import attempt

    begin_work()
    report = Report(verbosity)
    for job in jobs:
        report.add(attempt(job, planner_of(job)))
    return report.exit_code


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


def refuse_terminals(jobs: list[Job]) -> None:
    """Refuse to write pictures to where people read, and to read recordings from where they type."""
    if any(job.target == STREAM for job in jobs) and sys.stdout is not None and sys.stdout.isatty():
        raise click.UsageError("a picture is not written to a terminal: name a file, or redirect standard output")
    if any(job.source == STREAM for job in jobs) and sys.stdin is not None and sys.stdin.isatty():
        raise click.UsageError("a recording is not read from a terminal: pipe or redirect a WAV into standard input")
