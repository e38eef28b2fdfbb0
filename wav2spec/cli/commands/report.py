"""``wav2spec report``: what failed and what is odd in a run, as a page or in Markdown."""

import os
import sys
from typing import Literal

import click

from wav2spec.cli.help import Command
from wav2spec.cli.param_types import FILE
from wav2spec.cli.request import Jobs
from wav2spec.console import print_message, printable
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
    # Loads NumPy and libsndfile.
    from wav2spec.batch.review_page import read_manifests, write_review
    from wav2spec.render.html.report import format_markdown
    from wav2spec.storage.targets import make_directory, open_target

    problems = []
    review = read_manifests(manifests)
    make_directory(os.path.dirname(output))
    with open_target(output) as file:
        if kind == "md":
            file.write(format_markdown(review).encode("utf-8", "backslashreplace"))
        else:
            origin = thumbnails or ("sources" if len(review.rows) <= _MAX_THUMBNAILS else "none")
            problems = write_review(file, review, "" if output == STREAM else output, origin, jobs)
    if problems and not quiet:
        print_message("warning", printable(f"no thumbnail of {len(problems)} rows; the first: {problems[0]}"))
    return 0


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
