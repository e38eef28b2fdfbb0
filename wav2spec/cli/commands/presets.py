"""``wav2spec presets``: the presets and what each sets."""

import json
import textwrap
from typing import Any

import click

from wav2spec.cli.help import Command, option
from wav2spec.cli.options import usage_errors
from wav2spec.errors import SettingError
from wav2spec.settings.presets import FAMILIES, PRESETS
from wav2spec.settings.settings import DEFAULT

_LEGEND = (
    "Below each: the release it was compared with, and the greatest difference of\n"
    "values, in a typical recording and, where it is far more, in the worst."
)


@click.command(cls=Command)
@click.argument("name", required=False)
@option("--json", "as_json", group="Answer", is_flag=True, help="All settings of the presets as JSON.")
def presets(name: str | None, as_json: bool) -> None:
    """List the presets, or print the settings of one as TOML, which --config reads.

    \b
    wav2spec presets
    wav2spec presets librosa > librosa.toml
    wav2spec kick.wav --config librosa.toml --db-range 60
    """
    if name is not None and name not in PRESETS:
        with usage_errors():
            raise SettingError("preset", f"{name!r} is none of {', '.join(PRESETS)}")
    if as_json:
        chosen = [name] if name else list(PRESETS)
        click.echo(json.dumps({one: PRESETS[one].settings.as_dict() for one in chosen}, indent=1))
    elif name:
        preset = PRESETS[name]
        for text in (f"{preset.message}.", preset.details, f"Compared with {preset.agreement}."):
            click.echo(textwrap.fill(text, 80, initial_indent="# ", subsequent_indent="# "), nl=bool(text))
        for line in _differences(name):
            click.echo(line)
    else:
        click.echo(_listed())


def _listed() -> str:
    """Return the presets by family: the name and what is reproduced, and below the agreement, in 80 columns."""
    width = max(map(len, PRESETS))
    families = (
        "\n".join(
            [
                title,
                *(
                    f"  {name:<{width}}  {one.message}\n  {'':<{width}}  {one.agreement}"
                    for name, one in family.items()
                ),
            ]
        )
        for title, family in FAMILIES.items()
    )
    return "\n\n".join((*families, _LEGEND))


def _differences(name: str) -> list[str]:
    """Return what a preset sets otherwise than the command ``image``, as lines of TOML."""
    default = DEFAULT.as_dict()
    changed = {
        field: value
        for field, value in PRESETS[name].settings.as_dict().items()
        if value is not None and value != default[field]
    }
    return [f"{field.replace('_', '-')} = {_toml(value)}" for field, value in changed.items()]


def _toml(value: Any) -> str:
    # JSON spells strings, numbers and booleans as TOML does.
    return json.dumps(value)
