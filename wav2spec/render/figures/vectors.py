"""Figures as vectors: SVG and PDF, by matplotlib's own figures and artists, with letters as text."""

import io
import re
from collections.abc import Sequence
from typing import Any, BinaryIO, NamedTuple

from wav2spec.arrays import Pixels
from wav2spec.console import printable
from wav2spec.render.figures.backend import matplotlib_defaults
from wav2spec.render.figures.fonts import font_families
from wav2spec.render.figures.frame import Frame, Line, Marks
from wav2spec.render.figures.layout import FONT_POINTS, LABEL, Box
from wav2spec.render.figures.lettering import fitted
from wav2spec.render.figures.painter import LINE_WIDTH, SIDES, TICK, TICK_GAP, TICK_WIDTH, edges, tick_places
from wav2spec.render.figures.theme import THEMES

# Characters that XML does not have, not even escaped.
_NOT_XML = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

# Keeps the identifiers in an SVG the same from run to run.
_HASH_SALT = "wav2spec"

# Matplotlib's numbers of the markers of ticks.
_MARKERS: dict[str, Any] = {"left": 0, "right": 1, "bottom": 3}


class Image(NamedTuple):
    """Colours in a box, shape (height, width, 3)."""

    box: Box
    colors: Pixels


def save(
    file: BinaryIO,
    format: str,
    frame: Frame,
    lines: Sequence[Line],
    images: Sequence[Image],
    strokes: Sequence[tuple[Box, str]],
    metadata: str,
) -> None:
    """Write a figure as ``"svg"`` or ``"pdf"``: axes and letters as vectors, each image at its own resolution."""
    with matplotlib_defaults("figure", f"backends.backend_{format}"):
        import matplotlib

        with matplotlib.rc_context():
            matplotlib.rcdefaults()
            drawn = _Vectors(frame)
            for line in lines:
                drawn.add_line(line._replace(texts=tuple(map(_for_xml, line.texts))))
            for image in images:
                drawn.figure.figimage(image.colors, image.box.x, image.box.y, origin="upper", zorder=-1)
            for box, color in strokes:
                drawn.add_stroke(box, color)
            written = drawn.written(format, metadata)
    file.write(written)


class _Vectors:
    """A figure of matplotlib's with the artists of a frame."""

    def __init__(self, frame: Frame) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
        from matplotlib.transforms import Affine2D

        # Half a pixel more, since the canvas rounds down.
        inches = (frame.width + 0.5) / frame.dpi, (frame.height + 0.5) / frame.dpi
        self._theme = THEMES[frame.style]
        self.figure = Figure(figsize=inches, dpi=frame.dpi, facecolor=self._theme.background)
        # Lengths of lines are those of pixels.
        self._canvas: Any = FigureCanvasAgg(self.figure)
        # From pixels at this resolution to those of the canvas, which for vectors is another.
        size = self.figure.bbox.width, self.figure.bbox.height
        self._pixels = Affine2D().scale(1 / size[0], 1 / size[1]) + self.figure.transFigure
        for box, marks in frame.boxes:
            self._add_box(box, marks)
        for title in frame.titles:
            self.add_line(title)

    def add_stroke(self, box: Box, color: str) -> None:
        from matplotlib.patches import Rectangle

        place = (box.x, box.y), box.width, box.height
        self.figure.add_artist(Rectangle(*place, transform=self._pixels, color=color, linewidth=0))

    def _add_box(self, box: Box, sides: tuple[Marks, ...]) -> None:
        from matplotlib.patches import PathPatch
        from matplotlib.path import Path

        for marks in sides:
            self._add_ticks(marks, tick_places(box, marks))
        left, bottom, right, top = edges(box)
        corners = (left, bottom), (left, top), (right, bottom), (right, top)
        for one, other in ((0, 1), (2, 3), (0, 2), (1, 3)):
            line = PathPatch(
                Path([corners[one], corners[other]]),
                transform=self._pixels,
                facecolor="none",
                edgecolor=self._theme.ink,
                linewidth=LINE_WIDTH,
                capstyle="projecting",
                zorder=2.5,
            )
            self.figure.add_artist(line)

    def _add_ticks(self, marks: Marks, places: Sequence[tuple[float, float]]) -> None:
        """Add the ticks of a side at places in pixels, and their labels."""
        from matplotlib.lines import Line2D

        ink, (dx, dy, along, across) = self._theme.ink, SIDES[marks.side]
        ticks = Line2D(
            [x for x, _ in places],
            [y for _, y in places],
            transform=self._pixels,
            linestyle="none",
            marker=_MARKERS[marks.side],
            markersize=TICK,
            markeredgewidth=TICK_WIDTH,
            color=ink,
        )
        self.figure.add_artist(ticks)
        away = (TICK + TICK_GAP) * self.figure.dpi / 72
        size = LABEL * FONT_POINTS
        for (x, y), label in zip(places, marks.labels, strict=True):
            if label:
                at = x + dx * away, y + dy * away
                self.figure.text(*at, label, transform=self._pixels, color=ink, fontsize=size, ha=along, va=across)

    def written(self, format: str, metadata: str) -> memoryview:
        import matplotlib

        matplotlib.rcParams.update({"svg.fonttype": "none", "pdf.fonttype": 42, "svg.hashsalt": _HASH_SALT})
        matplotlib.rcParams["image.composite_image"] = False
        about = {"Date": None, "Description": metadata} if format == "svg" else {"CreationDate": None}
        about |= {} if format == "svg" else {"Keywords": metadata}
        # Into memory first: if writing fails, matplotlib's PDF writer raises an error of its own instead.
        file = io.BytesIO()
        self.figure.savefig(file, format=format, dpi=self.figure.dpi, metadata=about)
        return file.getbuffer()

    def add_line(self, line: Line) -> None:
        along, across = line.align
        text = self.figure.text(
            line.x / self.figure.bbox.width,
            line.y / self.figure.bbox.height,
            line.texts[0],
            color=self._theme.ink,
            fontsize=line.size * FONT_POINTS,
            parse_math=False,
            rotation="vertical" if line.rotated else "horizontal",
            rotation_mode="anchor",
            ha=along,
            va=across,
            bbox={"facecolor": self._theme.background, "edgecolor": "none", "pad": 1.0} if line.boxed else None,
        )
        text.set_fontfamily(font_families(line.texts[0]))

        def length(candidate: str) -> float:
            text.set_text(candidate)
            extent = text.get_window_extent(self._canvas.get_renderer())
            return float(extent.height if line.rotated else extent.width)

        text.set_text(fitted(line, length))


def _for_xml(text: str) -> str:
    return _NOT_XML.sub(lambda match: printable(match[0]), text)
