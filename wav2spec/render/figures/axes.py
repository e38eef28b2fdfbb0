"""The axes that the panels of a figure share, with their ticks in pixels."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from wav2spec.dsp.mel import hz_to_mel, mel_to_hz
from wav2spec.dsp.pooling import Axis
from wav2spec.render.figures.layout import LABEL, SMALL, Box
from wav2spec.render.figures.ticks import Ticks, level_ticks, linear_frequency_ticks, spread_frequency_ticks, time_ticks
from wav2spec.render.quantize import value_range
from wav2spec.settings.bands import Bands
from wav2spec.settings.levels import Levels

Floats = npt.NDArray[np.floating[Any]]

# Letters that a character of a label takes along its axis, and that a label takes across, with the gap to the next.
_CHARACTER, _LINE, _LEVEL_LINE = 0.66, 1.7, 2.0

MINUS = "\N{MINUS SIGN}"


class FrequencyScale(NamedTuple):
    """From Hz to the units in which bands are equally wide, and back."""

    from_hz: Callable[[npt.ArrayLike], Floats]
    to_hz: Callable[[npt.ArrayLike], Floats]


def frequency_scale(bands: Bands) -> FrequencyScale:
    if bands.freq_scale == "log":
        return FrequencyScale(np.log2, np.exp2)
    if bands.freq_scale == "mel":
        formula = bands.mel_formula
        return FrequencyScale(lambda hz: hz_to_mel(hz, formula), lambda mel: mel_to_hz(mel, formula))
    return FrequencyScale(np.asarray, np.asarray)


class LevelScale(NamedTuple):
    """The scale of a colour bar.

    Attributes
    ----------
    low, high : float
        The values of the darkest and of the brightest colour.
    title : str
        The unit, with its reference.
    gamma : float
    """

    low: float
    high: float
    title: str
    gamma: float = 1.0

    def ticks(self, most: int) -> list[float]:
        return level_ticks(self.low, self.high, most)

    def labels(self, values: list[float]) -> tuple[str, ...]:
        return tuple(f"{value:g}".replace("-", MINUS) for value in values)

    @property
    def n_characters(self) -> int:
        """The length of the longest label."""
        return max(map(len, self.labels(self.ticks(12))), default=1)


def level_scale(levels: Levels, unit: str, pooled: str = "", n_recordings: int = 1) -> LevelScale:
    """Return the scale of levels; `pooled` says what a pixel is of its frames."""
    low, high = value_range(levels, unit)
    if unit == "dB":
        references = {"full-scale": "full scale", "peak": "peak" if n_recordings == 1 else "peak of all"}
        title = f"dB re {references.get(str(levels.db_ref), f'magnitude {levels.db_ref}')}"
    else:
        title = unit.capitalize()
    return LevelScale(low, high, f"{title}, {pooled}" if pooled else title, levels.gamma)


class Axes(NamedTuple):
    """The axes of a panel."""

    time: Axis
    frequency: Axis
    bands: Bands

    @property
    def scale(self) -> FrequencyScale:
        return frequency_scale(self.bands)

    def time_ticks(self, box: Box, letter: float) -> tuple[Ticks, tuple[int, ...]]:
        """Return the ticks along the lower edge of a box, and their pixels in it."""
        ticks = time_ticks(self.time.low, self.time.high, box.width / (_CHARACTER * LABEL * letter))
        return ticks, _pixels(self.time.position(ticks.values), box.width)

    def frequency_ticks(self, box: Box, letter: float) -> tuple[Ticks, tuple[int, ...]]:
        """Return the ticks along the left edge of a box, and their pixels in it."""
        scale = self.scale
        low, high = (float(scale.to_hz(edge)) for edge in (self.frequency.low, self.frequency.high))
        if self.bands.freq_scale == "linear":
            ticks = linear_frequency_ticks(low, high, max(1, int(box.height / (_LINE * letter))))
        else:
            place = lambda hz: float(self.frequency.position(scale.from_hz(hz)))  # noqa: E731
            ticks = spread_frequency_ticks(max(low, 0.0), high, place, _LINE * SMALL * letter / box.height)
        return ticks, _pixels(self.frequency.position(scale.from_hz(ticks.values)), box.height)


def level_marks(scale: LevelScale, box: Box, letter: float) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Return pixels and labels of the ticks beside a bar."""
    values = scale.ticks(max(1, int(box.height / (_LEVEL_LINE * letter))))
    share = np.maximum((np.asarray(values) - scale.low) / (scale.high - scale.low), 0.0) ** (1 / scale.gamma)
    return _pixels(share, box.height), scale.labels(values)


def _pixels(positions: npt.ArrayLike, n_pixels: int) -> tuple[int, ...]:
    """Return the pixels in which positions from 0 to 1 lie."""
    pixels = np.clip(np.floor(np.asarray(positions, np.float64) * n_pixels), 0, n_pixels - 1)
    return tuple(pixels.astype(int).tolist())
