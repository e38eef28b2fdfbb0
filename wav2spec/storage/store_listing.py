"""Lists and copies from stores, made by a process of their own: the process that asks for them may fork workers.

Run as a module, with a URL and patterns as JSON, it prints the list, a page a line; with a URL alone, the object.
"""

import errno
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import islice
from typing import IO, Any, BinaryIO, cast

from wav2spec.errors import AudioError, os_error_message
from wav2spec.storage.archives import find_members
from wav2spec.storage.listing import Listed, Patterns, Unreadable, path_filter
from wav2spec.storage.names import is_archive

_PAGE = 1000

_COPY_BYTES = 2**20


def find_objects(url: str, patterns: Patterns) -> Iterator[Listed | Unreadable]:
    """Yield the objects below a prefix, or the members of an archive in a store, as `find_files` does.

    They come in the order of the store, which sorts whole keys by their bytes.
    """
    with _started([url, patterns.include, patterns.exclude], subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                for path, size, version, message in json.loads(line):
                    yield Unreadable(path, message) if message else Listed(path, size, version)
            if process.wait():
                yield Unreadable(url, f"cannot be listed: the process that lists it ended with {process.returncode}")
        finally:
            process.kill()


def copy_object(url: str) -> BinaryIO:
    """Return an unnamed temporary file with the content of an object.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    copy = tempfile.TemporaryFile()
    with _started([url], copy) as process:
        assert process.stderr is not None
        message = process.stderr.read().decode("utf-8", "replace").strip()
    if process.returncode:
        copy.close()
        raise OSError(errno.EIO, message or f"the process that reads it ended with {process.returncode}")
    copy.seek(0)
    return cast(BinaryIO, copy)


def _started(arguments: list[Any], output: int | IO[bytes]) -> subprocess.Popen[bytes]:
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))}
    return subprocess.Popen(  # noqa: S603 - ourselves
        [sys.executable, "-m", __name__, json.dumps(arguments)],
        stdin=subprocess.DEVNULL,
        stdout=output,
        # A list tells errors in its rows.
        stderr=subprocess.DEVNULL if output == subprocess.PIPE else subprocess.PIPE,
        env=environment,
    )


def _copy(url: str) -> int:
    """Write an object to standard output, or why not to standard error; return the exit code."""
    from wav2spec.storage.sources import open_source

    try:
        with open_source(url) as file:
            while piece := file.read(_COPY_BYTES):
                sys.stdout.buffer.write(piece)
            sys.stdout.buffer.flush()
    except AudioError as error:
        print(error.message, file=sys.stderr)
        return 1
    return 0


def _listed(url: str, patterns: Patterns) -> Iterator[Listed | Unreadable]:
    from wav2spec.storage.sources import open_source
    from wav2spec.storage.store_clients import StoreError
    from wav2spec.storage.stores import list_objects

    if is_archive(url):
        yield from find_members(url, patterns, open_source)
        return
    takes = path_filter(patterns)
    try:
        for page in list_objects(url):
            yield from (Listed(key, size, version) for key, size, version in page if takes(key))
    except StoreError as error:
        yield Unreadable(url, os_error_message(error))


def main() -> None:
    # Ctrl-C goes to all processes of a terminal. Who asked ends this one; without anybody, the pipe breaks.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    url, *patterns = json.loads(sys.argv[1])
    if not patterns:
        raise SystemExit(_copy(url))
    include, exclude = patterns
    listed = _listed(url, Patterns(tuple(include), tuple(exclude)))
    while page := list(islice(listed, _PAGE)):
        rows = [
            (item.path, 0, "", item.message)
            if isinstance(item, Unreadable)
            else (item.path, item.n_bytes, item.version, "")
            for item in page
        ]
        print(json.dumps(rows), flush=True)


if __name__ == "__main__":
    main()
