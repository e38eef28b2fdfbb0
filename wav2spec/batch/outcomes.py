"""Outcomes: what became of each picture."""

from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, NamedTuple

from wav2spec.batch.facts import NO_FACTS, Facts
from wav2spec.batch.jobs import Job, Shard, Unusable
from wav2spec.errors import AudioError, OutputError, SettingError, StdoutClosedError
from wav2spec.process import is_short_of_memory
from wav2spec.storage.streams import STREAM

if TYPE_CHECKING:
    from wav2spec.audio.recording import Recording
    from wav2spec.dsp.histogram import LevelHistogram

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


@dataclass(frozen=True)
class Measured(Outcome):
    """The levels of the spectrograms of a recording.

    Attributes
    ----------
    levels : LevelHistogram
    n_spectrograms : int
    fmax : float, optional
        The highest frequency in Hz that ``auto`` became.
    half_rate : float
        Half the sample rate in Hz.
    """

    levels: "LevelHistogram" = field(kw_only=True)
    n_spectrograms: int = field(default=1, kw_only=True)
    fmax: float | None = field(default=None, kw_only=True)
    half_rate: float = field(default=0.0, kw_only=True)

    def __add__(self, other: "Measured") -> "Measured":
        """Return both as those of one recording."""
        return replace(
            self,
            warnings=tuple(dict.fromkeys((*self.warnings, *other.warnings))),
            levels=self.levels + other.levels,
            n_spectrograms=self.n_spectrograms + other.n_spectrograms,
            fmax=max((fmax for fmax in (self.fmax, other.fmax) if fmax is not None), default=None),
        )


@dataclass(frozen=True)
class Tally(Outcome):
    """Pictures of which there is nothing to print: what a worker returns instead of their outcomes.

    Attributes
    ----------
    counts : dict of str to int
        By status.
    rows : bytes
        Their lines of the manifest, if there is one.
    """

    counts: dict[Status, int] = field(kw_only=True)
    rows: bytes = field(default=b"", kw_only=True)


@dataclass(frozen=True)
class Known(Outcome):
    """A run of sources that need no work, as an item of the work and as its result; `wav2spec.batch.since` has both.

    Attributes
    ----------
    positions : array of int
        Where earlier manifests tell about each.
    """

    positions: "array[int]" = field(kw_only=True)


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


def lost(item: Job | Unusable | Shard | Known, message: str) -> Outcome:
    """Return the outcome of a job whose worker died."""
    if isinstance(item, Known):
        return item
    return Outcome(item.source, _target(item), "failed", failure=Failure(source_name(item.source), message))


def skipped(item: Job | Unusable | Shard | Known) -> Outcome:
    """Return the outcome of a job that was not tried."""
    if isinstance(item, Known):
        return item
    return Outcome(item.source, _target(item), "skipped")


def _target(item: Job | Unusable | Shard) -> str | None:
    return item.target if isinstance(item, Job) else None
