"""What the tests share: the recordings, a maker of WAV files, and the program as a process."""

import os
import signal
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import numpy.typing as npt
import pytest
import soundfile

# The same examples in every run: a suite that fails by chance is not believed when it fails for a reason.
hypothesis.settings.register_profile("repeatable", derandomize=True)
hypothesis.settings.load_profile("repeatable")

# Programs started in the background of a script ignore SIGINT, and so would all that the tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# It would hide what standard streams hold back until the end.
os.environ.pop("PYTHONUNBUFFERED", None)

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "sample_audio"
GOLDEN = ROOT / "tests" / "golden"

MakeWav = Callable[..., Path]


@pytest.fixture
def make_wav(tmp_path: Path) -> MakeWav:
    """Write a WAV into the test's folder: noise of a fixed seed unless `samples` are given."""

    def make(
        name: str = "a.wav",
        samples: npt.ArrayLike | None = None,
        *,
        n_samples: int = 4000,
        n_channels: int = 1,
        sample_rate: int = 16000,
        subtype: str = "PCM_16",
        format: str = "WAV",
    ) -> Path:
        if samples is None:
            samples = np.random.default_rng(7).uniform(-0.5, 0.5, (n_samples, n_channels))
        path = tmp_path / name
        soundfile.write(os.fsencode(path), np.asarray(samples), sample_rate, subtype=subtype, format=format)
        return path

    return make


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return an empty folder for targets."""
    path = tmp_path / "pictures"
    path.mkdir()
    return path


def riff(
    data: bytes, *, riff_size: int | None = None, data_size: int | None = None, n_channels: int = 1, rate: int = 16000
) -> bytes:
    """Return a 16-bit PCM WAV with the sizes that its header is to claim."""
    riff_size = 36 + len(data) if riff_size is None else riff_size
    data_size = len(data) if data_size is None else data_size
    form = struct.pack("<HHIIHH", 1, n_channels, rate, rate * 2 * n_channels, 2 * n_channels, 16)
    head = b"RIFF" + struct.pack("<I", riff_size) + b"WAVEfmt " + struct.pack("<I", len(form)) + form
    return head + b"data" + struct.pack("<I", data_size) + data


def run(*words: str | bytes | Path, **options: Any) -> subprocess.CompletedProcess[bytes]:
    """Run the program as a process of its own and return what came of it."""
    command = [sys.executable, "-m", "wav2spec", *(word if isinstance(word, bytes) else str(word) for word in words)]
    return subprocess.run(command, capture_output="stdout" not in options, timeout=60, **options)
