"""What lies at a target: whether it is what would be drawn, and whether it may be replaced."""

import errno
import os
import tempfile
from typing import BinaryIO, Literal, NamedTuple

from wav2spec.batch.jobs import Job
from wav2spec.errors import OutputError, os_error_message
from wav2spec.formats.digest import PixelDigest
from wav2spec.formats.png_reader import Image, begins_as_png, last_text, read_image
from wav2spec.render.drawing import Rendering
from wav2spec.render.metadata import fits, has_planned_length, read_document_description, read_metadata, same_metadata
from wav2spec.storage.sources import ExistingFile, existing_file
from wav2spec.storage.streams import STREAM

_COPY_BYTES = 2**20

# A picture's metadata, some 2,000 bytes, is looked for in so many at the end of an object.
_END_BYTES = 2**13

State = Literal["current", "missing", "stale"]


class TargetState(NamedTuple):
    """What lies at a target.

    Attributes
    ----------
    state : {"current", "missing", "stale"}
        Whether it is what would be drawn.
    version : str
        As listings tell it; empty if unknown.
    pixels_sha256 : str, optional
        If it was asked for, and the target is current.
    """

    state: State
    version: str = ""
    pixels_sha256: str | None = None


def target_state(job: Job, rendering: Rendering, *, digest: bool = False) -> TargetState:
    """Find out whether the target is what would be drawn.

    A picture's metadata tells. A file without metadata is compared with what is drawn now.

    Parameters
    ----------
    job : Job
    rendering : Rendering
    digest : bool
        Whether the digest of the pixels is wanted, for which a picture in a store is fetched whole.

    Raises
    ------
    OutputError
        If what is there cannot be read.
    """
    try:
        found = existing_file(job.target)
    except OSError:
        # Why it cannot be there is told when it is written.
        return TargetState("missing")
    with found:
        is_current, image = _compared(found, job.target, rendering, PixelDigest() if digest else None)
        if not is_current:
            return TargetState("stale", found.version)
        pixels_sha256 = (image.digest if image else _pixel_digest(found.local_path())) if digest else None
        return TargetState("current", found.version, pixels_sha256)


def _pixel_digest(path: str) -> str:
    # Imported here so that only manifests pay for it.
    from wav2spec.render.readback import pixel_digest

    return pixel_digest(path)


def _compared(
    found: ExistingFile, name: str, rendering: Rendering, digest: PixelDigest | None
) -> tuple[bool, Image | None]:
    """Return whether a target is what would be drawn, and the image if it was read for that."""
    described = rendering.describe()
    if described and (text := last_text(found.last_bytes(_END_BYTES))) is not None:
        return same_metadata(text, described), None
    if found.is_directory:
        raise OutputError(name, os.strerror(errno.EISDIR))
    if not found.is_regular:
        return False, None
    path = found.local_path()
    try:
        if not described:
            with open(path, "rb") as file:
                return _renders_the_same(rendering, file), None
        image = read_image(path, digest, decoded=digest is not None)
        if image and not digest and not has_planned_length(image, rendering.stream):
            # A header that is altered does not go with the rows.
            image = read_image(path)
        if image:
            return same_metadata(image.text, described) and fits(image, rendering.stream), image
        text = None if begins_as_png(path) else read_document_description(path, whole=True)
        return same_metadata(text, described), None
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
        with existing_file(job.target) as found:
            # A directory is refused when the target is opened.
            if found.is_directory:
                return
            metadata = read_metadata(found.local_path())
    except FileNotFoundError:
        return
    except OSError as error:
        raise OutputError(job.target, os_error_message(error)) from error
    if metadata is None:
        if job.replaces == "own":
            raise ProtectedError(job.target, "already exists and was not written by wav2spec")
    elif metadata["command"] != command:
        raise ProtectedError(job.target, f"already exists and was written by wav2spec {metadata['command']}")
