"""Sources: the recordings that paths, directories and lists stand for."""

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from wav2spec.batch.jobs import Unusable
from wav2spec.batch.name_list import NameList
from wav2spec.errors import SettingError
from wav2spec.storage.listing import Patterns, Unreadable, find_files
from wav2spec.storage.streams import STREAM


class MissingSourceError(SettingError):
    """A source that does not exist; `number` counts it from 0."""

    def __init__(self, path: str, number: int) -> None:
        super().__init__("sources", f"{path}: no such file or folder")
        self.path = path
        self.number = number

    def __reduce__(self) -> tuple[type, tuple[str, int]]:
        return type(self), (self.path, self.number)


@dataclass(frozen=True, slots=True)
class Found:
    """A recording, its place in a mirror of the tree in which it was found, and its size, 0 if unknown."""

    source: str
    relative: str
    n_bytes: int = 0


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
        if name != STREAM and _is_missing(name):
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


def _is_missing(name: str) -> bool:
    try:
        os.lstat(name)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except (OSError, ValueError):
        # It may be there: whoever opens it says why it cannot be read.
        return False
    return False


def _found(name: str, file_in: str, directory_in: str, patterns: Patterns) -> Iterator[Found | Unusable]:
    """Yield a file, below `file_in` in the mirror, or those in a directory, below `directory_in`."""
    try:
        status = None if name == STREAM else os.stat(name)
    except (OSError, ValueError):
        status = None
    if status is None or not stat.S_ISDIR(status.st_mode):
        yield Found(name, os.path.join(file_in, os.path.basename(name)), status.st_size if status else 0)
        return
    empty = True
    for path in find_files(name, patterns):
        empty = False
        if isinstance(path, Unreadable):
            yield Unusable(path.path, path.message)
        else:
            source = os.path.join(name, path)
            yield Found(source, os.path.join(directory_in, path), _size(source))
    if empty:
        yield Unusable(name, f"no files in it are named {' or '.join(patterns.include)}")


def directory_name(path: str) -> str:
    """Return the name of a directory however it is spelt."""
    return os.path.basename(os.path.abspath(path))


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0
