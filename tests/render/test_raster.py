"""A picture lies as its layout's name says."""

import io
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strict_png import Bytes, decode

from wav2spec.render.orientation import image_size
from wav2spec.render.raster import write_png
from wav2spec.settings.choices import Layout
from wav2spec.settings.pictures import Raster

LAYOUTS: tuple[Layout, ...] = get_args(Layout)

# Two frames of three bands: tens count frames from 1, ones count bands from the lowest; channel 2 is 100 higher.
ONE = np.array([[[10, 11, 12], [20, 21, 22]]], np.uint8)
TWO = np.concatenate([ONE, ONE + np.uint8(100)])

PICTURES: dict[tuple[Layout, int], list[list[int]]] = {
    ("down-left", 1): [
        [12, 11, 10],
        [22, 21, 20],
    ],
    ("down-right", 1): [
        [10, 11, 12],
        [20, 21, 22],
    ],
    ("right-up", 1): [
        [12, 22],
        [11, 21],
        [10, 20],
    ],
    ("down-left", 2): [
        [12, 11, 10, 112, 111, 110],
        [22, 21, 20, 122, 121, 120],
    ],
    ("down-right", 2): [
        [10, 11, 12, 110, 111, 112],
        [20, 21, 22, 120, 121, 122],
    ],
    ("right-up", 2): [
        [12, 22],
        [11, 21],
        [10, 20],
        [112, 122],
        [111, 121],
        [110, 120],
    ],
}


def drawn(blocks: list[Bytes], shape: tuple[int, int, int], layout: Layout) -> Bytes:
    file = io.BytesIO()
    size = write_png(file, blocks, shape, Raster(layout))
    picture = decode(file.getvalue())
    assert size == picture.shape[::-1]
    return picture


@pytest.mark.parametrize(("layout", "n_channels"), PICTURES)
def test_time_and_frequency_run_as_the_layout_says_and_channel_1_is_leftmost_or_topmost(
    layout: Layout, n_channels: int
) -> None:
    pixels = {1: ONE, 2: TWO}[n_channels]
    expected = PICTURES[layout, n_channels]
    assert drawn([pixels], (n_channels, 2, 3), layout).tolist() == expected
    assert image_size((n_channels, 2, 3), layout) == (len(expected[0]), len(expected))


def test_each_layout_is_pictured_here_with_one_and_with_two_channels() -> None:
    assert sorted(PICTURES) == sorted((layout, n) for layout in LAYOUTS for n in (1, 2))


@given(
    shape=st.tuples(st.integers(1, 3), st.integers(1, 40), st.integers(1, 20)),
    layout=st.sampled_from(LAYOUTS),
    data=st.data(),
)
def test_blocks_of_any_size_give_the_same_bytes(
    shape: tuple[int, int, int], layout: Layout, data: st.DataObject
) -> None:
    pixels = np.random.default_rng(5).integers(0, 256, shape, dtype=np.uint8)
    cuts = sorted(data.draw(st.lists(st.integers(0, shape[1]), max_size=5)))
    whole, pieces = io.BytesIO(), io.BytesIO()
    write_png(whole, [pixels], shape, Raster(layout))
    write_png(pieces, np.split(pixels, cuts, axis=1), shape, Raster(layout))
    assert pieces.getvalue() == whole.getvalue()


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("n_channels", [1, 2])
def test_with_fewer_frames_than_expected_the_picture_is_shorter(layout: Layout, n_channels: int) -> None:
    pixels = np.random.default_rng(5).integers(0, 256, (n_channels, 20, 9), dtype=np.uint8)
    expected = drawn([pixels[:, :13]], (n_channels, 13, 9), layout)
    assert drawn([pixels[:, :6], pixels[:, 6:13]], (n_channels, 20, 9), layout).tolist() == expected.tolist()
