"""What is written and drawn over a figure: headings, captions of panels, marks, and labels in tiers."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np

from wav2spec.render.figures.axes import Axes
from wav2spec.render.figures.content import Chart, Content, Mark
from wav2spec.render.figures.frame import Line
from wav2spec.render.figures.layout import LABEL, SMALL, Box, Layout
from wav2spec.render.figures.theme import FAINT, INK, MARK, WAVE


class Stroke(NamedTuple):
    """A straight line: its pixels, and the number of its colour."""

    box: Box
    number: int


def headings(layout: Layout, content: Content) -> tuple[list[Line], list[Line]]:
    """Return the caption of the figure and its title, each a list of one line or none."""
    letter, x = layout.letter, layout.panels[0].x
    above = max([1, *(len(panel.caption.splitlines()) for panel in content.panels)]) if content.panels[0].caption else 0
    y = layout.top + (0.3 + 1.1 * above * (not layout.waveforms)) * letter + 0.2 * letter
    room = layout.width - x - 0.5 * letter
    caption = [Line((content.caption,), x, y, room, SMALL)] if content.caption else []
    if caption:
        y += 1.25 * letter
    title = [Line((content.title,), x, y + 0.15 * letter, room, 1.15)] if content.title else []
    return caption, title


def captions(layout: Layout, content: Content) -> Iterator[Line]:
    """Yield the lines above panels."""
    for panel, box in zip(content.panels, layout.panels, strict=True):
        for index, text in enumerate(reversed(panel.caption.splitlines())):
            y = box.y + box.height + (0.3 + 1.1 * index) * layout.letter
            yield Line(_shorter(text), box.x, y, box.width, SMALL)


def _shorter(text: str) -> tuple[str, ...]:
    """Return a line and itself without its last parts, which are separated by commas."""
    parts = text.split(", ")
    return tuple(", ".join(parts[:n]) for n in range(len(parts), 0, -1))


def strokes(layout: Layout, content: Content) -> Iterator[Stroke]:
    """Yield the lines between tiers, the ends of labels in them, the marks over panels, and curves."""
    for tiers, box in zip(content.tiers, layout.tiers, strict=True):
        height = box.height / max(1, len(tiers.rows))
        for index, (_, marks) in enumerate(tiers.rows):
            row = Box(box.x, box.y + box.height - round((index + 1) * height), box.width, round(height))
            if index + 1 < len(tiers.rows):
                yield Stroke(Box(row.x, row.y, row.width, 1), FAINT)
            for mark in marks:
                yield from _mark_strokes(mark, tiers.axes, row, INK)
    for panel, box in zip(content.panels, layout.panels, strict=True):
        for mark in panel.marks:
            yield from _mark_strokes(mark, panel.axes, box, MARK)
    if content.chart and layout.chart:
        yield from _chart_strokes(content.chart, layout.chart)


def _chart_strokes(chart: Chart, box: Box) -> Iterator[Stroke]:
    """Yield curves in steps of a pixel, a square at each of their points, and the lines of marks."""
    for length in chart.marks:
        yield Stroke(Box(box.x + int(chart.across(length) * box.width), box.y, 1, box.height), FAINT)
    for points in chart.curves.values():
        x = [int(chart.across(length) * box.width) for length, _ in points]
        y = [int(chart.upwards(bits) * box.height) for _, bits in points]
        columns = np.arange(x[0], x[-1] + 1)
        heights = np.rint(np.interp(columns, x, y)).astype(int).tolist()
        for column, here, after in zip(columns.tolist(), heights, [*heights[1:], heights[-1]], strict=True):
            low, high = min(here, after), max(here, after)
            yield Stroke(Box(box.x + column, box.y + low, 1, max(2, high - low)), WAVE)
        for column, here in zip(x, y, strict=True):
            yield Stroke(Box(box.x + column - 3, box.y + here - 2, 7, 7), WAVE)


def _chart_names(chart: Chart, box: Box, letter: float) -> Iterator[Line]:
    """Yield the names of marks at the upper edge, and those of several curves at their right ends."""
    for number, (length, name) in enumerate(chart.marks.items()):
        share, gap = chart.across(length), 0.4 * letter
        # Each on a line of its own, since marks may lie close to each other.
        y = box.y + box.height - (0.2 + 0.95 * number) * letter
        side: Literal["left", "right"] = "left" if share < 0.5 else "right"
        x, room = box.x + share * box.width, max(share, 1 - share) * box.width - gap
        x += gap if side == "left" else -gap
        yield Line((name,), x, y, room, SMALL * LABEL, (side, "top"), optional=True)
    if len(chart.curves) == 1:
        return
    below = -letter
    for name, points in sorted(chart.curves.items(), key=lambda curve: curve[1][-1][1]):
        x = box.x + chart.across(points[-1][0]) * box.width + 0.6 * letter
        # Names of curves that end close to each other are pushed apart.
        below = max(box.y + chart.upwards(points[-1][1]) * box.height, below + 0.95 * letter)
        yield Line((name,), x, below, box.x + box.width - x, SMALL * LABEL, ("left", "center"), optional=True)


def label_names(layout: Layout, content: Content) -> Iterator[Line]:
    """Yield the names of marks in their boxes, then those of tiers and of the labels in them."""
    for panel, box in zip(content.panels, layout.panels, strict=True):
        for mark in panel.marks:
            yield from _mark_name(mark, panel.axes, box, layout.letter)
    for tiers, box in zip(content.tiers, layout.tiers, strict=True):
        height = box.height / max(1, len(tiers.rows))
        for index, (name, marks) in enumerate(tiers.rows):
            y = box.y + box.height - (index + 0.5) * height
            if name and box.x == layout.tiers[0].x:
                end = box.x - 0.5 * layout.letter
                yield Line((name,), end, y, end - 0.2 * layout.letter, SMALL * LABEL, ("right", "center"))
            for mark in marks:
                yield from _label_name(mark, tiers.axes, box, y, layout.letter)
    if content.chart and layout.chart:
        yield from _chart_names(content.chart, layout.chart, layout.letter)


def _mark_name(mark: Mark, axes: Axes, box: Box, letter: float) -> Iterator[Line]:
    left, right, bottom, top = _span(mark, axes, box)
    if not mark.text or right < 0 or left >= box.width:
        return
    left = max(left, 0)
    room = (min(right, box.width) if mark.right is not None else box.width) - left - 0.5 * letter
    x, y = box.x + left + 0.35 * letter, box.y + min(top, box.height) - 0.35 * letter
    if mark.bottom is not None and mark.top is None and mark.left is None:
        # Above a horizontal line.
        y = box.y + min(bottom + 1.5 * letter, box.height - 0.35 * letter)
    yield Line((mark.text,), x, y, room, SMALL * LABEL, ("left", "top"), optional=True, boxed=True)


def _label_name(mark: Mark, axes: Axes, box: Box, y: float, letter: float) -> Iterator[Line]:
    left, right, _, _ = _span(mark, axes, box)
    left, right = max(left, 0), min(right, box.width)
    if mark.text and mark.left == mark.right and left < box.width:
        x, room = box.x + left + 0.3 * letter, box.width - left
        yield Line((mark.text,), x, y, room, SMALL * LABEL, ("left", "center"), optional=True)
    elif mark.text and right > left:
        middle = box.x + (left + right) / 2
        yield Line((mark.text,), middle, y, right - left - 2, SMALL * LABEL, ("center", "center"), optional=True)


def _mark_strokes(mark: Mark, axes: Axes, box: Box, number: int) -> Iterator[Stroke]:
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
            yield Stroke(Box(box.x + x, box.y + low, 1, high - low + 1), number)
    for y in horizontal:
        if 0 <= y < box.height:
            yield Stroke(Box(box.x + first, box.y + y, last - first + 1, 1), number)


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
