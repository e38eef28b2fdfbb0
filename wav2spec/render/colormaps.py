"""256 colours by name, from matplotlib. Loaded by those who ask for colours alone."""

import difflib
import logging
import os

import numpy as np
import numpy.typing as npt

from wav2spec.errors import SettingError
from wav2spec.render.sox_colors import is_sox_palette, sox_palette


def quiet_matplotlib() -> None:
    """Keep matplotlib, about to be loaded, from telling our user of its cache and of settings that do not act here."""
    # Of a backend that it does not know it makes an error, though pixels need none.
    os.environ.pop("MPLBACKEND", None)
    logging.getLogger("matplotlib").setLevel(logging.ERROR)


def load_colormap(name: str) -> npt.NDArray[np.uint8]:
    """Return the colours of a matplotlib colormap from the lowest level to the highest, shape (256, 3).

    Raises
    ------
    SettingError
        If there is no such colormap, with the names that look like it.
    """
    if is_sox_palette(name):
        return sox_palette(name, 256)[4:]
    quiet_matplotlib()
    from matplotlib import colormaps

    if name not in colormaps:
        near = difflib.get_close_matches(name, list(colormaps), 3)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise SettingError("palette", f"matplotlib has no colormap {name!r}{hint}")
    colors: npt.NDArray[np.uint8] = colormaps[name](np.linspace(0.0, 1.0, 256), bytes=True)[:, :3]
    return colors
