"""The benchmark: `python tests/bench/run.py`. Every figure stands beside another one of the same run and machine."""

import json
import os
import platform
import tempfile
from dataclasses import asdict, replace
from statistics import median
from typing import Any

import click
import numpy as np
from measure import Figures, measured, middle
from plan import Plan
from rows import all_rows

import wav2spec
from wav2spec.process import begin_work


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


_HEAD = ("work", "against", "median of each, ms (least to most)", "against / work", "target", "met", "peak, MB", "note")


def cells(figures: Figures) -> tuple[str, ...]:
    """Return the row as it is printed."""
    row = figures.row
    target = row.target.words if row.target else "-"
    if figures.missing:
        return row.work.name, row.against.name, f"skipped: {figures.missing}", "-", target, "-", "-", row.note
    both = f"{_spread([cost.ms for cost in figures.work], 0)}, {_spread([cost.ms for cost in figures.against], 0)}"
    met = {True: "yes", False: "no", None: "-"}[figures.target_met]
    peaks = [middle(costs).peak_mb for costs in (figures.work, figures.against)]
    peak = ", ".join("-" if mb is None else f"{mb:.0f}" for mb in peaks) if any(peaks) else "-"
    notes = [row.note] if row.note else []
    if figures.first and figures.first.ms > 1.3 * middle(figures.against).ms:
        notes.append(f"first call {figures.first.ms:.0f} ms")
    ratio = _spread(list(figures.ratios), 2)
    return row.work.name, row.against.name, both, ratio, target, met, peak, "; ".join(notes)


def _spread(values: list[float], n_digits: int) -> str:
    return f"{median(values):.{n_digits}f} ({min(values):.{n_digits}f} to {max(values):.{n_digits}f})"


def print_table(lines: list[tuple[str, ...]]) -> None:
    for number, line in enumerate(lines):
        click.echo(f"| {' | '.join(line)} |")
        if number == 0:
            click.echo("|---" * len(line) + "|")


def as_json(figures: Figures) -> dict[str, Any]:
    row = figures.row
    return {
        "work": row.work.name,
        "against": row.against.name,
        "figures": [asdict(cost) for cost in figures.work],
        "figures_against": [asdict(cost) for cost in figures.against],
        "target": row.target.words if row.target else None,
        "target_met": figures.target_met,
        "missing": figures.missing,
        "note": row.note,
    }


@click.command()
@click.option("--quick", is_flag=True, help="Short files, few repetitions: does the benchmark itself work?")
@click.option("--json", "json_file", type=click.File("w"), help="Keep every single figure in a file.")
def main(quick: bool, json_file: Any) -> None:
    """Measure wav2spec against other ways to do the same work."""
    # As the program itself does before it works.
    begin_work()
    conditions = machine()
    click.echo(", ".join(f"{name} {value}" for name, value in conditions.items()))
    with tempfile.TemporaryDirectory(prefix="wav2spec-bench-") as folder:
        plan = Plan(folder)
        if quick:
            plan = replace(
                plan,
                short_s=10,
                long_s=60,
                n_clips=20,
                n_many=40,
                n_figures=2,
                n_in_process=2,
                n_processes=1,
                n_starts=2,
                n_long=1,
            )
            click.echo("quick: these figures say nothing about the speed")
        results = []
        for row in all_rows(plan):
            click.echo(f"{row.work.name}: {row.against.name}", err=True)
            results.append(measured(row))
    print_table([_HEAD, *map(cells, results)])
    if json_file:
        json.dump({"machine": conditions, "quick": quick, "rows": list(map(as_json, results))}, json_file, indent=2)
        json_file.write("\n")


if __name__ == "__main__":
    main()
