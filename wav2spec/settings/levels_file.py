"""The levels of a data set in a TOML file: written by ``wav2spec levels``, read by ``--levels``."""

import json
from typing import Any, NamedTuple

from wav2spec.errors import SettingError
from wav2spec.settings.choices import MEL_BANDS
from wav2spec.settings.config import read_toml
from wav2spec.settings.pictures import Raster
from wav2spec.settings.settings import Settings

# The settings that the file sets.
_SCALE = ("db_ref", "db_max", "db_range")

# Where a setting has no value or no effect.
_UNSET = "unset"


class MeasuredLevels(NamedTuple):
    """The content of a file: the settings of the scale, and those with which it was measured."""

    path: str
    scale: dict[str, Any]
    settings: dict[str, Any]

    def scale_for(self, settings: Settings) -> dict[str, Any]:
        """Return the settings of the scale beside others: with `scale` db unless pixels are in dB already.

        Raises
        ------
        SettingError
            If pixels are not levels but values normalised by statistics.
        """
        scale = settings.levels.scale
        if settings.compression.normalized and scale in ("ln", "log10"):
            message = (
                f"has no effect: with statistics as `value_mean` or `value_std`, pixels of `scale` {scale} show them"
            )
            raise SettingError("levels", message)
        return self.scale if draws_decibels(settings) else {"scale": "db"} | self.scale

    def check_fits(self, settings: Settings) -> None:
        """Check that `settings` give levels that can be compared with the measured ones.

        Raises
        ------
        SettingError
            If not.
        """
        for name, value in _decisive(settings).items():
            measured = self.settings.get(name, _default_of(name, settings))
            if value != measured:
                message = f"{self.path} was measured with `{name}` {measured}, but here it is {value}"
                raise SettingError("levels", message)


def read_levels(path: str) -> MeasuredLevels:
    """Read the levels of a data set.

    Raises
    ------
    SettingError
        If there is no such file.
    """
    table = read_toml("levels", path)
    scale = {name: table.get(name) for name in _SCALE}
    settings = table.get("settings")
    if None in scale.values() or not isinstance(settings, dict) or "window_size" not in settings:
        raise SettingError("levels", f"{path}: not a file of levels written by wav2spec levels")
    return MeasuredLevels(path, scale, settings)


def draws_decibels(settings: Settings) -> bool:
    """Say whether pixels are levels in dB, as those of each logarithm and of the methods of other programs."""
    return settings.programs.method != "stft" or settings.levels.logarithmic


def format_levels(scale: dict[str, Any], statistics: dict[str, Any], settings: Settings, remark: str = "") -> str:
    """Return the text of a levels file, with a comment about how it was measured."""
    percentiles = statistics["percentiles_db"]
    tables = {
        "statistics": {name: value for name, value in statistics.items() if name != "percentiles_db"},
        "statistics.percentiles_db": percentiles,
        "settings": {name: value for name, value in _decisive(settings).items() if value != _UNSET},
    }
    lines = ["# The levels of a data set, by wav2spec levels; wav2spec --levels FILE scales others by them."]
    lines += [f"# {remark}", ""] if remark else [""]
    lines += [f"{name} = {json.dumps(scale[name])}" for name in _SCALE]
    for name, table in tables.items():
        lines += ["", f"[{name}]"]
        # A key that begins with a digit is quoted; for the values, JSON is TOML.
        lines += [f"{key if key.isidentifier() else json.dumps(key)} = {json.dumps(table[key])}" for key in table]
    return "\n".join(lines) + "\n"


def _decisive(settings: Settings) -> dict[str, Any]:
    """Return the settings that change levels, in a form that can be compared."""
    effective, picture = settings.effective(), settings.picture
    names = [name for name, declared in settings.declarations.items() if declared.changes_levels]
    values = {name: effective.get(name, _UNSET) for name in (*names, "pooled")}
    if values["freq_scale"] == "mel" and values["n_bands"] == _UNSET:
        values["n_bands"] = MEL_BANDS
    if values["sample_rate"] != _UNSET:
        resolved = settings.analysis.resolved(values["sample_rate"])
        values |= {"window_size": resolved.window_size, "fft_length": resolved.fft_length}
    values["window"] = values["window"].replace("hanning", "hann")
    name, level = settings.preprocessing.normalization
    values["normalize"] = name if level is None else f"{name}:{level:g}"
    # The sides of an image decide the number of bands, and how frames are pooled.
    if isinstance(picture, Raster) and picture.along_frequency is not None:
        values["n_bands"] = picture.along_frequency
    if isinstance(picture, Raster) and picture.along_time is not None:
        values["pooled"] = f"{picture.along_time} by {picture.reduce}"
    return values


def _default_of(name: str, settings: Settings) -> Any:
    """Return the value of a setting in a file that was written before the setting existed."""
    default = Settings().as_dict().get(name)
    return _UNSET if default is None or name not in settings.effective() else default
