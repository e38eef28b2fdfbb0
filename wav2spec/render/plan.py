"""Plan the rendering of a waveform: pixels, values or a figure. Nothing is computed yet."""

from collections.abc import Callable
from functools import partial
from typing import BinaryIO

from wav2spec.dsp.spectrogram import SpectrogramStream
from wav2spec.formats.digest import PixelDigest
from wav2spec.render.drawing import Rendering, plan_spectrogram, spectrogram_warnings
from wav2spec.render.metadata import describe
from wav2spec.render.quantize import quantize
from wav2spec.render.raster import check_size, write_png
from wav2spec.settings.choices import Format
from wav2spec.settings.formats import FORMATS
from wav2spec.settings.pictures import Figure, Raster
from wav2spec.settings.settings import Settings
from wav2spec.waveform import Waveform


def plan_picture(waveform: Waveform, format: Format, settings: Settings, *, labels: str | None = None) -> Rendering:
    """Plan the rendering of a waveform, with a file of labels if the format shows them.

    Raises
    ------
    SettingError, AudioError
        If the settings do not fit it.
    """
    return _PLANNERS[format](waveform, format, settings, labels)


def _plan_picture(waveform: Waveform, format: Format, settings: Settings, _labels: str | None) -> Rendering:
    picture = settings.picture
    if settings.programs.method == "sox" and isinstance(picture, Raster):
        from wav2spec.render.sox import plan_sox

        return plan_sox(waveform, settings, picture)
    if isinstance(picture, Figure):
        # Loads matplotlib.
        from wav2spec.render.figures.plot import plan_plot

        return plan_plot(waveform, format, settings)
    stream = plan_spectrogram(waveform, settings)
    described = partial(describe, stream, "image")
    write = partial(_write_pixels, stream=stream, raster=picture, described=described)
    return Rendering(stream, write, described, spectrogram_warnings(stream) + check_size(stream, picture))


def _plan_values(waveform: Waveform, _format: Format, settings: Settings, _labels: str | None) -> Rendering:
    stream = plan_spectrogram(waveform, settings)
    return Rendering(stream, partial(_write_values, stream=stream), str, spectrogram_warnings(stream))


def _plan_page(waveform: Waveform, format: Format, settings: Settings, labels: str | None) -> Rendering:
    from wav2spec.render.html.explorer import plan_explorer

    return plan_explorer(waveform, format, settings, labels)


# The code of each row of `FORMATS`.
_PLANNERS: dict[Format, Callable[[Waveform, Format, Settings, str | None], Rendering]] = {
    "png": _plan_picture,
    "npy": _plan_values,
    "svg": _plan_picture,
    "pdf": _plan_picture,
    "html": _plan_page,
}

if FORMATS.keys() != _PLANNERS.keys():
    raise NotImplementedError(f"output formats without a planner: {FORMATS.keys() ^ _PLANNERS.keys()}")


def _write_pixels(
    file: BinaryIO,
    digest: PixelDigest | None,
    stream: SpectrogramStream,
    raster: Raster,
    described: Callable[[], str],
) -> tuple[int, int]:
    levels = stream.settings.levels
    pixels = (quantize(block, levels, raster.bit_depth, stream.unit) for block in stream.blocks())
    return write_png(file, pixels, stream.shape, raster, described, digest)


def _write_values(file: BinaryIO, _digest: PixelDigest | None, stream: SpectrogramStream) -> tuple[int, ...]:
    # Imported here so that pictures do not pay for it.
    from wav2spec.render.values import values_writer

    writer = values_writer(file, stream)
    for block in stream.values():
        writer.write(block)
    return writer.close()
