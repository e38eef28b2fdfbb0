"""Renderings: pictures and values that are ready to be written. Nothing is computed yet."""

from collections.abc import Callable
from typing import BinaryIO, NamedTuple

from wav2spec.dsp.spectrogram import SpectrogramStream
from wav2spec.dsp.streaming import stream_spectrogram, too_short
from wav2spec.errors import AudioError
from wav2spec.formats.digest import PixelDigest
from wav2spec.settings.pictures import Figure
from wav2spec.settings.settings import Settings
from wav2spec.waveform import Waveform


class Rendering(NamedTuple):
    """A picture, page or array that is ready to be written.

    Attributes
    ----------
    stream : SpectrogramStream
    write : callable
        Writes it into a seekable file, updates a digest, if given, with the rows of a picture, and returns width and
        height, or the shape of the values.
    describe : callable
        Returns its metadata; empty if it has none. Reads the samples, but draws nothing.
    warnings : tuple of str
        What is unusual about it.
    """

    stream: SpectrogramStream
    write: Callable[[BinaryIO, PixelDigest | None], tuple[int, ...]]
    describe: Callable[[], str]
    warnings: tuple[str, ...] = ()


def plan_spectrogram(waveform: Waveform, settings: Settings, panel: tuple[int, int] | None = None) -> SpectrogramStream:
    """Prepare the analysis of a waveform, for a panel of that width and height in pixels if it is drawn in one.

    Raises
    ------
    SettingError, AudioError
        If the settings do not fit it.
    """
    stream = stream_spectrogram(waveform, settings, panel)
    if not stream.shape[1]:
        raise AudioError(waveform.name, too_short(stream))
    return stream


def spectrogram_warnings(stream: SpectrogramStream) -> tuple[str, ...]:
    """Return what is unusual about a spectrogram."""
    warnings = []
    empty, n_bands = stream.bands.empty, stream.bands.n_bands
    if len(empty):
        where = f"{stream.bands.frequencies[empty[0]]:.1f} Hz"
        message = f"{len(empty)} of {n_bands} bands hold no bin, the first at {where}"
        warnings.append(f"{message}: they stay dark, a longer FFT would fill them")
    window_size, stride = int(stream.analysis.window_size), int(stream.analysis.stride)
    if isinstance(stream.settings.picture, Figure) and stride > window_size:
        unseen = f"{stride - window_size} of every {stride} samples are not seen"
        warnings.append(f"the stride of {stride} samples is longer than the window of {window_size}: {unseen}")
    return tuple(warnings)
