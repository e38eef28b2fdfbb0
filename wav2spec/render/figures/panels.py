"""Spectrograms and waveforms brought to the pixels of a panel."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from wav2spec.arrays import Pixels
from wav2spec.dsp.decibels import to_db
from wav2spec.dsp.pooling import Axis, forward_fill, pool_bands, pool_frames, repeat_bands
from wav2spec.dsp.spectrogram import SpectrogramStream
from wav2spec.render.figures.axes import Axes, frequency_scale
from wav2spec.render.quantize import quantize
from wav2spec.settings.choices import Reduce

Floats = npt.NDArray[np.floating[Any]]

_TINY = np.finfo(np.float64).tiny

# Values that become levels at once.
_PIECE = 2**14


def panel_axes(stream: SpectrogramStream) -> Axes:
    """Return the axes on which a spectrogram is drawn if nothing else shares them."""
    return Axes(time_axis(stream), frequency_axis(stream), stream.settings.bands)


def frequency_axis(stream: SpectrogramStream) -> Axis:
    """Return the axis of the bands, in the units of their scale.

    Bins are drawn from the middle of the first to the middle of the last, so that 0 Hz and half the sample rate lie on
    the edges; bands from edge to edge.
    """
    centers = frequency_scale(stream.settings.bands).from_hz(stream.bands.frequencies)
    first, n_bands = float(centers[0]), len(centers)
    step = float(centers[-1] - first) / (n_bands - 1) if n_bands > 1 else stream.bands.step
    edge = 0.0 if stream.bands.bins is not None and n_bands > 1 else step / 2
    last = float(centers[-1]) + edge
    # An automatic limit is a round number, which the axis reaches though the last bin lies below it.
    round_end = stream.fmax if stream.fmax is not None and stream.settings.bands.freq_scale == "linear" else last
    return Axis(first, step, n_bands, first - edge, round_end if last < round_end < last + step else last)


def time_axis(stream: SpectrogramStream) -> Axis:
    """Return the axis of the frames, in s of the recording.

    The first frame and the last extend outwards by a stride, but no further than the section that is drawn.
    """
    sound, rate = stream.sound, stream.sound.sample_rate
    before, after = sound.surroundings
    start, end = sound.start_s + before / rate, sound.start_s + (sound.n_samples - after) / rate
    first, step = float(stream.frame_times(0)), stream.frame_step_s
    # The first frame of a recording shorter than a window lies beyond its end.
    high = min(first + stream.n_frames * step, end) if end > first else first + step
    return Axis(first, step, stream.n_frames, max(first - step, start), high)


class PooledPower(NamedTuple):
    """The power of a panel's pixels, before it becomes levels.

    Attributes
    ----------
    stream : SpectrogramStream
    power : ndarray, shape (n_channels, width, height or n_bands), float32
        NaN where there is no frame.
    peak : float
        The greatest power of a frame in the panel.
    relative : bool
        Whether power and peak are relative to the reference, or to full scale if that is the peak.
    """

    stream: SpectrogramStream
    power: npt.NDArray[np.float32]
    peak: float
    relative: bool

    @property
    def blank(self) -> npt.NDArray[np.bool_]:
        """The columns without a frame, shape (width,)."""
        blank: npt.NDArray[np.bool_] = np.isnan(self.power[0, :, 0])
        return blank

    def decibels(self, columns: slice, peak: float) -> Floats:
        """Return levels in dB of some columns, re the reference of the settings; if that is the peak, re `peak`."""
        levels, reference = self.stream.settings.levels, self.stream.reference()
        power = np.nan_to_num(self.power[:, columns], nan=0.0, posinf=np.inf)
        if self.relative:
            return to_db(power, peak if reference is None else 1.0, replace(levels, amin=0.0))
        return to_db(power, peak if reference is None else float(reference), levels)

    def pixels(self, axis: Axis, height: int, peak: float) -> Pixels:
        """Return levels from 0 to 255, shape (n_channels, height, width); the first row is the highest frequency."""
        n_channels, width, n_bands = self.power.shape
        levels = np.empty((n_channels, n_bands, width), np.uint8)
        n_columns = max(1, _PIECE // (n_channels * n_bands))
        for first in range(0, width, n_columns):
            columns = slice(first, first + n_columns)
            if self.stream.unit == "dB":
                values = self.decibels(columns, peak)
            else:
                power = np.nan_to_num(self.power[:, columns], nan=0.0, posinf=np.inf)
                values = np.sqrt(power) if self.stream.unit == "magnitude" else power
            pixels = quantize(values, self.stream.settings.levels, unit=self.stream.unit)
            levels[:, :, columns] = pixels.transpose(0, 2, 1)
        found = repeat_bands(levels.transpose(0, 2, 1), axis, height).transpose(0, 2, 1)
        # On an axis that panels share, a recording of a lower sample rate has nothing above its last band.
        rows = (axis.low + (np.arange(height) + 0.5) * (axis.high - axis.low) / height - axis.first) / axis.step
        found[:, rows > axis.n_cells] = 0
        return found[:, ::-1]


def pool_power(
    stream: SpectrogramStream, axes: Axes, width: int, height: int, reduce: Reduce, *, comparable: bool = False
) -> PooledPower:
    """Pool the power of a spectrogram to the pixels of a panel.

    Memory is that of the panel and of a block of frames. With `comparable`, power is relative to full scale, so that
    panels of different windows compare.
    """
    reference = stream.reference()
    if comparable and reference is None:
        reference = stream.full_scale()
    relative = comparable or isinstance(reference, np.ndarray)
    time, bands = axes.time, axes.frequency
    peak, n_frames = 0.0, 0
    all_seen = bool((time.pixel_of(np.array([0, time.n_cells - 1]), width) >= 0).all())
    # The greatest of all is the same in either order: first come those of which a pixel has more.
    frames_first = reduce == "max" and time.cells_per_pixel(width) > max(1, bands.cells_per_pixel(height))

    def powers() -> Iterator[Floats]:
        nonlocal peak, n_frames
        for power in stream.drawn_frames():
            # Bands with references of their own are made comparable before those of a pixel are pooled.
            comparable_power = power / np.maximum(reference, _TINY) if relative and reference is not None else power
            seen = (
                slice(None) if all_seen else time.pixel_of(np.arange(n_frames, n_frames + power.shape[1]), width) >= 0
            )
            n_frames += power.shape[1]
            peak = max(peak, float(comparable_power[:, seen].max(initial=0)))
            yield comparable_power if frames_first else pool_bands(comparable_power, bands, height, reduce)

    pooled: npt.NDArray[np.float32] | None = None
    position = 0
    with np.errstate(over="ignore"):
        for columns in pool_frames(powers(), time, width, reduce):
            if frames_first:
                columns = pool_bands(columns, bands, height, reduce)
            if pooled is None:
                pooled = np.full((columns.shape[0], width, columns.shape[2]), np.nan, np.float32)
            pooled[:, position : position + columns.shape[1]] = columns
            position += columns.shape[1]
    if pooled is None:
        pooled = np.full((stream.shape[0], width, 1), np.nan, np.float32)
    return PooledPower(stream, pooled, peak, relative)


def envelope(stream: SpectrogramStream, time: Axis, width: int) -> Floats:
    """Return the least and greatest sample of each pixel, shape (n_channels, 2, width); NaN beyond the recording."""
    sound, rate = stream.sound, stream.sound.sample_rate
    samples = Axis(sound.start_s, 1 / rate, sound.n_samples, time.low, time.high)
    least = np.full((sound.n_channels, width), np.inf)
    most = np.full((sound.n_channels, width), -np.inf)
    position = 0
    for block in sound.blocks():
        pixels = samples.pixel_of(np.arange(position, position + len(block)), width)
        position += len(block)
        drawn = np.flatnonzero(pixels >= 0)
        if len(drawn):
            starts = np.flatnonzero(np.diff(pixels[drawn], prepend=-1))
            where = pixels[drawn][starts]
            least[:, where] = np.minimum(least[:, where], np.minimum.reduceat(block[drawn].T, starts, axis=1))
            most[:, where] = np.maximum(most[:, where], np.maximum.reduceat(block[drawn].T, starts, axis=1))
    known = np.flatnonzero(np.isfinite(least[0]))
    if not len(known):
        return np.zeros((sound.n_channels, 2, width))
    # With fewer samples than pixels, those between show the sample before them.
    nearest = known[forward_fill(known, np.arange(width))]
    least, most = least[:, nearest], most[:, nearest]
    # Each pixel reaches to the one before it, so that the line has no gaps.
    before = np.concatenate((most[:, :1], most[:, :-1]), axis=1), np.concatenate((least[:, :1], least[:, :-1]), axis=1)
    extremes = np.stack((np.minimum(least, before[0]), np.maximum(most, before[1])), axis=1)
    ends = time.position([sound.start_s, sound.start_s + sound.n_samples / rate]) * width
    pixels = np.arange(width)
    extremes[:, :, (pixels + 1 <= ends[0]) | (pixels >= ends[1])] = np.nan
    return extremes
