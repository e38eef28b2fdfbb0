"""``wav2spec image``: pixels only."""

from typing import Any

import click

from wav2spec.cli.options import output_options, setting_options, settings_from
from wav2spec.cli.pictures import make_pictures
from wav2spec.jobs import Format
from wav2spec.presets import DEFAULT


@click.command()
@click.argument("words", metavar="SRC... [DEST]", nargs=-1, required=True)
@setting_options(DEFAULT)
@output_options(formats=True)
def image(
    words: tuple[str, ...],
    output: str | None,
    format: Format | None,
    preset: str | None,
    config: str | None,
    like: str | None,
    force: bool,
    quiet: bool,
    verbose: int,
    **options: Any,
) -> int:
    """Draw each recording as a picture of pixels alone, like TensorFlow's wav_to_spectrogram.

    Time runs down and frequency from right to left unless --layout says otherwise. The second of two names is the
    target if it is - or ends in .png or .npy; several sources go each beside itself, or into the folder that -o names.

    \b
    wav2spec kick.wav --window-size 25ms --stride 10ms
    wav2spec image *.wav -o pictures/
    """
    settings = settings_from(options, preset, config, like, DEFAULT)
    return make_pictures(words, output, format, settings, force=force, verbosity=-1 if quiet else verbose)
