"""Lengths of sound as people write them (``256``, ``25ms``, ``0.1s``, ``50%``, ``1/3``), kept exact."""

import math
import re
from fractions import Fraction
from typing import Literal

Unit = Literal["samples", "s", "window"]

_SIZE = re.compile(r"(?P<number>[0-9]{1,18}(?:\.[0-9]{1,18})?|\.[0-9]{1,18})(?P<unit>ms|s|%|/[0-9]{1,18})?")


def parse_size(size: int | str) -> tuple[Fraction, Unit]:
    """Read a size as an exact amount and its unit.

    Parameters
    ----------
    size : int or str
        Samples (``256``), time (``"25ms"``, ``"0.1s"``) or a share of the window (``"50%"``, ``"1/3"``).

    Raises
    ------
    ValueError
        If `size` is none of these.

    Examples
    --------
    >>> parse_size("25ms")
    (Fraction(1, 40), 's')
    >>> parse_size("1/3")
    (Fraction(1, 3), 'window')
    """
    match = _SIZE.fullmatch(str(size))
    if not match:
        raise ValueError(f"{size!r} is neither samples (256) nor time (25ms, 0.1s)")
    number, unit = Fraction(match["number"]), match["unit"] or ""
    if unit == "":
        if number.denominator != 1:
            raise ValueError(f"{size!r} is not a whole number of samples; for time add a unit: {size}ms")
        return number, "samples"
    if unit == "s":
        return number, "s"
    if unit == "ms":
        return number / 1000, "s"
    if unit == "%":
        return number / 100, "window"
    divisor = int(unit[1:])
    if divisor == 0:
        raise ValueError(f"{size!r} divides by zero")
    return number / divisor, "window"


def in_samples(size: int | str, sample_rate: int, window_size: int = 0) -> int:
    """Return `size` in samples, rounded up; a share refers to `window_size`.

    >>> in_samples("35ms", 48000), in_samples("1/3", 16000, window_size=400)
    (1680, 134)
    """
    amount, unit = parse_size(size)
    scale = {"samples": 1, "s": sample_rate, "window": window_size}[unit]
    return math.ceil(amount * scale)
