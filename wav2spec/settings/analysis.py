"""Settings of the short-time Fourier transform."""

import functools
import math
from dataclasses import dataclass, replace
from typing import get_args

from wav2spec.errors import SettingError
from wav2spec.settings.choices import (
    AUTO,
    WINDOW_ALIASES,
    WINDOW_PARAMETERS,
    WINDOWS,
    FftLengthName,
    Framing,
    PadMode,
    WindowAlign,
    WindowSymmetry,
)
from wav2spec.settings.fields import Choice, Flag, Named, Size, check_fields, setting
from wav2spec.settings.quantities import in_samples, parse_size

# The length of the window that `auto` stands for (s), and the share of the window that its stride does not exceed.
_AUTO_WINDOW_S, _AUTO_STRIDE = 0.04, 4

# On a log or mel scale, `auto` zero-pads so many windows, up to so many samples; it never zero-pads further.
_AUTO_WINDOWS, _AUTO_FFT_LENGTH = 4, 16384


@dataclass(frozen=True)
class Fit:
    """The picture to which ``auto`` fits an analysis.

    Attributes
    ----------
    samples_per_column : float, optional
        The samples that a pixel along time shows.
    n_bins : int
        The bins that are needed from 0 Hz to half the sample rate.
    spread : bool
        Whether frequencies are on a log or mel scale.
    """

    samples_per_column: float | None = None
    n_bins: int = 0
    spread: bool = False


@dataclass(frozen=True)
class Analysis:
    """The short-time Fourier transform."""

    window_size: int | str = setting(
        256,
        Size(minimum=2, names=(AUTO,)),
        "Length of the window: samples (256) or time (25ms).",
        details="`auto`: the power of two nearest to 40 ms.",
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
        "`nuttall`, `flattop`, `cosine`, `kaiser:BETA`, `gaussian:STD` (standard deviation in samples) or "
        "`tukey:ALPHA` (the tapered share).",
        group="Analysis",
        everyday=True,
        changes_levels=True,
    )
    window_symmetry: WindowSymmetry = setting(
        "periodic",
        Choice(get_args(WindowSymmetry)),
        "Periodic (DFT-even) or symmetric window.",
        details="`even-periodic` is periodic for even sizes and symmetric for odd ones, as `tf.signal` has it.",
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
        "frame of padding at both ends, so that frame i is centred on sample i * stride.",
        group="Analysis",
    )
    pad_mode: PadMode = setting(
        "constant",
        Choice(get_args(PadMode)),
        "How samples beyond the ends are padded.",
        details="With zeros (`constant`), by reflection (`reflect`), or with the first and last sample (`edge`).",
        group="Analysis",
        applies_if=("framing", ("pad-end", "centered")),
    )
    magnitude_squared: bool = setting(
        False,
        Flag(off="--magnitude"),
        "Power instead of magnitude.",
        group="Analysis",
        applies_if=("scale", ("linear",)),
    )

    def __post_init__(self) -> None:
        if str(self.window).isdecimal():
            raise SettingError("window", f"{self.window} is no window function; did you mean `window_size`?")
        check_fields(self)
        if self.fft_length in get_args(FftLengthName) or self.window_size == AUTO:
            return
        (length, unit), (size, window_unit) = parse_size(self.fft_length), parse_size(self.window_size)
        if unit == window_unit and length < size:
            raise SettingError("fft_length", f"{self.fft_length} is shorter than the window's {self.window_size}")

    # Most recordings of a batch have the same sample rate.
    @functools.lru_cache(maxsize=64)  # noqa: B019 - few and small
    def resolved(self, sample_rate: int, fit: Fit = Fit()) -> "Analysis":
        """Return the same analysis with sizes in samples, rounded up; ``auto`` fits them to a picture.

        Raises
        ------
        SettingError
            If the window is too short at this sample rate, or longer than the FFT.
        """
        if self.window_size == AUTO:
            window_size = _nearest_power_of_two(_AUTO_WINDOW_S * sample_rate)
        else:
            window_size = in_samples(self.window_size, sample_rate)
        if window_size < 2:
            message = f"{self.window_size} at {sample_rate} Hz is {window_size} sample, a window needs at least 2"
            raise SettingError("window_size", message)
        if self.fft_length == "power-of-two":
            fft_length = _power_of_two_from(window_size)
        elif self.fft_length == AUTO:
            wanted = _AUTO_WINDOWS * window_size if fit.spread else 2 * (fit.n_bins - 1)
            fft_length = _power_of_two_from(max(window_size, min(wanted, _AUTO_FFT_LENGTH)))
        elif self.fft_length == "window":
            fft_length = window_size
        else:
            fft_length = in_samples(self.fft_length, sample_rate)
        if fft_length < window_size:
            message = f"{fft_length} samples are fewer than the window's {window_size}"
            raise SettingError("fft_length", message)
        if self.stride == AUTO:
            stride = max(1, window_size // _AUTO_STRIDE)
            if fit.samples_per_column is not None:
                stride = max(1, min(stride, int(fit.samples_per_column)))
        else:
            stride = in_samples(self.stride, sample_rate, window_size)
        if stride < 1:
            raise SettingError("stride", f"{self.stride} of {window_size} samples is less than 1 sample")
        return replace(self, window_size=window_size, stride=stride, fft_length=fft_length)


def _power_of_two_from(size: int) -> int:
    return 1 << (size - 1).bit_length()


def _nearest_power_of_two(size: float) -> int:
    """Return the power of two that is nearest to a size, at least 2.

    >>> [_nearest_power_of_two(0.04 * rate) for rate in (8000, 16000, 44100, 192000)]
    [256, 512, 2048, 8192]
    """
    above = _power_of_two_from(max(2, math.ceil(size)))
    return max(2, above if above - size <= size - above / 2 else above // 2)
