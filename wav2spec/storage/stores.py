"""Objects in stores: S3, Google Cloud Storage, Azure, and web servers. The one module that knows obstore.

Requests are retried by obstore. Objects up to `_WHOLE` are fetched whole; larger ones in ranges, one ahead of what is
read, on condition that the object has not changed.

A process that was forked from one that has used a store would wait for ever for threads that it does not have [1]_.
Whoever forks workers therefore leaves stores to them, and lists them by `wav2spec.storage.store_listing`.

References
----------
.. [1] https://github.com/tokio-rs/tokio/issues/4301
"""

import errno
import os
import socket
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from configparser import ConfigParser, Error
from datetime import timedelta
from typing import IO, Any, TypeVar
from urllib.parse import urlsplit

import obstore
from obstore import exceptions
from obstore.store import AzureStore, GCSStore, HTTPStore, S3Store

from wav2spec.errors import AudioError, OutputError, os_error_message
from wav2spec.storage.files import MemoryFile, SourceFile
from wav2spec.storage.names import split_url

_Result = TypeVar("_Result")

# Objects up to the first size are fetched whole, larger ones in ranges of the second (bytes).
_WHOLE = 2**26
_RANGE = 2**23

# A store that answers with errors, or not at all, is given up after so long (s).
_CONNECT_S, _REQUEST_S, _RETRY_S = 5, 60, 120
_MAX_RETRIES = 12

# How long the metadata service of a cloud machine may take to be reached (s).
_METADATA_S = 2.0

_CONTENT_TYPES = {".png": "image/png", ".tar": "application/x-tar", ".jsonl": "application/x-ndjson"}

_LISTED_AT_ONCE = 1000


class StoreError(OSError):
    """A store refused, or cannot be reached; the message is one line."""

    def __init__(self, message: str) -> None:
        super().__init__(errno.EIO, message)


# By process, and by scheme and bucket.
_opened: tuple[int, dict[tuple[str, str], Any]] | None = None


def _store(scheme: str, bucket: str) -> Any:
    """Return the client of a bucket."""
    global _opened
    if _opened is None:
        _opened = os.getpid(), {}
    process, stores = _opened
    if process != os.getpid():
        raise RuntimeError("a store was used before this process was forked")
    if (scheme, bucket) not in stores:
        stores[scheme, bucket] = _connect(scheme, bucket)
    return stores[scheme, bucket]


def _connect(scheme: str, bucket: str) -> Any:
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    client: Any = {
        "timeout": timedelta(seconds=_REQUEST_S),
        "connect_timeout": timedelta(seconds=_CONNECT_S),
        "pool_max_idle_per_host": "256",
    }
    retries: Any = {"max_retries": _MAX_RETRIES, "retry_timeout": timedelta(seconds=_RETRY_S)}
    if scheme in ("https", "http"):
        client["allow_http"] = scheme == "http"
        return HTTPStore.from_url(f"{scheme}://{bucket}", client_options=client, retry_config=retries)
    if scheme == "gs":
        return GCSStore(bucket, client_options=client, retry_config=retries)
    if scheme == "az":
        return AzureStore(bucket, client_options=client, retry_config=retries)
    given: dict[str, Any] = {"endpoint": endpoint} if endpoint else {}
    client["allow_http"] = bool(endpoint and endpoint.startswith("http://"))
    return S3Store(bucket, client_options=client, retry_config=retries, **given, **_aws_credentials())


# Any of these is enough for obstore.
_AWS_VARIABLES = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SKIP_SIGNATURE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)


