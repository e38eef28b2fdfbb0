"""Ticks of axes: their values and labels."""

import math
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import NamedTuple

# Steps of time in s: decimal up to a minute, then the divisions of a clock.
_TIME_STEPS = [m * 10.0**e for e in range(-6, 1) for m in (1, 2, 5)] + [
    *(10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0),
    *(3600.0 * hours for hours in (1, 2, 3, 6, 12, 24, 48, 120, 240, 480, 1200, 2400, 4800)),
]

# From here on, times are written as on a clock (s).
_MINUTES_FROM = 120.0
_HOURS_FROM = 7200.0

# Below this end of the axis, times are in ms (s).
_MILLISECONDS_BELOW = 0.1

# The divisions of a decade: 1, then 2 and 5; the others only for axes that would have fewer than `_FEWEST` labels.
_DECADES = ((1,), (2, 5), (3, 4, 6, 8), (1.5, 2.5, 7, 9))

# Axes have at least and at most so many labels, as far as there is room and there are round values.
_FEWEST, _MOST = 3, 12

_KILOHERTZ_FROM = 2000.0


class Ticks(NamedTuple):
    """Values, their labels, and the title of the axis."""

    values: list[float]
    labels: list[str]
    title: str


def time_ticks(low: float, high: float, room: float) -> Ticks:
    """Choose times from `low` to `high`, in s.

    Parameters
    ----------
    low, high : float
    room : float
        The number of characters that fit along the axis.

    Examples
    --------
    >>> time_ticks(0, 600, 50).labels
    ['0:00', '2:00', '4:00', '6:00', '8:00', '10:00']
    >>> time_ticks(10680.0, 10680.5, 60).labels
    ['2:58:00.0', '2:58:00.1', '2:58:00.2', '2:58:00.3', '2:58:00.4', '2:58:00.5']
    """
    # Finer steps give too many: they are not even formatted.
    steps = [step for step in _TIME_STEPS if (high - low) / step <= _MOST + 1]
    ticks = _finest((_times(low, high, step) for step in steps), high - low, room)
    return ticks or _times(low, high, (high - low) / 2)


def _times(low: float, high: float, step: float) -> Ticks:
    values = _multiples(low, high, step)
    if high > _HOURS_FROM:
        return Ticks(values, [_clock(value, step, hours=True) for value in values], "Time (h:min:s)")
    if high > _MINUTES_FROM:
        return Ticks(values, [_clock(value, step, hours=False) for value in values], "Time (min:s)")
    if high < _MILLISECONDS_BELOW:
        return Ticks(values, [_decimal(value * 1000, step * 1000) for value in values], "Time (ms)")
    return Ticks(values, [_decimal(value, step) for value in values], "Time (s)")


def _finest(candidates: Iterable[Ticks], length: float, room: float) -> Ticks | None:
    """Return the first candidate, from the finest step on, whose labels neither touch nor are too many."""
    last = None
    for ticks in candidates:
        last = ticks if len(ticks.values) >= 2 else last
        if len(ticks.values) > _MOST + 1:
            continue
        if len(ticks.values) < 2:
            # A coarser step has no second label: rather two that are close than one.
            return last if last and len(last.values) <= _FEWEST else None
        gap = room * (ticks.values[1] - ticks.values[0]) / length
        if gap >= max(map(len, ticks.labels)) + 1.5:
            return ticks
    return last


def linear_frequency_ticks(low: float, high: float, most: int) -> Ticks:
    """Choose frequencies in equal steps, in Hz or kHz, at most about `most` of them.

    >>> linear_frequency_ticks(0, 8000, 5).labels
    ['0', '2', '4', '6', '8']
    """
    unit, title = (1000.0, "Frequency (kHz)") if high >= _KILOHERTZ_FROM else (1.0, "Frequency (Hz)")
    values = _linear(low, high, most)
    step = values[1] - values[0] if len(values) > 1 else high - low
    return Ticks(values, [_decimal(value / unit, step / unit) for value in values], title)


def spread_frequency_ticks(low: float, high: float, place: Callable[[float], float], gap: float) -> Ticks:
    """Choose round frequencies on a log or mel scale: 1, 2 and 5 of each decade as far as they fit.

    Parameters
    ----------
    low, high : float
        In Hz.
    place : callable
        The position of a frequency on the axis, 0 to 1.
    gap : float
        The least distance between two labels, as a share of the axis.
    """
    chosen = [0.0] if low == 0 else []
    for parts in _DECADES:
        for value in (part * 10.0**exponent for exponent in range(6, -1, -1) for part in reversed(parts)):
            inside = low * (1 - 1e-9) <= value <= high * (1 + 1e-9)
            if inside and len(chosen) < _MOST and all(abs(place(value) - place(other)) >= gap for other in chosen):
                chosen.append(value)
        if len(chosen) >= _FEWEST and parts == _DECADES[1]:
            break
    # On so short a part of the scale that it holds hardly a round value, equal steps do.
    for most in range(min(_MOST, int(1 / gap)), 1, -1) if len(chosen) < _FEWEST else ():
        ticks = linear_frequency_ticks(low, high, most)
        places = [place(value) for value in ticks.values]
        if len(places) > len(chosen) and all(after - before >= gap for before, after in pairwise(places)):
            return ticks
    chosen.sort()
    return Ticks(chosen, [_hertz(value) for value in chosen], "Frequency (Hz)")


def level_ticks(low: float, high: float, most: int) -> list[float]:
    """Choose levels in equal steps, at most about `most` of them."""
    return _linear(low, high, most)


def _linear(low: float, high: float, most: int) -> list[float]:
    """Choose multiples of a round step: at most about `most`, but two where a finer step has them."""
    step = _nice_step((high - low) / max(min(most, _MOST), 1))
    values = _multiples(low, high, step)
    while len(values) < 2 <= most:
        step = _nice_step(step / 2.6)
        values = _multiples(low, high, step)
    return values


def _nice_step(least: float) -> float:
    if least <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(least))
    return next(part * power for part in (1, 2, 5, 10) if part * power >= least * (1 - 1e-9))


def _multiples(low: float, high: float, step: float) -> list[float]:
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    if last - first > 1000:
        # Far too fine: only the number matters.
        last = first + 1000
    return [index * step for index in range(first, last + 1)]


def _digits(step: float) -> int:
    return max(0, -math.floor(math.log10(step) + 1e-9))


def _decimal(value: float, step: float) -> str:
    return f"{value:.{_digits(step)}f}".replace("-", "\N{MINUS SIGN}")


def _clock(value: float, step: float, *, hours: bool) -> str:
    digits = _digits(step)
    minutes, seconds = divmod(round(value * 10**digits), 60 * 10**digits)
    text = f"{seconds / 10**digits:0{3 + digits if digits else 2}.{digits}f}"
    return f"{minutes // 60}:{minutes % 60:02}:{text}" if hours else f"{minutes}:{text}"


def span_text(start_s: float, end_s: float) -> str:
    """Return from when to when something lasts, to the ms.

    >>> span_text(0.5, 1), span_text(62.5, 180), span_text(10680, 10681.25)
    ('0.5 to 1 s', '1:02.5 to 3:00', '2:58:00 to 2:58:01.25')
    """
    if end_s <= _MINUTES_FROM:
        return f"{round(start_s, 3):g} to {round(end_s, 3):g} s"
    texts = (_clock(time, 0.001, hours=end_s > _HOURS_FROM) for time in (start_s, end_s))
    return " to ".join(text.rstrip("0").rstrip(".") for text in texts)


def _hertz(value: float) -> str:
    return f"{value / 1000:g}k" if value >= 1000 else f"{value:g}"
