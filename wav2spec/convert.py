"""One source to one picture, unless it is there already."""

import os
import tempfile
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO, Literal

from wav2spec.audio import Recording, open_recording
from wav2spec.drawing import Drawing, Planner
from wav2spec.errors import AudioError, OutputError, SettingError
from wav2spec.jobs import Job, Outcome, Status
from wav2spec.measure import dbfs, measure
from wav2spec.output import open_target
from wav2spec.png import PixelDigest, read_text
from wav2spec.recipe import pixel_digest, read_recipe

Mode = Literal["draw", "update", "check"]

_COPY_BYTES = 2**20


@dataclass(frozen=True)
class Task:
    """What is done with every job of a run.

    Attributes
    ----------
    planner : callable
    mode : str
        ``"draw"``; ``"update"``: only what is not there or would be drawn otherwise; ``"check"``: say so, write
        nothing.
    with_facts : bool
        Whether the outcome tells what is known of recording and picture.
    """

    planner: Planner
    mode: Mode = "draw"
    with_facts: bool = False


def attempt(job: Job, task: Task, watch: Callable[[float, float], None] | None = None) -> Outcome:
    """Do a job; whatever goes wrong becomes its outcome.

    Parameters
    ----------
    job : Job
    task : Task
    watch : callable, optional
        Told how many s of the recording have been read, and of how many.

    Raises
    ------
    BrokenPipeError
        If nobody reads standard output any more: there is nobody to tell.
    """
    facts: dict[str, Any] = {}
    try:
        return convert(job, task, watch, facts)
    except BrokenPipeError:
        raise
    except Exception as error:
        return Outcome(job, "failed", failure=_failure(job, error), trace=traceback.format_exc(), facts=facts)


def _failure(job: Job, error: Exception) -> tuple[str, str]:
    """Return what failed, and why in words."""
    if isinstance(error, AudioError | OutputError):
        return error.path, error.words
    if isinstance(error, MemoryError):
        return job.source_name, "not enough memory"
    return job.source_name, f"unexpected {type(error).__name__}: {error} (-vv shows where; please report it)"


def convert(
    job: Job, task: Task, watch: Callable[[float, float], None] | None = None, facts: dict[str, Any] | None = None
) -> Outcome:
    """Do a job; `facts` are filled in as they become known.

    Raises
    ------
    AudioError, OutputError, BrokenPipeError
        If it cannot be done. The target is then as it was.
    """
    if job.problem:
        raise AudioError(job.source, job.problem)
    with open_recording(job.source) as recording:
        recording.watch = watch
        return _convert(job, task, recording, {} if facts is None else facts)


def _convert(job: Job, task: Task, recording: Recording, facts: dict[str, Any]) -> Outcome:
    if task.with_facts:
        facts |= _facts_of_recording(recording)
    try:
        drawing = task.planner(recording, job.format)
    except SettingError as error:
        raise AudioError(recording.path, str(error)) from error
    if job.keeps_foreign:
        _check_not_foreign(job.target)
    status: Status = "written"
    if task.mode != "draw":
        found = _compared(job, drawing)
        status = found if task.mode == "check" or found == "current" else "written"
    digest = PixelDigest() if task.with_facts and job.format == "png" else None
    made = _write(job, drawing, recording, digest, facts) if status == "written" else ""
    if task.with_facts:
        facts |= _facts_of_drawing(recording, drawing)
        if status == "current" and job.format == "png":
            facts["pixels_sha256"] = pixel_digest(job.target)
    return Outcome(job, status, made, (*recording.warnings, *drawing.warnings), facts=facts)


def _write(job: Job, drawing: Drawing, recording: Recording, digest: PixelDigest | None, facts: dict[str, Any]) -> str:
    """Write the picture, and return in words what was written."""
    if job.make_folder:
        _make_folder(os.path.dirname(job.target))
    with open_target(job.target, not_onto=recording.identity) as file:
        shape = drawing.write(file, digest)
    if digest:
        facts["pixels_sha256"] = digest.hexdigest(*shape)
    return " x ".join(map(str, shape)) + (" pixels" if job.format == "png" else " values")


def _compared(job: Job, drawing: Drawing) -> Literal["current", "missing", "stale"]:
    """Say whether what is at the target is what would be drawn.

    A picture says so itself. Where it does not, as with values, there is no other way than to draw and to compare.
    """
    try:
        if not os.path.isfile(job.target):
            return "missing"
        if described := drawing.describe():
            return "current" if read_text(job.target) == described else "stale"
        with tempfile.TemporaryFile() as drawn, open(job.target, "rb") as found:
            drawing.write(drawn, None)
            drawn.seek(0)
            return "current" if _same(drawn, found) else "stale"
    except OSError as error:
        raise OutputError(job.target, error.strerror or str(error)) from error


def _same(one: BinaryIO, other: BinaryIO) -> bool:
    while piece := one.read(_COPY_BYTES):
        if other.read(_COPY_BYTES) != piece:
            return False
    return not other.read(1)


def _facts_of_recording(recording: Recording) -> dict[str, Any]:
    return {
        "sample_rate": recording.sample_rate,
        "n_channels": recording.n_channels,
        "n_samples": recording.n_samples,
        "duration_s": recording.duration,
    }


def _facts_of_drawing(recording: Recording, drawing: Drawing) -> dict[str, Any]:
    sound = drawing.stream.sound
    measures = measure(recording, *sound.span)
    return {
        "n_frames": drawing.stream.n_frames,
        "n_bands": drawing.stream.shape[2],
        "peak_dbfs": dbfs(measures.peak),
        "rms_dbfs": dbfs(measures.rms),
        "clipped_share": measures.n_clipped / max(1, measures.n_values),
        "silent_share": measures.n_silent / max(1, measures.n_samples),
        "samples_sha256": sound.facts()["samples_sha256"],
    }


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
