"""Plan a run: from paths to jobs, one target for each source.

A plan is found while it is done. Its head is complete before any work: conflicts in it are errors. What lies beyond
comes as it is listed, and a conflict there fails its own source.
"""

import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import NamedTuple

from wav2spec.batch.conflicts import Conflicts
from wav2spec.batch.jobs import Job, Unusable
from wav2spec.batch.name_list import NameList
from wav2spec.batch.naming import Naming, names_file
from wav2spec.batch.request import Part
from wav2spec.batch.sources import directory_name, expand_sources
from wav2spec.errors import SettingError
from wav2spec.settings.choices import Format
from wav2spec.storage.listing import WAV_FILES, Patterns, find_files
from wav2spec.storage.streams import STANDARD_OUTPUT, STREAM
from wav2spec.storage.targets import check_directory
from wav2spec.storage.trees import is_tree

# Jobs that are planned before work begins: listing them takes a fraction of a second.
HEAD = 2**14

Item = Job | Unusable


class Tree(NamedTuple):
    """A directory of recordings, and the one that mirrors it."""

    sources: str
    targets: str


class Plan:
    """The jobs of a run, in the order of its sources; iterated once.

    Attributes
    ----------
    n_jobs : int, optional
        None if there are more than were planned before work.
    trees : tuple of Tree
        Directories that are mirrored.
    """

    def __init__(self, head: list[Item], rest: Iterator[Item], trees: tuple[Tree, ...], part: Part | None) -> None:
        complete = len(head) < HEAD
        if part:
            rest = islice(rest, (part.number - 1 - len(head)) % part.n_parts, None, part.n_parts)
            head = head[part.number - 1 :: part.n_parts]
        self._head = deque(head)
        self._rest = rest
        self.trees = trees
        self.n_jobs = len(head) if complete else None

    @property
    def head(self) -> Iterable[Item]:
        """The jobs that were planned before work."""
        return self._head

    def __iter__(self) -> Iterator[Item]:
        while self._head:
            yield self._head.popleft()
        yield from self._rest


def plan_jobs(
    sources: Iterable[str],
    output: str | None = None,
    format: Format | None = None,
    *,
    listed: NameList | None = None,
    patterns: Patterns = WAV_FILES,
    command: str = "image",
    suffix: str = "",
    force: bool = False,
    segmented: bool = False,
    labelled: bool = False,
    part: Part | None = None,
    written: Mapping[str, str | None] = {},
    read: Mapping[str, str | None] = {},
) -> Plan:
    """Plan what becomes of the sources.

    Parameters
    ----------
    sources : iterable of str
        Files, and directories, of which those files are taken that `patterns` name. Without `output` the last of
        several is the target if it is ``-``, ends in a slash, or has the suffix of an output format.
    output : str, optional
        A file if it has the suffix of an output format and there is one source; otherwise a directory, which is made.
        Without it each picture goes beside its source.
    format : {"png", "npy"}, optional
        Of targets that are not named.
    listed : NameList, optional
        More sources. With an output, their directories are mirrored below the common one.
    patterns : Patterns
    command : str
        That makes the pictures, in its formats.
    suffix : str
        Added to the source's name in targets that are not named.
    force : bool
        Whether a target may replace anything.
    segmented : bool
        Whether targets are those of segments.
    labelled : bool
        Whether their names have labels.
    part : Part, optional
        Of the whole plan, in all of which conflicts are found.
    written, read : mapping of str to str
        Other files of the run, by the setting that names them.

    Returns
    -------
    Plan
        One directory is mirrored by what is in it, several by their names too.

    Raises
    ------
    SettingError
        If a source does not exist, two have one target, a target is itself a source, or it has no known format.

    Examples
    --------
    >>> [job.target for job in plan_jobs(["sample_audio/kick.wav"])]
    ['sample_audio/kick.png']
    """
    names = list(sources)
    output = _take_target(names, patterns, command) if output is None and listed is None else output
    if output == "":
        raise SettingError("output", "the name is empty")
    output = STREAM if output in STANDARD_OUTPUT else output
    several = len(names) > 1 or listed is not None or any(map(is_tree, names))
    names_segments = {"segmented": segmented, "labelled": labelled}
    naming = Naming(output, format, suffix, command=command, force=force, several=several, **names_segments)
    found = expand_sources(names, patterns, listed)
    items = (item if isinstance(item, Unusable) else naming.job(item) for item in found)
    conflicts = Conflicts(written, read, segmented=segmented)
    head = list(islice(items, HEAD))
    first_of: dict[tuple[str, str], str] = {}
    for item in head:
        if isinstance(item, Job):
            conflicts.check(item, first_of)
    conflicts.check_identities(head)
    return Plan(head, _without_conflicts(items, conflicts), _trees(names, listed, output), part)


def _without_conflicts(items: Iterator[Item], conflicts: Conflicts) -> Iterator[Item]:
    for item in items:
        try:
            if isinstance(item, Job):
                conflicts.check(item)
            yield item
        except SettingError as error:
            yield Unusable(item.source, error.message)


def _take_target(names: list[str], patterns: Patterns, command: str) -> str | None:
    """Remove the last of several names, if it is the target, and return it."""
    if len(names) < 2 or not (names[-1].endswith("/") or names_file(names[-1], command)):
        return None
    if names[-1].endswith("/") and all(map(os.path.isdir, names)) and _has_recordings(names[-1], patterns):
        raise SettingError("output", f"{names[-1]} holds recordings: name it as the output, or without the slash")
    return names.pop()


def _has_recordings(directory: str, patterns: Patterns) -> bool:
    return any(isinstance(path, str) for path in find_files(directory, patterns))


def _trees(names: list[str], listed: NameList | None, output: str | None) -> tuple[Tree, ...]:
    """Return the directories that are mirrored."""
    several = len(names) > 1
    roots = [(name, directory_name(name) if several else "") for name in names if os.path.isdir(name)]
    if listed is not None and output is not None and listed.n_names > 1:
        roots.append((listed.common, ""))
    if output is None:
        return tuple(Tree(source, source) for source, _ in roots)
    return tuple(Tree(source, os.path.join(output, below)) for source, below in roots)


def check_directories(items: Iterable[Item]) -> None:
    """Check that the targets' directories can be written into, or made.

    Raises
    ------
    OutputError
        If one cannot.
    """
    targets = (item.target for item in items if isinstance(item, Job) and item.target != STREAM)
    for directory in dict.fromkeys(map(os.path.dirname, targets)):
        check_directory(directory)
