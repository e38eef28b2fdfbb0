"""Measure the levels of spectrograms: an action of a `Conversion` that writes nothing, and its outcome."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from wav2spec.batch.convert import Conversion, Task
from wav2spec.batch.jobs import Job, Unusable
from wav2spec.batch.outcomes import Outcome
from wav2spec.dsp.histogram import LevelHistogram, distribution


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

    levels: LevelHistogram = field(kw_only=True)
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


def measure_levels(task: Task) -> Measured:
    """Measure the levels of the spectrogram, and write nothing."""
    stream = task.rendering.stream
    levels, half_rate = distribution(stream), stream.sound.sample_rate / 2
    return Measured(task.job.source, None, "measured", levels=levels, fmax=stream.fmax, half_rate=half_rate)


def measure_recording(
    job: Job | Unusable, conversion: Conversion, on_position: Callable[[float, float], None] | None = None
) -> Iterator[Outcome]:
    """Do a job whose action is `measure_levels`; yield what failed, and the sum over the segments."""
    total: Measured | None = None
    for outcome in conversion(job, on_position):
        if isinstance(outcome, Measured):
            total = outcome if total is None else total + outcome
        else:
            yield outcome
    if total:
        yield total
