"""The painter of frames and letters: matplotlib. The one module that paints with it.

A frame follows from the layout and the axes, not from the recording. It is painted once and kept; the other lines of
text are painted over it, and taken away again. The pixels of spectrograms do not pass through matplotlib, see `canvas`.
"""

import io
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

import numpy as np

from wav2spec.arrays import Pixels
from wav2spec.console import printable
from wav2spec.render.figures.backend import matplotlib_defaults
from wav2spec.render.figures.fonts import font_families
from wav2spec.render.figures.frame import Frame, Line, Marks
from wav2spec.render.figures.layout import FONT_POINTS, LABEL, Box
from wav2spec.render.figures.theme import THEMES, shades_of_reds

ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"

# Characters that XML does not have, not even escaped.
_NOT_XML = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

# The lines of boxes and their ticks, in points.
_LINE_WIDTH, _TICK_WIDTH, _TICK, _TICK_GAP = 0.6, 0.8, 3.5, 3.5

# The ticks of each side: their marker by matplotlib's number, and the direction and alignment of their labels.
_SIDES: dict[str, tuple[Any, int, int, str, str]] = {
    "bottom": (3, 0, -1, "center", "top"),
    "left": (0, -1, 0, "right", "center_baseline"),
    "right": (1, 1, 0, "left", "center_baseline"),
}

# Keeps the identifiers in an SVG the same from run to run.
_HASH_SALT = "wav2spec"


@dataclass(frozen=True)
class Image:
    """Colours in a box, shape (height, width, 3)."""

    box: Box
    colors: Pixels


class _Painter:
    """A frame in matplotlib, onto which lines of text are painted and taken away again."""

    def __init__(self, frame: Frame) -> None:
        from matplotlib.transforms import Affine2D

        with matplotlib_defaults() as (canvas_class, figure_class):
            # Half a pixel more, since the canvas rounds down.
            inches = (frame.width + 0.5) / frame.dpi, (frame.height + 0.5) / frame.dpi
            self._theme = theme = THEMES[frame.style]
            self.figure = figure_class(figsize=inches, dpi=frame.dpi, facecolor=theme.background)
            self._canvas = canvas_class(self.figure)
            # From pixels at this resolution to those of the canvas, which for vectors is another.
            size = self.figure.bbox.width, self.figure.bbox.height
            self._pixels = Affine2D().scale(1 / size[0], 1 / size[1]) + self.figure.transFigure
            for box, marks in frame.boxes:
                self._add_box(box, marks)
            for title in frame.titles:
                self._add_line(title)
            self._canvas.draw()
        self._shade_of = shades_of_reds(frame.style)
        self._reds = np.asarray(self._canvas.buffer_rgba())[:, :, 0]
        self._shades = self._shade_of[self._reds]
        self._lines: list[Any] = []

    def paint(self, lines: Sequence[Line]) -> tuple[Pixels, list[Box]]:
        """Return the shades of the figure with `lines`, shape (height, width), and the extents of those in boxes."""
        with matplotlib_defaults():
            for text in self._lines:
                text.remove()
            self._lines = texts = [self._add_line(line) for line in lines]
            extents = [text.get_window_extent().padded(2) for text in texts]
            beneath = [self._canvas.copy_from_bbox(extent) for extent in extents]
            for text in texts:
                self.figure.draw_artist(text)
            shades = self._shades.copy()
            boxes = [_whole(extent, shades.shape) for extent in extents]
            for box in filter(None, boxes):
                box.view(shades)[:] = self._shade_of[box.view(self._reds)]
            for pixels in beneath:
                self._canvas.restore_region(pixels)
        return shades, [box for box, line in zip(boxes, lines, strict=True) if line.boxed and box]

    def save(
        self,
        file: BinaryIO,
        format: str,
        lines: Sequence[Line],
        images: Sequence[Image],
        strokes: Sequence[tuple[Box, str]],
        metadata: str,
    ) -> None:
        """Write the figure with its images as SVG or PDF, with letters as text."""
        import matplotlib

        with matplotlib_defaults(), matplotlib.rc_context():
            for line in lines:
                self._add_line(replace(line, texts=tuple(map(_for_xml, line.texts))))
            for image in images:
                self.figure.figimage(image.colors, image.box.x, image.box.y, origin="upper", zorder=-1)
            for box, color in strokes:
                self._add_stroke(box, color)
            matplotlib.rcParams.update({"svg.fonttype": "none", "pdf.fonttype": 42, "svg.hashsalt": _HASH_SALT})
            matplotlib.rcParams["image.composite_image"] = False
            about = {"Date": None, "Description": metadata} if format == "svg" else {"CreationDate": None}
            about |= {} if format == "svg" else {"Keywords": metadata}
            # Into memory first: if writing fails, matplotlib's PDF writer raises an error of its own instead.
            written = io.BytesIO()
            self.figure.savefig(written, format=format, dpi=self.figure.dpi, metadata=about)
        file.write(written.getbuffer())

    def _add_stroke(self, box: Box, color: str) -> None:
        from matplotlib.patches import Rectangle

        place = (box.x, box.y), box.width, box.height
        self.figure.add_artist(Rectangle(*place, transform=self._pixels, color=color, linewidth=0))

    def _add_box(self, box: Box, sides: tuple[Marks, ...]) -> None:
        """Frame a box with a line just outside of it, and add its ticks.

        Matplotlib rounds lines to whole pixels: one at a quarter of a pixel from the left, and at three quarters of it
        from below, is drawn in that pixel. Its own axes would take three times as long.
        """
        from matplotlib.patches import PathPatch
        from matplotlib.path import Path

        left, right = box.x - 0.75, box.x + box.width + 0.25
        bottom, top = box.y - 0.25, box.y + box.height + 0.75
        for marks in sides:
            if marks.side == "bottom":
                self._add_ticks(marks, [(box.x + pixel + 0.25, bottom) for pixel in marks.pixels])
            else:
                x = left if marks.side == "left" else right
                self._add_ticks(marks, [(x, box.y + pixel + 0.75) for pixel in marks.pixels])
        corners = (left, bottom), (left, top), (right, bottom), (right, top)
        for one, other in ((0, 1), (2, 3), (0, 2), (1, 3)):
            line = PathPatch(
                Path([corners[one], corners[other]]),
                transform=self._pixels,
                facecolor="none",
                edgecolor=self._theme.ink,
                linewidth=_LINE_WIDTH,
                capstyle="projecting",
                zorder=2.5,
            )
            self.figure.add_artist(line)

    def _add_ticks(self, marks: Marks, places: Sequence[tuple[float, float]]) -> None:
        """Add the ticks of a side at places in pixels, and their labels."""
        from matplotlib.lines import Line2D

        ink, (marker, dx, dy, along, across) = self._theme.ink, _SIDES[marks.side]
        ticks = Line2D(
            [x for x, _ in places],
            [y for _, y in places],
            transform=self._pixels,
            linestyle="none",
            marker=marker,
            markersize=_TICK,
            markeredgewidth=_TICK_WIDTH,
            color=ink,
        )
        self.figure.add_artist(ticks)
        away = (_TICK + _TICK_GAP) * self.figure.dpi / 72
        size = LABEL * FONT_POINTS
        for (x, y), label in zip(places, marks.labels, strict=True):
            if label:
                at = x + dx * away, y + dy * away
                self.figure.text(*at, label, transform=self._pixels, color=ink, fontsize=size, ha=along, va=across)

    def _add_line(self, line: Line) -> Any:
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

        def length() -> float:
            extent = text.get_window_extent(self._canvas.get_renderer())
            return float(extent.height if line.rotated else extent.width)

        for candidate in line.texts:
            text.set_text(candidate)
            if length() <= line.room:
                return text
        if line.optional:
            text.set_text("")
            return text
        keep = len(candidate)
        while keep > 2 and (found := length()) > line.room:
            keep = min(keep - 1, int(keep * line.room / found) + 1)
            text.set_text(f"{candidate[: keep // 2]}{ELLIPSIS}{candidate[len(candidate) - keep // 2 :]}")
        return text


