"""Recordings: the samples that ship with the program, and makers of WAV files."""

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "sample_audio"
GOLDEN = ROOT / "tests" / "golden"
MakeWav = Callable[..., Path]


def riff(
    data: bytes, *, riff_size: int | None = None, data_size: int | None = None, n_channels: int = 1, rate: int = 16000
) -> bytes:
    """Return a 16-bit PCM WAV file whose header may declare other sizes than the real ones."""
    riff_size = 36 + len(data) if riff_size is None else riff_size
    data_size = len(data) if data_size is None else data_size
    form = struct.pack("<HHIIHH", 1, n_channels, rate, rate * 2 * n_channels, 2 * n_channels, 16)
    head = b"RIFF" + struct.pack("<I", riff_size) + b"WAVEfmt " + struct.pack("<I", len(form)) + form
    return head + b"data" + struct.pack("<I", data_size) + data


def rf64(n_bytes: int, rate: int = 16000) -> bytes:
    """Return the header of an RF64 file that declares `n_bytes` of 16-bit mono."""
    form = struct.pack("<HHIIHH", 1, 1, rate, rate * 2, 2, 16)
    sizes = struct.pack("<QQQI", n_bytes + 72, n_bytes, n_bytes // 2, 0)
    head = b"RF64\xff\xff\xff\xffWAVEds64" + struct.pack("<I", len(sizes)) + sizes
    return head + b"fmt " + struct.pack("<I", len(form)) + form + b"data\xff\xff\xff\xff"


def write_sparse(path: Path, head: bytes, n_bytes: int) -> Path:
    """Write a file of `head` and `n_bytes` zeros, which take no space on disk."""
    with open(path, "wb") as file:
        file.write(head)
        file.truncate(len(head) + n_bytes)
    return path


def sparse_wav(path: Path, n_bytes: int) -> Path:
    """Write a WAV file with `n_bytes` of silence, which take no space on disk."""
    return write_sparse(path, riff(b"", riff_size=36 + n_bytes, data_size=n_bytes), n_bytes)


def write_recordings(folder: Path, n_files: int, n_samples: int = 2000) -> list[str]:
    """Write `n_files` recordings of noise, all different, and return the names of their pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(n_files):
        noise = np.random.default_rng(number).integers(-9999, 9999, n_samples).astype("<i2")
        (folder / f"{number:02}.wav").write_bytes(riff(noise.tobytes()))
    return [f"{number:02}.png" for number in range(n_files)]
