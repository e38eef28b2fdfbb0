"""From values to pixels."""

import numpy as np

from wav2spec.arrays import Magnitudes, Pixels
from wav2spec.settings import Levels


def to_pixels(values: Magnitudes, levels: Levels) -> Pixels:
    """Return ``min(value * brightness, 255)``, rounded down, in float32 as TensorFlow's example computes it [1]_.

    Examples
    --------
    >>> to_pixels(np.array([0.0, 0.1, 1.0, 9.0], np.float32), Levels(brightness=64)).tolist()
    [0, 6, 64, 255]

    References
    ----------
    .. [1] tensorflow/examples/wav_to_spectrogram/wav_to_spectrogram.cc
    """
    # 0 and infinity times each other are no number, so the factor is neither.
    limits = np.finfo(np.float32)
    factor = np.float32(min(max(levels.brightness, float(limits.tiny)), float(limits.max)))
    # Overflow is what the clipping is for.
    with np.errstate(over="ignore"):
        scaled = values * factor
    np.minimum(scaled, np.float32(255), out=scaled)
    return scaled.astype(np.uint8)
