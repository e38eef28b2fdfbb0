"""Settings of the waveform that is analysed: the section, channel, rate, length and level."""

from dataclasses import dataclass
from typing import get_args

from wav2spec.errors import SettingError
from wav2spec.settings.choices import MAX_LEVEL, NORMALIZATIONS, ChannelName, Resampler, SegmentLast
from wav2spec.settings.fields import Choice, Group, Named, Number, Size, Text, Time, setting
from wav2spec.settings.kinds import Parameter

_LEVEL = Parameter("level", above=0.0, maximum=MAX_LEVEL)
_NORMALIZE = Named(
    NORMALIZATIONS, {"peak": _LEVEL, "rms": _LEVEL}, decibels=True, placeholder="none|peak[:LEVEL]|rms:LEVEL|range"
)


@dataclass(frozen=True, eq=False, repr=False)
class Preprocessing(Group):
    """The waveform that is analysed, in the order in which it is made from the recording."""

    start: float | str = setting(
        0,
        Time(),
        "Start of the section: seconds (2.5), 1:02.5 or 150ms.",
        group="Input",
        everyday=True,
    )
    duration: float | str | None = setting(
        None,
        Time(positive=True),
        "Length of the section.",
        group="Input",
        default_text="to the end",
        everyday=True,
    )
    channel: ChannelName | int = setting(
        "first",
        Number(whole=True, minimum=1, names=get_args(ChannelName)),
        "The first channel, the mean of all, all, or one by number.",
        details="`mix` is the mean of all channels. `all` draws them side by side along the frequency axis. Numbers "
        "begin at 1.",
        group="Input",
        everyday=True,
        changes_levels=True,
    )
    sample_rate: int | None = setting(
        None,
        Number("Hz", whole=True, minimum=1),
        "Resample to this rate.",
        details="By soxr at its very high quality.",
        group="Input",
        default_text="the recording's",
        everyday=True,
        changes_levels=True,
    )
    resampler: Resampler = setting(
        "soxr-vhq",
        Choice(get_args(Resampler)),
        "Resample in very high quality, or as librosa.load.",
        details="`soxr-hq` is the default of `librosa.load`.",
        group="Front ends",
        applies_if=("sample_rate", ()),
        changes_levels=True,
    )
    target_length: int | str | None = setting(
        None,
        Size(minimum=1),
        "Cut or zero-pad to this length, after resampling.",
        group="Input",
        default_text="the section's",
    )
    segment: float | str | None = setting(
        None,
        Time(positive=True),
        "Draw a picture for each segment of this length.",
        details="The name of each picture has the segment's first sample, as in `a-0000044100.png`.",
        group="Input",
        default_text="none",
    )
    segment_stride: float | str | None = setting(
        None,
        Time(positive=True),
        "Distance between the starts of segments.",
        group="Input",
        default_text="the segment's length",
        applies_if=("segment", ()),
    )
    segment_last: SegmentLast | None = setting(
        None,
        Choice(get_args(SegmentLast)),
        "Zero-pad or drop an incomplete last segment.",
        group="Input",
        default_text="pad",
        applies_if=("segment", ()),
    )
    segments: str | None = setting(
        None,
        Text("FILE|auto"),
        "Draw a picture for each section of a label file.",
        details="Of a label track of Audacity, a selection table of Raven, a TextGrid of Praat, or a CSV with the "
        "columns start, end and label; of a CSV with a column file too, the rows of the recording. `auto` takes "
        "`talk.TextGrid`, `talk.txt` or `talk.csv` beside `talk.wav`. The name of each picture has the first sample "
        "and the label, as in `a-0000044100-crow.png`.",
        group="Input",
        default_text="none",
    )
    normalize: str = setting(
        "none",
        _NORMALIZE,
        "Scale to a peak or RMS level, linear or in dB (peak:-1dB).",
        details="The level is that of the samples kept, before zero-padding; with segments, of each segment. `range` "
        "brings the least sample to -1 and the greatest to 1, after zero-padding, as BirdNET.",
        group="Input",
        changes_levels=True,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.segment is not None and self.target_length is not None:
            message = f"cannot be combined with `segment`: segments have a length of {self.segment}"
            raise SettingError("target_length", message)
        if self.segments == "":
            raise SettingError("segments", "the name is empty")
        for name, given in (("segment", self.segment), ("duration", self.duration), ("start", self.start or None)):
            if self.segments is not None and given is not None:
                raise SettingError(name, "cannot be combined with `segments`, which says from when to when")

    @property
    def makes_segments(self) -> bool:
        """Whether a recording becomes several pictures."""
        return self.segment is not None or self.segments is not None

    @property
    def normalization(self) -> tuple[str, float | None]:
        """What is normalised and to which linear level; the level is None for ``"none"``."""
        return _NORMALIZE.parse(self.normalize)
