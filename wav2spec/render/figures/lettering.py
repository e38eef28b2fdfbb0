"""Lines of text as matplotlib's canvas draws them: which text fits, and where it lies."""

import functools
from collections.abc import Callable
from math import cos, radians, sin
from typing import Any, NamedTuple

from wav2spec.render.figures.fonts import font_of
from wav2spec.render.figures.frame import Line
from wav2spec.render.figures.layout import FONT_POINTS

ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


class Placed(NamedTuple):
    """A line of text in its place, in pixels from the lower left of the figure.

    Attributes
    ----------
    line : Line
    text : str
        The one that fits.
    font : matplotlib.font_manager.FontProperties
    angle : float
        In degrees.
    x, y : float
        Where its baseline begins.
    left, bottom, width, height : float
        Its extent, with room for all letters of its font.
    """

    line: Line
    text: str
    font: Any
    angle: float
    x: float
    y: float
    left: float
    bottom: float
    width: float
    height: float


class Lettering:
    """Sizes and places of text on a canvas of matplotlib's."""

    def __init__(self, canvas: Any) -> None:
        self._canvas = canvas
        # Matplotlib measures a text each time anew.
        self._measure = functools.lru_cache(maxsize=64)(self._canvas.get_text_width_height_descent)
        self._font_metrics = functools.lru_cache(maxsize=64)(self._measure_font)

    def fitted(self, line: Line) -> str:
        """Return the text of a line that fits into its room; empty if it is optional and none does."""
        font = _font(line)
        return fitted(line, lambda text: float(self._measure(text, font, False)[0]))

    def place(self, line: Line, text: str, x: float, y: float) -> Placed:
        """Place a text of a line at a point, by the line's alignment.

        It lies as matplotlib's own class of texts would lay it. That one needs a figure, which loads all kinds of axes.
        """
        font, angle = _font(line), 90.0 if line.rotated else 0.0
        width, height, descent = self._measure(text, font, False)
        font_ascent, font_descent = self._font_metrics(font)
        ascent, descent = max(height - descent, font_ascent), max(descent, font_descent)
        along, across = line.align
        low = -ascent - descent
        dx = {"left": 0.0, "center": width / 2, "right": width}[along]
        dy = {"bottom": low, "center": low / 2, "center_baseline": -ascent / 2, "top": 0.0}[across]
        dx, dy = _rotated(angle, dx, dy)
        baseline_x, baseline_y = _rotated(angle, 0.0, -ascent)
        corners = [_rotated(angle, *corner) for corner in ((0.0, low), (0.0, 0.0), (width, 0.0), (width, low))]
        (left, *_, right), (bottom, *_, top) = (sorted(places) for places in zip(*corners, strict=True))
        return Placed(
            line,
            text,
            font,
            angle,
            (baseline_x - dx) + x,
            (baseline_y - dy) + y,
            (left - dx) + x,
            (bottom - dy) + y,
            right - left,
            top - bottom,
        )

    def _measure_font(self, font: Any) -> tuple[float, float]:
        """Return how far the letters of a font reach above and below the baseline, in pixels."""
        from matplotlib.font_manager import findfont, get_font

        file: Any = get_font(findfont(font))
        table = file.get_sfnt_table("OS/2")
        if "sTypoAscender" not in table:
            # Before matplotlib 3.11, these letters stand for all.
            _, height, descent = self._measure("lp", font, False)
            return height - descent, descent
        scale = 1 / file.get_sfnt_table("head")["unitsPerEm"] * font.get_size_in_points() * self._canvas.dpi / 72
        return table["sTypoAscender"] * scale, -table["sTypoDescender"] * scale


def _font(line: Line) -> Any:
    return font_of(line.texts[0], line.size * FONT_POINTS)


def fitted(line: Line, length: Callable[[str], float]) -> str:
    """Return the first text of a line that fits, by a function of its length; see `Line`."""
    for text in line.texts:
        if length(text) <= line.room:
            return text
    if line.optional:
        return ""
    last = line.texts[-1]
    text, keep = last, len(last)
    while keep > 2 and (found := length(text)) > line.room:
        keep = min(keep - 1, int(keep * line.room / found) + 1)
        text = f"{last[: keep // 2]}{ELLIPSIS}{last[len(last) - keep // 2 :]}"
    return text


def _rotated(angle: float, x: float, y: float) -> tuple[float, float]:
    if angle == 0:
        return x, y
    cosine, sine = cos(radians(angle)), sin(radians(angle))
    return cosine * x - sine * y, sine * x + cosine * y
