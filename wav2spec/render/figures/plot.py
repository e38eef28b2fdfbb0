"""Figures of one recording or of several: the plot, a panel for each channel, and the grid of a comparison."""

import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from wav2spec.audio.preprocess import waveform_of
from wav2spec.console import printable
from wav2spec.dsp.fitting import fit, occupied_fmax
from wav2spec.dsp.framing import frame_length
from wav2spec.dsp.pooling import repeat_bands
from wav2spec.dsp.resolution import resolution
from wav2spec.dsp.spectrogram import SpectrogramStream
from wav2spec.errors import SettingError
from wav2spec.formats.digest import PixelDigest
from wav2spec.formats.label_files import find_label_file, read_label_file
from wav2spec.formats.labels import Label
from wav2spec.render.drawing import Rendering, plan_spectrogram, spectrogram_warnings
from wav2spec.render.figures.axes import MINUS, Axes, LevelScale, level_scale
from wav2spec.render.figures.canvas import draw_figure
from wav2spec.render.figures.content import Chart, Content, Mark, Panel, Tiers, Wave
from wav2spec.render.figures.fonts import missing_letters
from wav2spec.render.figures.layout import Layout, compute_layout
from wav2spec.render.figures.panels import PooledPower, envelope, panel_axes, pool_power
from wav2spec.render.figures.ticks import span_text
from wav2spec.render.metadata import describe
from wav2spec.settings.choices import AUTO, Format
from wav2spec.settings.comparison import Together
from wav2spec.settings.formats import formats_of, suffixes_of
from wav2spec.settings.marks import parse_marks
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
    n_channels = waveform.n_channels
    captions = [f"Channel {number}" for number in range(1, n_channels + 1)] if n_channels > 1 else [""]
    figure = _figure_of(settings)
    title = _title(figure, waveform.name)
    if figure.title is None and settings.preprocessing.makes_segments:
        title += _section_text(waveform, settings)
    return _Plan([Cell(waveform, settings)], figure, title, captions, n_rows=n_channels).rendering(format, "plot")


def plan_grid(
    waveform: Waveform,
    format: Format,
    cells: list[Settings],
    varied: dict[str, list[Any]],
    figure: Figure,
    together: Together | None = None,
) -> Rendering:
    """Plan recordings by several analyses, on the same axes and at the same levels.

    Parameters
    ----------
    waveform : Waveform
    format : str
    cells : list of Settings
        In reading order; with several recordings, those of each row.
    varied : dict
        The values of each setting in which they differ, the rows' first.
    figure : Figure
    together : Together, optional
        The recordings of the other rows.

    Raises
    ------
    SettingError, AudioError
        If the figure is too small for its panels, or the settings do not fit a waveform.
    """
    more: dict[str, Any] = {"varied": varied}
    if together is not None:
        more |= {"offsets_s": together.offsets_s, "difference": together.difference}
    return _grid(waveform, cells, varied, figure, together).rendering(format, "compare", **more)


def plan_ranking(
    waveform: Waveform,
    target: str,
    cells: dict[str, Settings],
    entropies: list[tuple[str, int, float]],
) -> Rendering:
    """Plan one recording by several analyses below each other, and the curve of the entropy below them.

    Parameters
    ----------
    waveform : Waveform
    target : str
    cells : dict of str to Settings
        The analyses by the names above their panels.
    entropies : list of (str, int, float)
        Window function, window size in samples and entropy in bits of all that were tried.

    Raises
    ------
    SettingError, AudioError
        If the target's suffix is none of a figure, or the settings do not fit the waveform.
    """
    formats = {row.suffix: name for name, row in formats_of("compare").items()}
    suffix = os.path.splitext(target)[1].lower()
    if suffix not in formats:
        raise SettingError("plot", f"{target} does not end in {suffixes_of('compare')}")
    figure = _figure_of(next(iter(cells.values())))
    found = [Cell(waveform, cell, name) for name, cell in cells.items()]
    plan = _Plan(found, figure, _title(figure, waveform.name), n_rows=len(cells), entropies=entropies)
    varied = {"window_size": [cell.analysis.window_size for cell in cells.values()]}
    return plan.rendering(formats[suffix], "compare", varied=varied)


def greatest_difference_db(
    waveform: Waveform, cells: list[Settings], varied: dict[str, list[Any]], figure: Figure, together: Together
) -> float:
    """Return the greatest difference of a pixel of the second recording from the first, in dB.

    Levels below the range of the settings count as its lower end.
    """
    return _grid(waveform, cells, varied, figure, together).greatest_difference_db()


