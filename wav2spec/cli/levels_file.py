"""The levels of a data set in a TOML file: written by ``wav2spec levels``, taken by ``--levels``."""

import json
from dataclasses import dataclass
from typing import Any

import click

from wav2spec.cli.config import read_toml
from wav2spec.settings.choices import MEL_BANDS, NORMALIZATIONS
from wav2spec.settings.pictures import Raster
from wav2spec.settings.quantities import parse_named
from wav2spec.settings.settings import Settings

# What `--levels` sets.
_SCALE = ("db_ref", "db_max", "db_range")


# What decides the levels of a recording: where it differs, those of one set say nothing of another.
_DECISIVE = (
    *("channel", "sample_rate", "normalize"),
    *("window", "window_symmetry", "window_size", "fft_length"),
    *("fmin", "fmax", "freq_scale", "n_bands", "mel_formula", "mel_norm", "drop_nyquist"),
)


@dataclass(frozen=True)
class MeasuredLevels:
    """What a file says: the settings that scale by it, and those with which it was measured."""

    path: str
    scale: dict[str, Any]
    settings: dict[str, Any]

    def check_fits(self, settings: Settings) -> None:
        """Check that `settings` give levels that can be compared.

        Raises
        ------
        click.UsageError
            If not.
        """
        for name, value in _decisive(settings).items():
            measured = self.settings.get(name, "unset")
            if value != measured:
                message = f"{self.path} was measured with {name} {measured}, but here it is {value}"
                raise click.UsageError(message)


def read_levels(path: str) -> MeasuredLevels:
    """Read the levels of a data set.

    Raises
    ------
    click.UsageError
        If it is no such file.
    """
    table = read_toml(path)
    scale = {name: table.get(name) for name in _SCALE}
    settings = table.get("settings")
    if None in scale.values() or not isinstance(settings, dict):
        raise click.UsageError(f"{path}: no levels of a data set, as wav2spec levels writes them")
    return MeasuredLevels(path, {"scale": "db"} | scale, settings)


def format_levels(scale: dict[str, Any], statistics: dict[str, Any], settings: Settings) -> str:
    """Return the text of such a file."""
    percentiles = statistics["percentiles_db"]
    tables = {
        "statistics": {name: value for name, value in statistics.items() if name != "percentiles_db"},
        "statistics.percentiles_db": percentiles,
        "settings": {name: value for name, value in _decisive(settings).items() if value != "unset"},
    }
    lines = ["# The levels of a data set, by wav2spec levels; wav2spec --levels FILE scales others by them.", ""]
    lines += [f"{name} = {json.dumps(scale[name])}" for name in _SCALE]
    for name, table in tables.items():
        lines += ["", f"[{name}]"]
        # A key that begins with a digit is quoted; for the values, JSON is TOML.
        lines += [f"{key if key.isidentifier() else json.dumps(key)} = {json.dumps(table[key])}" for key in table]
    return "\n".join(lines) + "\n"


def _decisive(settings: Settings) -> dict[str, Any]:
    acting, picture = settings.effective(), settings.picture
    values = {name: acting.get(name, "unset") for name in (*_DECISIVE, "pooled")}
    if values["freq_scale"] == "mel" and values["n_bands"] == "unset":
        values["n_bands"] = MEL_BANDS
    if values["sample_rate"] != "unset":
        resolved = settings.analysis.resolved(values["sample_rate"])
        values |= {"window_size": resolved.window_size, "fft_length": resolved.fft_length}
    values["window"] = values["window"].replace("hanning", "hann")
    name, level = parse_named(values["normalize"], NORMALIZATIONS)
    values["normalize"] = name if level is None else f"{name}:{level:g}"
    # For a picture of a size bands are formed, and frames pooled.
    if isinstance(picture, Raster) and picture.along_frequency is not None:
        values["n_bands"] = picture.along_frequency
    if isinstance(picture, Raster) and picture.along_time is not None:
        values["pooled"] = f"{picture.along_time} by {picture.reduce}"
    return values
