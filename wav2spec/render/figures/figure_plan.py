"""The plan of a figure: panels on common axes, by settings that fit the recordings and the panels."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from wav2spec.arrays import Samples
from wav2spec.dsp.fitting import fit, occupied_fmax
from wav2spec.dsp.framing import frame_length
from wav2spec.dsp.spectrogram import SpectrogramStream
from wav2spec.formats.label_files import find_label_file, read_label_file
from wav2spec.formats.labels import Label
from wav2spec.render.drawing import plan_spectrogram
from wav2spec.render.figures.axes import Axes, level_scale
from wav2spec.render.figures.captions import panel_caption
from wav2spec.render.figures.content import Chart
from wav2spec.render.figures.layout import Layout, compute_layout
from wav2spec.render.figures.panels import panel_axes
from wav2spec.settings.choices import AUTO
from wav2spec.settings.pictures import Figure
from wav2spec.settings.settings import Settings
from wav2spec.waveform import Waveform

# Samples that are kept between the analyses of a figure: 8 MiB, 47 s of one channel at 44.1 kHz.
_KEPT_SAMPLES = 2**21


class Cell(NamedTuple):
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


class FigurePlan(NamedTuple):
    """A grid of spectrograms with its layout and axes; nothing is computed yet.

    Attributes
    ----------
    figure : Figure
    title : str
    layout : Layout
    streams : sequence of SpectrogramStream
        Those of the panels in reading order; of a plot, the one whose channels are the panels.
    axes : sequence of Axes
        Those of each stream.
    offsets : sequence of float
        How much later than on its axes each stream is, in s.
    captions : sequence of str
        The lines above each panel.
    labels : sequence of list of Label
        Those of each stream; empty if the figure shows a difference.
    tier_names : sequence of str
        The tiers below each panel.
    is_grid : bool
        Whether panels differ by settings or recordings, not by channels.
    difference : bool
        Whether a last row shows the second recording minus the first.
    chart : Chart or None
        The curves above the panels.
    """

    figure: Figure
    title: str
    layout: Layout
    streams: Sequence[SpectrogramStream]
    axes: Sequence[Axes]
    offsets: Sequence[float]
    captions: Sequence[str]
    labels: Sequence[list[Label]]
    tier_names: Sequence[str]
    is_grid: bool
    difference: bool
    chart: Chart | None


def plan_figure(
    cells: Sequence[Cell],
    figure: Figure,
    title: str,
    captions: Sequence[str] = (),
    *,
    n_rows: int,
    n_columns: int = 1,
    difference: bool = False,
    entropies: Sequence[tuple[str, int, float]] = (),
) -> FigurePlan:
    """Lay out spectrograms on common axes, below a chart of entropies if there are any.

    Without `captions`, one for each channel of a single cell, panels are described by their settings and resolutions.

    Raises
    ------
    SettingError, AudioError
        If the figure is too small for its panels, or the settings do not fit a waveform.
    """
    is_grid = not captions
    first = cells[0].settings
    unit = "dB" if first.levels.scale == "db" else "magnitude"
    palettes = {figure_of(cell.settings).palette for cell in cells}
    labels = [] if difference else [_labels_of(cell.waveform, figure) for cell in cells]
    tier_names = list(dict.fromkeys(one.tier for labels in labels for one in labels if one.low_hz is None))
    named = any(cell.caption for cell in cells)
    several = len({cell.waveform.name for cell in cells}) > 1
    # A bar cannot stand for several palettes.
    drawn = replace(figure, colorbar=False) if len(palettes) > 1 else figure
    layout = compute_layout(
        drawn,
        n_rows,
        n_columns,
        titled=bool(title),
        captioned=figure.caption and not is_grid,
        caption_lines=2 + named if is_grid else int(bool(captions[0])),
        level_characters=level_scale(first.levels, unit).n_characters,
        waveform_rows=(n_rows - difference if several else 1) if is_grid else n_rows,
        n_tiers=len(tier_names),
        last_row_apart=difference,
        labelled_columns=len({cell.settings.bands.freq_scale for cell in cells}) > 1,
        has_chart=bool(entropies),
    )
    box = layout.panels[0]
    size = box.width, box.height
    waveforms = _read_once([widened(cell.waveform, cell.settings) for cell in cells], cells)
    fitted = _fitted([cell.settings for cell in cells], waveforms, size)
    streams = [
        replace(plan_spectrogram(waveform, one, size), settings=cell.settings, fmax=_automatic(one, cell.settings))
        for waveform, one, cell in zip(waveforms, fitted, cells, strict=True)
    ]
    texts = captions or [
        "\n".join(filter(None, (cell.caption, panel_caption(stream))))
        for cell, stream in zip(cells, streams, strict=True)
    ]
    axes = _shared_axes([panel_axes(stream) for stream in streams], cells)
    return FigurePlan(
        figure,
        title,
        layout,
        streams,
        axes,
        [cell.offset_s for cell in cells],
        texts,
        labels,
        tier_names,
        is_grid,
        difference,
        _chart(entropies, cells, streams) if entropies else None,
    )


def figure_of(settings: Settings) -> Figure:
    """Return the settings of a figure among others."""
    if not isinstance(settings.picture, Figure):
        raise TypeError("a figure is drawn by the settings of a figure")
    return settings.picture


def _labels_of(waveform: Waveform, figure: Figure) -> list[Label]:
    """Return the labels that a figure draws of a recording."""
    path = find_label_file(waveform.name) if figure.labels == AUTO else figure.labels
    return read_label_file(path, waveform.name) if path else []


def widened(waveform: Waveform, settings: Settings) -> Waveform:
    """Return a waveform with the samples of the recording that frames at its edges see."""
    if waveform.widened is None:
        return waveform
    analysis = settings.analysis.resolved(waveform.sample_rate)
    return waveform.widened((frame_length(analysis) + int(analysis.stride)) / waveform.sample_rate)


def _read_once(waveforms: Sequence[Waveform], cells: Sequence[Cell]) -> list[Waveform]:
    """Return waveforms that keep their samples once they were read, if they are few; equal ones share them."""
    kept: dict[Any, Callable[[], Iterator[Samples]]] = {}
    found = []
    for waveform, cell in zip(waveforms, cells, strict=True):
        key = waveform.name, cell.settings.preprocessing, waveform.segment, waveform.surroundings
        if waveform.n_samples * waveform.n_channels <= _KEPT_SAMPLES:
            waveform = waveform._replace(blocks=kept.setdefault(key, _keeping(waveform.blocks)))
        found.append(waveform)
    return found


def _keeping(read_blocks: Callable[[], Iterator[Samples]]) -> Callable[[], Iterator[Samples]]:
    kept: list[Samples] = []

    def blocks() -> Iterator[Samples]:
        if kept:
            yield from kept
            return
        read = []
        for block in read_blocks():
            # Not a view of all channels.
            read.append(np.ascontiguousarray(block))
            yield read[-1]
        kept.extend(read)

    return blocks


def _fitted(settings: Sequence[Settings], waveforms: Sequence[Waveform], panel: tuple[int, int]) -> list[Settings]:
    """Return settings that give all panels the window of the longest recording and the highest `fmax` for ``auto``."""
    if settings[0].programs.method != "stft":
        # Praat has its own window and FFT, and frequencies up to half the sample rate.
        return [one.replace(fft_length="power-of-two") for one in settings]
    longest_s = max((one.n_samples - sum(one.surroundings)) / one.sample_rate for one in waveforms)
    found: list[Settings] = []
    limits: dict[Any, float] = {}
    for one, waveform in zip(settings, waveforms, strict=True):
        rate = waveform.sample_rate
        own = fit(waveform, one, panel)
        longest = own._replace(n_samples=max(own.n_samples or 0, round(longest_s * rate)))
        analysis = one.analysis.resolved(rate, longest)
        found.append(one.replace(window_size=analysis.window_size) if one.analysis.window_size == AUTO else one)
        # Panels of one recording differ by their windows, which hardly move its highest frequency.
        key = waveform.name, one.preprocessing
        if one.bands.fmax == AUTO and key not in limits:
            limits[key] = occupied_fmax(waveform, analysis, one.bands.fmin or 0.0)
    fmax = max(limits.values(), default=0.0)
    return [
        one.replace(fmax=min(fmax, waveform.sample_rate / 2)) if one.bands.fmax == AUTO else one
        for one, waveform in zip(found, waveforms, strict=True)
    ]


def _automatic(fitted: Settings, given: Settings) -> float | None:
    """Return the highest frequency of fitted settings, if it was not given."""
    fmax = fitted.bands.fmax
    return float(fmax) if given.bands.fmax == AUTO and isinstance(fmax, int | float) else None


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
        drawn.append(one._replace(time=replace(time, low=start, high=end), frequency=frequency))
    return drawn


def _same_scale(one: Axes, other: Axes) -> bool:
    mel = one.bands.freq_scale == "mel" and one.bands.mel_formula != other.bands.mel_formula
    return one.bands.freq_scale == other.bands.freq_scale and not mel


def _chart(
    entropies: Sequence[tuple[str, int, float]], cells: Sequence[Cell], streams: Sequence[SpectrogramStream]
) -> Chart:
    """Return the curves of entropies, with the windows of the panels marked by their names."""

    def length_ms(size: int | str) -> float:
        return 1000 * int(size) / streams[0].sound.sample_rate

    curves: dict[str, list[tuple[float, float]]] = {}
    for window, size, bits in sorted(entropies, key=lambda one: one[1]):
        curves.setdefault(window, []).append((length_ms(size), bits))
    names: dict[float, list[str]] = {}
    for cell, stream in zip(cells, streams, strict=True):
        names.setdefault(length_ms(stream.analysis.window_size), []).append(cell.caption.partition(":")[0])
    return Chart(dict(curves), {length: ", ".join(found) for length, found in names.items()})
