"""Where the labels of axes stand, and what they say."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

# Steps of time in s: decimal up to a minute, then as clocks divide it.
_TIME_STEPS = [m * 10.0**e for e in range(-6, 1) for m in (1, 2, 5)] + [
    *(10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0),
    *(3600.0 * hours for hours in (1, 2, 3, 6, 12, 24, 48, 120, 240, 480, 1200, 2400, 4800)),
]


_MINUTES_FROM = 120.0


_HOURS_FROM = 7200.0


# What a decade is divided into: the roundest numbers first, the others if there are not yet enough.
_DECADES = ((1,), (2, 5), (3, 4, 6, 8), (1.5, 2.5, 7, 9))


_ENOUGH = 4


# With fewer labels than this, a part of the scale is so short that it might as well be linear.
_FEWEST = 2


_KILOHERTZ_FROM = 2000.0


@dataclass(frozen=True)
class Ticks:
    """Values, their labels, and the label of the axis."""

    values: list[float]
    labels: list[str]
    title: str


def time_ticks(low: float, high: float, most: int) -> Ticks:
    """Choose at most about `most` times from `low` to `high`, in s.

    >>> time_ticks(0, 600, 6).labels
    ['0:00', '2:00', '4:00', '6:00', '8:00', '10:00']
    """
    step = next((step for step in _TIME_STEPS if (high - low) / step <= most), (high - low) / most)
    values = _multiples(low, high, step)
    if high > _HOURS_FROM and step >= 1:
        return Ticks(values, [_clock(value, hours=True) for value in values], "Time (h:min:s)")
    if high > _MINUTES_FROM and step >= 1:
        return Ticks(values, [_clock(value, hours=False) for value in values], "Time (min:s)")
    if high < 0.1:
        return Ticks(values, [_decimal(value * 1000, step * 1000) for value in values], "Time (ms)")
    return Ticks(values, [_decimal(value, step) for value in values], "Time (s)")


def linear_frequency_ticks(low: float, high: float, most: int) -> Ticks:
    """Choose frequencies in equal steps, in Hz or kHz.

    >>> linear_frequency_ticks(0, 8000, 5).labels
    ['0', '2', '4', '6', '8']
    """
    unit, title = (1000.0, "Frequency (kHz)") if high >= _KILOHERTZ_FROM else (1.0, "Frequency (Hz)")
    step = _nice_step((high - low) / max(most, 1))
    values = _multiples(low, high, step)
    return Ticks(values, [_decimal(value / unit, step / unit) for value in values], title)


def spread_frequency_ticks(low: float, high: float, place: Callable[[float], float], gap: float) -> Ticks:
    """Choose round frequencies on a log or mel scale.

    Parameters
    ----------
    low, high : float
        In Hz.
    place : callable
        Where on the axis a frequency lies, 0 to 1.
    gap : float
        The least distance between two labels, as a share of the axis.
    """
    chosen = [0.0] if low == 0 else []
    for parts in _DECADES:
        for value in (part * 10.0**exponent for exponent in range(6, -1, -1) for part in reversed(parts)):
            inside = low * (1 - 1e-9) <= value <= high * (1 + 1e-9)
            if inside and all(abs(place(value) - place(other)) >= gap for other in chosen):
                chosen.append(value)
        if len(chosen) >= _ENOUGH:
            break
    for most in range(int(1 / gap), 1, -1) if len(chosen) < _FEWEST else ():
        ticks = linear_frequency_ticks(low, high, most)
        places = [place(value) for value in ticks.values]
        if all(after - before >= gap for before, after in pairwise(places)):
            return ticks
    chosen.sort()
    return Ticks(chosen, [_hertz(value) for value in chosen], "Frequency (Hz)")


def level_ticks(low: float, high: float, most: int) -> list[float]:
    """Choose levels in equal steps."""
    return _multiples(low, high, _nice_step((high - low) / max(most, 1)))


def _nice_step(least: float) -> float:
    if least <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(least))
    return next(part * power for part in (1, 2, 5, 10) if part * power >= least * (1 - 1e-9))


def _multiples(low: float, high: float, step: float) -> list[float]:
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [index * step for index in range(first, last + 1)]


def _decimal(value: float, step: float) -> str:
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    return f"{value:.{digits}f}"


def _clock(value: float, *, hours: bool) -> str:
    minutes, seconds = divmod(round(value), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _hertz(value: float) -> str:
    return f"{value / 1000:g}k" if value >= 1000 else f"{value:g}"
