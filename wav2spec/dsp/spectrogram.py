"""From a waveform to a spectrogram with its axes, as a stream."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from math import ceil, floor, log10
from typing import Any

import numpy as np
import numpy.typing as npt

from wav2spec.arrays import Magnitudes
from wav2spec.dsp.decibels import full_scale_power, to_db
from wav2spec.dsp.filterbank import FilterBank, filter_bank
from wav2spec.dsp.framing import check_reflection, count_frames, frame_length, frame_times
from wav2spec.dsp.pooling import Axis, pool_frames
from wav2spec.dsp.stft import bin_frequencies, stft_magnitudes
from wav2spec.errors import AudioError, SettingError
from wav2spec.settings.analysis import Analysis, Fit
from wav2spec.settings.bands import Bands
from wav2spec.settings.choices import AUTO
from wav2spec.settings.pictures import Raster
from wav2spec.settings.settings import Settings
from wav2spec.waveform import Waveform

# The lowest frequency of a log scale by default (Hz).
_LOWEST_HZ = 20.0

# The share of the power that lies below an automatic limit, and the first digits of round limits.
_OCCUPIED = 0.999
_ROUND = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)

# A level that refers to the peak needs it before the first pixel. Up to so many values are kept until it is known
# (64 MiB); of a longer recording, the spectra are computed twice.
_KEPT_VALUES = 2**24


@dataclass(frozen=True)
class SpectrogramStream:
    """A sound's spectrogram, computed as its blocks are taken.

    Attributes
    ----------
    sound : Sound
    settings : Settings
    analysis : Analysis
        In samples.
    bands : BandMap
    n_frames : int
    shape : (n_channels, n_rows, n_bands)
        Of what is drawn: a row is a frame, or one of as many pixels along time as the picture is asked to have.
    unit : str
        ``"magnitude"``, ``"power"`` or ``"dB"``.
    """

    sound: Waveform
    settings: Settings
    analysis: Analysis
    bands: FilterBank
    n_frames: int
    shape: tuple[int, int, int]
    unit: str

    def times(self, rows: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
        """Return when the middle of each of the rows is, in s of the recording."""
        frames = rows if self.shape[1] == self.n_frames else (rows + 0.5) * (self.n_frames / self.shape[1]) - 0.5
        return frame_times(frames, self.analysis, self.sound.sample_rate) + self.sound.start_s

    def blocks(self) -> Iterator[npt.NDArray[np.floating[Any]]]:
        """Yield all rows in order, shape (n_channels, n, n_bands); dB in float64, the rest in float32.

        Raises
        ------
        AudioError
            If the recording cannot be read, or turns out to end before the first frame.
        """
        if self.unit == "magnitude" and self.bands.bins is not None and self.shape[1] == self.n_frames:
            yield from self._bands_of(self.analysis)
        elif self.unit == "dB":
            powers, reference = self._with_reference()
            yield from (to_db(power, reference, self.settings.levels) for power in self._pooled(powers))
        else:
            for power in self.rows():
                exact = power.astype(np.float32, copy=False)
                yield np.sqrt(exact) if self.unit == "magnitude" else exact

    def _pooled(self, powers: Iterable[Magnitudes]) -> Iterable[npt.NDArray[np.floating[Any]]]:
        n_rows, picture = self.shape[1], self.settings.picture
        if n_rows == self.n_frames or not isinstance(picture, Raster):
            return powers
        cells = Axis(0.5, 1.0, self.n_frames, 0.0, self.n_frames)
        return pool_frames(powers, cells, n_rows, picture.reduce)

    def rows(self) -> Iterable[npt.NDArray[np.floating[Any]]]:
        """Yield the power of all rows in order, whatever the unit."""
        return self._pooled(self.powers())

    def powers(self) -> Iterator[Magnitudes]:
        """Yield the power of all frames in order, whatever the unit."""
        return self._bands_of(replace(self.analysis, magnitude_squared=True))

    def reference(self) -> float | npt.NDArray[np.float64] | None:
        """Return the power that reads 0 dB, of each band if they differ; None for the peak, known only at the end."""
        reference = self.settings.levels.db_ref
        if reference == "full-scale":
            return full_scale_power(self.analysis, self.bands)
        return None if isinstance(reference, str) else float(reference) ** 2

    def _bands_of(self, analysis: Analysis) -> Iterator[Magnitudes]:
        n_frames = 0
        for block in stft_magnitudes(self.sound.blocks(), analysis, threaded=self.sound.threaded):
            n_frames += block.shape[1]
            yield self.bands.apply(block)
        if self.n_frames and not n_frames:
            raise AudioError(self.sound.name, "it ended before the first frame while it was read")

    def _with_reference(self) -> tuple[Iterable[Magnitudes], float | npt.NDArray[np.float64]]:
        """Return the power, and the power that reads 0 dB."""
        reference = self.reference()
        if reference is not None:
            return self.powers(), reference
        n_values = self.shape[0] * self.n_frames * self.shape[2]
        kept = list(self.powers()) if n_values <= _KEPT_VALUES else None
        peak = max((float(power.max(initial=0)) for power in (self.powers() if kept is None else kept)), default=0.0)
        return self.powers() if kept is None else kept, peak


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
    analysis = settings.analysis.resolved(sound.sample_rate, _fit(sound, settings, panel))
    check_reflection(sound.n_samples, analysis)
    n_frames = n_rows = count_frames(sound.n_samples, analysis)
    wanted = _fitted_bands(sound, settings, analysis, panel)
    bands = filter_bank(wanted, analysis, sound.sample_rate)
    if isinstance(settings.picture, Raster):
        n_rows = settings.picture.along_time or n_frames
        n_bands = _bands_asked_for(settings.picture, settings.bands, sound.n_channels)
        if n_bands not in (None, bands.n_bands):
            bands = filter_bank(replace(wanted, n_bands=n_bands), analysis, sound.sample_rate)
    shape = sound.n_channels, n_rows if n_frames else 0, bands.n_bands
    unit = "dB" if settings.levels.scale == "db" else "power" if analysis.magnitude_squared else "magnitude"
    return SpectrogramStream(sound, settings, analysis, bands, n_frames, shape, unit)


def _fit(sound: Waveform, settings: Settings, panel: tuple[int, int] | None) -> Fit:
    """Return the picture to which ``auto`` fits the analysis."""
    bands, picture = settings.bands, settings.picture
    if panel is not None:
        width, height = panel
    elif isinstance(picture, Raster):
        width, height = picture.along_time or 0, (picture.along_frequency or 0) // sound.n_channels
    else:
        width, height = 0, 0
    nyquist = sound.sample_rate / 2
    top = min(bands.fmax, nyquist) if isinstance(bands.fmax, int | float) else nyquist
    share = (top - min(bands.fmin or 0.0, top)) / nyquist
    n_bins = ceil(height / share) + 1 if share > 0 else 0
    n_samples = sound.n_samples - sum(sound.surroundings)
    return Fit(n_samples / width if width else None, n_bins, bands.freq_scale != "linear")


def _fitted_bands(sound: Waveform, settings: Settings, analysis: Analysis, panel: tuple[int, int] | None) -> Bands:
    """Return the bands, with numbers for ``auto``.

    On the log scale of a figure there is a band for each pixel, and the lowest frequency is 20 Hz or a period of the
    window: below, a third of the height would show hum.
    """
    bands = settings.bands
    if bands.fmax == AUTO:
        bands = replace(bands, fmax=_occupied_fmax(sound, analysis, bands.fmin or 0.0))
    if panel is None or bands.freq_scale != "log":
        return bands
    lowest = max(_LOWEST_HZ, sound.sample_rate / int(analysis.window_size))
    top = bands.fmax if isinstance(bands.fmax, int | float) else sound.sample_rate / 2
    if bands.fmin is None and lowest < top / 2:
        bands = replace(bands, fmin=lowest)
    return replace(bands, n_bands=panel[1]) if bands.n_bands is None else bands


def _occupied_fmax(sound: Waveform, analysis: Analysis, fmin: float) -> float:
    """Return the round frequency below which `_OCCUPIED` of the power lies; half the sample rate for silence."""
    frames = replace(analysis, stride=max(1, int(analysis.window_size) // 2), magnitude_squared=True)
    power = np.zeros(int(analysis.fft_length) // 2 + 1)
    for block in stft_magnitudes(sound.blocks(), frames):
        # Frame by frame, so that rounding does not depend on the sizes of blocks.
        for frame in block.sum(axis=0, dtype=np.float64):
            power += frame
    frequencies = bin_frequencies(analysis, sound.sample_rate)
    share = np.cumsum(power)
    nyquist = sound.sample_rate / 2
    if not share[-1] > 0 or not np.isfinite(share[-1]):
        return nyquist
    found = max(float(frequencies[np.searchsorted(share, _OCCUPIED * share[-1])]), 2 * fmin, frequencies[1])
    decade = 10.0 ** floor(log10(found))
    return min(next(part * decade for part in _ROUND if part * decade >= found), nyquist)


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
    size = frame_length(stream.analysis)
    return f"too short: it has {stream.sound.n_samples} samples, one frame takes {size}"
