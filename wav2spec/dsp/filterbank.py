"""From bins to bands: cropped, or summed in power into linear, log or mel bands.

A band wider than a bin is the sum of the power in it; a narrower one is the power interpolated between bins. The sums
run band by band in a fixed order, and not through a matrix product, whose rounding depends on the number of frames.
"""

import functools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wav2spec.arrays import Magnitudes
from wav2spec.dsp.stft import bin_frequencies
from wav2spec.errors import SettingError
from wav2spec.settings.analysis import Analysis
from wav2spec.settings.bands import Bands
from wav2spec.settings.choices import MEL_BANDS

Floats = npt.NDArray[np.float64]


Indices = npt.NDArray[np.intp]


@dataclass(frozen=True)
class FilterBank:
    """How bins become bands.

    Attributes
    ----------
    frequencies : ndarray, shape (n_bands,)
        The middle of each band in Hz, rising.
    step : float
        From bin to bin, in Hz.
    bins : slice or None
        The bins that are bands as they are; None where `weights` sum them.
    band, bin, weight : ndarray, shape (n_weights,)
        Band `band` takes bin `bin` times `weight`, in the order of bands.
    """

    frequencies: Floats
    step: float
    bins: slice | None
    band: Indices
    bin: Indices
    weight: Floats

    @property
    def n_bands(self) -> int:
        return len(self.frequencies)

    @property
    def empty(self) -> Indices:
        """The bands that no bin falls into."""
        if self.bins is not None:
            return np.empty(0, np.intp)
        return np.setdiff1d(np.arange(self.n_bands), self.band)

    def apply(self, power: Magnitudes) -> Magnitudes:
        """Return the bands of `power`, shape (n_channels, n_frames, n_bins). Cropping takes magnitudes as well."""
        if self.bins is not None:
            return power[:, :, self.bins]
        bands = np.zeros((*power.shape[:2], self.n_bands), np.float32)
        starts = np.flatnonzero(np.diff(self.band, prepend=-1))
        if len(starts):
            # Finite powers can be so large that their sum is not.
            with np.errstate(over="ignore"):
                bands[:, :, self.band[starts]] = np.add.reduceat(power[:, :, self.bin] * self.weight, starts, axis=2)
        return bands


@functools.lru_cache(maxsize=16)
def filter_bank(bands: Bands, analysis: Analysis, sample_rate: int) -> FilterBank:
    """Lay the bands over the bins of an analysis in samples.

    Raises
    ------
    SettingError
        If a limit lies beyond half the sample rate, or no bin lies between the limits.
    """
    bands.check_within(sample_rate)
    frequencies = bin_frequencies(analysis, sample_rate)
    fmin = bands.fmin if bands.fmin is not None else frequencies[1] if bands.freq_scale == "log" else 0.0
    fmax = bands.fmax if isinstance(bands.fmax, int | float) else sample_rate / 2
    if fmin >= fmax:
        raise SettingError("fmin", f"{fmin:g} Hz is not below fmax, {fmax:g} Hz")
    if bands.freq_scale == "mel":
        return _mel_map(bands, frequencies, fmin, fmax)
    if bands.freq_scale == "linear" and bands.n_bands is None:
        kept = frequencies[:-1] if bands.drop_nyquist and frequencies[-1] == sample_rate / 2 else frequencies
        return _crop(kept, fmin, fmax)
    n_bands = bands.n_bands or len(frequencies)
    space = np.geomspace if bands.freq_scale == "log" else np.linspace
    # Between two edges and in their middle, on the scale itself.
    points = space(fmin, fmax, 2 * n_bands + 1)
    return _from_weights(points[1::2], frequencies, _interpolation_weights(points[::2], frequencies))


def hz_to_mel(hz: npt.ArrayLike, formula: str) -> Floats:
    """Return mel; Slaney's is linear below 1 kHz and logarithmic above [1]_, HTK's is logarithmic [2]_.

    References
    ----------
    .. [1] M. Slaney, "Auditory Toolbox", Interval Research technical report 1998-010
    .. [2] S. Young et al., "The HTK Book", Cambridge University
    """
    hz = np.asarray(hz, np.float64)
    if formula == "htk":
        return 2595.0 * np.log10(1.0 + hz / 700.0)
    above = _SLANEY_KNEE / _SLANEY_LINEAR + np.log(np.maximum(hz, _SLANEY_KNEE) / _SLANEY_KNEE) / _SLANEY_STEP
    return np.where(hz < _SLANEY_KNEE, hz / _SLANEY_LINEAR, above)