# The pixels of the frames that are kept: some 40 MB.
_KEPT_PIXELS = 2**23


class _Painters(threading.local):
    """The frames that a thread painted last: as many as are small, and at least one."""

    def __init__(self) -> None:
        self.kept: dict[Frame, _Painter] = {}

    def get(self, frame: Frame) -> _Painter:
        self.kept[frame] = painter = self.kept.pop(frame, None) or _Painter(frame)
        while len(self.kept) > 1 and sum(one.width * one.height for one in self.kept) > _KEPT_PIXELS:
            del self.kept[next(iter(self.kept))]
        return painter


_painters = _Painters()


def forget_frames() -> None:
    """Paint the next frame anew."""
    _painters.kept.clear()


def paint(frame: Frame, lines: Sequence[Line]) -> tuple[Pixels, list[Box]]:
    """Paint a frame with lines of text.

    Returns
    -------
    shades : ndarray, shape (height, width), uint8
        From 0, the background, to `N_SHADES` - 1, the ink; the first row is the top.
    boxed : list of Box
        The extents of the lines that lie over pixels.
    """
    return _painters.get(frame).paint(lines)


def _for_xml(text: str) -> str:
    return _NOT_XML.sub(lambda match: printable(match[0]), text)


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
    _Painter(frame).save(file, format, lines, images, strokes, metadata)


def _whole(extent: Any, shape: tuple[int, ...]) -> Box | None:
    """Return the pixels that an extent touches."""
    left, bottom = max(0, int(extent.x0)), max(0, int(extent.y0))
    right, top = min(shape[1], int(np.ceil(extent.x1))), min(shape[0], int(np.ceil(extent.y1)))
    return Box(left, bottom, right - left, top - bottom) if right > left and top > bottom else None