def _grid(
    waveform: Waveform,
    cells: list[Settings],
    varied: dict[str, list[Any]],
    figure: Figure,
    together: Together | None,
) -> "_Plan":
    if together is None:
        found = [Cell(_otherwise(waveform, cell), cell, _varied_text(cell, varied)) for cell in cells]
        n_rows, n_columns = [*map(len, varied.values()), 1, 1][:2]
        return _Plan(found, figure, _title(figure, waveform.name), n_rows=n_rows, n_columns=n_columns)
    waveforms = [waveform, *(waveform_of(path, cells[0].preprocessing) for path in together.paths)]
    found = [
        Cell(_otherwise(one, cell), cell, f"{_basename(one.name)}{_varied_text(cell, varied, ', ')}", offset)
        for one, offset in zip(waveforms, together.offsets_s, strict=True)
        for cell in cells
    ]
    title = figure.title if figure.title is not None else " and ".join(_basename(one.name) for one in waveforms)
    n_rows = len(waveforms) + together.difference
    return _Plan(found, figure, printable(title), n_rows=n_rows, n_columns=len(cells), difference=together.difference)


def _figure_of(settings: Settings) -> Figure:
    if not isinstance(settings.picture, Figure):
        raise TypeError("a figure is drawn by the settings of a figure")
    return settings.picture


def _basename(name: str) -> str:
    return printable(os.path.basename(name))


def _title(figure: Figure, name: str) -> str:
    return _basename(name) if figure.title is None else printable(figure.title)


def _section_text(waveform: Waveform, settings: Settings) -> str:
    """Return from when to when a segment lasts, and its label, for the title of its figure."""
    # With what surrounds it, but without the zeros that fill up the last one.
    wide = _widened(waveform, settings)
    before, after = wide.surroundings
    start_s = wide.start_s + before / wide.sample_rate
    text = span_text(start_s, start_s + (wide.n_samples - before - after) / wide.sample_rate)
    label = waveform.segment.label
    return f", {text} ({printable(label)})" if label else f", {text}"


def _labels_of(waveform: Waveform, figure: Figure) -> list[Label]:
    """Return the labels that a figure draws of a recording."""
    path = find_label_file(waveform.name) if figure.labels == AUTO else figure.labels
    return read_label_file(path, waveform.name) if path else []


def _otherwise(waveform: Waveform, settings: Settings) -> Waveform:
    return waveform if waveform.otherwise is None else waveform.otherwise(settings.preprocessing)


def _varied_text(settings: Settings, varied: dict[str, list[Any]], before: str = "") -> str:
    """Return the settings in which a panel differs and that its caption would not say."""
    values = settings.as_dict()
    texts = [
        f"{name.replace('_', ' ')} {values[name]}" for name in varied if name in values and name not in _IN_CAPTION
    ]
    return before + ", ".join(texts) if texts else ""


# Settings that the second line of a panel's caption has.
_IN_CAPTION = ("window", "window_size", "stride")


