"""A spectrogram with its axes, computed as a stream: powers, values and levels."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from wav2spec.arrays import Magnitudes
from wav2spec.dsp.compression import compress, floored, normalization, pcen, peak_power
from wav2spec.dsp.decibels import full_scale_power, to_db
from wav2spec.dsp.filterbank import FilterBank
from wav2spec.dsp.framing import frame_times
from wav2spec.dsp.pooling import Axis, pool_frames
from wav2spec.dsp.praat import PraatLayout, praat_emphasis, praat_full_scale, praat_powers
from wav2spec.dsp.stft import n_bins, stft_magnitudes
from wav2spec.errors import AudioError, SettingError
from wav2spec.settings.analysis import Analysis
from wav2spec.settings.pictures import Raster
from wav2spec.settings.settings import Settings
from wav2spec.waveform import Waveform

# A level that refers to the peak needs it before the first pixel. Up to so many values are kept until it is known
# (64 MiB); of a longer recording, the spectra are computed twice.
_KEPT_VALUES = 2**24


Power = npt.NDArray[np.floating[Any]]
# Yields the powers of all frames each time it is called.
Replayed = Callable[[], Iterable[Power]]


@dataclass(frozen=True, eq=False, repr=False)
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
    praat : PraatLayout, optional
    fmax : float, optional
        The frequency in Hz that ``auto`` became, if the settings have it.
    """

    sound: Waveform
    settings: Settings
    analysis: Analysis
    bands: FilterBank
    n_frames: int
    shape: tuple[int, int, int]
    unit: str
    praat: PraatLayout | None = None
    fmax: float | None = None

    def times(self, rows: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
        """Return when the middle of each of the rows is, in s of the recording."""
        frames = rows if self.shape[1] == self.n_frames else (rows + 0.5) * (self.n_frames / self.shape[1]) - 0.5
        return self.frame_times(frames)

    def frame_times(self, frames: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return when the middle of each of the frames is, in s of the recording."""
        if self.praat is not None:
            return self.praat.first_time + np.asarray(frames) * self.praat.time_step + self.sound.start_s
        return frame_times(frames, self.analysis, self.sound.sample_rate) + self.sound.start_s

    @property
    def frame_step_s(self) -> float:
        """The time from frame to frame in s."""
        return self.praat.time_step if self.praat is not None else int(self.analysis.stride) / self.sound.sample_rate

    @property
    def value_unit(self) -> str:
        """The unit of `values`: that of pixels unless values are logarithms, which are drawn in dB."""
        if self.praat is not None:
            return "Pa²/Hz"
        scale, normalized = self.settings.levels.scale, self.settings.compression.normalized
        return scale if scale in ("ln", "log10") and not normalized else self.unit

    @property
    def draws_values(self) -> bool:
        """Whether what is drawn, `blocks`, is what is stored, `values`."""
        compression = self.settings.compression
        plain = compression.value_mean == 0 and compression.value_std == 1
        return self.unit != "dB" or (self.settings.levels.scale == "db" and plain and self.praat is None)

    def blocks(self) -> Iterator[npt.NDArray[np.floating[Any]]]:
        """Yield all rows in order as they are drawn, shape (n_channels, n, n_bands); levels in dB in float64.

        Raises
        ------
        AudioError
            If the recording cannot be read, or turns out to end before the first frame.
        """
        if self.unit != "dB":
            return self.values()
        return self._levels(self._powers_once_or_more())

    def values(self) -> Iterator[npt.NDArray[np.floating[Any]]]:
        """Yield all rows in order as they are stored, shape (n_channels, n, n_bands), in float64 or float32.

        Raises
        ------
        AudioError
            As `blocks`.
        """
        return self._values(self._powers_once_or_more())

    def blocks_and_values(self) -> tuple[list[npt.NDArray[np.floating[Any]]], list[npt.NDArray[np.floating[Any]]]]:
        """Return all `blocks` and all `values`; the spectra are computed once, and kept.

        Raises
        ------
        AudioError
            As `blocks`.
        """
        if self.draws_values:
            blocks = list(self.blocks())
            return blocks, blocks
        kept = list(self.powers())
        return list(self._levels(lambda: kept)), list(self._values(lambda: kept))

    def _values(self, powers: Replayed) -> Iterator[npt.NDArray[np.floating[Any]]]:
        compression = self.settings.compression
        if compression.value_mean == 0 and compression.value_std == 1:
            return self._compressed(powers)
        return self._normalized(powers)

    def _normalized(self, powers: Replayed) -> Iterator[npt.NDArray[np.floating[Any]]]:
        mean, std = normalization(self._compressed(powers), self.settings.compression)
        values = ((block - mean) / std for block in self._compressed(powers))
        yield from self._pooled(values) if self._per_frame else values

    def _compressed(self, powers: Replayed) -> Iterator[npt.NDArray[np.floating[Any]]]:
        """Yield values before they are normalised: of rows, or of frames where rows depend on all of them."""
        levels, compression = self.settings.levels, self.settings.compression
        squared = self.analysis.magnitude_squared or self.praat is not None
        if levels.scale == "db" and self.praat is None:
            return self._levels(powers)
        if levels.scale == "linear" and not squared and self._plain:
            return self._bands_of(self.analysis)
        if levels.scale == "pcen":
            smoothed = pcen(powers(), compression, squared=squared)
            pools = not compression.normalized
            return iter(self._pooled(smoothed)) if pools else smoothed
        rows = powers() if compression.normalized else self._pooled(powers())
        if levels.logarithmic and self.praat is None:
            least = self._least(powers)
            rows = (floored(power, levels, compression, squared=squared, least=least) for power in rows)
        return (compress(power, levels, squared=squared) for power in rows)

    def _levels(self, powers: Replayed) -> Iterator[npt.NDArray[np.float64]]:
        """Yield rows in dB."""
        reference = self.reference()
        if reference is None:
            reference = peak_power(self._drawn(powers(), 0.0))
        for power in self._drawn(self._pooled(powers()), self._least(powers)):
            yield to_db(power, reference, self.settings.levels)

    def drawn_rows(self) -> Iterable[Power]:
        """Yield the power of all rows as they are drawn in dB, with offsets, `top_db` and emphasis."""
        powers = self._powers_once_or_more()
        return self._drawn(self._pooled(powers()), self._least(powers))

    def drawn_frames(self) -> Iterable[npt.NDArray[np.floating[Any]]]:
        """Yield what pixels of a figure pool, of all frames: power, or values that do not come from power alone."""
        if self.unit not in ("dB", "power", "magnitude"):
            return self.values()
        powers = self._powers_once_or_more() if self.settings.compression.top_db is not None else self.powers
        return self._drawn(powers(), self._least(powers))

    def _least(self, powers: Replayed) -> float:
        """Return the least power by `top_db`."""
        top_db = self.settings.compression.top_db
        if top_db is None:
            return 0.0
        highest = peak_power(self._drawn(powers(), 0.0))
        return highest * float(10.0 ** (-top_db / 10.0))

    def _drawn(self, rows: Iterable[Power], least: float) -> Iterable[Power]:
        """Yield rows with the offset, the floor or the pre-emphasis with which they are drawn."""
        levels, compression, squared = self.settings.levels, self.settings.compression, self.analysis.magnitude_squared
        if self.praat is not None:
            emphasis = praat_emphasis(self.praat)
            return (power * emphasis for power in rows)
        if compression.log_offset:
            rows = (floored(power, levels, compression, squared=squared) for power in rows)
        return (np.maximum(power, least) for power in rows) if least else rows

    @property
    def _plain(self) -> bool:
        """Whether bins are rows as they are."""
        return self.bands.bins is not None and self.shape[1] == self.n_frames and self.praat is None

    @property
    def _per_frame(self) -> bool:
        return self.settings.compression.normalized

    def _pooled(self, powers: Iterable[npt.NDArray[np.floating[Any]]]) -> Iterable[npt.NDArray[np.floating[Any]]]:
        n_rows, picture = self.shape[1], self.settings.picture
        if n_rows == self.n_frames or not isinstance(picture, Raster):
            return powers
        cells = Axis(0.5, 1.0, self.n_frames, 0.0, self.n_frames)
        return pool_frames(powers, cells, n_rows, picture.reduce)

    def rows(self) -> Iterable[npt.NDArray[np.floating[Any]]]:
        """Yield the power of all rows in order, whatever the unit."""
        return self._pooled(self.powers())

    def powers(self) -> Iterator[Power]:
        """Yield the power of all frames in order, whatever the unit."""
        if self.settings.programs.method == "sox":
            raise SettingError("method", "sox gives levels to its own pictures alone")
        if self.praat is not None:
            return praat_powers(self.sound.blocks(), self.praat)
        if self.settings.bands.band_sum == "magnitude" and self.bands.bins is None:
            magnitudes = self._bands_of(replace(self.analysis, magnitude_squared=False))
            return (np.square(block) for block in magnitudes)
        return self._bands_of(replace(self.analysis, magnitude_squared=True))

    def reference(self) -> float | npt.NDArray[np.float64] | None:
        """Return the power that reads 0 dB, of each band if they differ; None for the peak, known only at the end."""
        reference = self.settings.levels.db_ref
        if reference == "full-scale":
            return self.full_scale()
        return None if isinstance(reference, str) else float(reference) ** 2

    def full_scale(self) -> float | npt.NDArray[np.float64]:
        """Return the power of a sine of amplitude 1, of each band if they differ."""
        if self.praat is not None:
            return praat_full_scale(self.praat)
        return full_scale_power(self.analysis, self.settings.bands, self.bands, self.sound.sample_rate)

    def _bands_of(self, analysis: Analysis) -> Iterator[Magnitudes]:
        n_frames, n_spectrum = 0, n_bins(analysis)
        rate = self.sound.sample_rate

        def bands_of(spectra: Magnitudes) -> Magnitudes:
            bands, energy = self.bands.apply(spectra[..., :n_spectrum]), spectra[..., n_spectrum:]
            if analysis.energy == "none":
                return bands
            return np.concatenate((energy, bands) if analysis.energy == "first" else (bands, energy), axis=2)

        for bands in stft_magnitudes(self.sound.blocks(), analysis, rate, bands_of, n_threads=self.sound.n_threads):
            n_frames += bands.shape[1]
            yield bands
        if self.n_frames and not n_frames:
            raise AudioError(self.sound.name, "it ended before the first frame while it was read")

    def _powers_once_or_more(self) -> Replayed:
        """Return a function that yields the powers each time it is called, from memory if they are few."""
        levels, compression = self.settings.levels, self.settings.compression
        n_passes = (self.unit == "dB" and levels.db_ref == "peak") + (compression.top_db is not None)
        n_values = self.shape[0] * self.n_frames * self.shape[2]
        if not (n_passes or compression.normalized) or n_values > _KEPT_VALUES:
            return self.powers
        kept = list(self.powers())
        return lambda: kept
