"""Objects in stores as sources and targets, with requests under way beside the work if a process has `Transfers`."""

import os
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import IO, Any, NamedTuple, TypeVar

from wav2spec.errors import AudioError, OutputError, os_error_message
from wav2spec.storage.files import SourceFile
from wav2spec.storage.names import is_url, split_member
from wav2spec.storage.stores import fetch, fetch_end, put

_Result = TypeVar("_Result")

# What waits to be put takes no more memory than this, and a target that is larger none (bytes).
_IN_MEMORY = 2**26


def open_object(url: str, *, end_first: bool = False) -> SourceFile:
    """Open an object to be read; with `end_first` its last bytes are fetched, and the others when they are read.

    Raises
    ------
    AudioError
        If it cannot be, in one line.
    """
    try:
        if _transfers:
            return _transfers.take(url, end_first=end_first)
        return fetch_end(url) if end_first else fetch(url)
    except OSError as error:
        raise AudioError(url, os_error_message(error)) from error


def new_object() -> IO[bytes]:
    """Return a file for what is to be put: in memory, or nameless if it is large."""
    return tempfile.SpooledTemporaryFile(_IN_MEMORY)


def put_object(url: str, content: IO[bytes]) -> str:
    """Put a file's content, which the call takes over.

    Returns
    -------
    str
        Version of the object; empty if the process has `Transfers`, whose `settle` tells it.

    Raises
    ------
    OutputError
        If it is put at once, and cannot be.
    """
    if _transfers:
        _transfers.put(url, content)
        return ""
    try:
        return put(url, content)
    except OSError as error:
        raise OutputError(url, os_error_message(error)) from error


class Put(NamedTuple):
    """What became of a target: its version, or an error."""

    version: str = ""
    error: str = ""


class Transfers:
    """Requests beside the work: sources are fetched before they are opened, and targets are put while others are drawn.

    Parameters
    ----------
    n_requests : int
        That may be under way at once.
    """

    def __init__(self, n_requests: int) -> None:
        self._pool = ThreadPoolExecutor(n_requests)
        self._n_ahead = max(1, n_requests // 2)
        self._waiting: list[tuple[str, bool]] = []
        self._fetched: dict[str, Future[SourceFile]] = {}
        self._puts: dict[str, Future[str]] = {}
        self._bytes: dict[str, int] = {}

    def fetch_ahead(self, paths: Iterable[tuple[str, bool]]) -> None:
        """Begin to fetch what will be opened in this order; of an object only its end, where it is told so.

        Local files and members of archives, which are read where they are, are passed over.
        """
        objects = [part for part in paths if is_url(part[0]) and not split_member(part[0])]
        self._waiting = objects[::-1]
        self._fill()

    def _fill(self) -> None:
        while self._waiting and len(self._fetched) < self._n_ahead:
            url, end_first = self._waiting.pop()
            self._fetched[url] = self._begin(url, end_first=end_first)

    def _begin(self, url: str, *, end_first: bool) -> "Future[SourceFile]":
        # What is read later is asked for by the thread that reads it, and not by one of the pool.
        return self._pool.submit(fetch_end if end_first else fetch, url, self.run)

    def take(self, url: str, *, end_first: bool = False) -> SourceFile:
        """Return an object, which may have been fetched ahead."""
        future = self._fetched.pop(url, None) or self._begin(url, end_first=end_first)
        self._fill()
        return future.result()

    def run(self, function: Callable[..., _Result], *arguments: Any) -> _Result:
        """Make a request when no more than allowed are under way."""
        return self._pool.submit(function, *arguments).result()

    def put(self, url: str, content: IO[bytes]) -> None:
        self._bytes[url] = content.seek(0, os.SEEK_END)
        self._puts[url] = self._pool.submit(put, url, content)
        for waiting, future in self._puts.items():
            if sum(self._bytes.values()) <= _IN_MEMORY:
                break
            future.exception()
            self._bytes.pop(waiting, None)

    def settle(self) -> dict[str, Put]:
        """Wait for all puts, and return what became of them."""
        settled = {}
        for url, future in self._puts.items():
            try:
                settled[url] = Put(future.result())
            except OSError as error:
                settled[url] = Put(error=os_error_message(error))
        self._puts.clear()
        self._bytes.clear()
        for future_file in self._fetched.values():
            future_file.cancel()
        self._fetched.clear()
        self._waiting.clear()
        return settled


# Those of this process.
_transfers: Transfers | None = None


def transfers(n_requests: int) -> Transfers:
    """Return the transfers of this process, through which all its requests go from now on."""
    global _transfers
    if _transfers is None:
        _transfers = Transfers(n_requests)
    return _transfers
