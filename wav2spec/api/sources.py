"""What the functions analyse: recordings and samples, with the settings that hold for them."""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

import numpy.typing as npt

from wav2spec.audio.array_recording import ArrayRecording
from wav2spec.audio.preprocess import preprocess
from wav2spec.dsp.spectrogram import SpectrogramStream
from wav2spec.dsp.streaming import stream_spectrogram
from wav2spec.errors import AudioError, SettingError
from wav2spec.render.drawing import plan_spectrogram
from wav2spec.settings.choices import GRAY
from wav2spec.settings.pictures import Raster
from wav2spec.settings.resolve import resolve
from wav2spec.settings.settings import DEFAULT, Settings
from wav2spec.storage.objects import Readable, open_object
from wav2spec.waveform import Segment, Waveform

if TYPE_CHECKING:
    from wav2spec.audio.recording import Recording

Source = str | os.PathLike[str] | bytes | bytearray | memoryview | Readable
"""A path, the bytes of a recording, or an open binary file."""


@contextmanager
def open_source(
    source: Source | npt.ArrayLike, sample_rate: int | str | None, preset: str | None, given: Any
) -> Iterator[tuple["Recording | ArrayRecording", Settings]]:
    """Open a recording or samples, with the settings that hold for them; issue its warnings at the end."""
    is_recording = isinstance(source, str | os.PathLike | bytes | bytearray | memoryview) or hasattr(source, "read")
    if is_recording:
        given = given if sample_rate is None else {**given, "sample_rate": sample_rate}
        chosen = resolve_cached(preset, tuple(given.items()))
        with _open_recording(source) as recording:
            yield recording, chosen
            for message in recording.warnings:
                warnings.warn(f"{recording.path}: {message}", UserWarning, stacklevel=4)
        return
    if sample_rate is None:
        raise SettingError("sample_rate", "is needed with an array of samples")
    if preset is None and "channel" not in given:
        given = {"channel": "all", **given}
    yield ArrayRecording(source, sample_rate), resolve_cached(preset, tuple(given.items()))  # type: ignore[arg-type]


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


def resolve_cached(preset: str | None, given: tuple[tuple[str, Any], ...]) -> Settings:
    """Return the settings of a preset with others in their place, checked; kept for the next call with equal ones."""
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


def waveform_of(source: "Recording | ArrayRecording", settings: Settings) -> Waveform:
    """Return the samples that are analysed."""
    if settings.preprocessing.makes_segments:
        raise SettingError("segment", "makes several pictures; take sections by `start` and `duration`, or use convert")
    # An array has the interface of a recording, as far as it is needed.
    recording = cast("Recording", source)
    return preprocess(recording, settings.preprocessing, None if recording.n_samples else Segment(0, 0))


def analysis_of(recording: "Recording | ArrayRecording", settings: Settings) -> SpectrogramStream:
    """Return the analysis of a recording or of samples."""
    waveform = waveform_of(recording, settings)
    # Arrays may be shorter than a frame, recordings not: their picture would be missing.
    plan = stream_spectrogram if isinstance(recording, ArrayRecording) else plan_spectrogram
    return plan(waveform, settings)
