"""Names for the arrays that travel."""

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]


"""Shape (n_samples, n_channels), full scale at 1.0."""


Magnitudes = npt.NDArray[np.float32]


"""Magnitude or power, shape (n_channels, n_frames, n_bins): time from first to last, frequency rising."""


Pixels = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]


"""Levels in the order of `Magnitudes`, or the rows of a picture, shape (height, width)."""
