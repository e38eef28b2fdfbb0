"""Orientation of an image: from arrays of time and frequency to rows of pixels, and back.

The layouts are a table, `LAYOUTS`; everything that depends on one is decided here. Channels are placed one after the
other along the frequency axis, the first at the left or at the top.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from wav2spec.settings.choices import LAYOUTS

Shape = tuple[int, int, int]
"""(n_channels, n_frames, n_bands)"""


def image_size(shape: Shape, layout: str) -> tuple[int, int]:
    """Return the width and height of an image in pixels.

    >>> image_size((2, 1000, 129), "right-up"), image_size((2, 1000, 129), "down-left")
    ((1000, 258), (258, 1000))
    """
    n_channels, n_frames, n_bands = shape
    along_frequency = n_channels * n_bands
    return (n_frames, along_frequency) if LAYOUTS[layout].time == "columns" else (along_frequency, n_frames)


def to_image(blocks: Iterable[npt.NDArray[Any]], shape: Shape, layout: str) -> Iterator[npt.NDArray[Any]]:
    """Yield the rows of an image, from the top.

    Parameters
    ----------
    blocks : iterable of ndarray, shape (n_channels, n, n_bands)
        Frames in order, frequency rising.
    shape : (n_channels, n_frames, n_bands)
        The expected shape; with fewer frames the image is shorter or narrower.
    layout : str

    Yields
    ------
    ndarray, shape (n_rows, width)
        With time along the rows, one array for each block; with time along the columns, the whole image at the end.
    """
    n_channels, n_frames, n_bands = shape
    order = slice(None, None, -1 if LAYOUTS[layout].frequency_falls else 1)
    if LAYOUTS[layout].time == "rows":
        for block in blocks:
            yield block[:, :, order].transpose(1, 0, 2).reshape(-1, n_channels * n_bands)
        return
    image: npt.NDArray[Any] | None = None
    filled = 0
    for block in blocks:
        if image is None:
            image = np.empty((n_channels, n_bands, n_frames), block.dtype)
        image[:, :, filled : filled + block.shape[1]] = block[:, :, order].transpose(0, 2, 1)
        filled += block.shape[1]
    if image is not None:
        yield image.reshape(-1, n_frames)[:, :filled]


def from_image(pixels: npt.NDArray[Any], n_channels: int, layout: str) -> npt.NDArray[Any]:
    """Return the pixels of an image as shape (n_channels, n_frames, n_bands), frequency rising.

    >>> block = np.arange(12).reshape(1, 3, 4)
    >>> [bool((from_image(next(to_image([block], block.shape, name)), 1, name) == block).all()) for name in LAYOUTS]
    [True, True, True]
    """
    order = slice(None, None, -1 if LAYOUTS[layout].frequency_falls else 1)
    if LAYOUTS[layout].time == "rows":
        frames = pixels.reshape(len(pixels), n_channels, -1)
        return frames.transpose(1, 0, 2)[:, :, order]
    bands = pixels.reshape(n_channels, -1, pixels.shape[1])
    return bands.transpose(0, 2, 1)[:, :, order]


def axes(
    layout: str, times: tuple[float, float], frequencies: tuple[float, float], scale: str, n_channels: int
) -> dict[str, Any]:
    """Return the coordinates of the centres of the first and last row and column, as metadata stores them.

    Parameters
    ----------
    layout : str
    times : (float, float)
        Of the first and last frame, in s.
    frequencies : (float, float)
        Of the lowest and highest band, in Hz.
    scale : str
        Of the frequencies.
    n_channels : int
    """
    orientation = LAYOUTS[layout]
    first, last = frequencies[::-1] if orientation.frequency_falls else frequencies
    time = {"unit": "s", "first": times[0], "last": times[1]}
    frequency = {"unit": "Hz", "scale": scale, "channels": n_channels, "first": first, "last": last}
    across = "columns" if orientation.time == "rows" else "rows"
    return {orientation.time: time, across: frequency}
