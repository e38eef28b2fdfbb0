"""What can be drawn of a recording by its settings: pixels, their values, or a figure. Nothing is computed yet."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

from wav2spec.analyze import SpectrogramStream, stream_spectrogram, too_short
from wav2spec.audio import Recording
from wav2spec.choices import LARGEST_SIDE
from wav2spec.errors import AudioError
from wav2spec.jobs import Format
from wav2spec.levels import to_pixels
from wav2spec.npy import NpyWriter
from wav2spec.pictures import Figure, Raster
from wav2spec.png import PixelDigest
from wav2spec.prepare import Clip, prepare
from wav2spec.raster import picture_size, write_png
from wav2spec.recipe import describe
from wav2spec.settings import Settings

# Pillow warns of a picture with more pixels than this when it opens it.
_PILLOW_LIMIT = 89_478_485


@dataclass(frozen=True)
class Drawing:
    """Something that can be drawn.

    Attributes
    ----------
    stream : SpectrogramStream
    write : callable
        Draws it into a seekable file, gives all rows of a picture to a digest if there is one, and returns width and
        height, or the shape of the values.
    describe : callable
        Returns what it says of itself when it is drawn; nothing if it does not. Reads the sound, but draws nothing.
    warnings : tuple of str
        What is odd about it.
    """

    stream: SpectrogramStream
    write: Callable[[BinaryIO, PixelDigest | None], tuple[int, ...]]
    describe: Callable[[], str]
    warnings: tuple[str, ...] = ()


# Says what is to be drawn of a clip of a recording in a format.
Planner = Callable[[Recording, Format, Clip], Drawing]


def plan_picture(recording: Recording, format: Format, clip: Clip, settings: Settings) -> Drawing:
    """Plan what `settings` make of a clip of a recording.

    Raises
    ------
    SettingError, AudioError
        If the settings do not fit it.
    """
    stream = plan_spectrogram(recording, settings, clip)
    if format == "npy":
        return Drawing(stream, partial(_write_values, stream=stream), str, oddities(stream))
    if isinstance(settings.picture, Figure):
        # Loads matplotlib.
        from wav2spec.plot import plan_plot

        return plan_plot(stream, settings.picture, recording.path)
    raster, described = settings.picture, partial(describe, stream, "image")
    write = partial(_write_pixels, stream=stream, raster=raster, described=described)
    return Drawing(stream, write, described, oddities(stream) + check_size(stream, raster))


def plan_spectrogram(recording: Recording, settings: Settings, clip: Clip | None = None) -> SpectrogramStream:
    """Return what is computed of a clip of a recording, by default of all that is cut out.

    Raises
    ------
    SettingError, AudioError
        If the settings do not fit it.
    """
    stream = stream_spectrogram(prepare(recording, settings.source, clip), settings)
    if not stream.shape[1]:
        raise AudioError(recording.path, too_short(stream))
    return stream


def oddities(stream: SpectrogramStream) -> tuple[str, ...]:
    """Say what is odd about a spectrogram."""
    warnings = []
    empty, n_bands = stream.bands.empty, stream.bands.n_bands
    if len(empty):
        where = f"{stream.bands.frequencies[empty[0]]:.1f} Hz"
        words = f"{len(empty)} of {n_bands} bands hold no bin, the first at {where}"
        warnings.append(f"{words}: they stay dark, a longer FFT would fill them")
    window_size, stride = int(stream.analysis.window_size), int(stream.analysis.stride)
    if isinstance(stream.settings.picture, Figure) and stride > window_size:
        unseen = f"{stride - window_size} of every {stride} samples are not seen"
        warnings.append(f"the stride of {stride} samples is longer than the window of {window_size}: {unseen}")
    return tuple(warnings)


def check_size(stream: SpectrogramStream, raster: Raster) -> tuple[str, ...]:
    """Say what is odd about the size of a picture.

    Raises
    ------
    AudioError
        If a side is longer than a PNG's can be.
    """
    width, height = picture_size(stream.shape, raster)
    if max(width, height) > LARGEST_SIDE:
        words = f"the picture would have {width} x {height} pixels; a side of a PNG has at most {LARGEST_SIDE}"
        raise AudioError(stream.sound.name, words)
    if width * height > _PILLOW_LIMIT:
        words = f"a picture of {width} x {height} pixels: programs that open it with Pillow will be warned of its size"
        return (words,)
    return ()


def _write_pixels(
    file: BinaryIO,
    digest: PixelDigest | None,
    stream: SpectrogramStream,
    raster: Raster,
    described: Callable[[], str],
) -> tuple[int, int]:
    levels = stream.settings.levels
    pixels = (to_pixels(block, levels, raster.bit_depth) for block in stream.blocks())
    return write_png(file, pixels, stream.shape, raster, described, digest)


def _write_values(file: BinaryIO, _digest: PixelDigest | None, stream: SpectrogramStream) -> tuple[int, ...]:
    writer = NpyWriter(file, stream.shape, keep_channels=stream.settings.source.channel == "all")
    for block in stream.blocks():
        writer.write(block)
    return writer.close()
