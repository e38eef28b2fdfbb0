"""Jobs, one for each source: what is to be written, and where."""

import os
import re
from typing import Literal, NamedTuple

from wav2spec.settings.choices import Format

# What a job may replace at its target: pictures of its own command alone; files of others too, but no picture of
# another command; or anything.
Replaces = Literal["own", "foreign", "anything"]


class Job(NamedTuple):
    """A recording that becomes one picture, or one for each of its segments.

    Attributes
    ----------
    source, target : str
        Paths, or ``-`` for standard input and output.
    format : {"png", "npy"}
    make_directory : bool
        Whether the target's directory is made if it is missing.
    replaces : {"own", "foreign", "anything"}
        What may lie at the target.
    warnings : tuple of str
        Found while planning.
    n_bytes : int
        Size of the source, 0 if unknown. Determines how many jobs a worker gets at once.
    version : str
        Of the source, as its listing tells it; empty if unknown.
    """

    source: str
    target: str
    format: Format = "png"
    make_directory: bool = False
    replaces: Replaces = "foreign"
    warnings: tuple[str, ...] = ()
    n_bytes: int = 0
    version: str = ""


class Unusable(NamedTuple):
    """A source without a job, and why: a directory that cannot be listed, or that holds no recording."""

    source: str
    message: str


class Shard(NamedTuple):
    """A shard and its jobs, whose targets lie in it."""

    target: str
    jobs: tuple[Job | Unusable, ...]

    @property
    def source(self) -> str:
        """The name of all its sources in messages."""
        return self.target

    @property
    def n_bytes(self) -> int:
        return sum(getattr(job, "n_bytes", 0) for job in self.jobs)


# The longest label in the name of a target (bytes), and what it and a number behind it add to the name.
_LABEL_BYTES = 40
LABEL_ROOM = len("-") + _LABEL_BYTES + len("-123456")


def label_in_name(label: str) -> str:
    """Return a label as it stands in the name of a target.

    >>> label_in_name("crow (2 calls)")
    'crow_2_calls'
    """
    # No dots: the key of a member of a shard ends at the first.
    name = re.sub(r"[^\w+-]+", "_", label).strip("_-")
    return name.encode()[:_LABEL_BYTES].decode(errors="ignore")


def segment_target(target: str, first: int | str, label: str = "") -> str:
    """Return the target of a segment.

    >>> segment_target("out/a.png", 44100), segment_target("out/a.png", 44100, "crow")
    ('out/a-0000044100.png', 'out/a-0000044100-crow.png')
    """
    stem, suffix = os.path.splitext(target)
    number = f"{first:010}" if isinstance(first, int) else first
    return f"{stem}-{number}{'-' if label else ''}{label}{suffix}"
