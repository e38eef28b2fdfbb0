"""Pictures read back: their pixels, digests and spectrograms."""

import os
from typing import Any

import numpy as np
import numpy.typing as npt

from wav2spec.dsp.spectrogram import Spectrogram, stream_spectrogram
from wav2spec.errors import AudioError
from wav2spec.formats.digest import PixelDigest
from wav2spec.formats.png_reader import begins_as_png, png_digest
from wav2spec.render.metadata import require_metadata, settings_from_metadata
from wav2spec.settings.levels import Levels
from wav2spec.settings.pictures import Raster
from wav2spec.waveform import Waveform


def is_png(path: str) -> bool:
    """Say whether a file begins as a PNG does; what cannot be read is left to whoever reads it."""
    try:
        return begins_as_png(path)
    except OSError:
        return False


def pixel_digest(path: str) -> str:
    """Return the `PixelDigest` of a PNG.

    Raises
    ------
    AudioError
        If it cannot be decoded.
    """
    try:
        if streamed := png_digest(path):
            return streamed
        pixels = _decoded(path, colors=True)
    except OSError as error:
        raise AudioError(path, str(error)) from error
    digest = PixelDigest()
    digest.update(np.ascontiguousarray(pixels, pixels.dtype.newbyteorder(">")).view(np.uint8))
    return digest.hexdigest(pixels.shape[1], pixels.shape[0])


def read_png(path: str | os.PathLike[str]) -> Spectrogram:
    """Read a picture of `image` back.

    Parameters
    ----------
    path : path-like
        A PNG that wav2spec made of pixels alone, and that says how.

    Returns
    -------
    Spectrogram
        Levels are within half a quantum of what they were, except where pixels are at the ends of their range; where
        they were rounded down, they are the middle of the quantum. Times and frequencies are exact.

    Raises
    ------
    AudioError
        If it is no such picture.
    """
    name = os.fspath(path)
    recipe = require_metadata(name)
    resolved = recipe["resolved"]
    try:
        settings = settings_from_metadata(recipe)
        if not isinstance(settings.picture, Raster):
            raise AudioError(name, "is a labelled figure, which cannot be read back")
        rate, n_channels, n_samples = (int(resolved[key]) for key in ("sample_rate", "n_channels", "n_samples"))
        sound = Waveform(name, rate, n_channels, n_samples, lambda: iter(()), start_s=float(resolved["start_s"]))
        stream = stream_spectrogram(sound, settings)
        pixels = _to_time_frequency(_decoded(name), stream.shape, settings.picture)
        # A recording that was cut while it was read has fewer rows, unless their number was asked for.
        n_rows, asked = pixels.shape[1], settings.picture.along_time
        if n_rows > stream.shape[1] or asked not in (None, n_rows):
            raise ValueError(f"{n_rows} rows of {stream.shape[1]}")
    except (ArithmeticError, KeyError, MemoryError, TypeError, ValueError, OSError) as error:
        raise AudioError(name, f"its pixels and what it says do not go together: {error}") from error
    times = stream.times(np.arange(pixels.shape[1]))
    values = _values(pixels, settings.levels, settings.picture, stream.unit)
    return Spectrogram(values, times, stream.bands.frequencies, stream.unit)


def _decoded(path: str, *, colors: bool = False) -> npt.NDArray[np.integer[Any]]:
    """Return the pixels as they are stored, shape (height, width); with `colors`, what they look like."""
    # Imported here so that only reading pictures pays for it. Not by Image.open, whose limit on the number of pixels
    # is a global of the process.
    from PIL.PngImagePlugin import PngImageFile

    try:
        with PngImageFile(path) as picture:
            return np.asarray(picture.convert("RGB") if colors and picture.mode == "P" else picture)
    except SyntaxError as error:
        raise OSError(str(error)) from error


def _to_time_frequency(pixels: npt.NDArray[Any], shape: tuple[int, int, int], raster: Raster) -> npt.NDArray[Any]:
    """Return shape (n_channels, n_rows, n_bands), frequency rising."""
    n_channels, _, n_bands = shape
    if raster.layout == "right-up":
        return pixels.reshape(n_channels, n_bands, -1)[:, ::-1].transpose(0, 2, 1)
    bands = pixels.reshape(len(pixels), n_channels, n_bands).transpose(1, 0, 2)
    return bands[:, :, ::-1] if raster.layout == "down-left" else bands


def _values(pixels: npt.NDArray[Any], levels: Levels, raster: Raster, unit: str) -> npt.NDArray[np.float32]:
    white = 2**raster.bit_depth - 1
    exact = pixels.astype(np.float64)
    if raster.invert:
        exact = white - exact
    if unit == "dB":
        share = (exact / white) ** levels.gamma
        values = levels.db_max - levels.db_range + share * levels.db_range
        return values.astype(np.float32)  # type: ignore[no-any-return]
    # Rounded down: the middle of what was, but for the greatest, which may have been anything.
    share = (np.minimum(exact + 0.5, white) / white) ** levels.gamma
    values = share * 255 / levels.brightness
    return values.astype(np.float32)  # type: ignore[no-any-return]
