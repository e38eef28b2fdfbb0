"""What is wrong or unusual in a run, found from the rows of its manifests."""

import json
import statistics
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

Row = dict[str, Any]

# The fields of a manifest that a report shows, by type. A field that is missing or null is not known.
_TEXTS = ("source", "status", "target", "error", "label", "directory", "samples_sha256", "sample_format")
_COUNTS = ("sample_rate", "n_channels", "n_samples", "start_sample", "segment_samples")
_NUMBERS = ("duration_s", "start_s", "peak_dbfs", "rms_dbfs", "clipped_share", "silent_share", "dc")

# No recording has so many samples, and no field a greater value.
_MAX_NUMBER = 2**53


def parse_row(line: bytes) -> Row | None:
    """Return a line of a manifest; None if it is not one. Manifests of earlier versions have fewer fields.

    >>> parse_row(b'{"source": "a.wav", "status": "written"}')
    {'source': 'a.wav', 'status': 'written'}
    """
    try:
        # JSON has no NaN, which Python reads all the same.
        row = json.loads(line, parse_constant=lambda _: "")
    except (ValueError, RecursionError):
        return None
    if not isinstance(row, dict) or row.get("source") is None or row.get("status") is None:
        return None
    warnings = row.get("warnings") or []
    shaped = (
        all(_is_text(row.get(name)) for name in _TEXTS)
        and all(_is_count(row.get(name)) for name in _COUNTS)
        and all(_is_number(row.get(name)) for name in _NUMBERS)
        and isinstance(warnings, list)
        and all(map(_is_text, warnings))
    )
    return row if shaped else None


def _is_text(value: object) -> bool:
    """Return whether a value is missing, or a text that could be a path; bytes that are no UTF-8 are surrogates."""
    try:
        return value is None or (isinstance(value, str) and b"\0" not in value.encode("utf-8", "surrogateescape"))
    except UnicodeEncodeError:
        return False


def _is_count(value: object) -> bool:
    return value is None or (isinstance(value, int) and 0 <= value < _MAX_NUMBER)


def _is_number(value: object) -> bool:
    return value is None or (isinstance(value, int | float) and abs(value) < _MAX_NUMBER)


@dataclass(frozen=True)
class Usual:
    """The values of most rows, and which samples occur more than once.

    Attributes
    ----------
    sample_rate, n_channels, sample_format : optional
        The most frequent values; None where no row has one.
    duration_s : float
        The median of what is drawn.
    digests : Counter of str
        How many rows have the samples of a digest.
    shared : set of str
        Digests that occur in more than one manifest.
    """

    sample_rate: int | None
    n_channels: int | None
    sample_format: str | None
    duration_s: float
    digests: Counter[str]
    shared: set[str]


@dataclass(frozen=True)
class Flag:
    """Something that is wrong or unusual about a row.

    Attributes
    ----------
    name, help : str
        `help` states the limit.
    weight : int
        Severity; rows are sorted by the sum.
    applies : callable
    """

    name: str
    help: str
    weight: int
    applies: Callable[[Row, Usual], bool]


_FAILED = {"failed", "refused", "skipped"}


def _differs(field: str) -> Callable[[Row, Usual], bool]:
    return lambda row, usual: row.get(field) is not None and row[field] != getattr(usual, field)


def _is_silent(row: Row, _usual: Usual) -> bool:
    # The manifest has null for digital silence, and where the samples were not measured.
    measured = row.get("clipped_share") is not None
    return measured and (row.get("rms_dbfs") is None or row["rms_dbfs"] <= -60)


FLAGS = (
    Flag("failed", "failed, refused or not tried", 1000, lambda row, _: row["status"] in _FAILED),
    Flag("leak", "the same samples as a row of another manifest", 60, lambda row, usual: _digest(row) in usual.shared),
    Flag("silent", "RMS of -60 dBFS or less", 50, _is_silent),
    Flag("truncated", "fewer samples than the header declares", 45, lambda row, _: _is_truncated(row)),
    Flag(
        "clipped", "over 0.1 % of the values at full scale", 40, lambda row, _: _at_least(row, "clipped_share", 0.001)
    ),
    Flag("gaps", "half of it or more is digital silence", 30, lambda row, _: _at_least(row, "silent_share", 0.5)),
    Flag("dropped", "shorter than a segment", 25, lambda row, _: row["status"] == "dropped"),
    Flag("short", "under a tenth of the median duration", 20, lambda row, usual: _is_short(row, usual)),
    Flag("rate", "another sample rate than most", 15, _differs("sample_rate")),
    Flag("channels", "another number of channels than most", 15, _differs("n_channels")),
    Flag("dc", "a mean beyond 0.01 of full scale", 12, lambda row, _: abs(row.get("dc") or 0.0) > 0.01),
    Flag("same", "the same samples as another row", 10, lambda row, usual: usual.digests[_digest(row)] > 1),
    Flag("warned", "has a warning", 8, lambda row, _: bool(row.get("warnings"))),
    Flag("format", "another sample format than most", 5, _differs("sample_format")),
)


