"""The contents of folders before and after a run."""

import os
from pathlib import Path

Pictures = dict[str, bytes]


def names(folder: Path) -> list[str]:
    """Return the names of all files in a folder, the hidden ones too; none if it is not there."""
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def contents(folder: Path) -> dict[str, bytes]:
    """Return all files of a folder, the hidden ones too."""
    return {name: (folder / name).read_bytes() for name in sorted(os.listdir(folder))}


def tree(folder: Path) -> Pictures:
    """Return all files in a folder and in those within it, the hidden ones too; nothing if it is not there."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


State = dict[str, tuple[int, int, int]]


def folder_state(folder: Path) -> State:
    """Return inode, time and size of all that is in a folder, and of itself."""
    found = {path: path.lstat() for path in (folder, *folder.rglob("*"))}
    return {str(path): (status.st_ino, status.st_mtime_ns, status.st_size) for path, status in found.items()}
