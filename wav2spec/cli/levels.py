"""``wav2spec levels``: how the levels of a data set are spread, so that others can be scaled by them."""

from functools import partial
from math import ceil
from typing import Any

import click

from wav2spec.cli.measured import format_levels
from wav2spec.cli.options import FILE, setting_options, settings_from, usage_errors
from wav2spec.cli.request import Sources, request_options
from wav2spec.cli.running import do_jobs
from wav2spec.errors import OutputError
from wav2spec.jobs import STREAM, Job, Outcome
from wav2spec.plan import check_folders, taken
from wav2spec.presets import DEFAULT
from wav2spec.report import say, shown

# What is told beside those asked for.
_PERCENTILES = (0.1, 1.0, 5.0, 25.0, 50.0, 75.0, 95.0, 99.0, 99.9)

_PERCENT = click.FloatRange(0, 100)


@click.command()
@click.option("-o", "--output", type=FILE, default=STREAM, metavar="FILE.toml", help="By default standard output.")
@click.option("--low", type=_PERCENT, default=1.0, help="The percentile that becomes black.  [default: 1]")
@click.option("--high", type=_PERCENT, default=100.0, help="The one that becomes white.  [default: 100, the peak]")
@setting_options(DEFAULT)
@request_options(Sources)
def levels(output: str, low: float, high: float, **options: Any) -> int:
    """Measure how the levels of a data set are spread in dB: peak, percentiles, mean and standard deviation.

    Given to --levels, the file scales pictures of this set and of others alike. Levels refer to full scale, unless
    --db-ref gives a magnitude. Sources are named as for image.

    \b
    wav2spec levels train/ -o levels.toml --preset librosa-mel
    wav2spec valid/ -o pictures/ --preset librosa-mel --levels levels.toml
    """
    if low >= high:
        raise click.UsageError(f"--low {low:g} is not below --high {high:g}")
    sources = Sources.from_options(options)
    settings = settings_from(options, DEFAULT)
    with usage_errors():
        db_ref = settings.levels.db_ref
        settings = settings.updated(scale="db", db_ref="full-scale" if db_ref == "peak" else db_ref)
    names = tuple(f"./{name}" if name == STREAM else name for name in sources.listed() or ())
    jobs = list(taken((*sources.words, *names), sources.patterns))
    # Loads NumPy and libsndfile.
    from wav2spec.convert import Task
    from wav2spec.distribution import Distribution, statistics
    from wav2spec.drawing import plan_picture
    from wav2spec.output import open_target

    found, n_pictures = Distribution(), 0

    def take(outcome: Outcome) -> None:
        nonlocal found, n_pictures
        if outcome.status == "measured":
            found += outcome.facts["levels"]
            n_pictures += 1

    task = Task(partial(plan_picture, settings=settings), settings.source, "measure")
    try:
        check_folders([Job("", output)])
        exit_code = do_jobs(jobs, task, settings, sources, take=take).exit_code
        if exit_code:
            return exit_code
        if not found.n_values:
            say("error", "there are no levels: all is silent")
            return 1
        measured = statistics(found, tuple(sorted({*_PERCENTILES, low, high})))
        white = ceil(found.percentile(high) * 100) / 100
        reach = max(0.01, round(white - found.percentile(low), 2))
        scale = {"db_ref": settings.levels.db_ref, "db_max": white, "db_range": reach}
        text = format_levels(scale, {"n_pictures": n_pictures, **measured}, settings)
        with open_target(output) as file:
            file.write(text.encode())
    except OutputError as error:
        say("error", shown(str(error)))
        return 1
    return 0
