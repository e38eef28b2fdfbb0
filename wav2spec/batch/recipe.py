"""Digests of all that decides about pictures beside their recordings."""

import hashlib

from wav2spec.batch.jobs import Job, Shard
from wav2spec.batch.request import CHECKS, Grid, Request, command_of
from wav2spec.settings.pictures import Figure
from wav2spec.settings.settings import Settings


def recipe_digest(request: Request, settings: Settings, grid: Grid | None = None) -> str:
    """Return the SHA-256 of the command, the settings, the checks, and the version of what draws.

    Empty for pages, figures with labels, labelled sections, and figures of several recordings: other files decide
    about them too.
    """
    # Loads NumPy.
    from wav2spec.render.metadata import ANALYSIS_VERSION, FIGURE_VERSION

    command = command_of(settings, grid, request.format)
    picture = settings.picture
    labels = request.labels or settings.preprocessing.segments or (isinstance(picture, Figure) and picture.labels)
    if command == "explore" or labels or (grid and grid.together):
        return ""
    parts = [
        f"{command} {FIGURE_VERSION if isinstance(picture, Figure) else ANALYSIS_VERSION}",
        *(repr(sorted(cell.effective().items())) for cell in (settings, *(grid.cells if grid else ()))),
        repr(grid.varied if grid else {}),
        *(repr([tuple(check) for check in request.checks(name)]) for name in CHECKS),
    ]
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


def shard_digest(recipe_sha256: str, shard: Shard) -> str:
    """Return the SHA-256 of a recipe, and of the names of all that is in a shard."""
    names = (job.target.removeprefix(shard.target) if isinstance(job, Job) else job.source for job in shard.jobs)
    return hashlib.sha256("\n".join((recipe_sha256, *names)).encode("utf-8", "surrogateescape")).hexdigest()
