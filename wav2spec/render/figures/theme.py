"""The colours of a figure, by number.

The first numbers are the shades in which letters and lines are drawn and the theme's own colours, then come those of
the colormaps. With one colormap there are no more than 256: an indexed PNG has them all.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from wav2spec.arrays import Pixels
from wav2spec.render.colormaps import load_colormap
from wav2spec.settings.choices import Style

# The shades from the background, 0, to the ink.
N_SHADES = 12
INK, FAINT = N_SHADES - 1, N_SHADES // 3

# The numbers of the theme's other colours, and the first number of the first colormap.
BLANK, WAVE, MARK = range(N_SHADES, N_SHADES + 3)
_FIRST_LEVEL = N_SHADES + 4

# A colormap has as many colours as are left of 256, evenly spaced among its own.
N_LEVELS = 256 - _FIRST_LEVEL
_LEVEL_OF = np.rint(np.arange(256) * (N_LEVELS - 1) / 255).astype(np.uint8)
_COLOR_OF = np.rint(np.arange(N_LEVELS) * 255 / (N_LEVELS - 1)).astype(np.uint8)


class Theme(NamedTuple):
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


def color_table(style: Style, palettes: list[str]) -> npt.NDArray[np.uint8]:
    """Return the colours of all numbers, shape (n, 3)."""
    theme = THEMES[style]
    first, last = (_rgb(color) for color in (theme.background, theme.ink))
    shades = np.rint(first + np.linspace(0.0, 1.0, N_SHADES)[:, np.newaxis] * (last - first))
    own = [shades, *(_rgb(color) for color in (theme.blank, theme.wave, theme.mark))]
    spare = np.zeros((_FIRST_LEVEL - N_SHADES - 3, 3), np.uint8)
    levels = [load_colormap(name)[_COLOR_OF] for name in palettes]
    return np.concatenate([np.vstack(own).astype(np.uint8), spare, *levels])


def level_numbers(palette: str, palettes: list[str]) -> npt.NDArray[Any]:
    """Return the numbers of levels 0 to 255 in one of the palettes, shape (256,): bytes if it is the only one."""
    numbers: npt.NDArray[Any] = _LEVEL_OF.astype(np.uint16) + _FIRST_LEVEL + N_LEVELS * palettes.index(palette)
    return numbers if len(palettes) > 1 else numbers.astype(np.uint8)


def shades_of_reds(style: Style) -> Pixels:
    """Return the nearest shade of each of the 256 levels of a colour's red."""
    theme = THEMES[style]
    background, ink = (_rgb(color)[0] for color in (theme.background, theme.ink))
    share = (np.arange(256.0) - background) / (ink - background)
    shades: Pixels = np.rint(np.clip(share, 0.0, 1.0) * (N_SHADES - 1)).astype(np.uint8)
    return shades


def _rgb(color: str) -> npt.NDArray[np.float64]:
    return np.array([int(color[at : at + 2], 16) for at in (1, 3, 5)], np.float64)
