"""Settings from a preset and values by name: what the command line and Python have in common."""

from collections.abc import Mapping
from typing import Any

from wav2spec.errors import SettingError
from wav2spec.settings.aliases import canonical
from wav2spec.settings.settings import Settings


def resolve(start: Settings, preset: str | None, given: Mapping[str, Any]) -> Settings:
    """Return the settings of a preset, or those of `start`, with others in their place.

    Parameters
    ----------
    start : Settings
        The settings without a preset, and the kind of picture with one.
    preset : str, optional
    given : mapping
        Settings by name or alias; None where not given.

    Raises
    ------
    SettingError
        If there is no such preset, a value is not valid, or a setting has no effect beside the others.
    TypeError
        If there is no such setting.
    """
    values = canonical({name: value for name, value in given.items() if value is not None})
    settings = start_from(preset, start).replace(**values)
    settings.check_applicable(values)
    return settings


def start_from(preset: str | None, start: Settings) -> Settings:
    """Return the settings of a preset for a command that starts from `start`, or `start` without one.

    Raises
    ------
    SettingError
        If there is no such preset.
    """
    if preset is None:
        return start
    # Imported here so that only runs with a preset pay for it.
    from wav2spec.settings.presets import PRESETS

    if preset not in list(PRESETS):
        raise SettingError("preset", f"{preset!r} is none of {', '.join(PRESETS)}")
    return PRESETS[preset].settings_for(start)
