"""Window functions in float64, equal to SciPy's.

Each formula gives the symmetric window of `size` points. The periodic window is the symmetric one of one point more,
without its last; the open window is the symmetric one of two points more, without its ends, as MATLAB's ``hanning``.

References
----------
.. [1] F. J. Harris, "On the use of windows for harmonic analysis with the discrete Fourier transform", Proceedings of
   the IEEE 66(1), 1978
.. [2] A. H. Nuttall, "Some windows with very good sidelobe behavior", IEEE Transactions on Acoustics, Speech, and
   Signal Processing 29(1), 1981
.. [3] D. Povey et al., "The Kaldi speech recognition toolkit", feat/feature-window.cc (povey)
.. [4] G. D'Antona and A. Ferrero, "Digital Signal Processing for Measurement Systems", Springer, 2006 (flattop)
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from wav2spec.settings.analysis import Analysis
from wav2spec.settings.choices import WINDOWS
from wav2spec.settings.quantities import parse_named

Window = npt.NDArray[np.float64]


def _cosines(*weights: float) -> Callable[[int, float], Window]:
    """Return the sum of cosines with alternating signs, ``a0 - a1 cos(x) + a2 cos(2x) - ...``, over one turn."""

    def window(size: int, _number: float) -> Window:
        turn = 2.0 * np.pi * np.arange(size) / (size - 1)
        terms = [(-1) ** k * weight * np.cos(k * turn) for k, weight in enumerate(weights)]
        total: Window = np.sum(terms, axis=0)
        return total

    return window


def _bartlett(size: int, _number: float) -> Window:
    return 1.0 - np.abs(2.0 * np.arange(size) / (size - 1) - 1.0)


def _rectangular(size: int, _number: float) -> Window:
    return np.ones(size)


def _cosine(size: int, _number: float) -> Window:
    window: Window = np.sin(np.pi / size * (np.arange(size) + 0.5))
    return window


def _povey(size: int, _number: float) -> Window:
    hann: Window = _cosines(0.5, 0.5)(size, 0.0)
    # Of rounding below 0 at the ends, there is no power.
    return np.maximum(hann, 0.0) ** 0.85


def _kaiser(size: int, beta: float) -> Window:
    return np.kaiser(size, beta)


def _gaussian(size: int, deviation: float) -> Window:
    window: Window = np.exp(-0.5 * ((np.arange(size) - (size - 1) / 2) / deviation) ** 2)
    return window


def _tukey(size: int, share: float) -> Window:
    # The distance from the nearer end, as a share of the tapered part.
    inward = np.minimum(np.arange(size), np.arange(size)[::-1])
    edge = share * (size - 1) / 2.0
    if edge == 0:
        return np.ones(size)
    return np.where(inward < edge, 0.5 * (1.0 - np.cos(np.pi * inward / edge)), 1.0)


_FORMULAS: dict[str, Callable[[int, float], Window]] = {
    "hann": _cosines(0.5, 0.5),
    "hanning": _cosines(0.5, 0.5),
    "hamming": _cosines(0.54, 0.46),
    "blackman": _cosines(0.42, 0.5, 0.08),
    "bartlett": _bartlett,
    "rectangular": _rectangular,
    "blackman-harris": _cosines(0.35875, 0.48829, 0.14128, 0.01168),
    "nuttall": _cosines(0.3635819, 0.4891775, 0.1365995, 0.0106411),
    "flattop": _cosines(0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368),
    "cosine": _cosine,
    "povey": _povey,
    "kaiser": _kaiser,
    "gaussian": _gaussian,
    "tukey": _tukey,
}


def is_periodic(analysis: Analysis) -> bool:
    """Say whether the window's last point is left away, so that its maximum lies on ``window_size / 2``."""
    even = int(analysis.window_size) % 2 == 0
    return analysis.window_symmetry == "periodic" or (analysis.window_symmetry == "even-periodic" and even)


def get_window(analysis: Analysis) -> Window:
    """Return the window of an analysis in samples, shape (window_size,).

    Examples
    --------
    >>> get_window(Analysis(window_size=4)).round(3).tolist()
    [0.0, 0.5, 1.0, 0.5]
    """
    name, number = parse_named(analysis.window, WINDOWS)
    size, formula = int(analysis.window_size), _FORMULAS[name]
    if analysis.window_symmetry == "open":
        return formula(size + 2, number or 0.0)[1:-1]
    return formula(size + is_periodic(analysis), number or 0.0)[:size]
