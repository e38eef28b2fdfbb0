"""The walk over a header's chunks finds what is promised and what is present, in every container."""

import io
import os
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile
from recordings import riff

from wav2spec.audio.containers import read_header
from wav2spec.audio.header import Header, HeaderError
from wav2spec.storage.sources import open_source

# 1000 samples of 16 bit.
DATA = bytes(range(1, 251)) * 8
LIST = b"LIST" + struct.pack("<I", 10) + b"INFOISFT\0\0"
FMT = riff(b"")[12:36]
CONTAINERS = ["RIFF", "RIFX", "RF64", "W64"]


def header_of(data: bytes, folder: Path) -> Header:
    path = folder / "a.wav"
    path.write_bytes(data)
    with open_source(str(path)) as file:
        return read_header(file)


def chunk(name: bytes, body: bytes, size: int | None = None, order: str = "<") -> bytes:
    """Return a chunk, padded to an even length, with the size that it is to claim."""
    return name + struct.pack(order + "I", len(body) if size is None else size) + body + bytes(len(body) % 2)


def contained(container: str, data: bytes = DATA, data_size: int | None = None) -> bytes:
    """Return 16-bit samples in a container, with the size that its data chunk is to claim."""
    size = len(data) if data_size is None else data_size
    fmt = struct.pack("<HHIIHH", 1, 1, 16000, 32000, 2, 16)
    if container == "RIFF":
        return b"RIFF\0\0\0\0WAVE" + chunk(b"fmt ", fmt) + chunk(b"data", data, size)
    if container == "RIFX":
        fmt = struct.pack(">HHIIHH", 1, 1, 16000, 32000, 2, 16)
        return b"RIFX\0\0\0\0WAVE" + chunk(b"fmt ", fmt, order=">") + chunk(b"data", data, size, ">")
    if container == "RF64":
        long_sizes = chunk(b"ds64", struct.pack("<QQQI", 0, size, len(data) // 2, 0))
        return b"RF64\xff\xff\xff\xffWAVE" + long_sizes + chunk(b"fmt ", fmt) + chunk(b"data", data, 0xFFFFFFFF)
    tail = bytes.fromhex("f3acd3118cd100c04f8edb8a")
    head = b"riff" + bytes.fromhex("2e91cf11a5d628db04c10000") + bytes(8) + b"wave" + tail
    return head + b"fmt " + tail + struct.pack("<Q", 40) + fmt + b"data" + tail + struct.pack("<Q", size + 24) + data


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_whole_file_has_what_it_promises(container: str, tmp_path: Path) -> None:
    header = header_of(contained(container), tmp_path)
    assert (header.container, header.declared_bytes, header.available_bytes) == (container, 2000, 2000)


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_truncated_file_promises_more_than_is_present(container: str, tmp_path: Path) -> None:
    header = header_of(contained(container)[:-501], tmp_path)
    assert (header.declared_bytes, header.available_bytes) == (2000, 1499)


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_size_smaller_than_what_follows_is_believed(container: str, tmp_path: Path) -> None:
    header = header_of(contained(container, data_size=600), tmp_path)
    assert (header.declared_bytes, header.available_bytes) == (600, 600)


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_size_of_zero_with_samples_behind_it_leaves_the_length_open(container: str, tmp_path: Path) -> None:
    header = header_of(contained(container, data_size=0), tmp_path)
    assert (header.container, header.declared_bytes, header.available_bytes) == (container, None, 2000)


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_size_of_zero_at_the_end_is_an_empty_recording(container: str, tmp_path: Path) -> None:
    header = header_of(contained(container, b""), tmp_path)
    assert (header.declared_bytes, header.available_bytes) == (0, 0)


@pytest.mark.parametrize("size", [0x7FFFFFFF - 36, 0x7FFFF000, 0x7FFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF - 36, 0xFFFFF000])
@pytest.mark.parametrize("container", ["RIFF", "RIFX"])
def test_the_sizes_that_programs_write_into_pipes_leave_the_length_open(
    container: str, size: int, tmp_path: Path
) -> None:
    header = header_of(contained(container, data_size=size), tmp_path)
    assert (header.declared_bytes, header.available_bytes) == (None, 2000)


@pytest.mark.parametrize("size", [2002, 10**6, 0x7FFFEFFF, 0x80000000, 0xFFFFEFFF])
def test_another_size_beyond_the_end_is_a_truncation(size: int, tmp_path: Path) -> None:
    header = header_of(contained("RIFF", data_size=size), tmp_path)
    assert (header.declared_bytes, header.available_bytes) == (size, 2000)


@pytest.mark.parametrize("container", CONTAINERS)
def test_the_patch_makes_an_open_header_say_what_is_present(container: str, tmp_path: Path) -> None:
    data = bytearray(contained(container, data_size=0))
    offset, size_patch = header_of(bytes(data), tmp_path).size_patch
    data[offset : offset + len(size_patch)] = size_patch
    assert bytes(data) == contained(container)


def test_an_empty_data_chunk_before_a_list_is_empty_and_not_open(tmp_path: Path) -> None:
    header = header_of(riff(b"") + LIST, tmp_path)
    assert (header.declared_bytes, header.available_bytes) == (0, 0)


@pytest.mark.parametrize("tail", [LIST * 3, LIST + chunk(b"id3 ", b"abc"), LIST + chunk(b"id3 ", b"abc")[:-1]])
def test_an_empty_data_chunk_before_several_chunks_is_empty(tail: bytes, tmp_path: Path) -> None:
    # The padding of the last chunk may be missing.
    assert header_of(riff(b"") + tail, tmp_path).declared_bytes == 0


def test_chunks_of_odd_length_before_the_samples_are_padded_to_an_even_one(tmp_path: Path) -> None:
    before = chunk(b"bext", b"abc") + LIST
    data = b"RIFF\0\0\0\0WAVE" + before + FMT + chunk(b"junk", b"x" * 7) + chunk(b"data", DATA)
    assert header_of(data, tmp_path).declared_bytes == header_of(data, tmp_path).available_bytes == 2000


def test_a_data_chunk_named_inside_another_chunk_is_not_it(tmp_path: Path) -> None:
    decoy = chunk(b"bext", chunk(b"data", b"\0" * 10))
    assert header_of(b"RIFF\0\0\0\0WAVE" + FMT + decoy + chunk(b"data", DATA), tmp_path).available_bytes == 2000


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "the file is empty"),
        (b"R", "not a WAV file"),
        (b"RIFF", "not a WAV file"),
        (b"ftyp" + bytes(100), r"not a WAV file \(nor .*FLAC.*\): it begins with b'ftyp'"),
        (b"RIFF\0\0\0\0AVI " + FMT + chunk(b"data", DATA), "not a WAV file"),
        (b"riff" + bytes(100), "not a WAV file"),
        (b"FORM\0\0\0\0AIFF" + bytes(100), "without samples"),
        (b"RIFF\0\0\0\0WAVE", "without samples"),
        (b"RIFF\0\0\0\0WAVE" + FMT, "without samples"),
        (b"RIFF\0\0\0\0WAVE" + FMT + b"data\0\0\0", "without samples"),
        (b"RIFF\0\0\0\0WAVE" + FMT + chunk(b"LIST", bytes(4), size=4000), "without samples"),
        (b"RIFF\0\0\0\0WAVE" + chunk(b"data", DATA) + FMT, "no format"),
        (riff(DATA, n_channels=0), "0 channels"),
    ],
)
def test_what_is_no_wav_is_refused_with_what_is_wrong(data: bytes, words: str, tmp_path: Path) -> None:
    with pytest.raises(HeaderError, match=words):
        header_of(data, tmp_path)


@pytest.mark.parametrize(
    ("format", "endian", "container"),
    [
        ("WAV", "FILE", "RIFF"),
        ("WAVEX", "FILE", "RIFF"),
        ("WAV", "BIG", "RIFX"),
        ("RF64", "FILE", "RF64"),
        ("W64", "FILE", "W64"),
    ],
)
def test_what_libsndfile_writes_is_read(format: str, endian: str, container: str, tmp_path: Path) -> None:
    file = io.BytesIO()
    soundfile.write(file, np.zeros((1001, 2)), 16000, subtype="PCM_24", format=format, endian=endian)
    header = header_of(file.getvalue(), tmp_path)
    assert (header.container, header.declared_bytes, header.available_bytes) == (container, 6006, 6006)


def test_sizes_beyond_32_bits_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    for container in ("RF64", "W64"):
        path.write_bytes(contained(container, b"", data_size=5 * 2**30))
        head = path.stat().st_size
        # A hole: it takes no room on the disk.
        os.truncate(path, head + 5 * 2**30)
        with open_source(str(path)) as file:
            header = read_header(file)
        assert (header.declared_bytes, header.available_bytes) == (5 * 2**30, 5 * 2**30)
