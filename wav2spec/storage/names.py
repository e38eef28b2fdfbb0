"""What paths say by their spelling alone: objects in stores, archives, and members of them."""

import os

from wav2spec.errors import SettingError

# What can be listed, read and written; and what can only be read, an object at a time.
STORES = ("s3", "gs", "az")
WEB = ("https", "http")

# The library behind all of them, and what installs it.
_LIBRARY, _EXTRA = "obstore", "pip install 'wav2spec[remote]'"


# Archives are read as directories; streams, which are compressed as a whole, only in their own order.
_STREAMS = (".tar.gz", ".tgz")
_ARCHIVES = (".tar", ".zip", *_STREAMS)


def is_archive(path: str) -> bool:
    """Return whether a path has the name of an archive."""
    return path.lower().endswith(_ARCHIVES)


def without_suffix(name: str) -> str:
    """Return the name of an archive without its suffix, and other names as they are.

    >>> without_suffix("speech.tar.gz"), without_suffix("v1.2")
    ('speech', 'v1.2')
    """
    suffix = next((suffix for suffix in _ARCHIVES if name.lower().endswith(suffix)), "")
    return name[: len(name) - len(suffix)] if len(name) > len(suffix) else name


def split_member(path: str) -> tuple[str, str] | None:
    """Return the paths of an archive and of the member in it that a path leads to; None if it leads into none.

    >>> split_member("data/speech.tar.gz/yes/0a.wav")
    ('data/speech.tar.gz', 'yes/0a.wav')
    """
    parts = path.split("/")
    for number, part in enumerate(parts[:-1], 1):
        if is_archive(part):
            return "/".join(parts[:number]), "/".join(parts[number:])
    return None


def is_in_stream(path: str) -> bool:
    """Return whether a path leads into a local archive that can only be read in its own order.

    >>> is_in_stream("speech.tar.gz/yes/0a.wav"), is_in_stream("speech.tar/yes/0a.wav")
    (True, False)
    """
    lowered = path.lower()
    return any(f"{suffix}/" in lowered for suffix in _STREAMS) and not is_url(path)


def is_url(path: str) -> bool:
    """Return whether a path is the address of an object.

    >>> is_url("s3://bucket/a.wav"), is_url("data/a.wav")
    (True, False)
    """
    scheme, separator, _ = path.partition("://")
    return bool(separator) and scheme in (*STORES, *WEB)


def is_prefix(path: str) -> bool:
    """Return whether a path stands for the objects below it: a bucket, or a name that ends in a slash or has no suffix.

    >>> is_prefix("s3://bucket/clips"), is_prefix("s3://bucket/clips/a.wav")
    (True, False)
    """
    scheme, bucket, key = split_url(path)
    return scheme in STORES and bool(bucket) and "." not in key.rpartition("/")[2]


def split_url(url: str) -> tuple[str, str, str]:
    """Return the scheme, the bucket (or server), and the key of an object.

    >>> split_url("s3://bucket/clips/a.wav")
    ('s3', 'bucket', 'clips/a.wav')
    """
    scheme, _, rest = url.partition("://")
    bucket, _, key = rest.partition("/")
    return scheme, bucket, key


def local_file(path: str) -> str:
    """Return the local file that is read for a path: itself, or the archive that it leads into; empty for an address.

    >>> local_file("data/speech.zip/a.wav"), local_file("s3://bucket/a.wav")
    ('data/speech.zip', '')
    """
    if is_url(path):
        return ""
    return (split_member(path) or (path,))[0]


def seen_from(directory: str, path: str) -> str:
    """Return a path that leads from a directory as it is here; absolute paths and addresses are the same everywhere.

    >>> seen_from("../data", "a.wav"), seen_from("../data", "s3://bucket/a.wav")
    ('../data/a.wav', 's3://bucket/a.wav')
    """
    return path if is_url(path) else os.path.normpath(os.path.join(directory, path))


def check_supported(setting: str, *paths: str | None, written: bool = False) -> None:
    """Check that addresses among the paths can be used.

    Raises
    ------
    SettingError
        If one needs a library that is not installed, or is to be `written` and cannot be.
    """
    for path in paths:
        if path and is_url(path) and not _is_installed(_LIBRARY):
            raise SettingError(setting, f"{path} needs an object store client: {_EXTRA}")
        if written and is_read_only(path or ""):
            raise SettingError(setting, f"{path} can be read, but not written")


def _is_installed(library: str) -> bool:
    # Imported here so that only addresses pay for it.
    from importlib.util import find_spec

    return find_spec(library) is not None


def is_read_only(path: str) -> bool:
    """Return whether a path is the address of what can be read, but not written."""
    return is_url(path) and split_url(path)[0] in WEB
