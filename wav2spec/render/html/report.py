"""The report of a batch: a page, or a summary in Markdown for the logs of CI."""

import html
import os
from collections.abc import Iterable, Sequence
from typing import Any, BinaryIO

from wav2spec.console import printable
from wav2spec.render.html.page import Block, Page, to_base64, to_json
from wav2spec.render.html.review import FLAGS, Review, Row, drawn_duration

# The lists that a person reads in a log are short.
_N_WORST = 20

# The colours of thumbnails. Filters interpolate between levels of equal distance: every fifth of the 256.
PALETTES = ("magma", "viridis", "gray")
_PALETTE_STEP = 5

_PAGE = Page(
    "report/report.html",
    ("common/common.css", "report/report.css"),
    (
        "common/text.js",
        "report/data.js",
        "report/list.js",
        "report/histograms.js",
        "report/detail.js",
        "report/main.js",
    ),
    media="media-src 'self' file:",
)

# Columns of at most so many different values are written as codes.
_MAX_CODED = 10

# Columns of the page, as they stand in the manifest.
_FIELDS = (
    "source",
    "target",
    "status",
    "error",
    "peak_dbfs",
    "rms_dbfs",
    "clipped_share",
    "silent_share",
    "dc",
    "sample_rate",
    "n_channels",
    "sample_format",
    "label",
    "start_s",
)


def write_report(
    file: BinaryIO, review: Review, page: str, thumbnails: Sequence[int | None], sheets: Iterable[bytes]
) -> None:
    """Write the page.

    Parameters
    ----------
    file : binary file
    review : Review
        Of rows whose `directory` is that of their paths.
    page : str
        Path of the page.
    thumbnails : sequence of int, optional
        For each row, the number of its thumbnail.
    sheets : iterable of bytes
        As `thumbnails.sheets` yields them.
    """
    from wav2spec.render.html.thumbnails import HEIGHT, SHEET_SIDE, WIDTH

    number_of: dict[str, int] = {}
    for row in review.rows:
        number_of.setdefault(row["directory"], len(number_of))
    columns: dict[str, list[Any]] = {name: [_short(row.get(name)) for row in review.rows] for name in _FIELDS}
    columns |= {
        "duration_s": [_short(drawn_duration(row)) for row in review.rows],
        "warnings": ["; ".join(row.get("warnings") or ()) for row in review.rows],
        "same": _groups(review.rows),
        "flags": review.flags,
        "set": review.sets,
        "base": [number_of[row["directory"]] for row in review.rows],
        "thumbnail": list(thumbnails),
    }
    data = {
        "names": review.names,
        "n_rows": len(review.rows),
        "hours": _short(review.hours()),
        "statuses": review.statuses(),
        "flags": [{"name": flag.name, "help": flag.help, "weight": flag.weight} for flag in FLAGS],
        "bases": [_relative_directory(directory, page) for directory in number_of],
        "columns": {name: _column(values) for name, values in columns.items()},
        "thumbnail": {"width": WIDTH, "height": HEIGHT, "side": SHEET_SIDE},
        "palettes": {name: _curves(name) for name in PALETTES},
    }
    blocks = [Block("data", [to_json(data)], "application/json")]
    _PAGE.write(file, title(review), "", (*blocks, *_sheet_blocks(sheets)))


def _column(values: list[Any]) -> list[Any] | dict[str, list[Any]]:
    """Return a column as it is written; one of few different values as those, and a number for each row.

    >>> _column(["written", "failed", "written", "written"])
    {'values': ['written', 'failed'], 'rows': [0, 1, 0, 0]}
    """
    different = list(dict.fromkeys(values))
    if len(different) > _MAX_CODED:
        return values
    if len(different) <= 1:
        return {"values": different, "rows": []}
    code = {value: number for number, value in enumerate(different)}
    return {"values": different, "rows": [code[value] for value in values]}


def title(review: Review) -> str:
    return ", ".join(review.names)


def _sheet_blocks(sheets: Iterable[bytes]) -> Iterable[Block]:
    return (Block(f"sheet-{number}", to_base64([sheet])) for number, sheet in enumerate(sheets))


def _groups(rows: list[Row]) -> list[int]:
    """Return a number for each group of rows with the same samples, 0 for rows that are alone."""
    members: dict[str, list[int]] = {}
    for index, row in enumerate(rows):
        if digest := row.get("samples_sha256"):
            members.setdefault(digest, []).append(index)
    groups = [0] * len(rows)
    for number, indices in enumerate((found for found in members.values() if len(found) > 1), 1):
        for index in indices:
            groups[index] = number
    return groups


def _curves(palette: str) -> list[list[float]]:
    """Return red, green and blue over the levels, from 0 to 1, for an SVG filter; none for gray."""
    from wav2spec.render.colormaps import load_colormap
    from wav2spec.settings.choices import GRAY

    if palette == GRAY:
        return []
    colors = load_colormap(palette)
    return [[round(int(level) / 255, 3) for level in colors[::_PALETTE_STEP, channel]] for channel in range(3)]


def _short(value: Any) -> Any:
    """Return a number with six digits, and everything else as it is."""
    return float(f"{value:.6g}") if isinstance(value, float) else value


def format_markdown(review: Review) -> str:
    """Return a summary and the worst rows, in Markdown that GitHub, GitLab and people read."""
    statuses = ", ".join(f"{count:,} {status}" for status, count in review.statuses().items()) or "no rows"
    lines = [f"# {_cell(title(review))}", "", f"{statuses}; {_duration_text(3600 * review.hours())} of sound.", ""]
    found = {name: count for name, count in review.counts().items() if count}
    if found:
        meaning = {flag.name: flag.help for flag in FLAGS}
        lines += ["| found | rows | meaning |", "| --- | ---: | --- |"]
        lines += [f"| {name} | {count:,} | {meaning[name]} |" for name, count in found.items()]
        lines.append("")
    flagged = [index for index in range(len(review.rows)) if review.flags[index]]
    worst = sorted(flagged, key=lambda index: -review.severity(index))[:_N_WORST]
    if worst:
        lines += [f"## The worst {len(worst)} of {len(flagged):,}", ""]
        lines += ["| source | found | why | s | peak dBFS |", "| --- | --- | --- | ---: | ---: |"]
        lines += [_markdown_row(review, index) for index in worst]
        lines.append("")
    return "\n".join(lines)


def _duration_text(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} min" if seconds < 3600 else f"{seconds / 3600:.2f} h"


def _markdown_row(review: Review, index: int) -> str:
    row = review.rows[index]
    why = row.get("error") or "; ".join(row.get("warnings") or ())
    duration_s, peak = drawn_duration(row), row.get("peak_dbfs")
    numbers = ["" if value is None else f"{value:.{digits}f}" for value, digits in ((duration_s, 3), (peak, 1))]
    cells = [f"<code>{_cell(row['source'])}</code>", ", ".join(review.flag_names(index)), _cell(why), *numbers]
    return f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    """Return text on one line, with Markdown escaped."""
    escaped = html.escape(printable(text), quote=False)
    return "".join(f"&#{ord(letter)};" if letter in "|`*_[]\\~#" else letter for letter in escaped)


def _relative_directory(directory: str, page: str) -> str:
    """Return a directory as seen from a page's, ending in a slash; empty for the same."""
    relative = os.path.relpath(directory, os.path.dirname(page) or ".")
    return "" if relative == "." else relative + "/"
