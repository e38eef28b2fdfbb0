"""Every setting once: its field, its default (TensorFlow's `wav_to_spectrogram`) and its rule.

Settings are frozen and travel together; a variant is ``dataclasses.replace(analysis, stride=64)``. A field holds what
was given (``"25ms"``); `Analysis.resolved` turns sizes into samples once the sample rate is known.
"""

import math
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, get_args

from wav2spec.errors import SettingError
from wav2spec.sizes import in_samples, parse_size

Layout = Literal["down-left", "down-right", "right-up"]
ChannelName = Literal["first", "mix", "all"]


@dataclass(frozen=True)
class Source:
    """What is taken from the recording.

    `channel` is ``"first"``, ``"mix"`` (the mean of all), ``"all"`` or a number counted from 1.
    """

    channel: ChannelName | int = "first"

    def __post_init__(self) -> None:
        if isinstance(self.channel, int):
            if self.channel < 1:
                raise SettingError("channel", f"channels are counted from 1, not {self.channel}")
        elif self.channel not in get_args(ChannelName):
            raise SettingError("channel", f"{self.channel!r} is neither first, mix, all nor a number from 1")


@dataclass(frozen=True)
class Analysis:
    """The short-time Fourier transform.

    Attributes
    ----------
    window_size : int or str
        Samples (at least 2) or time.
    stride : int or str
        From the start of a frame to the start of the next: samples (at least 1), time, or a share of the window.
        A stride beyond the window skips samples.
    magnitude_squared : bool
        Power instead of magnitude.
    """

    window_size: int | str = 256
    stride: int | str = 128
    magnitude_squared: bool = False

    def __post_init__(self) -> None:
        self._check_size("window_size", self.window_size, at_least=2)
        self._check_size("stride", self.stride, at_least=1)
        if isinstance(self.window_size, str) and parse_size(self.window_size)[1] == "window":
            raise SettingError("window_size", f"{self.window_size!r} is a share of the window itself")

    @staticmethod
    def _check_size(name: str, size: int | str, *, at_least: int) -> None:
        try:
            amount, unit = parse_size(size)
        except ValueError as error:
            raise SettingError(name, str(error)) from None
        if amount < at_least and unit == "samples":
            raise SettingError(name, f"must be at least {at_least}, not {size}")
        if amount == 0:
            raise SettingError(name, f"must be more than nothing, not {size}")

    def resolved(self, sample_rate: int) -> "Analysis":
        """Return the same analysis with sizes in samples, rounded up.

        Raises
        ------
        SettingError
            If a size is too short at this sample rate.
        """
        window_size = in_samples(self.window_size, sample_rate)
        if window_size < 2:
            words = f"{self.window_size} at {sample_rate} Hz is {window_size} sample, a window needs at least 2"
            raise SettingError("window_size", words)
        return replace(self, window_size=window_size, stride=in_samples(self.stride, sample_rate, window_size))


@dataclass(frozen=True)
class Levels:
    """How a value becomes a pixel: ``min(value * brightness, 255)``, rounded down."""

    brightness: float = 64.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.brightness) and self.brightness > 0):
            raise SettingError("brightness", f"must be a number above 0, not {self.brightness:g}")


@dataclass(frozen=True)
class Raster:
    """How the picture lies: where time runs, then where frequency rises to."""

    layout: Layout = "down-left"

    def __post_init__(self) -> None:
        if self.layout not in get_args(Layout):
            raise SettingError("layout", f"{self.layout!r} is none of {', '.join(get_args(Layout))}")


@dataclass(frozen=True)
class Settings:
    """All that decides the pixels of a picture."""

    source: Source = Source()
    analysis: Analysis = Analysis()
    levels: Levels = Levels()
    raster: Raster = Raster()

    def __getitem__(self, name: str) -> Any:
        """Return a field of one of the groups, named without the group."""
        for group in fields(self):
            if hasattr(getattr(self, group.name), name):
                return getattr(getattr(self, group.name), name)
        raise KeyError(name)

    def updated(self, **values: Any) -> "Settings":
        """Return these settings with some fields of their groups replaced, named without the group.

        >>> Settings().updated(stride="50%", layout="right-up").analysis.stride
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
