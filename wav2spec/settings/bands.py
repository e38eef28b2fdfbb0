"""The settings of the frequency bands."""

from dataclasses import dataclass

from wav2spec.errors import SettingError
from wav2spec.settings.choices import FreqScale, MelFormula, MelNorm
from wav2spec.settings.validation import check_choice, check_flag, check_number


@dataclass(frozen=True)
class Bands:
    """Which frequencies are kept, and how they are spaced.

    Attributes
    ----------
    fmin, fmax : float, optional
        In Hz. By default from 0 (from the first bin above it on a log scale) to half the sample rate.
    freq_scale : str
        ``"linear"``, ``"log"`` or ``"mel"``.
    n_bands : int, optional
        By default each bin is a band on a linear scale, as many as bins on a log scale, 128 on a mel scale.
    mel_formula : str
        ``"slaney"`` (linear below 1 kHz) or ``"htk"``.
    mel_norm : str
        ``"slaney"`` (triangles of equal area) or ``"none"`` (of height 1).
    drop_nyquist : bool
        Whether the last bin is left out, so that an FFT of 2**k gives 2**(k - 1) bins.
    """

    fmin: float | None = None
    fmax: float | None = None
    freq_scale: FreqScale = "linear"
    n_bands: int | None = None
    mel_formula: MelFormula = "slaney"
    mel_norm: MelNorm = "slaney"
    drop_nyquist: bool = False

    def __post_init__(self) -> None:
        check_choice("freq_scale", self.freq_scale, FreqScale)
        if self.fmin is not None:
            check_number("fmin", self.fmin, minimum=0)
        if self.fmax is not None:
            check_number("fmax", self.fmax, above=0)
        if self.fmin is not None and self.fmax is not None and self.fmin >= self.fmax:
            raise SettingError("fmin", f"must be below fmax, but {self.fmin:g} Hz is not below {self.fmax:g} Hz")
        if self.freq_scale == "log" and self.fmin == 0:
            raise SettingError("fmin", "must be above 0 Hz on a log scale")
        if self.n_bands is not None:
            check_number("n_bands", self.n_bands, whole=True, minimum=1)
        check_choice("mel_formula", self.mel_formula, MelFormula)
        check_choice("mel_norm", self.mel_norm, MelNorm)
        check_flag("drop_nyquist", self.drop_nyquist)

    def check_within(self, sample_rate: int) -> None:
        """Check that the limits lie within half the sample rate.

        Raises
        ------
        SettingError
            If one does not.
        """
        for name, limit in (("fmax", self.fmax), ("fmin", self.fmin)):
            if limit is not None and limit > sample_rate / 2:
                message = f"{limit:g} Hz is beyond half the sample rate, {sample_rate / 2:g} Hz"
                raise SettingError(name, message)
