"""From a waveform and settings to its spectrogram as a stream: sizes, bands and axes, before anything is computed."""

from bisect import bisect_left
from dataclasses import replace

from wav2spec.dsp.filterbank import FilterBank, bands_as_they_are, filter_bank
from wav2spec.dsp.fitting import fit, fitted_bands
from wav2spec.dsp.framing import count_frames, frame_length
from wav2spec.dsp.praat import PraatLayout, praat_layout
from wav2spec.dsp.spectrogram import SpectrogramStream
from wav2spec.errors import SettingError
from wav2spec.settings.analysis import Analysis
from wav2spec.settings.bands import Bands
from wav2spec.settings.choices import AUTO
from wav2spec.settings.pictures import Raster
from wav2spec.settings.settings import Settings
from wav2spec.waveform import Waveform


def stream_spectrogram(sound: Waveform, settings: Settings, panel: tuple[int, int] | None = None) -> SpectrogramStream:
    """Prepare the analysis of a waveform; nothing is computed yet, but for an ``auto`` that asks for it.

    Parameters
    ----------
    sound : Waveform
    settings : Settings
    panel : tuple of (int, int), optional
        Width and height in pixels to which ``auto`` fits the analysis of a figure.

    Raises
    ------
    SettingError
        If the settings do not fit its sample rate or length.
    """
    if settings.programs.method == "sox":
        raise SettingError("method", "sox draws images of pixels alone, no figures and no values")
    analysis = settings.analysis.resolved(sound.sample_rate, fit(sound, settings, panel))
    praat = praat_layout(settings, sound) if settings.programs.method == "praat" else None
    n_frames = n_rows = count_frames(sound.n_samples, analysis) if praat is None else praat.n_frames
    wanted = fitted_bands(sound, settings, analysis, panel)
    bands = _bands_for(wanted, analysis, sound, praat)
    if isinstance(settings.picture, Raster):
        n_rows = settings.picture.along_time or n_frames
        n_bands = _bands_asked_for(settings.picture, settings.bands, sound.n_channels)
        if n_bands not in (None, bands.n_bands):
            if praat is not None:
                raise SettingError("method", f"Praat's spectrogram has {bands.n_bands} bands, not {n_bands}")
            bands = _bands_for(replace(wanted, n_bands=n_bands), analysis, sound, praat)
    shape = sound.n_channels, n_rows if n_frames else 0, bands.n_bands
    fmax = wanted.fmax if settings.bands.fmax == AUTO and isinstance(wanted.fmax, float) else None
    return SpectrogramStream(sound, settings, analysis, bands, n_frames, shape, _drawn_unit(settings), praat, fmax)


def _bands_for(bands: Bands, analysis: Analysis, sound: Waveform, praat: PraatLayout | None) -> FilterBank:
    if praat is not None:
        return bands_as_they_are(praat.frequencies)
    return filter_bank(bands, analysis, sound.sample_rate)


def _drawn_unit(settings: Settings) -> str:
    """Return the unit of pixels."""
    levels = settings.levels
    if settings.compression.normalized and levels.scale != "db":
        return "standard deviations"
    if levels.logarithmic or settings.programs.method == "praat":
        return "dB"
    if levels.scale == "pcen":
        return "PCEN"
    unit = "power" if settings.analysis.magnitude_squared else "magnitude"
    return unit if levels.exponent is None else f"{unit}^{levels.exponent:g}"


def _bands_asked_for(raster: Raster, bands: Bands, n_channels: int) -> int | None:
    """Return how many bands fill the pixels along frequency."""
    pixels = raster.along_frequency
    if pixels is None:
        return None
    name = raster.side_along("frequency")
    n_bands, rest = divmod(pixels, n_channels)
    if rest or not n_bands:
        raise SettingError(name, f"{pixels} pixels cannot be shared equally by {n_channels} channels")
    if bands.n_bands not in (None, n_bands):
        raise SettingError(name, f"{n_bands} pixels a channel do not go with {bands.n_bands} bands")
    return n_bands


def too_short(stream: SpectrogramStream) -> str:
    """Say why there are no frames."""
    analysis = stream.analysis
    if stream.praat is not None:
        needed = stream.praat.least_samples
    else:
        candidates = range(frame_length(analysis) + int(analysis.stride) + 1)
        needed = bisect_left(candidates, 1, key=lambda n_samples: count_frames(n_samples, analysis))
    return f"too short: it has {stream.sound.n_samples} samples, one frame takes {needed}"
