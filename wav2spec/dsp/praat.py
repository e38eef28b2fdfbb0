"""Praat's ``Sound: To Spectrogram...``: power in Pa**2/Hz at times that need not fall on samples.

Frames are shared out evenly over the recording, and adjacent bins are summed into bands. The formulas are those of
Praat [1]_.

References
----------
.. [1] P. Boersma and D. Weenink, Praat, fon/Sound_and_Spectrogram.cpp
"""

import math
from collections.abc import Callable, Iterable, Iterator

import numpy as np
import numpy.typing as npt

from wav2spec.arrays import Samples
from wav2spec.errors import SettingError
from wav2spec.settings.choices import AUTO
from wav2spec.settings.quantities import parse_size
from wav2spec.settings.settings import Settings
from wav2spec.waveform import Waveform

Floats = npt.NDArray[np.float64]

# Frames are transformed in pieces of this many float64.
_PIECE = 2**18

# What Praat takes for the window and the step by default (s).
_WINDOW_S, _STEP_S = 0.005, 0.002

# The level of a Gaussian window at its ends, which is taken off.
_EDGE = math.exp(-12.0)

# Shapes by Praat's names: position i from 1, size, and duration of the window in samples.
_SHAPES: dict[str, Callable[[Floats, int, float], Floats]] = {
    "gaussian": lambda i, size, n: (np.exp(-48.0 * ((i - 0.5 * (size + 1)) / n) ** 2) - _EDGE) / (1.0 - _EDGE),
    "square": lambda i, _size, _n: np.ones_like(i),
    "hamming": lambda i, _size, n: 0.54 - 0.46 * np.cos(2.0 * np.pi * i / n),
    "hanning": lambda i, _size, n: 0.5 - 0.5 * np.cos(2.0 * np.pi * i / n),
    "bartlett": lambda i, _size, n: 1.0 - np.abs(2.0 * i / n - 1.0),
    "welch": lambda i, _size, n: 1.0 - (2.0 * i / n - 1.0) ** 2,
}


class PraatLayout:
    """Times, frequencies and sizes of Praat's spectrogram.

    Parameters
    ----------
    n_samples, sample_rate : int
    window : str
    window_length : float
        Effective length in s; a Gaussian window is twice as long.
    time_step : float
        In s, at least an eighth of the window's standard width.
    frequency_step : float
        In Hz, at least an eighth of the bandwidth.
    fmax : float
        In Hz; half the sample rate if that is less.

    Attributes
    ----------
    n_frames, n_bands : int
    least_samples : int
        Of which there is a frame.
    first_time, time_step : float
        In s.
    first_frequency, frequency_step : float
        In Hz.
    """

    def __init__(
        self,
        n_samples: int,
        sample_rate: int,
        *,
        window: str = "gaussian",
        window_length: float = 0.005,
        time_step: float = 0.002,
        frequency_step: float = 20.0,
        fmax: float = 5000.0,
    ) -> None:
        dx, nyquist = 1 / sample_rate, 0.5 * sample_rate
        duration = (2 if window == "gaussian" else 1) * window_length
        effective = window_length / math.sqrt(math.pi)
        self._dx = dx
        self.time_step: float = max(time_step, effective / 8)
        self._half = math.floor(duration / dx) // 2 - 1
        self.size = 2 * self._half
        # In Praat's order of operations, so that a duration on the edge gives the same count.
        left = n_samples * dx - duration
        self.n_frames = 1 + math.floor(left / self.time_step) if left >= 0 and self.size > 0 else 0
        self.least_samples = math.ceil(duration / dx)
        self.first_time = 0.5 * dx + 0.5 * ((n_samples - 1) * dx - (self.n_frames - 1) * self.time_step)
        fmax = min(fmax, nyquist) if fmax > 0 else nyquist
        wanted = max(frequency_step, 1 / effective / 8)
        self.length = 1
        while self.length < self.size or self.length < 2 * math.floor(fmax / wanted) * (nyquist / fmax):
            self.length *= 2
        self.bins_per_band = max(1, math.floor(wanted * dx * self.length))
        bin_hz = 1 / (dx * self.length)
        self.frequency_step = self.bins_per_band * bin_hz
        self.n_bands = math.floor(fmax / self.frequency_step)
        self.first_frequency = 0.5 * (self.frequency_step - bin_hz)
        self.window = _SHAPES[window](np.arange(1.0, self.size + 1.0), self.size, duration / dx)

    @property
    def frequencies(self) -> Floats:
        """The centre of each band in Hz, shape (n_bands,)."""
        centers: Floats = self.first_frequency + np.arange(self.n_bands, dtype=np.float64) * self.frequency_step
        return centers

    def starts(self, first: int, n: int) -> npt.NDArray[np.intp]:
        """Return the first sample of `n` frames: half a window up to the sample at or before the frame's time."""
        times = self.first_time + np.arange(first, first + n) * self.time_step
        left = np.floor((times - 0.5 * self._dx) / self._dx + 1.0).astype(np.intp)
        starts: npt.NDArray[np.intp] = left - self._half
        return starts


