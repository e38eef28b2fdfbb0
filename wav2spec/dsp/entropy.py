"""How concentrated a spectrogram is: the entropy by which windows are ranked.

Notes
-----
The measure is the Shannon entropy of the magnitude, the Renyi entropy of order 1 [1]_. Orders above 1, and powers
instead of magnitudes, are ruled by the few strongest steady partials and favour the longest windows for any sound;
orders below 1 are ruled by noise and favour the shortest. Of a linear chirp of rate c it is least for a Gaussian window
of standard deviation ``1 / sqrt(2 pi c)``, the exact answer.

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
from wav2spec.errors import AudioError
from wav2spec.settings.analysis import Analysis
from wav2spec.waveform import Waveform

# Windows longer than this share of a recording are not tried: most of their frames reach beyond its ends.
LONGEST_SHARE = 1 / 4

# Differences below this are too small to rank windows by (bits).
TIE_BITS = 0.05


@dataclass(frozen=True)
class Candidate:
    """An analysis that was tried.

    Attributes
    ----------
    analysis : Analysis
        As given.
    entropy : float
        In bits, of the spread of magnitude over time and frequency; the lower, the more concentrated.
    resolution : Resolution
    """

    analysis: Analysis
    entropy: float
    resolution: Resolution


def magnitude_entropy(waveform: Waveform, analysis: Analysis) -> float | None:
    """Return the Shannon entropy of the magnitude spectrogram of a waveform, in bits; None for silence.

    Parameters
    ----------
    waveform : Waveform
    analysis : Analysis
        In samples, with magnitudes.

    Raises
    ------
    AudioError
        If magnitudes are beyond the range of float32.

    Notes
    -----
    ``-sum(p log2 p) + log2(cell)`` of the magnitudes p, normalised to a sum of 1. A cell of the grid measures
    ``stride / fft_length``: with its logarithm, the entropies of different grids compare [2]_.
    """
    total, weighted = 0.0, 0.0
    for block in stft_magnitudes(waveform.blocks(), analysis):
        if not np.isfinite(block).all():
            raise AudioError(waveform.name, "has samples so large that their magnitudes overflow")
        heard = block[block > 0].astype(np.float64)
        total += float(heard.sum())
        weighted += float((heard * np.log2(heard)).sum())
    if not total:
        return None
    cell = int(analysis.stride) / int(analysis.fft_length)
    return log2(total) - weighted / total + log2(cell)


def entropies(waveform: Waveform, analyses: list[Analysis]) -> list[float | None] | None:
    """Return the entropy of a waveform by each analysis; None for silence.

    The entropy by an analysis whose window is longer than a quarter of the waveform is None.

    Raises
    ------
    SettingError
        If an analysis does not fit the sample rate.
    """
    resolved = [analysis.resolved(waveform.sample_rate) for analysis in analyses]
    longest = LONGEST_SHARE * waveform.n_samples
    found = [magnitude_entropy(waveform, one) if int(one.window_size) <= longest else None for one in resolved]
    return None if all(entropy is None for entropy in found) else found


def rank(analyses: list[Analysis], entropies: list[list[float | None]], sample_rate: int) -> list[Candidate]:
    """Sort the analyses, the most concentrated first; leave out those that too few recordings are long enough for.

    Parameters
    ----------
    analyses : list of Analysis
    entropies : list of list of float or None
        Of each recording by each analysis. Each recording counts the same, however loud and long. An analysis counts
        by how far it is from the best of each recording that it was tried on, which must be half of them or more.
    sample_rate : int
        In Hz, at which resolutions are given.
    """
    table = np.array(entropies, np.float64)
    best = np.nanmin(table, axis=1)
    candidates = []
    for analysis, column in zip(analyses, table.T, strict=True):
        tried = np.isfinite(column)
        if 2 * tried.sum() < len(column):
            continue
        entropy = float(best.mean() + (column - best)[tried].mean())
        candidates.append(Candidate(analysis, entropy, resolution(analysis.resolved(sample_rate), sample_rate)))
    return sorted(candidates, key=lambda candidate: candidate.entropy)
