"""Pixel blocks to an oriented PNG."""

from collections.abc import Callable, Iterable
from typing import BinaryIO

import numpy as np

from wav2spec.arrays import Pixels
from wav2spec.dsp.spectrogram import SpectrogramStream
from wav2spec.errors import AudioError
from wav2spec.formats.digest import PixelDigest
from wav2spec.formats.png_writer import GREY, GREY_16, INDEXED, PngWriter
from wav2spec.settings.choices import GRAY, MAX_PNG_SIDE
from wav2spec.settings.pictures import Raster

# Pillow warns of a picture with more pixels than this when it opens it.
_PILLOW_LIMIT = 89_478_485


def check_size(stream: SpectrogramStream, raster: Raster) -> tuple[str, ...]:
    """Say what is odd about the size of a picture.

    Raises
    ------
    AudioError
        If a side is longer than a PNG's can be.
    """
    width, height = picture_size(stream.shape, raster)
    if max(width, height) > MAX_PNG_SIDE:
        message = f"the picture would have {width} x {height} pixels; a side of a PNG has at most {MAX_PNG_SIDE}"
        raise AudioError(stream.sound.name, message)
    if width * height > _PILLOW_LIMIT:
        message = (
            f"a picture of {width} x {height} pixels: programs that open it with Pillow will be warned of its size"
        )
        return (message,)
    return ()


# Pixels that are turned into bytes at once.
_PIECE = 2**18


def picture_size(shape: tuple[int, int, int], raster: Raster) -> tuple[int, int]:
    """Return width and height of the picture of (n_channels, n_frames, n_bands), in pixels.

    >>> picture_size((2, 1000, 129), Raster(layout="right-up"))
    (1000, 258)
    """
    n_channels, n_frames, n_bands = shape
    across, along = n_channels * n_bands, n_frames
    return (along, across) if raster.layout == "right-up" else (across, along)


def write_png(
    file: BinaryIO,
    blocks: Iterable[Pixels],
    shape: tuple[int, int, int],
    raster: Raster,
    describe: Callable[[], str] | None = None,
    digest: PixelDigest | None = None,
) -> tuple[int, int]:
    """Write a picture of at most ``shape[1]`` rows, and return its width and height.

    Parameters
    ----------
    file : seekable binary file
    blocks : iterable of ndarray, shape (n_channels, n, n_bands), uint8 or uint16
        Frames in order, frequency rising.
    shape : (n_channels, n_rows, n_bands)
        What is expected; with fewer frames the picture is shorter.
    raster : Raster
        Channels stand side by side along the frequency axis, the first at the left or at the top. The layouts with
        time down are written as the blocks come; ``right-up`` holds its pixels until the last.
    describe : callable, optional
        Called at the end for what the picture says of itself.
    digest : PixelDigest, optional
        Is given all rows.
    """
    if raster.layout == "right-up":
        pixels = _assemble(blocks, shape, raster.bit_depth)
        writer = _writer(file, pixels.shape[1], raster, digest)
        _write(writer, pixels, raster)
    else:
        width = shape[0] * shape[2]
        writer = _writer(file, width, raster, digest)
        step = -1 if raster.layout == "down-left" else 1
        for block in blocks:
            _write(writer, block[:, :, ::step].transpose(1, 0, 2).reshape(-1, width), raster)
    return writer.close(describe() if describe else "")


def _writer(file: BinaryIO, width: int, raster: Raster, digest: PixelDigest | None) -> PngWriter:
    if raster.palette != GRAY:
        # Loads matplotlib.
        from wav2spec.render.colormaps import load_colormap

        return PngWriter(file, width, INDEXED, load_colormap(raster.palette), digest)
    return PngWriter(file, width, GREY if raster.bit_depth == 8 else GREY_16, digest=digest)


def _write(writer: PngWriter, pixels: Pixels, raster: Raster) -> None:
    if raster.invert:
        pixels = np.iinfo(pixels.dtype).max - pixels
    if raster.bit_depth == 8:
        writer.write_rows(pixels.astype(np.uint8, copy=False))
        return
    # A row's bytes, the greater one first; a few rows at a time, as the picture may be large.
    chunk_rows = max(1, _PIECE // pixels.shape[1])
    for first in range(0, len(pixels), chunk_rows):
        piece = np.ascontiguousarray(pixels[first : first + chunk_rows], ">u2")
        writer.write_rows(piece.view(np.uint8))


def _assemble(blocks: Iterable[Pixels], shape: tuple[int, int, int], bit_depth: int) -> Pixels:
    """Return the picture with time to the right and frequency up, shape (n_channels * n_bands, n_rows)."""
    n_channels, n_rows, n_bands = shape
    pixels = np.empty((n_channels, n_bands, n_rows), np.uint8 if bit_depth == 8 else np.uint16)
    filled = 0
    for block in blocks:
        pixels[:, :, filled : filled + block.shape[1]] = block[:, :, ::-1].transpose(0, 2, 1)
        filled += block.shape[1]
    return pixels.reshape(-1, n_rows)[:, :filled]
