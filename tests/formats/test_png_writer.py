"""Pictures are what any decoder reads, and the same bytes however their rows came."""

import io
import struct
import zlib
from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from recordings import SAMPLES
from strict_png import Bytes, NotStrictlyPngError, chunk_names, decode

from wav2spec.formats.png_writer import GREY, RGB, PixelFormat, PngWriter


def pixels(height: int, width: int, seed: int = 0) -> Bytes:
    """Make rows of which some can be compressed and some cannot."""
    generator = np.random.default_rng(seed)
    rows = generator.integers(0, 256, (height, width), dtype=np.uint8)
    rows[::2] = generator.integers(0, 256, (len(rows[::2]), 1), dtype=np.uint8)
    return rows


def written(pieces: Iterable[Bytes], width: int, format: PixelFormat = GREY) -> bytes:
    file = io.BytesIO()
    writer = PngWriter(file, width, format)
    for piece in pieces:
        writer.write_rows(piece)
    assert writer.close()[0] == width
    return file.getvalue()


def by_pillow(data: bytes) -> Bytes:
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        assert image.format == "PNG"
        assert image.mode == "L"
        return np.asarray(image)


@given(height=st.integers(1, 200), width=st.integers(1, 300), seed=st.integers(0, 99), data=st.data())
def test_rows_in_any_splits_give_the_same_bytes_and_read_back(
    height: int, width: int, seed: int, data: st.DataObject
) -> None:
    rows = pixels(height, width, seed)
    cuts = sorted(data.draw(st.lists(st.integers(0, height), max_size=6)))
    whole = written([rows], width)
    assert written(np.split(rows, cuts), width) == whole
    np.testing.assert_array_equal(decode(whole), rows)
    np.testing.assert_array_equal(by_pillow(whole), rows)


