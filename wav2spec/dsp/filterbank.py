"""From bins to bands: cropped, or summed in power into linear, log or mel bands.

A band wider than a bin is the sum of the power in it; a narrower one is the power interpolated between bins. The sums
have a fixed order: the rounding of a matrix product would depend on the machine and the number of frames.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from wav2spec.arrays import Magnitudes
from wav2spec.dsp.mel import mel_triangles
from wav2spec.dsp.stft import bin_frequencies
from wav2spec.errors import SettingError
from wav2spec.settings.analysis import Analysis
from wav2spec.settings.bands import Bands
from wav2spec.settings.choices import MEL_BANDS

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]
Values = npt.NDArray[np.floating[Any]]
# Sums the bins along the last axis into bands.
Summation = Callable[[Values], Values]


@dataclass(frozen=True, eq=False, repr=False)
class FilterBank:
    """How bins become bands.

    Attributes
    ----------
    centers : ndarray, shape (n_sums,)
        The centre of each band in Hz, rising.
    step : float
        Distance between bins in Hz.
    bins : slice or None
        The bins that are bands as they are; None if bands are sums.
    band, bin, weight : ndarray, shape (n_weights,)
        Band `band` sums bin `bin` times `weight`, in the order of bands.
    sums : callable or None
        Sums the bins along the last axis into bands.
    energy : tuple of int and float, optional
        Where the energy of a frame is one more band: the place before which it stands, and its frequency in Hz.
    """

    centers: Floats
    step: float
    bins: slice | None
    band: Indices
    bin: Indices
    weight: Floats
    sums: Summation | None = None
    energy: tuple[int, float] | None = None

    @functools.cached_property
    def frequencies(self) -> Floats:
        """The frequency of each band in Hz, rising, shape (n_bands,)."""
        return self.centers if self.energy is None else np.insert(self.centers, *self.energy)

    @property
    def n_sums(self) -> int:
        return len(self.centers)

    @property
    def n_bands(self) -> int:
        return self.n_sums + (self.energy is not None)

    @property
    def empty(self) -> Indices:
        """The bands that no bin falls into."""
        if self.bins is not None:
            return np.empty(0, np.intp)
        return np.setdiff1d(np.arange(self.n_sums), self.band)

    def apply(self, power: Magnitudes) -> Magnitudes:
        """Return the bands of `power`, shape (n_channels, n_frames, n_bins). Cropping takes magnitudes as well."""
        if self.bins is not None or self.sums is None:
            return power[:, :, self.bins]
        # Finite powers can be so large that their sum is not.
        with np.errstate(over="ignore"):
            return self.sums(power).astype(np.float32, copy=False)


def bands_as_they_are(frequencies: Floats) -> FilterBank:
    """Return the filter bank of bins, or of the bands of another program, that are kept as they are."""
    nothing = np.empty(0, np.intp)
    step = float(frequencies[1] - frequencies[0]) if len(frequencies) > 1 else float(frequencies.sum())
    return FilterBank(frequencies, step, slice(None), nothing, nothing, np.empty(0))


@functools.lru_cache(maxsize=16)
def filter_bank(bands: Bands, analysis: Analysis, sample_rate: int) -> FilterBank:
    """Lay the bands over the bins of an analysis in samples.

    Raises
    ------
    SettingError
        If a limit lies beyond half the sample rate, or no bin lies between the limits.
    """
    bank = _filter_bank(bands, analysis, sample_rate)
    if analysis.energy == "none":
        return bank
    energy = (0, 0.0) if analysis.energy == "first" else (bank.n_sums, sample_rate / 2)
    return replace(bank, energy=energy)


def _filter_bank(bands: Bands, analysis: Analysis, sample_rate: int) -> FilterBank:
    bands.check_within(sample_rate)
    frequencies = bin_frequencies(analysis, sample_rate)
    fmin = bands.fmin if bands.fmin is not None else frequencies[1] if bands.freq_scale == "log" else 0.0
    fmax = bands.fmax if isinstance(bands.fmax, int | float) else sample_rate / 2
    if fmin >= fmax:
        raise SettingError("fmin", f"{fmin:g} Hz is not below fmax, {fmax:g} Hz")
    if bands.freq_scale == "mel":
        n_mels = bands.n_bands or MEL_BANDS
        mel = mel_triangles(
            frequencies,
            fmin,
            fmax,
            n_mels,
            formula=bands.mel_formula,
            norm=bands.mel_norm,
            flanks=bands.mel_triangles,
        )
        return FilterBank(mel.centers, float(frequencies[1]), None, *mel.band_weights(), mel.summation())
    if bands.freq_scale == "linear" and bands.n_bands is None:
        kept = frequencies[:-1] if bands.drop_nyquist and frequencies[-1] == sample_rate / 2 else frequencies
        return _crop(kept, fmin, fmax)
    n_bands = bands.n_bands or len(frequencies)
    space = np.geomspace if bands.freq_scale == "log" else np.linspace
    # Between two edges and in their middle, on the scale itself.
    points = space(fmin, fmax, 2 * n_bands + 1)
    return _from_weights(points[1::2], frequencies, _interpolation_weights(points[::2], frequencies))


def _crop(frequencies: Floats, fmin: float, fmax: float) -> FilterBank:
    first, end = np.searchsorted(frequencies, fmin, "left"), np.searchsorted(frequencies, fmax, "right")
    step = float(frequencies[1])
    if first >= end:
        raise SettingError("fmin", f"no bin lies from {fmin:g} to {fmax:g} Hz; bins are {step:g} Hz apart")
    nothing = np.empty(0, np.intp)
    return FilterBank(frequencies[first:end], step, slice(int(first), int(end)), nothing, nothing, np.empty(0))


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


def _from_weights(centers: Floats, frequencies: Floats, weights: list[tuple[Indices, Floats]]) -> FilterBank:
    counts = [len(bins) for bins, _ in weights]
    band = np.repeat(np.arange(len(weights)), counts)
    bin_, weight = (np.concatenate(column) for column in zip(*weights, strict=True))
    return FilterBank(
        centers, float(frequencies[1]), None, band, bin_, weight, _summation(len(centers), band, bin_, weight)
    )


def _summation(n_bands: int, band: Indices, bin_: Indices, weight: Floats) -> Summation:
    starts = np.flatnonzero(np.diff(band, prepend=-1))
    counts = np.diff(starts, append=len(band))
    if len(starts) == n_bands and counts.max() <= _MAX_NARROW:
        return _narrow_summation(bin_, weight, starts, counts)

    def sums(values: Values) -> Values:
        bands = np.zeros((*values.shape[:-1], n_bands))
        if len(starts):
            bands[..., band[starts]] = np.add.reduceat(values[..., bin_] * weight, starts, axis=-1)
        return bands

    return sums


# `numpy.add.reduceat` sums so few bins one after the other.
_MAX_NARROW = 8
# Frames that are summed at once, so that they stay in the cache; or a quarter of more, which threads have.
_FRAMES = 64


def _narrow_summation(bin_: Indices, weight: Floats, starts: Indices, counts: Indices) -> Summation:
    """Return a function that sums narrow bands, bin by bin for many frames at once.

    A band is ``x[0] + ((x[1] + x[2]) + ...)``, to the bit as `numpy.add.reduceat` sums it, in a tenth of the time.
    """
    # The narrowest band first: the bands with a k-th bin are the last ones.
    order = np.argsort(counts, kind="stable")
    places, rising = np.argsort(order), counts[order]
    firsts = np.searchsorted(rising, np.arange(rising[-1]), "right")
    # The first bins of all bands, then the second ones.
    at = np.concatenate([starts[order[first:]] + k for k, first in enumerate(firsts)])
    rows, weights = bin_[at], weight[at, np.newaxis]
    ends = np.cumsum(len(starts) - firsts)

    def sums(values: Values) -> Values:
        frames = values.reshape(-1, values.shape[-1])
        bands = np.empty((len(frames), len(starts)), np.float32)
        at_once = max(_FRAMES, len(frames) // 4)
        for begin in range(0, len(frames), at_once):
            columns = frames[begin : begin + at_once].T.astype(np.float64, order="C")
            products = columns.take(rows, axis=0, mode="clip")
            products *= weights
            total, *others = np.split(products, ends[:-1])
            for k, other in enumerate(others[1:], 2):
                others[0][firsts[k] - firsts[1] :] += other
            if others:
                total[firsts[1] :] += others[0]
            bands[begin : begin + at_once] = total.astype(np.float32).take(places, axis=0).T
        return bands.reshape(*values.shape[:-1], -1)

    return sums
