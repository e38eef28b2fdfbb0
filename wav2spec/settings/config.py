"""Settings from a TOML file."""

from typing import Any

from wav2spec.errors import SettingError, os_error_message
from wav2spec.settings.settings import Settings


def read_config(path: str, start: Settings, command: str = "") -> dict[str, Any]:
    """Return the settings in a file, by field; ``preset`` may be among them.

    Names are spelled as options or as fields (``window-size``, ``window_size``), and are those of `start`. A table
    named as a command holds settings for that command alone, which take precedence.

    Raises
    ------
    SettingError
        If the file cannot be read, is not TOML, or has a name that is no setting.
    """
    table = read_toml("config", path)
    tables = {name: table.pop(name) for name in _COMMANDS if isinstance(table.get(name), dict)}
    known = {"preset", *start.declarations}
    settings = {}
    for name, value in {**table, **tables.get(command, {})}.items():
        field = name.replace("-", "_")
        if field not in known:
            raise SettingError("config", f"{path}: no setting is named {name!r}")
        settings[field] = value
    return settings


# The commands whose settings may stand in a table of their own.
_COMMANDS = {"image", "plot", "compare", "levels", "info"}


def read_toml(name: str, path: str) -> dict[str, Any]:
    """Return the content of a TOML file; `name` is the setting that names the file.

    Raises
    ------
    SettingError
        If it cannot be read, or is not TOML.
    """
    # Imported here so that only runs with such a file pay for it.
    import tomllib

    try:
        with open(path, "rb") as file:
            return tomllib.load(file)
    except OSError as error:
        raise SettingError(name, f"{path}: {os_error_message(error)}") from error
    except (ValueError, RecursionError) as error:
        # A TOMLDecodeError is a ValueError, as are bytes that are not UTF-8 and numbers of too many digits.
        raise SettingError(name, f"{path}: not TOML: {error}") from error
