"""Which samples make which frame: sizes, counts, padding and times."""

from collections.abc import Iterable, Iterator
from typing import Literal

import numpy as np
import numpy.typing as npt

from wav2spec.arrays import Samples
from wav2spec.dsp.windows import is_periodic
from wav2spec.errors import SettingError
from wav2spec.settings.analysis import Analysis


def frame_length(analysis: Analysis) -> int:
    """Return the samples of a frame: the window's, or the FFT's if the window lies in its middle."""
    return int(analysis.fft_length if analysis.window_align == "center" else analysis.window_size)


def window_offset(analysis: Analysis) -> int:
    """Return where in its frame the window begins."""
    return (frame_length(analysis) - int(analysis.window_size)) // 2


def padding(n_samples: int, analysis: Analysis) -> tuple[int, int]:
    """Return how many samples are added before and after `n_samples`."""
    size, stride = frame_length(analysis), int(analysis.stride)
    if analysis.framing == "centered":
        return size // 2, size // 2
    if analysis.framing == "pad-end" and n_samples:
        last_start = (n_samples - 1) // stride * stride
        return 0, max(0, last_start + size - n_samples)
    return 0, 0


def count_frames(n_samples: int, analysis: Analysis) -> int:
    """Return how many frames `n_samples` give.

    Examples
    --------
    >>> valid = Analysis(window_size=4, stride=3, fft_length=4)
    >>> count_frames(10, valid), count_frames(3, valid)
    (3, 0)
    """
    n_padded = n_samples + sum(padding(n_samples, analysis)) if n_samples else 0
    size = frame_length(analysis)
    return 0 if n_padded < size else 1 + (n_padded - size) // int(analysis.stride)


def check_reflection(n_samples: int, analysis: Analysis) -> None:
    """Check that there are samples enough to be reflected.

    Raises
    ------
    SettingError
        If a reflection would be longer than what it reflects.
    """
    longest = max(padding(n_samples, analysis))
    if analysis.pad_mode == "reflect" and longest >= n_samples:
        message = f"to reflect {longest} samples takes at least {longest + 1}, there are {n_samples}"
        raise SettingError("pad_mode", message)


def frame_times(frames: npt.ArrayLike, analysis: Analysis, sample_rate: int) -> npt.NDArray[np.float64]:
    """Return the time of each of the frames in s: where its window is greatest, counted from the first sample."""
    size = int(analysis.window_size)
    middle = size / 2 if is_periodic(analysis) else (size - 1) / 2
    first = window_offset(analysis) + middle - padding(1, analysis)[0]
    starts = np.asarray(frames, np.float64) * int(analysis.stride)
    times: npt.NDArray[np.float64] = (starts + first) / sample_rate
    return times


def padded(blocks: Iterable[Samples], analysis: Analysis) -> Iterator[Samples]:
    """Yield the same samples with those before and after them that the framing asks for.

    The end is known when it comes: only as many samples as may be reflected there are held.
    """
    if analysis.framing == "valid":
        yield from blocks
        return
    reach = frame_length(analysis) + 1
    before = padding(1, analysis)[0]
    n_samples = 0
    held: Samples | None = None
    for block in blocks:
        n_samples += len(block)
        held = block if held is None else np.concatenate((held, block))
        if n_samples > before > 0:
            held, before = _pad(held, before, 0, analysis), 0
        if not before and len(held) > reach:
            yield held[:-reach]
            held = held[-reach:]
    if held is not None and n_samples:
        yield _pad(held, before, padding(n_samples, analysis)[1], analysis)


def _pad(samples: Samples, before: int, after: int, analysis: Analysis) -> Samples:
    mode: Literal["constant", "reflect", "edge"] = analysis.pad_mode
    return np.pad(samples, ((before, after), (0, 0)), mode)
