"""What the streaming writer writes, NumPy loads as the array it was made from."""

import io

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wav2spec.arrays import Magnitudes
from wav2spec.formats.npy import NpyWriter


def values(n_channels: int, n_frames: int, n_bands: int) -> Magnitudes:
    return np.random.default_rng(3).random((n_channels, n_frames, n_bands), np.float32)


def written(
    array: npt.NDArray[np.float32], *, keep_channels: bool, n_promised: int = 0, cuts: list[int] | None = None
) -> bytes:
    """Write the array in pieces to a file that was to get `n_promised` frames, at least those that come."""
    n_channels, n_frames, n_bands = array.shape
    file = io.BytesIO()
    writer = NpyWriter(file, (n_channels, max(n_promised, n_frames), n_bands), keep_channels=keep_channels)
    for piece in np.split(array, cuts or [], axis=1):
        writer.write(piece)
    assert writer.close() == (array.shape if keep_channels else array.shape[1:])
    return file.getvalue()


def loaded(data: bytes) -> Magnitudes:
    """Load with NumPy, and see that nothing lies behind the array."""
    array: Magnitudes = np.load(io.BytesIO(data), allow_pickle=False)
    assert array.dtype == np.dtype("<f4")
    assert len(data) == 128 + array.nbytes
    return array


@given(
    shape=st.tuples(st.integers(1, 4), st.integers(1, 60), st.integers(1, 40)),
    n_missing=st.integers(0, 100),
    data=st.data(),
)
def test_channels_in_any_pieces_and_fewer_frames_than_promised_load_as_they_were(
    shape: tuple[int, int, int], n_missing: int, data: st.DataObject
) -> None:
    array = values(*shape)
    cuts = sorted(data.draw(st.lists(st.integers(0, shape[1]), max_size=5)))
    file = written(array, keep_channels=True, n_promised=shape[1] + n_missing, cuts=cuts)
    np.testing.assert_array_equal(loaded(file), array)
    assert file == written(array, keep_channels=True)


@pytest.mark.parametrize("n_promised", [0, 51, 500])
def test_one_channel_has_no_axis_of_channels_unless_it_is_kept(n_promised: int) -> None:
    array = values(1, 50, 9)
    flat = loaded(written(array, keep_channels=False, n_promised=n_promised))
    np.testing.assert_array_equal(flat, array[0])
    kept = loaded(written(array, keep_channels=True, n_promised=n_promised))
    np.testing.assert_array_equal(kept, array)


@pytest.mark.parametrize("n_missing", [1, 5000, 100_000])
def test_channels_of_megabytes_move_together(n_missing: int) -> None:
    array = values(3, 5000, 129)
    file = written(array, keep_channels=True, n_promised=5000 + n_missing, cuts=[1234])
    np.testing.assert_array_equal(loaded(file), array)


@given(shape=st.tuples(st.integers(1, 3), st.integers(1, 30), st.integers(1, 12)), n_missing=st.integers(0, 20))
def test_transposed_channels_load_bands_first(shape: tuple[int, int, int], n_missing: int) -> None:
    array = values(*shape)
    file = io.BytesIO()
    n_channels, n_frames, n_bands = shape
    writer = NpyWriter(file, (n_channels, n_frames + n_missing, n_bands), keep_channels=True, transposed=True)
    for piece in np.split(array, [n_frames // 3], axis=1):
        writer.write(piece)
    assert writer.close() == (n_channels, n_bands, n_frames)
    np.testing.assert_array_equal(loaded(file.getvalue()), array.transpose(0, 2, 1))


def test_values_may_be_views_of_other_arrays() -> None:
    array = values(2, 30, 20)
    views = array.transpose(0, 2, 1)[:, ::2, ::-1]
    np.testing.assert_array_equal(loaded(written(views, keep_channels=True)), views)


def test_data_begins_at_a_multiple_of_64_and_the_header_ends_with_a_line() -> None:
    # NEP 1 asks for both, so that the values can be mapped into memory.
    file = written(values(2, 3, 4), keep_channels=True)
    size = int.from_bytes(file[8:10], "little")
    assert file[:8] == b"\x93NUMPY\x01\x00"
    assert (10 + size) % 64 == 0
    assert file[10 + size - 1 : 10 + size] == b"\n"


def test_a_header_holds_the_largest_shape() -> None:
    # Nothing is written: a file of this length is promised only.
    file = io.BytesIO()
    NpyWriter(file, (65535, 2**62, 2**62), keep_channels=True)
    assert len(file.getvalue()) == 128
    assert f"(65535, {2**62}, {2**62})".encode() in file.getvalue()
