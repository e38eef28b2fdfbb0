"""``wav2spec plot``: the conventional labelled figure."""

from functools import partial
from math import ceil, isfinite
from typing import Any

import click

from wav2spec.batch.conversion_plan import plan_conversion
from wav2spec.batch.progress import Progress
from wav2spec.batch.work import do_work, work_on_jobs
from wav2spec.cli.draw import draw_pictures
from wav2spec.cli.help import Command, option
from wav2spec.cli.options import setting_options, settings_from
from wav2spec.cli.request import Request, request_errors, request_options, take_request
from wav2spec.settings.choices import AUTO
from wav2spec.settings.presets import PLOT
from wav2spec.settings.settings import Settings


@click.command(cls=Command)
@setting_options(PLOT, repeated=("mark",))
@option("--same-levels", is_flag=True, group="Levels and colour", help="Scale all figures by the greatest peak of all.")
@request_options(Request, without=("format",))
def plot(same_levels: bool, **options: Any) -> int:
    """Draw each recording as a labelled figure: time to the right, frequency upwards, a colour bar.

    Window, stride and FFT length fit the recording and the figure unless given. Targets end in .png, .svg or .pdf.

    \b
    wav2spec plot guitar.wav
    wav2spec plot guitar.wav out.png --window-size 25ms --freq-scale log --waveform
    """
    # A setting of the figure, not what a page takes of the request.
    labels = options.pop("labels")
    request, verbosity = take_request(options, Request)
    options["labels"] = labels
    # The option may be given several times.
    options["mark"] = ",".join(options["mark"]) or None
    settings = settings_from(options, PLOT)
    if same_levels and settings.levels.scale != "db":
        raise click.UsageError(f"--same-levels needs --scale db, but it is {settings.levels.scale}")
    shared = same_levels or settings.preprocessing.makes_segments
    if shared and not request.dry_run:
        settings = _shared(request, settings, hidden=verbosity < 0)
    return draw_pictures(request, settings, verbosity)


def _shared(request: Request, settings: Settings, *, hidden: bool) -> Settings:
    """Return the settings with numbers for the peak and the highest frequency, which are those of all figures."""
    finds_peak = settings.levels.scale == "db" and settings.levels.db_ref == "peak"
    if not finds_peak and settings.bands.fmax != AUTO:
        return settings
    peak_db, fmax = _measured(request, settings, hidden=hidden)
    if finds_peak:
        # Full scale is the same for all windows. Rounded up, so that the peak itself is not cut off.
        settings = settings.replace(db_ref="full-scale", db_max=ceil(10 * peak_db) / 10)
    return settings if fmax is None else settings.replace(fmax=fmax)


def _measured(request: Request, settings: Settings, *, hidden: bool) -> tuple[float, float | None]:
    """Return the greatest level of all recordings re full scale, 0 if there is none, and the highest frequency.

    The highest frequency is None if it is given, or beyond half the least sample rate.
    """
    # Loads NumPy and libsndfile.
    from wav2spec.batch.convert import Conversion
    from wav2spec.batch.measuring import Measured, measure_levels, measure_recording

    measured = settings.replace(scale="db", db_ref="full-scale", reduce="max")
    with request_errors():
        plan = plan_conversion(request, settings)
    action = partial(measure_recording, conversion=Conversion(measured, measure_levels))
    progress = Progress(plan.n_jobs, hidden=hidden)
    try:
        outcomes = do_work(work_on_jobs(plan, action, settings), request, progress)
        # Recordings that fail are reported when they are drawn.
        found = [outcome for outcome in outcomes if isinstance(outcome, Measured)]
    finally:
        progress.close()
    peak_db = max((one.levels.peak for one in found if isfinite(one.levels.peak)), default=0.0)
    fmax = max((one.fmax for one in found if one.fmax is not None), default=None)
    reached = fmax is not None and all(fmax <= one.half_rate for one in found)
    return peak_db, fmax if reached else None
