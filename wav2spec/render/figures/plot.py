"""The figures of the commands: the plot, a panel for each channel, the grid of a comparison, and a ranking."""

import os
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from itertools import product
from typing import Any, BinaryIO

from wav2spec.audio.preprocess import waveform_of
from wav2spec.console import printable
from wav2spec.errors import SettingError
from wav2spec.formats.digest import PixelDigest
from wav2spec.render.drawing import Rendering, spectrogram_warnings
from wav2spec.render.figures import assembly
from wav2spec.render.figures.axes import Axes
from wav2spec.render.figures.canvas import draw_figure
from wav2spec.render.figures.captions import displayed_name, varied_text
from wav2spec.render.figures.figure_plan import Cell, FigurePlan, figure_of, plan_figure, widened
from wav2spec.render.figures.fonts import missing_letters
from wav2spec.render.figures.layout import Layout
from wav2spec.render.figures.ticks import span_text
from wav2spec.render.metadata import describe
from wav2spec.settings.choices import Format
from wav2spec.settings.comparison import Together
from wav2spec.settings.formats import formats_of, suffixes_of
from wav2spec.settings.pictures import Figure
from wav2spec.settings.settings import Settings
from wav2spec.waveform import Waveform


def plan_plot(waveform: Waveform, format: Format, settings: Settings) -> Rendering:
    """Plan the figure of a recording, a panel for each channel.

    Raises
    ------
    SettingError, AudioError
        If the figure is too small for its panels, or the settings do not fit the waveform.
    """
    n_channels = waveform.n_channels
    captions = [f"Channel {number}" for number in range(1, n_channels + 1)] if n_channels > 1 else [""]
    figure = figure_of(settings)
    title = _title(figure, waveform.name)
    if figure.title is None and settings.preprocessing.makes_segments:
        title += _section_text(waveform, settings)
    plan = plan_figure([Cell(waveform, settings)], figure, title, captions, n_rows=n_channels)
    return _rendering(plan, format, "plot")


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
    return _rendering(_grid(waveform, cells, varied, figure, together), format, "compare", **more)


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
    figure = figure_of(next(iter(cells.values())))
    found = [Cell(waveform, cell, name) for name, cell in cells.items()]
    plan = plan_figure(found, figure, _title(figure, waveform.name), n_rows=len(cells), entropies=entropies)
    varied = {"window_size": [cell.analysis.window_size for cell in cells.values()]}
    return _rendering(plan, formats[suffix], "compare", varied=varied)


def greatest_difference_db(
    waveform: Waveform, cells: list[Settings], varied: dict[str, list[Any]], figure: Figure, together: Together
) -> float:
    """Return the greatest difference of a pixel of the second recording from the first, in dB.

    Levels below the range of the settings count as its lower end.
    """
    return assembly.greatest_difference_db(_grid(waveform, cells, varied, figure, together))


def _grid(
    waveform: Waveform,
    cells: list[Settings],
    varied: dict[str, list[Any]],
    figure: Figure,
    together: Together | None,
) -> FigurePlan:
    # The cells are the combinations of what varies.
    chosen = [dict(zip(varied, values, strict=True)) for values in product(*varied.values())]
    pairs = list(zip(cells, chosen, strict=True))
    if together is None:
        found = [Cell(_otherwise(waveform, cell), cell, varied_text(cell, values)) for cell, values in pairs]
        n_rows, n_columns = [*map(len, varied.values()), 1, 1][:2]
        return plan_figure(found, figure, _title(figure, waveform.name), n_rows=n_rows, n_columns=n_columns)
    waveforms = [waveform, *(waveform_of(path, cells[0].preprocessing) for path in together.paths)]
    found = [
        Cell(_otherwise(one, cell), cell, f"{displayed_name(one.name)}{varied_text(cell, values, ', ')}", offset)
        for one, offset in zip(waveforms, together.offsets_s, strict=True)
        for cell, values in pairs
    ]
    title = figure.title if figure.title is not None else " and ".join(displayed_name(one.name) for one in waveforms)
    n_rows, difference = len(waveforms) + together.difference, together.difference
    return plan_figure(found, figure, printable(title), n_rows=n_rows, n_columns=len(cells), difference=difference)


def _title(figure: Figure, name: str) -> str:
    return displayed_name(name) if figure.title is None else printable(figure.title)


def _section_text(waveform: Waveform, settings: Settings) -> str:
    """Return from when to when a segment lasts, and its label, for the title of its figure."""
    # With what surrounds it, but without the zeros that fill up the last one.
    wide = widened(waveform, settings)
    before, after = wide.surroundings
    start_s = wide.start_s + before / wide.sample_rate
    text = span_text(start_s, start_s + (wide.n_samples - before - after) / wide.sample_rate)
    label = waveform.segment.label
    return f", {text} ({printable(label)})" if label else f", {text}"


def _otherwise(waveform: Waveform, settings: Settings) -> Waveform:
    return waveform if waveform.otherwise is None else waveform.otherwise(settings.preprocessing)


def _rendering(plan: FigurePlan, format: Format, command: str, **more: Any) -> Rendering:
    def described() -> str:
        first, *others = plan.streams
        names = {stream.sound.name: stream for stream in others if stream.sound.name != first.sound.name}
        labelled = {"labels": [asdict(label) for labels in plan.labels[:1] for label in labels]} if plan.labels else {}
        recordings = {"others": [stream.sound.facts() for stream in names.values()]} if names else {}
        where = _where(plan.axes[0], plan.layout)
        return describe(
            first,
            command,
            **more,
            title=plan.title,
            **where,
            **recordings,
            **(labelled if plan.figure.labels else {}),
        )

    warnings = dict.fromkeys(message for stream in plan.streams for message in spectrogram_warnings(stream))
    if letters := missing_letters(plan.title):
        warnings[f"no installed font has {letters!r}: drawn as boxes"] = None
    write = partial(_write, plan=plan, format=format, described=described)
    return Rendering(plan.streams[0], write, described, tuple(warnings))


def _write(
    file: BinaryIO,
    digest: PixelDigest | None,
    plan: FigurePlan,
    format: Format,
    described: Callable[[], str],
) -> tuple[int, int]:
    return draw_figure(file, format, plan.figure, plan.layout, assembly.assemble(plan), described, digest)


def _where(axes: Axes, layout: Layout) -> dict[str, Any]:
    """Return the place of panels, as left, top, width and height in pixels, and the values at their edges."""
    low, high = (float(axes.scale.to_hz(edge)) for edge in (axes.frequency.low, axes.frequency.high))
    return {
        "panels": [[box.x, layout.height - box.y - box.height, box.width, box.height] for box in layout.panels],
        "columns": {"unit": "s", "left": axes.time.low, "right": axes.time.high},
        "rows": {"unit": "Hz", "scale": axes.bands.freq_scale, "top": high, "bottom": low},
    }
