"""The digest of samples, by which a picture and a manifest identify a recording."""

import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt


class SampleDigest:
    """SHA-256 of a section of a recording, to which blocks are added in order.

    It covers the sample rate and the number of channels, so that the same numbers at another rate differ, and the
    samples of all channels: 16-bit samples as they are, others as float32, both little-endian.

    Parameters
    ----------
    sample_rate, n_channels : int
    first : int
        The first sample of the section.

    Attributes
    ----------
    first, end : int
        The section that was added so far, without `end`.
    """

    def __init__(self, sample_rate: int, n_channels: int, first: int = 0) -> None:
        self._hash = hashlib.sha256(f"{sample_rate} {n_channels} ".encode())
        self.first = self.end = first

    def add(self, position: int, samples: npt.NDArray[Any]) -> None:
        """Add a block, shape (n, n_channels), int16 or float32, unless it does not begin at `end`."""
        if position == self.end:
            dtype = "<i2" if samples.dtype == np.int16 else "<f4"
            self._hash.update(np.ascontiguousarray(samples, dtype).data)
            self.end += len(samples)

    def hexdigest(self) -> str:
        return self._hash.hexdigest()
