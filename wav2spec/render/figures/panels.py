"""A spectrogram brought to the pixels of a panel, with the axes that it has there."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from wav2spec.arrays import Pixels
from wav2spec.dsp.decibels import to_db
from wav2spec.dsp.filterbank import hz_to_mel, mel_to_hz
from wav2spec.dsp.framing import frame_times
from wav2spec.dsp.pooling import Axis, forward_fill, pool_bands, pool_frames, repeat_bands
from wav2spec.dsp.spectrogram import SpectrogramStream
from wav2spec.render.quantize import quantize
from wav2spec.settings.bands import Bands
from wav2spec.settings.choices import Reduce

Floats = npt.NDArray[np.floating[Any]]


_TINY = np.finfo(np.float64).tiny


@dataclass(frozen=True)
class FrequencyScale:
    """From Hz to the units in which bands are equally wide, and back."""

    from_hz: Callable[[npt.ArrayLike], Floats]
    to_hz: Callable[[npt.ArrayLike], Floats]


def frequency_scale(bands: Bands) -> FrequencyScale:
    if bands.freq_scale == "log":
        return FrequencyScale(np.log2, np.exp2)
    if bands.freq_scale == "mel":
        formula = bands.mel_formula
        return FrequencyScale(lambda hz: hz_to_mel(hz, formula), lambda mel: mel_to_hz(mel, formula))
    return FrequencyScale(np.asarray, np.asarray)


def frequency_axis(stream: SpectrogramStream) -> Axis:
    """Return the axis of the bands, in the units of their scale.

    Bins are drawn from the middle of the first to the middle of the last, so that 0 Hz and half the sample rate lie on
    the edges; bands from edge to edge.
    """
    middles = frequency_scale(stream.settings.bands).from_hz(stream.bands.frequencies)
    first, n_bands = float(middles[0]), len(middles)
    step = float(middles[-1] - first) / (n_bands - 1) if n_bands > 1 else stream.bands.step
    edge = 0.0 if stream.bands.bins is not None and n_bands > 1 else step / 2
    return Axis(first, step, n_bands, first - edge, float(middles[-1]) + edge)


def time_axis(stream: SpectrogramStream) -> Axis:
    """Return the axis of the frames, in s of the recording.

    The first frame and the last stand for a stride outwards; what lies before the sound and behind it is not drawn.
    """
    rate, start = stream.sound.sample_rate, stream.sound.start_s
    n_frames = stream.n_frames
    first = start + float(frame_times(0, stream.analysis, rate))
    step = int(stream.analysis.stride) / rate
    end = start + stream.sound.n_samples / rate
    # The first frame of a sound shorter than a window lies beyond its end.
    high = min(first + n_frames * step, end) if end > first else first + step
    return Axis(first, step, n_frames, max(first - step, start), high)


def draw_pixels(
    stream: SpectrogramStream, time: Axis, frequency: Axis, width: int, height: int, reduce: Reduce
) -> tuple[Pixels, npt.NDArray[np.bool_]]:
    """Bring a spectrogram to ``width`` x ``height`` levels.

    Returns
    -------
    pixels : ndarray, shape (n_channels, height, width), uint8
        The first row is the highest frequency.
    blank : ndarray of bool, shape (width,)
        Where there is no frame.
    """
    levels = stream.settings.levels
    reference = stream.reference()
    peak = 0.0

    def powers() -> Iterator[Floats]:
        nonlocal peak
        for power in stream.powers():
            peak = max(peak, float(power.max(initial=0)))
            # Bands that refer each to its own are compared before those of a pixel are joined.
            compared = power / np.maximum(reference, _TINY) if isinstance(reference, np.ndarray) else power
            yield pool_bands(compared, frequency, height, reduce)

    columns = np.concatenate(list(pool_frames(powers(), time, width, reduce)), axis=1)
    pooled = repeat_bands(columns, frequency, height)
    blank = np.isnan(pooled[0, :, 0])
    pooled = np.where(blank[:, np.newaxis], 0.0, pooled)
    if stream.unit != "dB":
        values = np.sqrt(pooled) if stream.unit == "magnitude" else pooled
        pixels = quantize(values.astype(np.float32), levels)
    elif isinstance(reference, np.ndarray):
        pixels = quantize(to_db(pooled, 1.0, replace(levels, amin=0.0)), levels)
    else:
        pixels = quantize(to_db(pooled, peak if reference is None else reference, levels), levels)
    return pixels[:, :, ::-1].transpose(0, 2, 1), blank


def envelope(stream: SpectrogramStream, time: Axis, width: int) -> Floats:
    """Return the least and the greatest sample of each pixel, over all channels, shape (2, width)."""
    rate, start = stream.sound.sample_rate, stream.sound.start_s
    samples = Axis(start, 1 / rate, stream.sound.n_samples, time.low, time.high)
    least, most = np.full(width, np.inf), np.full(width, -np.inf)
    position = 0
    for block in stream.sound.blocks():
        pixels = samples.pixel_of(np.arange(position, position + len(block)), width)
        position += len(block)
        drawn = np.flatnonzero(pixels >= 0)
        if len(drawn):
            starts = np.flatnonzero(np.diff(pixels[drawn], prepend=-1))
            where = pixels[drawn][starts]
            least[where] = np.minimum(least[where], np.minimum.reduceat(block.min(axis=1)[drawn], starts))
            most[where] = np.maximum(most[where], np.maximum.reduceat(block.max(axis=1)[drawn], starts))
    # Of fewer samples than pixels, the gaps take what lies before them.
    known = np.flatnonzero(np.isfinite(least))
    nearest = known[forward_fill(known, np.arange(width))]
    least, most = least[nearest], most[nearest]
    # Each pixel reaches to the one before it, so that the line has no gaps.
    return np.stack(
        (np.minimum(least, np.append(least[:1], most[:-1])), np.maximum(most, np.append(most[:1], least[:-1])))
    )
