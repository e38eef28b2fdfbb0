"""What the commands that make pictures have in common: from a request and settings to an exit code."""

import os
import sys
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from wav2spec.batch.jobs import Job, Outcome, segment_target
from wav2spec.batch.plan import check_directories, check_not_an_input, plan_jobs
from wav2spec.batch.report import Report
from wav2spec.batch.run import run_jobs
from wav2spec.cli.options import usage_errors
from wav2spec.cli.request import Request
from wav2spec.console import print_message, printable
from wav2spec.errors import OutputError, SettingError
from wav2spec.settings.choices import GRAY, Format
from wav2spec.settings.pictures import Figure, Raster
from wav2spec.settings.preprocessing import Preprocessing
from wav2spec.settings.settings import Settings
from wav2spec.storage.streams import STREAM

if TYPE_CHECKING:
    from wav2spec.render.drawing import Planner


@dataclass(frozen=True)
class Grid:
    """The settings of each panel in reading order, and the values in which they differ, the rows' first."""

    cells: list[Settings]
    varied: dict[str, list[Any]]


def run_conversion(request: Request, settings: Settings, grid: Grid | None = None, *, labels: str | None = None) -> int:
    """Make every picture, and return the exit code. What the words alone show to be wrong is a usage error."""
    with usage_errors():
        jobs = plan_jobs(
            request.words,
            request.output,
            request.format,
            listed=request.listed(),
            patterns=request.patterns,
            suffix="-compare" if grid else "",
            force=request.force,
        )
        check_figure(jobs, settings.picture)
        if request.manifest and request.manifest != STREAM:
            check_not_an_input(request.manifest, "manifest", jobs, request.files_from)
    _check_streams(jobs, request, settings.preprocessing)
    if request.dry_run:
        return _print_plan(jobs, settings.preprocessing)
    try:
        if len(jobs) > 1 and not request.check:
            check_directories(jobs)
        return _draw(jobs, settings, grid, request, labels)
    except OutputError as error:
        print_message("error", printable(str(error)))
        return 1


def _draw(jobs: list[Job], settings: Settings, grid: Grid | None, request: Request, labels: str | None) -> int:
    # Only here, where there is work, are NumPy and libsndfile loaded.
    from wav2spec.batch.convert import ConversionOptions, convert
    from wav2spec.executors.cpus import available_cpus
    from wav2spec.storage.targets import make_directory, open_target

    task = ConversionOptions(
        _planner(settings, grid, request.format, labels),
        settings.preprocessing,
        "check" if request.check else "update" if request.update else "draw",
        request.checks("refuse"),
        request.checks("warn"),
        allow_threads=len(jobs) == 1 and (request.jobs or available_cpus()) > 1,
        collect_facts=bool(request.manifest),
    )
    work = partial(convert, task=task)
    if not request.manifest:
        return run_jobs(jobs, work, settings, request).exit_code
    make_directory(os.path.dirname(request.manifest))
    with open_target(request.manifest) as manifest:
        return run_jobs(jobs, work, settings, request, manifest).exit_code


def _planner(settings: Settings, grid: Grid | None, format: Format | None, labels: str | None) -> "Planner":
    if isinstance(settings.picture, Figure):
        # Loaded once, before there are workers.
        from wav2spec.render.figures.plot import plan_grid

        if grid:
            return partial(plan_grid, cells=grid.cells, varied=grid.varied, figure=settings.picture)
    if format == "html":
        from wav2spec.render.html.explorer import plan_explorer

        return partial(plan_explorer, settings=settings, labels=labels)
    from wav2spec.render.plan import plan_picture

    return partial(plan_picture, settings=settings)


def _print_plan(jobs: list[Job], source: Preprocessing) -> int:
    """Print what would become what; what has a problem is said as it would be."""
    report = Report()
    for job in jobs:
        if job.problem:
            report.add(Outcome(job, "failed", failure=(job.source, job.problem)))
        else:
            target = job.target if source.segment is None else segment_target(job.target, "*")
            click.echo(f"{printable(job.source)} -> {printable(target)}")
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
            if job.format == "npy":
                raise SettingError("output", f"a figure is written as .png, not as {job.target}")
    if isinstance(picture, Figure) or picture.palette != GRAY:
        from wav2spec.render.colormaps import load_colormap

        load_colormap(picture.palette)


def _check_streams(jobs: list[Job], request: Request, source: Preprocessing) -> None:
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
