"""The benchmark: `python tests/bench/run.py`. Every figure stands beside another one of the same run and machine."""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from measure import measured
from plan import Plan
from rows import ROWS
from table import as_row, cells, load, readme_table, replace_table, save, table

_QUICK: dict[str, Any] = {
    "short_s": 10,
    "speech_s": 20,
    "hour_s": 60,
    "long_s": 60,
    "n_clips": 20,
    "n_many": 40,
    "n_figures": 2,
    "n_in_process": 2,
    "n_processes": 1,
    "n_starts": 2,
    "n_long": 1,
}


@click.command()
@click.argument("names", metavar="[ROW]...", nargs=-1, type=click.Choice(list(ROWS)))
@click.option("--quick", is_flag=True, help="Short files, few repetitions: does the benchmark itself work?")
@click.option("--skip", "skipped", multiple=True, type=click.Choice(list(ROWS)), help="A row to leave out.")
@click.option("--results", type=Path, help="File of JSON to which rows are added, in the place of older ones.")
@click.option("--document", type=Path, help="Document whose table is replaced by all rows of the results.")
@click.option("--readme", type=Path, help="Document whose table is replaced by the most telling rows.")
def main(
    names: tuple[str, ...],
    quick: bool,
    skipped: tuple[str, ...],
    results: Path | None,
    document: Path | None,
    readme: Path | None,
) -> None:
    """Measure wav2spec against other ways to do the same work, all rows of the table or some."""
    rows = load(results) if results else {}
    with tempfile.TemporaryDirectory(prefix="wav2spec-bench-") as folder:
        plan = Plan(folder)
        if quick:
            plan = replace(plan, **_QUICK)
            click.echo("quick: these figures say nothing about the speed")
        for name in names or ROWS:
            if name in skipped:
                continue
            click.echo(f"{name} ...", err=True)
            rows[name] = as_row(measured(ROWS[name](plan)))
            click.echo(f"  {' | '.join(cells(rows[name]))}", err=True)
            # After each row, so that a run that is interrupted can go on.
            if results:
                save(results, rows)
    click.echo(table(rows))
    if document:
        replace_table(document, table(rows))
    if readme:
        replace_table(readme, readme_table(rows))


if __name__ == "__main__":
    main()
