"""The files of a folder and of the folders in it, in sorted order."""

import fnmatch
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from wav2spec.errors import os_error_message

# Device and inode.
_Identity = tuple[int, int]


@dataclass(frozen=True)
class Patterns:
    """Which files of a folder are taken.

    A pattern with a slash is held against the whole path within the folder, one without against each name. None
    minds the case of letters.

    Attributes
    ----------
    include : tuple of str
        A file is taken if one matches.
    exclude : tuple of str
        A file is left out, and a folder not entered, if one matches.
    """

    include: tuple[str, ...]
    exclude: tuple[str, ...] = ()


# What is taken of a folder unless it is said otherwise.
WAV_FILES = Patterns(("*.wav",))


@dataclass(frozen=True, slots=True)
class Listed:
    """What a listing tells of a file: its path, its size in bytes, and its version, empty where it is not known."""

    path: str
    n_bytes: int
    version: str = ""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What cannot be listed or read, and why."""

    path: str
    message: str


def find_files(folder: str, patterns: Patterns) -> Iterator[str | Unreadable]:
    """Yield the paths of files within `folder`, relative to it.

    What is hidden (its name begins with a dot) is left out. Symbolic links are followed, but not back to a folder that
    is being walked.
    """
    include, exclude = _Matcher(patterns.include), _Matcher(patterns.exclude)
    # What is still to be seen, the next at the end: files, and folders with the identities of those they lie in.
    waiting: list[tuple[str, tuple[_Identity, ...] | None]] = [("", ())]
    while waiting:
        path, above = waiting.pop()
        if above is None:
            yield path
            continue
        here = os.path.join(folder, path) if path else folder
        try:
            identity, entries = _listed(here)
        except OSError as error:
            yield Unreadable(here, os_error_message(error))
            continue
        for entry in entries if identity not in above else ():
            inner = os.path.join(path, entry.name)
            if entry.name.startswith(".") or exclude(entry.name, inner):
                continue
            if _is_folder(entry):
                waiting.append((inner, (*above, identity)))
            elif include(entry.name, inner):
                waiting.append((inner, None))


def _listed(folder: str) -> tuple[_Identity, list[os.DirEntry[str]]]:
    """Return a folder's device and inode, and what is in it, the last first."""
    status = os.stat(folder)
    with os.scandir(folder) as entries:
        return (status.st_dev, status.st_ino), sorted(entries, key=lambda entry: entry.name, reverse=True)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        # A link in a circle; whether it is wanted its name will tell.
        return False


def path_filter(patterns: Patterns) -> Callable[[str], bool]:
    """Return the test of which paths `find_files` would yield if they were those of files in a directory."""
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
    # Of no patterns, one that matches nothing.
    return re.compile("|".join(map(fnmatch.translate, patterns)) or "(?!)", re.IGNORECASE)
