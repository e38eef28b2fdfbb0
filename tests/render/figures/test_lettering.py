"""Texts in their places: as matplotlib's own figures place them, and nothing where no text fits."""

from typing import Any

import numpy as np
import pytest
from figures import ALL, draw, inside, laid_out, tone
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from recordings import MakeWav

from wav2spec.render.figures.backend import new_canvas
from wav2spec.render.figures.fonts import font_of
from wav2spec.render.figures.frame import Line
from wav2spec.render.figures.layout import FONT_POINTS
from wav2spec.render.figures.lettering import ELLIPSIS, Lettering, fitted

SIZE, DPI = (400.0, 300.0), 100


@pytest.mark.parametrize("rotated", [False, True])
@pytest.mark.parametrize("across", ["bottom", "center", "center_baseline", "top"])
@pytest.mark.parametrize("along", ["left", "center", "right"])
@pytest.mark.parametrize(
    "text", ["12:30", "Frequency (kHz)", "\N{MINUS SIGN}80", "g\N{LATIN SMALL LETTER E WITH ACUTE}"]
)
def test_texts_lie_where_matplotlib_lays_them(text: str, along: Any, across: Any, rotated: bool) -> None:
    line = Line((text,), 150.0, 120.0, np.inf, 0.9, (along, across), rotated=rotated)
    figure = Figure(figsize=(4, 3), dpi=DPI)
    canvas: Any = FigureCanvasAgg(figure)
    theirs = figure.text(
        150 / 400,
        120 / 300,
        text,
        fontsize=0.9 * FONT_POINTS,
        ha=along,
        va=across,
        rotation=90 if rotated else 0,
        rotation_mode="anchor",
    )
    extent = theirs.get_window_extent(canvas.get_renderer())
    ours = Lettering(new_canvas(*SIZE, DPI)).place(line, text, 150.0, 120.0)
    found = ours.left, ours.bottom, ours.left + ours.width, ours.bottom + ours.height
    assert found == pytest.approx((extent.x0, extent.y0, extent.x1, extent.y1), abs=1e-9)


def test_a_frame_has_the_pixels_of_matplotlibs_own_texts() -> None:
    text = "Time (min:s)"
    figure = Figure(figsize=(4, 3), dpi=DPI)
    canvas: Any = FigureCanvasAgg(figure)
    figure.text(0.5, 0.25, text, fontsize=FONT_POINTS, ha="center", va="bottom")
    canvas.draw()
    pixels = new_canvas(*SIZE, DPI)
    ours = Lettering(pixels).place(Line((text,), 0, 0, np.inf, align=("center", "bottom")), text, 200.0, 75.0)
    pixels.draw_text(pixels.new_gc(), ours.x, SIZE[1] - ours.y, text, ours.font, 0.0)
    alpha = np.asarray(pixels.buffer_rgba())[:, :, 3]
    red = np.asarray(canvas.buffer_rgba())[:, :, 0]
    np.testing.assert_allclose(255 - alpha.astype(int), red, atol=1)
    assert alpha.any()


def test_the_first_text_that_fits_is_written_else_the_last_without_its_middle() -> None:
    texts = ("Frequency (kHz)", "kHz")
    assert [fitted(Line(texts, 0, 0, room), len) for room in (15, 14, 3)] == ["Frequency (kHz)", "kHz", "kHz"]
    assert fitted(Line(("abcdefghij",), 0, 0, 5), len) == f"ab{ELLIPSIS}ij"
    assert fitted(Line(texts, 0, 0, 2, optional=True), len) == ""


def test_letters_of_all_sizes_are_those_of_one_file() -> None:
    assert len({font_of("12:30", points).get_file() for points in (7.65, 8.5, 10.0)}) == 1


def test_a_mark_whose_name_does_not_fit_is_a_line_alone(make_wav: MakeWav) -> None:
    pixels = draw(make_wav(samples=tone(2000)), "--mark", "1.999").pixels
    panel = inside(pixels, laid_out(*ALL).panels[0])
    assert not (panel == 255).all(axis=2).any()
