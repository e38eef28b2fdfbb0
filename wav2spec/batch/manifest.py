"""The manifest: one line of JSON for each outcome, in the order of the plan."""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import BinaryIO

from wav2spec.batch.facts import Facts
from wav2spec.batch.outcomes import Outcome, Tally
from wav2spec.storage.streams import STREAM


@dataclass(frozen=True)
class ManifestRow(Facts):
    """A line of the manifest: the schema. A field that is not known is null; fields are added, never renamed.

    `Facts` documents the fields about recording and picture, which stand between `error` and `warnings`.

    Attributes
    ----------
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
    label : str
        None: reserved for the class of the recording.
    directory : str
        Directory that relative paths refer to, relative to the one of the manifest. None on standard output.
    """

    source: str = ""
    target: str | None = None
    status: str = ""
    error: str | None = None
    warnings: tuple[str, ...] = ()
    label: str | None = None
    directory: str | None = None


_FIRST = ("source", "target", "status", "error")
_LAST = ("warnings", "label", "directory")
_FACTS = tuple(field.name for field in fields(Facts))
ROW_FIELDS = (*_FIRST, *_FACTS, *_LAST)
_SAMPLE_FIELDS = tuple(name for name in ROW_FIELDS if name not in ("target", "status", "error", "directory"))


class ManifestWriter:
    """Writes a row for each outcome.

    Parameters
    ----------
    file : binary file
    path : str
        Of the manifest, ``-`` for standard output.
    """

    def __init__(self, file: BinaryIO, path: str) -> None:
        self._file = file
        self._directory = directory_from(path)

    def add(self, outcome: Outcome) -> None:
        self._file.write(outcome.rows if isinstance(outcome, Tally) else manifest_row(outcome, self._directory))


def manifest_row(outcome: Outcome, directory: str | None) -> bytes:
    """Return a line of the manifest."""
    return _encoded(_row(outcome, directory), ROW_FIELDS) + b"\n"


def sample_row(outcome: Outcome) -> bytes:
    """Return what a shard tells of a picture in it: the row but for what depends on the run."""
    return _encoded(_row(outcome, None), _SAMPLE_FIELDS)


def _row(outcome: Outcome, directory: str | None) -> ManifestRow:
    return ManifestRow(
        **{name: getattr(outcome.facts, name) for name in _FACTS},
        source=outcome.source,
        target=outcome.target,
        status=outcome.status,
        error=outcome.failure.message if outcome.failure else None,
        warnings=outcome.warnings,
        directory=directory,
    )


def _encoded(row: ManifestRow, fields: Iterable[str]) -> bytes:
    # In ASCII, so that bytes of a name that are no text can stand in it.
    return json.dumps({name: getattr(row, name) for name in fields}).encode()


def directory_from(path: str) -> str | None:
    """Return the working directory relative to the manifest's, so that the two can be moved together."""
    if path == STREAM:
        return None
    return os.path.relpath(os.path.realpath("."), os.path.dirname(os.path.realpath(path)))
