"""A process that decompresses tar archives for all workers: each by itself would have to begin at the start.

A worker asks for a member when it opens it. The server reads an archive forwards, and keeps the members that it passes
until they are asked for, in bounded memory. It has no answer for a member that it had to forget, for a long one, for
damage, or if it was killed. The worker then reads the archive itself, and reports what is wrong.
"""

import contextlib
import multiprocessing
import os
import selectors
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from multiprocessing.connection import Connection
from typing import Any

from wav2spec.errors import ArchiveError, AudioError
from wav2spec.hash_set import HashSet
from wav2spec.storage.files import open_file
from wav2spec.storage.tar_archives import CompressedTar

# Memory for each worker, so that each may work on a shard of its own; a longer member is not served (bytes).
_BYTES_EACH = 2**25

# Read before it is asked for (bytes).
_AHEAD_BYTES = 2**22

# Archives that are read at once: short ones follow one another in a group of jobs.
_MAX_ARCHIVES = 16

# Path and version of an archive.
_Key = tuple[str, tuple[int, ...]]

# Carries the server's ends of connections to it. Shared by this process and those that it forks.
_doorbell: socket.socket | None = None


class _Client(threading.local):
    """The connection of a thread; a forked process has one of its own."""

    # Process and doorbell that it belongs to.
    key: tuple[int, socket.socket] | None = None
    connection: "Connection[Any, Any] | None" = None


_client = _Client()


@contextlib.contextmanager
def members_served(n_workers: int) -> Iterator[None]:
    """Serve members to this process and to the workers that it forks within the block.

    Where workers are not forked, or the system refuses a process, they read archives themselves.
    """
    global _doorbell
    with contextlib.ExitStack() as stack:
        doorbell = None
        if sys.platform == "linux":
            with contextlib.suppress(OSError):
                _doorbell = doorbell = stack.enter_context(_started(n_workers * _BYTES_EACH))
        try:
            yield
        finally:
            if _doorbell is doorbell:
                _doorbell = None


@contextlib.contextmanager
def _started(n_bytes: int) -> Iterator[socket.socket]:
    """Run a server, and return its doorbell."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    arguments = ours, theirs, n_bytes
    context = multiprocessing.get_context("fork")
    process = context.Process(target=_run, args=arguments, name="member server", daemon=True)
    with ours:
        with theirs:
            process.start()
        try:
            yield ours
        finally:
            process.kill()
            process.join()


def ask(archive: _Key, member: str) -> bytes | None:
    """Return the content of a member; None if there is no server, or it does not have it."""
    if _doorbell is None:
        return None
    if _client.key != (os.getpid(), _doorbell):
        _client.key, _client.connection = (os.getpid(), _doorbell), _connect(_doorbell)
    if _client.connection is None:
        return None
    try:
        _client.connection.send((archive, member))
        return _client.connection.recv_bytes() or None
    except (EOFError, OSError):
        # The server has ended.
        _client.connection = None
        return None


def _connect(doorbell: socket.socket) -> "Connection[Any, Any] | None":
    with contextlib.suppress(OSError):
        ours, theirs = socket.socketpair()
        with ours, theirs:
            socket.send_fds(doorbell, [b"+"], [theirs.fileno()])
            return Connection(ours.detach())
    return None


def _run(inherited: socket.socket, doorbell: socket.socket, n_bytes: int) -> None:
    """Serve until all processes that could ask have ended."""
    inherited.close()
    # Ctrl-C reaches all processes of a terminal; the parent, which gets it too, ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Whatever ends it, a lack of memory too, workers then read archives themselves.
    with contextlib.suppress(OSError, MemoryError):
        _Server(n_bytes).run(doorbell)


class _Server:
    def __init__(self, n_bytes: int) -> None:
        self._n_bytes = n_bytes
        # The one that was asked for last is the last.
        self._archives: dict[_Key, _Passed] = {}

    def run(self, doorbell: socket.socket) -> None:
        selector = selectors.DefaultSelector()
        selector.register(doorbell, selectors.EVENT_READ)
        while True:
            ready = selector.select(0 if self._reads_ahead() else None)
            for key, _ in ready:
                if key.fileobj is doorbell:
                    descriptors = socket.recv_fds(doorbell, 1, 1)[1]
                    if not descriptors:
                        return
                    selector.register(Connection(descriptors[0]), selectors.EVENT_READ)
                    continue
                connection: Connection[Any, Any] = key.fileobj  # type: ignore[assignment]
                try:
                    connection.send_bytes(self._take(*connection.recv()))
                except (EOFError, OSError):
                    selector.unregister(connection)
                    connection.close()

    def _reads_ahead(self) -> bool:
        """Read a member of the current archive, unless enough has been read ahead."""
        current = next(reversed(self._archives.values()), None)
        if current is None or current.n_ahead >= _AHEAD_BYTES or not current.read_next():
            return False
        self._bound()
        return True

    def _take(self, key: _Key, member: str) -> bytes:
        archive = self._archives.pop(key, None) or _Passed(key[0])
        self._archives[key] = archive
        if len(self._archives) > _MAX_ARCHIVES:
            self._archives.pop(next(iter(self._archives))).close()
        while not archive.is_past(member) and archive.read_next():
            self._bound()
        return archive.take(member)

    def _bound(self) -> None:
        """Forget what was passed first, beginning with the archives that were asked for long ago."""
        surplus = sum(archive.n_kept for archive in self._archives.values()) - self._n_bytes
        for archive in self._archives.values():
            while surplus > 0 and archive.n_kept:
                surplus -= archive.forget_first()


class _Passed:
    """The members of an archive that were read and not asked for."""

    def __init__(self, path: str) -> None:
        self.n_kept = 0
        self._n_read = self._n_asked = 0
        # With the end of each, counted in bytes of contents.
        self._kept: dict[str, tuple[bytes, int]] = {}
        self._names = HashSet()
        self._archive: CompressedTar | None = None
        with contextlib.suppress(OSError, AudioError):
            self._archive = CompressedTar(open_file(path))
            self._left = self._archive.contents(_BYTES_EACH)

    @property
    def n_ahead(self) -> int:
        """Bytes that were read beyond the last member that was asked for."""
        return self._n_read - self._n_asked

    def is_past(self, member: str) -> bool:
        return member in self._names

    def read_next(self) -> bool:
        """Read another member; False at the end, or where the archive is damaged."""
        if self._archive is None:
            return False
        try:
            name, content = next(self._left)
        except (StopIteration, ArchiveError, OSError):
            self.close()
            return False
        self._names.add(name)
        self._n_read += len(content)
        self.n_kept += len(content)
        self._kept[name] = content, self._n_read
        return True

    def take(self, member: str) -> bytes:
        """Return the content of a member, and forget it; nothing if it is not there."""
        content, end = self._kept.pop(member, (b"", 0))
        self.n_kept -= len(content)
        self._n_asked = max(self._n_asked, end)
        return content

    def forget_first(self) -> int:
        return len(self.take(next(iter(self._kept))))

    def close(self) -> None:
        if self._archive:
            self._archive.close()
            self._archive = None
