"""Settings of the short-time Fourier transform."""

import functools
from dataclasses import dataclass, replace
from typing import get_args

from wav2spec.errors import SettingError
from wav2spec.settings.auto import Fit, power_of_two_from
from wav2spec.settings.choices import (
    AUTO,
    MAX_LEVEL,
    WINDOW_ALIASES,
    WINDOW_PARAMETERS,
    WINDOWS,
    Detrend,
    Energy,
    FftLengthName,
    FrameCount,
    Framing,
    PadMode,
    PreemphasisOf,
    Sides,
    SpectrumScale,
    WindowAlign,
    WindowSymmetry,
)
from wav2spec.settings.fields import Choice, Flag, Group, Named, Number, Size, setting
from wav2spec.settings.quantities import in_samples, parse_size

_NO_PICTURE = Fit()


@dataclass(frozen=True, eq=False, repr=False)
class Analysis(Group):
    """The short-time Fourier transform."""

    window_size: int | str = setting(
        256,
        Size(minimum=2, names=(AUTO,)),
        "Length of the window: samples (256) or time (25ms).",
        details="`auto`: the power of two nearest to 40 ms, but 256 to 2048 samples, at most 1024 above 96 kHz, and in "
        "a recording of about a second or less the one nearest to a 30th of it.",
        group="Analysis",
        everyday=True,
        changes_levels=True,
        aliases=("win-length",),
    )
    stride: int | str = setting(
        128,
        Size(minimum=1, share=True, names=(AUTO,)),
        "Distance between frames: samples, time or a share (50%).",
        details="From the start of a frame to the start of the next: samples, time, or a share of the window (`50%`, "
        "`1/3`; `1//4` is rounded down to whole samples). A stride beyond the window skips samples. `auto`: a quarter "
        "of the window, or as many samples as a pixel shows if they are fewer.",
        group="Analysis",
        everyday=True,
        aliases=("hop-length", "hop"),
    )
    window: str = setting(
        "hann",
        Named(WINDOWS, WINDOW_PARAMETERS, WINDOW_ALIASES),
        "Window function: hann, hamming, blackman, kaiser:14, ...",
        details="`hann` (or `hanning`), `hamming`, `blackman`, `bartlett`, `rectangular`, `blackman-harris`, "
        "`nuttall`, `flattop`, `cosine`, `povey` (Kaldi's), `kaiser:BETA`, `gaussian:STD` (standard deviation in "
        "samples) or `tukey:ALPHA` (the tapered share).",
        group="Analysis",
        everyday=True,
        changes_levels=True,
    )
    window_symmetry: WindowSymmetry = setting(
        "periodic",
        Choice(get_args(WindowSymmetry)),
        "Periodic (DFT-even) or symmetric window.",
        details="`even-periodic` is periodic for even sizes and symmetric for odd ones, as `tf.signal` has it. "
        "`open` is symmetric without the zeros at its ends, as MATLAB's `hanning`.",
        group="Analysis",
        changes_levels=True,
    )
    fft_length: int | str = setting(
        "power-of-two",
        Size(minimum=2, names=get_args(FftLengthName)),
        "FFT length: samples, time, the window's or its next power of two.",
        details="A window shorter than the FFT is zero-padded. `auto`: the next power of two, but on a linear scale at "
        "least a bin for each pixel of a panel, and on a log or mel scale four windows, up to 16384 samples.",
        group="Analysis",
        changes_levels=True,
        aliases=("n-fft",),
    )
    window_align: WindowAlign = setting(
        "left",
        Choice(get_args(WindowAlign)),
        "Position of a window that is shorter than the FFT.",
        details="`left`: a frame has as many samples as the window. `center`: a frame has as many samples as the FFT, "
        "with the window in its middle.",
        group="Analysis",
    )
    framing: Framing = setting(
        "valid",
        Choice(get_args(Framing)),
        "Whole frames, frames up to the last sample, or centred frames.",
        details="`valid`: whole frames only. `pad-end`: a frame every stride up to the last sample. `centered`: half a "
        "frame of padding at both ends, so that frame i is centred on sample i * stride. "
        "`hop-centered`: frame i is centred on sample (i + 1/2) * stride.",
        group="Analysis",
    )
    pad_mode: PadMode = setting(
        "constant",
        Choice(get_args(PadMode)),
        "How samples beyond the ends are padded.",
        details="With zeros (`constant`), by reflection (`reflect`), with the first and last sample (`edge`), or by "
        "reflection that repeats them (`symmetric`), as `numpy.pad` does.",
        group="Analysis",
        applies_if=("framing", ("pad-end", "centered", "hop-centered")),
        or_if=("frame_count", ("floor", "ceil", "round", "cover", "open")),
    )
    magnitude_squared: bool = setting(
        False,
        Flag(off="--magnitude"),
        "Power instead of magnitude.",
        group="Analysis",
        applies_if=("scale", ("linear", "ln", "log10", "power", "pcen")),
    )
    sample_scale: float = setting(
        1.0,
        Number(above=0, maximum=MAX_LEVEL),
        "Value of a sample at full scale; 32768 for Kaldi.",
        group="Front ends",
        changes_levels=True,
    )
    preemphasis: float = setting(
        0.0,
        Number(minimum=0, maximum=1),
        "Subtract this share of the previous sample.",
        details="`x[n] - preemphasis * x[n - 1]`; Kaldi and HTK use 0.97.",
        group="Front ends",
        changes_levels=True,
    )
    preemphasis_of: PreemphasisOf = setting(
        "frame",
        Choice(get_args(PreemphasisOf)),
        "Pre-emphasis within each frame, or of the whole signal.",
        details="`frame`: the first sample of a frame is its own predecessor, as in Kaldi. `signal`: before framing, "
        "as in NeMo.",
        group="Front ends",
        applies_if=("preemphasis", ()),
        changes_levels=True,
    )
    detrend: Detrend = setting(
        "none",
        Choice(get_args(Detrend)),
        "Subtract the mean of each frame.",
        details="Kaldi's `remove_dc_offset`, SciPy's `constant`.",
        group="Front ends",
        changes_levels=True,
    )
    frame_count: FrameCount = setting(
        "fit",
        Choice(get_args(FrameCount)),
        "Number of frames of n samples.",
        details="`fit`: those that lie in the padded recording. `floor`, `ceil`, `round`: n / stride, rounded so. "
        "`cover`: the last frame holds the last sample. `open`: a frame needs one sample beyond it. The end is padded "
        "as far as the last frame needs, by `pad_mode`.",
        group="Front ends",
    )
    energy: Energy = setting(
        "none",
        Choice(get_args(Energy)),
        "Log energy of each frame as one more band, as Kaldi.",
        details="Of the samples before pre-emphasis and window. It stands before or behind the bands, at 0 Hz or half "
        "the sample rate.",
        group="Front ends",
        applies_if=("scale", ("ln",)),
        changes_levels=True,
    )
    energy_floor: float = setting(
        0.0,
        Number(minimum=0),
        "Least energy, before the logarithm.",
        group="Front ends",
        applies_if=("energy", ("first", "last")),
        changes_levels=True,
    )
    spectrum_scale: SpectrumScale = setting(
        "none",
        Choice(get_args(SpectrumScale)),
        "Divide the spectrum by the window's sum or energy.",
        details="`magnitude`: by the sum, as SciPy's `scale_to`. `window`: by the root of the energy, as torchaudio's "
        "`normalized`. `psd`: a power spectral density, the power over sample rate and energy.",
        group="Front ends",
        changes_levels=True,
    )
    sides: Sides = setting(
        "onesided",
        Choice(get_args(Sides)),
        "Double the power of bins that stand for two sides.",
        details="`onesided2X` doubles all but 0 Hz and half the sample rate, as SciPy's `fft_mode` of that name.",
        group="Front ends",
        changes_levels=True,
    )
    spectrum_offset: float = setting(
        0.0,
        Number(minimum=0),
        "Add this to the power of each bin.",
        group="Front ends",
        changes_levels=True,
    )

    def __post_init__(self) -> None:
        if str(self.window).isdecimal():
            raise SettingError("window", f"{self.window} is no window function; did you mean `window_size`?")
        super().__post_init__()
        if self.fft_length in get_args(FftLengthName) or self.window_size == AUTO:
            return
        (length, unit), (size, window_unit) = parse_size(self.fft_length), parse_size(self.window_size)
        if unit == window_unit and length < size:
            raise SettingError("fft_length", f"{self.fft_length} is shorter than the window's {self.window_size}")

    # Most recordings of a batch have the same sample rate.
    @functools.lru_cache(maxsize=64)  # noqa: B019 - few and small
    def resolved(self, sample_rate: int, fit: Fit = _NO_PICTURE) -> "Analysis":
        """Return the same analysis with sizes in samples, rounded up; ``auto`` fits them to a picture.

        Raises
        ------
        SettingError
            If the window is too short at this sample rate, or longer than the FFT.
        """
        if self.window_size == AUTO:
            window_size = fit.window_size(sample_rate)
        else:
            window_size = in_samples(self.window_size, sample_rate)
        if window_size < 2:
            message = f"{self.window_size} at {sample_rate} Hz is {window_size} sample, a window needs at least 2"
            raise SettingError("window_size", message)
        if self.fft_length == "power-of-two":
            fft_length = power_of_two_from(window_size)
        elif self.fft_length == AUTO:
            fft_length = fit.fft_length(window_size)
        elif self.fft_length == "window":
            fft_length = window_size
        else:
            fft_length = in_samples(self.fft_length, sample_rate)
        if fft_length < window_size:
            message = f"{fft_length} samples are fewer than the window's {window_size}"
            raise SettingError("fft_length", message)
        stride = fit.stride(window_size) if self.stride == AUTO else in_samples(self.stride, sample_rate, window_size)
        if stride < 1:
            raise SettingError("stride", f"{self.stride} of {window_size} samples is less than 1 sample")
        return replace(self, window_size=window_size, stride=stride, fft_length=fft_length)
