"""The options of settings, made from their declarations. An option is unset unless given."""

import re
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import click

from wav2spec.cli.help import Option, option
from wav2spec.cli.param_types import FILE, PresetName, SettingParam, Size
from wav2spec.errors import SettingError
from wav2spec.settings.aliases import CONVERTED, RENAMED, canonical
from wav2spec.settings.fields import Declaration
from wav2spec.settings.kinds import Flag
from wav2spec.settings.resolve import resolve, start_from
from wav2spec.settings.settings import Settings

if TYPE_CHECKING:
    from wav2spec.settings.levels_file import MeasuredLevels

# Where `ctx.meta` holds the fields whose options were repeated.
REPEATED = "wav2spec.repeated"
# Where it holds the fields whose options were given.
GIVEN = "wav2spec.given"

_Command = TypeVar("_Command", bound=Callable[..., Any])


def normalize_name(name: str) -> str:
    """Return the name of an option as it is declared: with dashes, and not an alias."""
    field = name.replace("-", "_")
    return RENAMED.get(field, field).replace("_", "-") if len(name) > 1 else name


def setting_options(
    start: Settings, repeated: tuple[str, ...] = (), *, levels: bool = True, only: Container[str] | None = None
) -> Callable[[_Command], _Command]:
    """Add --preset, --config and one option for each setting of a command that starts from `start`.

    The fields in `repeated` may be given several times; `ctx.meta` has those that were, in the order of the command
    line. With `levels`, the levels of a data set can be given. With `only`, other fields have no option.
    """

    def add(command: _Command) -> _Command:
        for alias in reversed(list(CONVERTED) if only is None else []):
            command = option(f"--{alias}", alias, group="Analysis", hidden=True)(command)
        values = {name: value for name, value in start.as_dict().items() if only is None or name in only}
        for field, declared in reversed(list(start.declarations.items())):
            if field not in values:
                continue
            command = _setting_option(field, declared, values[field], repeated=field in repeated)(command)
            if field == "title":
                no_title = option("--no-title", field, group="Picture", flag_value="", default=None, help="No title.")
                command = no_title(command)
        if {"width", "height"} <= values.keys():
            command = option("--size", type=Size(), group="Picture", help="Width and height at once.")(command)
        if levels:
            message = "Scale levels as those of a data set; see wav2spec levels."
            command = _file_option("--levels", "FILE.toml", message)(command)
        command = _file_option("--config", "FILE.toml", "Read settings from a file, named as the options.")(command)
        command = _file_option("--like", "PICTURE.png", "Start from the settings of a picture.")(command)
        message = "Start from the settings of another system; see wav2spec presets."
        several = {"multiple": True, "callback": _note_order} if "preset" in repeated else {}
        preset = option(
            "--preset", type=PresetName(), metavar="NAME", group="Settings", everyday=True, help=message, **several
        )
        return preset(command)

    return add


def _file_option(flag: str, metavar: str, message: str) -> Callable[[_Command], _Command]:
    return option(flag, type=FILE, metavar=metavar, group="Settings", help=message)


def _setting_option(
    field: str, declared: Declaration, default: Any, *, repeated: bool
) -> Callable[[_Command], _Command]:
    common: dict[str, Any] = {"cls": Option, "group": declared.group, "everyday": declared.everyday}
    shown = f"  [default: {_shown_default(field, declared, default)}{'; repeatable' if repeated else ''}]"
    flags = option_name(field)
    if isinstance(declared.kind, Flag):
        flags, common["type"] = "/".join(_flag_names(field, declared.kind)), bool
    else:
        common |= {"type": SettingParam(declared.kind), "metavar": declared.kind.metavar}
    if repeated:
        common |= {"multiple": True, "callback": _note_order}
    else:
        common["default"] = None
    return click.option(flags, field, help=declared.help + shown, **common)


def _note_order(ctx: click.Context, param: click.Parameter, values: tuple[Any, ...]) -> tuple[Any, ...]:
    # Click calls back in the order in which options were given.
    if len(values) > 1:
        ctx.meta.setdefault(REPEATED, []).append(param.name)
    return values


def _shown_default(field: str, declared: Declaration, default: Any) -> str:
    if default is None:
        return declared.default_text
    if isinstance(declared.kind, Flag):
        return _flag_names(field, declared.kind)[not default].removeprefix("--")
    return f"{default:g}" if isinstance(default, float) else str(default)