@pytest.mark.parametrize(
    ("height", "width"), [(1, 1), (3, 1), (200_000, 1), (1, 200_000), (2, 65_535), (3, 65_536), (512, 2048)]
)
def test_narrow_wide_and_large_pictures_read_back(height: int, width: int) -> None:
    rows = pixels(height, width)
    whole = written([rows], width)
    np.testing.assert_array_equal(decode(whole), rows)
    np.testing.assert_array_equal(by_pillow(whole), rows)
    assert written(np.split(rows, [height // 3, height // 2]), width) == whole


def test_what_does_not_compress_goes_into_many_idats() -> None:
    rows = np.random.default_rng(1).integers(0, 256, (1000, 1000), dtype=np.uint8)
    data = written(np.array_split(rows, 97), 1000)
    assert chunk_names(data).count(b"IDAT") > 4
    np.testing.assert_array_equal(decode(data), rows)
    np.testing.assert_array_equal(by_pillow(data), rows)


def test_a_megabyte_of_noise_grows_by_less_than_a_hundredth() -> None:
    rows = np.random.default_rng(1).integers(0, 256, (1000, 1000), dtype=np.uint8)
    assert len(written([rows], 1000)) < 1_010_000


def test_a_picture_of_one_grey_is_small() -> None:
    assert len(written([np.full((1000, 1000), 77, np.uint8)], 1000)) < 15_500


def test_the_same_rows_give_the_same_bytes_wherever_in_memory_they_are_packed() -> None:
    """As other levels of ISA-L do not."""
    with Image.open(SAMPLES / "figures" / "plot.png") as picture:
        rows = np.asarray(picture)[:150].reshape(150, -1)
    found, held = set(), []
    for _ in range(2000):
        held.append(bytearray(2**16))
        found.add(written([rows], rows.shape[1] // 3, RGB))
    assert len(found) == 1


@pytest.mark.parametrize("step", [-1, 2])
def test_rows_may_be_views_of_other_arrays(step: int) -> None:
    rows = pixels(50, 40)
    view = rows[:, ::step]
    assert written([view], view.shape[1]) == written([view.copy()], view.shape[1])
    np.testing.assert_array_equal(decode(written([rows.T], 50)), rows.T)


def test_the_height_is_the_number_of_rows_that_came() -> None:
    file = io.BytesIO()
    writer = PngWriter(file, 7)
    for height in (3, 0, 5):
        writer.write_rows(pixels(height, 7))
    assert writer.close() == (7, 8)
    assert decode(file.getvalue()).shape == (8, 7)


# The rest shows that the decoder these tests rely on reads what is right and refuses what is wrong.


@pytest.mark.parametrize("kind", range(5))
def test_strict_decoder_undoes_each_filter_as_pillow_does(kind: int) -> None:
    filtered = np.random.default_rng(kind).integers(0, 256, (9, 8), dtype=np.uint8)
    filtered[:, 0] = kind
    data = png(chunk(b"IHDR", header()), chunk(b"IDAT", zlib.compress(filtered.tobytes())), chunk(b"IEND"))
    np.testing.assert_array_equal(decode(data), by_pillow(data))


def test_strict_decoder_reads_what_pillow_writes() -> None:
    file = io.BytesIO()
    # A slope, so that filters are chosen.
    rows = (np.arange(40)[:, np.newaxis] * 3 + np.arange(60) * 2).astype(np.uint8)
    Image.fromarray(rows).save(file, "PNG")
    np.testing.assert_array_equal(decode(file.getvalue()), rows)


def chunk(name: bytes, body: bytes = b"", checksum: int | None = None) -> bytes:
    checksum = zlib.crc32(name + body) if checksum is None else checksum
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", checksum)


def header(width: int = 7, height: int = 9, *rest: int) -> bytes:
    return struct.pack(">IIBBBBB", width, height, *(rest or (8, 0, 0, 0, 0)))


def png(*chunks: bytes) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


ROWS = bytes(9 * 8)
IHDR, IDAT, IEND = chunk(b"IHDR", header()), chunk(b"IDAT", zlib.compress(ROWS)), chunk(b"IEND")
HALF = len(zlib.compress(ROWS)) // 2
HALVES = chunk(b"IDAT", zlib.compress(ROWS)[:HALF]), chunk(b"IDAT", zlib.compress(ROWS)[HALF:])

RIGHT = {
    "plain": png(IHDR, IDAT, IEND),
    "two IDATs": png(IHDR, *HALVES, IEND),
    "text before": png(IHDR, chunk(b"tEXt", b"a\0b"), IDAT, IEND),
}
WRONG = {
    "empty": b"",
    "signature": b"\x89PNG\n\x1a\n" + png(IHDR, IDAT, IEND)[8:],
    "nothing but a signature": png(),
    "no IHDR": png(IDAT, IEND),
    "IHDR second": png(chunk(b"tEXt", b"a\0b"), IHDR, IDAT, IEND),
    "two IHDRs": png(IHDR, IHDR, IDAT, IEND),
    "no IDAT": png(IHDR, IEND),
    "no IEND": png(IHDR, IDAT),
    "two IENDs": png(IHDR, IDAT, IEND, IEND),
    "IEND with a body": png(IHDR, IDAT, chunk(b"IEND", b"x")),
    "byte behind": png(IHDR, IDAT, IEND) + b"\0",
    "chunk behind": png(IHDR, IDAT, IEND, chunk(b"tEXt", b"a\0b")),
    "chunk between IDATs": png(IHDR, HALVES[0], chunk(b"tEXt", b"a\0b"), HALVES[1], IEND),
    "unknown chunk that counts": png(IHDR, chunk(b"QQQQ"), IDAT, IEND),
    "palette": png(IHDR, chunk(b"PLTE", bytes(3)), IDAT, IEND),
    "checksum": png(IHDR, chunk(b"IDAT", zlib.compress(ROWS), 1), IEND),
    "cut off": png(IHDR, IDAT, IEND)[:-5],
    "cut off in IDAT": png(IHDR, IDAT)[:-5],
    "IHDR too long": png(chunk(b"IHDR", header() + b"\0"), IDAT, IEND),
    "height 0": png(chunk(b"IHDR", header(7, 0)), chunk(b"IDAT", zlib.compress(b"")), IEND),
    "height too large": png(chunk(b"IHDR", header(7, 10)), IDAT, IEND),
    "height too small": png(chunk(b"IHDR", header(7, 8)), IDAT, IEND),
    "16 bit": png(chunk(b"IHDR", header(7, 9, 16, 0, 0, 0, 0)), IDAT, IEND),
    "interlaced": png(chunk(b"IHDR", header(7, 9, 8, 0, 0, 0, 1)), IDAT, IEND),
    "stream cut off": png(IHDR, HALVES[0], IEND),
    "no stream": png(IHDR, chunk(b"IDAT", ROWS), IEND),
    "bytes behind the stream": png(IHDR, chunk(b"IDAT", zlib.compress(ROWS) + b"x"), IEND),
    "Adler checksum": png(IHDR, chunk(b"IDAT", zlib.compress(ROWS)[:-1] + b"x"), IEND),
    "unknown filter": png(IHDR, chunk(b"IDAT", zlib.compress(b"\5" + ROWS[1:])), IEND),
}


@pytest.mark.parametrize("data", RIGHT.values(), ids=list(RIGHT))
def test_strict_decoder_reads_what_is_right(data: bytes) -> None:
    np.testing.assert_array_equal(decode(data), np.zeros((9, 7)))


@pytest.mark.parametrize("data", WRONG.values(), ids=list(WRONG))
def test_strict_decoder_refuses_what_is_wrong(data: bytes) -> None:
    with pytest.raises(NotStrictlyPngError):
        decode(data)
