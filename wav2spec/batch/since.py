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
from itertools import groupby
from typing import Any, Self

from wav2spec.batch.bundles import Known, Tally
from wav2spec.batch.facts import NO_FACTS, Facts
from wav2spec.batch.jobs import Job, Shard, segment_target
from wav2spec.batch.manifest import ROW_FIELDS, ManifestReader, Row, find_manifests
from wav2spec.batch.naming import is_shard_pattern
from wav2spec.batch.outcomes import Outcome, Status
from wav2spec.batch.recipe import shard_digest
from wav2spec.batch.request import Request
from wav2spec.batch.tallies import Tallying
from wav2spec.batch.work import WorkItem
from wav2spec.storage.trees import Versions

# Known sources in one item of the work.
_MAX_RUN = 1000

# How the outcomes of a known source are found: from its row, from its row and those behind it, or by counting it, if
# this run would write the same row but for the status.
_ONE_ROW, _SEVERAL_ROWS, _COUNTED = range(3)
_N_WAYS = 3

# Statuses of rows that need no work, and their statuses in this run.
_KNOWN: dict[str, Status] = {"written": "current", "current": "current", "excluded": "excluded"}

# In a row; in the text of a name, the quotes would have backslashes.
_WRITTEN, _CURRENT = b'"status": "written"', b'"status": "current"'

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
    tallying : Tallying, optional
        Packs the outcomes of known sources.
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
        tallying: Tallying | None = None,
        with_facts: bool = True,
    ) -> None:
        self._recipe_sha256 = recipe_sha256
        self._tallying = tallying
        self._with_facts = with_facts
        self._manifests = [ManifestReader(path) for path in manifests]
        keys, positions = array("q"), array("q")
        for number, manifest in enumerate(self._manifests):
            for offset, rows, line in manifest.sources():
                if (key := _key_of_rows(rows, targets, segmented=segmented)) is not None:
                    keys.append(key)
                    way = _ONE_ROW if len(rows) == 1 else _SEVERAL_ROWS
                    if tallying and way == _ONE_ROW and _is_told_alike(rows[0], line, tallying):
                        way = _COUNTED
                    positions.append((offset * len(self._manifests) + number) * _N_WAYS + way)
        self._keys, self._positions = _sorted(keys, positions)

    @classmethod
    def of_request(cls, request: Request, recipe_sha256: str, tallying: Tallying | None, *, segmented: bool) -> Self:
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
            tallying=tallying,
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
        self, results: Iterable[Outcome], on_run: Callable[[int], object] = lambda _: None
    ) -> Iterator[Outcome]:
        """Yield results, and for each run of known sources its outcomes; call `on_run` with their number."""
        for result in results:
            if isinstance(result, Known):
                yield from self._outcomes(result.positions)
                on_run(len(result.positions))
            else:
                yield result

    def _outcomes(self, positions: "array[int]") -> list[Outcome]:
        found: list[Outcome] = []
        for way, some in groupby(positions, lambda position: position % _N_WAYS):
            places = [divmod(position // _N_WAYS, len(self._manifests)) for position in some]
            if way == _COUNTED:
                found.append(self._tally(places))
                continue
            for offset, number in places:
                rows = self._manifests[number].rows_at(offset, several=way == _SEVERAL_ROWS)
                found += (_outcome(row, with_facts=self._with_facts) for row in rows)
        return self._tallying(found) if self._tallying else found

    def _tally(self, places: list[tuple[int, int]]) -> Tally:
        """Return the tally of sources whose lines go into the manifest as they are, but for the status."""
        lines: Iterable[bytes] = ()
        if self._tallying and self._tallying.has_manifest:
            lines = (self._manifests[number].line_at(offset) for offset, number in places)
        rows = b"".join(line.replace(_WRITTEN, _CURRENT, 1) for line in lines)
        return Tally("", None, "current", counts={"current": len(places)}, rows=rows)


def _key_of_rows(rows: list[Row], targets: Versions, *, segmented: bool) -> int | None:
    """Return the hash of what a job must have to be known; None if what the rows tell is not so any more."""
    keys = {_key_of_row(row, targets, segmented=segmented) for row in rows}
    return keys.pop() if len(keys) == 1 else None


def _key_of_row(row: Row, targets: Versions, *, segmented: bool) -> int | None:
    source_id, target, status, recipe = row.get("source_id"), row["target"], row["status"], row.get("recipe_sha256")
    if not (source_id and recipe and target and status in _KNOWN):
        return None
    if _KNOWN[status] == "current" and not targets.has(target, row.get("target_id") or ""):
        return None
    return hash((row["source"], source_id, _job_target(row) if segmented else target, recipe))


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


def _is_told_alike(row: Row, line: bytes, tallying: Tallying) -> bool:
    """Return whether this run would tell of a row in the same words, but for the status, and print nothing about it.

    `line` is empty if its paths lead from another directory.
    """
    if row["warnings"] or _KNOWN[row["status"]] != "current":
        return False
    if not tallying.has_manifest:
        return True
    is_ours = tuple(row) == ROW_FIELDS and line.startswith(b'{"source": ') and line.endswith(b"}\n")
    return is_ours and row["directory"] == tallying.directory and tallying.with_times


def _sorted(keys: "array[int]", positions: "array[int]") -> tuple["array[int]", "array[int]"]:
    """Return keys in order, and their positions; of equal keys the last comes last."""
    # Imported here so that only this pays for it.
    import numpy as np

    order = np.argsort(np.frombuffer(keys, np.int64), kind="stable")
    sorted_keys, sorted_positions = array("q"), array("q")
    sorted_keys.frombytes(np.frombuffer(keys, np.int64)[order].tobytes())
    sorted_positions.frombytes(np.frombuffer(positions, np.int64)[order].tobytes())
    return sorted_keys, sorted_positions
