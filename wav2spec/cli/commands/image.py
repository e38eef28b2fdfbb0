"""``wav2spec image``: pixels only."""

from typing import Any

import click

from wav2spec.cli.help import Command, option
from wav2spec.cli.options import setting_options, settings_from
from wav2spec.cli.param_types import FILE
from wav2spec.cli.request import Request, request_options, take_request
from wav2spec.settings.settings import DEFAULT


@click.command(cls=Command)
@option("--input-wav", group="Input", type=FILE, hidden=True)
@option("--output-image", group="Output", type=FILE, hidden=True)
@setting_options(DEFAULT)
@request_options(Request)
def image(input_wav: str | None, output_image: str | None, **options: Any) -> int:
    """Draw each recording as an image of pixels alone, like TensorFlow's wav_to_spectrogram.

    Time runs down and frequency from right to left unless --layout says otherwise. The last of several names is the
    target if it is -, or ends in .png, .npy or /. Without a target each image is placed beside its source. Folders are
    searched for WAV files, and their tree is mirrored.

    \b
    wav2spec kick.wav --window-size 25ms --stride 10ms
    wav2spec recordings/ -o pictures/ --update
    """
    # Imported here so that --help does not pay for it.
    from wav2spec.cli.draw import draw_pictures

    # The words of TensorFlow's example program.
    options["sources"] += (input_wav,) if input_wav is not None else ()
    options["output"] = options["output"] or output_image
    request, verbosity = take_request(options, Request)
    return draw_pictures(request, settings_from(options, DEFAULT), verbosity)