def _aws_credentials() -> dict[str, Any]:
    """Return what obstore does not find itself: keys of a profile.

    Raises
    ------
    StoreError
        If there are none, and no metadata service of a cloud machine either.
    """
    if any(name in os.environ for name in _AWS_VARIABLES):
        return {}
    try:
        from obstore.auth.boto3 import Boto3CredentialProvider

        return {"credential_provider": Boto3CredentialProvider()}
    except (ImportError, ValueError):
        # Without boto3 the keys of a profile are read, but neither roles nor SSO.
        pass
    profiles = ConfigParser()
    try:
        profiles.read(os.environ.get("AWS_SHARED_CREDENTIALS_FILE") or os.path.expanduser("~/.aws/credentials"))
        keys = profiles[os.environ.get("AWS_PROFILE", "default")]
        return {"access_key_id": keys["aws_access_key_id"], "secret_access_key": keys["aws_secret_access_key"]}
    except (Error, KeyError):
        _check_metadata_service()
        return {}


def _check_metadata_service() -> None:
    """Ask for the service before obstore does, which would wait for it for minutes."""
    address = urlsplit(os.environ.get("AWS_METADATA_ENDPOINT", "http://169.254.169.254"))
    try:
        if os.environ.get("AWS_EC2_METADATA_DISABLED", "").lower() == "true":
            raise OSError
        socket.create_connection((address.hostname or "", address.port or 80), _METADATA_S).close()
    except OSError:
        raise StoreError("no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE") from None


def open_object(url: str) -> SourceFile:
    """Open an object to be read.

    Raises
    ------
    AudioError
        If it cannot be, in one line.
    """
    try:
        if _transfers and (fetched := _transfers.take(url)):
            return fetched
        return _request(_fetch, url)
    except OSError as error:
        raise AudioError(url, os_error_message(error)) from error


def _fetch(url: str) -> SourceFile:
    scheme, bucket, key = split_url(url)
    with _translated():
        found = obstore.get(_store(scheme, bucket), key)
        size, etag = found.meta["size"], found.meta["e_tag"]
        if size <= _WHOLE:
            return MemoryFile(url, bytes(found.bytes()), identity=url)
    return _LargeObject(url, size, etag)


class _LargeObject(SourceFile):
    """An object of which ranges are fetched."""

    def __init__(self, url: str, size: int, etag: str | None) -> None:
        super().__init__(url, size, identity=url)
        self._etag = etag
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
                self._fetched[one] = self._pool.submit(_request, self._fetch, one)
        for one in self._fetched.keys() - set(wanted):
            self._fetched.pop(one).cancel()
        return self._fetched[number].result()

    def _fetch(self, number: int) -> bytes:
        scheme, bucket, key = split_url(self.name)
        options: Any = {"range": (number * _RANGE, min(self.size, (number + 1) * _RANGE))}
        if self._etag:
            options["if_match"] = self._etag
        with _translated():
            return bytes(obstore.get(_store(scheme, bucket), key, options=options).bytes())

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)
        self._fetched.clear()


def new_object() -> IO[bytes]:
    """Return a file for what is to be put: in memory, or nameless if it is large."""
    return tempfile.SpooledTemporaryFile(_WHOLE)


def put_object(url: str, content: IO[bytes]) -> None:
    """Put a file's content, which the call takes over: at once, or beside the work if there are `Transfers`.

    Raises
    ------
    OutputError
        If it is done at once, and cannot be.
    """
    if _transfers:
        _transfers.put(url, content)
        return
    try:
        _put(url, content)
    except OSError as error:
        raise OutputError(url, os_error_message(error)) from error


def _put(url: str, content: IO[bytes]) -> None:
    scheme, bucket, key = split_url(url)
    kind = _CONTENT_TYPES.get(os.path.splitext(key)[1], "application/octet-stream")
    with content, _translated():
        is_small = content.seek(0, os.SEEK_END) <= _WHOLE
        content.seek(0)
        body: Any = content.read() if is_small else content
        obstore.put(_store(scheme, bucket), key, body, attributes={"Content-Type": kind})


