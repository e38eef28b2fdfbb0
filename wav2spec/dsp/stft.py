"""The short-time Fourier transform in NumPy."""

import functools
import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from wav2spec.arrays import Magnitudes, Samples
from wav2spec.dsp.framing import count_frames, frame_length, padded, window_offset
from wav2spec.dsp.threads import map_in_thread
from wav2spec.dsp.windows import get_window
from wav2spec.settings.analysis import Analysis

# Frames are transformed in pieces of this many float64 (512 KiB), so that a piece stays in the second-level cache.
_PIECE = 2**16


def n_bins(analysis: Analysis) -> int:
    return int(analysis.fft_length) // 2 + 1


def bin_frequencies(analysis: Analysis, sample_rate: int) -> npt.NDArray[np.float64]:
    """Return the frequency of each bin in Hz, from 0 to half the sample rate."""
    # Divided last, the last bin of an even length is exactly half the sample rate.
    return np.arange(n_bins(analysis), dtype=np.float64) * sample_rate / int(analysis.fft_length)


def stft_magnitudes(blocks: Iterable[Samples], analysis: Analysis, *, threaded: bool = False) -> Iterator[Magnitudes]:
    """Yield short-time spectra, a block of frames at a time.

    Parameters
    ----------
    blocks : iterable of ndarray, shape (n, n_channels), float32
        The recording in order, full scale at 1.0. Block sizes do not change the result.
    analysis : Analysis
        In samples, see `Analysis.resolved`.
    threaded : bool
        Whether the transform goes on in a thread beside whoever brings the samples and takes the spectra.

    Yields
    ------
    ndarray, shape (n_channels, n_frames, fft_length // 2 + 1), float32
        ``|X|``, or ``|X|**2`` with `magnitude_squared`. Frame 0 is the first, bin 0 is 0 Hz.

    Notes
    -----
    The transform and the sums of squares are formed in float64 and rounded once to float32; the root is taken of the
    rounded sum, as TensorFlow's kernel does [1]_, so that images agree to the pixel. Where in the FFT a shorter window
    lies turns phases, not magnitudes: it is always transformed from the left, and zeros fill up the rest.

    References
    ----------
    .. [1] tensorflow/core/kernels/spectrogram.cc, spectrogram_op.cc
    """
    # Buffers must not be shared between threads.
    transform = _Transform(analysis) if threaded else _transforms.get(analysis)
    pieces = _iter_frames(blocks, analysis, transform.n_frames)
    yield from map_in_thread(transform, pieces) if threaded else map(transform, pieces)


def _iter_frames(blocks: Iterable[Samples], analysis: Analysis, chunk_rows: int) -> Iterator[npt.NDArray[np.float64]]:
    """Yield the samples under the window, shape (n_channels, n_frames, window_size), so many frames at once."""
    size, stride, offset = frame_length(analysis), int(analysis.stride), window_offset(analysis)
    whole = slice(offset, offset + int(analysis.window_size))
    # What has been padded is framed as it is.
    valid = replace(analysis, framing="valid")
    held: npt.NDArray[np.float64] | None = None
    skip = 0
    for block in padded(blocks, analysis):
        fresh = block[skip:].T
        skip = max(0, skip - len(block))
        n_held = 0 if held is None else held.shape[1]
        joined = np.empty((len(fresh), n_held + fresh.shape[1]))
        joined[:, n_held:] = fresh
        if held is not None:
            joined[:, :n_held] = held
        held = joined
        n_ready = count_frames(held.shape[1], valid)
        if n_ready:
            frames = np.lib.stride_tricks.sliding_window_view(held, size, axis=1)[:, ::stride, whole]
            for first in range(0, n_ready, chunk_rows):
                yield frames[:, first : first + chunk_rows]
            skip = max(0, n_ready * stride - held.shape[1])
            held = held[:, n_ready * stride :]


class _Transform:
    """Windowed frames to magnitudes, up to `n_frames` at once, through buffers that are made once."""

    def __init__(self, analysis: Analysis) -> None:
        length = int(analysis.fft_length)
        self.n_frames = max(1, _PIECE // length)
        self._window = get_window(analysis)
        self._padded = np.zeros((self.n_frames, length))
        self._spectra = np.empty((self.n_frames, n_bins(analysis)), np.complex128)
        self._squared = analysis.magnitude_squared

    def __call__(self, frames: npt.NDArray[np.float64]) -> Magnitudes:
        n_channels, n_frames, window_size = frames.shape
        padded, spectra = self._padded[:n_frames], self._spectra[:n_frames]
        parts = spectra.view(np.float64).reshape(n_frames, -1, 2)
        magnitudes = np.empty((n_channels, n_frames, spectra.shape[1]), np.float32)
        # Finite samples can be so large that their squares are not: they become infinite, as in TensorFlow.
        with np.errstate(over="ignore"):
            for channel in range(n_channels):
                np.multiply(frames[channel], self._window, out=padded[:, :window_size])
                np.fft.rfft(padded, axis=1, out=spectra)
                np.multiply(parts, parts, out=parts)
                np.add(parts[..., 0], parts[..., 1], out=magnitudes[channel], casting="same_kind")
            if not self._squared:
                np.sqrt(magnitudes, out=magnitudes)
        return magnitudes


class _Transforms(threading.local):
    """The transforms of a thread, whose buffers serve one recording after the other."""

    def __init__(self) -> None:
        self.get = functools.lru_cache(maxsize=4)(_Transform)


_transforms = _Transforms()
