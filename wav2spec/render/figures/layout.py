"""The boxes of a figure, in whole pixels."""

from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from wav2spec.errors import SettingError
from wav2spec.settings.pictures import Figure

# Size of letters in points, and of the small ones of captions and tick labels; all distances are multiples of it.
FONT_POINTS = 10.0
SMALL = 0.85
LABEL = 0.9

# Distances in letters: the room of labels and titles, and the gaps between parts.
_LEFT, _RIGHT, _BOTTOM, _TOP, _TITLE = 5.2, 2.8, 3.4, 1.0, 1.6
_BAR, _BAR_GAP, _BAR_LABELS, _BAR_CHARACTER = 1.1, 1.0, 2.6, 0.62
_PANEL_GAP, _LABELLED_GAP, _CAPTION_LINE, _CAPTION_GAP = 1.0, 3.8, 1.1, 0.5

# The default size of a figure in inches: of a single panel, of each panel of a grid, and around a grid.
_WIDTH, _HEIGHT = 9.6, 4.8
_CELL, _AROUND = (4.2, 2.6), (1.6, 0.9)

# The height of a waveform and of a tier of labels in letters, and the most that all of them take of the figure.
_WAVEFORM, _WAVEFORM_SHARE = 6.0, 0.2
_TIER, _TIER_SHARE = 1.7, 0.3

# The height of a chart in letters.
_CHART = 9.0

# The share of a waveform's box that is left free above and below its range.
WAVE_MARGIN = 0.05

# The shortest side of a panel, in pixels.
_MIN_SIDE = 16

_Scalar = TypeVar("_Scalar", bound=np.generic)


class Box(NamedTuple):
    """A rectangle in pixels; `y` counts from the bottom of the figure."""

    x: int
    y: int
    width: int
    height: int

    def view(self, pixels: npt.NDArray[_Scalar]) -> npt.NDArray[_Scalar]:
        """Return a view of the pixels of the figure, whose first row is the top, that lie in the box."""
        top = len(pixels) - self.y - self.height
        return pixels[top : top + self.height, self.x : self.x + self.width]


class Layout(NamedTuple):
    """The boxes of a figure.

    Attributes
    ----------
    width, height : int
    letter : float
        The size of a letter in pixels.
    n_columns : int
    panels : tuple of Box
        In reading order.
    waveforms, tiers : tuple of Box
        Above and below panels, in reading order; a box of tiers holds all of its panel. Empty where there are none.
    bars : tuple of Box
        The scales of levels at the right. The last one is that of the last row if there are two.
    chart : Box, optional
        Below all panels.
    """

    width: int
    height: int
    letter: float
    n_columns: int
    panels: tuple[Box, ...]
    waveforms: tuple[Box, ...] = ()
    tiers: tuple[Box, ...] = ()
    bars: tuple[Box, ...] = ()
    chart: Box | None = None

    @property
    def bottom(self) -> int:
        """The upper edge of the chart and its labels, 0 without one."""
        return self.chart.y + self.chart.height if self.chart else 0

    @property
    def top(self) -> int:
        """The upper edge of the highest panel or waveform."""
        return max(box.y + box.height for box in (*self.panels, *self.waveforms))


