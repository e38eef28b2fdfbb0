"""Sizes mean exactly what is written."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wav2spec.settings.quantities import Unit, in_samples, parse_size


@pytest.mark.parametrize(
    ("size", "amount", "unit"),
    [
        (256, Fraction(256), "samples"),
        ("256", Fraction(256), "samples"),
        ("25ms", Fraction(25, 1000), "s"),
        ("0.5ms", Fraction(1, 2000), "s"),
        (".5s", Fraction(1, 2), "s"),
        ("0.1s", Fraction(1, 10), "s"),
        ("2s", Fraction(2), "s"),
        ("50%", Fraction(1, 2), "window"),
        ("12.5%", Fraction(1, 8), "window"),
        ("150%", Fraction(3, 2), "window"),
        ("1/3", Fraction(1, 3), "window"),
        ("3/4", Fraction(3, 4), "window"),
    ],
)
def test_samples_time_and_shares_are_read_exactly(size: int | str, amount: Fraction, unit: Unit) -> None:
    assert parse_size(size) == (amount, unit)


@pytest.mark.parametrize(
    "size",
    [
        *("", " ", "256 ", "25 ms", "256\n", "-1", -1, "+1", "1e3", "0x10", "1_000", "1" * 19, "٣", "nan", "inf"),
        *("abc", "25m", "25msms", "ms", "1.", ".", "1,5ms", "%", "1/", "/3", "1///3", "1/-3", "1/3s"),
    ],
)
def test_what_is_no_size_is_refused_and_named(size: int | str) -> None:
    with pytest.raises(ValueError, match="neither samples") as caught:
        parse_size(size)
    assert repr(size) in str(caught.value)


def test_a_share_of_zero_parts_is_refused() -> None:
    with pytest.raises(ValueError, match="divides by zero"):
        parse_size("1/0")


def test_a_part_of_a_sample_is_refused_with_the_unit_that_may_be_missing() -> None:
    with pytest.raises(ValueError, match=r"'2\.5' is not a whole number of samples.* 2\.5ms"):
        parse_size("2.5")


def test_35_ms_at_48_khz_are_1680_samples_where_floats_say_1681() -> None:
    assert math.ceil(0.035 * 48000) == 1681
    assert in_samples("35ms", 48000) == 1680


@given(milliseconds=st.integers(1, 10_000), sample_rate=st.integers(1, 400_000))
def test_time_is_rounded_up_to_samples_in_whole_numbers(milliseconds: int, sample_rate: int) -> None:
    expected = -(-milliseconds * sample_rate // 1000)
    assert in_samples(f"{milliseconds}ms", sample_rate) == expected
    assert in_samples(f"{milliseconds / 1000:.3f}s", sample_rate) == expected


@given(
    above=st.integers(0, 1000),
    below=st.integers(1, 1000),
    window_size=st.integers(2, 100_000),
    sample_rate=st.integers(1, 400_000),
)
def test_a_share_is_of_the_window_at_any_rate(above: int, below: int, window_size: int, sample_rate: int) -> None:
    assert in_samples(f"{above}/{below}", sample_rate, window_size) == -(-above * window_size // below)
    assert in_samples(f"{above}%", sample_rate, window_size) == -(-above * window_size // 100)


@given(size=st.integers(0, 10**18 - 1), sample_rate=st.integers(1, 400_000))
def test_samples_stay_samples_at_any_sample_rate(size: int, sample_rate: int) -> None:
    assert in_samples(size, sample_rate) == size == in_samples(str(size), sample_rate, 512)


@pytest.mark.parametrize(("window_size", "stride"), [(400, 100), (401, 100), (402, 100), (403, 100), (404, 101)])
def test_a_doubly_divided_share_is_rounded_down_as_python_and_librosa_do(window_size: int, stride: int) -> None:
    assert in_samples("1//4", 16000, window_size) == stride == window_size // 4
