"""``wav2spec report``: what failed and what is odd in a run, as a page or in Markdown."""

import os
import sys
from typing import Any, Literal

import click

from wav2spec.cli.help import Command
from wav2spec.cli.param_types import FILE
from wav2spec.cli.request import Jobs
from wav2spec.console import print_message, printable
from wav2spec.errors import AudioError, OutputError, os_error_message
from wav2spec.storage.streams import STANDARD_OUTPUT, STREAM

ReportFormat = Literal["html", "md"]

# Above this many rows, thumbnails make the page larger than browsers like (rows).
_MAX_THUMBNAILS = 50_000

_SUFFIXES: dict[str, ReportFormat] = {".html": "html", ".htm": "html", ".md": "md"}


@click.command(cls=Command)
@click.argument("manifests", metavar="MANIFEST.jsonl...", nargs=-1, required=True, type=FILE)
@click.option("-o", "--output", type=FILE, metavar="DEST", help="An .html or .md file, or - for standard output.")
@click.option(
    "--format", type=click.Choice(["html", "md"]), help="A page, or Markdown.  [default: by the name of DEST, else md]"
)
@click.option(
    "--thumbnails",
    type=click.Choice(["sources", "pictures", "none"]),
    help="Draw them from recordings, or reduce the pictures.  [default: sources, none above 50000 rows]",
)
@click.option(
    "-j", "--jobs", type=Jobs(), default="auto", help="Processes that draw thumbnails.  [default: auto, one per CPU]"
)
@click.option("-q", "--quiet", is_flag=True, help="No warnings.")
def report(
    manifests: tuple[str, ...],
    output: str | None,
    format: ReportFormat | None,
    thumbnails: str | None,
    jobs: int | None,
    quiet: bool,
) -> int:
    """Review a run from its manifests: what failed and why, what is odd, and how long and loud all is.

    The page is one file that opens in any browser. Given two manifests, it also marks samples that are in both, such
    as a clip in the training and in the validation set. Markdown has the summary and the worst 20, for logs of CI.

    \b
    wav2spec train/ -o pictures/ --manifest train.jsonl; wav2spec report train.jsonl -o report.html
    wav2spec report train.jsonl valid.jsonl --format md >> "$GITHUB_STEP_SUMMARY"
    """
    output = STREAM if output in STANDARD_OUTPUT or output is None else output
    kind = format or _format_of(output)
    if kind == "html" and output == STREAM and sys.stdout is not None and sys.stdout.isatty():
        raise click.UsageError("a page is not written to a terminal: name a file with -o, or redirect standard output")
    if output != STREAM and any(_is_same_file(output, manifest) for manifest in manifests):
        raise click.UsageError(f"{output} is the manifest itself; name another file with -o")
    # Loaded where there is work.
    from wav2spec.render.html.review import Review
    from wav2spec.storage.targets import open_target

    try:
        found = [_read_manifest(path) for path in manifests]
        names = _distinct_names(manifests)
        review = Review.of([(name, rows) for name, (rows, _) in zip(names, found, strict=True)])
        directories = [directory for _, group in found for directory in group]
        with open_target(output) as file:
            if kind == "md":
                from wav2spec.render.html.report import format_markdown

                file.write(format_markdown(review).encode())
            else:
                origin = thumbnails or ("sources" if len(review.rows) <= _MAX_THUMBNAILS else "none")
                _write_page(file, review, directories, origin, output, jobs, quiet=quiet)
    except (AudioError, OutputError) as error:
        print_message("error", printable(str(error)))
        return 1
    return 0


def _write_page(
    file: Any, review: Any, directories: list[str], origin: str, output: str, n_workers: int | None, *, quiet: bool
) -> None:
    # Loads NumPy and libsndfile.
    from wav2spec.batch.thumbnails import draw_thumbnails, thumbnail_jobs
    from wav2spec.executors.cpus import available_cpus
    from wav2spec.process import begin_work
    from wav2spec.render.html.report import relative_directory, write_report
    from wav2spec.render.html.thumbnails import sheets

    jobs = thumbnail_jobs(review.rows, directories, origin)
    drawn = [index for index, job in enumerate(jobs) if job]
    begin_work()
    results = draw_thumbnails([job for job in jobs if job], n_workers or min(available_cpus(), 1 + len(drawn) // 50))
    numbers: list[int | None] = [None] * len(jobs)
    problems: list[str] = []

    def pixels() -> Any:
        n_pixels = 0
        for index, result in zip(drawn, results, strict=True):
            if isinstance(result, str):
                problems.append(result)
                continue
            numbers[index] = n_pixels
            n_pixels += 1
            yield result

    # The numbers are known when the last sheet is.
    all_sheets = list(sheets(pixels()))
    if problems and not quiet:
        message = f"{len(problems)} of {len(drawn)} thumbnails are missing; the first: {problems[0]}"
        print_message("warning", printable(message))
    page = "" if output == STREAM else output
    bases = {directory: relative_directory(directory, page) for directory in set(directories)}
    write_report(file, review, [bases[directory] for directory in directories], numbers, all_sheets)


def _read_manifest(path: str) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the rows, and for each the directory that its paths refer to.

    Raises
    ------
    AudioError
        If it cannot be read, or a line is no row of a manifest.
    """
    from wav2spec.render.html.review import parse_row

    name = "standard input" if path == STREAM else path
    rows, directories = [], []
    try:
        with click.open_file(path, "rb") as file:
            for number, line in enumerate(file, 1):
                row = parse_row(line)
                if row is None:
                    message = f"line {number} is no row of a manifest, which wav2spec writes with --manifest"
                    raise AudioError(name, message)
                rows.append(row)
                # Manifests of earlier versions have none: paths refer to where they were written, most often here.
                directory = row.get("directory")
                directories.append(
                    "." if not isinstance(directory, str) else os.path.join(os.path.dirname(path), directory)
                )
    except OSError as error:
        raise AudioError(name, os_error_message(error)) from error
    return rows, directories


def _distinct_names(paths: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of the files, with their directories where names alone are not distinct."""
    names = tuple(map(os.path.basename, paths))
    return names if len(set(names)) == len(names) else paths


def _format_of(output: str) -> ReportFormat:
    if output == STREAM:
        return "md"
    suffix = os.path.splitext(output)[1].lower()
    if suffix not in _SUFFIXES:
        raise click.UsageError(f"{output} ends in neither .html nor .md; give --format")
    return _SUFFIXES[suffix]


def _is_same_file(one: str, other: str) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False
