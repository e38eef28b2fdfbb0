"""One source to its pictures, unless they are there already."""

import os
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from wav2spec.audio.checks import QualityCheck, failed_checks
from wav2spec.audio.preprocess import preprocess, segments, selection
from wav2spec.audio.recording import Recording, open_recording
from wav2spec.audio.statistics import measure_samples
from wav2spec.batch.facts import drawing_facts, recording_facts, sample_facts
from wav2spec.batch.freshness import check_not_foreign, target_state
from wav2spec.batch.jobs import Job, Outcome, Status, segment_target
from wav2spec.errors import AudioError, OutputError, SettingError, StdoutClosedError
from wav2spec.formats.digest import PixelDigest
from wav2spec.render.drawing import Planner, Rendering
from wav2spec.render.readback import pixel_digest
from wav2spec.settings.preprocessing import Preprocessing
from wav2spec.storage.targets import make_directory, open_target
from wav2spec.waveform import Segment

Mode = Literal["draw", "update", "check", "measure"]


@dataclass(frozen=True)
class ConversionOptions:
    """What is done with every job of a run.

    Attributes
    ----------
    planner : callable
    source : Source
        What is taken from recordings: all, or clips.
    mode : str
        ``"draw"``; ``"update"``: only what is not there or would be drawn otherwise; ``"check"``: say so, write
        nothing; ``"measure"``: its levels alone, among the facts.
    refuse, warn : tuple of QualityCheck
        What does not pass is not drawn, or not without a warning.
    allow_threads : bool
        Whether a long recording may be worked on by more than one processor.
    collect_facts : bool
        Whether outcomes tell what is known of recording and picture.
    """

    planner: Planner
    source: Preprocessing = Preprocessing()  # noqa: RUF009 - frozen
    mode: Mode = "draw"
    refuse: tuple[QualityCheck, ...] = ()
    warn: tuple[QualityCheck, ...] = ()
    allow_threads: bool = False
    collect_facts: bool = False


def convert(
    job: Job, task: ConversionOptions, watch: Callable[[float, float], None] | None = None
) -> Iterator[Outcome]:
    """Do a job, and yield what comes of each of its pictures; whatever goes wrong becomes an outcome.

    Parameters
    ----------
    job : Job
        If clips are taken, its target is that of each but for the clip's first sample in its name.
    task : Task
    watch : callable, optional
        Told how many s of the recording have been read, and of how many.

    Raises
    ------
    StdoutClosedError
        If nobody reads standard output any more.
    """
    try:
        if job.problem:
            raise AudioError(job.source, job.problem)
        with open_recording(job.source) as recording:
            recording.watch = watch
            recording.allow_threads = task.allow_threads
            yield from _attempt_clips(job, task, recording)
    except StdoutClosedError:
        raise
    except Exception as error:
        yield _failed(job, error)


def measure_levels(
    job: Job, task: ConversionOptions, watch: Callable[[float, float], None] | None = None
) -> Iterator[Outcome]:
    """Measure the levels of a job's pictures, and yield what failed, and their sum.

    Parameters and errors are those of `attempt`; the task's mode is ``"measure"``.
    """
    # Loaded by those who measure alone.
    from wav2spec.dsp.histogram import LevelHistogram

    levels, n_pictures, warnings = LevelHistogram(), 0, list[str]()
    for outcome in convert(job, task, watch):
        if outcome.status != "measured":
            yield outcome
            continue
        levels += outcome.facts["levels"]
        n_pictures += 1
        warnings += outcome.warnings
    if n_pictures:
        yield Outcome(job, "measured", warnings=tuple(warnings), facts={"levels": levels, "n_pictures": n_pictures})


