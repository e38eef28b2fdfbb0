"""Selection of channels."""

import numpy as np

from wav2spec.arrays import Samples
from wav2spec.settings.choices import ChannelName


def channel_slice(channel: ChannelName | int) -> slice:
    """Return the columns that a channel needs: all for ``"mix"`` and ``"all"``."""
    if channel in ("mix", "all"):
        return slice(None)
    first = channel - 1 if isinstance(channel, int) else 0
    return slice(first, first + 1)


def downmix(samples: Samples) -> Samples:
    """Return the mean of the channels, shape (n, 1); sums are formed in float64 and rounded once."""
    total = samples[:, 0].astype(np.float64)
    for channel in range(1, samples.shape[1]):
        total += samples[:, channel]
    mean: Samples = (total / samples.shape[1]).astype(np.float32)[:, np.newaxis]
    return mean
