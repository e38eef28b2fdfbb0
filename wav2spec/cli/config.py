"""Settings from a TOML file."""

from typing import Any

import click

from wav2spec.settings.settings import Settings


def read_config(path: str, start: Settings) -> dict[str, Any]:
    """Return the settings in a file, by field; ``preset`` may be among them.

    Names are spelled as options or as fields (``window-size``, ``window_size``), and are those of `start`.

    Raises
    ------
    click.UsageError
        If the file cannot be read, is no TOML, or names what is no setting.
    """
    table = read_toml(path)
    known = {"preset", *start.as_dict()}
    settings = {name.replace("-", "_"): value for name, value in table.items()}
    for name in settings:
        if name not in known:
            raise click.UsageError(f"{path}: there is no setting {name!r}; wav2spec --help lists them")
    return settings


def read_toml(path: str) -> dict[str, Any]:
    """Return what is in a TOML file.

    Raises
    ------
    click.UsageError
        If it cannot be read, or is none.
    """
    # Loaded by those who have such a file alone.
    import tomllib

    try:
        with open(path, "rb") as file:
            return tomllib.load(file)
    except OSError as error:
        raise click.UsageError(f"{path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise click.UsageError(f"{path}: not TOML: {error}") from error
