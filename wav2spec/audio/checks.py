"""What a recording is like that is better not drawn, or not without a word."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

from wav2spec.settings.choices import GATES
from wav2spec.settings.quantities import parse_named

if TYPE_CHECKING:
    from wav2spec.audio.recording import Recording
    from wav2spec.audio.statistics import SampleStatistics

# From where to where a threshold makes sense.
_LIMITS = {"clipped": (0.0, 1.0), "short": (0.0, inf), "dc": (0.0, 1.0)}


@dataclass(frozen=True)
class Gate:
    """A name of `GATES`, and from where on it closes."""

    name: str
    threshold: float


def parse_gates(words: Iterable[str]) -> tuple[Gate, ...]:
    """Read gates as people write them: ``silent,clipped:0.01``.

    Raises
    ------
    ValueError
        If there is no such gate, or its threshold is no number that makes sense.

    Examples
    --------
    >>> parse_gates(["truncated,short:0.5"])
    (Gate(name='truncated', threshold=0.0), Gate(name='short', threshold=0.5))
    """
    named = (parse_named(part.strip(), GATES) for text in words for part in text.split(","))
    gates = tuple(Gate(name, threshold or 0.0) for name, threshold in named)
    for gate in gates:
        least, most = _LIMITS.get(gate.name, (-inf, inf))
        if not least <= gate.threshold <= most:
            raise ValueError(f"the threshold of {gate.name} must be from {least:g} to {most:g}, not {gate.threshold:g}")
    return gates


def reasons(gates: Iterable[Gate], measures: "SampleStatistics", recording: "Recording") -> Iterator[str]:
    """Yield why a recording, or the clip of it that was measured, does not pass."""
    # Loads NumPy.
    from wav2spec.audio.statistics import dbfs

    for gate in gates:
        limit = gate.threshold
        match gate.name:
            case "silent":
                rms = dbfs(measures.rms)
                if (-inf if rms is None else rms) <= limit:
                    level = "nothing" if rms is None else f"{rms:.1f} dBFS"
                    yield f"silent: its RMS is {level}, it must be above {limit:g} dBFS"
            case "clipped":
                share = measures.n_clipped / max(1, measures.n_values)
                if share > limit:
                    yield f"clipped: {share:.4%} of its values are at full scale, {limit:.4%} may be"
            case "short":
                duration = measures.n_samples / recording.sample_rate
                if duration < limit:
                    yield f"short: it lasts {duration:.3f} s, it must last {limit:g} s"
            case "truncated":
                yield from (words for words in recording.warnings if words.startswith("truncated"))
            case "dc":
                channel, mean = max(enumerate(measures.means, 1), key=lambda pair: abs(pair[1]))
                if abs(mean) > limit:
                    yield f"dc: the mean of channel {channel} is {mean:+.4f}, it may be {limit:g} off 0"
