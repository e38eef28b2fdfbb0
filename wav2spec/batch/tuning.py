"""The entropies of recordings by several analyses."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from wav2spec.audio.preprocess import preprocess
from wav2spec.audio.recording import Recording
from wav2spec.batch.jobs import Job, Unusable
from wav2spec.batch.outcomes import Outcome, outcomes_of
from wav2spec.dsp.entropy import entropies
from wav2spec.settings.analysis import Analysis
from wav2spec.settings.preprocessing import Preprocessing


@dataclass(frozen=True)
class Tuned(Outcome):
    """The entropies of a recording.

    Attributes
    ----------
    entropies : list of float or None
        By each analysis in bits; None where its window is longer than a quarter of the recording. Empty for silence.
    sample_rate : int
        In Hz.
    """

    entropies: list[float | None] = field(kw_only=True)
    sample_rate: int = field(kw_only=True)


@dataclass(frozen=True)
class Tuning:
    """Measures a recording by several analyses. Called with a job, it yields an outcome."""

    preprocessing: Preprocessing
    analyses: list[Analysis]

    def __call__(
        self, job: Job | Unusable, on_position: Callable[[float, float], None] | None = None
    ) -> Iterator[Outcome]:
        # Each analysis reads the whole recording; the bar shows the first pass.
        return outcomes_of(job, self._measured, on_position)

    def _measured(self, job: Job, recording: Recording) -> Iterator[Outcome]:
        waveform = preprocess(recording, self.preprocessing)
        found = entropies(waveform, self.analyses)
        silent = () if found else ("silent, or shorter than four windows: left out",)
        warnings, rate = (*recording.warnings, *silent), waveform.sample_rate
        yield Tuned(job.source, None, "measured", warnings=warnings, entropies=found or [], sample_rate=rate)
