"""Clients of stores: credentials, endpoints, limits of time, and errors in one line. Knows obstore.

A process that was forked from one that has used a client would wait for ever for threads that it does not have [1]_.
Whoever forks workers therefore leaves stores to them, and lists them by `wav2spec.storage.store_listing`.

References
----------
.. [1] https://github.com/tokio-rs/tokio/issues/4301
"""

import errno
import os
import socket
from configparser import ConfigParser, Error
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from obstore import exceptions
from obstore.store import AzureStore, GCSStore, HTTPStore, S3Store

# A store that answers with errors, or not at all, is given up after so long (s).
_CONNECT_S, _REQUEST_S, _RETRY_S = 5, 60, 120
_MAX_RETRIES = 12

# How long the metadata service of a cloud machine may take to be reached (s).
_METADATA_S = 2.0


class StoreError(OSError):
    """A store refused, or cannot be reached; the message is one line."""

    def __init__(self, message: str) -> None:
        super().__init__(errno.EIO, message)


# By process, and by scheme and bucket.
_opened: tuple[int, dict[tuple[str, str], Any]] | None = None


def client_of(scheme: str, bucket: str) -> Any:
    """Return the client of a bucket.

    Raises
    ------
    RuntimeError
        If this process was forked from one that has used a client.
    """
    global _opened
    if _opened is None:
        _opened = os.getpid(), {}
    process, clients = _opened
    if process != os.getpid():
        raise RuntimeError("a store was used before this process was forked")
    if (scheme, bucket) not in clients:
        clients[scheme, bucket] = _connect(scheme, bucket)
    return clients[scheme, bucket]


# By scheme: the client, the variables that may name another endpoint, and the setting of the client that takes it.
_CLIENTS: dict[str, tuple[Any, tuple[str, ...], str]] = {
    "s3": (S3Store, ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"), "endpoint"),
    "gs": (GCSStore, ("GOOGLE_BASE_URL",), "base_url"),
    "az": (AzureStore, ("AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT"), "endpoint"),
}


def _connect(scheme: str, bucket: str) -> Any:
    options: Any = {
        "timeout": timedelta(seconds=_REQUEST_S),
        "connect_timeout": timedelta(seconds=_CONNECT_S),
        "pool_max_idle_per_host": "256",
    }
    retries: Any = {"max_retries": _MAX_RETRIES, "retry_timeout": timedelta(seconds=_RETRY_S)}
    if scheme not in _CLIENTS:
        options["allow_http"] = scheme == "http"
        return HTTPStore.from_url(f"{scheme}://{bucket}", client_options=options, retry_config=retries)
    client, variables, setting = _CLIENTS[scheme]
    endpoint = next((os.environ[name] for name in variables if os.environ.get(name)), "")
    options["allow_http"] = endpoint.startswith("http://")
    given = {setting: endpoint} if endpoint else {}
    credentials = _aws_credentials() if scheme == "s3" else {}
    return client(bucket, client_options=options, retry_config=retries, **given, **credentials)


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


class translated:  # noqa: N801 - a context manager, cheaper than a generator
    """Raises errors of obstore as `StoreError`, and that of an object that is not there as `FileNotFoundError`."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, FileNotFoundError):
            raise FileNotFoundError(errno.ENOENT, _message(error)) from error
        if isinstance(error, exceptions.BaseError | ValueError):
            raise StoreError(_message(error)) from error


_THROTTLED = f"the store asks for fewer requests, after {_MAX_RETRIES} tries or {_RETRY_S} s still"

_MISSING = "no such object, or no such bucket"

# Parts of errors of obstore, whose text goes over many lines, and their meanings.
_MEANINGS = (
    ("NoSuchBucket", "no such bucket"),
    ("NoSuchKey", "no such object"),
    ("SlowDown", _THROTTLED),
    ("429 Too Many", _THROTTLED),
    ("403 Forbidden", "access denied (403)"),
    ("401 Unauthorized", "credentials were not accepted (401)"),
    ("404 Not Found", _MISSING),
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
        return _MISSING
    return text.partition("\n")[0][:300]
