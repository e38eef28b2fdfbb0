"""The resolution of a window in time and in frequency, and its side lobes, from theory."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wav2spec.dsp.windows import get_window
from wav2spec.settings.analysis import Analysis

# Points of the window's spectrum per bin.
_OVERSAMPLING = 64


@dataclass(frozen=True)
class Resolution:
    """How far apart two equal tones or two equal clicks must be to be told apart.

    Attributes
    ----------
    frequency_hz, time_s : float
        The full width at half maximum (-6 dB) of the main lobe, and of the window. Two tones or two clicks that are
        closer add up to a single peak [1]_.
    side_lobe_db : float
        The highest side lobe, relative to the main lobe; -inf for a window without side lobes.

    References
    ----------
    .. [1] F. J. Harris, "On the use of windows for harmonic analysis with the discrete Fourier transform", Proceedings
       of the IEEE 66(1), 1978, section IV.C
    """

    frequency_hz: float
    time_s: float
    side_lobe_db: float


def resolution(analysis: Analysis, sample_rate: int) -> Resolution:
    """Measure the window of an analysis in samples.

    >>> hann = resolution(Analysis(window_size=1000).resolved(1000), 1000)
    >>> f"{hann.frequency_hz:.1f} Hz, {hann.time_s:.2f} s, {hann.side_lobe_db:.0f} dB"
    '2.0 Hz, 0.50 s, -31 dB'
    """
    window = get_window(analysis)
    size = len(window)
    spectrum = np.abs(np.fft.rfft(window, _OVERSAMPLING * size)) / abs(window.sum())
    half_width = _first_below(spectrum, 0.5)
    # The main lobe ends where the spectrum first rises below half of its maximum: at the top it may ripple, as that of
    # a flat top does.
    skirt = spectrum[int(half_width) + 1 :]
    rising = np.flatnonzero(np.diff(skirt) > 0)
    side_lobe = float(skirt[rising[0] :].max()) if len(rising) else 0.0
    return Resolution(
        2 * half_width / _OVERSAMPLING * sample_rate / size,
        float((window >= 0.5 * window.max()).sum()) / sample_rate,
        20 * float(np.log10(side_lobe)) if side_lobe else float("-inf"),
    )


@dataclass(frozen=True)
class NormalizedResolution:
    """The resolution of a window of any length: of tones in bins, of clicks as a share of the length; side lobes."""

    bins: float
    time: float
    side_lobe_db: float


def normalized_resolution(window: str) -> NormalizedResolution:
    """Measure the window at a length beyond which the numbers no longer change.

    >>> hann = normalized_resolution("hann")
    >>> f"{hann.bins:.2f} {hann.time:.2f}"
    '2.00 0.50'
    """
    size = 4096
    found = resolution(Analysis(window_size=size, window=window).resolved(size), size)
    return NormalizedResolution(found.frequency_hz, found.time_s, found.side_lobe_db)


def _first_below(falling: npt.NDArray[np.float64], level: float) -> float:
    """Return the interpolated index at which a curve first falls below a level."""
    index = int(np.argmax(falling < level))
    before, after = falling[index - 1], falling[index]
    return index - 1 + float((before - level) / (before - after))
