"""What can be drawn of a recording by its settings: pixels, their values, or a figure. Nothing is computed yet."""

from collections.abc import Callable
from functools import partial
from typing import BinaryIO

from wav2spec.dsp.spectrogram import SpectrogramStream
from wav2spec.formats.digest import PixelDigest
from wav2spec.formats.npy import NpyWriter
from wav2spec.render.drawing import Rendering, plan_spectrogram, spectrogram_warnings
from wav2spec.render.metadata import describe
from wav2spec.render.quantize import quantize
from wav2spec.render.raster import check_size, write_png
from wav2spec.settings.choices import Format
from wav2spec.settings.pictures import Figure, Raster
from wav2spec.settings.settings import Settings
from wav2spec.waveform import Waveform


def plan_picture(waveform: Waveform, format: Format, settings: Settings) -> Rendering:
    """Plan what `settings` make of a waveform.

    Raises
    ------
    SettingError, AudioError
        If the settings do not fit it.
    """
    picture = settings.picture
    if isinstance(picture, Figure) and format != "npy":
        # Loads matplotlib.
        from wav2spec.render.figures.plot import plan_plot

        return plan_plot(waveform, format, settings)
    stream = plan_spectrogram(waveform, settings)
    if format == "npy" or isinstance(picture, Figure):
        return Rendering(stream, partial(_write_values, stream=stream), str, spectrogram_warnings(stream))
    described = partial(describe, stream, "image")
    write = partial(_write_pixels, stream=stream, raster=picture, described=described)
    return Rendering(stream, write, described, spectrogram_warnings(stream) + check_size(stream, picture))


def _write_pixels(
    file: BinaryIO,
    digest: PixelDigest | None,
    stream: SpectrogramStream,
    raster: Raster,
    described: Callable[[], str],
) -> tuple[int, int]:
    levels = stream.settings.levels
    pixels = (quantize(block, levels, raster.bit_depth) for block in stream.blocks())
    return write_png(file, pixels, stream.shape, raster, described, digest)


def _write_values(file: BinaryIO, _digest: PixelDigest | None, stream: SpectrogramStream) -> tuple[int, ...]:
    writer = NpyWriter(file, stream.shape, keep_channels=stream.settings.preprocessing.channel == "all")
    for block in stream.blocks():
        writer.write(block)
    return writer.close()
