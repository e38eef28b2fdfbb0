"""Decide from listings and the manifests of earlier runs (``--since``) which targets are current, and open none.

A target is current if source and target are listed with the versions in a row of a manifest, and the row has the recipe
of this run. Known sources pass through the work in runs of positions in the manifests, so that outcomes keep the order
of the plan, and memory grows by 16 bytes for each row.
"""

import os
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any, Self

from wav2spec.batch.facts import NO_FACTS, Facts
from wav2spec.batch.jobs import Job, Shard, segment_target
from wav2spec.batch.manifest import ROW_FIELDS, ManifestReader, Row, find_manifests
from wav2spec.batch.naming import is_shard_pattern
from wav2spec.batch.outcomes import Known, Outcome, Status, Tally
from wav2spec.batch.recipe import shard_digest
from wav2spec.batch.request import Request
from wav2spec.batch.tallies import Tallying
from wav2spec.batch.work import WorkItem
from wav2spec.storage.trees import Versions

# Known sources in one item of the work.
_MAX_RUN = 1000

# Statuses of rows that need no work, and their statuses in this run.
_KNOWN: dict[str, Status] = {"written": "current", "current": "current", "excluded": "excluded"}

_FACTS = frozenset(Facts._fields)


def pass_known(function: Callable[..., Iterable[Outcome]], item: Any, **options: Any) -> Iterable[Outcome]:
    """Return the outcomes of an item from a function; a run of known sources is returned as it is."""
    return (item,) if isinstance(item, Known) else function(item, **options)


class Since:
    """The rows of earlier manifests that are still true.

    Parameters
    ----------
    manifests : sequence of str
        Paths. Of two rows about one source, the later is used.
    recipe_sha256 : str
        Digest of what decides about the pictures of this run.
    targets : Versions
        Of what is there.
    segmented : bool
        Whether each source has a target for each of its segments.
    with_facts : bool
        Whether outcomes have the facts of the rows.

    Raises
    ------
    InputError
        If one cannot be read, or is no manifest.
    """

    def __init__(
        self,
        manifests: Sequence[str],
        recipe_sha256: str,
        targets: Versions,
        *,
        segmented: bool = False,
        with_facts: bool = True,
    ) -> None:
        self._recipe_sha256 = recipe_sha256
        self._with_facts = with_facts
        self._manifests = [ManifestReader(path) for path in manifests]
        keys, positions = array("q"), array("q")
        for number, manifest in enumerate(self._manifests):
            for offset, rows in manifest.sources():
                if (key := _key_of_rows(rows, targets, segmented=segmented)) is not None:
                    keys.append(key)
                    position = offset * len(self._manifests) + number
                    # The sign tells whether more rows than one are to be read.
                    positions.append(position if len(rows) == 1 else ~position)
        self._keys, self._positions = _sorted(keys, positions)

    @classmethod
    def of_request(cls, request: Request, recipe_sha256: str, *, segmented: bool) -> Self:
        """Read the manifests of a request, and list the stores of its targets."""
        if request.output is None:
            trees: tuple[str, ...] = request.sources
        else:
            trees = (os.path.dirname(request.output) + "/" if is_shard_pattern(request.output) else request.output,)
        return cls(
            find_manifests(request.since),
            recipe_sha256,
            Versions(trees),
            segmented=segmented,
            with_facts=bool(request.manifest),
        )

    def separate(self, items: Iterable[WorkItem]) -> Iterator[WorkItem]:
        """Yield the items in order, known ones in runs."""
        run = array("q")
        for item in items:
            positions = self._known(item)
            if positions:
                run.extend(positions)
            if run and (not positions or len(run) >= _MAX_RUN):
                yield Known("", None, "current", positions=run)
                run = array("q")
            if not positions:
                yield item
        if run:
            yield Known("", None, "current", positions=run)

    def _known(self, item: WorkItem) -> list[int]:
        """Return the positions of the sources of an item; none unless all of them are known."""
        if isinstance(item, Job):
            position = self._position(item, self._recipe_sha256)
            return [] if position is None else [position]
        if not isinstance(item, Shard):
            return []
        recipe = shard_digest(self._recipe_sha256, item)
        found = [self._position(job, recipe) if isinstance(job, Job) else None for job in item.jobs]
        return [] if None in found else [position for position in found if position is not None]

    def _position(self, job: Job, recipe_sha256: str) -> int | None:
        if not job.version:
            return None
        key = hash((job.source, job.version, job.target, recipe_sha256))
        number = bisect_right(self._keys, key) - 1
        return self._positions[number] if number >= 0 and self._keys[number] == key else None

    def outcomes(
        self,
        results: Iterable[Outcome],
        tallying: Tallying | None = None,
        on_run: Callable[[int], object] = lambda _: None,
    ) -> Iterator[Outcome]:
        """Yield results, and for each run of known sources its outcomes.

        Parameters
        ----------
        results : iterable of Outcome
        tallying : Tallying, optional
            Packs the outcomes of a run.
        on_run : callable
            Called with the number of sources of each run.
        """
        for result in results:
            if not isinstance(result, Known):
                yield result
                continue
            found: list[Outcome] = []
            for position in result.positions:
                offset, number = divmod(position if position >= 0 else ~position, len(self._manifests))
                for row, line in self._manifests[number].rows_at(offset, several=position < 0):
                    tally = _tally(row, line, tallying) if tallying else None
                    found.append(tally or _outcome(row, with_facts=self._with_facts))
            yield from tallying(found) if tallying else found
            on_run(len(result.positions))


