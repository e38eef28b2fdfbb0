"""The palettes of SoX's ``spectrogram`` effect, by formula."""

import re

import numpy as np
import numpy.typing as npt

from wav2spec.errors import SettingError

_NAME = re.compile(r"sox(?::(?P<letters>[mhl]{0,3})(?P<permutation>[1-6]?))?")

# Background, text, labels and grid, which come before the colours; pixels have the first alone.
_DARK = [(0, 0, 0), (255, 255, 255), (191, 191, 191), (127, 127, 127)]
_LIGHT = [(221, 216, 208), (0, 0, 0), (63, 63, 63), (63, 63, 63)]
_LIGHT_MONOCHROME = [(223, 223, 223), *_LIGHT[1:]]

# The high-colour palette in seven phases, of red, green and blue: off, on, sine up, cosine down, ramp up, ramp down.
_PHASES = ((4, 5, 0, 0, 2, 1, 1), (0, 0, 2, 1, 1, 3, 2), (4, 1, 1, 3, 0, 0, 2))


def is_sox_palette(name: str) -> bool:
    """Return whether a palette is one of SoX's."""
    return name.partition(":")[0] == "sox"


def sox_palette(name: str, n_colors: int) -> npt.NDArray[np.uint8]:
    """Return one of SoX's palettes: 4 colours that are none of levels, and `n_colors`, shape (4 + n_colors, 3).

    Parameters
    ----------
    name : str
        ``"sox"``, or ``"sox:"`` and SoX's own letters: m monochrome, h high colour, l light background, and 1 to 6 for
        the permutation of colours.
    n_colors : int

    Raises
    ------
    SettingError
        If there is no such palette.
    """
    match = _NAME.fullmatch(name)
    if match is None:
        raise SettingError("palette", f"{name!r} is not sox, nor sox: and letters m, h, l and a number from 1 to 6")
    letters, permutation = match["letters"] or "", int(match["permutation"] or 1) - 1
    light, mono = "l" in letters, "m" in letters
    x = np.arange(n_colors) / max(1, n_colors - 1)
    channels = _monochrome(x, permutation, tinted="h" in letters) if mono else _colored(x, high="h" in letters)
    if not mono:
        odd = permutation % 2
        order = (permutation % 3, (1 + permutation + odd) % 3, (2 + permutation - odd) % 3)
        channels = channels[:, order]
    colors = np.floor(0.5 + 255.0 * channels).astype(np.uint8)
    first = (_LIGHT_MONOCHROME if mono else _LIGHT) if light else _DARK
    return np.concatenate((np.array(first, np.uint8), colors[::-1] if light else colors))


def _colored(x: npt.NDArray[np.float64], *, high: bool) -> npt.NDArray[np.float64]:
    if high:
        return _high(x)
    red = np.select([x < 0.13, x < 0.73], [0.0, np.sin((x - 0.13) / 0.60 * np.pi / 2)], 1.0)
    green = np.select([x < 0.60, x < 0.91], [0.0, np.sin((x - 0.60) / 0.31 * np.pi / 2)], 1.0)
    blue = np.select([x < 0.60, x < 0.78], [0.5 * np.sin(x / 0.60 * np.pi), 0.0], (x - 0.78) / 0.22)
    return np.stack((red, green, blue), axis=1)


def _high(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    phase = np.minimum((7 * x).astype(int), 6)
    within = 7 * x - phase
    shapes = np.stack(
        (
            np.zeros_like(x),
            np.ones_like(x),
            np.sin(within * np.pi / 2),
            np.cos(within * np.pi / 2),
            within,
            1 - within,
        )
    )
    channels: npt.NDArray[np.float64] = np.stack(
        [shapes[np.array(phases)[phase], np.arange(len(x))] for phases in _PHASES], axis=1
    )
    return channels


def _monochrome(x: npt.NDArray[np.float64], permutation: int, *, tinted: bool) -> npt.NDArray[np.float64]:
    channels: npt.NDArray[np.float64] = np.repeat(x[:, np.newaxis], 3, axis=1)
    if tinted:
        late = np.where(x < 0.4, 0.0, 5 / 3 * (x - 0.4))
        channels[:, (1 + permutation) % 3] = late
        if permutation < 3:
            channels[:, (2 + permutation) % 3] = late
    return channels
