"""A digest of the pixels of a picture."""

import hashlib

import numpy as np
import numpy.typing as npt


class PixelDigest:
    """A SHA-256 of what a picture shows: equal pictures have it, however packed, and whether indexed or not."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def update(self, rows: npt.NDArray[np.uint8]) -> None:
        """Go on with the bytes of some rows, of 16 bits the greater one first."""
        self._hash.update(np.ascontiguousarray(rows).data)

    def hexdigest(self, width: int, height: int) -> str:
        """Return the digest of the picture of that size in pixels."""
        whole = self._hash.copy()
        whole.update(f" {width} {height}".encode())
        return whole.hexdigest()
