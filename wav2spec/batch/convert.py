"""From a recording to its pictures: a `Conversion` does a job, and its action decides what each rendering is for."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import BinaryIO, NamedTuple

from wav2spec.audio.checks import QualityCheck, failed_checks
from wav2spec.audio.preprocess import preprocess, selection
from wav2spec.audio.recording import Recording
from wav2spec.batch.facts import NO_FACTS, Facts
from wav2spec.batch.freshness import TargetState, check_replaceable, target_state
from wav2spec.batch.jobs import Job, Unusable
from wav2spec.batch.outcomes import Failure, Outcome, Status, failed, outcomes_of, source_name
from wav2spec.batch.request import Grid, command_of
from wav2spec.batch.segments import segment_jobs
from wav2spec.errors import StdoutClosedError
from wav2spec.formats.digest import PixelDigest
from wav2spec.render.drawing import Rendering
from wav2spec.render.plan import plan_picture
from wav2spec.settings.formats import FORMATS
from wav2spec.settings.pictures import Figure
from wav2spec.settings.preprocessing import Preprocessing
from wav2spec.settings.settings import Settings
from wav2spec.storage.targets import make_directory, open_target
from wav2spec.waveform import Segment


class Task(NamedTuple):
    """A segment that is ready to be rendered, and all that an action needs.

    Attributes
    ----------
    job : Job
        With the target of the segment.
    rendering : Rendering
    recording : Recording
    command : str
        That makes such pictures.
    facts : Facts, optional
        None if they were not asked for.
    """

    job: Job
    rendering: Rendering
    recording: Recording
    command: str
    facts: Facts | None

    @property
    def wants_digest(self) -> bool:
        """Whether a digest of the pixels is to be among the facts."""
        return self.facts is not None and FORMATS[self.job.format].holds_pixels

    def outcome(
        self, status: Status, summary: str = "", pixels_sha256: str | None = None, version: str = ""
    ) -> Outcome:
        """Return the outcome, with the digest of the target's pixels and its version as far as they are known."""
        facts = self.facts or NO_FACTS
        if self.facts and (pixels_sha256 or version):
            facts = facts._replace(pixels_sha256=pixels_sha256, target_id=version or None)
        return Outcome(self.job.source, self.job.target, status, summary, facts=facts)


# What is done with a rendering.
Action = Callable[[Task], Outcome]

# Opens the place of a picture, and calls the function with the target's version when it is in place.
Opener = Callable[[Task, Callable[[str], object]], AbstractContextManager[BinaryIO]]


@contextmanager
def open_file(task: Task, on_commit: Callable[[str], object]) -> Iterator[BinaryIO]:
    """Open the target as a file of its own."""
    check_replaceable(task.job, task.command)
    if task.job.make_directory:
        make_directory(os.path.dirname(task.job.target))
    with open_target(task.job.target, source_identity=task.recording.identity, on_commit=on_commit) as file:
        yield file


def draw(task: Task, open_file: Opener = open_file) -> Outcome:
    """Write the picture to where `open_file` puts it, whatever is there."""
    digest = PixelDigest() if task.wants_digest else None
    versions: list[str] = []
    with open_file(task, versions.append) as file:
        shape = task.rendering.write(file, digest)
    summary = f"{' x '.join(map(str, shape))} {FORMATS[task.job.format].unit}"
    return task.outcome("written", summary, digest.hexdigest(*shape) if digest else None, "".join(versions))


def update(task: Task) -> Outcome:
    """Write the picture if it is missing, or would be drawn otherwise now."""
    found = target_state(task.job, task.rendering, digest=task.wants_digest)
    return draw(task) if found.state != "current" else _current(task, found)


def check(task: Task) -> Outcome:
    """Report whether the picture is current, and write nothing."""
    found = target_state(task.job, task.rendering, digest=task.wants_digest)
    if found.state == "current":
        return _current(task, found)
    check_replaceable(task.job, task.command)
    return task.outcome(found.state)


def _current(task: Task, found: TargetState) -> Outcome:
    return task.outcome("current", pixels_sha256=found.pixels_sha256, version=found.version)


