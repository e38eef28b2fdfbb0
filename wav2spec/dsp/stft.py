"""The short-time Fourier transform in NumPy."""

import functools
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from wav2spec.arrays import Magnitudes, Samples
from wav2spec.dsp.conditioning import condition, emphasize_blocks
from wav2spec.dsp.framing import frame_length, pad_blocks, window_offset
from wav2spec.dsp.windows import get_window
from wav2spec.settings.analysis import Analysis

Frames = npt.NDArray[np.float64]

# Frames are yielded in pieces of this many float64.
_PIECE = 2**16
# So many are transformed at once that their samples, spectra and sums stay in a second-level cache of 1 MiB.
_CACHED = 2**15
# Threads transform so many pieces at once: to wait for each other costs more than a cache.
_SHARED = 2


def n_bins(analysis: Analysis) -> int:
    return int(analysis.fft_length) // 2 + 1


def bin_frequencies(analysis: Analysis, sample_rate: int) -> npt.NDArray[np.float64]:
    """Return the frequency of each bin in Hz, from 0 to half the sample rate."""
    # Divided last, the last bin of an even length is exactly half the sample rate.
    return np.arange(n_bins(analysis), dtype=np.float64) * sample_rate / int(analysis.fft_length)


def scaled_window(analysis: Analysis, sample_rate: int) -> npt.NDArray[np.float64]:
    """Return the window times all factors of the samples and of the spectrum, shape (window_size,).

    `spectrum_scale` divides by the window's sum (SciPy's ``scale_to="magnitude"``), by the root of its energy
    (torchaudio's ``normalized="window"``), or by the root of the sample rate times its energy (a density, ``"psd"``).
    """
    window = get_window(analysis)
    energy = float((window * window).sum())
    divisor = {
        "none": 1.0,
        "magnitude": float(window.sum()),
        "window": energy**0.5,
        "psd": (sample_rate * energy) ** 0.5,
    }[analysis.spectrum_scale]
    scaled: npt.NDArray[np.float64] = window * (analysis.sample_scale / divisor)
    return scaled


# Samples of each channel that wait for the frames of a piece, at most, beside those of one frame.
_MAX_HELD = 2**20


