"""What is to be done, and what came of it."""

import os
from dataclasses import dataclass, field
from typing import Any, Literal

from wav2spec.settings.choices import Format
from wav2spec.storage.streams import STREAM

Status = Literal["written", "measured", "current", "missing", "stale", "dropped", "refused", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Job:
    """One picture to be made.

    Attributes
    ----------
    source, target : str
        Paths, or ``-`` for standard input and output.
    format : {"png", "npy"}
    make_directory : bool
        Whether the target's folder is made if it is missing.
    protect_foreign : bool
        Whether a file at the target is kept unless wav2spec made it.
    problem : str
        Why there is nothing to be made: `source` is a folder that cannot be listed, or has nothing in it.
    """

    source: str
    target: str
    format: Format = "png"
    make_directory: bool = False
    protect_foreign: bool = False
    problem: str = ""

    @property
    def source_name(self) -> str:
        """As messages name it."""
        return "standard input" if self.source == STREAM else self.source


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a job.

    Attributes
    ----------
    job : Job
    status : str
        ``"written"``; ``"measured"`` if that was all; ``"current"`` if what was there is what would have been made;
        ``"missing"`` or ``"stale"`` if it is not, and nothing was to be written; ``"dropped"`` if the recording is
        shorter than a clip; ``"refused"`` for what it is like; ``"failed"``; or ``"skipped"``. Only after ``"written"``
        and ``"current"`` a picture is there.
    made : str
        What was written, in words; empty if nothing was.
    warnings : tuple of str
        What is wrong with the recording or the picture though it was written.
    failure : tuple of (str, str), optional
        The name of what failed or was refused, and why.
    trace : str
        The traceback of the failure, for who asks for it.
    facts : dict
        What is known of the recording and of its picture, for a manifest.
    """

    job: Job
    status: Status
    made: str = ""
    warnings: tuple[str, ...] = ()
    failure: tuple[str, str] | None = None
    trace: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


def segment_target(target: str, first: int | str) -> str:
    """Return where the picture of a clip goes.

    >>> segment_target("out/a.png", 44100)
    'out/a-0000044100.png'
    """
    stem, suffix = os.path.splitext(target)
    return f"{stem}-{first:010}{suffix}" if isinstance(first, int) else f"{stem}-{first}{suffix}"
