"""Pixel blocks to an oriented PNG."""

from collections.abc import Iterable
from typing import BinaryIO

import numpy as np

from wav2spec.arrays import Pixels
from wav2spec.png import PngWriter
from wav2spec.settings import Raster


def picture_size(shape: tuple[int, int, int], raster: Raster) -> tuple[int, int]:
    """Return width and height of the picture of (n_channels, n_frames, n_bands), in pixels.

    >>> picture_size((2, 1000, 129), Raster(layout="right-up"))
    (1000, 258)
    """
    n_channels, n_frames, n_bands = shape
    across, along = n_channels * n_bands, n_frames
    return (along, across) if raster.layout == "right-up" else (across, along)


def write_png(file: BinaryIO, blocks: Iterable[Pixels], shape: tuple[int, int, int], raster: Raster) -> tuple[int, int]:
    """Write a picture of at most ``shape[1]`` frames, and return its width and height.

    Parameters
    ----------
    file : seekable binary file
    blocks : iterable of ndarray, shape (n_channels, n, n_bands), uint8
        Frames in order, frequency rising.
    shape : (n_channels, n_frames, n_bands)
        What is expected; with fewer frames the picture is shorter.
    raster : Raster
        The layout. Channels stand side by side along the frequency axis, the first at the left or at the top. The
        layouts with time down are written as the blocks come; ``right-up`` holds its pixels until the last.
    """
    if raster.layout == "right-up":
        pixels = _gathered(blocks, shape)
        writer = PngWriter(file, pixels.shape[1])
        writer.write_rows(pixels)
    else:
        width = picture_size(shape, raster)[0]
        writer = PngWriter(file, width)
        step = -1 if raster.layout == "down-left" else 1
        for block in blocks:
            writer.write_rows(block[:, :, ::step].transpose(1, 0, 2).reshape(-1, width))
    return writer.close()


def _gathered(blocks: Iterable[Pixels], shape: tuple[int, int, int]) -> Pixels:
    """Return the picture with time to the right and frequency up, shape (n_channels * n_bands, n_frames)."""
    n_channels, n_frames, n_bands = shape
    pixels = np.empty((n_channels, n_bands, n_frames), np.uint8)
    filled = 0
    for block in blocks:
        pixels[:, :, filled : filled + block.shape[1]] = block[:, :, ::-1].transpose(0, 2, 1)
        filled += block.shape[1]
    return pixels.reshape(-1, n_frames)[:, :filled]