def stft_magnitudes(
    blocks: Iterable[Samples],
    analysis: Analysis,
    sample_rate: int = 1,
    then: Callable[[Magnitudes], Magnitudes] | None = None,
    *,
    n_threads: int = 1,
) -> Iterator[Magnitudes]:
    """Yield short-time spectra, a block of frames at a time.

    Parameters
    ----------
    blocks : iterable of ndarray, shape (n, n_channels), float32
        The recording in order, full scale at 1.0. Block sizes change neither the result nor its blocks.
    analysis : Analysis
        In samples, see `Analysis.resolved`.
    sample_rate : int
        In Hz, for a spectral density.
    then : callable, optional
        Applied to each block, in the thread that formed it.
    n_threads : int
        Threads that transform, beside the caller's if there are several. They do not change the result.

    Yields
    ------
    ndarray, shape (n_channels, n_frames, fft_length // 2 + 1), float32
        ``|X|``, or ``|X|**2`` with `magnitude_squared`. Frame 0 is the first, bin 0 is 0 Hz. One column more holds the
        energy (its root without `magnitude_squared`) if the analysis asks for it. With `then`, its results instead.

    Notes
    -----
    The transform and the sums of squares are formed in float64 and rounded once to float32; the root is taken of the
    rounded sum, as TensorFlow's kernel does [1]_, so that images agree to the pixel. The place of a shorter window in
    the FFT changes phases, not magnitudes: it is always transformed from the left, followed by zeros.

    References
    ----------
    .. [1] tensorflow/core/kernels/spectrogram.cc, spectrogram_op.cc
    """
    if analysis.preemphasis and analysis.preemphasis_of == "signal":
        blocks = emphasize_blocks(blocks, analysis.preemphasis)

    length = int(analysis.fft_length)
    # Memory does not grow with the stride.
    most_rows = 1 + _MAX_HELD // int(analysis.stride)
    piece_rows = min(max(1, _PIECE // length), most_rows)
    n_pieces = 1 if n_threads == 1 else min(_SHARED, most_rows // piece_rows)
    rows_at_once = max(1, _CACHED // length) if n_threads == 1 else n_pieces * piece_rows

    def spectra(frames: Frames) -> Magnitudes:
        magnitudes = _transforms.get(analysis, sample_rate, rows_at_once)(frames)
        return magnitudes if then is None else then(magnitudes)

    frames = _iter_frames(blocks, analysis, n_pieces * piece_rows)
    if n_threads == 1:
        yield from map(spectra, frames)
        return
    # Loaded where it is of use.
    from wav2spec.dsp.threads import map_in_threads

    for shared in map_in_threads(spectra, frames, n_threads):
        for first in range(0, shared.shape[1], piece_rows):
            yield np.ascontiguousarray(shared[:, first : first + piece_rows])


def _iter_frames(blocks: Iterable[Samples], analysis: Analysis, chunk_rows: int) -> Iterator[Frames]:
    """Yield the samples under the window, shape (n_channels, n_frames, window_size), `chunk_rows` frames at a time.

    Pieces do not depend on the blocks, so that neither do sums over pieces.
    """
    size, stride, offset = frame_length(analysis), int(analysis.stride), window_offset(analysis)
    whole = slice(offset, offset + int(analysis.window_size))
    enough = size + (chunk_rows - 1) * stride
    held: list[npt.NDArray[Any]] = []
    n_held = skip = 0

    def pieces(*, last: bool) -> Iterator[Frames]:
        nonlocal held, n_held, skip
        joined = np.empty((held[0].shape[1], n_held))
        np.concatenate(held, axis=0, out=joined.T)
        # Padded samples are framed as they are.
        n_ready = max(0, 1 + (n_held - size) // stride)
        if not last:
            n_ready -= n_ready % chunk_rows
        if n_ready:
            # Overlapping views, as of `sliding_window_view`, which takes as long as the transform of ten frames.
            shape, (channel, sample) = (len(joined), n_ready, size), joined.strides
            overlapping = (channel, stride * sample, sample)
            frames = np.ndarray(shape, joined.dtype, joined, strides=overlapping)[:, :, whole]
            for first in range(0, n_ready, chunk_rows):
                yield frames[:, first : min(first + chunk_rows, n_ready)]
        skip = max(0, n_ready * stride - n_held)
        held = [joined[:, n_ready * stride :].T]
        n_held = len(held[0])

    for block in pad_blocks(blocks, analysis):
        fresh = block[skip:]
        skip = max(0, skip - len(block))
        held.append(fresh)
        n_held += len(fresh)
        if n_held >= enough:
            yield from pieces(last=False)
    if held:
        yield from pieces(last=True)


class _Transform:
    """Windowed frames to magnitudes, `n_rows` at a time, through buffers that are made once."""

    def __init__(self, analysis: Analysis, sample_rate: int, n_rows: int) -> None:
        length = int(analysis.fft_length)
        self._analysis = analysis
        self._window = scaled_window(analysis, sample_rate)
        self._n_rows = n_rows
        self._padded = np.zeros((n_rows, length))
        self._windowed = self._padded[:, : int(analysis.window_size)]
        self._spectra = np.empty((n_rows, n_bins(analysis)), np.complex128)
        self._parts = self._spectra.view(np.float64).reshape(n_rows, -1, 2)
        self._sums = np.empty((n_rows, n_bins(analysis)))
        self._doubled = slice(1, (length + 1) // 2) if analysis.sides == "onesided2X" else None

    def __call__(self, frames: Frames) -> Magnitudes:
        n_channels, n_frames, _ = frames.shape
        n_columns = self._spectra.shape[1] + (self._analysis.energy != "none")
        magnitudes = np.empty((n_channels, n_frames, n_columns), np.float32)
        # Finite samples can be so large that their squares are not: they become infinite, as in TensorFlow.
        with np.errstate(over="ignore"):
            for first in range(0, n_frames, self._n_rows):
                some = slice(first, first + self._n_rows)
                for channel in range(n_channels):
                    self._transform(frames[channel, some], magnitudes[channel, some])
        return magnitudes

    def _transform(self, frames: Frames, out: Magnitudes) -> None:
        analysis, n_spectrum = self._analysis, self._spectra.shape[1]
        conditioned, energy = condition(frames, analysis)
        self._power(conditioned, out[:, :n_spectrum])
        if energy is not None:
            out[:, n_spectrum] = energy
        if self._doubled is not None:
            out[:, self._doubled] *= 2
        if analysis.spectrum_offset:
            out[:, :n_spectrum] += np.float32(analysis.spectrum_offset)
        if not analysis.magnitude_squared:
            np.sqrt(out, out=out)

    def _power(self, frames: Frames, out: Magnitudes) -> None:
        n = len(frames)
        np.multiply(frames, self._window, out=self._windowed[:n])
        np.fft.rfft(self._padded[:n], axis=1, out=self._spectra[:n])
        parts = self._parts[:n]
        np.multiply(parts, parts, out=parts)
        # Rounded in a step of its own, which takes half the time.
        sums = np.add(parts[..., 0], parts[..., 1], out=self._sums[:n])
        np.copyto(out, sums, casting="same_kind")


class _Transforms(threading.local):
    """The transforms of a thread, whose buffers serve one recording after the other."""

    def __init__(self) -> None:
        self.get = functools.lru_cache(maxsize=4)(_Transform)


_transforms = _Transforms()