@dataclass(frozen=True, eq=False, repr=False)
class Conversion:
    """What is done with every job of a run. Called with a job, it yields the outcomes; whatever goes wrong is one.

    Attributes
    ----------
    settings : Settings
    action : callable
        `draw`, `update`, `check` or `measure_levels`.
    grid : Grid, optional
        The analyses that are compared in one figure.
    refuse, warn, skip : tuple of QualityCheck
        A recording that fails one is not drawn, which is a failure; drawn with a warning; or left out on purpose.
    n_threads : int
        Threads that analyse a long recording.
    collect_facts : bool
        Whether outcomes have facts.
    recipe_sha256 : str
        Digest of all that decides about pictures beside their recordings, for the facts.
    labels : str, optional
        File of labels that pages show.
    """

    settings: Settings
    action: Action = draw
    grid: Grid | None = None
    refuse: tuple[QualityCheck, ...] = ()
    warn: tuple[QualityCheck, ...] = ()
    skip: tuple[QualityCheck, ...] = ()
    n_threads: int = 1
    collect_facts: bool = False
    recipe_sha256: str = ""
    labels: str | None = None

    def __call__(
        self, job: Job | Unusable, on_position: Callable[[float, float], None] | None = None
    ) -> Iterator[Outcome]:
        """Do a job.

        Parameters
        ----------
        job : Job or Unusable
            With segments, its target is theirs but for the first sample in the name.
        on_position : callable, optional
            Called with the s of the recording that have been read, and with its duration.

        Raises
        ------
        StdoutClosedError
            If the reader of standard output closed it.
        """
        return outcomes_of(job, self._segments, on_position)

    def _segments(self, job: Job, recording: Recording) -> Iterator[Outcome]:
        recording.n_threads = self.n_threads
        preprocessing, empty = self.settings.preprocessing, True
        for one, segment in segment_jobs(job, recording, preprocessing):
            empty = False
            where = f"segment from sample {segment.first}: " if preprocessing.makes_segments else ""
            yield self._segment(one, recording, segment, where)
        if empty:
            left = selection(recording, preprocessing).n_samples / recording.sample_rate
            message = f"shorter than a segment of {preprocessing.segment} s: there are {left:.3f} s of it"
            if preprocessing.segments is not None:
                message = "no section of it has a label"
            facts = self._facts(job, recording) if self.collect_facts else NO_FACTS
            yield Outcome(job.source, None, "dropped", warnings=(*recording.warnings, message), facts=facts)

    def _segment(self, job: Job, recording: Recording, segment: Segment, where: str = "") -> Outcome:
        """Do a segment; `where` begins what is said about it alone."""
        facts = self._facts(job, recording, segment) if self.collect_facts else None
        warnings = list(job.warnings)
        try:
            if self.refuse or self.warn or self.skip or facts:
                # Imported here so that only checks of samples pay for it.
                from wav2spec.audio.statistics import measure_samples

                statistics = measure_samples(recording, segment.first, segment.n_samples)
                facts = facts and facts.with_statistics(statistics)
                if message := "; ".join(failed_checks(self.skip, statistics, recording)):
                    return Outcome(job.source, job.target, "excluded", where + message, facts=facts or NO_FACTS)
                if message := "; ".join(failed_checks(self.refuse, statistics, recording)):
                    failure = Failure(source_name(job.source), where + message)
                    return Outcome(job.source, job.target, "refused", failure=failure, facts=facts or NO_FACTS)
                found = failed_checks(self.warn, statistics, recording)
                warnings += [where + message for message in found if message not in recording.warnings]
            rendering = self._plan(job, recording, segment)
            warnings[:0] = rendering.warnings
            facts = facts and facts.with_rendering(rendering)
            command = command_of(self.settings, self.grid, job.format)
            outcome = self.action(Task(job, rendering, recording, command, facts))
        except StdoutClosedError:
            raise
        except Exception as error:
            return failed(job, error, facts or NO_FACTS, where)
        if facts:
            # Only reading shows that a file shrank meanwhile.
            outcome = replace(outcome, facts=outcome.facts.with_warnings(recording))
        distinct = tuple(dict.fromkeys((*recording.warnings, *warnings)))
        return replace(outcome, warnings=distinct) if distinct else outcome

    def _facts(self, job: Job, recording: Recording, segment: Segment | None = None) -> Facts:
        facts = Facts.of_recording(recording, segment)
        return facts._replace(source_id=job.version or None, recipe_sha256=self.recipe_sha256 or None)

    def _plan(self, job: Job, recording: Recording, segment: Segment) -> Rendering:
        waveform = preprocess(recording, self.settings.preprocessing, segment)
        if self.grid and isinstance(self.settings.picture, Figure):
            from wav2spec.render.figures.plot import plan_grid

            return plan_grid(
                waveform, job.format, self.grid.cells, self.grid.varied, self.settings.picture, self.grid.together
            )
        return plan_picture(waveform, job.format, self.settings, labels=self.labels)


def known_targets(items: Iterable[Job | Unusable], preprocessing: Preprocessing) -> Iterator[Outcome]:
    """Yield an outcome for each target of a run, from the headers alone; all are ``"current"``, unchecked."""

    def targets_of(job: Job, recording: Recording) -> Iterator[Outcome]:
        for one, _ in segment_jobs(job, recording, preprocessing):
            yield Outcome(one.source, one.target, "current")

    for job in items:
        if isinstance(job, Job) and not preprocessing.makes_segments:
            yield Outcome(job.source, job.target, "current")
        else:
            yield from outcomes_of(job, targets_of)
