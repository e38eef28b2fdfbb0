"""Where on a figure its parts lie, in whole pixels."""

from dataclasses import dataclass

from wav2spec.errors import SettingError
from wav2spec.settings.pictures import Figure

# The size of letters in points; all distances are multiples of it.
FONT_POINTS = 10.0


# Distances in letters: what labels and titles take, and what keeps parts apart.
_LEFT, _RIGHT, _BOTTOM, _TOP, _TITLE = 5.2, 2.8, 3.4, 1.0, 1.6


_BAR, _BAR_GAP, _BAR_LABELS, _BAR_CHARACTER = 1.1, 1.0, 2.6, 0.62


_PANEL_GAP, _CAPTION_LINE, _CAPTION_GAP = 1.0, 1.1, 0.5


# How large a figure is unless it was said, in inches: one panel, or the panels of a grid and what is around them.
_WIDTH, _HEIGHT = 10.0, 5.0


_CELL, _AROUND = (4.2, 2.6), (1.6, 0.9)


# The waveform's share of the height, and the least that an axis may measure, in pixels.
_WAVEFORM_SHARE = 0.2


_LEAST = 16


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels; `y` counts from the bottom of the figure."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class Layout:
    """The boxes of a figure.

    `panels` are in reading order. `bar` and `waveform` are None where there is none.
    """

    width: int
    height: int
    letter: float
    n_columns: int
    panels: list[Box]
    bar: Box | None
    waveform: Box | None


def compute_layout(
    figure: Figure,
    n_rows: int = 1,
    n_columns: int = 1,
    *,
    titled: bool,
    caption_lines: int = 0,
    level_characters: int = 3,
) -> Layout:
    """Lay out a grid of panels, each with so many lines of caption above it; levels are so many characters long.

    Raises
    ------
    SettingError
        If the figure is too small for what is around the panels.
    """
    letter = FONT_POINTS * figure.dpi / 72.0
    figure_width = figure.width or round(figure.dpi * (_WIDTH if n_columns == 1 else _AROUND[0] + n_columns * _CELL[0]))
    figure_height = figure.height or round(figure.dpi * (_HEIGHT if n_rows == 1 else _AROUND[1] + n_rows * _CELL[1]))

    def px(letters: float) -> int:
        return round(letters * letter)

    left, bottom = px(_LEFT), px(_BOTTOM)
    right = px(_BAR_GAP + _BAR + _BAR_LABELS + _BAR_CHARACTER * level_characters) if figure.colorbar else px(_RIGHT)
    top = px(_TOP + (_TITLE if titled else 0.0))
    above = px(_CAPTION_LINE * caption_lines + _CAPTION_GAP) if caption_lines else 0
    gap = px(_PANEL_GAP)
    width = figure_width - left - right
    height = figure_height - bottom - top
    panel_width = (width - (n_columns - 1) * gap) // n_columns
    waveform = None
    if figure.waveform:
        wave_height = round(_WAVEFORM_SHARE * height)
        waveform = Box(left, bottom + height - wave_height, panel_width, wave_height)
        height -= wave_height + gap
    panel_height = (height - n_rows * above - (n_rows - 1) * gap) // n_rows
    for name, least, found in (("width", panel_width, figure_width), ("height", panel_height, figure_height)):
        if least < _LEAST:
            message = f"{found} pixels leave {least} for a panel, at least {_LEAST} are needed (at {figure.dpi} dpi)"
            raise SettingError(name, message)
    panels = [
        Box(
            left + column * (panel_width + gap),
            bottom + height - above - panel_height - row * (panel_height + above + gap),
            panel_width,
            panel_height,
        )
        for row in range(n_rows)
        for column in range(n_columns)
    ]
    bar = Box(left + width + px(_BAR_GAP), bottom, px(_BAR), height - above) if figure.colorbar else None
    return Layout(figure_width, figure_height, letter, n_columns, panels, bar, waveform)
