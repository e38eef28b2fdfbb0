"""From values to levels in dB, and to pixels."""

from typing import Any

import numpy as np
import numpy.typing as npt

from wav2spec.dsp.filterbank import FilterBank
from wav2spec.dsp.windows import get_window
from wav2spec.settings.analysis import Analysis
from wav2spec.settings.levels import Levels

Floats = npt.NDArray[np.float64]


Values = npt.NDArray[np.floating[Any]]


# Log of 0 is avoided below any level that can be asked for (power).
_TINY = np.finfo(np.float64).tiny


def to_db(power: Values, reference: float | Floats, levels: Levels) -> Floats:
    """Return ``10 log10(power / reference)``, from `db_max` down over `db_range` and no further.

    Parameters
    ----------
    power : ndarray, shape (n_channels, n_frames, n_bands)
    reference : float or ndarray, shape (n_bands,)
        The power that reads 0 dB. Where it is no more than `amin`, as in silence, all is at the floor.

    Notes
    -----
    Formed in float64, so that the pixels are the same on every machine. Power and reference below `amin` count as
    `amin`, as in librosa's ``power_to_db`` [1]_; but of silence, librosa makes 0 dB.

    References
    ----------
    .. [1] librosa/core/spectrum.py, ``power_to_db``
    """
    floor = levels.db_max - levels.db_range
    least = max(levels.amin, float(_TINY))
    heard = np.asarray(reference) > least
    db = 10.0 * np.log10(np.maximum(power.astype(np.float64), least))
    db -= 10.0 * np.log10(np.maximum(reference, least))
    return np.clip(np.where(heard, db, floor), floor, levels.db_max)


def full_scale_power(analysis: Analysis, bands: FilterBank) -> float | Floats:
    """Return the power that a sine of amplitude 1 gives in a bin, or in the middle of each band that is a sum.

    In a bin it is ``(sum(window) / 2)**2``. A band is given what its weights make of the window's main lobe.
    """
    window = get_window(analysis)
    if bands.bins is not None:
        return float(window.sum() / 2.0) ** 2
    length = int(analysis.fft_length)
    # The lobe between bins, finely enough to read off linearly within 0.01 dB, in bounded memory.
    finer = max(4, min(32, 2**22 // length))
    spectrum = np.abs(np.fft.rfft(window, finer * length))
    lobe = (spectrum / 2.0) ** 2
    step = bands.step
    apart = np.abs(bands.frequencies[bands.band] / step - bands.bin)
    power = np.interp(apart * finer, np.arange(len(lobe)), lobe)
    sums: Floats = np.bincount(bands.band, power * bands.weight, minlength=bands.n_bands).astype(np.float64)
    return sums
