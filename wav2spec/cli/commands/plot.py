"""``wav2spec plot``: the conventional labelled figure."""

from typing import Any

import click

from wav2spec.cli.draw import draw_pictures
from wav2spec.cli.help import Command
from wav2spec.cli.options import setting_options, settings_from
from wav2spec.cli.request import Request, request_options
from wav2spec.settings.presets import PLOT


@click.command(cls=Command)
@setting_options(PLOT)
@request_options(Request, without=("format",))
def plot(**options: Any) -> int:
    """Draw each recording as a labelled figure: time to the right, frequency upwards, a colour bar.

    It starts from preset librosa. Sources and targets are named as for image.

    \b
    wav2spec plot guitar.wav
    wav2spec plot guitar.wav out.png --window-size 25ms --freq-scale log --waveform
    """
    request = Request.from_options(options)
    return draw_pictures(request, settings_from(options, PLOT))
