"""The power of frames in SoX's own order of operations, to the last digit.

Where a level lies on the border of two colours, as that of a constant signal of half of full scale does, rounding
decides about the colour, so that another Fourier transform would draw some pixels differently. Sizes that are powers of
two go through a real transform of radix 4 [1]_, others through the sum of each bin [2]_, as in SoX.

References
----------
.. [1] T. Ooura, General Purpose FFT Package, fft4g.c, as in SoX 14.4.2
.. [2] SoX 14.4.2, src/spectrogram.c
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
# Real and imaginary parts are apart: NumPy may round products of complex numbers in another way.
Pair = tuple[Floats, Floats]


def sox_power(frames: Floats, bins: npt.NDArray[np.intp] | None = None) -> Floats:
    """Return the power of windowed frames in all bins, or in some.

    Parameters
    ----------
    frames : ndarray, shape (size, n_frames)
        Of an even size; a frame is a column, since sums run over frames in parallel.
    bins : ndarray of int, shape (n_bins,), optional

    Returns
    -------
    ndarray, shape (n_bins, n_frames)

    Examples
    --------
    >>> impulse = np.eye(6)[:, :1]
    >>> sox_power(impulse).ravel().tolist()
    [1.0, 1.0, 1.0, 1.0]
    """
    size = len(frames)
    bins = np.arange(size // 2 + 1) if bins is None else bins
    return _transformed(frames)[bins] if is_power_of_two(size) else _summed(frames, bins)


def is_power_of_two(size: int) -> bool:
    """Say whether SoX takes the fast transform, which begins at 16 here; SoX's sizes begin at 126."""
    return size >= 16 and size & (size - 1) == 0


def libm(function: Callable[[float], float], values: npt.ArrayLike) -> Floats:
    """Return a function of the C library, as SoX calls it, of each value; NumPy's own may differ in the last digit."""
    return np.array([function(value) for value in np.asarray(values).ravel().tolist()]).reshape(np.shape(values))


def _summed(frames: Floats, bins: npt.NDArray[np.intp]) -> Floats:
    """Return the power of bins as sums over samples, one after the other."""
    turns = [_turn(len(frames), int(number)) for number in bins]
    cosines, sines = (np.stack(tables, axis=1) for tables in zip(*turns, strict=True))
    real, imaginary = np.zeros((2, len(bins), frames.shape[1]))
    term = np.empty_like(real)
    for sample, cosine, sine in zip(frames, cosines, sines, strict=True):
        real += np.multiply.outer(cosine, sample, out=term)
        imaginary += np.multiply.outer(sine, sample, out=term)
    return real * real + imaginary * imaginary


@lru_cache(maxsize=2048)
def _turn(size: int, number: int) -> Pair:
    """Return the cosine and the sine of each sample for a bin."""
    angles = 2.0 * math.pi * number * np.arange(size) / size
    return libm(math.cos, angles), libm(math.sin, angles)


