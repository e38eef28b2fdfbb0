"""Tallies: outcomes that are counted, and written as rows of the manifest, by the worker that has them.

A parent that takes every outcome from its workers, and encodes its row, keeps up with some 20 of them. A tally costs it
no more than a single outcome.
"""

from dataclasses import dataclass
from typing import Self

from wav2spec.batch.bundles import Known, Tally
from wav2spec.batch.manifest import directory_from, manifest_row
from wav2spec.batch.outcomes import Outcome, Status


@dataclass(frozen=True)
class Tallying:
    """Replaces outcomes of which there is nothing to print by tallies, and keeps their order.

    Attributes
    ----------
    has_manifest : bool
        Whether tallies hold rows.
    directory : str, optional
        That of the rows, as the manifest has it.
    with_times : bool
        As in `ManifestWriter`.
    """

    has_manifest: bool = False
    directory: str | None = None
    with_times: bool = False

    @classmethod
    def for_manifest(cls, path: str | None, *, with_times: bool = False) -> Self:
        return cls(path is not None, None if path is None else directory_from(path), with_times)

    def row(self, outcome: Outcome) -> bytes:
        """Return the row of an outcome, if there is a manifest."""
        return manifest_row(outcome, self.directory, with_times=self.with_times) if self.has_manifest else b""

    def __call__(self, outcomes: list[Outcome]) -> list[Outcome]:
        """Return the other outcomes, and a tally in place of those between them."""
        packed: list[Outcome] = []
        counts: dict[Status, int] = {}
        rows: list[bytes] = []

        def end_tally() -> None:
            if counts:
                packed.append(Tally("", None, "written", counts=counts.copy(), rows=b"".join(rows)))
                counts.clear()
                rows.clear()

        for outcome in outcomes:
            if isinstance(outcome, Tally):
                found, row = outcome.counts, outcome.rows
            elif _has_nothing_to_print(outcome):
                found, row = {outcome.status: 1}, self.row(outcome)
            else:
                end_tally()
                packed.append(outcome)
                continue
            for status, n in found.items():
                counts[status] = counts.get(status, 0) + n
            rows.append(row)
        end_tally()
        return packed


def _has_nothing_to_print(outcome: Outcome) -> bool:
    return outcome.status in ("written", "current") and not outcome.warnings and not isinstance(outcome, Known)
