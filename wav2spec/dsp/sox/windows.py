"""The windows of SoX's ``spectrogram``, in the order of operations of SoX [1]_.

References
----------
.. [1] SoX 14.4.2, src/spectrogram.c and src/effects_i_dsp.c
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from wav2spec.dsp.sox.fourier import libm

Floats = npt.NDArray[np.float64]


def sox_window(name: str, size: int, beyond: int, attenuation: float, adjust: float) -> tuple[Floats, float]:
    """Return the window of a frame, and the sum of its points before it is scaled.

    The window is the symmetric one of a point more without its last, scaled so that a sine of amplitude 1 reads 0 dB.

    Parameters
    ----------
    name : str
        hann, hamming, bartlett, rectangular, kaiser or dolph.
    size : int
    beyond : int
        By how many samples the window is shortened: at its beginning, or at its end if negative.
    attenuation : float
        The range of levels in dB, which kaiser and dolph follow.
    adjust : float
        From -10 to 10, changes the attenuation of kaiser and dolph.
    """
    n = 1 + size - abs(beyond)
    window, offset = np.zeros(size + 1), max(beyond, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        window[offset : offset + n] = _SHAPES[name](n, attenuation, adjust)
        window = window[:size]
        # One after the other: NumPy's sum adds in pairs.
        total = np.add.accumulate(window)[-1]
        return window * (2.0 / total * ((n - 1) / size) ** 2), float(total)


def _cosines(n: int) -> Floats:
    """Return a period of a cosine at n points; that of a single point is not defined."""
    return np.full(1, np.nan) if n == 1 else libm(math.cos, 2.0 * math.pi * np.arange(n) / (n - 1))


def _kaiser(n: int, attenuation: float, adjust: float) -> Floats:
    if n == 1:
        return np.full(1, np.nan)
    beta = _kaiser_beta(attenuation * (1.1 + adjust / 50))
    x = 2.0 * np.arange(n) / (n - 1) - 1.0
    window: Floats = _bessel_i0(beta * np.sqrt(1.0 - x * x)) / _bessel_i0(np.array([beta]))
    return window


def _bessel_i0(x: Floats) -> Floats:
    """Return the modified Bessel function of order 0 by its power series, summed until it no longer changes."""
    term, total, before = np.ones_like(x), np.ones_like(x), np.zeros_like(x)
    i = 1
    while (total != before).any():
        y = x / 2 / i
        before, term = total, term * (y * y)
        total, i = total + term, i + 1
    return total


def _kaiser_beta(attenuation: float, transition: float = 0.1) -> float:
    """Return beta for a stop band so far down (dB); SoX interpolates fits over the width of the transition band."""
    if attenuation >= 60:
        place = math.log(transition / 0.0005) / math.log(2.0)
        index = int(place)
        low, high = (
            ((c[0] * attenuation + c[1]) * attenuation + c[2]) * attenuation + c[3]
            for c in (_KAISER_FITS[min(max(index, 0), 9)], _KAISER_FITS[min(max(index + 1, 0), 9)])
        )
        return low + (high - low) * (place - index)
    if attenuation > 50:
        return 0.1102 * (attenuation - 8.7)
    if attenuation > 20.96:
        return float(0.58417 * (attenuation - 20.96) ** 0.4 + 0.07886 * (attenuation - 20.96))
    return 0.0


# Cubic fits of beta over the attenuation, for transition bands that double from 0.0005.
_KAISER_FITS = (
    (-6.784957e-10, 1.02856e-05, 0.1087556, -0.8988365 + 0.001),
    (-6.897885e-10, 1.027433e-05, 0.10876, -0.8994658 + 0.002),
    (-1.000683e-09, 1.030092e-05, 0.1087677, -0.9007898 + 0.003),
    (-3.654474e-10, 1.040631e-05, 0.1087085, -0.8977766 + 0.006),
    (8.106988e-09, 6.983091e-06, 0.1091387, -0.9172048 + 0.015),
    (9.519571e-09, 7.272678e-06, 0.1090068, -0.9140768 + 0.025),
    (-5.626821e-09, 1.342186e-05, 0.1083999, -0.9065452 + 0.05),
    (-9.965946e-08, 5.073548e-05, 0.1040967, -0.7672778 + 0.085),
    (1.604808e-07, -5.856462e-05, 0.1185998, -1.34824 + 0.1),
    (-1.511964e-07, 6.363034e-05, 0.1064627, -0.9876665 + 0.18),
)


def _dolph(n: int, attenuation: float, adjust: float) -> Floats:
    """Return the Dolph-Chebyshev window, each point summed as a series until its terms vanish."""
    window = np.ones(n)
    if n == 1:
        return np.full(1, np.nan)
    b = math.cosh(math.acosh(10.0 ** ((attenuation * (1.005 + adjust / 50) + 6) / 20)) / (n - 1))
    c, norm = 1 - 1 / (b * b), 0.0
    for i in range((n - 1) // 2, -1, -1):
        total = float(i == 0)
        term, before, j = 1.0, 1.0, 1
        while j <= i and total != before:
            before = total
            term *= c * (n - i - j) * (1.0 / j)
            total += term
            term *= (i - j) * (1.0 / j)
            j += 1
        total /= n - 1 - i
        norm = norm or total
        total /= norm
        window[i] *= total
        window[n - 1 - i] *= total
    return window


_SHAPES: dict[str, Callable[[int, float, float], Any]] = {
    "hann": lambda n, *_: 0.5 - 0.5 * _cosines(n),
    "hamming": lambda n, *_: 0.53836 - 0.46164 * _cosines(n),
    "bartlett": lambda n, *_: 2.0 / np.float64(n - 1) * ((n - 1) / 2.0 - np.abs(np.arange(n) - (n - 1) / 2.0)),
    "rectangular": lambda n, *_: np.ones(n),
    "kaiser": _kaiser,
    "dolph": _dolph,
}
