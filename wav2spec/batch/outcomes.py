"""Outcomes: what became of each picture."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from wav2spec.batch.facts import NO_FACTS, Facts
from wav2spec.batch.jobs import Job, Shard, Unusable
from wav2spec.errors import AudioError, OutputError, SettingError, StdoutClosedError
from wav2spec.process import is_short_of_memory
from wav2spec.storage.streams import STREAM

if TYPE_CHECKING:
    from wav2spec.audio.recording import Recording

Status = Literal[
    "written",
    "measured",
    "current",
    "missing",
    "stale",
    "orphan",
    "removed",
    "dropped",
    "excluded",
    "refused",
    "failed",
    "skipped",
]


class Failure(NamedTuple):
    """The path of what failed or was refused, why, and the setting that would allow it, if there is one."""

    path: str
    message: str
    setting: str | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of a job, or of one of its segments.

    Attributes
    ----------
    source : str
        Path, or ``-`` for standard input.
    target : str, optional
        Path, or ``-`` for standard output; None if there is none.
    status : str
        ``"written"``; ``"current"`` (the picture is up to date); ``"missing"`` or ``"stale"`` (found by a check that
        writes nothing); ``"measured"`` (levels alone); ``"orphan"`` or ``"removed"`` (its recording is gone);
        ``"dropped"`` (shorter than a segment); ``"excluded"`` (by ``skip``); ``"refused"`` (by ``refuse``);
        ``"failed"``; ``"skipped"`` (not tried). A picture is at the target after ``"written"`` or ``"current"``.
    summary : str
        What was written: ``"129 x 124 pixels"``.
    warnings : tuple of str
        About the recording or the picture. All segments of a recording repeat those about the recording.
    failure : Failure, optional
    traceback : str
        Of the failure.
    facts : Facts
        As far as they were asked for and became known.
    """

    source: str
    target: str | None
    status: Status
    summary: str = ""
    warnings: tuple[str, ...] = ()
    failure: Failure | None = None
    traceback: str = ""
    facts: Facts = NO_FACTS

    def by_status(self) -> Mapping[Status, int]:
        """Return how many pictures it stands for, by their status."""
        return {self.status: 1}


def source_name(source: str) -> str:
    """Return a source as messages name it."""
    return "standard input" if source == STREAM else source


def failed(job: Job, error: Exception, facts: Facts = NO_FACTS, where: str = "") -> Outcome:
    """Return the outcome of a job that raised an error; `where` begins the message."""
    import traceback

    if isinstance(error, AudioError | OutputError):
        failure = Failure(error.path, where + error.message, error.setting)
    elif isinstance(error, SettingError):
        failure = Failure(source_name(job.source), where + str(error))
    elif isinstance(error, MemoryError) or is_short_of_memory():
        failure = Failure(source_name(job.source), f"{where}not enough memory")
    else:
        message = f"unexpected {type(error).__name__}: {error} (-vv shows where; please report it)"
        failure = Failure(source_name(job.source), where + message)
    return Outcome(job.source, job.target, "failed", failure=failure, traceback=traceback.format_exc(), facts=facts)


def unusable(item: Unusable) -> Outcome:
    """Return the outcome of a source of which there is no job."""
    return Outcome(item.source, None, "failed", failure=Failure(item.source, item.message))


def outcomes_of(
    job: Job | Unusable,
    work: "Callable[[Job, Recording], Iterable[Outcome]]",
    on_position: Callable[[float, float], None] | None = None,
) -> Iterator[Outcome]:
    """Open the recording of a job, and yield the outcomes of the work on it; whatever goes wrong is one.

    Raises
    ------
    StdoutClosedError
        If the reader of standard output closed it.
    """
    # Loads NumPy and libsndfile.
    from wav2spec.audio.recording import open_recording

    if isinstance(job, Unusable):
        yield unusable(job)
        return
    try:
        with open_recording(job.source) as recording:
            recording.watch = on_position
            yield from work(job, recording)
    except StdoutClosedError:
        raise
    except Exception as error:
        yield failed(job, error)


def lost(item: Job | Unusable | Shard | Outcome, message: str) -> Outcome:
    """Return the outcome of a job whose worker died."""
    if isinstance(item, Outcome):
        return item
    return Outcome(item.source, _target(item), "failed", failure=Failure(source_name(item.source), message))


def skipped(item: Job | Unusable | Shard | Outcome) -> Outcome:
    """Return the outcome of a job that was not tried."""
    if isinstance(item, Outcome):
        return item
    return Outcome(item.source, _target(item), "skipped")


def _target(item: Job | Unusable | Shard) -> str | None:
    return item.target if isinstance(item, Job) else None
