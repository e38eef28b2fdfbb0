"""The settings of the short-time Fourier transform."""

import functools
import math
from dataclasses import dataclass, replace
from typing import get_args

from wav2spec.errors import SettingError
from wav2spec.settings.choices import (
    WINDOW_PARAMETERS,
    WINDOWS,
    FftLengthName,
    Framing,
    PadMode,
    WindowAlign,
    WindowSymmetry,
)
from wav2spec.settings.quantities import in_samples, parse_named, parse_size
from wav2spec.settings.validation import check_choice, check_flag, check_size, parsed


@dataclass(frozen=True)
class Analysis:
    """The short-time Fourier transform.

    Attributes
    ----------
    window_size : int or str
        Samples (at least 2) or time.
    stride : int or str
        From the start of a frame to the start of the next: samples (at least 1), time, or a share of the window.
        A stride beyond the window skips samples.
    window : str
        A name of `WINDOWS`, some with a number: ``"kaiser:14"`` (beta), ``"gaussian:40"`` (standard deviation in
        samples), ``"tukey:0.25"`` (the share that is not flat).
    window_symmetry : str
        ``"periodic"``, ``"symmetric"``, or ``"even-periodic"``: periodic for even sizes only, as ``tf.signal`` has it.
    fft_length : int or str
        Samples or time, from the window up; ``"window"``; or ``"power-of-two"``, the next from the window.
    window_align : str
        Where in the FFT a shorter window lies: ``"left"``, a frame being the window's samples; or ``"center"``, a frame
        being the FFT's.
    framing : str
        ``"valid"``: whole frames only. ``"pad-end"``: a frame every stride to the last sample. ``"centered"``: half a
        frame is added at both ends, so that frame i is centred on sample i * stride.
    pad_mode : str
        What is added: ``"constant"`` zeros, or the samples by ``"reflect"`` or ``"edge"``.
    magnitude_squared : bool
        Power instead of magnitude.
    """

    window_size: int | str = 256
    stride: int | str = 128
    window: str = "hann"
    window_symmetry: WindowSymmetry = "periodic"
    fft_length: int | str = "power-of-two"
    window_align: WindowAlign = "left"
    framing: Framing = "valid"
    pad_mode: PadMode = "constant"
    magnitude_squared: bool = False

    def __post_init__(self) -> None:
        self._check_window()
        check_choice("window_symmetry", self.window_symmetry, WindowSymmetry)
        check_size("window_size", self.window_size, minimum=2)
        check_size("stride", self.stride, minimum=1, share=True)
        if self.fft_length not in get_args(FftLengthName):
            check_size("fft_length", self.fft_length, minimum=2, names=get_args(FftLengthName))
            (length, unit), (size, window_unit) = parse_size(self.fft_length), parse_size(self.window_size)
            if unit == window_unit and length < size:
                raise SettingError("fft_length", f"{self.fft_length} is shorter than the window's {self.window_size}")
        check_choice("window_align", self.window_align, WindowAlign)
        check_choice("framing", self.framing, Framing)
        check_choice("pad_mode", self.pad_mode, PadMode)
        check_flag("magnitude_squared", self.magnitude_squared)

    def _check_window(self) -> None:
        if str(self.window).isdecimal():
            raise SettingError(
                "window", f"{self.window} is no window function; did you mean --window-size {self.window}?"
            )
        name, number = parsed("window", lambda text: parse_named(text, WINDOWS), self.window)
        meaning, minimum, maximum = WINDOW_PARAMETERS.get(name, ("number", -math.inf, math.inf))
        if number is not None and not minimum <= number <= maximum:
            raise SettingError(
                "window", f"the {meaning} of {name} must be from {minimum:g} to {maximum:g}, not {number:g}"
            )

    # The same for every recording of a batch, or nearly so.
    @functools.lru_cache(maxsize=64)  # noqa: B019 - analyses are small, and few
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
