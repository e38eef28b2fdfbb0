"""What was measured, kept from run to run in a file of JSON, and the tables of the documentation that show it."""

import json
import os
import platform
import re
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from measure import Figures, middle
from rows import ROWS

import wav2spec

# What the README shows.
README_ROWS = ("tf-script", "clips-sox", "clips-tf-data", "plot-script", "long")

_HEAD = "| work | against | median of each | ratio (least to most) | wanted | memory |\n|---|---|---|---|---|---|"
_README_HEAD = "| work | against | ratio | memory of both |\n|---|---|---|---|"
_BEGIN, _END = "<!-- written by `make bench` -->", "<!-- end -->"


def machine() -> dict[str, Any]:
    """Return what the figures depend on."""
    return {
        "cpu": _cpu_model(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        "system": platform.system(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "wav2spec": wav2spec.__version__,
    }


def _cpu_model() -> str:
    try:
        with open("/proc/cpuinfo") as file:
            lines = [line for line in file if line.startswith("model name")]
    except OSError:
        lines = []
    return lines[0].split(":")[1].strip() if lines else platform.processor() or platform.machine()


def load(path: Path) -> dict[str, Any]:
    """Return the rows that were measured before on this machine, by name."""
    if not path.exists():
        return {}
    saved = json.loads(path.read_text())
    rows: dict[str, Any] = saved["rows"]
    return rows if saved["machine"] == machine() else {}


def save(path: Path, rows: dict[str, Any]) -> None:
    path.write_text(json.dumps({"machine": machine(), "rows": rows}, indent=1) + "\n")


def as_row(figures: Figures) -> dict[str, Any]:
    """Return what is kept of a row."""
    row, notes = figures.row, [figures.row.note] if figures.row.note else []
    if figures.first and figures.first.ms > 1.3 * middle(figures.against).ms:
        notes.append(f"its first call took {_time(figures.first.ms)}")
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "load": round(os.getloadavg()[0], 1),
        "work": row.work.name,
        "against": row.against.name,
        "note": "; ".join(notes),
        "target": row.target.words if row.target else "",
        "met": figures.target_met,
        "missing": figures.missing,
        "costs": [asdict(cost) for cost in figures.work],
        "costs_against": [asdict(cost) for cost in figures.against],
    }


def cells(row: dict[str, Any]) -> tuple[str, ...]:
    """Return a row as the table shows it."""
    against = f"{row['against']} ({row['note']})" if row["note"] else row["against"]
    if row["missing"]:
        return row["work"], against, f"skipped: {row['missing']}", "", row["target"], ""
    wanted = row["target"] + (" (missed)" if row["met"] is False else "")
    columns = row["costs"], row["costs_against"]
    times = ", ".join(_time(median(cost["ms"] for cost in costs)) for costs in columns)
    peaks = [[cost["peak_mb"] for cost in costs if cost["peak_mb"]] for costs in columns]
    memory = ", ".join(f"{median(some):.0f} MB" for some in peaks) if all(peaks) else ""
    return row["work"], against, times, _ratio(row), wanted, memory


def _ratio(row: dict[str, Any]) -> str:
    """Return how many times as fast as the other a work was, or as long it took, of neighbours in time."""
    pairs = list(zip(row["costs"], row["costs_against"], strict=True))
    ratios = [other["ms"] / mine["ms"] for mine, other in pairs]
    fast = median(ratios), min(ratios), max(ratios)
    middle, least, most = fast if fast[0] >= 1 else (1 / fast[0], 1 / fast[2], 1 / fast[1])
    return f"{_number(middle)} x as {'fast' if fast[0] >= 1 else 'long'} ({_number(least)} to {_number(most)})"


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 30 else f"{value:.1f}" if value >= 2 else f"{value:.2f}"


def _time(ms: float) -> str:
    return f"{ms:.0f} ms" if ms < 1000 else f"{ms / 1000:.1f} s"


def table(rows: dict[str, Any]) -> str:
    """Return the table of all rows, in the order of `ROWS`, and the line that says where it was measured."""
    lines = [f"| {' | '.join(cells(rows[name]))} |" for name in ROWS if name in rows]
    return "\n".join((_HEAD, *lines, "", _conditions(rows)))


def readme_table(rows: dict[str, Any]) -> str:
    shown = [rows[name] for name in README_ROWS if name in rows and not rows[name]["missing"]]
    lines = [f"| {row['work']} | {row['against']} | {_ratio(row).split(' (')[0]} | {cells(row)[-1]} |" for row in shown]
    return "\n".join((_README_HEAD, *lines))


def _conditions(rows: dict[str, Any]) -> str:
    here = machine()
    versions = f"Python {here['python']} and NumPy {here['numpy']} on {here['system']}"
    dates, loads = (_range(row[key] for row in rows.values()) for key in ("date", "load"))
    return f"Measured on {dates} with {here['cores']} cores of an {here['cpu']}, {versions}; load average {loads}."


def _range(values: Iterable[Any]) -> str:
    ordered = sorted(set(values))
    return str(ordered[0]) if len(ordered) == 1 else f"{ordered[0]} to {ordered[-1]}"


def replace_table(path: Path, text: str) -> None:
    """Replace what `make bench` wrote in a document before."""
    pattern = re.compile(f"{re.escape(_BEGIN)}.*?{re.escape(_END)}", re.DOTALL)
    document = path.read_text()
    if not pattern.search(document):
        raise ValueError(f"{path} has no {_BEGIN} ... {_END}")
    path.write_text(pattern.sub(lambda _: f"{_BEGIN}\n\n{text}\n\n{_END}", document))
