"""Draw figures in this process, and find their parts in the pixels."""

import os
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from wav2spec.cli.main import command
from wav2spec.render.colormaps import load_colormap
from wav2spec.render.figures import painter
from wav2spec.render.figures.frame import Frame, Line, Marks
from wav2spec.render.figures.layout import Box, Layout, compute_layout
from wav2spec.render.figures.lettering import Lettering, Placed
from wav2spec.settings.pictures import Figure

Bytes = npt.NDArray[np.uint8]
RATE = 16000
ALL = Figure(), 1


class Painted:
    """What was painted around the pixels of a figure: its frame, and all its texts in their places."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.texts: list[Placed] = []

    @property
    def frame(self) -> Frame:
        (frame,) = self.frames
        return frame


class Drawn(NamedTuple):
    """What a command drew: pixels, shape (height, width, 3), and what matplotlib painted around them."""

    pixels: Bytes
    figure: Painted


def draw(source: Path | str, *words: str, by: str = "plot") -> Drawn:
    """Draw a recording within this process."""
    painted = Painted()

    def record_frame(painter: Any, frame: Frame) -> None:
        painted.frames.append(frame)
        original_init(painter, frame)

    def record_text(lettering: Any, line: Line, *place: Any) -> Placed:
        placed: Placed = original_place(lettering, line, *place)
        painted.texts.append(placed)
        return placed

    target = os.path.join(os.path.dirname(source), "drawn.png")
    painter.forget_frames()
    with pytest.MonkeyPatch.context() as patch:
        original_init, original_place = painter._Painter.__init__, Lettering.place
        patch.setattr(painter._Painter, "__init__", record_frame)
        patch.setattr(Lettering, "place", record_text)
        assert command.main([by, str(source), "-o", target, *words], standalone_mode=False) == 0
    with Image.open(target) as picture:
        return Drawn(np.asarray(picture.convert("RGB")), painted)


def axis_titles(figure: Painted) -> list[str]:
    """Return the titles of vertical axes: of frequencies, then of bars, then of waveforms."""
    return [text.text for text in figure.texts if text.line.rotated]


def headings(figure: Painted) -> list[str]:
    """Return the lines above panels: captions of the figure, its title, captions of panels."""
    low = [text for text in figure.texts if not text.line.rotated and text.line.align[0] == "left"]
    # Labels of ticks are centred beside them.
    return [text.text for text in low if text.line.align[1] != "center_baseline"]


def ticks(figure: Painted, index: int, side: str) -> Marks:
    """Return the ticks on a side of a box: of panels, then of bars, then of waveforms."""
    (marks,) = [marks for marks in figure.frame.boxes[index][1] if marks.side == side]
    return marks


def inside(picture: Bytes, box: Box) -> Bytes:
    top = len(picture) - box.y - box.height
    return picture[top : top + box.height, box.x : box.x + box.width]


def levels(picture: Bytes, box: Box) -> npt.NDArray[np.intp]:
    """Return the levels whose colours a box shows, -1 for any other colour.

    A figure has `N_LEVELS` colours of the 256: of what was drawn, the level is right to one.
    """
    weights = np.array([2**16, 2**8, 1])
    known = load_colormap("magma") @ weights
    order = np.argsort(known)
    colors = inside(picture, box) @ weights
    found = order[np.minimum(np.searchsorted(known[order], colors), 255)]
    return np.where(known[found] == colors, found, -1)


def tone(hz: float, n_samples: int = 2 * RATE, amplitude: float = 0.5) -> npt.NDArray[np.float64]:
    return amplitude * np.sin(2 * np.pi * hz * np.arange(n_samples) / RATE)


def impulse(sample: int, n_samples: int) -> npt.NDArray[np.float64]:
    return np.where(np.arange(n_samples) == sample, 0.9, 0.0)


def laid_out(figure: Figure, n_panels: int = 1) -> Layout:
    return compute_layout(
        figure, n_panels, titled=True, captioned=figure.caption, caption_lines=int(n_panels > 1), waveform_rows=n_panels
    )
