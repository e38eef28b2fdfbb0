"""matplotlib, with its own defaults and without its warnings, whatever its user has set."""

import functools
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from wav2spec.process import check_memory
from wav2spec.render.colormaps import quiet_matplotlib

# Somewhat more than OpenBLAS takes when matplotlib first uses it.
_FIGURE_BYTES = 48 * 2**20


@contextmanager
def matplotlib_defaults() -> Iterator[tuple[Any, Any]]:
    """Load matplotlib, and give its classes of canvas and figure; its defaults hold meanwhile."""
    quiet_matplotlib()
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as MatplotlibFigure

    check_memory(_FIGURE_BYTES)
    with ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        # To set and restore all parameters takes as long as to draw a line of text.
        parameters: Any = matplotlib.rcParams
        if any(parameters[name] != value for name, value in _default_parameters().items()):
            stack.enter_context(matplotlib.rc_context())
            matplotlib.rcdefaults()
        yield FigureCanvasAgg, MatplotlibFigure


@functools.cache
def _default_parameters() -> dict[str, Any]:
    """Return what `matplotlib.rcdefaults` sets."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        parameters: Any = matplotlib.rcParams
        # To ask for the backend would load one with windows.
        return {name: parameters[name] for name in parameters if name != "backend"}
