"""From samples to a spectrogram that knows its own axes: as a stream, and whole for Python."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wav2spec.arrays import Magnitudes, Samples
from wav2spec.audio import Recording
from wav2spec.errors import AudioError, SettingError
from wav2spec.settings import Analysis, Settings
from wav2spec.stft import bin_frequencies, frame_times, magnitude_blocks, n_bins, n_frames


@dataclass(frozen=True)
class Spectrogram:
    """Magnitude or power over time and frequency.

    Attributes
    ----------
    values : ndarray, shape (n_channels, n_frames, n_bins), float32
    times : ndarray, shape (n_frames,)
        Middle of each frame's window, in s.
    frequencies : ndarray, shape (n_bins,)
        In Hz, rising from 0.
    unit : str
        ``"magnitude"`` or ``"power"``.
    """

    values: Magnitudes
    times: npt.NDArray[np.float64]
    frequencies: npt.NDArray[np.float64]
    unit: str


@dataclass(frozen=True)
class SpectrogramStream:
    """A recording's spectrogram, computed as its blocks are taken.

    `analysis` is in samples; `shape` is (n_channels, n_frames, n_bins).
    """

    recording: Recording
    settings: Settings
    analysis: Analysis
    shape: tuple[int, int, int]

    def blocks(self) -> Iterator[Magnitudes]:
        """Yield all frames in order, shape (n_channels, n, n_bins).

        Raises
        ------
        AudioError
            If the recording cannot be read, or turns out to end before the first frame.
        """
        block = None
        for block in magnitude_blocks(self.recording.blocks(self.settings.source), self.analysis):
            yield block
        if block is None:
            raise AudioError(self.recording.path, "it ended before the first window while it was read")


def stream_spectrogram(recording: Recording, settings: Settings) -> SpectrogramStream:
    """Prepare the analysis of a recording; nothing is computed yet.

    Raises
    ------
    AudioError
        If the recording is shorter than a window, or the settings do not fit it.
    """
    n_channels = recording.n_selected(settings.source)
    try:
        analysis = settings.analysis.resolved(recording.sample_rate)
    except SettingError as error:
        raise AudioError(recording.path, str(error)) from error
    frames = n_frames(recording.n_samples, analysis)
    if not frames:
        words = f"too short: it has {recording.n_samples} samples, one window takes {analysis.window_size}"
        raise AudioError(recording.path, words)
    return SpectrogramStream(recording, settings, analysis, (n_channels, frames, n_bins(analysis)))


def spectrogram(
    samples: npt.ArrayLike,
    sample_rate: int,
    *,
    window_size: int | str = 256,
    stride: int | str = 128,
    magnitude_squared: bool = False,
) -> Spectrogram:
    """Compute a spectrogram as TensorFlow's ``AudioSpectrogram`` does.

    Parameters
    ----------
    samples : array_like, shape (n_samples,) or (n_samples, n_channels)
        Full scale at 1.0. Integers are PCM: int16 is divided by 2**15, int32 by 2**31, uint8 has its middle at 128.
    sample_rate : int
        In Hz.
    window_size, stride : int or str
        Samples or time (``"25ms"``); a stride also a share of the window (``"50%"``, ``"1/3"``).
    magnitude_squared : bool
        Power instead of magnitude.

    Returns
    -------
    Spectrogram
        ``values`` has shape (n_channels, n_frames, n_bins), as the op's output; n_frames is 0 for less than one window.

    Raises
    ------
    SettingError
        If a setting, the shape or the sample rate cannot be. A ValueError.
    """
    if sample_rate < 1:
        raise SettingError("sample_rate", f"must be at least 1 Hz, not {sample_rate}")
    analysis = Analysis(window_size, stride, magnitude_squared).resolved(sample_rate)
    columns = _as_samples(samples)
    blocks = list(magnitude_blocks([columns], analysis))
    empty = np.empty((columns.shape[1], 0, n_bins(analysis)), np.float32)
    values = np.concatenate([empty, *blocks], axis=1)
    return Spectrogram(
        values,
        frame_times(values.shape[1], analysis, sample_rate),
        bin_frequencies(analysis, sample_rate),
        "power" if magnitude_squared else "magnitude",
    )


def _as_samples(samples: npt.ArrayLike) -> Samples:
    array = np.asarray(samples)
    if array.ndim not in (1, 2):
        raise SettingError("samples", f"must have 1 or 2 dimensions (n_samples, n_channels), not {array.ndim}")
    columns = array if array.ndim == 2 else array[:, np.newaxis]
    match columns.dtype.name:
        case "float16" | "float32" | "float64":
            return columns.astype(np.float32)
        case "int16" | "int32" as name:
            return (columns / -float(np.iinfo(name).min)).astype(np.float32)
        case "uint8":
            return (columns / 128.0 - 1.0).astype(np.float32)
        case name:
            raise SettingError("samples", f"must be float, int16, int32 or uint8, not {name}")
