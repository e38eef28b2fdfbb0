"""A spectrogram in memory: values with their axes, and the picture they make."""

import io
import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import numpy.typing as npt

from wav2spec.arrays import Magnitudes, Pixels
from wav2spec.dsp.spectrogram import SpectrogramStream
from wav2spec.errors import SettingError
from wav2spec.render.metadata import describe
from wav2spec.render.orientation import to_image
from wav2spec.render.quantize import quantize
from wav2spec.render.raster import check_size, write_png
from wav2spec.render.values import values_writer
from wav2spec.settings.pictures import Raster
from wav2spec.settings.settings import Settings
from wav2spec.storage.targets import make_directory, open_target

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False, repr=False)
class Spectrogram:
    """Values over time and frequency.

    Attributes
    ----------
    values : ndarray, shape (n_channels, n_frames, n_bands), float32
    times : ndarray, shape (n_frames,), float64
        The time at which the window of each frame is greatest, in s.
    frequencies : ndarray, shape (n_bands,), float64
        The centre of each band in Hz, rising.
    unit : str
        ``"magnitude"``, ``"power"`` or ``"dB"``.
    sample_rate : int
        Of the waveform that was analysed, in Hz.
    settings : Settings

    Examples
    --------
    >>> import wav2spec
    >>> spec = wav2spec.spectrogram(np.zeros(16000), 16000)
    >>> spec
    Spectrogram(1 channel x 124 frames x 129 bands, magnitude, 0.01-0.99 s, 0-8000 Hz)
    >>> spec.values.shape, spec.to_pixels().shape
    ((1, 124, 129), (124, 129))
    """

    values: Magnitudes
    times: npt.NDArray[np.float64]
    frequencies: npt.NDArray[np.float64]
    unit: str
    sample_rate: int
    settings: Settings
    # Values of which pixels are made: in dB they have more digits than float32, and logarithms are drawn in dB.
    _exact: npt.NDArray[np.floating[Any]] = field(repr=False)
    # The analysis without its samples.
    _stream: SpectrogramStream = field(repr=False)
    # The settings that were given by name.
    _given: frozenset[str] = field(default=frozenset(), repr=False)

    @classmethod
    def _from_stream(cls, stream: SpectrogramStream, given: frozenset[str] = frozenset()) -> "Spectrogram":
        """Compute all values of a stream."""
        n_channels, _, n_bands = stream.shape
        blocks, values = stream.blocks_and_values() if stream.shape[1] else ([], [])
        exact = np.concatenate(blocks, axis=1) if blocks else np.empty((n_channels, 0, n_bands), np.float32)
        if stream.draws_values:
            return cls._from_values(exact, stream, given)
        stored = np.concatenate(values, axis=1) if values else exact
        spectrogram = cls._from_values(exact, stream, given)
        return replace(spectrogram, values=stored.astype(np.float32, copy=False), unit=stream.value_unit)

    @classmethod
    def _from_values(
        cls,
        exact: npt.NDArray[np.floating[Any]],
        stream: SpectrogramStream,
        given: frozenset[str] = frozenset(),
    ) -> "Spectrogram":
        values: Magnitudes = exact.astype(np.float32, copy=False)
        waveform = stream.sound
        detached = replace(stream, sound=waveform._replace(blocks=partial(iter, ()), otherwise=None, widened=None))
        times = stream.times(np.arange(values.shape[1]))
        rate = waveform.sample_rate
        return cls(values, times, stream.bands.frequencies, stream.unit, rate, stream.settings, exact, detached, given)

    def __repr__(self) -> str:
        n_channels, n_frames, n_bands = self.values.shape
        channels = f"{n_channels} channel{'s' if n_channels > 1 else ''}"
        times = f"{_short(self.times[0])}-{_short(self.times[-1])} s, " if n_frames else ""
        hertz = f"{self.frequencies[0]:.0f}-{self.frequencies[-1]:.0f} Hz"
        return f"Spectrogram({channels} x {n_frames} frames x {n_bands} bands, {self.unit}, {times}{hertz})"

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> npt.NDArray[Any]:
        return np.array(self.values, dtype, copy=copy)

    def __getstate__(self) -> dict[str, Any]:
        # The samples, of which the metadata has a digest, may be those of an open file.
        provenance = self._stream.sound.facts() if self._raster.metadata else {}
        detached = replace(self._stream, sound=self._stream.sound._replace(facts=partial(dict, provenance)))
        return {**self.__dict__, "_stream": detached}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    @property
    def _raster(self) -> Raster:
        picture = self.settings.picture
        return picture if isinstance(picture, Raster) else Raster()

    def _pixel_blocks(self) -> Iterator[Pixels]:
        yield quantize(self._exact, self.settings.levels, self._raster.bit_depth, self._stream.unit)

    def to_pixels(self) -> Pixels:
        """Return the pixels that `save` writes.

        Returns
        -------
        ndarray, shape (height, width), uint8 or uint16
            Oriented by the layout; with a palette, indices of its colours.
        """
        raster = self._raster
        pixels: Pixels = np.concatenate(list(to_image(self._pixel_blocks(), self.values.shape, raster.layout)))
        if raster.invert:
            pixels = np.iinfo(pixels.dtype).max - pixels
        return pixels

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the picture (.png) or the values (.npy), as the command ``image`` does with the same settings.

        The file is complete or untouched; its directory is made if it does not exist.

        Parameters
        ----------
        path : path-like

        Raises
        ------
        SettingError
            If the name ends otherwise, or a setting was given that has no effect on the file.
        AudioError
            If there are no frames.
        OutputError
            If it cannot be written.
        """
        name = os.fspath(path)
        suffix = os.path.splitext(name)[1].lower()
        if suffix not in (".png", ".npy"):
            raise SettingError("path", f"{name} ends in {suffix or 'no suffix'}; targets end in .png or .npy")
        if not self.values.shape[1]:
            raise SettingError("samples", "are too short: there are no frames to draw")
        if suffix == ".npy":
            self.settings.check_acts_on_values(self._given, name)
        make_directory(os.path.dirname(name))
        with open_target(name) as file:
            self._write_values(file) if suffix == ".npy" else self._write_png(file)

    def _write_values(self, file: BinaryIO) -> None:
        writer = values_writer(file, self._stream)
        writer.write(self.values)
        writer.close()

    def _write_png(self, file: BinaryIO) -> None:
        check_size(self._stream, self._raster)
        describe_stream = partial(describe, self._stream, "image")
        write_png(file, self._pixel_blocks(), self.values.shape, self._raster, describe_stream)

    def _repr_png_(self) -> bytes | None:
        """Return the picture for notebooks."""
        if not self.values.shape[1]:
            return None
        file = io.BytesIO()
        write_png(file, self._pixel_blocks(), self.values.shape, self._raster)
        return file.getvalue()

    def plot(self, ax: "Axes | None" = None, **options: Any) -> "Axes | Figure":
        """Draw the spectrogram with matplotlib, on axes in s and Hz.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Axes to draw into. By default a new figure, with a panel and a colour bar for each channel.
        **options
            Passed on to `matplotlib.axes.Axes.pcolormesh`, as ``cmap="viridis"``.

        Returns
        -------
        matplotlib.axes.Axes or matplotlib.figure.Figure
            `ax`, or the new figure.

        Notes
        -----
        Every frame and band is a cell, and matplotlib resamples cells to pixels when the figure is saved. The picture
        of ``wav2spec plot`` differs: it is computed from the samples, which a spectrogram does not keep, with a window
        and a stride that fit its size, and each pixel shows the greatest level of the frames and bands that share it.
        """
        from wav2spec.render.figures.embed import plot_spectrogram

        return plot_spectrogram(self.values, self.times, self.frequencies, self.unit, self.settings, ax, options)


def _short(seconds: float) -> str:
    return f"{seconds:.2f}".rstrip("0").rstrip(".")