def settings_from(options: dict[str, Any], start: Settings, *, in_decibels: bool = False) -> Settings:
    """Return the settings of a command line.

    An option takes precedence over the levels of a data set, those over the config file, and that over the preset.

    Parameters
    ----------
    options : dict
        Those of `setting_options`, by name; None where not given.
    start : Settings
        The settings of the command without a preset, and its kind of picture with one.
    in_decibels : bool
        Whether `scale` becomes db unless pixels are in dB already.
    """
    preset, config, like, levels = (options.pop(name, None) for name in ("preset", "config", "like", "levels"))
    size = options.pop("size", None)
    sides = dict(zip(("width", "height"), size, strict=True)) if size else {}
    given = sides | {field: value for field, value in options.items() if value is not None}
    with usage_errors():
        context = click.get_current_context(silent=True)
        command = (context.info_name if context else None) or ""
        file = _settings_in(config, start, command) if config else {}
        measured = _levels_in(levels) if levels else None
        in_file = file.pop("preset", None)
        named = preset or in_file
        if like is not None:
            if named:
                raise click.UsageError("--like and --preset cannot be combined")
            start = _settings_like(like, start)
        given = canonical(given)
        scale: dict[str, Any] = {}
        if measured or in_decibels:
            scale = _scale(start_from(named, start).replace(**file | given), measured, in_decibels=in_decibels)
        settings = resolve(start, named, file | scale | given)
        if context:
            context.meta[GIVEN] = frozenset(given)
        if measured:
            measured.check_fits(settings)
    return settings


def _settings_in(config: str, start: Settings, command: str) -> dict[str, Any]:
    # Imported here so that only runs with such a file pay for it.
    from wav2spec.settings.config import read_config

    found = canonical(read_config(config, start, command))
    if "preset" in found:
        try:
            start_from(found["preset"], start)
        except SettingError as error:
            raise SettingError("config", f"{config}: preset {error.message}") from error
    return found


def _levels_in(path: str) -> "MeasuredLevels":
    # Imported here so that only runs with such a file pay for it.
    from wav2spec.settings.levels_file import read_levels

    return read_levels(path)


def _scale(settings: Settings, measured: "MeasuredLevels | None", *, in_decibels: bool) -> dict[str, Any]:
    """Return the settings of the scale of a data set; with `in_decibels`, also those that make pixels levels in dB."""
    from wav2spec.settings.levels_file import draws_decibels

    scale = measured.scale_for(settings) if measured else {}
    return scale | {"scale": "db"} if in_decibels and not draws_decibels(settings) else scale


def _settings_like(picture: str, start: Settings) -> Settings:
    # Loads NumPy.
    from wav2spec.render.metadata import read_metadata, settings_from_metadata

    try:
        metadata = read_metadata(picture)
    except OSError as error:
        raise SettingError("like", f"{picture}: {error.strerror}") from error
    if metadata is None:
        message = f"{picture}: has no wav2spec metadata (not written by wav2spec, or with --no-metadata)"
        raise SettingError("like", message)
    settings = settings_from_metadata(metadata)
    same = type(settings.picture) is type(start.picture)
    return settings if same else replace(settings, picture=start.picture)


def to_command_line(settings: Settings, start: Settings, varied: dict[str, list[Any]]) -> str:
    """Return the options that lead from `start` to `settings`, for a shell; those of `varied` repeated."""
    # Imported here so that only `info` pays for it.
    import shlex

    words: list[str] = []
    for field, values in varied.items():
        for value in values if field in start.declarations else ():
            words += [option_name(field), str(value)]
    before = start.as_dict()
    for field, value in settings.effective().items():
        if field in varied or value == before.get(field):
            continue
        kind = settings.declarations[field].kind
        if isinstance(kind, Flag):
            words.append(_flag_names(field, kind)[not value])
        else:
            words += ["--no-title"] if field == "title" and not value else [option_name(field), str(value)]
    return shlex.join(words)


def option_name(field: str) -> str:
    return "--" + field.replace("_", "-")


def _flag_names(field: str, kind: Flag) -> tuple[str, str]:
    """Return the options that switch a flag on and off."""
    return option_name(field), kind.off or "--no-" + field.replace("_", "-")


@contextmanager
def usage_errors() -> Iterator[None]:
    """Turn an invalid setting into a usage error that names the options."""
    try:
        yield
    except SettingError as error:
        message = re.sub(r"`(\w+)`", lambda match: option_name(match[1]), error.message)
        raise click.UsageError(f"{option_name(error.name)}: {message}") from error
