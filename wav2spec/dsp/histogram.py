"""How the levels of many spectrograms are spread, in a form whose sums do not depend on their order."""

from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, inf, sqrt
from typing import Any

import numpy as np
import numpy.typing as npt

from wav2spec.dsp.spectrogram import SpectrogramStream
from wav2spec.errors import SettingError

# Levels are counted in steps of a hundredth of a dB; whole numbers add up to the same in any order.
STEPS_PER_DB = 100


Counts = npt.NDArray[np.int64]


def _no_counts() -> Counts:
    return np.zeros(0, np.int64)


@dataclass(frozen=True)
class LevelHistogram:
    """How often each level is met.

    Attributes
    ----------
    first : int
        The level of the first count, in steps.
    counts : ndarray, shape (n_levels,)
        Of levels from there on, each a step higher.
    n_silent : int
        Values without any power, which have no level.
    peak : float
        The highest level in dB, exactly.
    """

    first: int = 0
    counts: Counts = field(default_factory=_no_counts)
    n_silent: int = 0
    peak: float = -inf

    def __add__(self, other: "LevelHistogram") -> "LevelHistogram":
        n_silent, peak = self.n_silent + other.n_silent, max(self.peak, other.peak)
        met = [part for part in (self, other) if len(part.counts)]
        if not met:
            return LevelHistogram(n_silent=n_silent)
        first = min(part.first for part in met)
        counts = np.zeros(max(part.first + len(part.counts) for part in met) - first, np.int64)
        for part in met:
            counts[part.first - first : part.first - first + len(part.counts)] += part.counts
        return LevelHistogram(first, counts, n_silent, peak)

    @property
    def n_values(self) -> int:
        """How many values have a level."""
        return int(self.counts.sum())

    def percentile(self, percent: float) -> float:
        """Return the least level in dB that is not exceeded by so many percent of the values; the peak for 100."""
        if percent >= 100:
            return self.peak
        reached = np.cumsum(self.counts)
        wanted = max(1, ceil(Fraction(str(percent)) / 100 * self.n_values))
        return (self.first + int(np.searchsorted(reached, wanted))) / STEPS_PER_DB

    def mean_and_deviation(self) -> tuple[float, float]:
        """Return mean and standard deviation in dB, to half a step."""
        # In Python's whole numbers, which do not overflow and round nothing.
        n, met = self.n_values, np.flatnonzero(self.counts)
        total = squares = 0
        for step, count in zip((met + self.first).tolist(), self.counts[met].tolist(), strict=True):
            total += step * count
            squares += step * step * count
        return total / n / STEPS_PER_DB, sqrt(n * squares - total * total) / n / STEPS_PER_DB


def distribution(stream: SpectrogramStream) -> LevelHistogram:
    """Return how the levels of a spectrogram are spread, re what reads 0 dB in its settings.

    Raises
    ------
    SettingError
        If that is the peak of each, to which levels of many cannot refer.
    """
    reference = stream.reference()
    if reference is None:
        raise SettingError("db_ref", "levels of many recordings do not refer to the peak of each")
    least = max(stream.settings.levels.amin, float(np.finfo(np.float64).tiny))
    levels = LevelHistogram()
    for power in stream.drawn_rows():
        exact = power.astype(np.float64)
        # As levels are drawn: a band whose reference is no more than the least power has none.
        heard = (exact > 0) & np.isfinite(exact) & (np.asarray(reference) > least)
        if not heard.any():
            levels += LevelHistogram(n_silent=power.size)
            continue
        references = np.broadcast_to(reference, exact.shape)[heard]
        db = 10.0 * np.log10(np.maximum(exact[heard], least)) - 10.0 * np.log10(references)
        steps = np.rint(db * STEPS_PER_DB).astype(np.int64)
        first = int(steps.min())
        levels += LevelHistogram(first, np.bincount(steps - first), power.size - len(db), float(db.max()))
    return levels


def statistics(levels: LevelHistogram, percentiles: tuple[float, ...]) -> dict[str, Any]:
    """Return what is worth knowing of a distribution; all in dB rounded to a step."""
    mean, deviation = levels.mean_and_deviation()
    return {
        "n_values": levels.n_values,
        "n_silent": levels.n_silent,
        "peak_db": _rounded(levels.peak),
        "mean_db": _rounded(mean),
        "std_db": _rounded(deviation),
        "percentiles_db": {f"{percent:g}": _rounded(levels.percentile(percent)) for percent in percentiles},
    }


def percentile_scale(levels: LevelHistogram, low: float, high: float) -> dict[str, float]:
    """Return the `db_max` and `db_range` of pictures from one percentile to another."""
    # Rounded up, so that the peak itself is not cut off.
    white = ceil(levels.peak * STEPS_PER_DB) / STEPS_PER_DB if high >= 100 else levels.percentile(high)
    return {"db_max": white, "db_range": max(1 / STEPS_PER_DB, _rounded(white - levels.percentile(low)))}


def _rounded(db: float) -> float:
    return round(db * STEPS_PER_DB) / STEPS_PER_DB
