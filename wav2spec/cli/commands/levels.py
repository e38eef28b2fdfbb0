"""``wav2spec levels``: how the levels of a data set are spread, so that others can be scaled by them."""

import os
from functools import partial
from math import isnan
from typing import Any

import click

from wav2spec.batch.jobs import Job, Outcome
from wav2spec.batch.plan import check_not_an_input, expand_sources
from wav2spec.batch.run import run_jobs
from wav2spec.cli.help import Command
from wav2spec.cli.options import setting_options, settings_from, usage_errors
from wav2spec.cli.param_types import FILE
from wav2spec.cli.request import Sources, request_options
from wav2spec.console import print_message, printable
from wav2spec.errors import OutputError
from wav2spec.settings.levels_file import format_levels
from wav2spec.settings.presets import DEFAULT
from wav2spec.settings.settings import Settings
from wav2spec.storage.streams import STREAM

# What is told beside those asked for.
_PERCENTILES = (0.1, 1.0, 5.0, 25.0, 50.0, 75.0, 95.0, 99.0, 99.9)


class _Percent(click.FloatRange):
    name = "percent"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        percent = super().convert(value, param, ctx)
        # It is neither below nor above the limits.
        if isnan(percent):
            self.fail(f"{value!r} is no number", param, ctx)
        return percent


_PERCENT = _Percent(0, 100)


@click.command(cls=Command)
@click.option("-o", "--output", type=FILE, default=STREAM, metavar="FILE.toml", help="By default standard output.")
@click.option("--low", type=_PERCENT, default=1.0, help="The percentile that becomes black.  [default: 1]")
@click.option("--high", type=_PERCENT, default=100.0, help="The one that becomes white.  [default: 100, the peak]")
@setting_options(DEFAULT, levels=False)
@request_options(Sources)
def levels(output: str, low: float, high: float, **options: Any) -> int:
    """Measure how the levels of a data set are spread in dB: peak, percentiles, mean and standard deviation.

    Given to --levels, the file scales pictures of this set and of others alike. Levels refer to full scale, unless
    --db-ref gives a magnitude. Sources are named as for image.

    \b
    wav2spec levels train/ -o levels.toml --preset librosa-mel
    wav2spec valid/ -o pictures/ --preset librosa-mel --levels levels.toml
    """
    if not low < high:
        raise click.UsageError(f"--low {low:g} is not below --high {high:g}")
    if options["scale"] == "linear":
        raise click.UsageError("levels are in dB: --scale linear has none")
    sources = Sources.from_options(options)
    settings = settings_from(options | {"scale": "db"}, DEFAULT)
    if settings.levels.db_ref == "peak":
        settings = settings.replace(db_ref="full-scale")
    jobs = list(expand_sources((*sources.words, *(sources.listed() or ())), sources.patterns))
    with usage_errors():
        if output != STREAM:
            check_not_an_input(output, "output", jobs, sources.files_from)
    try:
        return _measure(jobs, settings, sources, output, low, high)
    except OutputError as error:
        print_message("error", printable(str(error)))
        return 1


def _measure(jobs: list[Job], settings: Settings, sources: Sources, output: str, low: float, high: float) -> int:
    # Loads NumPy and libsndfile.
    from wav2spec.batch.convert import ConversionOptions, measure_levels
    from wav2spec.dsp.histogram import LevelHistogram, percentile_scale, statistics
    from wav2spec.render.plan import plan_picture
    from wav2spec.storage.targets import make_directory, open_target

    found, n_pictures = LevelHistogram(), 0

    def take(outcome: Outcome) -> None:
        nonlocal found, n_pictures
        if outcome.status == "measured":
            found += outcome.facts["levels"]
            n_pictures += outcome.facts["n_pictures"]

    task = ConversionOptions(partial(plan_picture, settings=settings), settings.preprocessing, "measure")
    make_directory(os.path.dirname(output))
    exit_code = run_jobs(jobs, partial(measure_levels, task=task), settings, sources, take=take).exit_code
    if exit_code:
        return exit_code
    if not found.n_values:
        print_message("error", f"there are no levels: {'all is silent' if n_pictures else 'nothing was measured'}")
        return 1
    scale = {"db_ref": settings.levels.db_ref, **percentile_scale(found, low, high)}
    measured = {"n_pictures": n_pictures, **statistics(found, tuple(sorted({*_PERCENTILES, low, high})))}
    with open_target(output) as file:
        file.write(format_levels(scale, measured, settings).encode())
    return 0
