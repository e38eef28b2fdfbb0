"""The painter of frames and letters: matplotlib's canvas for pixels, without its figures and axes.

A frame follows from the layout and the axes, not from the recording. It is painted once and kept; the other lines of
text are painted over it, and taken away again. The pixels of spectrograms do not pass through matplotlib, see `canvas`.
"""

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from wav2spec.arrays import Pixels
from wav2spec.render.figures.backend import matplotlib_defaults, new_canvas
from wav2spec.render.figures.frame import Frame, Line, Marks
from wav2spec.render.figures.layout import LABEL, Box
from wav2spec.render.figures.lettering import Lettering, Placed
from wav2spec.render.figures.theme import THEMES, shades_of_reds

# The lines of boxes and their ticks, in points.
LINE_WIDTH, TICK_WIDTH, TICK, TICK_GAP = 0.6, 0.8, 3.5, 3.5

# The ticks of each side: their direction, and the alignment of their labels.
SIDES: dict[str, tuple[int, int, Any, Any]] = {
    "bottom": (0, -1, "center", "top"),
    "left": (-1, 0, "right", "center_baseline"),
    "right": (1, 0, "left", "center_baseline"),
}

# The margin of a text that lies on a background of its own, in sizes of its letters.
_MARGIN = 0.13


class _Painter:
    """A frame on a canvas of matplotlib's, onto which lines of text are painted and taken away again."""

    def __init__(self, frame: Frame) -> None:
        self._frame, self._theme = frame, THEMES[frame.style]
        with matplotlib_defaults():
            # Half a pixel more, since the canvas rounds down.
            self._size = (frame.width + 0.5) / frame.dpi * frame.dpi, (frame.height + 0.5) / frame.dpi * frame.dpi
            self._canvas = new_canvas(*self._size, frame.dpi)
            self._lettering = Lettering(self._canvas)
            self._fill(0.0, 0.0, *self._size)
            for box, marks in frame.boxes:
                self._draw_ticks(box, marks)
            for box, _ in frame.boxes:
                self._draw_edges(box)
            for box, marks in frame.boxes:
                for placed in self._tick_labels(box, marks):
                    self._draw_text(placed)
            for placed in self._placed(frame.titles):
                self._draw_text(placed)
        self._shade_of = shades_of_reds(frame.style)
        self._reds = np.asarray(self._canvas.buffer_rgba())[:, :, 0]
        self._shades = self._shade_of[self._reds]

    def paint(self, lines: Sequence[Line]) -> tuple[Pixels, list[Box]]:
        """Return the shades of the figure with `lines`, shape (height, width), and the extents of those in boxes."""
        shades, boxed = self._shades.copy(), []
        with matplotlib_defaults():
            from matplotlib.transforms import Bbox

            texts = self._placed(lines)
            extents = [Bbox.from_bounds(text.left, text.bottom, text.width, text.height).padded(2) for text in texts]
            beneath = [self._canvas.copy_from_bbox(extent) for extent in extents]
            for text in texts:
                self._draw_text(text)
            for text, extent in zip(texts, extents, strict=True):
                if box := _whole(extent, shades.shape):
                    box.view(shades)[:] = self._shade_of[box.view(self._reds)]
                    if text.line.boxed:
                        boxed.append(box)
            for pixels in beneath:
                self._canvas.restore_region(pixels)
        return shades, boxed

    def _placed(self, lines: Sequence[Line]) -> list[Placed]:
        """Return the lines in their places, without those that are optional and do not fit."""
        width, height = self._size
        # As shares of the figure and back, since rounding decides on which 64th of a pixel a letter is drawn.
        return [
            self._lettering.place(line, text, width * (line.x / width), height * (line.y / height))
            for line in lines
            if (text := self._lettering.fitted(line))
        ]

    def _fill(self, left: float, bottom: float, width: float, height: float) -> None:
        """Fill a rectangle with the background."""
        from matplotlib.colors import to_rgba
        from matplotlib.path import Path
        from matplotlib.transforms import IdentityTransform

        right, top = left + width, bottom + height
        corners = [(left, bottom), (right, bottom), (right, top), (left, top), (left, bottom)]
        context = self._context(0.0)
        self._canvas.draw_path(
            context, Path(corners, closed=True), IdentityTransform(), to_rgba(self._theme.background)
        )

    def _draw_edges(self, box: Box) -> None:
        """Draw the frame of a box just outside of it.

        Matplotlib rounds lines to whole pixels: one at a quarter of a pixel from the left, and at three quarters of it
        from below, is drawn in that pixel.
        """
        from matplotlib.path import Path
        from matplotlib.transforms import IdentityTransform

        left, bottom, right, top = edges(box)
        corners = (left, bottom), (left, top), (right, bottom), (right, top)
        context = self._context(LINE_WIDTH)
        context.set_capstyle("projecting")
        for one, other in ((0, 1), (2, 3), (0, 2), (1, 3)):
            self._canvas.draw_path(context, Path([corners[one], corners[other]]), IdentityTransform())

    def _draw_ticks(self, box: Box, sides: tuple[Marks, ...]) -> None:
        from matplotlib.path import Path
        from matplotlib.transforms import Affine2D, IdentityTransform

        length = self._canvas.points_to_pixels(TICK)
        context = self._context(TICK_WIDTH)
        context.set_joinstyle("round")
        # Shorter ones are not rounded to whole pixels.
        context.set_snap(length >= 1)
        for marks in sides:
            if marks.pixels:
                dx, dy, *_ = SIDES[marks.side]
                tick, places = Path([(0, 0), (dx, dy)]), Path(tick_places(box, marks))
                self._canvas.draw_markers(context, tick, Affine2D().scale(length), places, IdentityTransform())

    def _tick_labels(self, box: Box, sides: tuple[Marks, ...]) -> list[Placed]:
        width, height = self._size
        away = (TICK + TICK_GAP) * self._frame.dpi / 72
        found = []
        for marks in sides:
            dx, dy, along, across = SIDES[marks.side]
            for (x, y), label in zip(tick_places(box, marks), marks.labels, strict=True):
                if label:
                    x, y = x + dx * away, y + dy * away
                    line = Line((label,), x, y, float("inf"), LABEL, (along, across))
                    found.append(self._lettering.place(line, label, width * (1 / width) * x, height * (1 / height) * y))
        return found

    def _draw_text(self, text: Placed) -> None:
        if text.line.boxed:
            margin = _MARGIN * self._canvas.points_to_pixels(text.font.get_size_in_points())
            self._fill(text.left - margin, text.bottom - margin, text.width + 2 * margin, text.height + 2 * margin)
        # The canvas counts from the top.
        y = self._size[1] - text.y
        self._canvas.draw_text(self._context(0.0), text.x, y, text.text, text.font, text.angle)

    def _context(self, line_width: float) -> Any:
        """Return how lines of a width in points are drawn."""
        context = self._canvas.new_gc()
        context.set_foreground(self._theme.ink)
        context.set_linewidth(line_width)
        context.set_joinstyle("miter")
        return context


def edges(box: Box) -> tuple[float, float, float, float]:
    """Return left, bottom, right and top of the frame of a box."""
    return box.x - 0.75, box.y - 0.25, box.x + box.width + 0.25, box.y + box.height + 0.75


def tick_places(box: Box, marks: Marks) -> list[tuple[float, float]]:
    """Return where the ticks of a side begin."""
    left, bottom, right, _ = edges(box)
    if marks.side == "bottom":
        return [(box.x + pixel + 0.25, bottom) for pixel in marks.pixels]
    return [(left if marks.side == "left" else right, box.y + pixel + 0.75) for pixel in marks.pixels]


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


def _whole(extent: Any, shape: tuple[int, ...]) -> Box | None:
    """Return the pixels that an extent touches."""
    left, bottom = max(0, int(extent.x0)), max(0, int(extent.y0))
    right, top = min(shape[1], int(np.ceil(extent.x1))), min(shape[0], int(np.ceil(extent.y1)))
    return Box(left, bottom, right - left, top - bottom) if right > left and top > bottom else None
