"""Lists of what is in stores, made by a process of their own: the process that asks for them may fork workers.

Run as a module, with a URL and patterns as JSON, it prints the list, a page a line.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import islice

from wav2spec.errors import os_error_message
from wav2spec.storage.archives import find_members
from wav2spec.storage.listing import Listed, Patterns, Unreadable, path_filter
from wav2spec.storage.names import is_archive

_PAGE = 1000


def find_objects(url: str, patterns: Patterns) -> Iterator[Listed | Unreadable]:
    """Yield the objects below a prefix, or the members of an archive in a store, as `find_files` does.

    They come in the order of the store, which sorts whole keys by their bytes.
    """
    asked = json.dumps([url, patterns.include, patterns.exclude])
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))}
    process = subprocess.Popen(  # noqa: S603 - ourselves
        [sys.executable, "-m", __name__, asked],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
    )
    with process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                for path, size, entity_tag, message in json.loads(line):
                    yield Unreadable(path, message) if message else Listed(path, size, entity_tag)
            if process.wait():
                yield Unreadable(url, f"cannot be listed: the process that lists it ended with {process.returncode}")
        finally:
            process.kill()


def _listed(url: str, patterns: Patterns) -> Iterator[Listed | Unreadable]:
    from wav2spec.storage.sources import open_source
    from wav2spec.storage.stores import StoreError, list_objects

    if is_archive(url):
        yield from find_members(url, patterns, open_source)
        return
    takes = path_filter(patterns)
    try:
        for page in list_objects(url):
            yield from (Listed(key, size, entity_tag or "") for key, size, entity_tag in page if takes(key))
    except StoreError as error:
        yield Unreadable(url, os_error_message(error))


def main() -> None:
    # Ctrl-C goes to all processes of a terminal. Who asked ends this one; without anybody, the pipe breaks.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    url, include, exclude = json.loads(sys.argv[1])
    listed = _listed(url, Patterns(tuple(include), tuple(exclude)))
    while page := list(islice(listed, _PAGE)):
        rows = [
            (item.path, 0, "", item.message)
            if isinstance(item, Unreadable)
            else (item.path, item.n_bytes, item.tag, "")
            for item in page
        ]
        print(json.dumps(rows), flush=True)


if __name__ == "__main__":
    main()
