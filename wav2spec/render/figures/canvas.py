"""The figure: the frame, the pixels of spectrograms and waveforms in it, and the file.

A figure is a sheet of numbers of colours. The frame and its letters are painted into it in shades, then come panels,
bars and waveforms, and the strokes of marks and labels over them.
"""

from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from wav2spec.arrays import Pixels
from wav2spec.formats.digest import PixelDigest
from wav2spec.formats.png_writer import INDEXED, RGB, PngWriter
from wav2spec.render.figures.annotations import Stroke, captions, headings, label_names, strokes
from wav2spec.render.figures.content import Content, Wave
from wav2spec.render.figures.frame import build_frame
from wav2spec.render.figures.layout import WAVE_MARGIN, Box, Layout
from wav2spec.render.figures.painter import paint
from wav2spec.render.figures.theme import BLANK, WAVE, color_table, level_numbers
from wav2spec.settings.choices import Format
from wav2spec.settings.pictures import Figure

Numbers = npt.NDArray[Any]

# Pixels that are turned into colours at once.
_PIECE = 2**18


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
    colors = color_table(figure.style, palettes)
    caption, title = headings(layout, content)
    frame = build_frame(figure, layout, content, caption)
    lines = [*title, *captions(layout, content), *label_names(layout, content)]
    drawn = list(strokes(layout, content))
    if format != "png":
        # Loads more of matplotlib.
        from wav2spec.render.figures.vectors import Image, save

        images = [Image(box, colors[numbers]) for box, numbers in _pixels(layout, content, palettes)]
        vectors = [(stroke.box, _hex(colors[stroke.number])) for stroke in drawn]
        save(file, format, frame, lines, images, vectors, describe())
        return layout.width, layout.height
    shades, boxed = paint(frame, lines)
    sheet = _compose(shades, boxed, _pixels(layout, content, palettes), drawn, is_indexed=len(palettes) == 1)
    writer = PngWriter(
        file,
        layout.width,
        INDEXED if len(palettes) == 1 else RGB,
        colors if len(palettes) == 1 else None,
        digest=digest,
        dpi=figure.dpi,
    )
    n_rows = max(1, _PIECE // layout.width)
    for top in range(0, layout.height, n_rows):
        rows = sheet[top : top + n_rows]
        writer.write_rows(rows if len(palettes) == 1 else colors[rows].reshape(len(rows), -1))
    return writer.close(describe())


def _compose(
    shades: Pixels, boxed: list[Box], parts: Iterator[tuple[Box, Numbers]], drawn: list[Stroke], *, is_indexed: bool
) -> Numbers:
    """Put all parts into the sheet; letters in boxes stay above them."""
    sheet: Numbers = shades if is_indexed else shades.astype(np.uint16)
    letters = [(box, box.view(shades).copy()) for box in boxed]
    for box, numbers in parts:
        box.view(sheet)[:] = numbers
    for stroke in drawn:
        stroke.box.view(sheet)[:] = stroke.number
    for box, numbers in letters:
        box.view(sheet)[:] = numbers
    return sheet


def _pixels(layout: Layout, content: Content, palettes: list[str]) -> Iterator[tuple[Box, Numbers]]:
    """Yield the numbers of colours of each box that holds pixels."""
    for panel, box in zip(content.panels, layout.panels, strict=True):
        numbers = level_numbers(panel.palette, palettes)[panel.pixels]
        numbers[:, panel.blank] = BLANK
        yield box, numbers
    for (_, palette), box in zip(content.bars, layout.bars, strict=True):
        levels = np.rint(np.linspace(255, 0, box.height)).astype(np.uint8)
        yield box, np.repeat(level_numbers(palette, palettes)[levels, np.newaxis], box.width, axis=1)
    for wave, box in zip(content.waves, layout.waveforms, strict=True):
        yield box, _draw_wave(wave, box, content.wave_range)


def _draw_wave(wave: Wave, box: Box, reach: float) -> Pixels:
    limit = reach * (1 + 2 * WAVE_MARGIN)
    rows = np.clip((1.0 - wave.extremes / limit) / 2.0, 0.0, 1.0) * (box.height - 1)
    top, bottom = np.floor(rows[1]), np.ceil(rows[0])
    inside = np.arange(box.height)[:, np.newaxis]
    return np.where((inside >= top) & (inside <= bottom), np.uint8(WAVE), np.uint8(BLANK))


def _hex(color: npt.NDArray[np.uint8]) -> str:
    return "#" + bytes(color.tolist()).hex()
