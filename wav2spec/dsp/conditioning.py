"""What is done to samples and frames before the window: pre-emphasis, the mean, the energy of a frame."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from wav2spec.arrays import Samples
from wav2spec.settings.analysis import Analysis

Floats = npt.NDArray[np.float64]

# The least energy of a frame, which has a logarithm: float32's epsilon, as in Kaldi.
_LEAST_ENERGY = 2.0**-23


def emphasize_blocks(blocks: Iterable[Samples], coefficient: float) -> Iterator[npt.NDArray[Any]]:
    """Yield ``x[n] - coefficient * x[n - 1]`` of a recording, whose first sample stays as it is."""
    last: Samples | None = None
    for block in blocks:
        if not len(block):
            continue
        emphasized = block.astype(np.float64)
        emphasized[1:] -= coefficient * block[:-1].astype(np.float64)
        if last is not None:
            emphasized[0] -= coefficient * last.astype(np.float64)
        last = block[-1]
        yield emphasized


def emphasize_frames(frames: Floats, coefficient: float) -> Floats:
    """Return ``x[n] - coefficient * x[n - 1]`` within each frame along the last axis.

    The first sample is taken as its own predecessor, as in Kaldi and HTK.
    """
    emphasized = np.empty_like(frames)
    np.multiply(frames[..., :-1], coefficient, out=emphasized[..., 1:])
    np.subtract(frames[..., 1:], emphasized[..., 1:], out=emphasized[..., 1:])
    np.multiply(frames[..., 0], 1.0 - coefficient, out=emphasized[..., 0])
    return emphasized


def remove_mean(frames: Floats) -> Floats:
    """Return frames without their mean along the last axis."""
    centered: Floats = frames - frames.mean(axis=-1, keepdims=True)
    return centered


def frame_energy(frames: Floats, sample_scale: float, floor: float) -> Floats:
    """Return the sum of squares of each frame along the last axis, at least `floor`, in units of `sample_scale`."""
    energy = np.square(frames).sum(axis=-1) * sample_scale**2
    least: Floats = np.maximum(energy, max(floor, _LEAST_ENERGY))
    return least


def condition(frames: Floats, analysis: Analysis) -> tuple[Floats, Floats | None]:
    """Return frames as they meet the window, and their energy if it is asked for.

    Parameters
    ----------
    frames : ndarray, shape (n_frames, window_size)
    analysis : Analysis

    Returns
    -------
    frames : ndarray, shape (n_frames, window_size)
    energy : ndarray, shape (n_frames,), or None
    """
    if analysis.detrend == "mean":
        frames = remove_mean(frames)
    energy = None
    if analysis.energy != "none":
        energy = frame_energy(frames, analysis.sample_scale, analysis.energy_floor)
    if analysis.preemphasis and analysis.preemphasis_of == "frame":
        frames = emphasize_frames(frames, analysis.preemphasis)
    return frames, energy
