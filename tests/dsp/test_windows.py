"""The Hann window is the textbook's, and the periodic one."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wav2spec.dsp.windows import get_window
from wav2spec.settings.analysis import Analysis

SIZES = st.integers(2, 5000)


def hann(size: int) -> npt.NDArray[np.float64]:
    return get_window(Analysis(window_size=size))


@given(size=SIZES)
def test_hann_is_a_squared_sine_of_one_period(size: int) -> None:
    expected = np.sin(np.pi * np.arange(size) / size) ** 2
    np.testing.assert_allclose(hann(size), expected, rtol=0, atol=1e-14)


@given(size=SIZES)
def test_hann_is_float64_from_zero_to_one_and_symmetric_about_its_middle(size: int) -> None:
    window = hann(size)
    assert window.dtype == np.float64
    assert window.shape == (size,)
    assert window[0] == 0.0
    assert window.max() <= 1.0
    np.testing.assert_allclose(window[1:], window[:0:-1], rtol=0, atol=1e-14)


@given(half=st.integers(1, 2500))
def test_hann_is_one_in_the_middle_and_with_itself_half_a_window_on_sums_to_one(half: int) -> None:
    window = hann(2 * half)
    assert window[half] == 1.0
    np.testing.assert_allclose(window[:half] + window[half:], 1.0, rtol=0, atol=1e-14)


@given(size=st.integers(3, 2000))
def test_spectrum_of_hann_is_half_in_the_middle_and_a_quarter_beside(size: int) -> None:
    spectrum = np.fft.fft(hann(size)) / size
    expected = np.zeros(size)
    expected[0] = 0.5
    expected[[1, -1]] = -0.25
    np.testing.assert_allclose(spectrum, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("size", "values"), [(2, [0, 1]), (3, [0, 0.75, 0.75]), (4, [0, 0.5, 1, 0.5])])
def test_smallest_windows_by_hand(size: int, values: list[float]) -> None:
    np.testing.assert_allclose(hann(size), values, rtol=0, atol=1e-15)
