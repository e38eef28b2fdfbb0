"""What a window can tell apart, from theory."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wav2spec.dsp.windows import get_window
from wav2spec.settings.analysis import Analysis

# How finely the spectrum between bins is looked at.
_FINER = 64


@dataclass(frozen=True)
class Resolution:
    """How far apart two equal tones or two equal clicks must be to show as two.

    Attributes
    ----------
    frequency_hz, time_s : float
        The full width of the main lobe, and of the window, where they have fallen to one half (-6 dB): closer than this
        two of them add up to one hump [1]_.
    side_lobe_db : float
        The highest side lobe, relative to the main lobe; -inf if there is none.

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
    spectrum = np.abs(np.fft.rfft(window, _FINER * size)) / abs(window.sum())
    half_width = _first_below(spectrum, 0.5) / _FINER
    rising = np.flatnonzero(np.diff(spectrum) > 0)
    side_lobe = float(spectrum[rising[0] :].max()) if len(rising) else 0.0
    return Resolution(
        2 * half_width * sample_rate / size,
        float((window >= 0.5 * window.max()).sum()) / sample_rate,
        20 * float(np.log10(side_lobe)) if side_lobe else float("-inf"),
    )


@dataclass(frozen=True)
class NormalizedResolution:
    """What a window resolves whatever its length: tones in bins of it, clicks as a share of it, and its side lobes."""

    bins: float
    time: float
    side_lobe_db: float


def normalized_resolution(window: str) -> NormalizedResolution:
    """Measure a window so long that its length does not matter.

    >>> hann = normalized_resolution("hann")
    >>> f"{hann.bins:.2f} {hann.time:.2f}"
    '2.00 0.50'
    """
    size = 4096
    found = resolution(Analysis(window_size=size, window=window).resolved(size), size)
    return NormalizedResolution(found.frequency_hz, found.time_s, found.side_lobe_db)


def _first_below(falling: npt.NDArray[np.float64], level: float) -> float:
    """Return where a curve first falls below a level, between its points."""
    index = int(np.argmax(falling < level))
    before, after = falling[index - 1], falling[index]
    return index - 1 + float((before - level) / (before - after))
