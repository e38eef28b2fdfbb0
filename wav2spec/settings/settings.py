"""All settings together. The defaults are those of TensorFlow's `wav_to_spectrogram`.

Settings are frozen and travel together; a variant is ``settings.replace(stride=64)``. A field holds what was given
(``"25ms"``); `Analysis.resolved` turns it into samples once the sample rate is known.
"""

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Any

from wav2spec.errors import SettingError
from wav2spec.settings.analysis import Analysis
from wav2spec.settings.bands import Bands
from wav2spec.settings.compression import Compression
from wav2spec.settings.fields import Declaration, Group, declarations
from wav2spec.settings.levels import Levels
from wav2spec.settings.pictures import Figure, Raster
from wav2spec.settings.preprocessing import Preprocessing
from wav2spec.settings.programs import Programs


@dataclass(frozen=True, eq=False, repr=False)
class Settings(Group):
    """All settings that determine the pixels of a picture."""

    preprocessing: Preprocessing = Preprocessing()
    analysis: Analysis = Analysis()
    bands: Bands = Bands()
    levels: Levels = Levels()
    picture: Raster | Figure = Raster()
    compression: Compression = Compression()
    programs: Programs = Programs()

    def __post_init__(self) -> None:
        # With a rate given, settings that depend on it can be checked before there is a recording.
        rate = self.preprocessing.sample_rate
        if rate is not None:
            self.analysis.resolved(rate)
            self.bands.check_within(rate)

    def as_dict(self) -> dict[str, Any]:
        """Return all fields of all groups by name."""
        groups = [getattr(self, group.name) for group in fields(self)]
        return {field.name: getattr(group, field.name) for group in groups for field in fields(group)}

    @property
    def declarations(self) -> Mapping[str, Declaration]:
        """The declarations of all fields by name."""
        return _declarations(tuple(type(getattr(self, group.name)) for group in fields(self)))

    @functools.lru_cache(maxsize=16)  # noqa: B019 - few and small
    def effective(self) -> Mapping[str, Any]:
        """Return the fields that have a value and an effect beside the others.

        The many settings of front ends are left out where they have their defaults, which change nothing.
        """
        values, declared, ignored = self.as_dict(), self.declarations, self._ignored()

        def counts(name: str, value: Any) -> bool:
            is_idle = declared[name].group == "Front ends" and value == declared[name].default
            return value is not None and not is_idle and name not in ignored and declared[name].applies(values)

        return MappingProxyType({name: value for name, value in values.items() if counts(name, value)})

    def _ignored(self) -> Mapping[str, str]:
        """Return the settings that have no effect beside one that takes their place, which is named."""
        if self.programs.method != "stft":
            ignored = self.as_dict().keys() - _USED_BY[self.programs.method]
            return dict.fromkeys(ignored, f"`method` {self.programs.method}")
        if self.compression.normalized and self.levels.scale != "db":
            return dict.fromkeys(
                ("brightness", "db_ref", "db_max", "db_range"), "statistics as `value_mean` or `value_std`"
            )
        return {}

    def replace(self, **values: Any) -> "Settings":
        """Return these settings with some fields of their groups replaced, named without the group.

        Values may be written as on the command line (``fmax="8k"``).

        Raises
        ------
        SettingError
            If a value is not valid.
        TypeError
            If there is no such setting.

        Examples
        --------
        >>> Settings().replace(stride="50%", fmax="8k").bands.fmax
        8000
        """
        declared = self.declarations
        unknown = sorted(values.keys() - declared.keys())
        if unknown:
            raise TypeError(f"no such setting: {', '.join(unknown)}")
        groups = {}
        for group in fields(self):
            old = getattr(self, group.name)
            names = [field.name for field in fields(old) if field.name in values]
            groups[group.name] = replace(old, **{name: declared[name].kind.read(values[name]) for name in names})
        return Settings(**groups)

    def check_applicable(self, names: Iterable[str]) -> None:
        """Check that settings that were given have an effect beside the others.

        Raises
        ------
        SettingError
            If one has none; its message names the setting that it needs.
        """
        values, declared, ignored = self.as_dict(), self.declarations, self._ignored()
        for name in names:
            if name in ignored:
                raise SettingError(name, f"has no effect with {ignored[name]}")
            if not declared[name].applies(values):
                other, needed = declared[name].applies_if or ("", ())
                if not needed:
                    raise SettingError(name, f"needs `{other}`")
                wanted = " or ".join(f"`{other}` {value}" for value in needed)
                raise SettingError(name, f"needs {wanted}, but it is {values[other]}")

    def check_acts_on_values(self, names: Iterable[str], target: str) -> None:
        """Check that settings that were given change the values in a file that holds no pixels.

        Raises
        ------
        SettingError
            If one does not.
        """
        values = self.as_dict()
        for name in sorted(names):
            # The layout says which side of a size is that of time, along which frames are pooled.
            decides_shape = name == "layout" and (values["width"], values["height"]) != (None, None)
            if self.declarations[name].pixels_only and not decides_shape:
                raise SettingError(name, f"has no effect on the values in {target}")


def _names(*groups: type) -> frozenset[str]:
    return frozenset(field.name for group in groups for field in fields(group))


# The settings that have an effect on a spectrogram by a program's algorithm.
_USED_BY = {
    "sox": _names(Preprocessing, Programs) | {"width", "height", "palette", "metadata", "db_max", "db_range"},
    "praat": _names(Preprocessing, Programs, Raster, Figure)
    | {"window_size", "stride", "fmax", "db_ref", "db_max", "db_range", "amin", "gamma", "npy_axes"},
}


@functools.cache
def _declarations(groups: tuple[type, ...]) -> Mapping[str, Declaration]:
    return MappingProxyType({name: one for group in groups for name, one in declarations(group).items()})


# Those of `image`, and of Python.
DEFAULT = Settings()
