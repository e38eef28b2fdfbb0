"""Colormaps of 256 colours by name, from matplotlib, which is imported only for them."""

import difflib
import gc
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt

from wav2spec.errors import SettingError
from wav2spec.render.sox_colors import is_sox_palette, sox_palette


@contextmanager
def importing_matplotlib() -> Iterator[None]:
    """Import matplotlib meanwhile, or a part of it: without messages to our user, and in less time.

    Its messages are about its cache, and about settings that have no effect here. The garbage collector would search
    its modules, which live to the end, for an eighth of the time.
    """
    # A backend that matplotlib does not know is an error, though pixels need none.
    os.environ.pop("MPLBACKEND", None)
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def load_colormap(name: str) -> npt.NDArray[np.uint8]:
    """Return the colours of a matplotlib colormap from the lowest level to the highest, shape (256, 3).

    Raises
    ------
    SettingError
        If there is no such colormap, with the names that look like it.
    """
    if is_sox_palette(name):
        return sox_palette(name, 256)[4:]
    with importing_matplotlib():
        from matplotlib import colormaps

    if name not in colormaps:
        near = difflib.get_close_matches(name, list(colormaps), 3)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise SettingError("palette", f"matplotlib has no colormap {name!r}{hint}")
    colors: npt.NDArray[np.uint8] = colormaps[name](np.linspace(0.0, 1.0, 256), bytes=True)[:, :3]
    return colors
