"""The labelled figure, in matplotlib: panels of pixels with axes, a colour bar, a waveform.

Pixels are put into the figure as they are; matplotlib draws what is around them. There is no pyplot and no display.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from wav2spec.arrays import Pixels
from wav2spec.dsp.pooling import Axis
from wav2spec.formats.digest import PixelDigest
from wav2spec.formats.png_writer import RGB, PngWriter
from wav2spec.render.colormaps import load_colormap, quiet_matplotlib
from wav2spec.render.figures.layout import FONT_POINTS, Box, Layout
from wav2spec.render.figures.panels import FrequencyScale
from wav2spec.render.figures.ticks import Ticks, level_ticks, linear_frequency_ticks, spread_frequency_ticks, time_ticks
from wav2spec.render.quantize import value_range
from wav2spec.settings.bands import Bands
from wav2spec.settings.levels import Levels
from wav2spec.settings.pictures import Figure

# Letters that a label takes of its axis.
_TIME_LABEL, _FREQUENCY_LABEL, _LEVEL_LABEL = 6.0, 2.6, 2.6


_MOST_LEVELS = 10


@dataclass(frozen=True)
class Theme:
    """The colours around the pixels."""

    background: str
    ink: str
    blank: tuple[int, int, int]
    wave: tuple[int, int, int]


_THEMES = {
    "light": Theme("#ffffff", "#222222", (0xEC, 0xEC, 0xEC), (0x4A, 0x4A, 0x6A)),
    "dark": Theme("#121216", "#d8d8dc", (0x24, 0x24, 0x2A), (0xB0, 0xB0, 0xC8)),
}


@dataclass(frozen=True)
class Panel:
    """What one panel shows.

    Attributes
    ----------
    pixels : ndarray, shape (height, width), uint8
    blank : ndarray of bool, shape (width,)
    caption : str
        Lines above it; empty for none.
    """

    pixels: Pixels
    blank: npt.NDArray[np.bool_]
    caption: str = ""


@dataclass(frozen=True)
class Axes:
    """What all panels of a figure share."""

    time: Axis
    frequency: Axis
    scale: FrequencyScale
    bands: Bands
    levels: Levels
    unit: str


def draw_figure(
    file: BinaryIO,
    figure: Figure,
    layout: Layout,
    panels: list[Panel],
    axes: Axes,
    *,
    title: str = "",
    wave: npt.NDArray[np.floating[Any]] | None = None,
    text: str = "",
    digest: PixelDigest | None = None,
) -> tuple[int, int]:
    """Write a figure as PNG, and return its width and height."""
    theme = _THEMES[figure.style]
    colors = load_colormap(figure.palette)
    with _matplotlib() as (canvas_class, figure_class):
        # Half a pixel more, since the canvas rounds down.
        inches = (layout.width + 0.5) / figure.dpi, (layout.height + 0.5) / figure.dpi
        drawing = figure_class(figsize=inches, dpi=figure.dpi, facecolor=theme.background)
        canvas = canvas_class(drawing)
        sheet = _Canvas(drawing, layout, theme)
        n_rows = len(panels) // layout.n_columns
        for index, (panel, box) in enumerate(zip(panels, layout.panels, strict=True)):
            row, column = divmod(index, layout.n_columns)
            sheet.put(box, np.where(panel.blank[:, np.newaxis], np.array(theme.blank, np.uint8), colors[panel.pixels]))
            around = sheet.axes(box)
            sheet.time_axis(around, box, axes.time, labelled=row == n_rows - 1)
            sheet.frequency_axis(around, box, axes, labelled=column == 0)
            for line, message in enumerate(reversed(panel.caption.splitlines())):
                height = box.y + box.height + (0.3 + 1.1 * line) * layout.letter
                sheet.write(message, box.x, height, box.width, small=True)
        if layout.bar:
            sheet.level_bar(layout.bar, colors, axes)
        if layout.waveform and wave is not None:
            sheet.waveform(layout.waveform, wave, axes.time)
        if title:
            first = layout.waveform or layout.panels[0]
            above = 0.7 if layout.waveform else 0.7 + 1.1 * len(panels[0].caption.splitlines())
            room = layout.width - first.x - 0.5 * layout.letter
            sheet.write(title, first.x, first.y + first.height + above * layout.letter, room)
        canvas.draw()
        pixels = np.asarray(canvas.buffer_rgba())[:, :, :3]
    writer = PngWriter(file, layout.width, RGB, digest=digest)
    writer.write_rows(pixels.reshape(len(pixels), -1))
    return writer.close(text)


class _Canvas:
    """A matplotlib figure on which boxes are filled and labelled."""

    def __init__(self, drawing: Any, layout: Layout, theme: Theme) -> None:
        self._drawing = drawing
        self._layout = layout
        self._theme = theme
        self._width, self._height = drawing.bbox.width, drawing.bbox.height
        self._font = {"color": theme.ink, "fontsize": FONT_POINTS, "parse_math": False}

    def put(self, box: Box, pixels: npt.NDArray[np.uint8]) -> None:
        """Fill a box with colours, shape (height, width, 3)."""
        self._drawing.figimage(pixels, box.x, box.y, origin="upper", zorder=-1)

    def axes(self, box: Box) -> Any:
        """Frame a box, without ticks."""
        place = (box.x / self._width, box.y / self._height, box.width / self._width, box.height / self._height)
        axes = self._drawing.add_axes(place, facecolor="none", xlim=(0, 1), ylim=(0, 1))
        axes.set(xticks=[], yticks=[])
        axes.tick_params(colors=self._theme.ink, labelsize=0.9 * FONT_POINTS)
        for spine in axes.spines.values():
            spine.set(edgecolor=self._theme.ink, linewidth=0.6)
        return axes

    def write(self, text: str, x: float, y: float, width: float, *, small: bool = False) -> None:
        """Write a line from a point in pixels on, no longer than `width`."""
        font = self._font | {"fontsize": FONT_POINTS * (0.85 if small else 1.15)}
        label = self._drawing.text(x / self._width, y / self._height, text, ha="left", va="bottom", **font)
        label.set_fontfamily(_families(text))
        _shorten(label, text, width, self._drawing)

    def time_axis(self, axes: Any, box: Box, time: Axis, *, labelled: bool) -> None:
        ticks = time_ticks(time.low, time.high, self._max_ticks(box.width, _TIME_LABEL))
        places = _snap_to_pixels(time.position(ticks.values), box.width, 0.25)
        axes.set_xticks(places, ticks.labels if labelled else [""] * len(places))
        if labelled:
            axes.set_xlabel(ticks.title, **self._font)

    def frequency_axis(self, axes: Any, box: Box, shared: Axes, *, labelled: bool) -> None:
        ticks = self._frequency_ticks(box, shared)
        places = _snap_to_pixels(shared.frequency.position(shared.scale.from_hz(ticks.values)), box.height, 0.75)
        axes.set_yticks(places, ticks.labels if labelled else [""] * len(ticks.values))
        if labelled:
            axes.set_ylabel(ticks.title, **self._font)

    def _frequency_ticks(self, box: Box, shared: Axes) -> Ticks:
        low, high = (float(shared.scale.to_hz(edge)) for edge in (shared.frequency.low, shared.frequency.high))
        if shared.bands.freq_scale == "linear":
            return linear_frequency_ticks(low, high, self._max_ticks(box.height, _FREQUENCY_LABEL))
        gap = _FREQUENCY_LABEL / 2 * self._layout.letter / box.height

        def place(hz: float) -> float:
            return float(shared.frequency.position(shared.scale.from_hz(hz)))

        return spread_frequency_ticks(max(low, 0.0), high, place, gap)

    def level_bar(self, box: Box, colors: npt.NDArray[np.uint8], shared: Axes) -> None:
        levels = np.rint(np.linspace(255, 0, box.height)).astype(np.uint8)
        self.put(box, np.repeat(colors[levels][:, np.newaxis], box.width, axis=1))
        axes = self.axes(box)
        low, high, title = _level_range(shared.levels, shared.unit)
        values = level_ticks(low, high, min(_MOST_LEVELS, self._max_ticks(box.height, _LEVEL_LABEL)))
        places = (np.maximum((np.asarray(values) - low) / (high - low), 0)) ** (1 / shared.levels.gamma)
        axes.yaxis.tick_right()
        axes.yaxis.set_label_position("right")
        axes.set_yticks(places, [f"{value:g}".replace("-", "\N{MINUS SIGN}") for value in values])
        axes.set_ylabel(title, **self._font)

    def waveform(self, box: Box, wave: npt.NDArray[np.floating[Any]], time: Axis) -> None:
        """Draw least and greatest samples, shape (2, width); the box reaches as far as the loudest."""
        reach = max(float(np.abs(wave).max()), 1e-9)
        rows = (1.0 - wave / reach) / 2.0 * (box.height - 1)
        top, bottom = np.floor(rows[1]), np.ceil(rows[0])
        inside = np.arange(box.height)[:, np.newaxis]
        drawn = (inside >= top) & (inside <= bottom)
        self.put(
            box,
            np.where(
                drawn[:, :, np.newaxis], np.array(self._theme.wave, np.uint8), np.array(self._theme.blank, np.uint8)
            ),
        )
        axes = self.axes(box)
        self.time_axis(axes, box, time, labelled=False)
        axes.set_yticks([0, 0.5, 1], [f"\N{MINUS SIGN}{reach:.2g}", "0", f"{reach:.2g}"])

    def _max_ticks(self, length: int, letters: float) -> int:
        return max(1, int(length / (letters * self._layout.letter)))


def _level_range(levels: Levels, unit: str) -> tuple[float, float, str]:
    """Return what the darkest and the brightest colour stand for, and the unit with its reference."""
    low, high = value_range(levels, unit)
    if unit != "dB":
        return low, high, unit.capitalize()
    names = {"full-scale": "full scale", "peak": "peak"}
    reference = names.get(str(levels.db_ref), f"magnitude {levels.db_ref}")
    return low, high, f"dB re {reference}"


def _snap_to_pixels(places: npt.NDArray[np.floating[Any]], n_pixels: int, part: float) -> npt.NDArray[np.floating[Any]]:
    """Move each place to that part of the pixel that shows it from which matplotlib's rounding draws the mark there."""
    marks: npt.NDArray[np.floating[Any]] = (np.clip(np.floor(places * n_pixels), 0, n_pixels - 1) + part) / n_pixels
    return marks


