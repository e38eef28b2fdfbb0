"""The columns of SoX's ``spectrogram`` effect, in dB.

SoX averages the power of whole frames in each column of pixels, shortens the window at both ends of the recording, and
keeps the level of each column in single precision. The numbers below are those of SoX 14.4.2 [1]_.

References
----------
.. [1] SoX 14.4.2, src/spectrogram.c
"""

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from wav2spec.arrays import Samples
from wav2spec.dsp.sox.fourier import is_power_of_two, sox_power
from wav2spec.dsp.sox.layout import SoxLayout

Floats = npt.NDArray[np.float64]

# Frames are transformed in pieces of about this many float64. A column of up to so many, of hours, is a piece.
_PIECE, _LONGEST_COLUMN = 2**18, 2**20


def sox_columns(blocks: Iterable[Samples], layout: SoxLayout) -> Iterator[npt.NDArray[np.float32]]:
    """Yield columns of levels in dB re `z_max`, shape (n_channels, n_columns, n_rows), the first row being 0 Hz.

    Parameters
    ----------
    blocks : iterable of ndarray, shape (n, n_channels)
        Full scale at 1.0.
    layout : SoxLayout
        Of as many samples as the blocks hold.
    """
    at_once, n = max(1, _PIECE // layout.size), layout.n_averaged
    if n * layout.size > _LONGEST_COLUMN:
        yield from _long_columns(_frames(blocks, layout, at_once), layout)
        return
    for frames in _frames(blocks, layout, max(1, at_once // n) * n):
        yield _short_columns(frames, layout)


def _short_columns(frames: Floats, layout: SoxLayout) -> npt.NDArray[np.float32]:
    """Return the levels of whole columns from their frames, shape (n_channels, n_frames, size).

    NumPy's transform is faster than SoX's. Levels that the difference between the two might change are computed again.
    """
    n_frames, n = frames.shape[1], layout.n_averaged
    starts = np.arange(0, n_frames, n)
    counts = np.diff(starts, append=n_frames)[:, np.newaxis]
    spectra = np.fft.rfft(frames, axis=-1)
    sums = np.add.reduceat(spectra.real**2 + spectra.imag**2, starts, axis=1)
    loudest = np.maximum.reduceat(np.abs(frames).sum(axis=-1, keepdims=True), starts, axis=1)
    uncertain = _uncertain(sums / counts, loudest, layout)
    for channel, column in np.argwhere(uncertain.any(axis=-1)):
        bins = np.flatnonzero(uncertain[channel, column])
        own = frames[channel, starts[column] : starts[column] + n].T
        sums[channel, column, bins] = np.add.accumulate(sox_power(own, bins), axis=1)[:, -1]
    return _levels(sums, counts, layout)


def _uncertain(power: Floats, loudest: Floats, layout: SoxLayout) -> npt.NDArray[np.bool_]:
    """Say which mean powers may round to another visible level in SoX's order of operations.

    Parameters
    ----------
    power : ndarray, shape (n_channels, n_columns, n_rows)
    loudest : ndarray, shape (n_channels, n_columns, 1)
        Greatest sum of magnitudes of the samples of a frame, which bounds rounding.
    layout : SoxLayout
    """
    # The sum of a bin has terms whose angle is off by up to a rounding of as many turns as there are samples.
    error = loudest * (1e-14 if is_power_of_two(layout.size) else 2e-15 * layout.size)
    magnitude = np.sqrt(power)
    with np.errstate(divide="ignore"):
        low, high = (
            (20.0 * np.log10(bound) - layout.options.z_max).astype(np.float32)
            for bound in (np.maximum(magnitude - error, 0.0), magnitude + error)
        )
    uncertain: npt.NDArray[np.bool_] = (low != high) & (low < 0.0) & (high >= -layout.options.z_range)
    return uncertain


def _long_columns(pieces: Iterable[Floats], layout: SoxLayout) -> Iterator[npt.NDArray[np.float32]]:
    """Yield the levels of columns whose frames are too many to be kept, one at a time."""
    sums, count = np.zeros(()), 0
    for frames in pieces:
        power = np.stack([sox_power(channel.T).T for channel in frames])
        for frame in np.moveaxis(power, 1, 0):
            sums, count = sums + frame, count + 1
            if count == layout.n_averaged:
                yield _levels(sums[:, np.newaxis], count, layout)
                sums, count = np.zeros(()), 0
    if count:
        yield _levels(sums[:, np.newaxis], count, layout)


def _levels(sums: Floats, counts: int | npt.NDArray[np.intp], layout: SoxLayout) -> npt.NDArray[np.float32]:
    """Return the mean power of so many frames in dB, in the precision that SoX keeps."""
    n = layout.n_averaged
    with np.errstate(divide="ignore"):
        decibels = 10.0 * np.log10(sums * (1.0 / n * (n / counts)))
    return (decibels - layout.options.z_max).astype(np.float32)


def _frames(blocks: Iterable[Samples], layout: SoxLayout, at_once: int) -> Iterator[Floats]:
    """Yield so many windowed frames at a time, shape (n_channels, n_frames, size)."""
    size, step = layout.size, layout.step
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
            yield frames.transpose(1, 0, 2) * windows
            frame += count
            done = start + count * step
            held, n_dropped = held[done:], n_dropped + done


def _padded(blocks: Iterable[Samples], layout: SoxLayout) -> Iterator[Floats]:
    """Yield a transform's size of zeros, the samples as SoX's 32-bit integers have them, and the zeros at the end."""
    n_samples, shape = 0, (0, 1)
    for block in blocks:
        if not n_samples:
            shape = block.shape
            yield np.zeros((layout.size, shape[1]))
        n_samples += len(block)
        # SoX cuts off what 32-bit floats have beyond.
        whole = np.trunc(block.astype(np.float64) * 2.0**31)
        yield np.clip(whole, -(2.0**31), 2.0**31 - 1) / 2.0**31
    # One sample more than the frames need, so that they all end before the end.
    yield np.zeros((layout.n_samples - n_samples + layout.n_zeros + layout.size + layout.step, shape[1]))
