"""A digest of the pixels of a picture."""

import hashlib

import numpy as np
import numpy.typing as npt


class PixelDigest:
    """SHA-256 of the colours of a picture, whatever its compression and whether it is indexed or not."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def update(self, rows: npt.NDArray[np.uint8]) -> None:
        """Update the digest with the bytes of rows; 16-bit pixels are big-endian."""
        self._hash.update(np.ascontiguousarray(rows).data)

    def hexdigest(self, width: int, height: int) -> str:
        """Return the digest of a picture of this size in pixels."""
        whole = self._hash.copy()
        whole.update(f" {width} {height}".encode())
        return whole.hexdigest()
