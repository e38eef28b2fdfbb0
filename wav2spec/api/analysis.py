"""Spectrograms, blocks of them, and samples, of recordings and arrays."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from wav2spec.api.sources import Source, analysis_of, open_source, waveform_of
from wav2spec.arrays import Samples
from wav2spec.errors import SettingError
from wav2spec.render.spectrogram import Spectrogram
from wav2spec.settings.aliases import canonical
from wav2spec.settings.settings import DEFAULT

if TYPE_CHECKING:
    from typing import Unpack

    from wav2spec.settings.keywords import SettingKeywords


class Block(NamedTuple):
    """A block of frames of a longer spectrogram, with its axes.

    Attributes
    ----------
    values : ndarray, shape (n_channels, n_frames, n_bands), float32
    times : ndarray, shape (n_frames,)
        In s.
    frequencies : ndarray, shape (n_bands,)
        In Hz.
    unit : str
        ``"magnitude"``, ``"power"`` or ``"dB"``.
    """

    values: npt.NDArray[np.float32]
    times: npt.NDArray[np.float64]
    frequencies: npt.NDArray[np.float64]
    unit: str


def spectrogram(
    source: Source | npt.ArrayLike,
    sample_rate: int | str | None = None,
    *,
    preset: str | None = None,
    **settings: "Unpack[SettingKeywords]",
) -> Spectrogram:
    """Compute the spectrogram of a recording or of samples; by default as TensorFlow's ``AudioSpectrogram`` does.

    Parameters
    ----------
    source : path-like, bytes, file object or array_like
        A recording; or samples of shape (n_samples,) or (n_samples, n_channels), with their sample rate. Floating-point
        samples have full scale at 1.0. Integers are PCM: int16 is divided by 2**15, int32 by 2**31, uint8 has its
        middle at 128.
    sample_rate : int or str, optional
        Of samples, in Hz. For a recording it is the setting `sample_rate`, the rate to resample to.
    preset : str, optional
        The name of a preset, from whose settings to start.
    **settings
        The options of ``wav2spec image``, with underscores. All channels of an array are taken unless `channel` or the
        preset asks for others.

    Returns
    -------
    Spectrogram
        Its ``values`` have shape (n_channels, n_frames, n_bands). Of an array that is shorter than a frame there are no
        frames.

    Raises
    ------
    SettingError
        If a setting or the samples are not valid. A ValueError.
    TypeError
        If there is no such setting.
    AudioError
        If the recording cannot be read, or is too short for a frame.

    Warns
    -----
    UserWarning
        If the recording is truncated.

    Examples
    --------
    >>> tone = np.sin(2 * np.pi * 1000 * np.arange(16000) / 16000)
    >>> level = spectrogram(tone, 16000, window_size=512, scale="db")
    >>> print(f"{level.frequencies[32]:.0f} Hz, {abs(level.values[0, 5, 32]):.3f} {level.unit}")
    1000 Hz, 0.000 dB
    >>> spectrogram("sample_audio/speech.wav", preset="librosa-mel", n_bands=64)
    Spectrogram(1 channel x 94 frames x 64 bands, dB, 0-2.98 s, 46-7626 Hz)
    """
    with open_source(source, sample_rate, preset, settings) as (recording, chosen):
        stream = analysis_of(recording, chosen)
        return Spectrogram._from_stream(stream, frozenset(canonical(settings)))


def stream(
    source: Source | npt.ArrayLike,
    sample_rate: int | str | None = None,
    *,
    preset: str | None = None,
    **settings: "Unpack[SettingKeywords]",
) -> Iterator[Block]:
    """Yield the spectrogram of a recording of any length in blocks of frames, in constant memory.

    Parameters, errors and warnings are those of `spectrogram`.

    Yields
    ------
    Block

    Examples
    --------
    >>> sum(block.values.shape[1] for block in stream("sample_audio/speech.wav", preset="tf"))
    372
    """
    with open_source(source, sample_rate, preset, settings) as (recording, chosen):
        analysed = analysis_of(recording, chosen)
        frequencies, n_frames = analysed.bands.frequencies, 0
        for values in analysed.values() if analysed.shape[1] else ():
            times = analysed.times(np.arange(n_frames, n_frames + values.shape[1]))
            n_frames += values.shape[1]
            yield Block(values.astype(np.float32, copy=False), times, frequencies, analysed.value_unit)


def load(
    source: Source, *, sample_rate: int | str | None = None, **settings: "Unpack[SettingKeywords]"
) -> tuple[Samples, int]:
    """Read the samples that `spectrogram` analyses: a section, channel, rate and level of a recording.

    Parameters
    ----------
    source : path-like, bytes or file object
    sample_rate : int or str, optional
        The rate to resample to, in Hz.
    **settings
        `start`, `duration`, `channel`, `target_length` and `normalize`, as for `spectrogram`.

    Returns
    -------
    samples : ndarray, shape (n_samples,), or (n_samples, n_channels) with ``channel="all"``, float32
    sample_rate : int
        In Hz.

    Raises
    ------
    SettingError, TypeError, AudioError
        As `spectrogram`, and if a setting does not concern samples.

    Examples
    --------
    >>> samples, sample_rate = load("sample_audio/speech.wav", start="1s", duration="500ms", channel="mix")
    >>> samples.shape, sample_rate
    ((8000,), 16000)
    """
    from dataclasses import fields

    concerned = {field.name for field in fields(DEFAULT.preprocessing)}
    if idle := sorted(set(canonical(settings)) & DEFAULT.declarations.keys() - concerned):
        raise SettingError(idle[0], "does not concern samples")
    with open_source(source, sample_rate, None, settings) as (recording, chosen):
        waveform = waveform_of(recording, chosen)
        blocks = list(waveform.blocks())
    samples = np.concatenate(blocks) if blocks else np.empty((0, waveform.n_channels), np.float32)
    return (samples if chosen.preprocessing.channel == "all" else samples[:, 0]), waveform.sample_rate
