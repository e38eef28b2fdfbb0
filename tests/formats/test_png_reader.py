"""A PNG is intact only if every byte is, and no claim of its header costs memory."""

import io
import struct
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import chunk

from wav2spec.formats.digest import PixelDigest
from wav2spec.formats.png_reader import PngError, check_png_size, png_digest, read_image, read_text
from wav2spec.formats.png_writer import GREY, GREY_16, INDEXED, RGB, PixelFormat, PngWriter

FORMATS = {"grey": GREY, "grey 16": GREY_16, "rgb": RGB, "indexed": INDEXED}
COLORS = np.random.default_rng(1).integers(0, 256, (256, 3), dtype=np.uint8)


def picture(height: int, width: int, format: PixelFormat = GREY, text: str = "words") -> tuple[bytes, str]:
    """Return a PNG, and the digest of its pixels."""
    rows = np.random.default_rng(height).integers(0, 256, (height, width * format.bytes_per_pixel), dtype=np.uint8)
    rows[::2] = 7
    file, digest = io.BytesIO(), PixelDigest()
    writer = PngWriter(file, width, format, COLORS if format is INDEXED else None, digest)
    writer.write_rows(rows)
    writer.close(text)
    return file.getvalue(), digest.hexdigest(width, height)


def with_header(data: bytes, width: int, height: int, depth: int = 8, kind: int = 0, rest: bytes = bytes(3)) -> bytes:
    """Replace the header, with a checksum that is right."""
    return data[:8] + chunk(b"IHDR", struct.pack(">IIBB", width, height, depth, kind) + rest) + data[33:]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("png") / "a.png"


@pytest.mark.parametrize("name", FORMATS)
@settings(deadline=None, max_examples=30)
@given(height=st.integers(1, 900), width=st.integers(1, 300))
def test_what_is_written_is_read_with_its_size_text_and_digest(path: Path, name: str, height: int, width: int) -> None:
    data, digest = picture(height, width, FORMATS[name])
    path.write_bytes(data)
    image = read_image(str(path), PixelDigest())
    assert image is not None
    assert (image.width, image.height, image.format) == (width, height, FORMATS[name])
    assert (image.text, image.digest) == ("words", digest)
    assert png_digest(str(path)) == digest
    assert read_text(str(path)) == "words"


@pytest.mark.parametrize("size", [(3, 2**17), (2**17, 3)])
def test_narrow_and_wide_pictures_are_read(path: Path, size: tuple[int, int]) -> None:
    data, digest = picture(*size)
    path.write_bytes(data)
    assert png_digest(str(path)) == digest


@settings(deadline=None)
@given(data=st.data())
def test_no_changed_byte_and_no_cut_goes_unnoticed(path: Path, data: st.DataObject) -> None:
    whole, _ = picture(20, 30)
    at = data.draw(st.integers(0, len(whole) - 1))
    changed = bytearray(whole)
    changed[at] ^= data.draw(st.integers(1, 255))
    for damaged in (bytes(changed), whole[:at], whole + whole[at:]):
        path.write_bytes(damaged)
        assert read_image(str(path)) is None
        assert read_image(str(path), decoded=False) is None


ALTERED = {
    "height": with_header(picture(20, 30)[0], 30, 21),
    "less height": with_header(picture(20, 30)[0], 30, 19),
    "width": with_header(picture(20, 30)[0], 31, 20),
    "sides changed": with_header(picture(20, 30)[0], 20, 30),
    "bit depth": with_header(picture(20, 30)[0], 30, 20, depth=16),
    "bits that do not exist": with_header(picture(20, 30)[0], 30, 20, depth=7),
    "colours": with_header(picture(20, 30)[0], 30, 20, kind=2),
    "palette without colours": with_header(picture(20, 30)[0], 30, 20, kind=3),
    "interlaced": with_header(picture(20, 30)[0], 30, 20, rest=b"\0\0\1"),
    "no pixels": with_header(picture(20, 30)[0], 0, 0),
    "huge": with_header(picture(20, 30)[0], 2**31 - 1, 2**31 - 1),
    "two headers": (data := picture(20, 30)[0])[:33] + data[8:],
    "short header": data[:8] + chunk(b"IHDR", data[16:28]) + data[33:],
    "no header": data[:8] + data[33:],
    "no end": data[:-12],
    "data behind the end": data + b"\0",
    "transparency": data[:33] + chunk(b"tRNS", b"\0\1") + data[33:],
    "an unknown critical chunk": data[:33] + chunk(b"ABCD", b"") + data[33:],
    "a chunk behind a length that lies": data[:33] + struct.pack(">I", len(data) - 60) + b"junk" + data[33:],
    "a length beyond the end": data[:33] + struct.pack(">I", 2**32 - 1) + b"junk" + data[33:],
    "a pixel stream that goes on": data[:33] + chunk(b"IDAT", zlib.compress(bytes(620)) + b"\0") + data[-12:],
    "a second pixel stream": data[:33] + chunk(b"IDAT", zlib.compress(bytes(31 * 10)) * 2) + data[-12:],
    "a row that is missing": data[:33] + chunk(b"IDAT", zlib.compress(bytes(31 * 19))) + data[-12:],
    "filtered rows": data[:33] + chunk(b"IDAT", zlib.compress((b"\1" + bytes(30)) * 20)) + data[-12:],
    "a bomb": data[:33] + chunk(b"IDAT", zlib.compress(bytes(10**8), 9)) + data[-12:],
}


@pytest.mark.parametrize("what", ALTERED)
def test_a_picture_that_was_altered_with_right_checksums_is_not_intact(path: Path, what: str) -> None:
    path.write_bytes(ALTERED[what])
    tracemalloc.start()
    image = read_image(str(path))
    read_text(str(path))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert image is None
    assert peak < 2**21


def test_a_note_that_another_program_added_changes_nothing(path: Path) -> None:
    data, digest = picture(20, 30)
    path.write_bytes(data[:33] + chunk(b"pHYs", bytes(9)) + chunk(b"tEXt", b"Author\0somebody") + data[33:])
    image = read_image(str(path), PixelDigest())
    assert image is not None
    assert (image.text, image.digest) == ("words", digest)


@pytest.mark.parametrize("size", [(2**31 - 1, 1), (1, 2**31 - 1), (2**20, 2**20), (2**32 - 1, 2**32 - 1)])
def test_a_size_that_the_file_cannot_hold_is_refused_before_it_is_decoded(path: Path, size: tuple[int, int]) -> None:
    data, _ = picture(20, 30)
    path.write_bytes(data)
    check_png_size(str(path))
    path.write_bytes(with_header(data, *size))
    with pytest.raises(PngError, match="cannot hold"):
        check_png_size(str(path))
