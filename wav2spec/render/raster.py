"""Pixel blocks to an oriented PNG."""

from collections.abc import Callable, Iterable
from typing import BinaryIO

import numpy as np

from wav2spec.arrays import Pixels
from wav2spec.dsp.spectrogram import SpectrogramStream
from wav2spec.errors import AudioError
from wav2spec.formats.digest import PixelDigest
from wav2spec.formats.png_writer import GREY, GREY_16, INDEXED, PngWriter
from wav2spec.render.orientation import image_size, to_image
from wav2spec.settings.choices import GRAY, LAYOUTS, MAX_PNG_SIDE
from wav2spec.settings.pictures import Raster

# Pillow warns when it opens a picture with more pixels.
_PILLOW_LIMIT = 89_478_485

# Pixels that are converted to bytes at once.
_CHUNK = 2**18


def check_size(stream: SpectrogramStream, raster: Raster) -> tuple[str, ...]:
    """Return warnings about the size of an image.

    Raises
    ------
    AudioError
        If a side exceeds the limit of PNG.
    """
    width, height = image_size(stream.shape, raster.layout)
    size = f"{width} x {height} pixels"
    if max(width, height) > MAX_PNG_SIDE:
        message = f"the picture would have {size}; a side of a PNG has at most {MAX_PNG_SIDE}"
        raise AudioError(stream.sound.name, message)
    if width * height > _PILLOW_LIMIT:
        return (f"a picture of {size}: programs that open it with Pillow will be warned of its size",)
    return ()


def write_png(
    file: BinaryIO,
    blocks: Iterable[Pixels],
    shape: tuple[int, int, int],
    raster: Raster,
    describe: Callable[[], str] | None = None,
    digest: PixelDigest | None = None,
) -> tuple[int, int]:
    """Write an image of at most ``shape[1]`` frames, and return its width and height.

    Parameters
    ----------
    file : seekable binary file
    blocks : iterable of ndarray, shape (n_channels, n, n_bands), uint8 or uint16
        Frames in order, frequency rising.
    shape : (n_channels, n_frames, n_bands)
        The expected shape; with fewer frames the image is shorter.
    raster : Raster
        With time along the rows, they are written as the blocks come; otherwise all pixels are held in memory.
    describe : callable, optional
        Called after the last block, for the metadata.
    digest : PixelDigest, optional
        Updated with all rows.
    """
    writer: PngWriter | None = None
    if LAYOUTS[raster.layout].time == "rows":
        writer = _writer(file, image_size(shape, raster.layout)[0], raster, digest)
    for rows in to_image(blocks, shape, raster.layout):
        writer = writer or _writer(file, rows.shape[1], raster, digest)
        _write(writer, rows, raster)
    writer = writer or _writer(file, 0, raster, digest)
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
    # PNG stores the greater byte first. A few rows at a time, as the image may be large.
    chunk_rows = max(1, _CHUNK // pixels.shape[1])
    for first in range(0, len(pixels), chunk_rows):
        chunk = np.ascontiguousarray(pixels[first : first + chunk_rows], ">u2")
        writer.write_rows(chunk.view(np.uint8))
