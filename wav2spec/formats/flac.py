"""FLAC of 24 bits: lossless, small, and decoded exactly by browsers."""

import os
from collections.abc import Iterable
from typing import IO

import numpy as np
import numpy.typing as npt
import soundfile

# Limits of the format and of what browsers decode.
MAX_CHANNELS = 8

# The greatest value of 24 bits is 1 less.
_FULL_SCALE = 2**23


def write_flac(
    file: IO[bytes], blocks: Iterable[npt.NDArray[np.float32]], sample_rate: int, n_channels: int, gain: float = 1.0
) -> None:
    """Write samples as FLAC.

    16 and 24 bits are written exactly. Browsers decode FLAC of 16 bits with a factor of 32768 / 32767, of 24 bits
    without; FLAC does not store idle bits, so that 16-bit samples take no more space.

    Parameters
    ----------
    file : seekable binary file
    blocks : iterable of ndarray, shape (n, n_channels), float32
        No sample exceeds `gain`.
    sample_rate : int
        In Hz.
    n_channels : int
        At most `MAX_CHANNELS`.
    gain : float
        The value that becomes full scale; a power of two keeps the samples exact.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    guarded = _Guarded(file)
    with soundfile.SoundFile(guarded, "w", sample_rate, n_channels, "PCM_24", format="FLAC", closefd=False) as sound:
        for block in blocks:
            values = np.rint(block.astype(np.float64) * (_FULL_SCALE / gain))
            # libsndfile takes the upper 24 bits of 32.
            sound.write(np.clip(values, -_FULL_SCALE, _FULL_SCALE - 1).astype(np.int32) << 8)
            if guarded.error:
                break
    if guarded.error:
        raise guarded.error


class _Guarded:
    """A file that keeps its first error, which a callback of libsndfile could only print."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.error: OSError | None = None

    def write(self, data: bytes) -> int:
        if not self.error:
            try:
                # A file without a buffer may take a part.
                left = memoryview(data)
                while left:
                    left = left[self._file.write(left) :]
            except OSError as error:
                self.error = error
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        try:
            return self._file.seek(offset, whence)
        except OSError as error:
            # What is buffered is written by a seek.
            self.error = self.error or error
            return -1

    def tell(self) -> int:
        return self._file.tell()

    def read(self, size: int) -> bytes:
        return self._file.read(size)
