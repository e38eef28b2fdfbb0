"""``wav2spec levels``: how the levels of a data set are spread, so that others can be scaled by them."""

import os
from collections.abc import Iterator
from functools import partial
from math import isnan
from typing import Any

import click

from wav2spec.batch.conflicts import check_not_a_source
from wav2spec.batch.conversion_plan import source_jobs
from wav2spec.batch.jobs import Job, Unusable
from wav2spec.batch.outcomes import Outcome
from wav2spec.batch.progress import Progress
from wav2spec.batch.work import do_work, work_on_jobs
from wav2spec.cli.draw import run_reported
from wav2spec.cli.help import Command, option
from wav2spec.cli.options import setting_options, settings_from
from wav2spec.cli.param_types import FILE
from wav2spec.cli.request import Sources, request_errors, request_options, take_request
from wav2spec.console import print_message
from wav2spec.settings.levels import Levels
from wav2spec.settings.levels_file import format_levels
from wav2spec.settings.settings import DEFAULT, Settings
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
@option("-o", "--output", group="Output", type=FILE, default=STREAM, metavar="FILE.toml", help="Target.  [default: -]")
@option("--low", group="Answer", type=_PERCENT, default=1.0, help="Percentile drawn black.  [default: 1]")
@option("--high", group="Answer", type=_PERCENT, default=100.0, help="Percentile drawn white.  [default: 100]")
@setting_options(DEFAULT, levels=False)
@request_options(Sources)
def levels(output: str, low: float, high: float, **options: Any) -> int:
    """Measure how the levels of a data set are distributed in dB: peak, percentiles, mean and standard deviation.

    Given to --levels, the file scales pictures of this set and of others alike. Levels refer to full scale, unless
    --db-ref gives a magnitude. If a source fails, the levels are those of the others, the file says so, and the exit
    code is 1.

    \b
    wav2spec levels train/ -o levels.toml --preset librosa-mel
    wav2spec valid/ -o pictures/ --preset librosa-mel --levels levels.toml
    """
    if not low < high:
        raise click.UsageError(f"--low {low:g} is not below --high {high:g}")
    if options["scale"] is not None and not Levels(scale=options["scale"]).logarithmic:
        raise click.UsageError(f"levels are in dB: --scale {options['scale']} has none")
    sources, verbosity = take_request(options, Sources)
    settings = settings_from(options, DEFAULT, in_decibels=True)
    if settings.levels.db_ref == "peak":
        settings = settings.replace(db_ref="full-scale")
    with request_errors():
        jobs = source_jobs(sources)
        check_not_a_source(output, "output", jobs, sources.files_from)
    return _measure(jobs, settings, sources, verbosity, output, low, high)


def _measure(
    jobs: list[Job | Unusable],
    settings: Settings,
    sources: Sources,
    verbosity: int,
    output: str,
    low: float,
    high: float,
) -> int:
    # Loads NumPy and libsndfile.
    from wav2spec.batch.convert import Conversion
    from wav2spec.batch.measuring import Measured, measure_levels, measure_recording
    from wav2spec.dsp.histogram import LevelHistogram, percentile_scale, statistics
    from wav2spec.storage.targets import make_directory, open_target

    found, n_spectrograms, n_left_out = LevelHistogram(), 0, 0
    progress = Progress(len(jobs), hidden=verbosity < 0)
    refuse, warn, skip = (sources.checks(name) for name in ("refuse", "warn", "skip"))
    conversion = Conversion(settings, measure_levels, refuse=refuse, warn=warn, skip=skip)
    action = partial(measure_recording, conversion=conversion)
    make_directory(os.path.dirname(output))

    def measured() -> Iterator[Outcome]:
        nonlocal found, n_spectrograms, n_left_out
        for outcome in do_work(work_on_jobs(jobs, action, settings), sources, progress):
            n_left_out += outcome.failure is not None
            if isinstance(outcome, Measured):
                found += outcome.levels
                n_spectrograms += outcome.n_spectrograms
            yield outcome

    exit_code = run_reported(measured(), verbosity, progress)
    if not found.n_values and exit_code:
        return exit_code
    if not found.n_values:
        print_message("error", f"there are no levels: {'all is silent' if n_spectrograms else 'nothing was measured'}")
        return 1
    scale = {"db_ref": settings.levels.db_ref, **percentile_scale(found, low, high)}
    summary = {"n_pictures": n_spectrograms, **statistics(found, tuple(sorted({*_PERCENTILES, low, high})))}
    n_failed = f"{n_left_out} of {len(jobs)} sources failed; these are the levels of the others" if n_left_out else ""
    with open_target(output) as file:
        file.write(format_levels(scale, summary, settings, remark=n_failed).encode())
    return exit_code
