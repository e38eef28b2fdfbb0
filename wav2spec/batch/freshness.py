"""Whether the picture at a target is the one that would be drawn."""

import errno
import os
import stat
import tempfile
from typing import BinaryIO, Literal

from wav2spec.batch.jobs import Job
from wav2spec.errors import OutputError, os_error_message
from wav2spec.render.drawing import Rendering
from wav2spec.render.metadata import read_description, read_metadata, same_metadata

_COPY_BYTES = 2**20


def target_state(job: Job, drawing: Rendering) -> Literal["current", "missing", "stale"]:
    """Say whether what is at the target is what would be drawn.

    A picture says so itself. Where it does not, as with values, there is no other way than to draw and to compare.
    """
    try:
        kind = os.stat(job.target).st_mode
    except OSError:
        return "missing"
    if stat.S_ISDIR(kind):
        raise OutputError(job.target, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(kind):
        return "stale"
    described = drawing.describe()
    try:
        if described:
            return "current" if same_metadata(read_description(job.target, whole=True), described) else "stale"
        with open(job.target, "rb") as found:
            return "current" if _renders_the_same(drawing, found) else "stale"
    except OSError as error:
        raise OutputError(job.target, os_error_message(error)) from error


def _renders_the_same(drawing: Rendering, found: BinaryIO) -> bool:
    """Say whether a file is what would be drawn, by drawing it into a temporary file."""
    try:
        with tempfile.TemporaryFile() as drawn:
            drawing.write(drawn, None)
            drawn.seek(0)
            return _equal_contents(drawn, found)
    except OSError as error:
        message = f"cannot be used to compare with what is there: {os_error_message(error)}"
        raise OutputError(f"temporary folder {tempfile.gettempdir()}", message) from error


def _equal_contents(one: BinaryIO, other: BinaryIO) -> bool:
    while piece := one.read(_COPY_BYTES):
        if other.read(_COPY_BYTES) != piece:
            return False
    return not other.read(1)


def check_not_foreign(target: str) -> None:
    """Check that what is at an implied target was made by wav2spec."""
    try:
        # That it is a folder is found when it is opened.
        foreign = not os.path.isdir(target) and read_metadata(target) is None
    except FileNotFoundError:
        return
    except OSError as error:
        raise OutputError(target, os_error_message(error)) from error
    if foreign:
        raise OutputError(
            target, "is there, and does not say that wav2spec made it; --force replaces it, -o goes elsewhere"
        )
