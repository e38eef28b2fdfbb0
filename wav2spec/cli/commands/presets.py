"""``wav2spec presets``: the presets and what each sets."""

import json
from typing import Any

import click

from wav2spec.cli.help import Command, option
from wav2spec.cli.options import usage_errors
from wav2spec.errors import SettingError
from wav2spec.settings.presets import DEFAULT, PRESETS


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
        click.echo(f"# {PRESETS[name].message}\n# {PRESETS[name].agreement}")
        for line in _differences(name):
            click.echo(line)
    else:
        width = max(map(len, PRESETS))
        for one, preset in PRESETS.items():
            click.echo(f"{one:<{width}}  {preset.message} [{preset.agreement}]")


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
