"""The settings of what is taken from a recording."""

from dataclasses import dataclass
from typing import get_args

from wav2spec.errors import SettingError
from wav2spec.settings.choices import MAX_LEVEL, NORMALIZATIONS, ChannelName, SegmentLast
from wav2spec.settings.quantities import parse_named, parse_time
from wav2spec.settings.validation import check_choice, check_number, check_size, parsed


@dataclass(frozen=True)
class Preprocessing:
    """What is taken from the recording, in this order.

    Attributes
    ----------
    start, duration : float or str
        In s, as ``"1:02.5"`` or ``"150ms"``. Without a duration, up to the end.
    channel : str or int
        ``"first"``, ``"mix"`` (the mean of all), ``"all"`` or a number counted from 1.
    sample_rate : int, optional
        In Hz, to resample to.
    target_length : int or str, optional
        Samples (at the new rate) or time: that many from the first on, and zeros behind them if there are fewer.
    segment : float or str, optional
        In s: the length of clips, of each of which a picture is made.
    segment_stride : float or str, optional
        In s, from the start of a clip to the start of the next; by default the clip's length.
    segment_last : str, optional
        What becomes of a clip that the end cuts off: ``"pad"``, the default, fills it up with zeros, ``"drop"`` leaves
        it out.
    normalize : str
        ``"none"``, ``"peak"``, ``"peak:LEVEL"`` or ``"rms:LEVEL"``, linear, over the samples kept, of each clip.
    """

    start: float | str = 0
    duration: float | str | None = None
    channel: ChannelName | int = "first"
    sample_rate: int | None = None
    target_length: int | str | None = None
    segment: float | str | None = None
    segment_stride: float | str | None = None
    segment_last: SegmentLast | None = None
    normalize: str = "none"

    def __post_init__(self) -> None:
        parsed("start", parse_time, self.start)
        if self.duration is not None and parsed("duration", parse_time, self.duration) == 0:
            raise SettingError("duration", f"must be more than nothing, not {self.duration}")
        if isinstance(self.channel, int) and not isinstance(self.channel, bool):
            if self.channel < 1:
                raise SettingError("channel", f"channels are counted from 1, not {self.channel}")
        elif self.channel not in get_args(ChannelName):
            raise SettingError("channel", f"{self.channel!r} is neither first, mix, all nor a number from 1")
        if self.sample_rate is not None:
            check_number("sample_rate", self.sample_rate, whole=True, minimum=1)
        if self.target_length is not None:
            check_size("target_length", self.target_length, minimum=1)
        for name in ("segment", "segment_stride"):
            time = getattr(self, name)
            if time is not None and parsed(name, parse_time, time) == 0:
                raise SettingError(name, f"must be more than nothing, not {time}")
        if self.segment is not None and self.target_length is not None:
            raise SettingError("target_length", f"clips are {self.segment} s long, and have no other length")
        if self.segment_last is not None:
            check_choice("segment_last", self.segment_last, SegmentLast)
        for name in ("segment_stride", "segment_last"):
            if self.segment is None and getattr(self, name) is not None:
                raise SettingError(name, "needs --segment, the length of clips")
        name, level = parsed("normalize", lambda text: parse_named(text, NORMALIZATIONS), self.normalize)
        if level is not None and not 0 < level <= MAX_LEVEL:
            message = f"the level of {name} must be above 0 and at most {MAX_LEVEL:g}, not {level:g}"
            raise SettingError("normalize", message)
