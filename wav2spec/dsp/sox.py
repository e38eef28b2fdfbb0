"""The columns of SoX's ``spectrogram`` effect, in dB.

SoX averages the power of whole frames in each column of pixels, shortens the window at both ends of the recording, and
keeps the level of each column in single precision. The numbers below are those of SoX 14.4.2 [1]_.

References
----------
.. [1] SoX 14.4.2, src/spectrogram.c and src/effects_i_dsp.c
"""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from wav2spec.arrays import Samples

Floats = npt.NDArray[np.float64]

# Frames are transformed in pieces of this many float64.
_PIECE = 2**18

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
        return _edge_window(self.size, beyond, self.options) if beyond else self.window


def sox_columns(blocks: Iterable[Samples], layout: SoxLayout) -> Iterator[npt.NDArray[np.float32]]:
    """Yield columns of levels in dB re `z_max`, shape (n_channels, n_columns, n_rows), the first row being 0 Hz.

    Parameters
    ----------
    blocks : iterable of ndarray, shape (n, n_channels)
        Full scale at 1.0.
    layout : SoxLayout
        Of as many samples as the blocks hold.
    """
    carried: Floats | None = None
    n_carried = 0
    for power in _powers(blocks, layout):
        columns, first = [], 0
        while first < power.shape[1]:
            frames = power[:, first : first + layout.n_averaged - n_carried]
            first += frames.shape[1]
            # One after the other, as SoX adds them.
            parts = frames if carried is None else np.concatenate((carried, frames), axis=1)
            carried, n_carried = np.add.accumulate(parts, axis=1)[:, -1:], n_carried + frames.shape[1]
            if n_carried == layout.n_averaged:
                columns.append(carried)
                carried, n_carried = None, 0
        if columns:
            yield _levels(np.concatenate(columns, axis=1), layout, layout.n_averaged)
    if carried is not None:
        yield _levels(carried, layout, n_carried)


