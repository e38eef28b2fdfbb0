"""From values to levels in dB, and to pixels."""

from typing import Any

import numpy as np
import numpy.typing as npt

from wav2spec.dsp.filterbank import FilterBank
from wav2spec.dsp.stft import bin_frequencies, scaled_window
from wav2spec.settings.analysis import Analysis
from wav2spec.settings.bands import Bands
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
    db = power.astype(np.float64)
    np.maximum(db, least, out=db)
    np.log10(db, out=db)
    db *= 10.0
    db -= 10.0 * np.log10(np.maximum(reference, least))
    if not heard.all():
        db = np.where(heard, db, floor)
    return np.clip(db, floor, levels.db_max, out=db)


def full_scale_power(analysis: Analysis, bands: Bands, bank: FilterBank, sample_rate: int) -> float | Floats:
    """Return the power that a sine of amplitude 1 gives in a bin, or in the middle of each band that is a sum.

    In a bin it is ``(sum(window) / 2)**2``. A band is given what its weights make of the window's main lobe. Factors of
    the samples and of the spectrum, and pre-emphasis, count; the energy of a frame is that of the sine.
    """
    window = scaled_window(analysis, sample_rate)
    gain = _bin_gain(analysis, sample_rate)
    if bank.bins is not None:
        level = float(window.sum() / 2.0) ** 2
        power: float | Floats = level if gain is None else level * gain[bank.bins]
    else:
        power = _band_sums(window, analysis, bands, bank, gain)
    if analysis.energy == "none":
        return power
    energy = np.full(1, int(analysis.window_size) * analysis.sample_scale**2 / 2.0)
    every = np.broadcast_to(power, bank.n_sums)
    return np.concatenate((energy, every) if analysis.energy == "first" else (every, energy))


def _bin_gain(analysis: Analysis, sample_rate: int) -> Floats | None:
    """Return the gain in power of each bin by pre-emphasis and by one-sided doubling; None if it is 1."""
    if not analysis.preemphasis and analysis.sides == "onesided":
        return None
    length = int(analysis.fft_length)
    turn = np.exp(-2j * np.pi * bin_frequencies(analysis, sample_rate) / sample_rate)
    gain: Floats = np.square(np.abs(1.0 - analysis.preemphasis * turn))
    if analysis.sides == "onesided2X":
        gain[1 : (length + 1) // 2] *= 2.0
    return gain


def _band_sums(window: Floats, analysis: Analysis, bands: Bands, bank: FilterBank, gain: Floats | None) -> Floats:
    length = int(analysis.fft_length)
    # The lobe between bins, finely enough to read off linearly within 0.01 dB, in bounded memory.
    finer = max(4, min(32, 2**22 // length))
    spectrum = np.abs(np.fft.rfft(window, finer * length))
    lobe = (spectrum / 2.0) ** 2
    apart = np.abs(bank.centers[bank.band] / bank.step - bank.bin)
    power = np.interp(apart * finer, np.arange(len(lobe)), lobe)
    if gain is not None:
        power = power * gain[bank.bin]
    if bands.band_sum == "magnitude":
        power = np.sqrt(power)
    sums: Floats = np.bincount(bank.band, power * bank.weight, minlength=bank.n_sums).astype(np.float64)
    return np.square(sums) if bands.band_sum == "magnitude" else sums
