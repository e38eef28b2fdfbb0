"""Archives as directories: .tar, .tar.gz and .zip. Nothing is extracted to disk.

A member is named like a file in a directory: ``speech.tar.gz/yes/0a.wav``. A compressed tar can only be read from its
beginning. A thread therefore keeps the last archive open, and finds what follows the last member without reading the
archive again.
"""

import os
import threading
from collections.abc import Callable, Iterator

from wav2spec.errors import ArchiveError, AudioError, os_error_message
from wav2spec.storage.archive import Archive, damage, normalized
from wav2spec.storage.files import MemoryFile, SourceFile
from wav2spec.storage.listing import Listed, Patterns, Unreadable, path_filter
from wav2spec.storage.member_server import ask
from wav2spec.storage.names import is_in_stream
from wav2spec.storage.tar_archives import CompressedTar, Tar
from wav2spec.storage.zip_archives import Zip

_Opener = Callable[[str], SourceFile]


# By suffix, in lower case.
_KINDS: dict[str, Callable[[SourceFile], Archive]] = {
    ".tar": Tar,
    ".tar.gz": CompressedTar,
    ".tgz": CompressedTar,
    ".zip": Zip,
}


def _open_archive(path: str, file: SourceFile) -> Archive:
    suffix = max((suffix for suffix in _KINDS if path.lower().endswith(suffix)), key=len)
    try:
        return _KINDS[suffix](file)
    except BaseException:
        file.close()
        raise


def find_members(archive: str, patterns: Patterns, open_file: _Opener) -> Iterator[Listed | Unreadable]:
    """Yield the files in an archive as `find_files` yields those in a directory.

    They are sorted, except in a compressed tar archive. Damage ends the list with an `Unreadable`.
    """
    try:
        file = open_file(archive)
    except (OSError, AudioError) as error:
        yield Unreadable(archive, _message(error))
        return
    with file:
        found: list[Listed | Unreadable] = []
        try:
            opened = _open_archive(archive, file)
            listed = _listed(archive, opened, patterns)
            if opened.is_stream:
                yield from listed
            else:
                found.extend(listed)
        except (ArchiveError, OSError) as error:
            found.append(Unreadable(archive, _message(error)))
    yield from sorted(found, key=_sort_key)


def _listed(archive: str, opened: Archive, patterns: Patterns) -> Iterator[Listed | Unreadable]:
    # 8 bytes a name: only equal names matter.
    known, takes = set[int](), path_filter(patterns)
    for member in opened.members():
        name = normalized(member.name)
        if not takes(name):
            continue
        if member.refusal:
            yield Unreadable(f"{archive}/{member.name}", member.refusal)
        elif hash(name) in known:
            yield Unreadable(f"{archive}/{member.name}", "is in the archive twice")
        else:
            known.add(hash(name))
            # A member is as it was while the archive is.
            yield Listed(name, member.size, opened.file.version)


def _sort_key(found: Listed | Unreadable) -> tuple[bool, list[str]]:
    """Sort as a walk over directories, and what is refused last."""
    return isinstance(found, Unreadable), found.path.split("/")


class _Current(threading.local):
    """The archive that a thread read last; a forked process has one of its own, since an open file has one position."""

    key: tuple[int, str, tuple[int, ...]] | None = None
    archive: Archive | None = None


_current = _Current()


def open_member(archive: str, member: str, open_file: _Opener) -> SourceFile:
    """Open a member of an archive, which is opened by `open_file`.

    Raises
    ------
    AudioError
        If there is no such member, or it cannot be read.
    OSError
        If the archive cannot be opened.
    """
    name = f"{archive}/{member}"
    if is_in_stream(name) and (content := ask((archive, _version(archive)), normalized(member))):
        return MemoryFile(name, content)
    try:
        with damage():
            return _archive(archive, open_file).open(name, normalized(member))
    except KeyError:
        raise AudioError(name, f"no such file in {archive}") from None
    except (ArchiveError, OSError) as error:
        close_archive()
        raise AudioError(name, _message(error)) from error


def _archive(path: str, open_file: _Opener) -> Archive:
    key = os.getpid(), path, _version(path)
    if _current.key != key or _current.archive is None:
        close_archive()
        _current.archive, _current.key = _open_archive(path, open_file(path)), key
    return _current.archive


def _version(path: str) -> tuple[int, ...]:
    """Return what changes if an archive is replaced, as far as it is known: nothing of one in a store."""
    try:
        status = os.stat(path)
    except OSError:
        return ()
    return status.st_ino, status.st_size, status.st_mtime_ns


def close_archive() -> None:
    """Close the archive that this thread read last."""
    if _current.archive and _current.key and _current.key[0] == os.getpid():
        _current.archive.close()
    _current.archive = _current.key = None


def _message(error: ArchiveError | AudioError | OSError) -> str:
    """Return why something cannot be read."""
    if isinstance(error, OSError):
        return os_error_message(error)
    return error.message if isinstance(error, AudioError) else str(error)