def _at_least(row: Row, field: str, limit: float) -> bool:
    return (row.get(field) or 0.0) >= limit


def _is_truncated(row: Row) -> bool:
    return bool(row.get("truncated"))


def _is_short(row: Row, usual: Usual) -> bool:
    duration_s = drawn_duration(row)
    return duration_s is not None and duration_s < usual.duration_s / 10


def _digest(row: Row) -> str:
    return row.get("samples_sha256") or ""


def drawn_duration(row: Row) -> float | None:
    """Return the duration of what is drawn in s: of the segment where the manifest has it, else of the recording."""
    n_samples, sample_rate = row.get("segment_samples"), row.get("sample_rate")
    return n_samples / sample_rate if n_samples and sample_rate else row.get("duration_s")


@dataclass(frozen=True)
class Review:
    """The rows of one or more manifests, with their flags.

    Attributes
    ----------
    names : tuple of str
        Of the manifests.
    rows : list of dict
        In the order of the manifests.
    sets : list of int
        The manifest of each row.
    flags : list of int
        Of each row, a bit for each of `FLAGS` that applies.
    """

    names: tuple[str, ...]
    rows: list[Row]
    sets: list[int]
    flags: list[int]

    @classmethod
    def of(cls, manifests: Sequence[tuple[str, list[Row]]]) -> "Review":
        """Judge the rows of manifests, given as (name, rows)."""
        rows = [row for _, group in manifests for row in group]
        sets = [number for number, (_, group) in enumerate(manifests) for _ in group]
        usual = _usual(rows, sets)
        flags = [sum(flag.applies(row, usual) << bit for bit, flag in enumerate(FLAGS)) for row in rows]
        return cls(tuple(name for name, _ in manifests), rows, sets, flags)

    def counts(self) -> dict[str, int]:
        """Return how many rows have each flag."""
        return {flag.name: sum(bits >> bit & 1 for bits in self.flags) for bit, flag in enumerate(FLAGS)}

    def statuses(self) -> dict[str, int]:
        """Return how many rows have each status, the most frequent first."""
        return dict(Counter(row["status"] for row in self.rows).most_common())

    def severity(self, index: int) -> int:
        """Return the sum of the weights of a row's flags."""
        return sum(flag.weight for bit, flag in enumerate(FLAGS) if self.flags[index] >> bit & 1)

    def flag_names(self, index: int) -> list[str]:
        """Return the names of a row's flags, the most severe first."""
        return [flag.name for bit, flag in enumerate(FLAGS) if self.flags[index] >> bit & 1]

    def hours(self) -> float:
        """Return the duration of all that is drawn."""
        return sum(drawn_duration(row) or 0.0 for row in self.rows) / 3600


def _usual(rows: list[Row], sets: list[int]) -> Usual:
    durations = [duration_s for row in rows if (duration_s := drawn_duration(row)) is not None]
    manifests_of: dict[str, set[int]] = {}
    for row, number in zip(rows, sets, strict=True):
        if digest := _digest(row):
            manifests_of.setdefault(digest, set()).add(number)
    return Usual(
        _most_frequent(rows, "sample_rate"),
        _most_frequent(rows, "n_channels"),
        _most_frequent(rows, "sample_format"),
        statistics.median(durations) if durations else 0.0,
        Counter(digest for row in rows if (digest := _digest(row))),
        {digest for digest, numbers in manifests_of.items() if len(numbers) > 1},
    )


def _most_frequent(rows: list[Row], field: str) -> Any:
    found = Counter(row[field] for row in rows if row.get(field) is not None).most_common(1)
    return found[0][0] if found else None
