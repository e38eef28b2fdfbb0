"""Requests to stores: S3, Google Cloud Storage, Azure, and web servers. Knows obstore, which retries them.

Objects up to `_WHOLE` are fetched whole; larger ones in ranges, one ahead of what is read, on condition that the object
has not changed. `wav2spec.storage.transfers` has requests under way beside the work.
"""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import IO, Any, TypeVar

import obstore

from wav2spec.storage.files import MemoryFile, SourceFile
from wav2spec.storage.names import split_url
from wav2spec.storage.store_clients import client_of, translated
from wav2spec.storage.versions import object_version

_Result = TypeVar("_Result")

# Objects up to the first size are fetched whole, larger ones in ranges of the second (bytes).
_WHOLE = 2**26
_RANGE = 2**23

# At the end of a picture stands how it was made; of its settings there are some 2,000 bytes.
_END = 2**13

# Stores that send no last bytes without being told where they begin.
_WITHOUT_SUFFIX = ("az",)

_CONTENT_TYPES = {".png": "image/png", ".tar": "application/x-tar", ".jsonl": "application/x-ndjson"}

_LISTED_AT_ONCE = 1000


# Calls a function with arguments, when another request may be under way.
Requester = Callable[..., Any]


def _at_once(function: Callable[..., _Result], *arguments: Any) -> _Result:
    return function(*arguments)


def fetch(url: str, request: Requester = _at_once) -> SourceFile:
    """Fetch an object; of one larger than `_WHOLE`, `request` fetches ranges when they are read.

    Raises
    ------
    FileNotFoundError, StoreError
    """
    scheme, bucket, key = split_url(url)
    with translated():
        found = obstore.get(client_of(scheme, bucket), key)
        size, tag = found.meta["size"], found.meta["e_tag"]
        if size <= _WHOLE:
            return MemoryFile(url, bytes(found.bytes()), url, object_version(tag, size))
    return _LargeObject(url, size, tag, request)


def fetch_end(url: str, request: Requester = _at_once) -> SourceFile:
    """Fetch the last bytes of an object; the object is fetched again if others are read.

    Raises
    ------
    FileNotFoundError, StoreError
    """
    scheme, bucket, key = split_url(url)
    with translated():
        client = client_of(scheme, bucket)
        wanted: Any = {"suffix": _END}
        if scheme in _WITHOUT_SUFFIX:
            size = obstore.head(client, key)["size"]
            wanted = (max(0, size - _END), size)
        # No range of nothing is valid.
        found = obstore.get(client, key, options={"range": wanted} if wanted != (0, 0) else {})
        return _EndOfObject(url, found.meta["size"], found.meta["e_tag"], bytes(found.bytes()), request)


def _fetch_range(url: str, first: int, end: int, tag: str | None) -> bytes:
    scheme, bucket, key = split_url(url)
    options: Any = {"range": (first, end)}
    if tag:
        options["if_match"] = tag
    with translated():
        return bytes(obstore.get(client_of(scheme, bucket), key, options=options).bytes())


class _LargeObject(SourceFile):
    """An object of which ranges are fetched."""

    def __init__(self, url: str, size: int, tag: str | None, request: Requester) -> None:
        super().__init__(url, size, url, object_version(tag, size))
        self._tag = tag
        self._request = request
        self._fetched: dict[int, Future[bytes]] = {}
        self._pool = ThreadPoolExecutor(2)

    def read_at(self, offset: int, buffer: memoryview) -> int:
        end = min(offset + len(buffer), self.size)
        position = offset
        while position < end:
            number = position // _RANGE
            content = self._range(number)
            piece = content[position - number * _RANGE : end - number * _RANGE]
            buffer[position - offset : position - offset + len(piece)] = piece
            position += len(piece)
        return max(0, position - offset)

    def _range(self, number: int) -> bytes:
        wanted = (number, number + 1) if (number + 1) * _RANGE < self.size else (number,)
        for one in wanted:
            if one not in self._fetched:
                first, end = one * _RANGE, min(self.size, (one + 1) * _RANGE)
                self._fetched[one] = self._pool.submit(self._request, _fetch_range, self.name, first, end, self._tag)
        for one in self._fetched.keys() - set(wanted):
            self._fetched.pop(one).cancel()
        return self._fetched[number].result()

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)
        self._fetched.clear()


class _EndOfObject(SourceFile):
    """An object of which the last bytes are here."""

    def __init__(self, url: str, size: int, tag: str | None, end: bytes, request: Requester) -> None:
        super().__init__(url, size, url, object_version(tag, size))
        self._first = size - len(end)
        self._end = end
        self._request = request
        self._whole: SourceFile | None = None

    def read_at(self, offset: int, buffer: memoryview) -> int:
        if offset >= self._first:
            piece = self._end[offset - self._first : offset - self._first + len(buffer)]
            buffer[: len(piece)] = piece
            return len(piece)
        if self._whole is None:
            self._whole = self._request(fetch, self.name, self._request)
        return self._whole.read_at(offset, buffer)

    def close(self) -> None:
        if self._whole:
            self._whole.close()


def put(url: str, content: IO[bytes]) -> str:
    """Put a file's content, which the call takes over, and return the version of the object.

    Raises
    ------
    StoreError
    """
    scheme, bucket, key = split_url(url)
    kind = _CONTENT_TYPES.get(os.path.splitext(key)[1], "application/octet-stream")
    with content, translated():
        size = content.seek(0, os.SEEK_END)
        content.seek(0)
        body: Any = content.read() if size <= _WHOLE else content
        done = obstore.put(client_of(scheme, bucket), key, body, attributes={"Content-Type": kind})
    return object_version(done["e_tag"], size)


def list_objects(url: str) -> Iterator[list[tuple[str, int, str]]]:
    """Yield pages of keys below a prefix, relative to it, with sizes and versions, in the order of the store.

    Raises
    ------
    StoreError
        If it cannot be listed.
    """
    scheme, bucket, key = split_url(url)
    prefix = key.rstrip("/")
    first = len(prefix) + 1 if prefix else 0
    with translated():
        for page in obstore.list(client_of(scheme, bucket), prefix=prefix or None, chunk_size=_LISTED_AT_ONCE):
            yield [
                (found["path"][first:], found["size"], object_version(found["e_tag"], found["size"])) for found in page
            ]
