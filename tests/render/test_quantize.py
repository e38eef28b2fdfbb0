"""A pixel is the value times the brightness, rounded down, 255 at most."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from wav2spec.render.quantize import quantize
from wav2spec.settings.levels import Levels

VALUES = st_numpy.arrays(np.float32, st.integers(0, 40), elements=st.floats(0, float(np.float32(3e38)), width=32))
BRIGHTNESS = st.floats(1e-30, 1e30)


@given(values=VALUES, brightness=BRIGHTNESS)
def test_pixels_are_products_in_float32_rounded_down_and_clipped(
    values: npt.NDArray[np.float32], brightness: float
) -> None:
    # A product of two float32 is exact in float64; rounding it once gives float32's own product.
    products = [float(value) * float(np.float32(brightness)) for value in values]
    expected = [255 if product >= 255 else int(np.float32(product)) for product in products]
    pixels = quantize(values, Levels(brightness=brightness))
    assert pixels.dtype == np.uint8
    assert pixels.tolist() == expected


@given(values=VALUES, brightness=BRIGHTNESS)
def test_a_larger_value_is_never_darker(values: npt.NDArray[np.float32], brightness: float) -> None:
    pixels = quantize(np.sort(values), Levels(brightness=brightness))
    assert np.all(np.diff(pixels.astype(int)) >= 0)


def test_values_are_rounded_down_and_not_to_the_nearest() -> None:
    values = np.array([0.0, 0.999, 1.0, 1.5, 1.999, 254.999, 255.0, 255.5, 256.0, 1000.0], np.float32)
    assert quantize(values, Levels(brightness=1.0)).tolist() == [0, 0, 1, 1, 1, 254, 255, 255, 255, 255]


def test_the_product_is_formed_in_float32() -> None:
    value = np.float32(0.7)
    # It is a little less than 0.7. In float64 ten times that stays below 7, in float32 it is rounded to 7.
    assert int(float(value) * 10) == 6
    assert quantize(np.array([value]), Levels(brightness=10.0)).tolist() == [7]


def test_infinite_values_are_white() -> None:
    assert quantize(np.array([np.inf], np.float32), Levels(brightness=64.0)).tolist() == [255]


@pytest.mark.parametrize("brightness", [1e-300, 1e-40, 1e-30, 1e30, 1e39, 1e300])
def test_silence_is_black_and_the_infinite_white_at_any_brightness(brightness: float) -> None:
    values = np.array([0.0, np.inf], np.float32)
    assert quantize(values, Levels(brightness=brightness)).tolist() == [0, 255]


def test_shape_is_kept_and_values_are_not_touched() -> None:
    values = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    pixels = quantize(values, Levels(brightness=10.0))
    np.testing.assert_array_equal(pixels, np.minimum(np.arange(24).reshape(2, 3, 4) * 10, 255))
    np.testing.assert_array_equal(values, np.arange(24).reshape(2, 3, 4))
