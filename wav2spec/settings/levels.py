"""Settings that turn values into pixels."""

from dataclasses import dataclass
from typing import get_args

from wav2spec.errors import SettingError
from wav2spec.settings.choices import LOGARITHMIC, MAX_LEVEL, SCALES, DbRefName
from wav2spec.settings.fields import Group, Named, Number, setting
from wav2spec.settings.kinds import Parameter

_SCALE = Named(SCALES, {"power": Parameter("exponent", above=0.0, maximum=100.0)}, placeholder="NAME|power:E")


@dataclass(frozen=True, eq=False, repr=False)
class Levels(Group):
    """How a value becomes a pixel."""

    scale: str = setting(
        "linear",
        _SCALE,
        "Draw values, or their levels in dB; store their logarithms.",
        details="`linear`: a pixel is `min(value * brightness, 255)`, rounded down. `db`: from `db_max` down over "
        "`db_range`. `ln` and `log10`: natural and decimal logarithms as values, levels in dB as pixels. `power:E`: "
        "values to the power E. `pcen`: per-channel energy normalisation. Both are drawn as `linear`.",
        group="Levels and colour",
        everyday=True,
    )
    brightness: float = setting(
        64.0,
        Number(above=0),
        "Factor from values to pixels.",
        group="Levels and colour",
        everyday=True,
        applies_if=("scale", ("linear", "power", "pcen")),
        pixels_only=True,
    )
    db_ref: DbRefName | float = setting(
        "full-scale",
        Number(minimum=1 / MAX_LEVEL, maximum=MAX_LEVEL, names=get_args(DbRefName), placeholder="MAGNITUDE"),
        "Level of 0 dB: a sine of amplitude 1, the peak, or a magnitude.",
        details="`full-scale`: a sine of amplitude 1 reads 0 dB, whatever the window, its size and the stride; in a "
        "band that sums bins, a sine in the middle of the band. At 0 Hz and half the sample rate, where the two halves "
        "of a spectrum meet, levels are 6 dB higher. `peak`: the greatest value of the recording.",
        group="Levels and colour",
        applies_if=("scale", LOGARITHMIC),
        or_if=("method", ("sox", "praat")),
    )
    db_max: float = setting(
        0.0,
        Number("dB"),
        "Level of the brightest pixel.",
        group="Levels and colour",
        applies_if=("scale", LOGARITHMIC),
        or_if=("method", ("sox", "praat")),
    )
    db_range: float = setting(
        80.0,
        Number("dB", above=0),
        "Range of levels below it, down to the darkest pixel.",
        group="Levels and colour",
        everyday=True,
        applies_if=("scale", LOGARITHMIC),
        or_if=("method", ("sox", "praat")),
    )
    amin: float = setting(
        0.0,
        Number(minimum=0, placeholder="POWER"),
        "Least power: lower values count as this, as in librosa.",
        details="Applied before the power is compared with the reference.",
        group="Levels and colour",
        applies_if=("scale", LOGARITHMIC),
        or_if=("method", ("sox", "praat")),
    )
    gamma: float = setting(
        1.0,
        Number(above=0),
        "Exponent 1/gamma of pixels: above 1 brightens dark ones.",
        group="Levels and colour",
        pixels_only=True,
    )

    def __post_init__(self) -> None:
        if self.scale == "log":
            raise SettingError("scale", "'log' could be several: write db for decibels, ln or log10")
        super().__post_init__()

    @property
    def exponent(self) -> float | None:
        """The exponent of `scale` ``power:E``."""
        return _SCALE.parse(self.scale)[1]

    @property
    def logarithmic(self) -> bool:
        """Whether pixels are levels in dB."""
        return self.scale in LOGARITHMIC
