"""Which window shows a sound best: the one whose spectrogram is the most concentrated.

References
----------
.. [1] R. G. Baraniuk, P. Flandrin, A. J. E. M. Janssen and O. J. J. Michel, "Measuring time-frequency information
   content using the Renyi entropies", IEEE Transactions on Information Theory 47(4), 2001
.. [2] M. Liuni, A. Robel, M. Romito and X. Rodet, "Renyi information measures for spectral change detection",
   ICASSP, 2011
"""

from dataclasses import dataclass
from math import log2

import numpy as np

from wav2spec.dsp.resolution import Resolution, resolution
from wav2spec.dsp.stft import stft_magnitudes
from wav2spec.settings.analysis import Analysis
from wav2spec.waveform import Waveform

# The order of the entropy.
_ORDER = 3


@dataclass(frozen=True)
class Candidate:
    """An analysis that was tried.

    Attributes
    ----------
    analysis : Analysis
        As given.
    entropy : float
        In bits, of the power's spread over time and frequency; the lower, the more concentrated.
    resolution : Resolution
    """

    analysis: Analysis
    entropy: float
    resolution: Resolution


def renyi_entropy(sound: Waveform, analysis: Analysis) -> float | None:
    """Return the Renyi entropy of order 3 of a sound's power spectrogram, in bits; None for silence.

    Parameters
    ----------
    sound : Sound
    analysis : Analysis
        In samples, and giving power.

    Notes
    -----
    ``log2(sum(p**3)) / (1 - 3) + log2(cell)`` of the power normalised to a sum of 1. A cell of the grid measures
    ``stride / fft_length``: with its logarithm, grids of other strides and sizes compare [2]_.
    """
    power, cubed = 0.0, 0.0
    for block in stft_magnitudes(sound.blocks(), analysis):
        exact = block.astype(np.float64)
        power += float(exact.sum())
        cubed += float((exact**_ORDER).sum())
    if not power or not cubed:
        return None
    cell = int(analysis.stride) / int(analysis.fft_length)
    return (log2(cubed) - _ORDER * log2(power)) / (1 - _ORDER) + log2(cell)


def entropies(sound: Waveform, analyses: list[Analysis]) -> list[float] | None:
    """Return the entropy of a sound by each analysis; None for silence.

    Raises
    ------
    SettingError
        If an analysis does not fit the sample rate.
    """
    found = [renyi_entropy(sound, analysis.resolved(sound.sample_rate)) for analysis in analyses]
    known = [entropy for entropy in found if entropy is not None]
    return known if len(known) == len(found) else None


def rank(analyses: list[Analysis], entropies: list[list[float]], sample_rate: int) -> list[Candidate]:
    """Put the analyses in order, the most concentrated first.

    Parameters
    ----------
    analyses : list of Analysis
    entropies : list of list of float
        Of each sound by each analysis. Their mean counts, so that loud and long sounds count no more than others.
    sample_rate : int
        In Hz, at which resolutions are told.
    """
    means = np.mean(entropies, axis=0)
    candidates = []
    for analysis, mean in zip(analyses, means, strict=True):
        resolved = analysis.resolved(sample_rate)
        candidates.append(Candidate(analysis, float(mean), resolution(resolved, sample_rate)))
    return sorted(candidates, key=lambda candidate: candidate.entropy)
