"""Times and named numbers mean exactly what is written."""

import math
import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wav2spec.settings.quantities import parse_named, parse_time

NAMES = {"none": None, "peak": 1.0, "rms": math.nan}


@pytest.mark.parametrize(
    ("time", "seconds"),
    [
        (0, Fraction(0)),
        (2, Fraction(2)),
        (2.5, Fraction(5, 2)),
        (0.1, Fraction(1, 10)),
        ("2.5", Fraction(5, 2)),
        (".5", Fraction(1, 2)),
        ("2.5s", Fraction(5, 2)),
        ("150ms", Fraction(3, 20)),
        ("0.5ms", Fraction(1, 2000)),
        ("1:02.5", Fraction(125, 2)),
        ("1:2.5", Fraction(125, 2)),
        ("0:00", Fraction(0)),
        ("90:00", Fraction(5400)),
        ("1:90", Fraction(150)),
        ("1:02:03", Fraction(3723)),
        ("1:02:03.25", Fraction(14893, 4)),
        ("100000:00", Fraction(6_000_000)),
    ],
)
def test_seconds_minutes_and_hours_are_read_exactly(time: float | str, seconds: Fraction) -> None:
    assert parse_time(time) == seconds


@pytest.mark.parametrize(
    "time",
    [
        *("", " ", "1 ", " 1", "1\n", "-1", -1, -0.5, "+1", "1e3", "0x10", "1_0", "1" * 19, "٣", "nan", "inf"),
        *(math.nan, math.inf, "abc", "1m", "1h", "ms", "s", "1.", ".", "1,5", "50%", "1/3", None),
        *(":", ":1", "1:", "1::2", "1:2:3:4", "1.5:00", "1:-2", "1:02ms", "1:02s", "1:02:03s"),
    ],
)
def test_what_is_no_time_is_refused_and_named(time: float | str) -> None:
    with pytest.raises(ValueError, match="no time") as caught:
        parse_time(time)
    assert repr(time) in str(caught.value)


@given(milliseconds=st.integers(0, 10**8))
def test_one_time_can_be_written_in_five_ways(milliseconds: int) -> None:
    seconds, rest = divmod(milliseconds, 1000)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    expected = Fraction(milliseconds, 1000)
    assert parse_time(f"{milliseconds}ms") == expected
    assert parse_time(f"{seconds}.{rest:03}") == expected
    assert parse_time(f"{seconds}.{rest:03}s") == expected
    assert parse_time(f"{minutes}:{second:02}.{rest:03}") == expected
    assert parse_time(f"{hours}:{minute:02}:{second:02}.{rest:03}") == expected


@given(seconds=st.integers(0, 10**9).map(lambda n: n / 1024))
def test_a_float_is_read_as_python_writes_it(seconds: float) -> None:
    assert parse_time(seconds) == Fraction(str(seconds))


@pytest.mark.parametrize("exponent", range(-8, 16))
def test_a_float_is_read_however_python_writes_it(exponent: int) -> None:
    assert parse_time(float(f"1e{exponent}")) == Fraction(10) ** exponent


@pytest.mark.parametrize(
    ("text", "name", "number"),
    [
        ("none", "none", None),
        ("peak", "peak", 1.0),
        ("peak:0.5", "peak", 0.5),
        ("peak:-1", "peak", -1.0),
        ("rms:1e-3", "rms", 0.001),
        ("rms:.1", "rms", 0.1),
        ("rms:14", "rms", 14.0),
    ],
)
def test_a_name_has_the_number_given_or_its_own(text: str, name: str, number: float | None) -> None:
    assert parse_named(text, NAMES) == (name, number)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "'' is none of none, peak, rms"),
        ("max", "'max' is none of none, peak, rms"),
        ("Peak", "'Peak' is none of none, peak, rms"),
        ("peak ", "'peak ' is none of"),
        (":1", "':1' is none of"),
        ("max:1", "'max:1' is none of"),
        ("rms", "rms needs a number: rms:NUMBER"),
        ("none:1", "none takes no number, but '1' was given"),
        ("none:", "none takes no number"),
        ("peak:", "'' in 'peak:' is no number"),
        ("peak:loud", "'loud' in 'peak:loud' is no number"),
        ("peak:1:2", "'1:2' in 'peak:1:2' is no number"),
        ("rms:nan", "'nan' in 'rms:nan' is not finite"),
        ("rms:inf", "'inf' in 'rms:inf' is not finite"),
        ("rms:1e999", "'1e999' in 'rms:1e999' is not finite"),
    ],
)
def test_what_is_no_name_with_its_number_is_refused_with_what_was_met(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        parse_named(text, NAMES)


@pytest.mark.parametrize("value", [5, 0.5, True, None])
def test_a_number_in_place_of_a_name_is_a_value_error(value: object) -> None:
    with pytest.raises(ValueError, match=f"{value!r} is none of"):
        parse_named(value, NAMES)  # type: ignore[arg-type]


@given(number=st.floats(allow_nan=False, allow_infinity=False))
def test_every_finite_number_comes_back_to_the_bit(number: float) -> None:
    assert parse_named(f"rms:{number!r}", NAMES) == ("rms", number)
