"""Shards: tar archives of pictures, as WebDataset reads them.

A shard is planned: it holds the same sources whatever fails, so that it can be made anew alone. One worker makes it,
and it is complete or not there. Its members are ``key.png`` and ``key.json`` for each picture, in the plan's order.
A comment in front of them records what they were made of, so that `update` can find out whether they are current.
"""

import hashlib
import io
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import BinaryIO, Literal

from wav2spec.batch.convert import Action, Conversion, Task, check, draw
from wav2spec.batch.facts import NO_FACTS
from wav2spec.batch.jobs import Shard
from wav2spec.batch.manifest import sample_row
from wav2spec.batch.outcomes import Failure, Outcome
from wav2spec.batch.recipe import shard_digest
from wav2spec.errors import ArchiveError, AudioError, OutputError
from wav2spec.render.metadata import ANALYSIS_VERSION, same_settings, without_paths
from wav2spec.storage.sources import open_existing
from wav2spec.storage.tar_reader import read_comment, read_members
from wav2spec.storage.tar_writer import TarWriter
from wav2spec.storage.targets import make_directory, open_target

# A larger row is not one of ours: it is not read because a header says that it is there.
_MAX_ROW_BYTES = 2**20


@dataclass(frozen=True)
class ShardConversion:
    """Makes shards: `conversion` draws the pictures, and its action tells what is done with a shard."""

    conversion: Conversion

    def __call__(
        self,
        shard: Shard,
        on_position: Callable[[float, float], None] | None = None,  # noqa: ARG002 - a shard has many recordings
    ) -> Iterator[Outcome]:
        """Make a shard, and yield the outcomes of its pictures when it is in place."""
        action = self.conversion.action
        try:
            if action is not draw:
                outcomes = list(self._outcomes(shard, _describe))
                state = _state(shard, self._comment(shard, outcomes))
                if state == "current" and (current := _with_digests(shard, outcomes)):
                    return iter(self._in_shard(shard, *current))
                if action is check:
                    whole = Outcome(
                        f"{len(shard.jobs)} sources", shard.target, "stale" if state == "current" else state
                    )
                    return iter([*(outcome for outcome in outcomes if outcome.failure), whole])
            return iter(self._draw(shard))
        except (AudioError, OutputError) as error:
            failure = Failure(error.path, error.message)
            return iter([Outcome(shard.source, shard.target, "failed", failure=failure)])

    def _outcomes(self, shard: Shard, action: Action) -> Iterator[Outcome]:
        return chain.from_iterable(map(replace(self.conversion, action=action), shard.jobs))

    def _draw(self, shard: Shard) -> list[Outcome]:
        outcomes: list[Outcome] = []
        try:
            make_directory(os.path.dirname(shard.target))
            versions: list[str] = []
            with open_target(shard.target, on_commit=versions.append) as file:
                writer = _ShardWriter(shard, file, self._comment(shard, []))
                for outcome in self._outcomes(shard, partial(draw, open_file=writer.open)):
                    writer.add(outcome)
                    outcomes.append(outcome)
                writer.finish(self._comment(shard, outcomes))
        except OutputError as error:
            failure = Outcome(shard.source, shard.target, "failed", failure=Failure(error.path, error.message))
            return [failure, *(replace(one, status="skipped") if one.status == "written" else one for one in outcomes)]
        return self._in_shard(shard, outcomes, "".join(versions))

    def _in_shard(self, shard: Shard, outcomes: list[Outcome], version: str) -> list[Outcome]:
        """Return outcomes with what `--since` asks of a shard: its version, and the digest of what it was made of."""
        recipe = self.conversion.recipe_sha256
        digest = shard_digest(recipe, shard) if recipe else None
        return [
            one
            if one.facts is NO_FACTS
            else replace(one, facts=one.facts._replace(target_id=version or None, recipe_sha256=digest))
            for one in outcomes
        ]

    def _comment(self, shard: Shard, outcomes: list[Outcome]) -> str:
        """Return what a shard was made of: one line of JSON, whose length does not depend on the outcomes."""
        digest = hashlib.sha256()
        for outcome in outcomes:
            if outcome.status in ("written", "current"):
                digest.update(
                    f"{_name(shard, outcome)} {outcome.facts.samples_sha256}\n".encode("utf-8", "surrogateescape")
                )
        made_of = {
            "analysis_version": ANALYSIS_VERSION,
            "command": "image",
            "settings": without_paths(self.conversion.settings.effective()),
            "samples_sha256": digest.hexdigest(),
        }
        return json.dumps(made_of, separators=(",", ":"))


def _describe(task: Task) -> Outcome:
    """Return what would be drawn, from its facts alone."""
    return task.outcome("current")


class _ShardWriter:
    """Takes the pictures of a shard one after the other, and what is known of each when it is known."""

    def __init__(self, shard: Shard, file: BinaryIO, comment: str) -> None:
        self._shard = shard
        self._archive = TarWriter(file, comment)
        self._picture = io.BytesIO()

    @contextmanager
    def open(self, task: Task, on_commit: Callable[[str], object]) -> Iterator[BinaryIO]:  # noqa: ARG002 - any picture
        self._picture = io.BytesIO()
        yield self._picture

    def add(self, outcome: Outcome) -> None:
        """Add the picture that was written last, if it was, and its facts."""
        if outcome.status == "written":
            name = _name(self._shard, outcome)
            self._archive.add(name, self._picture.getbuffer())
            self._archive.add(os.path.splitext(name)[0] + ".json", sample_row(outcome))

    def finish(self, comment: str) -> None:
        self._archive.finish(comment)


def _name(shard: Shard, outcome: Outcome) -> str:
    """Return the path of a picture in its shard."""
    return (outcome.target or "").removeprefix(shard.target + "/")


def _state(shard: Shard, comment: str) -> Literal["current", "missing", "stale"]:
    try:
        with open_existing(shard.target) as file:
            found = read_comment(file)
    except FileNotFoundError:
        return "missing"
    return "current" if _same(found, comment) else "stale"


def _same(found: str | None, expected: str) -> bool:
    """Return whether two comments stand for the same pictures; settings that `found` does not mention are defaults."""
    if found == expected:
        return True
    try:
        old, new = json.loads(found or ""), json.loads(expected)
        return same_settings(old, new) and {**old, "settings": 0} == {**new, "settings": 0}
    except (ValueError, TypeError, KeyError, AttributeError):
        return False


def _with_digests(shard: Shard, outcomes: list[Outcome]) -> tuple[list[Outcome], str] | None:
    """Return outcomes with the digests of the pictures in the shard, and its version; None if it is damaged."""
    digests: dict[str, str | None] = {}
    try:
        with open_existing(shard.target) as file:
            for member in read_members(file):
                if member.name.endswith(".json"):
                    if member.size > _MAX_ROW_BYTES:
                        return None
                    file.seek(member.offset)
                    digests[member.name] = json.loads(file.read(member.size)).get("pixels_sha256")
    except (ArchiveError, ValueError, AttributeError):
        return None
    found = (digests.get(os.path.splitext(_name(shard, outcome))[0] + ".json") for outcome in outcomes)
    current = [
        replace(one, facts=one.facts._replace(pixels_sha256=digest))
        for one, digest in zip(outcomes, found, strict=True)
    ]
    return current, file.version
