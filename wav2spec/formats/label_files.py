"""Label files of all kinds: those of `wav2spec.formats.labels`, Praat TextGrids and CSV."""

import csv
import os
from collections.abc import Iterable, Iterator
from dataclasses import replace

from wav2spec.errors import AudioError, os_error_message
from wav2spec.formats.labels import Label, read_labels

# The suffixes of label files beside a recording, in the order in which they are looked for.
SUFFIXES = (".TextGrid", ".txt", ".csv", ".selections.txt", ".Table.1.selections.txt")

# The names of CSV columns.
_COLUMNS = {
    "start": ("start", "start_s", "begin", "onset", "start time", "start_time"),
    "end": ("end", "end_s", "stop", "offset", "end time", "end_time"),
    "low": ("low", "low_hz", "fmin", "low freq", "low_freq"),
    "high": ("high", "high_hz", "fmax", "high freq", "high_freq"),
    "label": ("label", "text", "name", "species", "class"),
    "file": ("file", "filename", "file_name", "path", "recording"),
}

# The columns of a CSV without names, by their number.
_UNNAMED = {2: ("start", "end"), 3: ("start", "end", "label"), 5: ("start", "end", "low", "high", "label")}


def find_label_file(recording: str) -> str | None:
    """Return the label file that belongs to a recording by its name; None if there is none."""
    stem = os.path.splitext(recording)[0]
    return next((stem + suffix for suffix in SUFFIXES if os.path.isfile(stem + suffix)), None)


def read_label_file(path: str, recording: str = "") -> list[Label]:
    """Read a label file, whose format follows from its name and content; labels are sorted by their starts.

    Parameters
    ----------
    path : str
    recording : str, optional
        Path of a recording, whose rows are taken of a CSV that names recordings.

    Raises
    ------
    AudioError
        If it cannot be read, with the number of the line.
    """
    try:
        labels = list(_labels_in(path, recording))
    except OSError as error:
        raise AudioError(path, os_error_message(error)) from error
    except ValueError as error:
        raise AudioError(path, str(error)) from error
    for label in labels:
        if label.start_s < 0 or label.end_s < label.start_s:
            raise AudioError(path, f"the label {label.text!r} is from {label.start_s:g} s to {label.end_s:g} s")
        if label.low_hz is not None and label.high_hz is not None and label.high_hz < label.low_hz:
            raise AudioError(path, f"the label {label.text!r} is from {label.low_hz:g} Hz to {label.high_hz:g} Hz")
    return sorted(
        (replace(label, text=label.text.strip()) for label in labels), key=lambda one: (one.start_s, one.end_s)
    )


def _labels_in(path: str, recording: str) -> Iterable[Label]:
    suffix = os.path.splitext(path)[1].lower()
    if suffix == ".csv":
        return _read_csv(path, recording)
    return _read_textgrid(path) if suffix == ".textgrid" else read_labels(path)


def _read_csv(path: str, recording: str) -> Iterator[Label]:
    """Read start, end and label, with low and high before the label or by the names in the first line."""
    try:
        with open(path, encoding="utf-8-sig", errors="replace", newline="") as file:
            rows = [(number, row) for number, row in enumerate(csv.reader(file), 1) if row]
    except csv.Error as error:
        raise ValueError(f"not CSV: {error}") from error
    if not rows:
        return
    header = [field.strip().lower() for field in rows[0][1]]
    columns = {key: header.index(name) for key, names in _COLUMNS.items() for name in reversed(names) if name in header}
    if {"start", "end"} <= columns.keys():
        rows = rows[1:]
    elif len(header) in _UNNAMED:
        columns = {key: index for index, key in enumerate(_UNNAMED[len(header)])}
    else:
        raise ValueError(f"line {rows[0][0]} has {len(header)} columns, expected start, end[, low, high], label")
    for number, row in rows:
        if len(row) <= max(columns.values()):
            raise ValueError(f"line {number} has {len(row)} columns, expected {max(columns.values()) + 1}")
        if recording and "file" in columns and not _is_name_of(row[columns["file"]].strip(), recording):
            continue
        values = {key: _number(row[index], number) for key, index in columns.items() if key not in ("label", "file")}
        start, end = values["start"], values["end"]
        if start is None or end is None:
            raise ValueError(f"line {number} has no start or no end")
        text = row[columns["label"]] if "label" in columns else ""
        yield Label(start, end, text, values.get("low"), values.get("high"))


def _is_name_of(name: str, recording: str) -> bool:
    """Return whether a name, with or without suffix and folders, is that of a recording.

    >>> [_is_name_of(name, "set/crow/1.wav") for name in ("1.wav", "crow/1", "set/crow/1.wav", "rook/1.wav", "2")]
    [True, True, True, False, False]
    """
    paths = recording.replace(os.sep, "/"), os.path.splitext(recording)[0].replace(os.sep, "/")
    return any(f"/{path}".endswith("/" + name.replace("\\", "/").removeprefix("./")) for path in paths)


def _number(text: str, line: int) -> float | None:
    """Return a number of a table; None for an empty cell."""
    try:
        value = float(text) if text.strip() else None
    except ValueError:
        raise ValueError(f"line {line}: {text.strip()!r} is not a number") from None
    if value is not None and not abs(value) < 1e12:
        raise ValueError(f"line {line}: {text.strip()!r} is not finite")
    return value


def _read_textgrid(path: str) -> Iterator[Label]:
    try:
        # An optional dependency, loaded only for such files.
        from praatio import textgrid
        from praatio.utilities.errors import PraatioException
    except ImportError as error:
        raise AudioError(path, "reading a TextGrid needs praatio: pip install 'wav2spec[labels]'") from error
    with open(path, "rb"):
        # That it cannot be opened is the system's error, not praatio's.
        pass
    try:
        grid = textgrid.openTextgrid(path, includeEmptyIntervals=False, reportingMode="silence")
    except (PraatioException, ValueError, IndexError, KeyError, UnicodeError) as error:
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise AudioError(path, f"not a TextGrid that can be read: {reason}") from error
    for name in grid.tierNames:
        for entry in grid.getTier(name).entries:
            # A point has one time, an interval two.
            *times, text = entry
            yield Label(float(times[0]), float(times[-1]), str(text), tier=name)
