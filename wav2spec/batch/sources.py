"""Sources: the recordings that paths, directories and lists stand for."""

import os
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from wav2spec.batch.jobs import Unusable
from wav2spec.batch.name_list import NameList
from wav2spec.errors import SettingError
from wav2spec.storage.listing import Listed, Patterns, Unreadable
from wav2spec.storage.names import without_suffix
from wav2spec.storage.streams import STREAM
from wav2spec.storage.trees import exists, find_in_tree, list_file


class MissingSourceError(SettingError):
    """A source that does not exist; `number` counts it from 0."""

    def __init__(self, path: str, number: int) -> None:
        super().__init__("sources", f"{path}: no such file or folder")
        self.path = path
        self.number = number

    def __reduce__(self) -> tuple[type, tuple[str, int]]:
        return type(self), (self.path, self.number)


class Found(NamedTuple):
    """A recording, its place in a mirror of the tree in which it was found, and its size and version, if known."""

    source: str
    relative: str
    n_bytes: int = 0
    version: str = ""


def expand_sources(
    sources: Iterable[str], patterns: Patterns, listed: NameList | None = None
) -> Iterator[Found | Unusable]:
    """Yield the sources, and for each directory the files in it.

    Raises
    ------
    MissingSourceError
        At once, if one of `sources` does not exist. One in a list fails when it is opened.
    """
    names = list(sources)
    for number, name in enumerate(names):
        if name != STREAM and not exists(name):
            raise MissingSourceError(name, number)
    return _expanded(names, patterns, listed)


def _expanded(names: list[str], patterns: Patterns, listed: NameList | None) -> Iterator[Found | Unusable]:
    for name in names:
        yield from _found(name, "", directory_name(name) if len(names) > 1 else "", patterns)
    if listed is None:
        return
    for name in listed:
        below = listed.relative_directory(name)
        inner = os.path.join(below, directory_name(name)) if listed.n_names > 1 else below
        yield from _found(name, below, inner, patterns)


def _found(name: str, file_in: str, directory_in: str, patterns: Patterns) -> Iterator[Found | Unusable]:
    """Yield a file, below `file_in` in the mirror, or those in a tree, below `directory_in`."""
    file = Listed(name, 0) if name == STREAM else list_file(name)
    if file is not None:
        yield Found(name, os.path.join(file_in, os.path.basename(name)), file.n_bytes, file.version)
        return
    empty = True
    for found in find_in_tree(name, patterns):
        empty = False
        if isinstance(found, Unreadable):
            yield Unusable(found.path, found.message)
        else:
            source, relative = os.path.join(name, found.path), os.path.join(directory_in, found.path)
            yield Found(source, relative, found.n_bytes, found.version)
    if empty:
        yield Unusable(name, f"no files in it are named {' or '.join(patterns.include)}")


def directory_name(path: str) -> str:
    """Return the last part of a directory's path, or the name of an archive without its suffix."""
    return without_suffix(os.path.basename(os.path.abspath(path)))
