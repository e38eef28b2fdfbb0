"""Find files in a directory tree, in sorted order."""

import fnmatch
import os
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from wav2spec.errors import os_error_message

# Device and inode.
_Identity = tuple[int, int]


class Patterns(NamedTuple):
    """Shell patterns that select files. The case of letters does not matter.

    A pattern with a slash is matched against the path relative to the tree, one without against the name.

    Attributes
    ----------
    include : tuple of str
        A file is found if one of them matches.
    exclude : tuple of str
        A file that one of them matches is left out, and such a directory is not entered.
    """

    include: tuple[str, ...]
    exclude: tuple[str, ...] = ()


# The files of a directory that are converted by default.
WAV_FILES = Patterns(("*.wav",))


class Listed(NamedTuple):
    """A file in a listing: its path, its size in bytes, and its version, empty if that is not known."""

    path: str
    n_bytes: int
    version: str = ""


class Unreadable(NamedTuple):
    """A directory, archive or store that cannot be listed, and the reason."""

    path: str
    message: str


def find_files(directory: str, patterns: Patterns) -> Iterator[str | Unreadable]:
    """Yield the paths of files in a directory tree, relative to it.

    Hidden files and directories, whose names begin with a dot, are left out. Symbolic links are followed, except to a
    directory that contains the link.
    """
    include, exclude = _Matcher(patterns.include), _Matcher(patterns.exclude)
    # A stack of what comes next: files (None), and directories with the identities of their parents.
    pending: list[tuple[str, tuple[_Identity, ...] | None]] = [("", ())]
    while pending:
        path, parents = pending.pop()
        if parents is None:
            yield path
            continue
        here = os.path.join(directory, path) if path else directory
        try:
            identity, entries = _list_directory(here)
        except OSError as error:
            yield Unreadable(here, os_error_message(error))
            continue
        for entry in entries if identity not in parents else ():
            inner = os.path.join(path, entry.name)
            if entry.name.startswith(".") or exclude(entry.name, inner):
                continue
            if _is_directory(entry):
                pending.append((inner, (*parents, identity)))
            elif include(entry.name, inner):
                pending.append((inner, None))


def _list_directory(directory: str) -> tuple[_Identity, list[os.DirEntry[str]]]:
    """Return the identity of a directory, and its entries in reverse order, as a stack takes them."""
    status = os.stat(directory)
    with os.scandir(directory) as entries:
        return (status.st_dev, status.st_ino), sorted(entries, key=lambda entry: entry.name, reverse=True)


def _is_directory(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        # A circular link. If its name matches, it is found, and opening it gives the reason.
        return False


def path_filter(patterns: Patterns) -> Callable[[str], bool]:
    """Return a function that tells whether `find_files` would yield a path, for trees that are not directories."""
    include, exclude = _Matcher(patterns.include), _Matcher(patterns.exclude)

    def takes(path: str) -> bool:
        names = path.split("/")
        if not include(names[-1], path):
            return False
        if any(name.startswith(".") and name != ".." for name in names):
            return False
        if not patterns.exclude:
            return True
        return not any(exclude(name, "/".join(names[: number + 1])) for number, name in enumerate(names))

    return takes


class _Matcher:
    def __init__(self, patterns: tuple[str, ...]) -> None:
        self._of_names = _expression([pattern for pattern in patterns if "/" not in pattern])
        self._of_paths = _expression([pattern for pattern in patterns if "/" in pattern])

    def __call__(self, name: str, path: str) -> bool:
        return bool(self._of_names.match(name) or self._of_paths.match(path))


def _expression(patterns: list[str]) -> re.Pattern[str]:
    # An expression that matches nothing, if there are no patterns.
    return re.compile("|".join(map(fnmatch.translate, patterns)) or "(?!)", re.IGNORECASE)
