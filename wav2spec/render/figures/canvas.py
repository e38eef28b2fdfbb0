"""The figure: a frame, the pixels of spectrograms and waveforms in it, and the file.

A figure is a sheet of colour numbers. The first are the shades of the frame and the theme's colours, then come those of
the colormaps, `N_LEVELS` each. With one colormap there are no more than 256: an indexed PNG has them all.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from wav2spec.arrays import Pixels
from wav2spec.formats.digest import PixelDigest
from wav2spec.formats.png_writer import INDEXED, RGB, PngWriter
from wav2spec.render.colormaps import load_colormap
from wav2spec.render.figures.axes import MINUS, Axes, LevelScale, level_marks
from wav2spec.render.figures.frame import N_SHADES, Frame, Image, Line, Marks, paint, save, theme_colors
from wav2spec.render.figures.layout import FONT_POINTS, LABEL, SMALL, Box, Layout
from wav2spec.settings.choices import Format
from wav2spec.settings.pictures import Figure

Numbers = npt.NDArray[Any]

# Numbers of colours: those of the theme, and the first of the first colormap. A colormap has as many colours as are
# left, which are evenly spaced among its 256.
_BLANK, _WAVE, _MARK = range(N_SHADES, N_SHADES + 3)
_FIRST_COLOR = N_SHADES + 4
_INK, _FAINT = N_SHADES - 1, N_SHADES // 3
N_LEVELS = 256 - _FIRST_COLOR
_LEVEL_OF = np.rint(np.arange(256) * (N_LEVELS - 1) / 255).astype(np.uint8)
_COLOR_OF = np.rint(np.arange(N_LEVELS) * 255 / (N_LEVELS - 1)).astype(np.uint8)

# Pixels that are turned into colours at once.
_PIECE = 2**18

# The share of a waveform's box that is left free above and below its range.
_WAVE_MARGIN = 0.05


@dataclass(frozen=True)
class Mark:
    """A line or an outlined box over a panel, with its name.

    Attributes
    ----------
    left, right, bottom, top : float or None
        In s and Hz. With `left` alone it is a vertical line, with `bottom` alone a horizontal one; without limits in
        frequency a box is as high as its panel.
    text : str
    """

    left: float | None = None
    right: float | None = None
    bottom: float | None = None
    top: float | None = None
    text: str = ""


@dataclass(frozen=True)
class Panel:
    """The content of one panel.

    Attributes
    ----------
    pixels : ndarray, shape (height, width), uint8
        Levels; the first row is the top.
    blank : ndarray of bool, shape (width,)
        Columns without a frame.
    axes : Axes
    palette : str
    caption : str
        Lines above it; empty for none.
    marks : sequence of Mark
    """

    pixels: Pixels
    blank: npt.NDArray[np.bool_]
    axes: Axes
    palette: str
    caption: str = ""
    marks: Sequence[Mark] = ()


@dataclass(frozen=True)
class Wave:
    """The least and the greatest sample of each pixel of a waveform, shape (2, width), and its axis of time."""

    extremes: npt.NDArray[np.floating]
    axes: Axes


@dataclass(frozen=True)
class Tiers:
    """Rows of labels below a panel: the marks of each row with its name, and the panel's axes."""

    rows: Sequence[tuple[str, Sequence[Mark]]]
    axes: Axes


@dataclass(frozen=True)
class Content:
    """All that a figure shows, in the order of the layout's boxes."""

    panels: Sequence[Panel]
    bars: Sequence[tuple[LevelScale, str]]
    waves: Sequence[Wave] = ()
    wave_range: float = 1.0
    tiers: Sequence[Tiers] = ()
    title: str = ""
    caption: str = ""


