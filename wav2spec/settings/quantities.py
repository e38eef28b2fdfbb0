"""How people write lengths, times and named numbers (``25ms``, ``1:02.5``, ``kaiser:14``), read exactly."""

import math
import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Literal

Unit = Literal["samples", "s", "window", "window, rounded down"]


# Eighteen digits are beyond every real value and within what Python turns into numbers without complaint.
_SIZE = re.compile(r"(?P<number>[0-9]{1,18}(?:\.[0-9]{1,18})?|\.[0-9]{1,18})(?P<unit>ms|s|%|//?[0-9]{1,18})?")


_TIME = re.compile(
    r"(?:(?:(?P<h>[0-9]{1,6}):)?(?P<m>[0-9]{1,9}):)?(?P<s>[0-9]{1,18}(?:\.[0-9]{1,18})?|\.[0-9]{1,18})(?P<unit>ms|s)?"
)


def parse_size(size: int | str) -> tuple[Fraction, Unit]:
    """Read a size as an exact amount and its unit.

    Parameters
    ----------
    size : int or str
        Samples (``256``), time (``"25ms"``, ``"0.1s"``) or a share of the window (``"50%"``, ``"1/3"``; ``"1//4"`` is
        rounded down to whole samples, as in Python).

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
    divisor = int(unit.lstrip("/"))
    if divisor == 0:
        raise ValueError(f"{size!r} divides by zero")
    return number / divisor, "window, rounded down" if unit.startswith("//") else "window"


def in_samples(size: int | str, sample_rate: int, window_size: int = 0) -> int:
    """Return `size` in samples, rounded up unless it says otherwise; a share refers to `window_size`.

    >>> in_samples("35ms", 48000), in_samples("1/3", 16000, window_size=400), in_samples("1//3", 16000, window_size=400)
    (1680, 134, 133)
    """
    amount, unit = parse_size(size)
    if unit == "window, rounded down":
        return math.floor(amount * window_size)
    return math.ceil(amount * {"samples": 1, "s": sample_rate, "window": window_size}[unit])


def parse_time(time: float | str) -> Fraction:
    """Read a time in s: seconds (``2.5``), ``"1:02.5"``, ``"1:02:03"`` or with a unit (``"150ms"``).

    Raises
    ------
    ValueError
        If `time` is none of these.

    Examples
    --------
    >>> parse_time("1:02.5")
    Fraction(125, 2)
    """
    if isinstance(time, float) and math.isfinite(time) and time >= 0:
        return Fraction(str(time))
    match = _TIME.fullmatch(str(time))
    if not match or (match["m"] and match["unit"]):
        raise ValueError(f"{time!r} is no time: seconds (2.5), minutes (1:02.5) or with a unit (150ms)")
    seconds = Fraction(match["s"]) / (1000 if match["unit"] == "ms" else 1)
    return seconds + 60 * int(match["m"] or 0) + 3600 * int(match["h"] or 0)


def parse_named(text: str, names: Mapping[str, float | None]) -> tuple[str, float | None]:
    """Read ``name`` or ``name:number``.

    Parameters
    ----------
    text : str
    names : mapping of str to float or None
        What names there are: the number that is meant without one, NaN if it must be given, None if there is none.

    Raises
    ------
    ValueError
        If the name is unknown, or its number is missing, not finite, or not expected.

    Examples
    --------
    >>> parse_named("rms:0.1", {"none": None, "peak": 1.0, "rms": float("nan")})
    ('rms', 0.1)
    """
    if not isinstance(text, str):
        raise ValueError(f"{text!r} is none of {', '.join(names)}")
    name, colon, message = text.partition(":")
    if name not in names:
        raise ValueError(f"{text!r} is none of {', '.join(names)}")
    default = names[name]
    if not colon:
        if default is not None and math.isnan(default):
            raise ValueError(f"{name} needs a number: {name}:NUMBER")
        return name, default
    if default is None:
        raise ValueError(f"{name} takes no number, but {message!r} was given")
    try:
        number = float(message)
    except ValueError:
        raise ValueError(f"{message!r} in {text!r} is no number") from None
    if not math.isfinite(number):
        raise ValueError(f"{message!r} in {text!r} is not finite")
    return name, number