class _Plan:
    """A grid of spectrograms with its layout and axes; nothing is computed before it is written."""

    def __init__(
        self,
        cells: Sequence[Cell],
        figure: Figure,
        title: str,
        captions: Sequence[str] = (),
        *,
        n_rows: int,
        n_columns: int = 1,
        difference: bool = False,
        entropies: Sequence[tuple[str, int, float]] = (),
    ) -> None:
        self.figure, self.title, self.difference = figure, title, difference
        self.is_grid = not captions
        first = cells[0].settings
        unit = "dB" if first.levels.scale == "db" else "magnitude"
        self.palettes = {_figure_of(cell.settings).palette for cell in cells}
        self.labels = [] if difference else [_labels_of(cell.waveform, figure) for cell in cells]
        self.tier_names = list(
            dict.fromkeys(one.tier for labels in self.labels for one in labels if one.low_hz is None)
        )
        named = any(cell.caption for cell in cells)
        several = len({cell.waveform.name for cell in cells}) > 1
        # A bar cannot stand for several palettes.
        drawn = replace(figure, colorbar=False) if len(self.palettes) > 1 else figure
        self.layout = compute_layout(
            drawn,
            n_rows,
            n_columns,
            titled=bool(title),
            captioned=figure.caption and not self.is_grid,
            caption_lines=2 + named if self.is_grid else int(bool(captions[0])),
            level_characters=level_scale(first.levels, unit).n_characters,
            waveform_rows=(n_rows - difference if several else 1) if self.is_grid else n_rows,
            n_tiers=len(self.tier_names),
            last_row_apart=difference,
            labelled_columns=len({cell.settings.bands.freq_scale for cell in cells}) > 1,
            has_chart=bool(entropies),
        )
        box = self.layout.panels[0]
        size = box.width, box.height
        widened = [_widened(cell.waveform, cell.settings) for cell in cells]
        fitted = _fitted([cell.settings for cell in cells], widened, size)
        self.streams = [
            replace(plan_spectrogram(waveform, one, size), settings=cell.settings, fmax=_automatic(one, cell.settings))
            for waveform, one, cell in zip(widened, fitted, cells, strict=True)
        ]
        self.captions = captions or [
            "\n".join(filter(None, (cell.caption, _caption(stream))))
            for cell, stream in zip(cells, self.streams, strict=True)
        ]
        self.axes = _shared_axes([panel_axes(stream) for stream in self.streams], cells)
        self.offsets = [cell.offset_s for cell in cells]
        self.chart = _chart(entropies, cells, self.streams) if entropies else None

    def rendering(self, format: Format, command: str, **more: Any) -> Rendering:
        def described() -> str:
            first, *others = self.streams
            names = {stream.sound.name: stream for stream in others if stream.sound.name != first.sound.name}
            labelled = (
                {"labels": [asdict(label) for labels in self.labels[:1] for label in labels]} if self.labels else {}
            )
            recordings = {"others": [stream.sound.facts() for stream in names.values()]} if names else {}
            where = _where(self.axes[0], self.layout)
            return describe(
                first,
                command,
                **more,
                title=self.title,
                **where,
                **recordings,
                **(labelled if self.figure.labels else {}),
            )

        warnings = dict.fromkeys(message for stream in self.streams for message in spectrogram_warnings(stream))
        if letters := missing_letters(self.title):
            warnings[f"no installed font has {letters!r}: drawn as boxes"] = None
        write = partial(self._write, format=format, described=described)
        return Rendering(self.streams[0], write, described, tuple(warnings))

    def greatest_difference_db(self) -> float:
        pooled, peak = self._pooled()
        return max(float(np.abs(one).max()) for one in self._differences(pooled, peak))

    def _write(
        self, file: BinaryIO, digest: PixelDigest | None, format: Format, described: Callable[[], str]
    ) -> tuple[int, int]:
        return draw_figure(file, format, self.figure, self.layout, self._content(), described, digest)

    def _pooled(self) -> tuple[list[PooledPower], float]:
        """Return the power of all panels, and the greatest of it."""
        box = self.layout.panels[0]
        pooled = [
            pool_power(stream, axes, box.width, box.height, _reduce(stream), comparable=len(self.streams) > 1)
            for stream, axes in zip(self.streams, self.axes, strict=True)
        ]
        return pooled, max(power.peak for power in pooled)

    def _content(self) -> Content:
        pooled, peak = self._pooled()
        height = self.layout.panels[0].height
        panels = [
            Panel(pixels, power.blank, axes, _figure_of(power.stream.settings).palette)
            for power, axes in zip(pooled, self.axes, strict=True)
            for pixels in power.pixels(axes.frequency, height, peak)
        ]
        n_channels = len(panels) // len(pooled)
        panels = [
            replace(panel, caption=caption, marks=self._marks(index // n_channels))
            for index, (panel, caption) in enumerate(zip(panels, self.captions, strict=True))
        ]
        tiers = [self._tiers(index // n_channels) for index in range(len(self.layout.tiers))]
        bars = [(self._scale(), panels[0].palette)]
        if self.difference:
            differences = self._differences(pooled, peak)
            limit = _difference_limit(max(float(np.abs(one).max()) for one in differences))
            panels += [self._difference_panel(one, index, limit) for index, one in enumerate(differences)]
            bars.append((LevelScale(-limit, limit, "Difference (dB)"), DIFFERENCE_PALETTE))
        waves = self._waves()
        loudest = max((float(np.nanmax(np.abs(wave.extremes))) for wave in waves), default=0.0)
        return Content(
            panels,
            bars[: len(self.layout.bars)],
            waves,
            max(self.figure.waveform_range, loudest),
            tiers,
            title=self.title,
            chart=self.chart,
            caption="" if self.is_grid or not self.figure.caption else _figure_caption(self.streams[0]),
        )

    def _marks(self, index: int) -> list[Mark]:
        """Return the lines of the figure, and the labels that have limits in frequency."""
        marks = [
            Mark(bottom=one[0], text=f"{one[0]:g} Hz") if isinstance(one, tuple) else Mark(left=one, text=f"{one:g} s")
            for one in (parse_marks(self.figure.mark) if self.figure.mark else ())
        ]
        found = [] if self.difference else [one for one in self.labels[index] if one.low_hz is not None]
        offset = self.offsets[index]
        return marks + [
            Mark(one.start_s - offset, one.end_s - offset, one.low_hz, one.high_hz, one.text) for one in found
        ]

    def _tiers(self, index: int) -> Tiers:
        offset, labels = self.offsets[index], self.labels[index]
        rows = [
            (
                name,
                [
                    Mark(one.start_s - offset, one.end_s - offset, text=one.text)
                    for one in labels
                    if one.tier == name and one.low_hz is None
                ],
            )
            for name in self.tier_names
        ]
        return Tiers(rows, self.axes[index])

    def _scale(self) -> LevelScale:
        stream, time = self.streams[0], self.axes[0].time
        per_pixel = (time.high - time.low) / self.layout.panels[0].width / time.step
        statistic = f"{_reduce(stream)} of {per_pixel:.0f} frames" if per_pixel >= 1.5 and not self.is_grid else ""
        return level_scale(stream.settings.levels, stream.unit, statistic)

    def _differences(self, pooled: list[PooledPower], peak: float) -> list[npt.NDArray[np.float64]]:
        """Return dB of the second recording minus those of the first, of each column of panels, from the top."""
        n_columns, height = self.layout.n_columns, self.layout.panels[0].height
        self._unknown: dict[int, npt.NDArray[np.bool_]] = {}
        found = []
        for index in range(n_columns):
            levels = [
                repeat_bands(power.decibels(slice(None), peak), axes.frequency, height)[0].T[::-1]
                for power, axes in ((pooled[at], self.axes[at]) for at in (index, index + n_columns))
            ]
            unknown = pooled[index].blank | pooled[index + n_columns].blank
            self._unknown[index] = unknown
            found.append(np.where(unknown, 0.0, levels[1] - levels[0]))
        return found

    def _difference_panel(self, difference: npt.NDArray[np.float64], index: int, limit: float) -> Panel:
        pixels = np.rint(127.5 + np.clip(difference / limit, -1, 1) * 127.5).astype(np.uint8)
        blank = self._unknown[index]
        names = [_basename(self.streams[at].sound.name) for at in (index + self.layout.n_columns, index)]
        return Panel(pixels, blank, self.axes[index], DIFFERENCE_PALETTE, f" {MINUS} ".join(names))

    def _waves(self) -> list[Wave]:
        boxes = self.layout.waveforms
        if not boxes:
            return []
        found = []
        for index in range(len(boxes)) if self.is_grid else range(1):
            stream, axes, offset = self.streams[index], self.axes[index], self.offsets[index]
            own = replace(axes.time, low=axes.time.low + offset, high=axes.time.high + offset)
            found += [Wave(channel, axes) for channel in envelope(stream, own, boxes[0].width)]
        return found


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


# The colours of differences: blue below 0, white around it, red above.
DIFFERENCE_PALETTE = "RdBu_r"


def _difference_limit(greatest: float) -> float:
    """Return the round end of a scale of differences, at least 1 dB.

    >>> _difference_limit(0.2), _difference_limit(13.0)
    (1.0, 20.0)
    """
    return next((float(limit) for limit in (1, 2, 5, 10, 20, 50, 100, 200) if limit >= greatest), greatest)


def _widened(waveform: Waveform, settings: Settings) -> Waveform:
    """Return a waveform with the samples of the recording that frames at its edges see."""
    if waveform.widened is None:
        return waveform
    analysis = settings.analysis.resolved(waveform.sample_rate)
    return waveform.widened((frame_length(analysis) + int(analysis.stride)) / waveform.sample_rate)


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
        longest = replace(own, n_samples=max(own.n_samples or 0, round(longest_s * rate)))
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


def _reduce(stream: SpectrogramStream) -> Any:
    return _figure_of(stream.settings).reduce


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
    if stream.praat is not None:
        step_ms = _quantity(1000 * stream.praat.time_step, "ms")
        window = f"{stream.settings.programs.praat_window} {analysis.window_size}"
        return f"Praat, {window} samples, step {step_ms}, FFT {stream.praat.length}; {_channels(stream)}"
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
