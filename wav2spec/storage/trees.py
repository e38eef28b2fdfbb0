"""What holds files: directories, archives, and prefixes in stores."""

import os
import stat
from collections.abc import Iterator

from wav2spec.storage.listing import Listed, Patterns, Unreadable, find_files
from wav2spec.storage.names import is_archive, is_prefix, is_read_only, is_url, split_member


def is_tree(path: str) -> bool:
    """Return whether a path stands for the files in it."""
    return file_size(path) is None


def file_size(path: str) -> int | None:
    """Return the size of a file in bytes, 0 if it is unknown; None if the path stands for the files in it."""
    if is_url(path):
        return None if is_prefix(path) or is_archive(path) else 0
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return 0
    is_file = stat.S_ISREG(status.st_mode)
    return None if stat.S_ISDIR(status.st_mode) or (is_file and is_archive(path)) else status.st_size


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
    """Yield the files in a tree, by their paths in it, with their sizes; 0 where it is unknown."""
    if is_url(path):
        from wav2spec.storage.store_listing import find_objects

        yield from find_objects(path, patterns)
    elif not os.path.isdir(path):
        from wav2spec.storage.archives import find_members
        from wav2spec.storage.files import open_file

        yield from find_members(path, patterns, open_file)
    else:
        for found in find_files(path, patterns):
            yield found if isinstance(found, Unreadable) else Listed(found, file_size(os.path.join(path, found)) or 0)


def can_write_beside(path: str) -> bool:
    """Return whether files can be written where a source lies, which is not so in archives and on web servers."""
    parts = split_member(path)
    if parts and not os.path.isdir(parts[0]):
        return False
    return not is_read_only(path)