def compute_layout(
    figure: Figure,
    n_rows: int = 1,
    n_columns: int = 1,
    *,
    titled: bool,
    captioned: bool = False,
    caption_lines: int = 0,
    level_characters: int = 3,
    waveform_rows: int = 1,
    n_tiers: int = 0,
    last_row_apart: bool = False,
    labelled_columns: bool = False,
    has_chart: bool = False,
) -> Layout:
    """Lay out a grid of panels.

    Parameters
    ----------
    figure : Figure
    n_rows, n_columns : int
    titled, captioned : bool
        Whether the figure has a title, and a line below it.
    caption_lines : int
        Lines above each panel.
    level_characters : int
        Length of the longest label of the scale of levels.
    waveform_rows : int
        Rows with a waveform above, if the figure has waveforms.
    n_tiers : int
        Tiers of labels below each panel.
    last_row_apart : bool
        Whether the last row has a scale of its own.
    labelled_columns : bool
        Whether each column has labels of frequencies.
    has_chart : bool
        Whether there is a chart below the panels.

    Raises
    ------
    SettingError
        If the figure is too small for what surrounds the panels.
    """
    letter = FONT_POINTS * figure.dpi / 72.0

    def px(letters: float) -> int:
        return round(letters * letter)

    n_waves = waveform_rows if figure.waveform else 0
    # A chart has labels and a title below it, as the panels above it have.
    chart_height = px(_CHART + _BOTTOM) if has_chart else 0
    left, bottom = px(_LEFT), px(_BOTTOM) + chart_height
    right = px(_BAR_GAP + _BAR + _BAR_LABELS + _BAR_CHARACTER * level_characters) if figure.colorbar else px(_RIGHT)
    top = px(_TOP + _TITLE * titled + _CAPTION_LINE * captioned)
    above = px(_CAPTION_LINE * caption_lines + _CAPTION_GAP) if caption_lines else 0
    gap = px(_PANEL_GAP)
    column_gap = px(_LABELLED_GAP if labelled_columns else _PANEL_GAP)
    figure_width = figure.width or round(figure.dpi * (_WIDTH if n_columns == 1 else _AROUND[0] + n_columns * _CELL[0]))
    grid_height = round(figure.dpi * (_HEIGHT if n_rows == 1 else _AROUND[1] + n_rows * _CELL[1]))
    if n_rows > 1:
        grid_height += n_waves * (px(_WAVEFORM) + gap)
    figure_height = figure.height or grid_height + n_rows * n_tiers * px(_TIER) + chart_height
    width = figure_width - left - right
    height = figure_height - bottom - top
    panel_width = (width - (n_columns - 1) * column_gap) // n_columns
    wave_height = min(px(_WAVEFORM), round(_WAVEFORM_SHARE * height / max(1, n_waves)))
    tier_height = min(px(_TIER), round(_TIER_SHARE * height / max(1, n_rows * n_tiers)))
    below = n_tiers * tier_height + (px(0.3) if n_tiers else 0)
    spare = height - n_rows * (above + below) - (n_rows - 1) * gap - n_waves * (wave_height + gap)
    panel_height = spare // n_rows
    for name, side, given in (("width", panel_width, figure_width), ("height", panel_height, figure_height)):
        if side < _MIN_SIDE:
            message = f"{given} pixels leave {side} for a panel, at least {_MIN_SIDE} are needed (at {figure.dpi} dpi)"
            raise SettingError(name, message)
    panels, waveforms, tiers = list[Box](), list[Box](), list[Box]()
    y = figure_height - top
    for row in range(n_rows):
        columns = [left + column * (panel_width + column_gap) for column in range(n_columns)]
        if row < n_waves:
            y -= wave_height
            waveforms += [Box(x, y, panel_width, wave_height) for x in columns]
            y -= gap
        y -= above + panel_height
        panels += [Box(x, y, panel_width, panel_height) for x in columns]
        if n_tiers:
            y -= below
            tiers += [Box(x, y, panel_width, n_tiers * tier_height) for x in columns]
        y -= gap
    bars = _bars(panels, n_columns, left + width + px(_BAR_GAP), px(_BAR), last_row_apart) if figure.colorbar else ()
    chart = Box(left, px(_BOTTOM), width, chart_height - px(_BOTTOM)) if has_chart else None
    boxes = tuple(panels), tuple(waveforms), tuple(tiers), tuple(bars)
    return Layout(figure_width, figure_height, letter, n_columns, *boxes, chart)


def _bars(panels: list[Box], n_columns: int, x: int, width: int, last_row_apart: bool) -> list[Box]:
    """Return a bar beside all rows, or one beside all but the last and one beside that."""
    split = len(panels) - n_columns if last_row_apart and len(panels) > n_columns else len(panels)
    groups = [rows for rows in (panels[:split], panels[split:]) if rows]
    return [Box(x, rows[-1].y, width, rows[0].y + rows[0].height - rows[-1].y) for rows in groups]
