"""From manifests to the page that reviews them: rows, their thumbnails, and the page."""

import os
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from wav2spec.batch.thumbnails import draw_thumbnails, thumbnail_job
from wav2spec.errors import InputError, os_error_message
from wav2spec.executors.cpus import available_cpus
from wav2spec.process import begin_work
from wav2spec.render.html.report import write_report
from wav2spec.render.html.review import Review, Row, parse_row
from wav2spec.render.html.thumbnails import Pixels, sheets
from wav2spec.storage.streams import STREAM

# A process that is started for thumbnails should have at least so many to draw.
_WORTH_A_PROCESS = 50


def read_manifests(paths: Sequence[str]) -> Review:
    """Return the rows of manifests, judged together.

    Raises
    ------
    InputError
        If one cannot be read, or a line of it is no row.
    """
    names = [os.path.basename(path) for path in paths]
    # Manifests of one name are told apart by their paths.
    distinct = names if len(set(names)) == len(names) else paths
    return Review.of([(name, list(_rows(path))) for name, path in zip(distinct, paths, strict=True)])


def _rows(path: str) -> Iterator[Row]:
    """Yield the rows of a manifest, each with the directory of its paths as seen from here."""
    name = "standard input" if path == STREAM else path
    try:
        # A manifest may come from a FIFO, as <(...) of the shell is one.
        with open(0 if path == STREAM else path, "rb", closefd=path != STREAM) as file:
            for number, line in enumerate(file, 1):
                row = parse_row(line)
                if row is None:
                    message = f"line {number} is no row of a manifest, which wav2spec writes with --manifest"
                    raise InputError(name, message)
                # Manifests of earlier versions have none: paths refer to where they were written, most often here.
                found = row.get("directory")
                row["directory"] = "." if found is None else os.path.join(os.path.dirname(path), found) or "."
                yield row
    except OSError as error:
        raise InputError(name, os_error_message(error)) from error


def write_review(file: BinaryIO, review: Review, page: str, origin: str, n_workers: int | None) -> list[str]:
    """Draw the thumbnails and write the page.

    Parameters
    ----------
    file : binary file
    review : Review
    page : str
        Path of the page, which links to recordings and pictures relative to it.
    origin : {"sources", "pictures", "none"}
        What thumbnails are drawn from.
    n_workers : int, optional
        Processes that draw them; by default as many as suit.

    Returns
    -------
    list of str
        The reasons why thumbnails are missing.
    """
    jobs = {index: job for index, row in enumerate(review.rows) if (job := thumbnail_job(row, origin))}
    numbers: list[int | None] = [None] * len(review.rows)
    problems: list[str] = []

    def drawn() -> Iterator[Pixels]:
        n_drawn = 0
        results = draw_thumbnails(list(jobs.values()), n_processes)
        for index, result in zip(jobs, results, strict=True):
            if isinstance(result, str):
                problems.append(result)
            else:
                numbers[index] = n_drawn
                n_drawn += 1
                yield result

    begin_work()
    n_processes = n_workers or min(available_cpus(), 1 + len(jobs) // _WORTH_A_PROCESS)
    # The rows' numbers, which stand before the sheets in the page, are known when all are drawn.
    written = list(sheets(drawn()))
    write_report(file, review, page, numbers, written)
    return problems
