"""What holds files: directories, archives, and prefixes in stores."""

import os
import stat
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from wav2spec.hash_set import HashSet
from wav2spec.storage.listing import Listed, Patterns, Unreadable, find_files
from wav2spec.storage.names import is_archive, is_prefix, is_read_only, is_url, split_member
from wav2spec.storage.versions import file_version, settled_version


def is_tree(path: str) -> bool:
    """Return whether a path stands for the files in it."""
    return list_file(path) is None


def list_file(path: str) -> Listed | None:
    """Return a file with its size, 0 if it is unknown; None if the path stands for the files in it."""
    if is_url(path):
        return None if is_prefix(path) or is_archive(path) else Listed(path, 0)
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return Listed(path, 0)
    is_file = stat.S_ISREG(status.st_mode)
    if stat.S_ISDIR(status.st_mode) or (is_file and is_archive(path)):
        return None
    return Listed(path, status.st_size, settled_version(status))


def exists(path: str) -> bool:
    """Return whether a source may exist; one in a store, or one that cannot be looked at, may."""
    if is_url(path):
        return True
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        parts = split_member(path)
        return parts is not None and os.path.isfile(parts[0])
    except (OSError, ValueError):
        return True
    return True


def find_in_tree(path: str, patterns: Patterns) -> Iterator[Listed | Unreadable]:
    """Yield the files in a tree, by their paths in it."""
    if is_url(path):
        from wav2spec.storage.store_listing import find_objects

        yield from find_objects(path, patterns)
    elif not os.path.isdir(path):
        from wav2spec.storage.archives import find_members
        from wav2spec.storage.files import open_file

        yield from find_members(path, patterns, open_file)
    else:
        for found in find_files(path, patterns):
            if isinstance(found, Unreadable):
                yield found
            else:
                file = list_file(os.path.join(path, found))
                yield Listed(found, file.n_bytes, file.version) if file else Listed(found, 0)


class Versions:
    """Versions of files that may be there: local files are asked for theirs, stores are listed once.

    Parameters
    ----------
    trees : iterable of str
        Below which objects may be.
    """

    def __init__(self, trees: Iterable[str]) -> None:
        self._trees = [tree for tree in trees if is_url(tree) and is_prefix(tree)]
        self._objects: HashSet | None = None

    def has(self, path: str, version: str) -> bool:
        """Return whether a file is there, and has a version; one in an archive has that of the archive."""
        if is_url(path):
            if self._objects is None:
                self._objects = self._listed()
            return self._has_object(path, version)
        try:
            return file_version(os.stat(path)) == version
        except NotADirectoryError:
            parts = split_member(path)
            return parts is not None and self.has(parts[0], version)
        except (OSError, ValueError):
            return False

    def _has_object(self, url: str, version: str) -> bool:
        assert self._objects is not None
        parts = split_member(url)
        return ((parts[0] if parts else url), version) in self._objects

    def _listed(self) -> HashSet:
        objects = HashSet()
        for tree in self._trees:
            for found in find_in_tree(tree, Patterns(("*",))):
                if isinstance(found, Listed):
                    objects.add((os.path.join(tree, found.path), found.version))
        return objects


def find_named(pattern: str) -> list[str]:
    """Return the files of a name, or those that a pattern stands for, sorted."""
    # Imported here so that only manifests of earlier runs pay for it.
    import glob

    if not is_url(pattern):
        return [pattern] if os.path.exists(pattern) else sorted(glob.glob(pattern, recursive=True))
    folder, _, name = pattern.rpartition("/")
    if not glob.has_magic(name):
        return [pattern]
    found = find_in_tree(f"{folder}/", Patterns((name,)))
    return [f"{folder}/{one.path}" for one in found if isinstance(one, Listed) and "/" not in one.path]


def open_copy(path: str) -> BinaryIO:
    """Open a local file, or a temporary copy of an object, which a process of its own fetches.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    if not is_url(path):
        return open(path, "rb")
    from wav2spec.storage.store_listing import copy_object

    return copy_object(path)


def can_write_beside(path: str) -> bool:
    """Return whether files can be written where a source lies, which is not so in archives and on web servers."""
    parts = split_member(path)
    if parts and not os.path.isdir(parts[0]):
        return False
    return not is_read_only(path)