def mel_to_hz(mel: npt.ArrayLike, formula: str) -> Floats:
    """Return Hz; the inverse of `hz_to_mel`."""
    mel = np.asarray(mel, np.float64)
    if formula == "htk":
        return 700.0 * (10.0 ** (mel / 2595.0) - 1.0)
    knee = _SLANEY_KNEE / _SLANEY_LINEAR
    above = _SLANEY_KNEE * np.exp(_SLANEY_STEP * (np.maximum(mel, knee) - knee))
    return np.where(mel < knee, mel * _SLANEY_LINEAR, above)


# Slaney's scale: Hz in a mel below the knee, the knee in Hz, and the logarithmic step of a mel above it.
_SLANEY_LINEAR = 200.0 / 3.0


_SLANEY_KNEE = 1000.0


_SLANEY_STEP = np.log(6.4) / 27.0


def _crop(frequencies: Floats, fmin: float, fmax: float) -> FilterBank:
    first, end = np.searchsorted(frequencies, fmin, "left"), np.searchsorted(frequencies, fmax, "right")
    step = float(frequencies[1])
    if first >= end:
        raise SettingError("fmin", f"no bin lies from {fmin:g} to {fmax:g} Hz; bins are {step:g} Hz apart")
    nothing = np.empty(0, np.intp)
    return FilterBank(frequencies[first:end], step, slice(int(first), int(end)), nothing, nothing, np.empty(0))


def _mel_map(bands: Bands, frequencies: Floats, fmin: float, fmax: float) -> FilterBank:
    """Return triangles between equal steps in mel, linear in Hz, as librosa forms them [1]_.

    References
    ----------
    .. [1] librosa/filters.py, ``mel``
    """
    n_bands = bands.n_bands or MEL_BANDS
    low, high = hz_to_mel([fmin, fmax], bands.mel_formula)
    points = mel_to_hz(np.linspace(low, high, n_bands + 2), bands.mel_formula)
    weights = []
    for left, middle, right in zip(points, points[1:], points[2:], strict=False):
        first, end = np.searchsorted(frequencies, left, "right"), np.searchsorted(frequencies, right, "left")
        bins = np.arange(first, end)
        hz = frequencies[bins]
        triangle = np.minimum((hz - left) / (middle - left), (right - hz) / (right - middle))
        weights.append((bins, triangle * (2.0 / (right - left) if bands.mel_norm == "slaney" else 1.0)))
    return _from_weights(points[1:-1], frequencies, weights)


def _interpolation_weights(edges: Floats, frequencies: Floats) -> list[tuple[Indices, Floats]]:
    """Integrate the power, taken as linear between bins, from edge to edge.

    A band wider than a bin is the sum of the bins in it, a narrower one the mean of what lies between two.
    """
    step = frequencies[1]
    weights = []
    for low, high in zip(edges / step, edges[1:] / step, strict=False):
        bins = np.arange(max(0, int(low)), min(len(frequencies), int(high) + 2))
        share = _hat_integral(high - bins) - _hat_integral(low - bins)
        weights.append((bins[share > 0], share[share > 0] / min(high - low, 1.0)))
    return weights


def _hat_integral(x: Floats) -> Floats:
    """Return the integral from -inf to `x` of the triangle of height 1 from -1 to 1."""
    x = np.clip(x, -1.0, 1.0)
    return np.where(x < 0, (x + 1.0) ** 2 / 2.0, 1.0 - (1.0 - x) ** 2 / 2.0)


def _from_weights(middles: Floats, frequencies: Floats, weights: list[tuple[Indices, Floats]]) -> FilterBank:
    counts = [len(bins) for bins, _ in weights]
    band = np.repeat(np.arange(len(weights)), counts)
    bin_, weight = (np.concatenate(column) for column in zip(*weights, strict=True))
    return FilterBank(middles, float(frequencies[1]), None, band, bin_, weight)
