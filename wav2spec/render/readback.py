"""Read pictures back: their pixels, digests and spectrograms."""

import os
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from wav2spec.dsp.streaming import stream_spectrogram
from wav2spec.errors import AudioError
from wav2spec.formats.digest import PixelDigest
from wav2spec.formats.png_reader import check_png_size, png_digest
from wav2spec.render.metadata import require_metadata, settings_from_metadata
from wav2spec.render.orientation import from_image
from wav2spec.render.quantize import dequantize
from wav2spec.render.spectrogram import Spectrogram
from wav2spec.settings.choices import AUTO
from wav2spec.settings.pictures import Raster
from wav2spec.settings.settings import Settings
from wav2spec.waveform import Waveform


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
    """Read the values of an image back.

    Parameters
    ----------
    path : path-like
        A PNG written by the command ``image``, with metadata.

    Returns
    -------
    Spectrogram
        Values within half a step of the original ones, except where pixels are at the ends of their range. Times and
        frequencies are exact.

    Raises
    ------
    AudioError
        If it is not such a picture.
    """
    name = os.fspath(path)
    metadata = require_metadata(name)
    resolved = metadata["resolved"]
    try:
        settings = _with_numbers(settings_from_metadata(metadata), resolved)
        if not isinstance(settings.picture, Raster):
            raise AudioError(name, "is a labelled figure, whose values cannot be read back")
        rate, n_channels, n_samples = (int(resolved[key]) for key in ("sample_rate", "n_channels", "n_samples"))
        start_s, facts = float(resolved["start_s"]), partial(dict[str, Any], metadata["recording"])
        waveform = Waveform(name, rate, n_channels, n_samples, partial(iter, ()), start_s=start_s, facts=facts)
        stream = stream_spectrogram(waveform, settings)
        pixels = from_image(_decoded(name), stream.shape[0], settings.picture.layout)
        if pixels.shape[2] != stream.shape[2]:
            raise ValueError(f"{pixels.shape[2]} bands of {stream.shape[2]}")
        # A recording that was cut while it was read has fewer rows, unless their number was asked for.
        n_rows, asked = pixels.shape[1], settings.picture.along_time
        if n_rows > stream.shape[1] or asked not in (None, n_rows):
            raise ValueError(f"{n_rows} rows of {stream.shape[1]}")
    except (ArithmeticError, KeyError, MemoryError, TypeError, ValueError, OSError) as error:
        raise AudioError(name, f"its pixels and its metadata do not fit: {error}") from error
    bit_depth = settings.picture.bit_depth
    upright = 2**bit_depth - 1 - pixels if settings.picture.invert else pixels
    values = dequantize(upright, settings.levels, bit_depth, stream.unit)
    return Spectrogram._from_values(values, stream)


def _with_numbers(settings: Settings, resolved: dict[str, Any]) -> Settings:
    """Return settings with the numbers that each ``auto`` became, since there are no samples to find them by."""
    automatic = [name for name, value in settings.as_dict().items() if value == AUTO and name in resolved]
    return settings.replace(**{name: resolved[name] for name in automatic})


def _decoded(path: str, *, colors: bool = False) -> npt.NDArray[np.integer[Any]]:
    """Return the pixels as they are stored, shape (height, width); with `colors`, what they look like."""
    # Imported here so that only reading pictures pays for it. Not by Image.open, whose limit on the number of pixels
    # is a global of the process.
    from PIL.PngImagePlugin import PngImageFile

    try:
        check_png_size(path)
        with PngImageFile(path) as picture:
            return np.asarray(picture.convert("RGB") if colors and picture.mode == "P" else picture)
    except OSError:
        raise
    except Exception as error:
        # Pillow raises nearly anything for damaged files.
        raise OSError(f"cannot be decoded: {error}") from error