def _key_of_rows(rows: list[Row], targets: Versions, *, segmented: bool) -> int | None:
    """Return the hash of what a job must have to be known; None if what the rows tell is not so any more."""
    keys = set()
    for row in rows:
        source_id, target, recipe = row.get("source_id"), row["target"], row.get("recipe_sha256")
        if not source_id or not recipe or not target or row["status"] not in _KNOWN:
            return None
        if _KNOWN[row["status"]] == "current" and not targets.has(target, row.get("target_id") or ""):
            return None
        keys.add(hash((row["source"], source_id, _job_target(row) if segmented else target, recipe)))
    return keys.pop() if len(keys) == 1 else None


def _job_target(row: Row) -> str:
    """Return the target of the job of a segment."""
    target: str = row["target"]
    stem, suffix = os.path.splitext(target)
    whole = stem[: -len("-0123456789")] + suffix
    with suppress(TypeError, ValueError):
        if segment_target(whole, int(row["start_sample"])) == target:
            return whole
    return target


def _outcome(row: Row, *, with_facts: bool) -> Outcome:
    facts = Facts(**{name: row.get(name) for name in _FACTS}) if with_facts else NO_FACTS
    return Outcome(row["source"], row["target"], _KNOWN[row["status"]], warnings=tuple(row["warnings"]), facts=facts)


def _tally(row: Row, line: bytes, tallying: Tallying) -> Tally | None:
    """Return the tally of a row that this run would tell with the same words but the status; None if not so."""
    if row["warnings"] or _KNOWN[row["status"]] != "current":
        return None
    if not tallying.has_manifest:
        return Tally("", None, "current", counts={"current": 1})
    is_alike = tuple(row) == ROW_FIELDS and line.startswith(b'{"source": ') and line.endswith(b"}\n")
    if not is_alike or row["directory"] != tallying.directory or not tallying.with_times:
        return None
    again = line.replace(b'"status": "written"', b'"status": "current"', 1) if row["status"] == "written" else line
    return Tally("", None, "current", counts={"current": 1}, rows=again)


def _sorted(keys: "array[int]", positions: "array[int]") -> tuple["array[int]", "array[int]"]:
    """Return keys in order, and their positions; of equal keys the last comes last."""
    # Imported here so that only this pays for it.
    import numpy as np

    order = np.argsort(np.frombuffer(keys, np.int64), kind="stable")
    sorted_keys, sorted_positions = array("q"), array("q")
    sorted_keys.frombytes(np.frombuffer(keys, np.int64)[order].tobytes())
    sorted_positions.frombytes(np.frombuffer(positions, np.int64)[order].tobytes())
    return sorted_keys, sorted_positions
