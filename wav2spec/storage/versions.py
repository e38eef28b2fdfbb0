"""Versions of files and objects: text that changes with their content, as listings tell it without opening anything."""

import os
import time

# A file that changed so recently may change again without a new time: file systems count in steps of up to 2 s (ns).
_UNSETTLED_NS = 2 * 10**9

_TIME, _TAG = "mtime", "etag"


def file_version(status: os.stat_result) -> str:
    """Return the version of a local file: its time of last change in ns, and its size."""
    return f"{_TIME}:{status.st_mtime_ns}:{status.st_size}"


def settled_version(status: os.stat_result) -> str:
    """Return the version of a local file; empty if the file may change and keep it."""
    return file_version(status) if time.time_ns() - status.st_mtime_ns > _UNSETTLED_NS else ""


def object_version(entity_tag: str | None, size: int) -> str:
    """Return the version of an object in a store; empty if the store tells none.

    >>> object_version('"d41d8cd9"', 0)
    'etag:d41d8cd9:0'
    """
    return f"{_TAG}:{entity_tag.strip(chr(34))}:{size}" if entity_tag else ""


def is_reproducible(version: str | None) -> bool:
    """Return whether a version depends on the content alone, and not on when it was written."""
    return not (version or "").startswith(_TIME)
