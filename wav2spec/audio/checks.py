"""What a recording is like that is better not drawn, or not without a word."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

from wav2spec.settings.choices import CHECKS
from wav2spec.settings.quantities import parse_named

if TYPE_CHECKING:
    from wav2spec.audio.recording import Recording
    from wav2spec.audio.statistics import SampleStatistics

# From where to where a threshold makes sense.
_LIMITS = {"clipped": (0.0, 1.0), "short": (0.0, inf), "dc": (0.0, 1.0)}


@dataclass(frozen=True)
class QualityCheck:
    """A name of `CHECKS`, and from where on it closes."""

    name: str
    threshold: float


def parse_checks(message: Iterable[str]) -> tuple[QualityCheck, ...]:
    """Read gates as people write them: ``silent,clipped:0.01``.

    Raises
    ------
    ValueError
        If there is no such gate, or its threshold is no number that makes sense.

    Examples
    --------
    >>> parse_checks(["truncated,short:0.5"])
    (QualityCheck(name='truncated', threshold=0.0), QualityCheck(name='short', threshold=0.5))
    """
    named = (parse_named(part.strip(), CHECKS) for text in message for part in text.split(","))
    checks = tuple(QualityCheck(name, threshold or 0.0) for name, threshold in named)
    for check in checks:
        least, most = _LIMITS.get(check.name, (-inf, inf))
        if not least <= check.threshold <= most:
            raise ValueError(
                f"the threshold of {check.name} must be from {least:g} to {most:g}, not {check.threshold:g}"
            )
    return checks


def failed_checks(
    checks: Iterable[QualityCheck], measures: "SampleStatistics", recording: "Recording"
) -> Iterator[str]:
    """Yield why a recording, or the clip of it that was measured, does not pass."""
    # Loads NumPy.
    from wav2spec.audio.statistics import dbfs

    for check in checks:
        limit = check.threshold
        match check.name:
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
                yield from (message for message in recording.warnings if message.startswith("truncated"))
            case "dc":
                channel, mean = max(enumerate(measures.means, 1), key=lambda pair: abs(pair[1]))
                if abs(mean) > limit:
                    yield f"dc: the mean of channel {channel} is {mean:+.4f}, it may be {limit:g} off 0"
