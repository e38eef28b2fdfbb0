"""The conventional plot, one panel a channel; and the grid that compares analyses. Time runs right, frequency up."""

import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, BinaryIO

from wav2spec.console import printable
from wav2spec.dsp.resolution import resolution
from wav2spec.dsp.spectrogram import SpectrogramStream
from wav2spec.formats.digest import PixelDigest
from wav2spec.render.drawing import Rendering, plan_spectrogram, spectrogram_warnings
from wav2spec.render.figures.canvas import Axes, Panel, draw_figure, level_characters
from wav2spec.render.figures.layout import Layout, compute_layout
from wav2spec.render.figures.panels import draw_pixels, envelope, frequency_axis, frequency_scale, time_axis
from wav2spec.render.metadata import describe
from wav2spec.settings.choices import Format
from wav2spec.settings.pictures import Figure
from wav2spec.settings.settings import Settings
from wav2spec.waveform import Waveform


def plan_plot(stream: SpectrogramStream, figure: Figure, name: str) -> Rendering:
    """Plan the figure of a spectrogram.

    Raises
    ------
    SettingError
        If the figure is too small for its panels.
    """
    n_channels = stream.shape[0]
    title = _title(figure, name)
    layout = compute_layout(
        figure, n_channels, titled=bool(title), caption_lines=int(n_channels > 1), level_characters=_characters(stream)
    )
    axes = _axes(stream)
    described = partial(describe, stream, "plot", title=title, **_where(axes, layout))
    write = partial(
        _write_plot, stream=stream, figure=figure, layout=layout, axes=axes, title=title, described=described
    )
    return Rendering(stream, write, described, spectrogram_warnings(stream))


def plan_grid(
    waveform: Waveform,
    _format: Format,
    cells: list[Settings],
    varied: dict[str, list[Any]],
    figure: Figure,
) -> Rendering:
    """Plan one sound by several analyses, on the same axes and at the same levels.

    Parameters
    ----------
    waveform : Waveform
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
    title = _title(figure, waveform.name)
    streams = [plan_spectrogram(waveform, cell) for cell in cells]
    n_rows, n_columns = [*map(len, varied.values()), 1][:2]
    layout = compute_layout(
        figure, n_rows, n_columns, titled=bool(title), caption_lines=2, level_characters=_characters(streams[0])
    )
    every = [_axes(stream) for stream in streams]
    times, frequencies = [axes.time for axes in every], [axes.frequency for axes in every]
    start, end = min(axis.low for axis in times), max(axis.high for axis in times)
    low, high = min(axis.low for axis in frequencies), max(axis.high for axis in frequencies)
    drawn = [
        replace(
            axes, time=replace(axes.time, low=start, high=end), frequency=replace(axes.frequency, low=low, high=high)
        )
        for axes in every
    ]
    described = partial(describe, streams[0], "compare", varied=varied, title=title, **_where(drawn[0], layout))
    write = partial(
        _write_grid, streams=streams, every=drawn, figure=figure, layout=layout, title=title, described=described
    )
    warnings = dict.fromkeys(message for stream in streams for message in spectrogram_warnings(stream))
    return Rendering(streams[0], write, described, tuple(warnings))


def _title(figure: Figure, name: str) -> str:
    return printable(os.path.basename(name) if figure.title is None else figure.title)


def _characters(stream: SpectrogramStream) -> int:
    return level_characters(stream.settings.levels, stream.unit)


def _axes(stream: SpectrogramStream) -> Axes:
    settings = stream.settings
    scale = frequency_scale(settings.bands)
    return Axes(time_axis(stream), frequency_axis(stream), scale, settings.bands, settings.levels, stream.unit)


def _write_plot(
    file: BinaryIO,
    digest: PixelDigest | None,
    stream: SpectrogramStream,
    figure: Figure,
    layout: Layout,
    axes: Axes,
    title: str,
    described: Callable[[], str],
) -> tuple[int, int]:
    box = layout.panels[0]
    pixels, blank = draw_pixels(stream, axes.time, axes.frequency, box.width, box.height, figure.reduce)
    captions = [f"Channel {number}" for number in range(1, len(pixels) + 1)] if len(pixels) > 1 else [""]
    panels = [Panel(channel, blank, caption) for channel, caption in zip(pixels, captions, strict=True)]
    wave = envelope(stream, axes.time, box.width) if figure.waveform else None
    return draw_figure(file, figure, layout, panels, axes, title=title, wave=wave, text=described(), digest=digest)


def _write_grid(
    file: BinaryIO,
    digest: PixelDigest | None,
    streams: list[SpectrogramStream],
    every: list[Axes],
    figure: Figure,
    layout: Layout,
    title: str,
    described: Callable[[], str],
) -> tuple[int, int]:
    box, panels = layout.panels[0], []
    for stream, axes in zip(streams, every, strict=True):
        pixels, blank = draw_pixels(stream, axes.time, axes.frequency, box.width, box.height, figure.reduce)
        panels.append(Panel(pixels[0], blank, _caption(stream)))
    wave = envelope(streams[0], every[0].time, layout.waveform.width) if layout.waveform else None
    return draw_figure(file, figure, layout, panels, every[0], title=title, wave=wave, text=described(), digest=digest)


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
