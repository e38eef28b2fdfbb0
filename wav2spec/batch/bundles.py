"""Outcomes that stand for many: of a data set, few are worth an object of their own."""

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field

from wav2spec.batch.outcomes import Outcome, Status


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

    def by_status(self) -> Mapping[Status, int]:
        return self.counts


@dataclass(frozen=True)
class Known(Outcome):
    """A run of sources that need no work, as an item of the work and as its result; `wav2spec.batch.since` has both.

    Attributes
    ----------
    positions : array of int
        Where earlier manifests tell about each.
    """

    positions: "array[int]" = field(kw_only=True)
