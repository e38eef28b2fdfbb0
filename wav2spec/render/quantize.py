"""Values to pixels, and pixels to values."""

from typing import Any

import numpy as np
import numpy.typing as npt

from wav2spec.arrays import Pixels
from wav2spec.settings.levels import Levels

Values = npt.NDArray[np.floating[Any]]

# The unit of values that are normalised by statistics of the recording, and how many of them are drawn.
STANDARD_DEVIATIONS = "standard deviations"
_SHOWN_DEVIATIONS = 3.0

# Units that are drawn between two values; others begin at 0.
_BETWEEN = ("dB", STANDARD_DEVIATIONS)

# The greatest pixel of 8 bits, to which brightness refers.
_WHITE = 255


def value_range(levels: Levels, unit: str) -> tuple[float, float]:
    """Return the values of pixel 0 and of the greatest pixel, before gamma."""
    if unit == "dB":
        return levels.db_max - levels.db_range, levels.db_max
    if unit == STANDARD_DEVIATIONS:
        return -_SHOWN_DEVIATIONS, _SHOWN_DEVIATIONS
    return 0.0, _WHITE / levels.brightness


def is_rounded(unit: str) -> bool:
    """Return whether pixels of a unit are rounded to the nearest; others are rounded down."""
    return unit in _BETWEEN


def quantize(values: Values, levels: Levels, bit_depth: int = 8, unit: str | None = None) -> Pixels:
    """Return pixels from 0 to 255, or to 65535 with a bit depth of 16.

    On a linear scale it is ``min(value * brightness, 255)``, rounded down, in float32 as TensorFlow's example computes
    it [1]_. In dB, `db_max` is 255 and `db_range` below it 0, rounded to the nearest. With 16 bits, pixels are
    257 times as large before they are rounded.

    Examples
    --------
    >>> quantize(np.array([0.0, 0.1, 1.0, 9.0], np.float32), Levels(brightness=64)).tolist()
    [0, 6, 64, 255]
    >>> quantize(np.array([-100.0, -80.0, -40.0, 0.0]), Levels(scale="db")).tolist()
    [0, 0, 128, 255]

    References
    ----------
    .. [1] tensorflow/examples/wav_to_spectrogram/wav_to_spectrogram.cc
    """
    white = 2**bit_depth - 1
    unit = unit or ("dB" if levels.logarithmic else "magnitude")
    if unit in _BETWEEN:
        low, high = value_range(levels, unit)
        share = (values.astype(np.float64) - low) / (high - low)
        return _as_pixels(np.rint(white * np.clip(share, 0.0, 1.0) ** (1.0 / levels.gamma)), bit_depth)
    # Finite and above 0 in float32, since 0 times infinity is not a number.
    limits = np.finfo(np.float32)
    factor = np.float32(min(max(levels.brightness, float(limits.tiny)), float(limits.max)))
    # Values that overflow are clipped.
    with np.errstate(over="ignore"):
        scaled = values * factor
    # In a third of the time of `numpy.minimum`.
    np.clip(scaled, np.float32(-np.inf), np.float32(_WHITE), out=scaled)
    if levels.gamma != 1 or bit_depth != 8:
        return _as_pixels(white * (scaled.astype(np.float64) / _WHITE) ** (1.0 / levels.gamma), bit_depth)
    return _as_pixels(scaled, bit_depth)


def dequantize(
    pixels: npt.NDArray[Any], levels: Levels, bit_depth: int = 8, unit: str | None = None
) -> npt.NDArray[np.float32]:
    """Return the values of pixels: the inverse of `quantize`, within half a step.

    Pixels that were rounded down become the middle of their step; the greatest pixel becomes its lower end, since it
    stands for all greater values.

    Examples
    --------
    >>> dequantize(np.array([0, 64, 255], np.uint8), Levels(brightness=64)).tolist()
    [0.0078125, 1.0078125, 3.984375]
    """
    white = 2**bit_depth - 1
    exact = pixels.astype(np.float64)
    unit = unit or ("dB" if levels.logarithmic else "magnitude")
    if unit in _BETWEEN:
        low, high = value_range(levels, unit)
        between: npt.NDArray[np.float32] = (low + (exact / white) ** levels.gamma * (high - low)).astype(np.float32)
        return between
    share = (np.minimum(exact + 0.5, white) / white) ** levels.gamma
    values: npt.NDArray[np.float32] = (share * _WHITE / levels.brightness).astype(np.float32)
    return values


def _as_pixels(values: Values, bit_depth: int) -> Pixels:
    return values.astype(np.uint8) if bit_depth == 8 else values.astype(np.uint16)
