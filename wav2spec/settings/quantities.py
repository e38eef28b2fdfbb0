"""Parse sizes, times and named numbers (``25ms``, ``1:02.5``, ``kaiser:14``) into exact numbers."""

import functools
import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from fractions import Fraction

Unit = Literal["samples", "s", "window", "window, rounded down"]

# Microseconds in each unit of time.
_MICROSECONDS = {"us": 1, "ms": 1000, "s": 1_000_000, "min": 60_000_000}

# Eighteen digits are beyond every real value and within what Python converts without complaint.
_MAX_WHOLE = 10**18 - 1
_DIGITS = r"(?:[0-9]{1,18}(?:\.[0-9]{1,18})?|\.[0-9]{1,18})"
_SIZE = re.compile(rf"(?P<number>{_DIGITS})(?P<unit>us|ms|s|min|%|//?[0-9]{{1,18}})?")
_TIME = re.compile(
    rf"(?:(?:(?P<hours>[0-9]{{1,6}}):)?(?P<minutes>[0-9]{{1,9}}):)?(?P<seconds>{_DIGITS})(?P<unit>us|ms|s|min)?"
)


def exact(number: float | str, divisor: int = 1) -> "Fraction":
    """Return the number that is written, over a divisor, without rounding."""
    # Imported here so that whole numbers of samples, the rule, do not pay for it.
    from fractions import Fraction

    return Fraction(str(number)) / divisor


def parse_size(size: int | str) -> "tuple[Fraction | int, Unit]":
    """Parse a size into an exact amount and its unit.

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
    if type(size) is int and 0 <= size <= _MAX_WHOLE:
        return size, "samples"
    match = _SIZE.fullmatch(str(size))
    if not match:
        raise ValueError(f"{size!r} is neither samples (256) nor time (25ms, 0.1s){_suggestion(size)}")
    number, unit = exact(match["number"]), match["unit"] or ""
    if unit == "":
        if number.denominator != 1:
            milliseconds = f"{float(number * 1000):.12g}ms"
            hint = f"for a time write {size}s or {milliseconds}" if number < 1 else f"for a time write {size}ms"
            raise ValueError(f"{size!r} is not a whole number of samples; {hint}")
        return number, "samples"
    if unit in _MICROSECONDS:
        return exact(match["number"], 1_000_000) * _MICROSECONDS[unit], "s"
    if unit == "%":
        return number / 100, "window"
    divisor = int(unit.lstrip("/"))
    if divisor == 0:
        raise ValueError(f"{size!r} divides by zero")
    return number / divisor, "window, rounded down" if unit.startswith("//") else "window"


def in_samples(size: int | str, sample_rate: int, window_size: int = 0) -> int:
    """Return `size` in samples, rounded up unless it asks otherwise; a share refers to `window_size`.

    >>> in_samples("35ms", 48000), in_samples("1/3", 16000, window_size=400), in_samples("1//3", 16000, window_size=400)
    (1680, 134, 133)
    """
    amount, unit = parse_size(size)
    if unit == "window, rounded down":
        return math.floor(amount * window_size)
    return math.ceil(amount * {"samples": 1, "s": sample_rate, "window": window_size}[unit])


@functools.lru_cache(maxsize=64)
def parse_time(time: float | str) -> "Fraction | int":
    """Parse a time into seconds: ``2.5``, ``"1:02.5"``, ``"1:02:03"`` or with a unit (``"150ms"``, ``"1min"``).

    Raises
    ------
    ValueError
        If `time` is none of these.

    Examples
    --------
    >>> parse_time("1:02.5")
    Fraction(125, 2)
    """
    if type(time) is int and 0 <= time <= _MAX_WHOLE:
        return time
    if isinstance(time, float) and math.isfinite(time) and time >= 0:
        return exact(time)
    match = _TIME.fullmatch(str(time))
    if not match or (match["minutes"] and match["unit"]):
        expected = "seconds (2.5), minutes (1:02.5) or a number with its unit (150ms)"
        raise ValueError(f"{time!r} is no time: write {expected}{_suggestion(time)}")
    seconds = exact(match["seconds"], 1_000_000) * _MICROSECONDS[match["unit"] or "s"]
    return seconds + 60 * int(match["minutes"] or 0) + 3600 * int(match["hours"] or 0)


def _suggestion(text: object) -> str:
    """Return a hint if `text` would be valid in lower case and without its spaces."""
    spelled = re.sub(r"\s", "", str(text)).lower()
    return f"; write {spelled}" if spelled != str(text) and _SIZE.fullmatch(spelled) else ""


def parse_named(text: str, names: Mapping[str, float | None], *, decibels: bool = False) -> tuple[str, float | None]:
    """Parse ``name`` or ``name:number``.

    Parameters
    ----------
    text : str
    names : mapping of str to float or None
        The number that each name has without one: NaN if it must be given, None if the name takes none.
    decibels : bool
        Whether the number is a linear level, which may also be written in dB (``peak:-1dB``).

    Raises
    ------
    ValueError
        If the name is unknown, or its number is missing, not finite, or not expected.

    Examples
    --------
    >>> parse_named("rms:0.1", {"none": None, "peak": 1.0, "rms": float("nan")})
    ('rms', 0.1)
    >>> parse_named("peak:-20dB", {"peak": 1.0}, decibels=True)
    ('peak', 0.1)
    """
    if not isinstance(text, str):
        raise ValueError(f"{text!r} is none of {', '.join(names)}")
    name, colon, number = text.partition(":")
    if name not in names:
        raise ValueError(f"{text!r} is none of {', '.join(names)}")
    default = names[name]
    if not colon:
        if default is not None and math.isnan(default):
            raise ValueError(f"{name} needs a number: {name}:NUMBER")
        return name, default
    if default is None:
        raise ValueError(f"{name} takes no number, but {number!r} was given")
    in_db = decibels and number.lower().endswith("db")
    try:
        value = float(number[:-2]) if in_db else float(number)
        if in_db:
            value = 10.0 ** (value / 20.0)
    except (ValueError, OverflowError):
        raise ValueError(f"{number!r} in {text!r} is no number") from None
    if not math.isfinite(value):
        raise ValueError(f"{number!r} in {text!r} is not finite")
    return name, value
