"""What lies at a target: whether it is what would be drawn, and whether it may be replaced."""

import errno
import os
import stat
import tempfile
from typing import BinaryIO, Literal

from wav2spec.batch.jobs import Job
from wav2spec.errors import OutputError, os_error_message
from wav2spec.render.drawing import Rendering
from wav2spec.render.metadata import read_description, read_metadata, same_metadata
from wav2spec.storage.sources import existing_file
from wav2spec.storage.streams import STREAM

_COPY_BYTES = 2**20

State = Literal["current", "missing", "stale"]


def target_state(job: Job, rendering: Rendering) -> State:
    """Return whether the target is what would be drawn.

    A picture's metadata tells. A file without metadata is compared with what is drawn now.
    """
    try:
        with existing_file(job.target) as path:
            return _state(path, job.target, rendering)
    except FileNotFoundError:
        return "missing"


def _state(path: str, name: str, rendering: Rendering) -> State:
    try:
        kind = os.stat(path).st_mode
    except OSError:
        return "missing"
    if stat.S_ISDIR(kind):
        raise OutputError(name, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(kind):
        return "stale"
    described = rendering.describe()
    try:
        if described:
            return "current" if same_metadata(read_description(path, whole=True), described) else "stale"
        with open(path, "rb") as found:
            return "current" if _renders_the_same(rendering, found) else "stale"
    except OSError as error:
        raise OutputError(name, os_error_message(error)) from error


def _renders_the_same(rendering: Rendering, found: BinaryIO) -> bool:
    """Draw into a temporary file and compare it with `found`."""
    try:
        with tempfile.TemporaryFile() as drawn:
            rendering.write(drawn, None)
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


class ProtectedError(OutputError):
    """A target that only `force` replaces."""

    setting = "force"


def check_replaceable(job: Job, command: str) -> None:
    """Check that a picture of `command` may replace what is at the target.

    Raises
    ------
    ProtectedError
        If it may not.
    OutputError
        If the target cannot be read to find out.
    """
    if job.replaces == "anything" or job.target == STREAM:
        return
    try:
        # A directory is refused when the target is opened.
        if os.path.isdir(job.target):
            return
        with existing_file(job.target) as path:
            metadata = read_metadata(path)
    except FileNotFoundError:
        return
    except OSError as error:
        raise OutputError(job.target, os_error_message(error)) from error
    if metadata is None:
        if job.replaces == "own":
            raise ProtectedError(job.target, "already exists and was not written by wav2spec")
    elif metadata["command"] != command:
        raise ProtectedError(job.target, f"already exists and was written by wav2spec {metadata['command']}")
