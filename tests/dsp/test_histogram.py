"""Distributions of levels add up in any order, and say what NumPy and fractions say."""

from fractions import Fraction
from math import ceil
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wav2spec.dsp.histogram import LevelHistogram


def as_distribution(steps: list[int], n_silent: int) -> LevelHistogram:
    if not steps:
        return LevelHistogram(n_silent=n_silent)
    first = min(steps)
    return LevelHistogram(first, np.bincount(np.array(steps) - first), n_silent, max(steps) / 100)


def parts(levels: LevelHistogram) -> tuple[Any, ...]:
    return levels.first, levels.counts.tolist(), levels.n_silent, levels.peak


steps = st.lists(st.integers(-3000, 3000), max_size=40)
spread = st.builds(as_distribution, steps, st.integers(0, 10**12))


@given(spread, spread, spread)
def test_distributions_add_up_in_any_order(one: LevelHistogram, two: LevelHistogram, three: LevelHistogram) -> None:
    assert parts(one + two) == parts(two + one)
    assert parts((one + two) + three) == parts(one + (two + three))
    assert parts(one + LevelHistogram()) == parts(LevelHistogram() + one) == parts(one)


@given(steps, steps)
def test_a_sum_is_the_distribution_of_all(one: list[int], two: list[int]) -> None:
    assert parts(as_distribution(one, 3) + as_distribution(two, 4)) == parts(as_distribution(one + two, 7))


@given(steps=steps.filter(bool), percent=st.sampled_from([0.1, 1, 5, 7, 25, 28, 50, 55, 75, 95, 99, 99.9, 100]))
def test_a_percentile_is_the_least_level_that_so_many_do_not_exceed(steps: list[int], percent: float) -> None:
    rank = max(1, ceil(Fraction(str(percent)) * len(steps) / 100))
    assert as_distribution(steps, 5).percentile(percent) == sorted(steps)[rank - 1] / 100


def test_a_percentile_of_a_thousand_values_is_exact() -> None:
    assert as_distribution(list(range(1000)), 0).percentile(99.9) == 9.98


@given(steps.filter(bool))
def test_mean_and_deviation_are_numpys(steps: list[int]) -> None:
    mean, deviation = as_distribution(steps, 5).mean_and_deviation()
    assert mean == pytest.approx(np.mean(steps) / 100, abs=1e-9)
    assert deviation == pytest.approx(np.std(steps) / 100, abs=1e-6)
