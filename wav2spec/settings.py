"""Every setting once: its field, its default (TensorFlow's `wav_to_spectrogram`) and its rule.

Settings are frozen and travel together; a variant is ``dataclasses.replace(analysis, stride=64)``. A field holds what
was given (``"25ms"``); `resolved` turns it into samples once the sample rate is known.
"""

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Any, get_args

from wav2spec.choices import (
    MOST_LEVEL,
    NEEDS,
    WINDOW_NUMBERS,
    WINDOWS,
    DbRefName,
    FftLengthName,
    Framing,
    FreqScale,
    MelFormula,
    MelNorm,
    PadMode,
    Scale,
    WindowAlign,
    WindowSymmetry,
)
from wav2spec.errors import SettingError
from wav2spec.notation import in_samples, parse_named, parse_size
from wav2spec.pictures import Figure, Raster
from wav2spec.rules import check_choice, check_flag, check_number, check_size, parsed
from wav2spec.source import Source


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
        check_size("window_size", self.window_size, least=2)
        check_size("stride", self.stride, least=1, share=True)
        if self.fft_length not in get_args(FftLengthName):
            check_size("fft_length", self.fft_length, least=2, names=get_args(FftLengthName))
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
        meaning, least, most = WINDOW_NUMBERS.get(name, ("number", -math.inf, math.inf))
        if number is not None and not least <= number <= most:
            raise SettingError("window", f"the {meaning} of {name} must be from {least:g} to {most:g}, not {number:g}")

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
            words = f"{self.window_size} at {sample_rate} Hz is {window_size} sample, a window needs at least 2"
            raise SettingError("window_size", words)
        if self.fft_length == "power-of-two":
            fft_length = 1 << (window_size - 1).bit_length()
        elif self.fft_length == "window":
            fft_length = window_size
        else:
            fft_length = in_samples(self.fft_length, sample_rate)
        if fft_length < window_size:
            words = f"{fft_length} samples are fewer than the window's {window_size}"
            raise SettingError("fft_length", words)
        stride = in_samples(self.stride, sample_rate, window_size)
        if stride < 1:
            raise SettingError("stride", f"{self.stride} of {window_size} samples is less than 1 sample")
        return replace(self, window_size=window_size, stride=stride, fft_length=fft_length)


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
            check_number("fmin", self.fmin, least=0)
        if self.fmax is not None:
            check_number("fmax", self.fmax, above=0)
        if self.fmin is not None and self.fmax is not None and self.fmin >= self.fmax:
            raise SettingError("fmin", f"must be below fmax, but {self.fmin:g} Hz is not below {self.fmax:g} Hz")
        if self.freq_scale == "log" and self.fmin == 0:
            raise SettingError("fmin", "must be above 0 Hz on a log scale")
        if self.n_bands is not None:
            check_number("n_bands", self.n_bands, whole=True, least=1)
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
                words = f"{limit:g} Hz is beyond half the sample rate, {sample_rate / 2:g} Hz"
                raise SettingError(name, words)


@dataclass(frozen=True)
class Levels:
    """How a value becomes a pixel.

    Attributes
    ----------
    scale : str
        ``"linear"``: ``min(value * brightness, 255)``, rounded down. ``"db"``: from `db_max` down over `db_range`.
    brightness : float
    db_ref : str or float
        What reads 0 dB: ``"full-scale"``, a sine of amplitude 1; ``"peak"``, the recording's greatest value; or a
        magnitude.
    db_max, db_range : float
        In dB: the brightest level, and how far below it the darkest is.
    amin : float
        Power below this counts as this before it is compared with the reference, as librosa has it.
    gamma : float
        The share of the brightest becomes its ``1 / gamma``-th power: above 1 brightens what is dark.
    """

    scale: Scale = "linear"
    brightness: float = 64.0
    db_ref: DbRefName | float = "full-scale"
    db_max: float = 0.0
    db_range: float = 80.0
    amin: float = 0.0
    gamma: float = 1.0

    def __post_init__(self) -> None:
        check_choice("scale", self.scale, Scale)
        check_number("brightness", self.brightness, above=0)
        if isinstance(self.db_ref, str):
            if self.db_ref not in get_args(DbRefName):
                raise SettingError("db_ref", f"{self.db_ref!r} is neither full-scale, peak nor a magnitude")
        else:
            check_number("db_ref", self.db_ref, least=1 / MOST_LEVEL, most=MOST_LEVEL)
        check_number("db_max", self.db_max)
        check_number("db_range", self.db_range, above=0)
        check_number("amin", self.amin, least=0)
        check_number("gamma", self.gamma, above=0)


@dataclass(frozen=True)
class Settings:
    """All that decides the pixels of a picture."""

    source: Source = Source()  # noqa: RUF009 - frozen, as the others
    analysis: Analysis = Analysis()
    bands: Bands = Bands()
    levels: Levels = Levels()
    picture: Raster | Figure = Raster()  # noqa: RUF009

    def __post_init__(self) -> None:
        # With a rate given, what needs it can be judged before there is a recording.
        rate = self.source.sample_rate
        if rate is not None:
            self.analysis.resolved(rate)
            self.bands.check_within(rate)

    def flat(self) -> dict[str, Any]:
        """Return all fields of all groups by name."""
        groups = [getattr(self, group.name) for group in fields(self)]
        return {field.name: getattr(group, field.name) for group in groups for field in fields(group)}

    @functools.lru_cache(maxsize=16)  # noqa: B019 - settings are small, and few
    def acting(self) -> Mapping[str, Any]:
        """Return the fields that have a value and can act beside the others."""
        values = self.flat()
        acting = {
            name: value
            for name, value in values.items()
            if value is not None and (name not in NEEDS or values[NEEDS[name][0]] in NEEDS[name][1])
        }
        return MappingProxyType(acting)

    def updated(self, **values: Any) -> "Settings":
        """Return these settings with some fields of their groups replaced, named without the group.

        >>> Settings().updated(stride="50%", layout="right-up").analysis.stride
        '50%'
        """
        groups = {}
        for group in fields(self):
            value = getattr(self, group.name)
            mine = {field.name: values.pop(field.name) for field in fields(value) if field.name in values}
            groups[group.name] = replace(value, **mine)
        if values:
            raise TypeError(f"no such setting: {', '.join(sorted(values))}")
        return Settings(**groups)