def _transformed(frames: Floats) -> Floats:
    """Return the power of each bin for a size that is a power of two."""
    size = len(frames)
    tables = _tables(size)
    # Two samples are a complex number.
    real, imaginary = _complex_transform(frames[0::2][tables.order], frames[1::2][tables.order], tables)
    lowest, highest = real[:1] + imaginary[:1], real[:1] - imaginary[:1]
    # From this spectrum to that of samples, a bin and its mirror at a time.
    k = np.arange(1, size // 4)
    c, s = tables.cosines[k, np.newaxis], tables.sines[k, np.newaxis]
    x, y = real[k] - real[-k], imaginary[k] + imaginary[-k]
    u, v = c * x - s * y, c * y + s * x
    real[k] -= u
    imaginary[k] -= v
    real[-k] += u
    imaginary[-k] -= v
    power = np.square(real[1:]) + np.square(imaginary[1:])
    return np.concatenate((np.square(lowest), power, np.square(highest)))


def _complex_transform(real: Floats, imaginary: Floats, tables: "_Tables") -> Pair:
    """Return the spectrum of complex values in bit-reversed order, shape (n, n_frames): stages of radix 4, then 4 or 2.

    A stage joins groups of 4 spectra, and turns the results by the angle of the group for the next stage.
    """
    n, span = len(real), 1
    while 4 * span <= n:
        shape = n // (4 * span), 4, span, -1
        outputs = _butterfly(real.reshape(shape), imaginary.reshape(shape))
        if 4 * span < n:
            outputs = [outputs[0], *(_turned(outputs[i], i, tables) for i in (1, 2, 3))]
        real, imaginary = (np.stack(parts, axis=1).reshape(n, -1) for parts in zip(*outputs, strict=True))
        span *= 4
    if span < n:
        (a, b), (c, d) = (part.reshape(2, span, -1) for part in (real, imaginary))
        return np.concatenate((a + b, a - b)), np.concatenate((c + d, c - d))
    return real, imaginary


def _butterfly(real: Floats, imaginary: Floats) -> list[Pair]:
    """Return the transform of 4 values along the second axis."""
    a, b, c, d = (real[:, i] for i in range(4))
    e, f, g, h = (imaginary[:, i] for i in range(4))
    sum_x, sum_y, apart_x, apart_y = a + b, e + f, a - b, e - f
    more_x, more_y, rest_x, rest_y = c + d, g + h, c - d, g - h
    return [
        (sum_x + more_x, sum_y + more_y),
        (apart_x - rest_y, apart_y + rest_x),
        (sum_x - more_x, sum_y - more_y),
        (apart_x + rest_y, apart_y - rest_x),
    ]


def _turned(values: Pair, times: int, tables: "_Tables") -> Pair:
    """Return values turned by the angle of their group so many times, shape (n_groups, span, n_frames)."""
    x, y = values
    c, s = (part[: len(x), np.newaxis, np.newaxis] for part in tables.twiddles[times])
    real, imaginary = c * x - s * y, c * y + s * x
    # The angle of group 1 is 45 degrees: sums come before the factor.
    if times == 1:
        real[1], imaginary[1] = c[1] * (x[1] - y[1]), c[1] * (x[1] + y[1])
    elif times == 3:
        real[1], imaginary[1] = s[1] * (-y[1] - x[1]), s[1] * (x[1] - y[1])
    return real, imaginary


@dataclass(frozen=True)
class _Tables:
    """Numbers that depend on the size of a transform alone.

    Attributes
    ----------
    order : ndarray of int
        Pairs of samples in bit-reversed order.
    twiddles : dict of int to pair of ndarray
        Cosine and sine of once, twice and three times the angle of each group.
    cosines, sines : ndarray
        What joins a bin with its mirror.
    """

    order: npt.NDArray[np.intp]
    twiddles: dict[int, Pair]
    cosines: Floats
    sines: Floats


@lru_cache(maxsize=4)
def _tables(size: int) -> _Tables:
    quarter, half = size // 4, size // 8
    # Above 45 degrees, the cosine is the sine of the angle's complement.
    angles = math.atan(1.0) / half * np.arange(half + 1)
    cosine, sine = libm(math.cos, angles), libm(math.sin, angles)
    sine[half] = cosine[half]
    cosines = np.concatenate((cosine, sine[half - 1 :: -1]))
    sines = np.concatenate((sine, cosine[half - 1 :: -1]))
    order = _bit_reversed(half)
    once = cosines[0:quarter:2][order], sines[0:quarter:2][order]
    # Twice the angle of group 2 g is that of group g; an odd group is a quarter of a turn further.
    even, odd = once[0].repeat(2)[: len(order)], once[1].repeat(2)[: len(order)]
    is_odd = np.arange(len(order)) % 2 == 1
    twice = np.where(is_odd, -odd, even), np.where(is_odd, even, odd)
    thrice = once[0] - 2.0 * twice[1] * once[1], 2.0 * twice[1] * once[0] - once[1]
    thrice[1][1] = cosine[half]
    joins = 0.5 - 0.5 * sines[:quarter], 0.5 * cosines[:quarter]
    return _Tables(_bit_reversed(size // 2), {1: once, 2: twice, 3: thrice}, *joins)


def _bit_reversed(n: int) -> npt.NDArray[np.intp]:
    """Return the numbers below n, a power of two, their bits in reverse order.

    >>> _bit_reversed(8).tolist()
    [0, 4, 2, 6, 1, 5, 3, 7]
    """
    order = np.zeros(1, np.intp)
    while len(order) < n:
        order = np.concatenate((2 * order, 2 * order + 1))
    return order
