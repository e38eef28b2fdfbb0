"""``wav2spec presets``: what each preset sets."""

import click

from wav2spec.cli.options import option_name
from wav2spec.settings.presets import DEFAULT, PRESETS


@click.command()
def presets() -> None:
    """List the presets and all that each sets.

    \b
    wav2spec presets
    wav2spec image --preset librosa speech.wav
    """
    for name, preset in PRESETS.items():
        click.echo(f"{name}\n  {preset.message}")
        for field, value in preset.settings.as_dict().items():
            if value is None:
                continue
            mark = "" if value == DEFAULT.as_dict()[field] else "  *"
            click.echo(f"    {option_name(field):<20} {value}{mark}")
    click.echo("\n* differs from the defaults of wav2spec image")
