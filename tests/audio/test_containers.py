"""Recordings in other containers than WAV are read as libsndfile reads them, and what is cut off is told."""

import os
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from recordings import MakeWav

from wav2spec.audio.containers import CONTAINERS
from wav2spec.audio.recording import open_recording
from wav2spec.errors import AudioError

# What libsndfile calls them, and the sample formats to try.
FORMATS = {
    "AIFF": ("AIFF", ["PCM_16", "PCM_24", "FLOAT", "ULAW"]),
    "AU": ("AU", ["PCM_16", "PCM_24", "FLOAT", "ULAW"]),
    "CAF": ("CAF", ["PCM_16", "PCM_24", "FLOAT", "ALAC_16"]),
    "FLAC": ("FLAC", ["PCM_16", "PCM_24"]),
    "OGG": ("OGG", ["VORBIS", "OPUS"]),
    "MP3": ("MP3", ["MPEG_LAYER_III"]),
}
CASES = [
    pytest.param(container, subtype, id=f"{container}-{subtype}")
    for container, (major, subtypes) in FORMATS.items()
    for subtype in subtypes
    if subtype in soundfile.available_subtypes(major)
]
N_SAMPLES = 48_000


def make(make_wav: MakeWav, container: str, subtype: str) -> Path:
    return make_wav(n_samples=N_SAMPLES, n_channels=2, sample_rate=48000, subtype=subtype, format=FORMATS[container][0])


@pytest.mark.parametrize(("container", "subtype"), CASES)
def test_every_container_reads_as_libsndfile_reads_the_whole(make_wav: MakeWav, container: str, subtype: str) -> None:
    path = make(make_wav, container, subtype)
    expected, rate = soundfile.read(path, dtype="float32", always_2d=True)
    with open_recording(str(path)) as recording:
        assert (recording.container, recording.subtype, recording.sample_rate) == (container, subtype, rate)
        assert recording.warnings == []
        assert recording.n_samples == len(expected)
        np.testing.assert_array_equal(np.concatenate(list(recording.blocks())), expected)
        # A second time, from elsewhere: it seeks.
        if container not in ("OGG", "MP3"):
            np.testing.assert_array_equal(np.concatenate(list(recording.blocks(first=7001))), expected[7001:])


@pytest.mark.parametrize("share", [0.3, 0.8])
@pytest.mark.parametrize("container", ["AIFF", "AU", "MP3"])
def test_a_cut_file_is_read_as_far_as_it_goes_with_a_warning(make_wav: MakeWav, container: str, share: float) -> None:
    path = make(make_wav, container, FORMATS[container][1][0])
    os.truncate(path, int(share * path.stat().st_size))
    with open_recording(str(path)) as recording:
        n_read = sum(map(len, recording.blocks()))
        assert 0.75 * share < n_read / N_SAMPLES < 1.1 * share
        (warning,) = recording.warnings
        assert warning.startswith("truncated: ")


@pytest.mark.parametrize("container", ["FLAC", "CAF"])
def test_a_cut_file_that_libsndfile_cannot_read_is_an_error(make_wav: MakeWav, container: str) -> None:
    path = make(make_wav, container, "PCM_16")
    os.truncate(path, path.stat().st_size // 2)
    message = r"(damaged or unsupported file|cannot be read at sample \d+): \S"
    with pytest.raises(AudioError, match=message), open_recording(str(path)) as recording:
        list(recording.blocks())


def test_no_two_containers_match_one_file(make_wav: MakeWav) -> None:
    for container in FORMATS:
        head = make(make_wav, container, FORMATS[container][1][0]).read_bytes()[:40]
        assert [row.name for row in CONTAINERS if row.matches(head)] == [container]


@pytest.mark.parametrize("size", [0xFFFFFFFF, 0])
def test_an_au_of_unknown_length_goes_on_to_the_end(make_wav: MakeWav, size: int) -> None:
    path = make(make_wav, "AU", "PCM_16")
    data = path.read_bytes()
    path.write_bytes(data[:8] + struct.pack(">I", size) + data[12:])
    if size == 0:
        with pytest.raises(AudioError, match="no samples"):
            open_recording(str(path))
        return
    with open_recording(str(path)) as recording:
        assert (recording.n_samples, recording.warnings) == (N_SAMPLES, [])


@pytest.mark.system
@pytest.mark.parametrize("in_wav", [False, True], ids=["mp3", "wav"])
def test_notes_of_the_mpeg_decoder_do_not_reach_the_terminal(make_wav: MakeWav, tmp_path: Path, in_wav: bool) -> None:
    path = make(make_wav, "MP3", "MPEG_LAYER_III")
    body = path.read_bytes()
    if in_wav:
        form = struct.pack("<HHIIHHHHIHHH", 0x55, 2, 48000, 16000, 1, 0, 12, 1, 2, 1152, 1, 0)
        chunks = b"fmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(body)) + body
        path.write_bytes(b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks)
    os.truncate(path, path.stat().st_size // 2)
    plain = f"import soundfile; soundfile.SoundFile({str(path)!r}).read(1000)"
    alone = subprocess.run([sys.executable, "-c", plain], capture_output=True)
    assert alone.stderr != b"", "this libsndfile says nothing by itself"
    command = [sys.executable, "-m", "wav2spec", str(path), "-o", str(tmp_path / "o.png")]
    result = subprocess.run(command, capture_output=True)
    assert all(line.startswith(b"wav2spec: ") for line in result.stderr.splitlines())
