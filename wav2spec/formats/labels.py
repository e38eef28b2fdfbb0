"""Labels of a recording: label tracks of Audacity, selection tables of Raven."""

from dataclasses import dataclass

# Columns of a selection table, and what they fill.
_RAVEN = {
    "Begin Time (s)": "start_s",
    "End Time (s)": "end_s",
    "Low Freq (Hz)": "low_hz",
    "High Freq (Hz)": "high_hz",
}
# Columns that may hold the text; the first of them that a table has is used.
_RAVEN_TEXTS = ("Annotation", "Species", "Label", "Tags", "Common Name")

# A larger file is not a label file (bytes).
_MAX_BYTES = 16 * 2**20


@dataclass(frozen=True)
class Label:
    """A name for a part of a recording.

    Attributes
    ----------
    start_s, end_s : float
        From the beginning of the recording; equal for a point.
    text : str
    low_hz, high_hz : float, optional
        The band, if it has one.
    tier : str
        The tier it belongs to, in files that have tiers.
    """

    start_s: float
    end_s: float
    text: str
    low_hz: float | None = None
    high_hz: float | None = None
    tier: str = ""


def read_labels(path: str) -> tuple[Label, ...]:
    """Return the labels of a file, in its order.

    Raises
    ------
    OSError
        If it cannot be read.
    ValueError
        If it has neither format; the message names the line.
    """
    with open(path, "rb") as file:
        content = file.read(_MAX_BYTES + 1)
    if len(content) > _MAX_BYTES:
        raise ValueError(f"more than {_MAX_BYTES >> 20} MiB: not a label file")
    lines = content.decode("utf-8-sig", "replace").splitlines()
    return parse_labels(lines)


def parse_labels(lines: list[str]) -> tuple[Label, ...]:
    r"""Return the labels of a label track or a selection table.

    Raises
    ------
    ValueError
        If a line is neither; the message names it.

    Examples
    --------
    >>> parse_labels(["0.5\t0.75\tcrow", "\\\t800\t2000"])
    (Label(start_s=0.5, end_s=0.75, text='crow', low_hz=800.0, high_hz=2000.0, tier=''),)
    """
    if lines and "Begin Time (s)" in lines[0].split("\t"):
        return tuple(_raven_labels(lines))
    labels: list[Label] = []
    for number, line in enumerate(lines, 1):
        cells = line.split("\t")
        if not line.strip():
            continue
        # Audacity writes the band of a label in a line of its own, after a backslash.
        if cells[0] == "\\" and labels and len(cells) >= 3:
            low, high = _numbers(cells[1:3], number)
            # It writes -1 for a limit that is open.
            band = (None if low < 0 else low, None if high < 0 else high)
            labels[-1] = Label(labels[-1].start_s, labels[-1].end_s, labels[-1].text, *band)
        elif len(cells) >= 2:
            start, end = _numbers(cells[:2], number)
            labels.append(Label(start, end, "\t".join(cells[2:])))
        else:
            raise ValueError(f"line {number} is no label: start, end and text, with tabs between them")
    return tuple(labels)


def _raven_labels(lines: list[str]) -> list[Label]:
    names = lines[0].split("\t")
    text_column = next((names.index(name) for name in _RAVEN_TEXTS if name in names), None)
    labels: dict[tuple[float | None, ...], Label] = {}
    for number, line in enumerate(lines[1:], 2):
        cells = line.split("\t")
        if not line.strip():
            continue
        if len(cells) < len(names):
            raise ValueError(f"line {number} has {len(cells)} columns, the head has {len(names)}")
        found = {
            field: _numbers([cells[names.index(name)]], number)[0] for name, field in _RAVEN.items() if name in names
        }
        start, low, high = found["start_s"], found.get("low_hz"), found.get("high_hz")
        label = Label(
            start, found.get("end_s", start), cells[text_column] if text_column is not None else "", low, high
        )
        # A table has a line for each view: of the waveform and of the spectrogram.
        labels.setdefault((label.start_s, label.end_s, low, high), label)
    return list(labels.values())


def _numbers(cells: list[str], line: int) -> list[float]:
    try:
        # Audacity writes decimal commas where the language has them.
        numbers = [float(cell.replace(",", ".")) for cell in cells]
    except ValueError:
        raise ValueError(f"line {line}: {' and '.join(map(repr, cells))} should be numbers") from None
    if not all(abs(number) < 1e12 for number in numbers):
        raise ValueError(f"line {line}: {' and '.join(map(repr, cells))} should be finite")
    return numbers
