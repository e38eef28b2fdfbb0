"""The painter of frames and letters: matplotlib. The one module that paints with it.

A frame follows from the layout and the axes, not from the recording. It is painted once and kept; the other lines of
text are painted over it, and taken away again. The pixels of spectrograms do not pass through matplotlib, see `canvas`.
"""

import functools
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np

from wav2spec.arrays import Pixels
from wav2spec.render.figures.backend import matplotlib_defaults
from wav2spec.render.figures.fonts import font_families
from wav2spec.render.figures.frame import Frame, Line, Marks
from wav2spec.render.figures.layout import FONT_POINTS, LABEL, Box
from wav2spec.render.figures.theme import THEMES, shades_of_reds

ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"

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
        with matplotlib_defaults() as (canvas_class, figure_class):
            # Half a pixel more, since the canvas rounds down.
            inches = (frame.width + 0.5) / frame.dpi, (frame.height + 0.5) / frame.dpi
            self._theme = theme = THEMES[frame.style]
            self.figure = figure_class(figsize=inches, dpi=frame.dpi, facecolor=theme.background)
            self._canvas = canvas_class(self.figure)
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
                self._add_line(line)
            for image in images:
                self.figure.figimage(image.colors, image.box.x, image.box.y, origin="upper", zorder=-1)
            for box, color in strokes:
                self._add_stroke(box, color)
            matplotlib.rcParams.update({"svg.fonttype": "none", "pdf.fonttype": 42, "svg.hashsalt": _HASH_SALT})
            matplotlib.rcParams["image.composite_image"] = False
            about = {"Date": None, "Description": metadata} if format == "svg" else {"CreationDate": None}
            about |= {} if format == "svg" else {"Keywords": metadata}
            self.figure.savefig(file, format=format, dpi=self.figure.dpi, metadata=about)

    def _add_stroke(self, box: Box, color: str) -> None:
        from matplotlib.patches import Rectangle

        width, height = self.figure.bbox.width, self.figure.bbox.height
        place = (box.x / width, box.y / height), box.width / width, box.height / height
        self.figure.add_artist(Rectangle(*place, transform=self.figure.transFigure, color=color, lw=0))

    def _add_box(self, box: Box, sides: tuple[Marks, ...]) -> None:
        """Frame a box with a line just outside of it; the axes count its pixels.

        Matplotlib rounds lines to whole pixels: one at a quarter of a pixel from the left, and at three quarters of it
        from below, is drawn in that pixel.
        """
        width, height = self.figure.bbox.width, self.figure.bbox.height
        place = ((box.x - 0.75) / width, (box.y - 0.25) / height, (box.width + 1) / width, (box.height + 1) / height)
        limits = {"xlim": (-0.75, box.width + 0.25), "ylim": (-0.25, box.height + 0.75)}
        axes = self.figure.add_axes(place, facecolor="none", **limits)
        axes.set(xticks=[], yticks=[])
        axes.tick_params(colors=self._theme.ink, labelsize=LABEL * FONT_POINTS)
        for spine in axes.spines.values():
            spine.set(edgecolor=self._theme.ink, linewidth=0.6)
        for marks in sides:
            if marks.side == "bottom":
                axes.set_xticks([pixel + 0.25 for pixel in marks.pixels], marks.labels)
                continue
            if marks.side == "right":
                axes.yaxis.tick_right()
            axes.set_yticks([pixel + 0.75 for pixel in marks.pixels], marks.labels)

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


class _Painters(threading.local):
    """The frames that a thread painted last."""

    def __init__(self) -> None:
        self.get = functools.lru_cache(maxsize=2)(_Painter)


_painters = _Painters()


def forget_frames() -> None:
    """Paint the next frame anew."""
    _painters.get.cache_clear()


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
