"""``wav2spec plot``: the conventional labelled figure."""

from typing import Any

import click

from wav2spec.cli.options import output_options, setting_options, settings_from
from wav2spec.cli.pictures import make_pictures
from wav2spec.presets import PLOT


@click.command()
@click.argument("words", metavar="SRC... [DEST]", nargs=-1, required=True)
@setting_options(PLOT)
@output_options(formats=False)
def plot(
    words: tuple[str, ...],
    output: str | None,
    preset: str | None,
    config: str | None,
    like: str | None,
    force: bool,
    quiet: bool,
    verbose: int,
    **options: Any,
) -> int:
    """Draw each recording as a labelled figure: time to the right, frequency upwards, a colour bar.

    It starts from preset librosa. Targets are named as for image.

    \b
    wav2spec plot guitar.wav
    wav2spec plot guitar.wav out.png --window-size 25ms --freq-scale log --waveform
    """
    settings = settings_from(options, preset, config, like, PLOT)
    return make_pictures(words, output, None, settings, force=force, verbosity=-1 if quiet else verbose)
