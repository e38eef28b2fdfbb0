"""``wav2spec explore``: a page to look at one recording and listen to it."""

from dataclasses import replace
from typing import Any

import click

from wav2spec.cli.draw import draw_pictures
from wav2spec.cli.help import Command, option
from wav2spec.cli.options import setting_options, settings_from
from wav2spec.cli.param_types import FILE
from wav2spec.cli.request import Request, request_options, take_request
from wav2spec.settings.presets import EXPLORE

# The settings with which a page opens, or which decide what it carries.
_FIELDS = (
    *("start", "duration", "channel", "sample_rate"),
    *("window", "window_size"),
    *("fmin", "fmax", "freq_scale"),
    *("db_max", "db_range"),
    *("title", "palette", "metadata"),
)


@click.command(cls=Command)
@setting_options(EXPLORE, only=_FIELDS, levels=False)
@request_options(Request, without=("format",))
@option(
    "--labels",
    type=FILE,
    metavar="FILE|auto",
    group="Input",
    help="Show the labels of an Audacity or Raven file; auto: of the .txt beside each recording.",
)
def explore(labels: str | None, **options: Any) -> int:
    """Make a page of each recording to zoom, listen and compare analyses, in any browser and without a network.

    The page is one file with the samples in it. It opens with the settings given here, and changes them by keys: [ ]
    window size, w window, f frequency scale, x back and forth; it shows the command that draws what is in view.
    Sources and targets are named as for image; targets end in .html.

    \b
    wav2spec explore speech.wav
    wav2spec explore recordings/ -o pages/ --labels auto
    wav2spec explore guitar.wav page.html --window-size 4096 --freq-scale log
    """
    request, verbosity = take_request(options, Request)
    page = replace(request, format="html", labels=labels)
    return draw_pictures(page, settings_from(options, EXPLORE), verbosity)
