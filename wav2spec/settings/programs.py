"""Settings of spectrograms that follow a program of their own: SoX's effect and Praat's command."""

from dataclasses import dataclass
from typing import Literal, get_args

from wav2spec.settings.fields import Choice, Flag, Group, Number, setting

Method = Literal["stft", "sox", "praat"]
SoxWindow = Literal["hann", "hamming", "bartlett", "rectangular", "kaiser", "dolph"]
PraatWindow = Literal["gaussian", "square", "hamming", "bartlett", "welch", "hanning"]

_SOX = ("method", ("sox",))
_PRAAT = ("method", ("praat",))


@dataclass(frozen=True, eq=False, repr=False)
class Programs(Group):
    """Whose algorithm makes the spectrogram, and its own settings."""

    method: Method = setting(
        "stft",
        Choice(get_args(Method)),
        "Algorithm: the general one, or that of SoX or Praat.",
        details="`stft` is described by all other settings. SoX averages frames in columns of pixels, Praat's frames "
        "fall between samples; settings that have no meaning for them are refused.",
        group="Front ends",
        changes_levels=True,
    )
    sox_window: SoxWindow = setting(
        "hann", Choice(get_args(SoxWindow)), "Window of SoX (-w).", group="Front ends", applies_if=_SOX
    )
    sox_window_adjust: float = setting(
        0.0,
        Number(minimum=-10, maximum=10),
        "Adjusts SoX's Kaiser and Dolph windows (-W).",
        group="Front ends",
        applies_if=("sox_window", ("kaiser", "dolph")),
    )
    sox_slack: bool = setting(
        False, Flag(), "Let SoX's windows overlap less (-s).", group="Front ends", applies_if=_SOX
    )
    sox_columns_per_second: float | None = setting(
        None,
        Number(minimum=1, maximum=5000),
        "Columns of SoX's picture in a second (-X).",
        group="Front ends",
        default_text="as the width needs",
        applies_if=_SOX,
    )
    sox_levels: int = setting(
        249,
        Number(whole=True, minimum=0, maximum=249),
        "Levels of SoX's colours between the ends (-q).",
        group="Front ends",
        applies_if=_SOX,
    )
    praat_window: PraatWindow = setting(
        "gaussian", Choice(get_args(PraatWindow)), "Window of Praat.", group="Front ends", applies_if=_PRAAT
    )
    praat_frequency_step: float = setting(
        20.0,
        Number("Hz", above=0),
        "Least distance between Praat's bands.",
        group="Front ends",
        applies_if=_PRAAT,
    )
