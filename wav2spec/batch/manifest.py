"""The manifest: one line of JSON for each outcome, in the order of the plan.

A field that is not known is null; fields are added, never renamed. `Facts` documents those about the recording and the
picture. The others are:

source : str
    As it was named or found; ``-`` for standard input. Bytes that are no UTF-8 are lone surrogates, as Python's
    `os.fsdecode` makes them.
target : str
    None if there was to be none.
status : str
    As in `Outcome`.
error : str
    Why it failed or was refused.
warnings : list of str
    About the recording or the picture, those of ``--warn`` too.
directory : str
    Directory that relative paths refer to, relative to the one of the manifest. None on standard output, and in a
    store.
"""

import json
import os
import weakref
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from wav2spec.batch.bundles import Tally
from wav2spec.batch.facts import Facts
from wav2spec.batch.outcomes import Outcome
from wav2spec.errors import InputError, os_error_message
from wav2spec.storage.names import is_url, seen_from
from wav2spec.storage.streams import STREAM
from wav2spec.storage.trees import find_named, open_copy
from wav2spec.storage.versions import is_reproducible

# A parsed line of a manifest.
Row = dict[str, Any]

_DECODER = json.JSONDecoder()

# What is relied upon in rows that are read.
_SHAPE = {
    "source": str,
    "target": str | None,
    "status": str,
    "warnings": list,
    "directory": str | None,
    "source_id": str | None,
    "target_id": str | None,
    "recipe_sha256": str | None,
}


_FIRST = ("source", "target", "status", "error")
_LAST = ("warnings", "label", "directory")
# What --since compares: of a run, and not of a sample.
_VERSIONS = ("source_id", "target_id", "recipe_sha256")
_FACTS = tuple(name for name in Facts._fields if name not in _LAST)
ROW_FIELDS = (*_FIRST, *(name for name in _FACTS if name not in _VERSIONS), *_LAST, *_VERSIONS)
_SAMPLE_FIELDS = tuple(
    name for name in ROW_FIELDS if name not in ("target", "status", "error", "directory", *_VERSIONS)
)


class ManifestWriter:
    """Writes a row for each outcome.

    Parameters
    ----------
    file : binary file
    path : str
        Of the manifest, ``-`` for standard output.
    with_times : bool
        Whether versions that are times of files are told. Without them, the same run writes the same manifest again.
    """

    def __init__(self, file: BinaryIO, path: str, *, with_times: bool = False) -> None:
        self._file = file
        self._directory = directory_from(path)
        self._with_times = with_times

    def add(self, outcome: Outcome) -> None:
        if isinstance(outcome, Tally):
            self._file.write(outcome.rows)
        else:
            self._file.write(manifest_row(outcome, self._directory, with_times=self._with_times))


def manifest_row(outcome: Outcome, directory: str | None, *, with_times: bool = False) -> bytes:
    """Return a line of the manifest; arguments are those of `ManifestWriter`."""
    row = _row(outcome, directory)
    if not with_times:
        for name in "source_id", "target_id":
            row[name] = row[name] if is_reproducible(row[name]) else None
    return _encoded(row, ROW_FIELDS) + b"\n"


def sample_row(outcome: Outcome) -> bytes:
    """Return what a shard tells of a picture in it: the row but for what depends on the run."""
    return _encoded(_row(outcome, None), _SAMPLE_FIELDS)


def _row(outcome: Outcome, directory: str | None) -> dict[str, Any]:
    """Return the fields of a row, and perhaps others."""
    return {
        **outcome.facts._asdict(),
        "source": outcome.source,
        "target": outcome.target,
        "status": outcome.status,
        "error": outcome.failure.message if outcome.failure else None,
        "warnings": outcome.warnings,
        "directory": directory,
    }


def _encoded(row: dict[str, Any], fields: Iterable[str]) -> bytes:
    # In ASCII, so that bytes of a name that are no text can stand in it.
    return json.dumps({name: row[name] for name in fields}).encode()


def directory_from(path: str) -> str | None:
    """Return the working directory relative to the manifest's, so that the two can be moved together.

    None on standard output and in stores, which have no directory.
    """
    if path == STREAM or is_url(path):
        return None
    return os.path.relpath(os.path.realpath("."), os.path.dirname(os.path.realpath(path)))


def find_manifests(patterns: Iterable[str]) -> list[str]:
    """Return the manifests that are named, or that patterns stand for.

    Raises
    ------
    InputError
        If there is none for one of them.
    """
    found: list[str] = []
    for pattern in patterns:
        names = find_named(pattern)
        if not names:
            raise InputError(pattern, "no such file")
        found += names
    return found


class ManifestReader:
    """Reads the rows of a manifest, all of them or by their positions.

    Relative paths in rows are returned relative to the working directory.

    Parameters
    ----------
    path : str

    Raises
    ------
    InputError
        If it cannot be read, or is no manifest; when its rows are read, too.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        try:
            self._file: BinaryIO = open_copy(path)
        except OSError as error:
            raise InputError(path, os_error_message(error)) from error
        weakref.finalize(self, self._file.close)
        # By the directory in rows: the way to it from the working directory, None for that itself.
        self._here: dict[str | None, str | None] = {None: None}

    def sources(self) -> Iterator[tuple[int, list[Row], bytes]]:
        """Yield the rows of each source, where the first of them begins, and the line of the last.

        The line is empty if its paths lead from another directory than this one.
        """
        offset = first = 0
        rows: list[Row] = []
        line = b""
        for following in self._lines():
            row = self._parsed(following, offset)
            if rows and row["source"] != rows[0]["source"]:
                yield first, rows, line
                first, rows = offset, []
            rows.append(row)
            line = following if self._here[row["directory"]] is None else b""
            offset += len(following)
        if rows:
            yield first, rows, line

    def rows_at(self, offset: int, *, several: bool) -> Iterator[Row]:
        """Yield the row that begins at `offset`, and others of its source if there are."""
        self._go_to(offset)
        source: str | None = None
        for line in self._lines():
            row = self._parsed(line, offset)
            if source is not None and row["source"] != source:
                return
            source = row["source"]
            yield row
            if not several:
                return

    def line_at(self, offset: int) -> bytes:
        """Return the line that begins at `offset`."""
        self._go_to(offset)
        return next(self._lines(), b"")

    def _go_to(self, offset: int) -> None:
        if self._file.tell() != offset:
            self._file.seek(offset)

    def _lines(self) -> Iterator[bytes]:
        try:
            while line := self._file.readline():
                yield line
        except OSError as error:
            raise InputError(self._path, os_error_message(error)) from error

    def _parsed(self, line: bytes, offset: int) -> Row:
        try:
            row: Row
            row, _ = _DECODER.raw_decode(line.decode())
            if not all(isinstance(row.get(name), kind) for name, kind in _SHAPE.items()):
                raise ValueError
            here = self._directory(row["directory"])
            if here is not None:
                row["source"] = seen_from(here, row["source"])
                row["target"] = row["target"] and seen_from(here, row["target"])
        except (ValueError, AttributeError, RecursionError):
            raise InputError(self._path, f"is no manifest of wav2spec (at byte {offset})") from None
        return row

    def _directory(self, directory: str | None) -> str | None:
        if directory not in self._here:
            real = os.path.realpath(os.path.join(os.path.dirname(os.path.realpath(self._path)), directory or ""))
            self._here[directory] = None if real == os.path.realpath(".") else os.path.relpath(real)
        return self._here[directory]
