"""Settings of the short-time Fourier transform."""

import functools
from dataclasses import dataclass, replace
from typing import get_args

from wav2spec.errors import SettingError
from wav2spec.settings.choices import (
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


@dataclass(frozen=True)
class Analysis:
    """The short-time Fourier transform."""

    window_size: int | str = setting(
        256,
        Size(minimum=2),
        "Length of the window: samples (256) or time (25ms).",
        group="Analysis",
        everyday=True,
        changes_levels=True,
        aliases=("win-length",),
    )
    stride: int | str = setting(
        128,
        Size(minimum=1, share=True),
        "Distance between frames: samples, time or a share (50%).",
        details="From the start of a frame to the start of the next: samples, time, or a share of the window (`50%`, "
        "`1/3`; `1//4` is rounded down to whole samples). A stride beyond the window skips samples.",
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
        details="A window shorter than the FFT is zero-padded.",
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
        if self.fft_length in get_args(FftLengthName):
            return
        (length, unit), (size, window_unit) = parse_size(self.fft_length), parse_size(self.window_size)
        if unit == window_unit and length < size:
            raise SettingError("fft_length", f"{self.fft_length} is shorter than the window's {self.window_size}")

    # Most recordings of a batch have the same sample rate.
    @functools.lru_cache(maxsize=64)  # noqa: B019 - few and small
    def resolved(self, sample_rate: int) -> "Analysis":
        """Return the same analysis with sizes in samples, rounded up.

        Raises
        ------
        SettingError
            If the window is too short at this sample rate, or longer than the FFT.
        """
        window_size = in_samples(self.window_size, sample_rate)
        if window_size < 2:
            message = f"{self.window_size} at {sample_rate} Hz is {window_size} sample, a window needs at least 2"
            raise SettingError("window_size", message)
        if self.fft_length == "power-of-two":
            fft_length = 1 << (window_size - 1).bit_length()
        elif self.fft_length == "window":
            fft_length = window_size
        else:
            fft_length = in_samples(self.fft_length, sample_rate)
        if fft_length < window_size:
            message = f"{fft_length} samples are fewer than the window's {window_size}"
            raise SettingError("fft_length", message)
        stride = in_samples(self.stride, sample_rate, window_size)
        if stride < 1:
            raise SettingError("stride", f"{self.stride} of {window_size} samples is less than 1 sample")
        return replace(self, window_size=window_size, stride=stride, fft_length=fft_length)
