"""Every setting once: its field, its default (TensorFlow's `wav_to_spectrogram`) and its rule.

Settings are frozen and travel together; a variant is ``dataclasses.replace(analysis, stride=64)``. A field holds what
was given (``"25ms"``); `resolved` turns it into samples once the sample rate is known.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Any

from wav2spec.settings.analysis import Analysis
from wav2spec.settings.bands import Bands
from wav2spec.settings.choices import APPLIES_IF
from wav2spec.settings.levels import Levels
from wav2spec.settings.pictures import Figure, Raster
from wav2spec.settings.preprocessing import Preprocessing


@dataclass(frozen=True)
class Settings:
    """All that decides the pixels of a picture."""

    preprocessing: Preprocessing = Preprocessing()  # noqa: RUF009 - frozen, as the others
    analysis: Analysis = Analysis()  # noqa: RUF009
    bands: Bands = Bands()  # noqa: RUF009
    levels: Levels = Levels()  # noqa: RUF009
    picture: Raster | Figure = Raster()  # noqa: RUF009

    def __post_init__(self) -> None:
        # With a rate given, what needs it can be judged before there is a recording.
        rate = self.preprocessing.sample_rate
        if rate is not None:
            self.analysis.resolved(rate)
            self.bands.check_within(rate)

    def as_dict(self) -> dict[str, Any]:
        """Return all fields of all groups by name."""
        groups = [getattr(self, group.name) for group in fields(self)]
        return {field.name: getattr(group, field.name) for group in groups for field in fields(group)}

    @functools.lru_cache(maxsize=16)  # noqa: B019 - settings are small, and few
    def effective(self) -> Mapping[str, Any]:
        """Return the fields that have a value and can act beside the others."""
        values = self.as_dict()
        effective = {
            name: value
            for name, value in values.items()
            if value is not None and (name not in APPLIES_IF or values[APPLIES_IF[name][0]] in APPLIES_IF[name][1])
        }
        return MappingProxyType(effective)

    def replace(self, **values: Any) -> "Settings":
        """Return these settings with some fields of their groups replaced, named without the group.

        >>> Settings().replace(stride="50%", layout="right-up").analysis.stride
        '50%'
        """
        groups = {}
        for group in fields(self):
            value = getattr(self, group.name)
            mine = {field.name: values.pop(field.name) for field in fields(value) if field.name in values}
            groups[group.name] = replace(value, **mine)
        if values:
            raise TypeError(f"no such setting: {', '.join(sorted(values))}")
        return Settings(**groups)