def list_objects(url: str) -> Iterator[list[tuple[str, int, str | None]]]:
    """Yield pages of keys below a prefix, relative to it, with sizes and entity tags, in the order of the store.

    Raises
    ------
    StoreError
        If it cannot be listed.
    """
    scheme, bucket, key = split_url(url)
    prefix = key.rstrip("/")
    first = len(prefix) + 1 if prefix else 0
    with _translated():
        for page in obstore.list(_store(scheme, bucket), prefix=prefix or None, chunk_size=_LISTED_AT_ONCE):
            yield [(found["path"][first:], found["size"], found["e_tag"]) for found in page]


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
        self._waiting: list[str] = []
        self._fetched: dict[str, Future[SourceFile]] = {}
        self._puts: dict[str, Future[None]] = {}
        self._bytes: dict[str, int] = {}

    def fetch_ahead(self, urls: list[str]) -> None:
        """Begin to fetch what will be opened in this order."""
        self._waiting = urls[::-1]
        self._fill()

    def _fill(self) -> None:
        while self._waiting and len(self._fetched) < self._n_ahead:
            url = self._waiting.pop()
            self._fetched[url] = self._pool.submit(_fetch, url)

    def take(self, url: str) -> SourceFile | None:
        """Return what was fetched ahead, if it was."""
        future = self._fetched.pop(url, None)
        self._fill()
        return future.result() if future else None

    def run(self, function: Callable[..., _Result], *arguments: Any) -> _Result:
        return self._pool.submit(function, *arguments).result()

    def put(self, url: str, content: IO[bytes]) -> None:
        self._bytes[url] = content.seek(0, os.SEEK_END)
        self._puts[url] = self._pool.submit(_put, url, content)
        # What waits to be put takes memory.
        for waiting, future in self._puts.items():
            if sum(self._bytes.values()) <= _WHOLE:
                break
            future.exception()
            self._bytes.pop(waiting, None)

    def settle(self) -> dict[str, str]:
        """Wait for all puts, and return the reasons of those that failed."""
        failed = {}
        for url, future in self._puts.items():
            error = future.exception()
            if isinstance(error, OSError):
                failed[url] = os_error_message(error)
            elif error:
                raise error
        self._puts.clear()
        self._bytes.clear()
        for future_file in self._fetched.values():
            future_file.cancel()
        self._fetched.clear()
        self._waiting.clear()
        return failed


# Those of this process.
_transfers: Transfers | None = None


def transfers(n_requests: int) -> Transfers:
    """Return the transfers of this process, through which all its requests go from now on."""
    global _transfers
    if _transfers is None:
        _transfers = Transfers(n_requests)
    return _transfers


def _request(function: Callable[..., _Result], *arguments: Any) -> _Result:
    return _transfers.run(function, *arguments) if _transfers else function(*arguments)


class _translated:  # noqa: N801 - a context manager, cheaper than a generator
    """Raises what obstore raises as `StoreError`."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, FileNotFoundError):
            raise FileNotFoundError(errno.ENOENT, _message(error)) from error
        if isinstance(error, exceptions.BaseError | ValueError):
            raise StoreError(_message(error)) from error


# What is looked for in an error of obstore, whose text goes over many lines, and what it means.
_MEANINGS = (
    ("NoSuchBucket", "no such bucket"),
    ("NoSuchKey", "no such object"),
    (
        "SlowDown",
        f"the store asks for fewer requests, after {_MAX_RETRIES} tries or {_RETRY_S} s still",
    ),
    (
        "429 Too Many",
        f"the store asks for fewer requests, after {_MAX_RETRIES} tries or {_RETRY_S} s still",
    ),
    ("403 Forbidden", "access denied (403)"),
    ("401 Unauthorized", "credentials were not accepted (401)"),
    ("metadata", "no credentials: set them in the environment"),
    ("Interrupted", "the connection was cut, again and again"),
    ("body error", "the connection was cut, again and again"),
    ("error sending request", "the store cannot be reached"),
)


def _message(error: BaseException) -> str:
    if isinstance(error, exceptions.PreconditionError):
        return "changed while it was read"
    text = str(error)
    for mark, meaning in _MEANINGS:
        if mark in text:
            return meaning
    if isinstance(error, FileNotFoundError):
        return "no such object, or no such bucket"
    return text.partition("\n")[0][:300]
