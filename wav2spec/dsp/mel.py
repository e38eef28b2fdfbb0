"""Mel scales and triangular mel bands."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

# Slaney's scale: Hz in a mel below the knee, the knee in Hz, and the logarithmic step of a mel above it.
_SLANEY_LINEAR = 200.0 / 3.0
_SLANEY_KNEE = 1000.0
_SLANEY_STEP = np.log(6.4) / 27.0

# A weight that changes no finite sum of float32.
_TINY = 1e-200


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


class Triangles(NamedTuple):
    """Triangular bands that share their edges: band i rises from edge i to edge i + 1 and falls to edge i + 2.

    Between two edges one band rises and the one before it falls, so that each bin has two weights and needs no gather.

    Attributes
    ----------
    centers : ndarray, shape (n_bands,)
        In Hz.
    bins : slice
        The bins between the first and the last edge.
    interval : ndarray of int, shape (n,)
        The edge at or below each of these bins.
    rising, falling : ndarray, shape (n,)
        Weight of each bin in the band of its interval, and in the band before.
    """

    centers: Floats
    bins: slice
    interval: Indices
    rising: Floats
    falling: Floats

    def band_weights(self) -> tuple[Indices, Indices, Floats]:
        """Return band, bin and weight of all weights, in the order of bands and bins."""
        bins, n_bands = np.arange(self.bins.start, self.bins.stop), len(self.centers)
        band = np.concatenate((self.interval, self.interval - 1))
        bin_, weight = np.concatenate((bins, bins)), np.concatenate((self.rising, self.falling))
        kept = (band >= 0) & (band < n_bands) & (weight > 1e6 * _TINY)
        order = np.lexsort((bin_[kept], band[kept]))
        return band[kept][order], bin_[kept][order], weight[kept][order]

    def summation(self) -> Callable[[npt.NDArray[np.floating[Any]]], Floats]:
        """Return a function that sums (..., n_bins) into bands (..., n_bands).

        The sums have the same order on every machine and whatever the number of frames, unlike a matrix product.
        """
        starts = np.flatnonzero(np.diff(self.interval, prepend=-1))
        filled, n_intervals = self.interval[starts], len(self.centers) + 1

        def sums(values: npt.NDArray[np.floating]) -> Floats:
            inside = values[..., self.bins].astype(np.float64)
            # Rising and falling side by side, so that one call sums both.
            pairs = np.empty((*inside.shape, 2))
            np.multiply(inside, self.rising, out=pairs[..., 0])
            np.multiply(inside, self.falling, out=pairs[..., 1])
            pairs = pairs.view(np.complex128)[..., 0]
            if len(starts) == n_intervals:
                parts = np.add.reduceat(pairs, starts, axis=-1)
            else:
                parts = np.zeros((*inside.shape[:-1], n_intervals), np.complex128)
                if len(starts):
                    parts[..., filled] = np.add.reduceat(pairs, starts, axis=-1)
            bands: Floats = parts.real[..., :-1] + parts.imag[..., 1:]
            return bands

        return sums


def mel_triangles(
    frequencies: Floats, fmin: float, fmax: float, n_bands: int, *, formula: str, norm: str, flanks: str = "hz"
) -> Triangles:
    """Return triangles whose edges are equally spaced in mel from `fmin` to `fmax`.

    Parameters
    ----------
    frequencies : ndarray, shape (n_bins,)
        Of the bins in Hz, rising.
    formula : {"slaney", "htk"}
    norm : {"slaney", "none"}
        Triangles of equal area, or of height 1.
    flanks : {"hz", "mel", "left"}
        Straight in Hz, as in librosa [1]_ and torchaudio; straight in mel, as in Kaldi [2]_, TensorFlow and Keras; or
        in Hz with the right flank as wide as the left, as in speechbrain [3]_.

    References
    ----------
    .. [1] librosa/filters.py, ``mel``
    .. [2] Kaldi, feat/mel-computations.cc
    .. [3] speechbrain/processing/features.py, ``Filterbank``
    """
    low, high = hz_to_mel([fmin, fmax], formula)
    mels = np.linspace(low, high, n_bands + 2)
    edges = mel_to_hz(mels, formula)
    first, end = np.searchsorted(frequencies, edges[0], "right"), np.searchsorted(frequencies, edges[-1], "left")
    hz = frequencies[first:end]
    interval = np.searchsorted(edges, hz, "left") - 1
    places, points = (hz_to_mel(hz, formula), mels) if flanks == "mel" else (hz, edges)
    left, right = points[interval], points[interval + 1]
    rising, falling = (places - left) / (right - left), (right - places) / (right - left)
    if flanks == "left":
        before = points[np.maximum(interval - 1, 0)]
        falling = (2.0 * left - before - places) / np.where(interval > 0, left - before, 1.0)
    # Infinite power times 0 would be NaN.
    rising, falling = np.maximum(rising, _TINY), np.maximum(falling, _TINY)
    if norm == "slaney":
        area = 2.0 / (edges[2:] - edges[:-2])
        rising, falling = rising * np.append(area, 0.0)[interval], falling * np.append(0.0, area)[interval]
    return Triangles(edges[1:-1], slice(int(first), int(end)), interval, rising, falling)
