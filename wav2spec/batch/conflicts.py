"""Conflicts between files of a run: two sources for one target, targets that are read, files with two purposes."""

import os
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from wav2spec.batch.jobs import Job, Unusable
from wav2spec.errors import SettingError
from wav2spec.hash_set import HashSet
from wav2spec.settings.formats import FORMATS
from wav2spec.storage.streams import STREAM

_Identity = tuple[int, int]
# The real directory, and the name in it.
_Place = tuple[str, str]

_SUFFIXES = tuple(row.suffix for row in FORMATS.values())
_SEGMENT_NAME = re.compile(r"(.+?)-[0-9]{10,}(?:-[^.]+)?(\.[^.]+)", re.DOTALL)


class Conflicts:
    """Finds conflicts while jobs come in, in 16 to 32 bytes a job.

    Parameters
    ----------
    written, read : mapping of str to str
        Paths of other files that the run writes or reads, by the setting that names them.
    segmented : bool
        Whether targets are those of segments.
    """

    def __init__(
        self, written: Mapping[str, str | None], read: Mapping[str, str | None], *, segmented: bool = False
    ) -> None:
        self._real_directory = lru_cache(maxsize=2**12)(_real_directory)
        self._written = {self._place(path): (name, path) for name, path in written.items() if path and path != STREAM}
        self._read = {self._place(path): (name, path) for name, path in read.items() if path and path != STREAM}
        for place in self._written.keys() & self._read.keys():
            name, path = self._written[place]
            raise SettingError(name, f"{path} is to be written, but {self._read[place][1]} is read or drawn")
        for directory, name in list(self._written) if segmented else ():
            if match := _SEGMENT_NAME.fullmatch(name):
                self._written[directory, match[1] + match[2]] = self._written[directory, name]
        self._targets, self._sources = HashSet(), HashSet()

    def check(self, job: Job, first_of: "dict[_Place, str] | None" = None) -> None:
        """Take in a job.

        Parameters
        ----------
        job : Job
        first_of : dict, optional
            Grows by the source of each target, to name it in messages. With it, `check_identities` is left to find
            targets that are sources.

        Raises
        ------
        SettingError
            If it cannot be done beside those before.
        """
        # A single stream cannot collide, and standard input is no file.
        place, source = self._place(job.target), self._place(job.source, follow=False)
        for used, path in (source, job.source), (place, job.target):
            if used in self._written:
                name, written = self._written[used]
                raise SettingError(name, f"{written} is to be written, but {path} is read or drawn")
        if place in self._read:
            raise SettingError("output", f"{job.target} is to be written, but {self._read[place][1]} is read")
        if not self._targets.add(place):
            other = (first_of or {}).get(place, "another source")
            raise SettingError("output", f"{other} and {job.source} would both be written to {job.target}")
        if first_of is not None:
            first_of[place] = job.source
        if first_of is None and job.source != job.target and (place in self._sources or source in self._targets):
            path = job.target if place in self._sources else job.source
            raise SettingError("output", f"{path} is to be written, but it is the recording {path}")
        # Only a recording that is named like a picture can lie at a target.
        if job.source.lower().endswith(_SUFFIXES):
            self._sources.add(source)

    def check_identities(self, jobs: Iterable[Job | Unusable]) -> None:
        """Check by device and inode, which see through links, that nothing that is written is a source.

        Raises
        ------
        SettingError
            If one is.
        """
        found = [job for job in jobs if isinstance(job, Job)]
        written = {identity: ("output", job.target) for job in found if (identity := _identity(job.target))}
        written |= {identity: named for named in self._written.values() if (identity := _identity(named[1]))}
        for job in found if written else ():
            name, path = written.get(_identity(job.source) or (0, 0), ("", ""))
            # That a single source is its own target is found when both are open.
            if name == "output" and len(found) > 1:
                raise SettingError(name, f"{path} is to be written, but it is the recording {job.source}")
            if name and name != "output":
                raise SettingError(name, f"{path} is to be written, but {job.source} is read or drawn")

    def _place(self, path: str, *, follow: bool = True) -> _Place:
        """Return where a path leads: the same for all its spellings."""
        directory, name = os.path.split(path)
        real, exists = self._real_directory(directory)
        if follow and exists and os.path.islink(path):
            directory, name = os.path.split(os.path.realpath(path))
            return directory, name
        return real, name


def check_not_a_source(path: str, name: str, items: Iterable[Job | Unusable], *others: str | None) -> None:
    """Check that a file that is to be written, named by a setting, is neither a source nor another file that is read.

    Raises
    ------
    SettingError
        If it is.
    """
    if path == STREAM:
        return
    real, identity = os.path.realpath(path), _identity(path)
    for used in (*others, *(item.source for item in items)):
        if used and used != STREAM and (os.path.realpath(used) == real or (identity and _identity(used) == identity)):
            raise SettingError(name, f"{path} is to be written, but {used} is read")


def _real_directory(directory: str) -> tuple[str, bool]:
    return os.path.realpath(directory or "."), os.path.isdir(directory or ".")


def _identity(path: str) -> _Identity | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino
