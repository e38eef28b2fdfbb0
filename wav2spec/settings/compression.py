"""Settings of the steps after `scale`: floors, PCEN, normalisation and the axes of arrays."""

from dataclasses import dataclass
from typing import get_args

from wav2spec.settings.choices import LOGARITHMIC, NpyAxes, PcenStart, Statistic
from wav2spec.settings.fields import Choice, Group, Number, setting

_PCEN = ("scale", ("pcen",))
_STD = ("value_std", get_args(Statistic))


@dataclass(frozen=True, eq=False, repr=False)
class Compression(Group):
    """How logarithms are limited and values normalised."""

    log_offset: float = setting(
        0.0,
        Number(minimum=0),
        "Add this to each value under the logarithm.",
        group="Front ends",
        applies_if=("scale", ("ln", "log10")),
        changes_levels=True,
    )
    top_db: float | None = setting(
        None,
        Number("dB", above=0),
        "Least level, so far below the recording's greatest.",
        details="As librosa's and torchaudio's `top_db`.",
        group="Front ends",
        default_text="none",
        applies_if=("scale", LOGARITHMIC),
        changes_levels=True,
    )
    pcen_gain: float = setting(
        0.98, Number(minimum=0), "Exponent of PCEN's gain control.", group="Front ends", applies_if=_PCEN
    )
    pcen_bias: float = setting(
        2.0, Number(minimum=0), "Bias of PCEN before its root.", group="Front ends", applies_if=_PCEN
    )
    pcen_power: float = setting(0.5, Number(above=0), "Exponent of PCEN's root.", group="Front ends", applies_if=_PCEN)
    pcen_smoothing: float = setting(
        0.025,
        Number(above=0, maximum=1),
        "Coefficient of PCEN's smoother.",
        details="Of a time constant of T frames it is `(sqrt(1 + 4 T^2) - 1) / (2 T^2)`.",
        group="Front ends",
        applies_if=_PCEN,
    )
    pcen_eps: float = setting(
        1e-6, Number(above=0), "Added to PCEN's smoothed values.", group="Front ends", applies_if=_PCEN
    )
    pcen_start: PcenStart = setting(
        "one",
        Choice(get_args(PcenStart)),
        "State of PCEN's smoother before the first frame.",
        details="`one`, as librosa; `first`, the first frame, as Perch.",
        group="Front ends",
        applies_if=_PCEN,
    )
    value_mean: float | Statistic = setting(
        0.0,
        Number(names=get_args(Statistic)),
        "Subtract a number, or the mean of each band or of all.",
        details="`band`: the mean over the frames of each band. `recording`: over all bands as well. Pixels then show "
        "-3 to 3.",
        group="Front ends",
    )
    value_std: float | Statistic = setting(
        1.0,
        Number(above=0, names=get_args(Statistic)),
        "Divide by a number, or by the standard deviation.",
        details="Of each `band` over its frames, or of the `recording`.",
        group="Front ends",
    )
    std_ddof: int = setting(
        0,
        Number(whole=True, minimum=0, maximum=1),
        "Degrees of freedom taken off the count of frames.",
        group="Front ends",
        applies_if=_STD,
    )
    std_eps: float = setting(
        0.0, Number(minimum=0), "Added to the standard deviation.", group="Front ends", applies_if=_STD
    )
    var_eps: float = setting(0.0, Number(minimum=0), "Added to the variance.", group="Front ends", applies_if=_STD)
    npy_axes: NpyAxes = setting(
        "frames-bands",
        Choice(get_args(NpyAxes)),
        "Order of the axes of .npy files.",
        details="Channels come first, with `channel` all.",
        group="Front ends",
    )

    @property
    def normalized(self) -> bool:
        """Whether values are normalised by statistics of the recording."""
        return {self.value_mean, self.value_std} & set(get_args(Statistic)) != set()
