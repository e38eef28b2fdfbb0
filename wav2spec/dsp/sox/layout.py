"""How SoX's ``spectrogram`` divides a recording into frames and columns [1]_.

References
----------
.. [1] SoX 14.4.2, src/spectrogram.c
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from wav2spec.dsp.sox.windows import sox_window

Floats = npt.NDArray[np.float64]

# Number of columns unless it is given, and the most per second and in all.
_COLUMNS, _MAX_PER_SECOND, _MAX_COLUMNS = 800, 5000, 200_000

# Rows of all channels unless they are given.
_ROWS = 550


@dataclass(frozen=True)
class SoxAnalysis:
    """The options of ``sox FILE -n spectrogram`` that change levels, by SoX's names.

    Attributes
    ----------
    x_size : int, optional
        Columns (-x).
    per_second : float, optional
        Columns in a second (-X).
    y_size : int, optional
        Rows of a channel (-y).
    z_range, z_max : float
        Range of levels and the highest, in dB (-z, -Z).
    window : str
        hann, hamming, bartlett, rectangular, kaiser or dolph (-w).
    adjust : float
        Adjusts kaiser and dolph (-W).
    slack : bool
        Whether windows overlap less (-s).
    """

    x_size: int | None = None
    per_second: float | None = None
    y_size: int | None = None
    z_range: float = 120.0
    z_max: float = 0.0
    window: str = "hann"
    adjust: float = 0.0
    slack: bool = False


class SoxLayout:
    """Where the frames of a recording begin and which of them make a column.

    Attributes
    ----------
    size : int
        Of the transform; of a channel there are ``size // 2 + 1`` rows.
    step : int
        From frame to frame, in samples.
    n_averaged : int
        Frames in a column.
    n_columns : int
    """

    def __init__(self, options: SoxAnalysis, n_samples: int, n_channels: int, sample_rate: int) -> None:
        self.options, self.n_samples = options, n_samples
        self.sample_rate = sample_rate
        self.size = _transform_size(options.y_size, n_channels)
        self.window, window_sum = _window(self.size, 0, options)
        per_second, most = _columns(options, n_samples / sample_rate)
        step = int((math.sqrt(window_sum * self.size) if options.slack else window_sum) + 0.5)
        block = int(sample_rate / per_second)
        self.step = max(1, int(block / math.ceil(block / step) + 0.5))
        self.n_averaged = max(1, math.floor(block / self.step + 0.5))
        # The first frame is centred on the first sample.
        self.first = self.step - int((self.step - self.size) / 2)
        self.n_zeros = self._zeros_at_end()
        left = n_samples + self.n_zeros - self.first
        self.n_frames = left // self.step + 1 if left >= 0 else 0
        self.n_columns = min(most, -(-self.n_frames // self.n_averaged))

    @property
    def frequencies(self) -> Floats:
        """The frequency of each row in Hz, from 0 to half the sample rate."""
        return np.linspace(0.0, self.sample_rate / 2, self.size // 2 + 1)

    def _zeros_at_end(self) -> int:
        """Return how many zeros are fed when the recording has ended: half a frame, and up to a step more."""
        n_done = (self.n_samples - self.first) // self.step + 1 if self.n_samples >= self.first else 0
        if n_done:
            n_read = self.n_samples - self.first - (n_done - 1) * self.step or self.step
        else:
            n_read = self.n_samples + int((self.step - self.size) / 2)
        n_zeros = (self.size - self.step) // 2
        left = (n_zeros + n_read) % self.step
        return n_zeros + self.step - left if left >= self.step >> 1 else n_zeros

    def window_at(self, position: int) -> Floats:
        """Return the window of the frame that ends at a sample, shortened where it reaches beyond the recording."""
        if position <= self.n_samples:
            beyond = max(self.size - position, 0)
        else:
            beyond = max(self.n_samples - position, -self.size)
        return _window(self.size, beyond, self.options)[0] if beyond else self.window


def _columns(options: SoxAnalysis, duration: float) -> tuple[float, int]:
    """Return columns in a second, and the most columns."""
    duration = duration if duration > 0 else 1.0
    if options.per_second:
        n_columns = options.x_size or min(_MAX_COLUMNS, int(options.per_second * duration + 0.5))
        # SoX takes no columns for a number that is not given.
        return options.per_second, n_columns or _COLUMNS
    n_columns = options.x_size or _COLUMNS
    return min(float(_MAX_PER_SECOND), n_columns / duration), n_columns


def _transform_size(y_size: int | None, n_channels: int) -> int:
    if y_size:
        return 2 * (y_size - 1)
    limit, size = max(32, _ROWS // n_channels - 2), 128
    while size <= limit:
        size *= 2
    return size


@lru_cache(maxsize=64)
def _window(size: int, beyond: int, options: SoxAnalysis) -> tuple[Floats, float]:
    return sox_window(options.window, size, beyond, options.z_range - options.z_max, options.adjust)
