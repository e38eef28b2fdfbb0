"""Which samples make which frame: sizes, counts, padding and times."""

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from wav2spec.arrays import Samples
from wav2spec.dsp.windows import is_periodic
from wav2spec.settings.analysis import Analysis


def frame_length(analysis: Analysis) -> int:
    """Return the samples of a frame: the window's, or the FFT's if the window lies in its middle."""
    return int(analysis.fft_length if analysis.window_align == "center" else analysis.window_size)


def window_offset(analysis: Analysis) -> int:
    """Return where in its frame the window begins."""
    return (frame_length(analysis) - int(analysis.window_size)) // 2


def samples_before(analysis: Analysis) -> int:
    """Return how many samples the first frame begins before the recording; negative if it begins after its start."""
    size, stride = frame_length(analysis), int(analysis.stride)
    return {"centered": size // 2, "hop-centered": size // 2 - stride // 2}.get(analysis.framing, 0)


def padding(n_samples: int, analysis: Analysis) -> tuple[int, int]:
    """Return how many samples are added before and after `n_samples`; negative numbers are left out instead."""
    before = samples_before(analysis)
    n_frames = count_frames(n_samples, analysis)
    return before, (n_frames - 1) * int(analysis.stride) + frame_length(analysis) - before - n_samples


def count_frames(n_samples: int, analysis: Analysis) -> int:
    """Return how many frames `n_samples` give.

    Examples
    --------
    >>> valid = Analysis(window_size=4, stride=3, fft_length=4)
    >>> count_frames(10, valid), count_frames(3, valid)
    (3, 0)
    """
    if not n_samples:
        return 0
    stride = int(analysis.stride)
    # What is left of the recording, padded at both ends, behind the first frame.
    left = n_samples + 2 * samples_before(analysis) - frame_length(analysis)
    match analysis.frame_count:
        case "floor":
            return n_samples // stride
        case "round":
            return (n_samples + stride // 2) // stride
        case "ceil":
            return -(-n_samples // stride)
        case "cover":
            return 1 + max(0, -(-left // stride))
        case "open":
            return max(0, -(-left // stride))
    return -(-n_samples // stride) if analysis.framing == "pad-end" else max(0, 1 + left // stride)


def frame_times(frames: npt.ArrayLike, analysis: Analysis, sample_rate: int) -> npt.NDArray[np.float64]:
    """Return the time of each of the frames in s: where its window is greatest, counted from the first sample."""
    size = int(analysis.window_size)
    middle = size / 2 if is_periodic(analysis) else (size - 1) / 2
    first = window_offset(analysis) + middle - samples_before(analysis)
    starts = np.asarray(frames, np.float64) * int(analysis.stride)
    times: npt.NDArray[np.float64] = (starts + first) / sample_rate
    return times


def pad_blocks(blocks: Iterable[Samples], analysis: Analysis) -> Iterator[Samples]:
    """Yield the same samples with those before and after them that the frames need, and no more.

    The number of samples is known at the end: as many as padding or the choice of the last frame can need are held.
    """
    if analysis.framing == "valid" and analysis.frame_count == "fit":
        yield from blocks
        return
    n_held = frame_length(analysis) + int(analysis.stride) + 1
    before = samples_before(analysis)
    n_samples, started = 0, False
    held: Samples | None = None
    for block in blocks:
        n_samples += len(block)
        held = block if held is None else np.concatenate((held, block))
        # Of fewer samples, both ends are padded at once, as a reflection may reach from one to the other.
        if not started and n_samples > n_held:
            held, started = _pad(held, before, 0, analysis), True
        if started and len(held) > n_held:
            yield held[:-n_held]
            held = held[-n_held:]
    if held is not None and n_samples:
        yield _pad(held, 0 if started else before, padding(n_samples, analysis)[1], analysis)


def _pad(samples: Samples, before: int, after: int, analysis: Analysis) -> Samples:
    """Pad or crop both ends, shape (n_samples, n_channels); few samples are reflected repeatedly, as by `numpy.pad`."""
    # Cropped last, since a reflection may need samples that are cropped.
    widths = ((max(0, before), max(0, after)), (0, 0))
    padded = np.pad(samples, widths, analysis.pad_mode) if len(samples) else samples
    return padded[max(0, -before) : max(0, len(padded) + min(0, after))]
