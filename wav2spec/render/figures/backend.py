"""matplotlib, with its own defaults and without its warnings, whatever its user has set."""

import importlib
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from wav2spec.process import check_memory
from wav2spec.render.colormaps import importing_matplotlib

# Somewhat more than OpenBLAS takes when matplotlib first uses it.
_FIGURE_BYTES = 48 * 2**20

# The groups of matplotlib's parameters that act on a canvas.
_ACTING = ("agg", "font", "mathtext", "path", "text")


@contextmanager
def matplotlib_defaults(*modules: str) -> Iterator[None]:
    """Load matplotlib and those of its modules; meanwhile its canvas has the default parameters."""
    with importing_matplotlib():
        import matplotlib
        import matplotlib.backends.backend_agg

        for name in modules:
            importlib.import_module(f"matplotlib.{name}")

    check_memory(_FIGURE_BYTES)
    own: Any = matplotlib.rcParamsDefault
    given: Any = matplotlib.rcParams
    changed = {name: own[name] for name in own if name.partition(".")[0] in _ACTING and given[name] != own[name]}
    with ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        # To set and restore parameters takes as long as to draw a line of text.
        if changed:
            stack.enter_context(matplotlib.rc_context(changed))
        yield


def new_canvas(width: float, height: float, dpi: int) -> Any:
    """Return a canvas for pixels, without the figure around it, which loads all kinds of axes."""
    from matplotlib.backends import backend_agg

    canvas_class: Any = backend_agg.RendererAgg
    return canvas_class(width, height, dpi)