def _attempt_clips(job: Job, task: ConversionOptions, recording: Recording) -> Iterator[Outcome]:
    # What is odd is said once, though every clip has it.
    said: set[str] = set()
    empty = True
    for segment in segments(recording, task.source):
        empty = False
        one = job if task.source.segment is None else replace(job, target=segment_target(job.target, segment.first))
        facts = recording_facts(recording) | {"start_sample": segment.first} if task.collect_facts else {}
        try:
            outcome = _convert(one, segment, task, recording, facts)
        except StdoutClosedError:
            raise
        except Exception as error:
            outcome = _failed(one, error, facts)
        if outcome.failure:
            name, message = outcome.failure
            outcome = replace(outcome, failure=(name, _where(segment, task) + message))
        yield replace(outcome, warnings=tuple(message for message in outcome.warnings if message not in said))
        said.update(outcome.warnings)
    if empty:
        left = selection(recording, task.source).n_samples / recording.sample_rate
        message = f"shorter than a clip of {task.source.segment} s: there are {left:.3f} s of it"
        facts = recording_facts(recording) if task.collect_facts else {}
        yield Outcome(replace(job, target=""), "dropped", warnings=(*recording.warnings, message), facts=facts)


def _where(segment: Segment, task: ConversionOptions) -> str:
    """Return what is said in front of what holds for a clip alone."""
    return "" if task.source.segment is None else f"clip from sample {segment.first}: "


def _failed(job: Job, error: Exception, facts: dict[str, Any] | None = None) -> Outcome:
    if isinstance(error, AudioError | OutputError):
        failure = error.path, error.message
    elif isinstance(error, MemoryError):
        failure = job.source_name, "not enough memory"
    else:
        message = f"unexpected {type(error).__name__}: {error} (-vv shows where; please report it)"
        failure = job.source_name, message
    return Outcome(job, "failed", failure=failure, trace=traceback.format_exc(), facts=facts or {})


def _convert(
    job: Job, segment: Segment, task: ConversionOptions, recording: Recording, facts: dict[str, Any]
) -> Outcome:
    """Draw a clip; `facts` grow as they become known."""
    warnings: tuple[str, ...] = ()
    if task.refuse or task.warn or task.collect_facts:
        measures = measure_samples(recording, segment.first, segment.n_samples)
        facts |= sample_facts(measures)
        if message := "; ".join(failed_checks(task.refuse, measures, recording)):
            return Outcome(job, "refused", failure=(job.source_name, message), facts=facts)
        found = (
            message for message in failed_checks(task.warn, measures, recording) if message not in recording.warnings
        )
        warnings = tuple(_where(segment, task) + message for message in found)
    try:
        drawing = task.planner(preprocess(recording, task.source, segment), job.format)
        warnings = *drawing.warnings, *warnings
        if task.mode == "measure":
            from wav2spec.dsp.histogram import distribution

            measured = {"levels": distribution(drawing.stream)}
            return Outcome(job, "measured", warnings=(*recording.warnings, *warnings), facts=measured)
    except SettingError as error:
        raise AudioError(recording.path, str(error)) from error
    if task.collect_facts:
        facts |= drawing_facts(drawing)
    status, made = _draw(job, drawing, task, recording, facts)
    return Outcome(job, status, made, tuple(dict.fromkeys((*recording.warnings, *warnings))), facts=facts)


def _draw(
    job: Job, drawing: Rendering, task: ConversionOptions, recording: Recording, facts: dict[str, Any]
) -> tuple[Status, str]:
    """Write the picture unless there is no need, and return what came of it and what was written."""
    status: Status = "missing" if task.mode == "draw" else target_state(job, drawing)
    if status == "current":
        if task.collect_facts and job.format == "png":
            facts["pixels_sha256"] = pixel_digest(job.target)
        return status, ""
    if job.protect_foreign:
        check_not_foreign(job.target)
    if task.mode == "check":
        return status, ""
    return "written", _write(job, drawing, recording, facts if task.collect_facts else None)


def _write(job: Job, drawing: Rendering, recording: Recording, facts: dict[str, Any] | None) -> str:
    """Write the picture, and return in words what was written."""
    digest = PixelDigest() if facts is not None and job.format == "png" else None
    if job.make_directory:
        make_directory(os.path.dirname(job.target))
    with open_target(job.target, source_identity=recording.identity) as file:
        shape = drawing.write(file, digest)
    if facts is not None and digest:
        facts["pixels_sha256"] = digest.hexdigest(*shape)
    return " x ".join(map(str, shape)) + (" pixels" if job.format == "png" else " values")
