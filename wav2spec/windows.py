"""Window functions, in float64."""

import numpy as np
import numpy.typing as npt


def hann(size: int) -> npt.NDArray[np.float64]:
    """Return the periodic Hann window, ``0.5 - 0.5 cos(2 pi n / size)``, as TensorFlow's kernel computes it.

    References
    ----------
    .. [1] tensorflow/core/kernels/spectrogram.cc, ``GetPeriodicHann``
    """
    return 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(size) / size)
