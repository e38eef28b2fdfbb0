"""The contents of folders before and after a run."""

import os
from pathlib import Path

Pictures = dict[str, bytes]


def names(folder: Path) -> list[str]:
    """Return the names of all files in a folder, hidden ones included; none if it does not exist."""
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def contents(folder: Path) -> dict[str, bytes]:
    """Return the contents of all files in a folder, hidden ones included, by name."""
    return {name: (folder / name).read_bytes() for name in sorted(os.listdir(folder))}


def tree(folder: Path) -> Pictures:
    """Return the contents of all files below a folder, hidden ones included; none if it does not exist."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


State = dict[str, tuple[int, int, int]]


def folder_state(folder: Path) -> State:
    """Return inode, modification time and size of a file, or of a folder and everything below it."""
    found = {path: path.lstat() for path in (folder, *folder.rglob("*"))}
    return {str(path): (status.st_ino, status.st_mtime_ns, status.st_size) for path, status in found.items()}
