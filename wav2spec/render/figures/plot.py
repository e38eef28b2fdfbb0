"""Figures of one recording or of several: the plot, a panel for each channel, and the grid of a comparison."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, BinaryIO

import numpy as np

from wav2spec.console import printable
from wav2spec.dsp.pooling import Axis
from wav2spec.dsp.resolution import resolution
from wav2spec.dsp.spectrogram import SpectrogramStream
from wav2spec.formats.digest import PixelDigest
from wav2spec.render.drawing import Rendering, plan_spectrogram, spectrogram_warnings
from wav2spec.render.figures.axes import MINUS, Axes, level_scale
from wav2spec.render.figures.canvas import Content, Panel, Wave, draw_figure
from wav2spec.render.figures.frame import missing_letters
from wav2spec.render.figures.layout import Layout, compute_layout
from wav2spec.render.figures.panels import PooledPower, envelope, panel_axes, pool_power
from wav2spec.render.metadata import describe
from wav2spec.settings.choices import Format
from wav2spec.settings.pictures import Figure
from wav2spec.settings.settings import Settings
from wav2spec.waveform import Waveform


@dataclass(frozen=True)
class Cell:
    """A spectrogram in a figure.

    Attributes
    ----------
    waveform : Waveform
    settings : Settings
    caption : str
        Lines above the panel.
    offset_s : float
        How much later than on the axis of the figure its own time is.
    """

    waveform: Waveform
    settings: Settings
    caption: str = ""
    offset_s: float = 0.0


def plan_plot(waveform: Waveform, format: Format, settings: Settings) -> Rendering:
    """Plan the figure of a recording, a panel for each channel.

    Raises
    ------
    SettingError, AudioError
        If the figure is too small for its panels, or the settings do not fit the waveform.
    """
    figure = _figure_of(settings)
    n_channels = waveform.n_channels
    captions = [f"Channel {number}" for number in range(1, n_channels + 1)] if n_channels > 1 else [""]
    plan = _Plan(
        [Cell(waveform, settings)],
        captions,
        n_rows=n_channels,
        n_columns=1,
        figure=figure,
        title=_title(figure, waveform),
    )
    return plan.rendering(format, "plot")


def plan_grid(
    waveform: Waveform, format: Format, cells: list[Settings], varied: dict[str, list[Any]], figure: Figure
) -> Rendering:
    """Plan one recording by several analyses, on the same axes and at the same levels.

    Parameters
    ----------
    waveform : Waveform
    format : str
    cells : list of Settings
        In reading order.
    varied : dict
        The values of each setting in which they differ, the rows' first.
    figure : Figure

    Raises
    ------
    SettingError, AudioError
        If the figure is too small for its panels, or the settings do not fit the waveform.
    """
    n_rows, n_columns = [*map(len, varied.values()), 1][:2]
    plan = _Plan(
        [Cell(waveform, cell) for cell in cells],
        n_rows=n_rows,
        n_columns=n_columns,
        figure=figure,
        title=_title(figure, waveform),
        varied=varied,
    )
    return plan.rendering(format, "compare")


def _figure_of(settings: Settings) -> Figure:
    if not isinstance(settings.picture, Figure):
        raise TypeError("a figure is drawn by the settings of a figure")
    return settings.picture


def _title(figure: Figure, waveform: Waveform) -> str:
    return printable(os.path.basename(waveform.name) if figure.title is None else figure.title)


class _Plan:
    """A grid of spectrograms with its layout and axes; nothing is computed before it is written."""

    def __init__(
        self,
        cells: Sequence[Cell],
        captions: Sequence[str] = (),
        *,
        n_rows: int,
        n_columns: int,
        figure: Figure,
        title: str,
        varied: dict[str, list[Any]] | None = None,
    ) -> None:
        self.figure, self.title, self.varied = figure, title, varied or {}
        self.is_grid = bool(varied)
        first = cells[0].settings
        unit = "dB" if first.levels.scale == "db" else "magnitude"
        self.layout = compute_layout(
            figure,
            n_rows,
            n_columns,
            titled=bool(title),
            captioned=figure.caption and not self.is_grid,
            caption_lines=2 if self.is_grid else int(bool(captions and captions[0])),
            level_characters=level_scale(first.levels, unit).n_characters,
            waveform_rows=1 if self.is_grid else n_rows,
        )
        box = self.layout.panels[0]
        self.streams = [plan_spectrogram(cell.waveform, cell.settings, (box.width, box.height)) for cell in cells]
        self.captions = captions or [_caption(stream) for stream in self.streams]
        self.axes = _shared_axes([panel_axes(stream) for stream in self.streams], cells)
        self.offsets = [cell.offset_s for cell in cells]

    def rendering(self, format: Format, command: str) -> Rendering:
        more = {"varied": self.varied} if self.is_grid else {}
        described = partial(
            describe, self.streams[0], command, **more, title=self.title, **_where(self.axes[0], self.layout)
        )
        warnings = dict.fromkeys(message for stream in self.streams for message in spectrogram_warnings(stream))
        if letters := missing_letters(self.title):
            warnings[f"no installed font has {letters!r}: drawn as boxes"] = None
        return Rendering(
            self.streams[0], partial(self._write, format=format, described=described), described, tuple(warnings)
        )

    def _write(
        self, file: BinaryIO, digest: PixelDigest | None, format: Format, described: Callable[[], str]
    ) -> tuple[int, int]:
        content = self._content()
        return draw_figure(file, format, self.figure, self.layout, content, described, digest)

    def _content(self) -> Content:
        box, figure = self.layout.panels[0], self.figure
        pooled = [
            pool_power(stream, axes, box.width, box.height, _reduce(stream), comparable=len(self.streams) > 1)
            for stream, axes in zip(self.streams, self.axes, strict=True)
        ]
        peak = max(power.peak for power in pooled)
        panels = [
            panel for power, axes in zip(pooled, self.axes, strict=True) for panel in self._panels(power, axes, peak)
        ]
        panels = [replace(panel, caption=caption) for panel, caption in zip(panels, self.captions, strict=True)]
        waves = self._waves()
        loudest = max((float(np.abs(wave.extremes).max()) for wave in waves), default=0.0)
        stream = self.streams[0]
        per_pixel = _pixel_s(self.axes[0].time, box.width) / self.axes[0].time.step
        statistic = f"{_reduce(stream)} of {per_pixel:.0f} frames" if per_pixel >= 1.5 else ""
        scale = level_scale(stream.settings.levels, stream.unit, statistic)
        return Content(
            panels,
            [(scale, panels[0].palette)] * len(self.layout.bars),
            waves,
            max(figure.waveform_range, loudest) if waves else 1.0,
            title=self.title,
            caption="" if self.is_grid or not figure.caption else _figure_caption(stream),
        )

    def _panels(self, power: PooledPower, axes: Axes, peak: float) -> list[Panel]:
        height = self.layout.panels[0].height
        palette = _figure_of(power.stream.settings).palette
        return [Panel(pixels, power.blank, axes, palette) for pixels in power.pixels(axes.frequency, height, peak)]

    def _waves(self) -> list[Wave]:
        boxes = self.layout.waveforms
        if not boxes:
            return []
        found = []
        for index in range(len(boxes)) if self.is_grid else range(1):
            stream, axes = self.streams[index], self.axes[index]
            extremes = envelope(stream, axes.time, boxes[0].width)
            found += [Wave(channel, axes) for channel in extremes]
        return found


def _reduce(stream: SpectrogramStream) -> Any:
    return _figure_of(stream.settings).reduce


def _pixel_s(time: Axis, width: int) -> float:
    return (time.high - time.low) / width


def _shared_axes(axes: list[Axes], cells: Sequence[Cell]) -> list[Axes]:
    """Return axes of the same extent; those of different frequency scales keep their own."""
    times = [
        replace(
            one.time,
            first=one.time.first - cell.offset_s,
            low=one.time.low - cell.offset_s,
            high=one.time.high - cell.offset_s,
        )
        for one, cell in zip(axes, cells, strict=True)
    ]
    start, end = min(time.low for time in times), max(time.high for time in times)
    drawn = []
    for one, time in zip(axes, times, strict=True):
        alike = [other.frequency for other in axes if _same_scale(other, one)]
        low, high = min(axis.low for axis in alike), max(axis.high for axis in alike)
        frequency = replace(one.frequency, low=low, high=high)
        drawn.append(replace(one, time=replace(time, low=start, high=end), frequency=frequency))
    return drawn


def _same_scale(one: Axes, other: Axes) -> bool:
    mel = one.bands.freq_scale == "mel" and one.bands.mel_formula != other.bands.mel_formula
    return one.bands.freq_scale == other.bands.freq_scale and not mel


def _where(axes: Axes, layout: Layout) -> dict[str, Any]:
    """Return the place of panels, as left, top, width and height in pixels, and the values at their edges."""
    low, high = (float(axes.scale.to_hz(edge)) for edge in (axes.frequency.low, axes.frequency.high))
    return {
        "panels": [[box.x, layout.height - box.y - box.height, box.width, box.height] for box in layout.panels],
        "columns": {"unit": "s", "left": axes.time.low, "right": axes.time.high},
        "rows": {"unit": "Hz", "scale": axes.bands.freq_scale, "top": high, "bottom": low},
    }


def _figure_caption(stream: SpectrogramStream) -> str:
    """Return the settings in a line: window, stride, FFT, and what is made of the channels."""
    analysis, rate = stream.analysis, stream.sound.sample_rate
    window_ms = _quantity(1000 * int(analysis.window_size) / rate, "ms")
    text = f"{analysis.window} {analysis.window_size} = {window_ms}, stride {analysis.stride}"
    if analysis.fft_length != analysis.window_size:
        text += f", FFT {analysis.fft_length}"
    return f"{text}; {_channels(stream)}"


def _channels(stream: SpectrogramStream) -> str:
    channel, n_channels = stream.settings.preprocessing.channel, stream.sound.facts()["n_channels"]
    if n_channels == 1:
        return "mono"
    texts = {"mix": f"mix of {n_channels} channels", "all": f"{n_channels} channels"}
    number = 1 if channel == "first" else channel
    return texts.get(str(channel), f"channel {number} of {n_channels}")


def _caption(stream: SpectrogramStream) -> str:
    """Return the settings and the resolution of a panel of a grid, in two lines."""
    analysis = stream.analysis
    found = resolution(analysis, stream.sound.sample_rate)
    lobes = f"side lobes {found.side_lobe_db:.0f} dB".replace("-", MINUS)
    resolves = f"{_quantity(found.frequency_hz, 'Hz')}, {_quantity(1000 * found.time_s, 'ms')}, {lobes}"
    return f"{analysis.window} {analysis.window_size}, stride {analysis.stride}\n{resolves}"


def _quantity(value: float, unit: str) -> str:
    """Return a value with three digits and its unit.

    >>> _quantity(1584.0, "Hz"), _quantity(0.35, "ms"), _quantity(1024.0, "ms")
    ('1.58 kHz', '0.35 ms', '1.02 s')
    """
    if value >= 1000:
        return f"{value / 1000:.3g} {'s' if unit == 'ms' else 'k' + unit}"
    return f"{value:.3g} {unit}"
