"""Settings of the frequency bands."""

from dataclasses import dataclass
from typing import get_args

from wav2spec.errors import SettingError
from wav2spec.settings.choices import AUTO, MEL_BANDS, BandSum, FreqScale, MelFormula, MelNorm, MelTriangles
from wav2spec.settings.fields import Choice, Flag, Group, Number, setting


@dataclass(frozen=True, eq=False, repr=False)
class Bands(Group):
    """Which frequencies are kept, and how they are spaced."""

    fmin: float | None = setting(
        None,
        Number("Hz", minimum=0),
        "Lowest frequency.",
        group="Frequency",
        default_text="0; the first bin above it on a log scale",
        everyday=True,
        changes_levels=True,
    )
    fmax: float | str | None = setting(
        None,
        Number("Hz", above=0, names=(AUTO,)),
        "Highest frequency.",
        details="`auto`: 99.9 % of the power, and all that comes within 60 dB of the peak, lies below it, rounded up.",
        group="Frequency",
        default_text="half the sample rate",
        everyday=True,
        changes_levels=True,
    )
    freq_scale: FreqScale = setting(
        "linear",
        Choice(get_args(FreqScale)),
        "Spacing of the bands.",
        details="Power is summed over the bins of a band, and interpolated where a band is narrower than a bin.",
        group="Frequency",
        everyday=True,
        changes_levels=True,
    )
    n_bands: int | None = setting(
        None,
        Number(whole=True, minimum=1),
        "Number of bands.",
        group="Frequency",
        default_text=f"the bins; {MEL_BANDS} on a mel scale",
        everyday=True,
        changes_levels=True,
        aliases=("n-mels",),
    )
    mel_formula: MelFormula = setting(
        "slaney",
        Choice(get_args(MelFormula)),
        "Mel scale: Slaney's, linear below 1 kHz, or HTK's.",
        group="Frequency",
        applies_if=("freq_scale", ("mel",)),
        changes_levels=True,
    )
    mel_norm: MelNorm = setting(
        "slaney",
        Choice(get_args(MelNorm)),
        "Mel triangles of equal area, or of equal height.",
        group="Frequency",
        applies_if=("freq_scale", ("mel",)),
        changes_levels=True,
    )
    mel_triangles: MelTriangles = setting(
        "hz",
        Choice(get_args(MelTriangles)),
        "Mel triangles with straight flanks in Hz or in mel.",
        details="`hz`: librosa, torchaudio. `mel`: Kaldi, TensorFlow, Keras, HTK. `left`: in Hz, the right flank as "
        "wide as the left, as speechbrain.",
        group="Front ends",
        applies_if=("freq_scale", ("mel",)),
        changes_levels=True,
    )
    band_sum: BandSum = setting(
        "power",
        Choice(get_args(BandSum)),
        "Sum power or magnitude over the bins of a band.",
        group="Front ends",
        applies_if=("freq_scale", ("log", "mel")),
        or_if=("n_bands", ()),
        changes_levels=True,
    )
    drop_nyquist: bool = setting(
        False,
        Flag(off="--keep-nyquist"),
        "Leave out the last bin: an FFT of 512 gives 256 bins.",
        group="Frequency",
        applies_if=("freq_scale", ("linear",)),
        changes_levels=True,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.fmin is not None and isinstance(self.fmax, int | float) and self.fmin >= self.fmax:
            raise SettingError("fmin", f"must be below fmax, but {self.fmin:g} Hz is not below {self.fmax:g} Hz")
        if self.freq_scale == "log" and self.fmin == 0:
            raise SettingError("fmin", "must be above 0 Hz on a log scale")

    def check_within(self, sample_rate: int) -> None:
        """Check that the limits lie within half the sample rate.

        Raises
        ------
        SettingError
            If one does not.
        """
        for name, limit in (("fmax", self.fmax), ("fmin", self.fmin)):
            if isinstance(limit, int | float) and limit > sample_rate / 2:
                message = f"{limit:g} Hz is beyond half the sample rate, {sample_rate / 2:g} Hz"
                raise SettingError(name, message)
