"""The sizes that ``auto`` stands for in an analysis."""

import math
from typing import NamedTuple

# The length of the window that `auto` stands for (s), which suits what people hear. Other sounds scale with the sample
# rate: the window has at least and at most so many samples, and fewer at rates above so many Hz, for ultrasound. The
# calls of bats last a few ms.
_WINDOW_S, _SAMPLES = 0.04, (256, 2048)
_ULTRASOUND_HZ, _ULTRASOUND_SAMPLES = 96_000, 1024

# In a short recording the window takes at most this share of the time axis, but never has fewer samples than this.
_SHARE, _FEWEST_SAMPLES = 30, 32

# The share of the window that an automatic stride does not exceed.
_STRIDE = 4

# On a log or mel scale, `auto` zero-pads so many windows, up to so many samples; it never zero-pads further.
_WINDOWS, _FFT_LENGTH = 4, 16384


class Fit(NamedTuple):
    """The picture to which ``auto`` fits an analysis.

    Attributes
    ----------
    n_samples : int, optional
        The length of what is drawn.
    samples_per_column : float, optional
        The samples that a pixel along time shows.
    n_bins : int
        The bins that are needed from 0 Hz to half the sample rate.
    spread : bool
        Whether frequencies are on a log or mel scale.
    """

    n_samples: int | None = None
    samples_per_column: float | None = None
    n_bins: int = 0
    spread: bool = False

    def window_size(self, sample_rate: int) -> int:
        """Return the size of the window, in samples.

        >>> [Fit().window_size(rate) for rate in (100, 8000, 16000, 44100, 96000, 192000)]
        [256, 256, 512, 2048, 2048, 1024]
        >>> [Fit(n_samples).window_size(44100) for n_samples in (441, 11907, 44100, 88200)]
        [32, 512, 1024, 2048]
        """
        least, most = _SAMPLES
        most = _ULTRASOUND_SAMPLES if sample_rate > _ULTRASOUND_HZ else most
        size = min(max(_nearest_power_of_two(_WINDOW_S * sample_rate), least), most)
        if self.n_samples is None:
            return size
        return min(size, max(_nearest_power_of_two(self.n_samples / _SHARE), _FEWEST_SAMPLES))

    def fft_length(self, window_size: int) -> int:
        """Return the FFT length, in samples."""
        wanted = _WINDOWS * window_size if self.spread else 2 * (self.n_bins - 1)
        return power_of_two_from(max(window_size, min(wanted, _FFT_LENGTH)))

    def stride(self, window_size: int) -> int:
        """Return the stride, in samples."""
        stride = window_size // _STRIDE
        if self.samples_per_column is not None:
            stride = min(stride, int(self.samples_per_column))
        return max(1, stride)


def power_of_two_from(size: int) -> int:
    """Return the least power of two that is no less than a size."""
    return 1 << (size - 1).bit_length()


def _nearest_power_of_two(size: float) -> int:
    """Return the power of two that is nearest to a size, at least 2.

    >>> [_nearest_power_of_two(0.04 * rate) for rate in (8000, 16000, 44100, 192000)]
    [256, 512, 2048, 8192]
    """
    above = power_of_two_from(max(2, math.ceil(size)))
    return max(2, above if above - size <= size - above / 2 else above // 2)