def draw_figure(
    file: BinaryIO,
    format: Format,
    figure: Figure,
    layout: Layout,
    content: Content,
    describe: Callable[[], str],
    digest: PixelDigest | None = None,
) -> tuple[int, int]:
    """Write a figure, and return its width and height; it is described when all of it has been drawn."""
    palettes = list(dict.fromkeys([panel.palette for panel in content.panels] + [name for _, name in content.bars]))
    caption, title = _headings(layout, content)
    frame = _frame(figure, layout, content, caption)
    lines = [*title, *_captions(layout, content), *_label_lines(layout, content)]
    strokes = [*_tier_strokes(layout, content)]
    strokes += [
        stroke
        for panel, box in _pairs(layout, content)
        for mark in panel.marks
        for stroke in _strokes(mark, panel.axes, box, _MARK)
    ]
    colors = _colors(figure, palettes)
    if format != "png":
        images = [Image(box, colors[numbers]) for box, numbers in _contents(layout, content, palettes)]
        vectors = [(stroke.box, _hex(colors[stroke.number])) for stroke in strokes]
        save(file, format, frame, lines, images, vectors, describe())
        return layout.width, layout.height
    shades, boxed = paint(frame, lines)
    sheet: Numbers = shades.astype(_type_of(palettes), copy=False)
    written = [(box, box.view(shades).copy()) for box in boxed]
    for box, numbers in _contents(layout, content, palettes):
        box.view(sheet)[:] = numbers
    for stroke in strokes:
        stroke.box.view(sheet)[:] = stroke.number
    for box, pixels in written:
        box.view(sheet)[:] = pixels
    del shades, written
    writer = (
        PngWriter(file, layout.width, INDEXED, colors, digest=digest, dpi=figure.dpi)
        if len(palettes) == 1
        else PngWriter(file, layout.width, RGB, digest=digest, dpi=figure.dpi)
    )
    n_rows = max(1, _PIECE // layout.width)
    for top in range(0, layout.height, n_rows):
        rows = sheet[top : top + n_rows]
        writer.write_rows(rows if len(palettes) == 1 else colors[rows].reshape(len(rows), -1))
    return writer.close(describe())


def _colors(figure: Figure, palettes: list[str]) -> npt.NDArray[np.uint8]:
    """Return the colours of all numbers, shape (n, 3)."""
    own = theme_colors(figure.style)
    spare = np.zeros((_FIRST_COLOR - len(own), 3), np.uint8)
    return np.concatenate([own, spare, *(load_colormap(name)[_COLOR_OF] for name in palettes)])


def _type_of(palettes: list[str]) -> type[np.uint8 | np.uint16]:
    """Return the type of the numbers of all colours."""
    return np.uint8 if len(palettes) == 1 else np.uint16


def _pairs(layout: Layout, content: Content) -> Iterator[tuple[Panel, Box]]:
    return zip(content.panels, layout.panels, strict=True)


def _contents(layout: Layout, content: Content, palettes: list[str]) -> Iterator[tuple[Box, Numbers]]:
    """Yield the colour numbers of each box that holds pixels."""

    def numbered(levels: Pixels, palette: str) -> Numbers:
        first = _FIRST_COLOR + N_LEVELS * palettes.index(palette)
        return (_LEVEL_OF.astype(np.uint16) + first).astype(_type_of(palettes))[levels]

    for panel, box in _pairs(layout, content):
        numbers = numbered(panel.pixels, panel.palette)
        numbers[:, panel.blank] = _BLANK
        yield box, numbers
    for (_, palette), box in zip(content.bars, layout.bars, strict=True):
        levels = np.rint(np.linspace(255, 0, box.height)).astype(np.uint8)
        yield box, np.repeat(numbered(levels, palette)[:, np.newaxis], box.width, axis=1)
    for wave, box in zip(content.waves, layout.waveforms, strict=True):
        yield box, _draw_wave(wave, box, content.wave_range)


def _draw_wave(wave: Wave, box: Box, reach: float) -> Pixels:
    limit = reach * (1 + 2 * _WAVE_MARGIN)
    rows = np.clip((1.0 - wave.extremes / limit) / 2.0, 0.0, 1.0) * (box.height - 1)
    top, bottom = np.floor(rows[1]), np.ceil(rows[0])
    inside = np.arange(box.height)[:, np.newaxis]
    return np.where((inside >= top) & (inside <= bottom), np.uint8(_WAVE), np.uint8(_BLANK))


def _frame(figure: Figure, layout: Layout, content: Content, caption: list[Line]) -> Frame:
    """Return the boxes with their ticks, the titles of axes, and the caption of the figure."""
    letter, n_columns = layout.letter, layout.n_columns
    boxes: list[tuple[Box, tuple[Marks, ...]]] = []
    titles: list[Line] = []
    n_panels = len(layout.panels)
    same_frequencies = len({panel.axes.bands.freq_scale for panel in content.panels}) == 1
    for index, (panel, box) in enumerate(_pairs(layout, content)):
        time, x = panel.axes.time_ticks(box, letter)
        frequency, y = panel.axes.frequency_ticks(box, letter)
        last, first = index >= n_panels - n_columns, index % n_columns == 0
        times = _labels(time.labels, shown=last and not layout.tiers)
        if (index + 1) % n_columns and times and x[-1] > box.width - (0.6 * len(times[-1]) - 0.7) * letter:
            # It would touch the first label of the next column.
            times = (*times[:-1], "")
        below = Marks("bottom", x, times)
        left = Marks("left", y, _labels(frequency.labels, shown=first or not same_frequencies))
        boxes.append((box, (below, left)))
        if last:
            texts = time.title, time.title.partition("(")[2].rstrip(")")
            middle = box.x + box.width / 2
            titles.append(Line(texts, middle, 0.45 * letter, box.width + letter, 1.0, ("center", "bottom")))
        if index == 0:
            apart = len(layout.waveforms) > n_columns
            titles.append(_side_title(frequency.title, layout.panels[:1] if apart else layout.panels, layout))
        elif len(layout.waveforms) > n_columns and first:
            titles.append(_side_title(frequency.title, [box], layout))
    for tiers, box in zip(content.tiers, layout.tiers, strict=True):
        time, x = tiers.axes.time_ticks(box, letter)
        last = box.y == layout.tiers[-1].y
        boxes.append((box, (Marks("bottom", x, _labels(time.labels, shown=last)),)))
    for (scale, _), box in zip(content.bars, layout.bars, strict=True):
        boxes.append((box, (Marks("right", *level_marks(scale, box, letter)),)))
        middle, right = box.y + box.height / 2, layout.width - 0.4 * letter
        short = scale.title.partition(",")[0], "dB"
        titles.append(Line((scale.title, *short), right, middle, box.height, 1.0, ("center", "bottom"), rotated=True))
    for index, (wave, box) in enumerate(zip(content.waves, layout.waveforms, strict=True)):
        time, x = wave.axes.time_ticks(box, letter)
        reach, unit = content.wave_range, box.height / (1 + 2 * _WAVE_MARGIN) / 2
        values = (-reach, 0.0, reach) if box.height > 3.2 * letter else (0.0,)
        labels = [f"{value:.3g}".replace("-", MINUS) for value in values]
        places = tuple(int(box.height / 2 + unit * value / reach) for value in values)
        shown = index % n_columns == 0
        boxes.append((box, (Marks("bottom", x, ("",) * len(x)), Marks("left", places, _labels(labels, shown=shown)))))
        if shown:
            middle = box.y + box.height / 2
            titles.append(_rotated(("Amplitude",), layout, middle, box.height + 0.5 * letter, optional=True))
    return Frame(layout.width, layout.height, figure.dpi, figure.style, tuple(boxes), (*titles, *caption))


def _labels(labels: Sequence[str], *, shown: bool) -> tuple[str, ...]:
    return tuple(labels) if shown else ("",) * len(labels)


def _side_title(title: str, boxes: Sequence[Box], layout: Layout) -> Line:
    """Return the title of the frequency axis beside some rows of panels."""
    low, high = boxes[-1].y, boxes[0].y + boxes[0].height
    unit = title.partition("(")[2].rstrip(")")
    return _rotated((title, unit), layout, (low + high) / 2, high - low + layout.letter)


def _rotated(texts: tuple[str, ...], layout: Layout, middle: float, room: float, *, optional: bool = False) -> Line:
    return Line(texts, 0.4 * layout.letter, middle, room, 1.0, ("center", "top"), rotated=True, optional=optional)


def _headings(layout: Layout, content: Content) -> tuple[list[Line], list[Line]]:
    """Return the caption of the figure and its title, each as a list of a line or none."""
    letter, x = layout.letter, layout.panels[0].x
    above = max([1, *(len(panel.caption.splitlines()) for panel in content.panels)]) if content.panels[0].caption else 0
    y = layout.top + (0.3 + 1.1 * above * (not layout.waveforms)) * letter + 0.2 * letter
    room = layout.width - x - 0.5 * letter
    caption = [Line((content.caption,), x, y, room, SMALL)] if content.caption else []
    if caption:
        y += 1.25 * letter
    title = [Line((content.title,), x, y + 0.15 * letter, room, 1.15)] if content.title else []
    return caption, title


def _captions(layout: Layout, content: Content) -> Iterator[Line]:
    """Yield the lines above panels."""
    for panel, box in _pairs(layout, content):
        for index, text in enumerate(reversed(panel.caption.splitlines())):
            y = box.y + box.height + (0.3 + 1.1 * index) * layout.letter
            yield Line(_shorter(text), box.x, y, box.width, SMALL)


def _shorter(text: str) -> tuple[str, ...]:
    """Return a line and itself without its last parts, which are separated by commas."""
    parts = text.split(", ")
    return tuple(", ".join(parts[:n]) for n in range(len(parts), 0, -1))


def _span(mark: Mark, axes: Axes, box: Box) -> tuple[int, int, int, int]:
    """Return left, right, bottom and top of a mark in pixels of a box; a limit it lacks is that of the box."""

    def pixel(position: float, n: int) -> int:
        return int(np.clip(np.floor(position * n), -1, n))

    def x(time: float | None, edge: int) -> int:
        return edge if time is None else pixel(float(axes.time.position(time)), box.width)

    def y(hz: float | None, edge: int) -> int:
        if hz is None:
            return edge
        low = float(axes.scale.to_hz(axes.frequency.low))
        return pixel(float(axes.frequency.position(axes.scale.from_hz(max(hz, low)))), box.height)

    return x(mark.left, 0), x(mark.right, box.width - 1), y(mark.bottom, 0), y(mark.top, box.height - 1)


@dataclass(frozen=True)
class _Stroke:
    """A line over a panel: its pixels and the number of its colour."""

    box: Box
    number: int


def _hex(color: npt.NDArray[np.uint8]) -> str:
    return "#" + bytes(color.tolist()).hex()


def _tier_strokes(layout: Layout, content: Content) -> Iterator[_Stroke]:
    """Yield the ends of the labels in tiers, and the lines between tiers."""
    for tiers, box in zip(content.tiers, layout.tiers, strict=True):
        height = box.height / max(1, len(tiers.rows))
        for index, (_, marks) in enumerate(tiers.rows):
            low = box.y + box.height - round((index + 1) * height)
            row = Box(box.x, low, box.width, round(height))
            if index + 1 < len(tiers.rows):
                yield _Stroke(Box(box.x, low, box.width, 1), _FAINT)
            for mark in marks:
                yield from _strokes(mark, tiers.axes, row, _INK)


def _strokes(mark: Mark, axes: Axes, box: Box, number: int) -> Iterator[_Stroke]:
    """Yield the lines of a mark, a pixel wide, as far as they lie in the box."""
    left, right, bottom, top = _span(mark, axes, box)
    vertical = [x for x, edge in ((left, mark.left), (right, mark.right)) if edge is not None]
    horizontal = [y for y, edge in ((bottom, mark.bottom), (top, mark.top)) if edge is not None]
    if mark.left is not None and mark.right is not None and mark.bottom is None:
        # A section over all frequencies is closed by its ends alone.
        horizontal = []
    first, last = max(left, 0), min(right, box.width - 1)
    low, high = max(bottom, 0), min(top, box.height - 1)
    if first > last or low > high:
        return
    for x in vertical:
        if 0 <= x < box.width:
            yield _Stroke(Box(box.x + x, box.y + low, 1, high - low + 1), number)
    for y in horizontal:
        if 0 <= y < box.height:
            yield _Stroke(Box(box.x + first, box.y + y, last - first + 1, 1), number)


def _label_lines(layout: Layout, content: Content) -> Iterator[Line]:
    """Yield the names of marks: in their boxes, and in tiers between their ends."""
    letter = layout.letter
    for panel, box in _pairs(layout, content):
        for mark in panel.marks:
            left, right, _, top = _span(mark, panel.axes, box)
            if not mark.text or right < 0 or left >= box.width:
                continue
            left = max(left, 0)
            room = (min(right, box.width) if mark.right is not None else box.width) - left - 0.5 * letter
            y = box.y + min(top, box.height) - 0.35 * letter
            if mark.bottom is not None and mark.top is None and mark.left is None:
                y = box.y + min(_span(mark, panel.axes, box)[2] + 1.5 * letter, box.height - 0.35 * letter)
            yield Line(
                (mark.text,),
                box.x + left + 0.35 * letter,
                y,
                room,
                SMALL * LABEL,
                ("left", "top"),
                optional=True,
                boxed=True,
            )
    for tiers, box in zip(content.tiers, layout.tiers, strict=True):
        height = box.height / max(1, len(tiers.rows))
        for index, (name, marks) in enumerate(tiers.rows):
            y = box.y + box.height - (index + 0.5) * height
            if name and box.x == layout.tiers[0].x:
                end = box.x - 0.5 * letter
                yield Line((name,), end, y, end - 0.2 * letter, SMALL * LABEL, ("right", "center"))
            for mark in marks:
                left, right, _, _ = _span(mark, tiers.axes, box)
                left, right = max(left, 0), min(right, box.width)
                if mark.text and mark.left == mark.right and left < box.width:
                    x, room = box.x + left + 0.3 * letter, box.width - left
                    yield Line((mark.text,), x, y, room, SMALL * LABEL, ("left", "center"), optional=True)
                elif mark.text and right > left:
                    middle = box.x + (left + right) / 2
                    yield Line(
                        (mark.text,), middle, y, right - left - 2, SMALL * LABEL, ("center", "center"), optional=True
                    )


__all__ = ["FONT_POINTS", "Content", "Mark", "Panel", "Tiers", "Wave", "draw_figure"]