def praat_layout(settings: Settings, waveform: Waveform) -> PraatLayout:
    """Return the layout of a waveform by the settings; `fmax` is lowered to half the sample rate, as by Praat.

    Raises
    ------
    SettingError
        If the window is too short at this sample rate.
    """
    rate, programs = waveform.sample_rate, settings.programs
    window_size, stride = settings.analysis.window_size, settings.analysis.stride
    window_length = _WINDOW_S if window_size == AUTO else _seconds(window_size, rate)
    fmax = settings.bands.fmax if isinstance(settings.bands.fmax, int | float) else rate / 2
    layout = PraatLayout(
        waveform.n_samples,
        rate,
        window=programs.praat_window,
        window_length=window_length,
        time_step=_STEP_S if stride == AUTO else _seconds(stride, rate, window_length),
        frequency_step=programs.praat_frequency_step,
        fmax=fmax,
    )
    if layout.size <= 0:
        raise SettingError("window_size", f"{settings.analysis.window_size} is too short for Praat at {rate} Hz")
    return layout


def _seconds(size: int | str, sample_rate: int, window_length: float = 0.0) -> float:
    amount, unit = parse_size(size)
    if unit == "s":
        return float(amount)
    return float(amount) / sample_rate if unit == "samples" else float(amount) * window_length


def praat_full_scale(layout: PraatLayout) -> float:
    """Return the power of a sine of amplitude 1 in the bin of its frequency."""
    window = layout.window
    return float((window.sum() / 2.0) ** 2 / (np.square(window).sum() * layout.bins_per_band))


def praat_emphasis(layout: PraatLayout) -> Floats:
    """Return the factors with which Praat draws power: 6 dB per octave, 1 at 1 kHz, shape (n_bands,)."""
    # Praat counts bands from 1 in this place.
    kilohertz = np.arange(1.0, layout.n_bands + 1.0) * layout.frequency_step / 1000.0
    factors: Floats = kilohertz ** (6.0 / (10.0 * np.log10(2.0)))
    return factors


def praat_powers(blocks: Iterable[Samples], layout: PraatLayout) -> Iterator[Floats]:
    """Yield the power of frames in order, shape (n_channels, n_frames, n_bands).

    Parameters
    ----------
    blocks : iterable of ndarray, shape (n, n_channels)
        Full scale at 1.0; sample values are pascals.
    layout : PraatLayout
        Of as many samples as the blocks hold.
    """
    at_once = max(1, _PIECE // layout.length)
    held: npt.NDArray[np.float64] | None = None
    n_dropped = frame = 0
    for block in blocks:
        held = block.astype(np.float64) if held is None else np.concatenate((held, block))
        while frame < layout.n_frames:
            starts = layout.starts(frame, min(at_once, layout.n_frames - frame)) - n_dropped
            if starts[-1] + layout.size > len(held):
                break
            frames = held[starts[:, np.newaxis] + np.arange(layout.size)].transpose(2, 0, 1)
            yield _band_powers(frames, layout)
            frame += len(starts)
            held, n_dropped = held[starts[-1] :], n_dropped + int(starts[-1])


def _band_powers(frames: Floats, layout: PraatLayout) -> Floats:
    spectra = np.fft.rfft(frames * layout.window, layout.length, axis=-1)
    power = np.square(spectra.real) + np.square(spectra.imag)
    summed = power[..., : layout.n_bands * layout.bins_per_band]
    bands = np.add.reduceat(summed, np.arange(0, summed.shape[-1], layout.bins_per_band), axis=-1)
    scaled: Floats = bands / (np.square(layout.window).sum() * layout.bins_per_band)
    return scaled
