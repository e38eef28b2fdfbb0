"""The conventional plot, one panel a channel; and the grid that compares analyses. Time runs right, frequency up."""

import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, BinaryIO

from wav2spec.analyze import SpectrogramStream
from wav2spec.figure import Axes, Panel, draw_figure, level_characters
from wav2spec.layout import Layout, lay_out
from wav2spec.panel import draw_pixels, envelope, frequency_axis, frequency_scale, time_axis
from wav2spec.pictures import Figure
from wav2spec.recipe import describe
from wav2spec.report import shown
from wav2spec.resolution import resolution


def plan_plot(stream: SpectrogramStream, figure: Figure, name: str) -> Callable[[BinaryIO], str]:
    """Return what writes the figure of a spectrogram.

    Raises
    ------
    SettingError
        If the figure is too small for its panels.
    """
    n_channels = stream.shape[0]
    title = _title(figure, name)
    layout = lay_out(
        figure, n_channels, titled=bool(title), caption_lines=int(n_channels > 1), level_characters=_characters(stream)
    )
    return partial(_write_plot, stream=stream, figure=figure, layout=layout, title=title)


def plan_grid(
    streams: list[SpectrogramStream], varied: dict[str, list[Any]], figure: Figure, name: str
) -> Callable[[BinaryIO], str]:
    """Return what writes one sound by several analyses, on the same axes and at the same levels.

    Parameters
    ----------
    streams : list of SpectrogramStream
        In reading order.
    varied : dict
        The values of each setting in which they differ, the rows' first.
    figure : Figure
    name : str
        Of the recording.

    Raises
    ------
    SettingError
        If the figure is too small for its panels.
    """
    title = _title(figure, name)
    n_rows, n_columns = [*map(len, varied.values()), 1][:2]
    layout = lay_out(
        figure, n_rows, n_columns, titled=bool(title), caption_lines=2, level_characters=_characters(streams[0])
    )
    return partial(_write_grid, streams=streams, varied=varied, figure=figure, layout=layout, title=title)


def _title(figure: Figure, name: str) -> str:
    return shown(os.path.basename(name) if figure.title is None else figure.title)


def _characters(stream: SpectrogramStream) -> int:
    return level_characters(stream.settings.levels, stream.unit)


def _axes(stream: SpectrogramStream) -> Axes:
    settings = stream.settings
    scale = frequency_scale(settings.bands)
    return Axes(time_axis(stream), frequency_axis(stream), scale, settings.bands, settings.levels, stream.unit)


def _write_plot(file: BinaryIO, stream: SpectrogramStream, figure: Figure, layout: Layout, title: str) -> str:
    axes, box = _axes(stream), layout.panels[0]
    pixels, blank = draw_pixels(stream, axes.time, axes.frequency, box.width, box.height, figure.reduce)
    captions = [f"Channel {number}" for number in range(1, len(pixels) + 1)] if len(pixels) > 1 else [""]
    panels = [Panel(channel, blank, caption) for channel, caption in zip(pixels, captions, strict=True)]
    wave = envelope(stream, axes.time, box.width) if figure.waveform else None
    text = describe(stream, "plot", **_where(axes, layout))
    width, height = draw_figure(file, figure, layout, panels, axes, title=title, wave=wave, text=text)
    return f"{width} x {height} pixels"


def _write_grid(
    file: BinaryIO,
    streams: list[SpectrogramStream],
    varied: dict[str, list[Any]],
    figure: Figure,
    layout: Layout,
    title: str,
) -> str:
    n_columns = len(streams) // len(next(iter(varied.values())))
    every, box = [_axes(stream) for stream in streams], layout.panels[0]
    times, frequencies = [axes.time for axes in every], [axes.frequency for axes in every]
    start, end = min(axis.low for axis in times), max(axis.high for axis in times)
    low, high = min(axis.low for axis in frequencies), max(axis.high for axis in frequencies)
    panels = []
    for stream, time, frequency in zip(streams, times, frequencies, strict=True):
        drawn = replace(time, low=start, high=end), replace(frequency, low=low, high=high)
        pixels, blank = draw_pixels(stream, *drawn, box.width, box.height, figure.reduce)
        panels.append(Panel(pixels[0], blank, _caption(stream)))
    shared = replace(every[0], time=drawn[0], frequency=drawn[1])
    wave = envelope(streams[0], drawn[0], layout.waveform.width) if layout.waveform else None
    text = describe(streams[0], "compare", varied=varied, **_where(shared, layout))
    width, height = draw_figure(
        file, figure, layout, panels, shared, n_columns=n_columns, title=title, wave=wave, text=text
    )
    return f"{width} x {height} pixels"


def _where(axes: Axes, layout: Layout) -> dict[str, Any]:
    """Say what stands where: the panels as left, top, width and height in pixels, and what their edges are."""
    low, high = (float(axes.scale.to_hz(edge)) for edge in (axes.frequency.low, axes.frequency.high))
    return {
        "panels": [[box.x, layout.height - box.y - box.height, box.width, box.height] for box in layout.panels],
        "columns": {"unit": "s", "left": axes.time.low, "right": axes.time.high},
        "rows": {"unit": "Hz", "scale": axes.bands.freq_scale, "top": high, "bottom": low},
    }


def _caption(stream: SpectrogramStream) -> str:
    analysis = stream.analysis
    found = resolution(analysis, stream.sound.sample_rate)
    lobes = f"side lobes {found.side_lobe_db:.0f} dB".replace("-", "\N{MINUS SIGN}")
    resolves = f"{found.frequency_hz:.3g} Hz, {1000 * found.time_s:.3g} ms, {lobes}"
    return f"{analysis.window} {analysis.window_size}, stride {analysis.stride}\n{resolves}"