def level_characters(levels: Levels, unit: str) -> int:
    """Return the length of the longest level's label."""
    low, high, _ = _level_range(levels, unit)
    return max(len(f"{value:g}") for value in level_ticks(low, high, _MOST_LEVELS))


def _shorten(label: Any, text: str, width: float, drawing: Any) -> None:
    """Leave out the middle of what is too long."""
    keep = len(text)
    while keep > 2 and label.get_window_extent(drawing.canvas.get_renderer()).width > width:
        keep = min(keep - 1, int(keep * width / label.get_window_extent().width) + 1)
        label.set_text(f"{text[: keep // 2]}\N{HORIZONTAL ELLIPSIS}{text[len(text) - keep // 2 :]}")


def _families(text: str) -> list[str]:
    """Return the fonts for a text: matplotlib's own, and of those installed what has the letters it lacks."""
    from matplotlib import font_manager

    families = ["DejaVu Sans"]
    own = font_manager.get_font(font_manager.findfont("DejaVu Sans")).get_charmap()
    missing = {ord(letter) for letter in text} - own.keys()
    for entry in sorted(font_manager.fontManager.ttflist, key=lambda entry: entry.name):
        if not missing:
            break
        if entry.name not in families and entry.style == "normal" and entry.weight in (400, "normal", "regular"):
            found = missing & font_manager.get_font(entry.fname).get_charmap().keys()
            if found:
                families.append(entry.name)
                missing -= found
    return families


@contextmanager
def _matplotlib() -> Iterator[tuple[Any, Any]]:
    """Load matplotlib with its own defaults, silently: a missing cache folder or letter is not our user's."""
    import warnings

    quiet_matplotlib()
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as MatplotlibFigure

    with matplotlib.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        matplotlib.rcdefaults()
        yield FigureCanvasAgg, MatplotlibFigure
