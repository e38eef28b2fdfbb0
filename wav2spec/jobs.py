"""What is to be done, and what came of it."""

from dataclasses import dataclass, field
from typing import Any, Literal

Format = Literal["png", "npy"]
Status = Literal["written", "current", "missing", "stale", "failed", "untried"]

# A source or target that is standard input or output.
STREAM = "-"


@dataclass(frozen=True, slots=True)
class Job:
    """One picture to be made.

    Attributes
    ----------
    source, target : str
        Paths, or ``-`` for standard input and output.
    format : {"png", "npy"}
    make_folder : bool
        Whether the target's folder is made if it is missing.
    keeps_foreign : bool
        Whether a file at the target is kept unless wav2spec made it.
    problem : str
        Why there is nothing to be made: `source` is a folder that cannot be listed, or has nothing in it.
    """

    source: str
    target: str
    format: Format = "png"
    make_folder: bool = False
    keeps_foreign: bool = False
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
        ``"written"``; ``"current"`` if what was there is what would have been made; ``"missing"`` or ``"stale"`` if it
        is not, and nothing was to be written; ``"failed"``; or ``"untried"``. Only after the first two the picture is
        there.
    made : str
        What was written, in words; empty if nothing was.
    warnings : tuple of str
        What is wrong with the recording or the picture though it was written.
    failure : tuple of (str, str), optional
        The name of what failed, and why.
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
