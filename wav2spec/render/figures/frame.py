"""The frame of a figure: what matplotlib draws around the pixels. The one module that paints with it.

A frame depends on the layout and the axes alone, not on the recording. It is painted once and kept; titles and captions
are painted over a copy. The spectrograms are put into it afterwards, as pixels.
"""

import functools
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO, Literal

import numpy as np
import numpy.typing as npt

from wav2spec.arrays import Pixels
from wav2spec.process import check_memory
from wav2spec.render.colormaps import quiet_matplotlib
from wav2spec.render.figures.layout import FONT_POINTS, LABEL, Box
from wav2spec.settings.choices import Style

# The shades from the background to the ink, in which letters and lines are drawn.
N_SHADES = 12

ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"

# Keeps the identifiers in an SVG the same from run to run.
_HASH_SALT = "wav2spec"

# Somewhat more than OpenBLAS takes when matplotlib first uses it.
_FIGURE_BYTES = 48 * 2**20


@dataclass(frozen=True)
class Theme:
    """The colours around the pixels."""

    background: str
    ink: str
    blank: str
    wave: str
    mark: str


THEMES: dict[Style, Theme] = {
    "light": Theme("#ffffff", "#222222", "#ececec", "#4a4a6a", "#00d5ff"),
    "dark": Theme("#121216", "#d8d8dc", "#24242a", "#b0b0c8", "#00d5ff"),
}


@dataclass(frozen=True)
class Marks:
    """Ticks on a side of a box: the pixels of it in which they lie, and labels, empty where another box has them."""

    side: Literal["bottom", "left", "right"]
    pixels: tuple[int, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Line:
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
    align: tuple[Literal["left", "center", "right"], Literal["bottom", "center", "top"]] = ("left", "bottom")
    rotated: bool = False
    optional: bool = False
    boxed: bool = False


@dataclass(frozen=True)
class Frame:
    """What is painted around the pixels of every figure of a layout."""

    width: int
    height: int
    dpi: int
    style: Style
    boxes: tuple[tuple[Box, tuple[Marks, ...]], ...]
    titles: tuple[Line, ...]


@dataclass(frozen=True)
class Image:
    """Colours in a box, shape (height, width, 3)."""

    box: Box
    colors: Pixels


class _Painter:
    """A frame in matplotlib, onto which lines of text are painted and taken away again."""

    def __init__(self, frame: Frame) -> None:
        with _matplotlib() as (canvas_class, figure_class):
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
        levels = [int(color[1:3], 16) for color in (theme.background, theme.ink)]
        self._shade_of = _shades(*levels)
        self._reds = np.asarray(self._canvas.buffer_rgba())[:, :, 0]
        self._shades = self._shade_of[self._reds]
        self._lines: list[Any] = []

    def paint(self, lines: Sequence[Line]) -> tuple[Pixels, list[Box]]:
        """Return the shades of the figure with `lines`, shape (height, width), and the extents of those in boxes."""
        with _matplotlib():
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

        with _matplotlib(), matplotlib.rc_context():
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
        text.set_fontfamily(_families(line.texts[0]))

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


def missing_letters(text: str) -> str:
    """Return the letters of a text that no installed font has."""
    if text.isascii():
        return ""
    with _matplotlib():
        return _fonts_for(text)[1]


def _families(text: str) -> list[str]:
    return ["DejaVu Sans"] if text.isascii() else _fonts_for(text)[0]


@functools.lru_cache(maxsize=64)
def _fonts_for(text: str) -> tuple[list[str], str]:
    """Return matplotlib's font with installed ones that have the letters it lacks, and the letters that none has."""
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
    return families, "".join(letter for letter in dict.fromkeys(text) if ord(letter) in missing)


def _shades(background: int, ink: int) -> Pixels:
    """Return the nearest shade of each of the 256 levels of a colour's red."""
    share = (np.arange(256.0) - background) / (ink - background)
    return np.rint(np.clip(share, 0.0, 1.0) * (N_SHADES - 1)).astype(np.uint8)


def _whole(extent: Any, shape: tuple[int, ...]) -> Box | None:
    """Return the pixels that an extent touches."""
    left, bottom = max(0, int(extent.x0)), max(0, int(extent.y0))
    right, top = min(shape[1], int(np.ceil(extent.x1))), min(shape[0], int(np.ceil(extent.y1)))
    return Box(left, bottom, right - left, top - bottom) if right > left and top > bottom else None


def theme_colors(style: Style) -> npt.NDArray[np.uint8]:
    """Return the shades from background to ink, then the colours of blanks, waveforms and marks."""
    theme = THEMES[style]
    first, last = (_rgb(color) for color in (theme.background, theme.ink))
    steps = np.linspace(0.0, 1.0, N_SHADES)[:, np.newaxis]
    shades = np.rint(first + steps * (last - first)).astype(np.uint8)
    return np.concatenate([shades, np.stack([_rgb(color) for color in (theme.blank, theme.wave, theme.mark)])]).astype(
        np.uint8
    )


def _rgb(color: str) -> npt.NDArray[np.float64]:
    return np.array([int(color[at : at + 2], 16) for at in (1, 3, 5)], np.float64)


@contextmanager
def _matplotlib() -> Iterator[tuple[Any, Any]]:
    """Load matplotlib with its own defaults, and without its warnings."""
    import warnings

    quiet_matplotlib()
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as MatplotlibFigure

    check_memory(_FIGURE_BYTES)
    with ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        # To set and restore all parameters takes as long as to draw a line of text.
        parameters: Any = matplotlib.rcParams
        if any(parameters[name] != value for name, value in _default_parameters().items()):
            stack.enter_context(matplotlib.rc_context())
            matplotlib.rcdefaults()
        yield FigureCanvasAgg, MatplotlibFigure


@functools.cache
def _default_parameters() -> dict[str, Any]:
    """Return what `matplotlib.rcdefaults` sets."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        parameters: Any = matplotlib.rcParams
        # To ask for the backend would load one with windows.
        return {name: parameters[name] for name in parameters if name != "backend"}
