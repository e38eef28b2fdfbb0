"""Quality checks that reject a recording or warn about it, one row each in `CHECKS`."""

from collections.abc import Callable, Iterable, Iterator
from math import inf, log10
from typing import TYPE_CHECKING, NamedTuple

from wav2spec.settings.quantities import parse_named

if TYPE_CHECKING:
    from wav2spec.audio.recording import Recording
    from wav2spec.audio.statistics import SampleStatistics

Fails = Callable[["SampleStatistics", "Recording", float], Iterator[str]]


class Check(NamedTuple):
    """A condition on the samples of a recording.

    Attributes
    ----------
    fails : callable
        Yields why the samples that were measured do not pass, given the threshold.
    default : float, optional
        The threshold unless one is given; None if the check has none.
    minimum, maximum : float
        The limits of the threshold.
    """

    fails: Fails
    default: float | None = None
    minimum: float = -inf
    maximum: float = inf


class QualityCheck(NamedTuple):
    """A name of `CHECKS`, and its threshold."""

    name: str
    threshold: float


def _silent(statistics: "SampleStatistics", _recording: "Recording", limit: float) -> Iterator[str]:
    rms = 20 * log10(statistics.rms) if statistics.rms else -inf
    if rms <= limit:
        level = f"{rms:.1f} dBFS" if statistics.rms else "nothing"
        yield f"silent: its RMS is {level}, it must be above {limit:g} dBFS"


def _clipped(statistics: "SampleStatistics", _recording: "Recording", limit: float) -> Iterator[str]:
    share = statistics.n_clipped / max(1, statistics.n_values)
    if share > limit:
        yield f"clipped: {share:.4%} of its values are at full scale, {limit:.4%} may be"


def _short(statistics: "SampleStatistics", recording: "Recording", limit: float) -> Iterator[str]:
    duration = statistics.n_samples / recording.sample_rate
    if duration < limit:
        yield f"short: it lasts {duration:.3f} s, it must last {limit:g} s"


def _truncated(_statistics: "SampleStatistics", recording: "Recording", _limit: float) -> Iterator[str]:
    yield from (message for message in recording.warnings if message.startswith("truncated"))


def _dc(statistics: "SampleStatistics", _recording: "Recording", limit: float) -> Iterator[str]:
    channel, mean = max(enumerate(statistics.means, 1), key=lambda pair: abs(pair[1]))
    if abs(mean) > limit:
        yield f"dc: the mean of channel {channel} is {mean:+.4f}, it may be {limit:g} off 0"


CHECKS: dict[str, Check] = {
    "silent": Check(_silent, -60.0),  # RMS of all channels in dBFS, at most
    "clipped": Check(_clipped, 0.001, 0.0, 1.0),  # share of values at full scale, more than
    "short": Check(_short, 1.0, 0.0),  # s, less than
    "truncated": Check(_truncated),
    "dc": Check(_dc, 0.01, 0.0, 1.0),  # mean of a channel, linear, either way more than
}


def parse_checks(texts: Iterable[str]) -> tuple[QualityCheck, ...]:
    """Parse checks as they are written on the command line: ``silent,clipped:0.01``.

    Raises
    ------
    ValueError
        If there is no such check, or its threshold is beyond its limits.

    Examples
    --------
    >>> parse_checks(["truncated,short:0.5"])
    (QualityCheck(name='truncated', threshold=0.0), QualityCheck(name='short', threshold=0.5))
    """
    defaults = {name: check.default for name, check in CHECKS.items()}
    named = (parse_named(part.strip(), defaults) for text in texts for part in text.split(","))
    checks = tuple(QualityCheck(name, threshold or 0.0) for name, threshold in named)
    for check in checks:
        minimum, maximum = CHECKS[check.name].minimum, CHECKS[check.name].maximum
        if not minimum <= check.threshold <= maximum:
            message = f"the threshold of {check.name} must be from {minimum:g} to {maximum:g}"
            raise ValueError(f"{message}, not {check.threshold:g}")
    return checks


def failed_checks(
    checks: Iterable[QualityCheck], statistics: "SampleStatistics", recording: "Recording"
) -> Iterator[str]:
    """Yield why a recording, or the segment of it that was measured, does not pass."""
    for check in checks:
        yield from CHECKS[check.name].fails(statistics, recording, check.threshold)
