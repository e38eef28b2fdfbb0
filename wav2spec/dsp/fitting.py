"""What ``auto`` stands for: an analysis and bands that fit the picture and the recording."""

from dataclasses import replace
from math import ceil, floor, log10

import numpy as np

from wav2spec.dsp.stft import bin_frequencies, stft_magnitudes
from wav2spec.settings.analysis import Analysis
from wav2spec.settings.auto import Fit
from wav2spec.settings.bands import Bands
from wav2spec.settings.choices import AUTO
from wav2spec.settings.pictures import Raster
from wav2spec.settings.quantities import parse_time
from wav2spec.settings.settings import Settings
from wav2spec.waveform import Waveform

# The lowest frequency of a log scale by default (Hz).
_LOWEST_HZ = 20.0

# Below an automatic limit lie this share of the power and all that comes so close to the peak (dB): three quarters of
# the range of a figure, of which the last is nearly black. The limit is rounded up to a number with these first digits.
_OCCUPIED, _SEEN_DB = 0.999, 60.0
_ROUND = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)


def fit(sound: Waveform, settings: Settings, panel: tuple[int, int] | None) -> Fit:
    """Return the picture to which ``auto`` fits the analysis."""
    bands, picture = settings.bands, settings.picture
    if panel is not None:
        width, height = panel
    elif isinstance(picture, Raster):
        width, height = picture.along_time or 0, (picture.along_frequency or 0) // sound.n_channels
    else:
        width, height = 0, 0
    nyquist = sound.sample_rate / 2
    top = min(bands.fmax, nyquist) if isinstance(bands.fmax, int | float) else nyquist
    share = (top - min(bands.fmin or 0.0, top)) / nyquist
    n_bins = ceil(height / share) + 1 if share > 0 else 0
    n_samples = sound.n_samples - sum(sound.surroundings)
    # The last segment may be shorter than the others, but has their window.
    segment = settings.preprocessing.segment
    n_timed = max(n_samples, 0 if segment is None else ceil(parse_time(segment) * sound.sample_rate))
    return Fit(n_timed, n_samples / width if width else None, n_bins, bands.freq_scale != "linear")


def fitted_bands(sound: Waveform, settings: Settings, analysis: Analysis, panel: tuple[int, int] | None) -> Bands:
    """Return the bands, with numbers for ``auto``.

    On the log scale of a figure there is a band for each pixel, and the lowest frequency is 20 Hz or a period of the
    window: below, a third of the height would show hum.
    """
    bands = settings.bands
    if bands.fmax == AUTO:
        bands = replace(bands, fmax=occupied_fmax(sound, analysis, bands.fmin or 0.0))
    if panel is None or bands.freq_scale != "log":
        return bands
    lowest = max(_LOWEST_HZ, sound.sample_rate / int(analysis.window_size))
    top = bands.fmax if isinstance(bands.fmax, int | float) else sound.sample_rate / 2
    if bands.fmin is None and lowest < top / 2:
        bands = replace(bands, fmin=lowest)
    return replace(bands, n_bands=panel[1]) if bands.n_bands is None else bands


def occupied_fmax(sound: Waveform, analysis: Analysis, fmin: float) -> float:
    """Return the frequency that ``fmax`` ``auto`` stands for, in Hz: half the sample rate for silence.

    Parameters
    ----------
    sound : Waveform
        All of it is read.
    analysis : Analysis
        In samples. The stride is half the window, whatever it says.
    fmin : float
        The lowest frequency in Hz, above which at least an octave lies.
    """
    size = int(analysis.window_size)
    # Whole frames alone: where a recording is cut off, a frame beyond its end would see a click.
    frames = replace(
        analysis,
        stride=max(1, size // 2),
        fft_length=size,
        framing="valid",
        frame_count="fit",
        magnitude_squared=True,
        energy="none",
    )
    total, greatest = np.zeros(size // 2 + 1), np.zeros(size // 2 + 1)
    for block in stft_magnitudes(sound.blocks(), frames, n_threads=sound.n_threads):
        np.maximum(greatest, block.max(axis=(0, 1), initial=0.0), out=greatest)
        total += block.sum(axis=(0, 1), dtype=np.float64)
    nyquist = sound.sample_rate / 2
    if not total.sum() > 0 or not np.isfinite(total).all():
        return nyquist
    frequencies, share = bin_frequencies(frames, sound.sample_rate), np.cumsum(total)
    holding = np.searchsorted(share, _OCCUPIED * share[-1])
    seen = np.flatnonzero(greatest >= greatest.max() * 10 ** (-_SEEN_DB / 10))[-1]
    found = max(float(frequencies[max(holding, seen)]), 2 * fmin, frequencies[1])
    decade = 10.0 ** floor(log10(found))
    return min(next(part * decade for part in _ROUND if part * decade >= found), nyquist)