def _powers(blocks: Iterable[Samples], layout: SoxLayout) -> Iterator[Floats]:
    """Yield the power of frames in order, shape (n_channels, n_frames, n_rows)."""
    size, step = layout.size, layout.step
    at_once = max(1, _PIECE // size)
    n_frames = min(layout.n_frames, layout.n_columns * layout.n_averaged)
    held: Floats | None = None
    # Padded samples that are no longer held, and the next frame.
    n_dropped, frame = 0, 0
    for block in _padded(blocks, layout):
        held = block if held is None else np.concatenate((held, block))
        while frame < n_frames:
            count = min(at_once, n_frames - frame)
            start = layout.first + frame * step - n_dropped
            end = start + (count - 1) * step + size
            if len(held) < end:
                break
            positions = layout.first + np.arange(frame, frame + count) * step
            windows = np.stack([layout.window_at(int(position)) for position in positions])
            frames = np.lib.stride_tricks.sliding_window_view(held[start:end], size, axis=0)[::step]
            spectra = np.fft.rfft(frames.transpose(1, 0, 2) * windows, axis=-1)
            yield spectra.real**2 + spectra.imag**2
            frame += count
            done = start + count * step
            held, n_dropped = held[done:], n_dropped + done


def _levels(sums: Floats, layout: SoxLayout, n_frames: int) -> npt.NDArray[np.float32]:
    """Return the mean power of so many frames in dB, in the precision that SoX keeps."""
    norm = 1.0 / layout.n_averaged
    if n_frames < layout.n_averaged:
        norm *= layout.n_averaged / n_frames
    with np.errstate(divide="ignore", invalid="ignore"):
        decibels = 10.0 * np.log10(sums * norm)
    return (decibels - layout.options.z_max).astype(np.float32)


def _padded(blocks: Iterable[Samples], layout: SoxLayout) -> Iterator[Floats]:
    """Yield a transform's size of zeros, the samples as SoX's 32-bit integers have them, and the zeros at the end."""
    n_samples, shape = 0, (0, 1)
    for block in blocks:
        if not n_samples:
            shape = block.shape
            yield np.zeros((layout.size, shape[1]))
        n_samples += len(block)
        exact = block.astype(np.float64) * 2.0**31
        rounded = np.trunc(exact + np.copysign(0.5, exact))
        yield np.clip(rounded, -(2.0**31), 2.0**31 - 1) / 2.0**31
    # One sample more than the frames need, so that they all end before the end.
    yield np.zeros((layout.n_samples - n_samples + layout.n_zeros + layout.size + layout.step, shape[1]))


def _columns(options: SoxAnalysis, duration: float) -> tuple[float, int]:
    """Return columns in a second, and the most columns."""
    duration = duration if duration > 0 else 1.0
    if options.per_second:
        n_columns = options.x_size or min(_MAX_COLUMNS, int(options.per_second * duration + 0.5))
        return options.per_second, n_columns
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
def _edge_window(size: int, beyond: int, options: SoxAnalysis) -> Floats:
    return _window(size, beyond, options)[0]


def _window(size: int, beyond: int, options: SoxAnalysis) -> tuple[Floats, float]:
    """Return the window scaled so that a sine of amplitude 1 reads 0 dB, and its sum before.

    It is the symmetric window of one point more without its last, shortened by the samples `beyond` the start, or the
    end if negative.
    """
    n = 1 + size - abs(beyond)
    window, offset = np.zeros(size + 1), max(beyond, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        window[offset : offset + n] = _SHAPES[options.window](n, options)
        window = window[:size]
        total = float(window.sum())
        return window * (np.float64(2.0) / total * ((n - 1) / size) ** 2), total


def _turns(n: int) -> Floats:
    """Return the points of a symmetric window from 0 to 1; a single point is none."""
    return np.arange(n) / np.float64(n - 1)


def _kaiser(n: int, options: SoxAnalysis) -> Floats:
    beta = _kaiser_beta((options.z_range - options.z_max) * (1.1 + options.adjust / 50))
    x = 2.0 * np.arange(n) / np.float64(n - 1) - 1.0
    window: Floats = np.i0(beta * np.sqrt(1.0 - x * x)) / np.i0(beta)
    return window


def _kaiser_beta(attenuation: float, transition: float = 0.1) -> float:
    """Return beta for a stop band so far down (dB); SoX interpolates fits over the width of the transition band."""
    if attenuation >= 60:
        place = math.log(transition / 0.0005) / math.log(2.0)
        index = int(place)
        low, high = (
            ((c[0] * attenuation + c[1]) * attenuation + c[2]) * attenuation + c[3]
            for c in (_KAISER_FITS[min(max(index, 0), 9)], _KAISER_FITS[min(max(index + 1, 0), 9)])
        )
        return low + (high - low) * (place - index)
    if attenuation > 50:
        return 0.1102 * (attenuation - 8.7)
    if attenuation > 20.96:
        return float(0.58417 * (attenuation - 20.96) ** 0.4 + 0.07886 * (attenuation - 20.96))
    return 0.0


# Cubic fits of beta over the attenuation, for transition bands that double from 0.0005.
_KAISER_FITS = (
    (-6.784957e-10, 1.02856e-05, 0.1087556, -0.8988365 + 0.001),
    (-6.897885e-10, 1.027433e-05, 0.10876, -0.8994658 + 0.002),
    (-1.000683e-09, 1.030092e-05, 0.1087677, -0.9007898 + 0.003),
    (-3.654474e-10, 1.040631e-05, 0.1087085, -0.8977766 + 0.006),
    (8.106988e-09, 6.983091e-06, 0.1091387, -0.9172048 + 0.015),
    (9.519571e-09, 7.272678e-06, 0.1090068, -0.9140768 + 0.025),
    (-5.626821e-09, 1.342186e-05, 0.1083999, -0.9065452 + 0.05),
    (-9.965946e-08, 5.073548e-05, 0.1040967, -0.7672778 + 0.085),
    (1.604808e-07, -5.856462e-05, 0.1185998, -1.34824 + 0.1),
    (-1.511964e-07, 6.363034e-05, 0.1064627, -0.9876665 + 0.18),
)


def _dolph(n: int, options: SoxAnalysis) -> Floats:
    """Return the Dolph-Chebyshev window, each point summed as a series until its terms vanish."""
    attenuation = (options.z_range - options.z_max) * (1.005 + options.adjust / 50) + 6
    window = np.ones(n)
    if n == 1:
        return np.full(1, np.nan)
    b = math.cosh(math.acosh(10.0 ** (attenuation / 20)) / (n - 1))
    c, norm = 1 - 1 / (b * b), 0.0
    for i in range((n - 1) // 2, -1, -1):
        total = float(i == 0)
        term, before, j = 1.0, 1.0, 1
        while j <= i and total != before:
            before = total
            term *= c * (n - i - j) * (1.0 / j)
            total += term
            term *= (i - j) * (1.0 / j)
            j += 1
        total /= n - 1 - i
        norm = norm or total
        total /= norm
        window[i] *= total
        window[n - 1 - i] *= total
    return window


_SHAPES: dict[str, Callable[[int, SoxAnalysis], Floats]] = {
    "hann": lambda n, _: 0.5 - 0.5 * np.cos(2.0 * math.pi * _turns(n)),
    "hamming": lambda n, _: 0.53836 - 0.46164 * np.cos(2.0 * math.pi * _turns(n)),
    "bartlett": lambda n, _: 2.0 / np.float64(n - 1) * ((n - 1) / 2.0 - np.abs(np.arange(n) - (n - 1) / 2.0)),
    "rectangular": lambda n, _: np.ones(n),
    "kaiser": _kaiser,
    "dolph": _dolph,
}
