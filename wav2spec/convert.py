"""One source to one picture."""

import os
import traceback
from collections.abc import Callable
from functools import partial
from typing import BinaryIO

from wav2spec.analyze import SpectrogramStream, stream_spectrogram, too_short
from wav2spec.audio import Recording, open_recording
from wav2spec.choices import LARGEST_SIDE
from wav2spec.errors import AudioError, OutputError, SettingError
from wav2spec.jobs import Format, Job, Outcome
from wav2spec.levels import to_pixels
from wav2spec.npy import NpyWriter
from wav2spec.output import open_target
from wav2spec.pictures import Figure, Raster
from wav2spec.prepare import prepare
from wav2spec.raster import picture_size, write_png
from wav2spec.recipe import describe, read_recipe
from wav2spec.settings import Settings

# Pillow warns of a picture with more pixels than this when it opens it.
_PILLOW_LIMIT = 89_478_485


# What can be drawn of a recording: how to write it, which returns in words what was written; and what is odd about it.
Plan = tuple[Callable[[BinaryIO], str], list[str]]
Planner = Callable[[Recording], Plan]


def attempt(job: Job, planner: Planner) -> Outcome:
    """Do a job; whatever goes wrong becomes its outcome.

    Raises
    ------
    BrokenPipeError
        If nobody reads standard output any more: there is nobody to tell.
    """
    try:
        return convert(job, planner)
    except BrokenPipeError:
        raise
    except Exception as error:
        return Outcome(job, failure=_failure(job, error), trace=traceback.format_exc())


def _failure(job: Job, error: Exception) -> tuple[str, str]:
    """Return what failed, and why in words."""
    if isinstance(error, AudioError | OutputError):
        return error.path, error.words
    if isinstance(error, MemoryError):
        return job.source_name, "not enough memory"
    return job.source_name, f"unexpected {type(error).__name__}: {error} (-vv shows where; please report it)"


def convert(job: Job, planner: Planner) -> Outcome:
    """Do a job.

    Raises
    ------
    AudioError, OutputError, BrokenPipeError
        If it cannot be done. The target is then as it was.
    """
    with open_recording(job.source) as recording:
        try:
            write, warnings = planner(recording)
        except SettingError as error:
            raise AudioError(recording.path, str(error)) from error
        if job.keeps_foreign:
            _check_not_foreign(job.target)
        if job.make_folder:
            _make_folder(os.path.dirname(job.target))
        with open_target(job.target, not_onto=recording.identity) as file:
            made = write(file)
        return Outcome(job, made, (*recording.warnings, *warnings))


def picture_planner(settings: Settings, format: Format = "png") -> Planner:
    """Plan pictures, or their values, by `settings`."""

    def plan(recording: Recording) -> Plan:
        stream, warnings = plan_spectrogram(recording, settings)
        if format == "npy":
            return partial(_write_npy, stream=stream), warnings
        picture = settings.picture
        if isinstance(picture, Figure):
            # Loads matplotlib.
            from wav2spec.plot import plan_plot

            return plan_plot(stream, picture, recording.path), warnings
        return partial(_write_png, stream=stream, raster=picture), warnings + check_size(stream, picture)

    return plan


def plan_spectrogram(recording: Recording, settings: Settings) -> tuple[SpectrogramStream, list[str]]:
    """Return what will be drawn of a recording, and what is odd about it.

    Raises
    ------
    SettingError, AudioError
        If the settings do not fit it.
    """
    stream = stream_spectrogram(prepare(recording, settings.source), settings)
    if not stream.shape[1]:
        raise AudioError(recording.path, too_short(stream))
    return stream, _oddities(stream)


def _oddities(stream: SpectrogramStream) -> list[str]:
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
    return warnings


def check_size(stream: SpectrogramStream, raster: Raster) -> list[str]:
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
        return [f"a picture of {width} x {height} pixels: programs that open it with Pillow will be warned of its size"]
    return []


def _check_not_foreign(target: str) -> None:
    """Check that what is at an implied target was made by wav2spec."""
    try:
        # That it is a folder is found when it is opened.
        foreign = not os.path.isdir(target) and read_recipe(target) is None
    except FileNotFoundError:
        return
    except OSError as error:
        raise OutputError(target, error.strerror or str(error)) from error
    if foreign:
        raise OutputError(
            target, "is there, and does not say that wav2spec made it; --force replaces it, -o goes elsewhere"
        )


def _make_folder(folder: str) -> None:
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise OutputError(folder, error.strerror or str(error)) from error


def _write_png(file: BinaryIO, stream: SpectrogramStream, raster: Raster) -> str:
    levels = stream.settings.levels
    pixels = (to_pixels(block, levels, raster.bit_depth) for block in stream.blocks())
    width, height = write_png(file, pixels, stream.shape, raster, partial(describe, stream, "image"))
    return f"{width} x {height} pixels"


def _write_npy(file: BinaryIO, stream: SpectrogramStream) -> str:
    writer = NpyWriter(file, stream.shape, keep_channels=stream.settings.source.channel == "all")
    for block in stream.blocks():
        writer.write(block)
    return " x ".join(map(str, writer.close())) + " values"
