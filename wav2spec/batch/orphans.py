"""Orphans: pictures in the mirrored directories whose recording or segment is gone."""

import os
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from wav2spec.batch.outcomes import Failure, Outcome
from wav2spec.batch.plan import Tree
from wav2spec.errors import SettingError, os_error_message
from wav2spec.formats.label_files import SUFFIXES as LABEL_SUFFIXES
from wav2spec.hash_set import HashSet
from wav2spec.render.metadata import read_metadata
from wav2spec.settings.formats import FORMATS, formats_of
from wav2spec.storage.listing import Patterns, find_files

# A segment's name, and one that was shortened, of which the recording's cannot be told.
_SEGMENT = re.compile("(.+?)-[0-9]{10,}(-.+)?", re.DOTALL)
_SHORTENED = re.compile("~[0-9a-f]{8}(-[0-9]{10,}(-.+)?)?$")
# Pictures, and labels, lie beside recordings under the same name.
_NO_RECORDINGS = (*(row.suffix for row in FORMATS.values()), *(suffix.lower() for suffix in LABEL_SUFFIXES))


class Orphans:
    """Takes the outcomes of a run, and finds the pictures that belong to none of them.

    Parameters
    ----------
    trees : iterable of Tree
    command : str
        Only its pictures are looked at.
    suffix : str
        Of their names.
    segmented : bool
        Whether the run is about segments.
    """

    def __init__(self, trees: Iterable[Tree], command: str, suffix: str = "", *, segmented: bool = False) -> None:
        self._trees = tuple(trees)
        self._command = command
        self._ending = suffix + next(row.suffix for row in formats_of(command).values() if row.has_metadata)
        self._segmented = segmented
        self._targets, self._done, self._failed = HashSet(), HashSet(), HashSet()
        self._real_directory = lru_cache(maxsize=2**12)(os.path.realpath)
        # A source whose pictures are not known.
        self._incomplete = ""

    def after(self, outcomes: Iterable[Outcome], *, remove: bool) -> Iterator[Outcome]:
        """Yield outcomes, and then one for each orphan."""
        for outcome in outcomes:
            self.add(outcome)
            yield outcome
        yield from self.outcomes(remove=remove)

    def check_mirrors(self) -> None:
        """Check that the directories of pictures mirror those of recordings.

        All pictures of other sources, or of these below another directory, would be orphans.

        Raises
        ------
        SettingError
            If there are pictures, and none has a recording.
        """
        foreign: Tree | None = None
        for tree in self._trees:
            for path in self._pictures(tree):
                if self._has_recording(tree, path):
                    return
                if foreign is None and self._is_ours(os.path.join(tree.targets, path)):
                    foreign = tree
        if foreign:
            message = f"no picture in {foreign.targets} has a recording in {foreign.sources}"
            raise SettingError("prune", f"{message}; if they were drawn from there, `force` removes them all")

    def outcomes(self, *, remove: bool) -> Iterator[Outcome]:
        """Yield an outcome for each orphan, which may be removed."""
        # All pictures of a directory that could not be listed, or was empty, would be orphans.
        if self._incomplete:
            if remove:
                failure = Failure(self._incomplete, "nothing was removed, since not all sources are known")
                yield Outcome(self._incomplete, None, "failed", failure=failure)
            return
        for path in list(self.find()):
            yield _removed(path) if remove else Outcome("", path, "orphan")

    def add(self, outcome: Outcome) -> None:
        """Note that a target has its recording."""
        if outcome.status == "skipped" or (outcome.status == "failed" and outcome.target is None):
            self._incomplete = self._incomplete or outcome.source
        if outcome.target is not None:
            self._targets.add(self._place(outcome.target))
        (self._failed if outcome.status in ("failed", "skipped") else self._done).add(self._place(outcome.source))

    def find(self) -> Iterator[str]:
        """Yield the paths of orphans."""
        for tree in self._trees:
            for path in self._pictures(tree):
                if self._is_orphan(tree, path):
                    yield os.path.join(tree.targets, path)

    def _pictures(self, tree: Tree) -> Iterator[str]:
        """Yield the paths, in a tree, of files named as its pictures."""
        found = find_files(tree.targets, Patterns((f"*{self._ending}",))) if os.path.isdir(tree.targets) else ()
        return (path for path in found if isinstance(path, str))

    def _has_recording(self, tree: Tree, path: str) -> bool:
        """Return whether a picture may have one, by its name."""
        directory, name = os.path.split(os.path.join(tree.sources, path))
        stem, recordings = name.removesuffix(self._ending), self._recordings(directory)
        segment = _SEGMENT.fullmatch(stem)
        return recordings is None or stem in recordings or bool(segment and segment[1] in recordings)

    def _is_orphan(self, tree: Tree, path: str) -> bool:
        target = os.path.join(tree.targets, path)
        if self._place(target) in self._targets or _SHORTENED.search(path.removesuffix(self._ending)):
            return False
        directory, name = os.path.split(os.path.join(tree.sources, path))
        stem, recordings = name.removesuffix(self._ending), self._recordings(directory)
        segment = _SEGMENT.fullmatch(stem)
        if recordings is None or stem in recordings:
            return False
        if segment and segment[1] in recordings:
            # Its recording exists. In a run with segments, this is no segment of it any more.
            found = [self._place(os.path.join(directory, name)) for name in recordings[segment[1]]]
            if not self._segmented or any(place in self._failed or place not in self._done for place in found):
                return False
        return self._is_ours(target)

    def _is_ours(self, path: str) -> bool:
        try:
            metadata = read_metadata(path)
        except OSError:
            return False
        return metadata is not None and metadata["command"] == self._command

    @lru_cache(maxsize=64)  # noqa: B019 - lives as long as the run
    def _recordings(self, directory: str) -> dict[str, list[str]] | None:
        """Return the names of a directory's files by stem, pictures and labels left out; None if unknown."""
        try:
            names = os.listdir(directory)
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except OSError:
            return None
        stems: dict[str, list[str]] = {}
        for name in names:
            if not name.lower().endswith(_NO_RECORDINGS):
                stems.setdefault(os.path.splitext(name)[0], []).append(name)
        return stems

    def _place(self, path: str) -> tuple[str, str]:
        directory, name = os.path.split(path)
        return self._real_directory(directory or "."), name


def _removed(path: str) -> Outcome:
    try:
        os.unlink(path)
    except OSError as error:
        return Outcome("", path, "failed", failure=Failure(path, os_error_message(error)))
    return Outcome("", path, "removed")
