"""The frame of a figure: boxes with ticks, and the titles of axes. All of it follows from the layout and the axes."""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from wav2spec.render.figures.axes import MINUS, level_marks
from wav2spec.render.figures.content import Content
from wav2spec.render.figures.layout import WAVE_MARGIN, Box, Layout
from wav2spec.render.figures.ticks import level_ticks
from wav2spec.settings.choices import Style
from wav2spec.settings.pictures import Figure


class Marks(NamedTuple):
    """Ticks on a side of a box: the pixels of it in which they lie, and labels, empty where another box has them."""

    side: Literal["bottom", "left", "right"]
    pixels: tuple[int, ...]
    labels: tuple[str, ...]


# Along a line, then across.
_Alignment = tuple[Literal["left", "center", "right"], Literal["bottom", "center", "center_baseline", "top"]]


class Line(NamedTuple):
    """A line of text at a point of the figure, in pixels from the lower left.

    Attributes
    ----------
    texts : tuple of str
        The first that fits into `room` is written; if none does, the last without its middle.
    x, y, room : float
    size : float
        As a share of the figure's font size.
    align : str
        Of the line at its point: along itself, then across.
    rotated : bool
        Whether it runs upwards.
    optional : bool
        Whether it is left out if no text fits.
    boxed : bool
        Whether it lies over pixels, on a background of its own.
    """

    texts: tuple[str, ...]
    x: float
    y: float
    room: float
    size: float = 1.0
    align: _Alignment = ("left", "bottom")
    rotated: bool = False
    optional: bool = False
    boxed: bool = False


class Frame(NamedTuple):
    """What is painted around the pixels of every figure of a layout."""

    width: int
    height: int
    dpi: int
    style: Style
    boxes: tuple[tuple[Box, tuple[Marks, ...]], ...]
    titles: tuple[Line, ...]


# A box with its ticks, and the titles of its axes.
_Part = tuple[Box, tuple[Marks, ...], list[Line]]


def build_frame(figure: Figure, layout: Layout, content: Content, caption: Sequence[Line]) -> Frame:
    """Return the boxes with their ticks, the titles of axes, and the caption of the figure."""
    parts = [
        *_panels(layout, content),
        *_tiers(layout, content),
        *_bars(layout, content),
        *_waveforms(layout, content),
        *_chart(layout, content),
    ]
    boxes = tuple((box, marks) for box, marks, _ in parts)
    titles = [title for _, _, titles in parts for title in titles]
    return Frame(layout.width, layout.height, figure.dpi, figure.style, boxes, (*titles, *caption))


def _panels(layout: Layout, content: Content) -> Iterator[_Part]:
    letter, n_columns = layout.letter, layout.n_columns
    same_frequencies = len({panel.axes.bands.freq_scale for panel in content.panels}) == 1
    # Waveforms between the rows leave no room for a title beside all of them.
    apart = len(layout.waveforms) > n_columns
    for index, (panel, box) in enumerate(zip(content.panels, layout.panels, strict=True)):
        time, x = panel.axes.time_ticks(box, letter)
        frequency, y = panel.axes.frequency_ticks(box, letter)
        in_last_row, in_first_column = index >= len(layout.panels) - n_columns, index % n_columns == 0
        times = _labels(time.labels, shown=in_last_row and not layout.tiers)
        if (index + 1) % n_columns and times and x[-1] > box.width - (0.6 * len(times[-1]) - 0.7) * letter:
            # It would touch the first label of the next column.
            times = (*times[:-1], "")
        frequencies = _labels(frequency.labels, shown=in_first_column or not same_frequencies)
        titles = [_time_title(time.title, box, letter, layout.bottom + 0.45 * letter)] if in_last_row else []
        if index == 0 or (apart and in_first_column):
            titles.append(_frequency_title(frequency.title, [box] if apart else layout.panels, layout))
        yield box, (Marks("bottom", x, times), Marks("left", y, frequencies)), titles


def _chart(layout: Layout, content: Content) -> Iterator[_Part]:
    chart, box, letter = content.chart, layout.chart, layout.letter
    if chart is None or box is None:
        return
    lengths = sorted({length for points in chart.curves.values() for length, _ in points})
    bits = level_ticks(*chart.range_bits, max(2, int(box.height / (2 * letter))))
    below = Marks(
        "bottom",
        tuple(int(chart.across(length) * box.width) for length in lengths),
        tuple(f"{length:.3g}" for length in lengths),
    )
    left = Marks(
        "left", tuple(int(chart.upwards(value) * box.height) for value in bits), tuple(f"{value:g}" for value in bits)
    )
    side = _rotated(("Entropy (bits)", "bits"), layout, box.y + box.height / 2, box.height + letter)
    yield box, (below, left), [_time_title("Window (ms)", box, letter, 0.45 * letter), side]


def _tiers(layout: Layout, content: Content) -> Iterator[_Part]:
    for tiers, box in zip(content.tiers, layout.tiers, strict=True):
        time, x = tiers.axes.time_ticks(box, layout.letter)
        in_last_row = box.y == layout.tiers[-1].y
        yield box, (Marks("bottom", x, _labels(time.labels, shown=in_last_row)),), []


def _bars(layout: Layout, content: Content) -> Iterator[_Part]:
    for (scale, _), box in zip(content.bars, layout.bars, strict=True):
        middle, right = box.y + box.height / 2, layout.width - 0.4 * layout.letter
        texts = scale.title, scale.title.partition(",")[0], "dB"
        title = Line(texts, right, middle, box.height, 1.0, ("center", "bottom"), rotated=True)
        yield box, (Marks("right", *level_marks(scale, box, layout.letter)),), [title]


def _waveforms(layout: Layout, content: Content) -> Iterator[_Part]:
    letter, reach = layout.letter, content.wave_range
    for index, (wave, box) in enumerate(zip(content.waves, layout.waveforms, strict=True)):
        _, x = wave.axes.time_ticks(box, letter)
        values = (-reach, 0.0, reach) if box.height > 3.2 * letter else (0.0,)
        unit = box.height / (1 + 2 * WAVE_MARGIN) / 2
        y = tuple(int(box.height / 2 + unit * value / reach) for value in values)
        in_first_column = index % layout.n_columns == 0
        labels = _labels([f"{value:.3g}".replace("-", MINUS) for value in values], shown=in_first_column)
        middle, room = box.y + box.height / 2, box.height + 0.5 * letter
        titles = [_rotated(("Amplitude",), layout, middle, room, optional=True)] if in_first_column else []
        yield box, (Marks("bottom", x, ("",) * len(x)), Marks("left", y, labels)), titles


def _labels(labels: Sequence[str], *, shown: bool) -> tuple[str, ...]:
    return tuple(labels) if shown else ("",) * len(labels)


def _time_title(title: str, box: Box, letter: float, y: float) -> Line:
    texts = title, title.partition("(")[2].rstrip(")")
    return Line(texts, box.x + box.width / 2, y, box.width + letter, 1.0, ("center", "bottom"))


def _frequency_title(title: str, boxes: Sequence[Box], layout: Layout) -> Line:
    """Return the title of the frequency axis beside some rows of panels."""
    low, high = boxes[-1].y, boxes[0].y + boxes[0].height
    unit = title.partition("(")[2].rstrip(")")
    return _rotated((title, unit), layout, (low + high) / 2, high - low + layout.letter)


def _rotated(texts: tuple[str, ...], layout: Layout, middle: float, room: float, *, optional: bool = False) -> Line:
    return Line(texts, 0.4 * layout.letter, middle, room, 1.0, ("center", "top"), rotated=True, optional=optional)
