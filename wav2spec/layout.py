"""Where on a figure its parts lie, in whole pixels."""

from dataclasses import dataclass

from wav2spec.errors import SettingError
from wav2spec.settings import Figure

# The size of letters in points; all distances are multiples of it.
FONT_POINTS = 10.0

# Distances in letters: what labels and titles take, and what keeps parts apart.
_LEFT, _RIGHT, _BOTTOM, _TOP, _TITLE = 4.4, 1.2, 3.4, 1.0, 1.6
_BAR, _BAR_GAP, _BAR_LABELS = 1.1, 1.0, 4.5
_PANEL_GAP, _CAPTION_LINE, _CAPTION_GAP = 1.0, 1.1, 0.5

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
    panels: list[Box]
    bar: Box | None
    waveform: Box | None


def lay_out(figure: Figure, n_rows: int = 1, n_columns: int = 1, *, titled: bool, caption_lines: int = 0) -> Layout:
    """Lay out a grid of panels, each with so many lines of caption above it.

    Raises
    ------
    SettingError
        If the figure is too small for what is around the panels.
    """
    letter = FONT_POINTS * figure.dpi / 72.0

    def px(letters: float) -> int:
        return round(letters * letter)

    left, bottom = px(_LEFT), px(_BOTTOM)
    right = px(_BAR_GAP + _BAR + _BAR_LABELS) if figure.colorbar else px(_RIGHT)
    top = px(_TOP + (_TITLE if titled else 0.0))
    above = px(_CAPTION_LINE * caption_lines + _CAPTION_GAP) if caption_lines else 0
    gap = px(_PANEL_GAP)
    width = figure.width - left - right
    height = figure.height - bottom - top
    waveform = None
    if figure.waveform:
        wave_height = round(_WAVEFORM_SHARE * height)
        waveform = Box(left, bottom + height - wave_height, width, wave_height)
        height -= wave_height + gap
    panel_width = (width - (n_columns - 1) * gap) // n_columns
    panel_height = (height - n_rows * above - (n_rows - 1) * gap) // n_rows
    for name, least, found in (("width", panel_width, figure.width), ("height", panel_height, figure.height)):
        if least < _LEAST:
            words = f"{found} pixels leave {least} for a panel, at least {_LEAST} are needed (at {figure.dpi} dpi)"
            raise SettingError(name, words)
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
    return Layout(figure.width, figure.height, letter, panels, bar, waveform)
