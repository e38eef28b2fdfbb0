"""Every option, declared once. An option is unset unless given: what it then is stands in `presets` alone."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, get_args

import click

from wav2spec.errors import SettingError
from wav2spec.jobs import Format
from wav2spec.presets import DEFAULT, PRESETS
from wav2spec.settings import Layout, Settings

_Command = TypeVar("_Command", bound=Callable[..., Any])


class _WordOrNumber(click.ParamType[int | str]):
    """Passes words on to the settings, which judge them, and whole numbers as such."""

    def __init__(self, name: str) -> None:
        self.name = name

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> int | str:  # noqa: ARG002
        return int(value) if re.fullmatch("[0-9]{1,18}", value) else value


# The options that fill a field of the settings, by the field's name: flags, type, help.
_SETTINGS: dict[str, tuple[str, Any, str]] = {
    "window_size": ("--window-size", _WordOrNumber("size"), "Length of a frame: samples (256) or time (25ms, 0.1s)."),
    "stride": (
        "--stride",
        _WordOrNumber("size"),
        "From one frame to the next: samples, time, or a share of the window (50%, 1/3).",
    ),
    "magnitude_squared": ("--magnitude-squared/--magnitude", bool, "Power, or magnitude."),
    "brightness": ("--brightness", float, "A pixel is the value times this, rounded down, 255 at most."),
    "channel": (
        "--channel",
        _WordOrNumber("first|mix|all|N"),
        "The first, the mean of all, all side by side along the frequency axis, or one counted from 1.",
    ),
    "layout": ("--layout", click.Choice(get_args(Layout)), "Where time runs, then where frequency rises to."),
}


def setting_options(command: _Command) -> _Command:
    """Add --preset and one option for each setting."""
    for field, (flags, kind, words) in reversed(_SETTINGS.items()):
        default = DEFAULT[field]
        if isinstance(default, bool):
            default = flags.split("/")[not default].removeprefix("--")
        command = click.option(flags, field, type=kind, default=None, help=f"{words}  [default: {default}]")(command)
    help_ = "Start from the settings of another system: tf is TensorFlow's wav_to_spectrogram, pixel for pixel."
    return click.option("--preset", type=click.Choice(list(PRESETS)), help=help_)(command)


def settings_from(values: dict[str, Any], preset: str | None) -> Settings:
    """Return the preset's settings, and over them the options that were given."""
    given = {field: value for field, value in values.items() if value is not None}
    with usage_errors():
        return (PRESETS[preset] if preset else DEFAULT).updated(**given)


@contextmanager
def usage_errors() -> Iterator[None]:
    """Turn a setting that cannot be into a usage error that names the option."""
    try:
        yield
    except SettingError as error:
        option = "--" + error.name.replace("_", "-")
        raise click.BadParameter(error.words, param_hint=f"'{option}'") from error


def output_options(command: _Command) -> _Command:
    """Add the options that say where pictures go and what is told about them."""
    for option in (
        click.option("-v", "--verbose", count=True, help="Say what was written; twice: tracebacks too."),
        click.option("-q", "--quiet", is_flag=True, help="No warnings; errors are still said."),
        click.option("--format", type=click.Choice(get_args(Format)), help="For targets not named: pixels or values."),
        click.option("-o", "--output", metavar="DEST", help="A file (.png, .npy), a folder, or - for standard output."),
    ):
        command = option(command)
    return command
