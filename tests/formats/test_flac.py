"""FLAC as pages carry it."""

import errno
import io
import os

import numpy as np
import pytest
import soundfile

from wav2spec.formats.flac import write_flac


def test_samples_come_back_as_they_were() -> None:
    integers = np.random.default_rng(1).integers(-(2**23), 2**23, (10_000, 2))
    samples = (integers / 2**23).astype(np.float32)
    file = io.BytesIO()
    write_flac(file, iter([samples[:3000], samples[3000:]]), 44_100, 2)
    file.seek(0)
    assert np.array_equal(soundfile.read(file, always_2d=True)[0], samples)


class Full(io.BytesIO):
    """A file on a disk that is full after some bytes."""

    def write(self, data: object) -> int:
        if self.tell() > 20_000:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(data)  # type: ignore[arg-type]


def test_a_full_disk_is_an_error_and_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    noise = np.random.default_rng(1).uniform(-1, 1, (50_000, 1)).astype(np.float32)
    with pytest.raises(OSError, match="No space left"):
        write_flac(Full(), iter([noise] * 4), 44_100, 1)
    assert capfd.readouterr() == ("", "")
