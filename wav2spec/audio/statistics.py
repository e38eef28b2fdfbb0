"""Sample statistics of a recording."""

from dataclasses import dataclass
from math import log10, sqrt

import numpy as np

from wav2spec.audio.recording import Recording

# Bits per sample of the integer formats. In all others full scale is 1.0.
_BITS = {"PCM_U8": 8, "PCM_S8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32}


@dataclass(frozen=True)
class SampleStatistics:
    """Statistics over all channels.

    Attributes
    ----------
    peak, rms : float
        Peak and RMS of the finite values, linear; full scale is 1.0.
    means : tuple of float
        Mean of the finite values of each channel.
    n_clipped : int
        Number of values at or beyond full scale.
    n_silent : int
        Number of samples that are 0 in every channel.
    n_non_finite : int
        Number of values that are NaN or infinite.
    n_samples, n_values : int
        Number of samples of a channel, and of values in all channels.
    """

    peak: float
    rms: float
    means: tuple[float, ...]
    n_clipped: int
    n_silent: int
    n_non_finite: int
    n_samples: int
    n_values: int


def measure_samples(recording: Recording, first: int = 0, n_samples: int | None = None) -> SampleStatistics:
    """Return the statistics of `n_samples` samples from `first` on, by default of the whole recording."""
    full_scale = np.float32(1.0 - 2.0 ** (1 - _BITS[recording.subtype]) if recording.subtype in _BITS else 1.0)
    peak, energy = 0.0, 0.0
    n_read = n_clipped = n_silent = 0
    sums, n_finite = np.zeros(recording.n_channels), np.zeros(recording.n_channels, np.int64)
    for block in recording.blocks("all", first, n_samples, check=False):
        finite = np.isfinite(block)
        values = np.where(finite, block, np.float32(0))
        sizes = np.abs(values)
        peak = max(peak, float(sizes.max(initial=0)))
        energy += float(np.square(sizes, dtype=np.float64).sum())
        sums += values.sum(axis=0, dtype=np.float64)
        n_finite += finite.sum(axis=0)
        n_read += len(block)
        n_clipped += int((sizes >= full_scale).sum())
        n_silent += int((block == 0).all(axis=1).sum())
    n_values = n_read * recording.n_channels
    n_all_finite = int(n_finite.sum())
    rms = sqrt(energy / n_all_finite) if n_all_finite else 0.0
    means = tuple((sums / np.maximum(n_finite, 1)).tolist())
    return SampleStatistics(peak, rms, means, n_clipped, n_silent, n_values - n_all_finite, n_read, n_values)


def dbfs(level: float) -> float | None:
    """Return a linear level in dB re 1.0, None for silence. A full-scale sine has a peak of 0 and an RMS of -3.01."""
    return 20 * log10(level) if level else None
