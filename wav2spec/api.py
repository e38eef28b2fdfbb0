"""The Python interface: the same pictures and numbers as those of the command line.

All functions take the same settings by keyword, named as the options of ``wav2spec image`` with underscores.
"""

import os
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast

import numpy as np
import numpy.typing as npt

from wav2spec.arrays import Samples
from wav2spec.audio.array_recording import ArrayRecording
from wav2spec.audio.preprocess import preprocess
from wav2spec.dsp.spectrogram import SpectrogramStream, stream_spectrogram
from wav2spec.errors import AudioError, SettingError
from wav2spec.render.drawing import plan_spectrogram
from wav2spec.render.spectrogram import Spectrogram
from wav2spec.settings.aliases import canonical
from wav2spec.settings.choices import GRAY
from wav2spec.settings.pictures import Raster
from wav2spec.settings.presets import DEFAULT
from wav2spec.settings.resolve import resolve
from wav2spec.settings.settings import Settings
from wav2spec.storage.objects import Readable, open_object
from wav2spec.waveform import Segment, Waveform

if TYPE_CHECKING:
    from typing import Unpack

    from wav2spec.audio.recording import Recording
    from wav2spec.batch.outcomes import Outcome
    from wav2spec.settings.keywords import SettingKeywords

Source = str | os.PathLike[str] | bytes | bytearray | memoryview | Readable
"""A path, the bytes of a recording, or an open binary file."""


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
    with _open(source, sample_rate, preset, settings) as (recording, chosen):
        stream = _stream(recording, chosen)
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
    with _open(source, sample_rate, preset, settings) as (recording, chosen):
        analysed = _stream(recording, chosen)
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
    with _open(source, sample_rate, None, settings) as (recording, chosen):
        waveform = _waveform(recording, chosen)
        blocks = list(waveform.blocks())
    samples = np.concatenate(blocks) if blocks else np.empty((0, waveform.n_channels), np.float32)
    return (samples if chosen.preprocessing.channel == "all" else samples[:, 0]), waveform.sample_rate


def convert(
    sources: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    output: str | os.PathLike[str] | None = None,
    *,
    preset: str | None = None,
    format: Literal["png", "npy"] | None = None,
    update: bool = False,
    check: bool = False,
    force: bool = False,
    jobs: int | None = None,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    refuse: Sequence[str] = (),
    warn: Sequence[str] = (),
    skip: Sequence[str] = (),
    manifest: str | None = None,
    sample_rate: int | str | None = None,
    **settings: "Unpack[SettingKeywords]",
) -> "Iterator[Outcome]":
    """Convert recordings to images or values, as ``wav2spec SRC... -o OUTPUT`` does.

    Parameters
    ----------
    sources : path-like or iterable of path-like
        Files, and directories of WAV files.
    output : path-like, optional
        A file, or a directory. By default each image is placed beside its source.
    preset : str, optional
        The name of a preset, from whose settings to start.
    format : {"png", "npy"}, optional
        Of targets that are not named.
    update : bool
        Draw only what is missing or would be drawn otherwise now.
    check : bool
        Write nothing, and report what is missing or stale.
    force : bool
        Replace whatever is at a target.
    jobs : int, optional
        Processes that share the work; by default one for each processor, if the work is worth it.
    include, exclude : sequence of str
        Patterns for files in directories.
    refuse, warn, skip : sequence of str
        Quality checks, as ``["silent", "clipped:0.01"]``.
    manifest : str, optional
        A file that gets a line of JSON for each outcome.
    sample_rate : int or str, optional
        The rate to resample to, in Hz.
    **settings
        As for `spectrogram`.

    Returns
    -------
    iterator of Outcome
        In the order of the sources; an outcome has ``source``, ``target``, ``status``, ``warnings`` and ``failure``.
        Work is done while it is iterated.

    Raises
    ------
    SettingError, TypeError, OutputError
        At once, if something is asked for that cannot be done.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     outcomes = list(convert("sample_audio/kick.wav", f"{folder}/kick.png", preset="tf"))
    >>> [(outcome.status, outcome.summary) for outcome in outcomes]
    [('written', '129 x 92 pixels')]
    """
    from wav2spec.batch.run import convert_paths

    given = settings if sample_rate is None else {**settings, "sample_rate": sample_rate}
    return convert_paths(
        [os.fspath(source) for source in ([sources] if isinstance(sources, str | os.PathLike) else sources)],
        None if output is None else os.fspath(output),
        settings=_resolved(preset, tuple(given.items())),
        format=format,
        update=update,
        check=check,
        force=force,
        jobs=jobs,
        include=tuple(include),
        exclude=tuple(exclude),
        refuse=tuple(refuse),
        warn=tuple(warn),
        skip=tuple(skip),
        manifest=manifest,
    )


@contextmanager
def _open(
    source: Source | npt.ArrayLike, sample_rate: int | str | None, preset: str | None, given: Any
) -> Iterator[tuple["Recording | ArrayRecording", Settings]]:
    """Open a recording or samples, with the settings that hold for them; warn at the end of what is wrong with it."""
    is_recording = isinstance(source, str | os.PathLike | bytes | bytearray | memoryview) or hasattr(source, "read")
    if is_recording:
        given = given if sample_rate is None else {**given, "sample_rate": sample_rate}
        chosen = _resolved(preset, tuple(given.items()))
        with _open_recording(source) as recording:
            yield recording, chosen
            for message in recording.warnings:
                warnings.warn(f"{recording.path}: {message}", UserWarning, stacklevel=4)
        return
    if sample_rate is None:
        raise SettingError("sample_rate", "is needed with an array of samples")
    if preset is None and "channel" not in given:
        given = {"channel": "all", **given}
    yield ArrayRecording(source, sample_rate), _resolved(preset, tuple(given.items()))  # type: ignore[arg-type]


def _open_recording(source: Any) -> "Recording":
    # Loads libsndfile.
    from wav2spec.audio.recording import Recording, open_recording

    if isinstance(source, str | os.PathLike):
        return open_recording(os.fspath(source))
    file = open_object(source)
    try:
        return Recording(file)
    except AudioError:
        file.close()
        raise


def _resolved(preset: str | None, given: tuple[tuple[str, Any], ...]) -> Settings:
    try:
        return _cached(preset, given)
    except TypeError:
        # A value that cannot be hashed is not valid; it is reported by its setting.
        return _checked(preset, given)


def _checked(preset: str | None, given: tuple[tuple[str, Any], ...]) -> Settings:
    settings = resolve(DEFAULT, preset, dict(given))
    if isinstance(settings.picture, Raster) and settings.picture.palette != GRAY:
        # Raises an error if matplotlib has no such colormap.
        from wav2spec.render.colormaps import load_colormap

        load_colormap(settings.picture.palette)
    return settings


_cached = lru_cache(maxsize=64)(_checked)


def _waveform(source: "Recording | ArrayRecording", settings: Settings) -> Waveform:
    if settings.preprocessing.segment is not None:
        raise SettingError("segment", "makes several pictures; take sections by `start` and `duration`, or use convert")
    # An array has the interface of a recording, as far as it is needed.
    recording = cast("Recording", source)
    return preprocess(recording, settings.preprocessing, None if recording.n_samples else Segment(0, 0))


def _stream(recording: "Recording | ArrayRecording", settings: Settings) -> SpectrogramStream:
    waveform = _waveform(recording, settings)
    # Arrays may be shorter than a frame, recordings not: their picture would be missing.
    plan = stream_spectrogram if isinstance(recording, ArrayRecording) else plan_spectrogram
    return plan(waveform, settings)
