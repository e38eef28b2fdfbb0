"""Selection of channels, and the size of the blocks in which samples are handed on."""

import numpy as np

from wav2spec.arrays import Samples
from wav2spec.settings.choices import ChannelName

# Samples of all channels in a block: 256 KiB as float32, so that a block stays in the cache.
_BLOCK_SAMPLES = 2**16


def samples_in_block(n_channels: int) -> int:
    """Return the samples of each channel in a block."""
    return max(1, _BLOCK_SAMPLES // n_channels)


def channel_slice(channel: ChannelName | int) -> slice:
    """Return the columns that a channel needs: all for ``"mix"`` and ``"all"``."""
    if channel in ("mix", "all"):
        return slice(None)
    first = channel - 1 if isinstance(channel, int) else 0
    return slice(first, first + 1)


def downmix(samples: Samples) -> Samples:
    """Return the mean of the channels, shape (n, 1); sums are formed in float64 and rounded once."""
    if samples.shape[1] == 1:
        return samples
    total = samples[:, 0].astype(np.float64)
    for channel in range(1, samples.shape[1]):
        total += samples[:, channel]
    mean: Samples = (total / samples.shape[1]).astype(np.float32)[:, np.newaxis]
    return mean
