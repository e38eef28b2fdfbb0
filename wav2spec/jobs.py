"""What is to be done, and what came of it."""

from dataclasses import dataclass
from typing import Literal

Format = Literal["png", "npy"]

# A source or target that is standard input or output.
STREAM = "-"


@dataclass(frozen=True)
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
    """

    source: str
    target: str
    format: Format = "png"
    make_folder: bool = False
    keeps_foreign: bool = False

    @property
    def source_name(self) -> str:
        """As messages name it."""
        return "standard input" if self.source == STREAM else self.source


@dataclass(frozen=True)
class Outcome:
    """What came of a job.

    Attributes
    ----------
    made : str
        What was written, in words; empty if nothing was.
    warnings : tuple of str
        What is wrong with the recording or the picture though it was written.
    failure : tuple of (str, str), optional
        The name of what failed, and why. The picture is there if and only if this is None.
    trace : str
        The traceback of the failure, for who asks for it.
    """

    job: Job
    made: str = ""
    warnings: tuple[str, ...] = ()
    failure: tuple[str, str] | None = None
    trace: str = ""
