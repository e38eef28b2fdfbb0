"""The benchmark: `python tests/bench/run.py`. Every figure stands beside another one of the same run and machine."""

import json
import os
import platform
import tempfile
from dataclasses import replace
from statistics import median
from typing import Any

import click
import numpy as np
from measure import Figures, measured
from rows import Plan, all_rows

import wav2spec


def machine() -> dict[str, str | int | float]:
    """Return what the figures depend on."""
    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count() or 1,
        "load": round(os.getloadavg()[0], 2),
        "system": platform.platform(),
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


_HEAD = ("work", "against", "median of each (least to most)", "ratio", "target", "met")


def cells(figures: Figures) -> tuple[str, ...]:
    """Return the row as it is printed."""
    row = figures.row
    target = row.target.words if row.target else "-"
    if row.missing:
        return row.work.name, row.against.name, f"skipped: {row.missing}", "-", target, "-"
    both = f"{_spread(figures.work, 1)} / {_spread(figures.against, 1)} {row.unit}"
    met = {True: "yes", False: "no", None: "-"}[figures.target_met]
    return row.work.name, row.against.name, both, _spread(figures.ratios, 2), target, met


def _spread(values: tuple[float, ...], n_digits: int) -> str:
    return f"{median(values):.{n_digits}f} ({min(values):.{n_digits}f} to {max(values):.{n_digits}f})"


def print_table(lines: list[tuple[str, ...]]) -> None:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def as_json(figures: Figures) -> dict[str, Any]:
    row = figures.row
    return {
        "work": row.work.name,
        "against": row.against.name,
        "unit": row.unit,
        "figures": figures.work,
        "figures_against": figures.against,
        "target": row.target.words if row.target else None,
        "target_met": figures.target_met,
        "missing": row.missing,
    }


@click.command()
@click.option("--quick", is_flag=True, help="Short files and two repetitions: does the benchmark itself work?")
@click.option("--json", "json_file", type=click.File("w"), help="Keep every single figure in a file.")
def main(quick: bool, json_file: Any) -> None:
    """Measure wav2spec against other ways to do the same work."""
    conditions = machine()
    click.echo(", ".join(f"{name} {value}" for name, value in conditions.items()))
    with tempfile.TemporaryDirectory(prefix="wav2spec-bench-") as folder:
        plan = Plan(folder)
        if quick:
            plan = replace(plan, short_s=10, long_s=60, n_conversions=2, n_peaks=1, n_starts=2)
            click.echo("quick: these figures say nothing about the speed")
        results = [measured(row) for row in all_rows(plan)]
    click.echo("ratio: work / against, of neighbours in time; below 1 is less time or memory\n")
    print_table([_HEAD, *map(cells, results)])
    if json_file:
        json.dump({"machine": conditions, "quick": quick, "rows": list(map(as_json, results))}, json_file, indent=2)
        json_file.write("\n")


if __name__ == "__main__":
    main()
