"""What a figure shows: panels with their marks, waveforms, tiers of labels, and colour bars."""

from collections.abc import Sequence
from math import log2
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wav2spec.arrays import Pixels
from wav2spec.render.figures.axes import Axes, LevelScale


class Mark(NamedTuple):
    """A line or an outlined box over a panel, with its name.

    Attributes
    ----------
    left, right, bottom, top : float or None
        In s and Hz. With `left` alone it is a vertical line, with `bottom` alone a horizontal one; without limits in
        frequency a box is as high as its panel.
    text : str
    """

    left: float | None = None
    right: float | None = None
    bottom: float | None = None
    top: float | None = None
    text: str = ""


class Panel(NamedTuple):
    """The content of one panel.

    Attributes
    ----------
    pixels : ndarray, shape (height, width), uint8
        Levels; the first row is the top.
    blank : ndarray of bool, shape (width,)
        Columns without a frame.
    axes : Axes
    palette : str
    caption : str
        Lines above it; empty for none.
    marks : sequence of Mark
    """

    pixels: Pixels
    blank: npt.NDArray[np.bool_]
    axes: Axes
    palette: str
    caption: str = ""
    marks: Sequence[Mark] = ()


class Wave(NamedTuple):
    """The least and the greatest sample of each pixel of a waveform, shape (2, width), and its axis of time."""

    extremes: npt.NDArray[np.floating]
    axes: Axes


class Tiers(NamedTuple):
    """Rows of labels below a panel: the marks of each row with its name, and the panel's axes."""

    rows: Sequence[tuple[str, Sequence[Mark]]]
    axes: Axes


class Chart(NamedTuple):
    """Curves of entropy over the length of the window, which is on a log scale.

    Attributes
    ----------
    curves : dict of str to sequence of (float, float)
        The lengths in ms, rising, and the entropies in bits, by the name of each curve.
    marks : dict of float to str
        Lengths that are marked, with their names.
    """

    curves: dict[str, Sequence[tuple[float, float]]]
    marks: dict[float, str]

    def across(self, window_ms: float) -> float:
        """Return where a length lies between the left edge, 0, and the right edge, 1."""
        lengths = [length for points in self.curves.values() for length, _ in points] + list(self.marks)
        low, high = log2(min(lengths)), log2(max(lengths))
        return _inside((log2(window_ms) - low) / (high - low) if high > low else 0.5)

    def upwards(self, bits: float) -> float:
        """Return where an entropy lies between the lower edge, 0, and the upper edge, 1."""
        low, high = self.range_bits
        return _inside((bits - low) / (high - low) if high > low else 0.5)

    @property
    def range_bits(self) -> tuple[float, float]:
        """The least and the greatest entropy."""
        found = [bits for points in self.curves.values() for _, bits in points]
        return min(found), max(found)


def _inside(share: float) -> float:
    """Leave a tenth of an axis free at both ends."""
    return 0.1 + 0.8 * share


class Content(NamedTuple):
    """All that a figure shows, in the order of the layout's boxes."""

    panels: Sequence[Panel]
    bars: Sequence[tuple[LevelScale, str]]
    waves: Sequence[Wave] = ()
    wave_range: float = 1.0
    tiers: Sequence[Tiers] = ()
    title: str = ""
    caption: str = ""
    chart: Chart | None = None
