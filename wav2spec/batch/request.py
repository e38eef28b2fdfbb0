"""What a run is asked for beside the settings of its pictures: sources, targets, and what is done with them."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self

from wav2spec.audio.checks import QualityCheck, parse_checks
from wav2spec.errors import SettingError
from wav2spec.settings.choices import Format
from wav2spec.settings.pictures import Figure
from wav2spec.settings.settings import Settings
from wav2spec.storage.listing import WAV_FILES, Patterns
from wav2spec.storage.streams import STANDARD_OUTPUT, STREAM

if TYPE_CHECKING:
    from wav2spec.settings.comparison import Together

CHECKS: tuple[Literal["refuse", "warn", "skip"], ...] = ("refuse", "warn", "skip")


class Grid(NamedTuple):
    """The settings of each panel of a figure in reading order, the values that vary, the rows'
    first, and the recordings beside the first.
    """

    cells: list[Settings]
    varied: dict[str, list[Any]]
    together: "Together | None" = None


def command_of(settings: Settings, grid: Grid | None = None, format: Format | None = None) -> str:
    """Return the command that makes such pictures, as their metadata says."""
    if grid:
        return "compare"
    if format == "html":
        return "explore"
    return "plot" if isinstance(settings.picture, Figure) else "image"


class Part(NamedTuple):
    """Every `n_parts`-th job of a plan, from number `number` on, counted from 1."""

    number: int
    n_parts: int

    @classmethod
    def parse(cls, text: str, environment: Mapping[str, str] = os.environ) -> Self:
        """Read ``3/8``, or ``auto``: the task that a scheduler's variables name.

        Raises
        ------
        SettingError
            If it is neither, or no scheduler says which task this is.

        Examples
        --------
        >>> Part.parse("3/8")
        Part(number=3, n_parts=8)
        >>> Part.parse("auto", {"AWS_BATCH_JOB_ARRAY_INDEX": "2", "AWS_BATCH_JOB_ARRAY_SIZE": "4"})
        Part(number=3, n_parts=4)
        """
        if text == "auto":
            return cls._of_task(environment)
        match = re.fullmatch("([0-9]{1,9})/([0-9]{1,9})", text)
        if not match or not 1 <= int(match[1]) <= int(match[2]):
            raise SettingError("part", f"{text!r} is neither auto nor a part such as 3/8")
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def _of_task(cls, environment: Mapping[str, str]) -> Self:
        for index, first, count in _TASK_VARIABLES:
            if index in environment and count in environment:
                try:
                    number = int(environment[index]) - int(environment.get(first, "0")) + 1
                    part = cls(number, int(environment[count]))
                except ValueError as error:
                    raise SettingError("part", f"{index} and {count} are no numbers") from error
                # Tasks that are submitted again as an array of their own count themselves, not the plan's parts.
                if not 1 <= part.number <= part.n_parts or int(environment.get(first, "0")) > 1:
                    task = environment[index]
                    raise SettingError(
                        "part", f"{index} is {task} in an array of {part.n_parts}: give the part as {task}/N"
                    )
                return part
        names = " or ".join(index for index, _, _ in _TASK_VARIABLES)
        raise SettingError("part", f"auto needs a task array, but none of {names} is set")


# Task, first task (0 where the scheduler counts from 0) and number of tasks: Slurm, AWS Batch, Google Cloud Run.
_TASK_VARIABLES = (
    ("SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_COUNT"),
    ("AWS_BATCH_JOB_ARRAY_INDEX", "", "AWS_BATCH_JOB_ARRAY_SIZE"),
    ("CLOUD_RUN_TASK_INDEX", "", "CLOUD_RUN_TASK_COUNT"),
)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Sources:
    """Which recordings a run works on, how, and which checks of their quality it makes.

    Attributes
    ----------
    sources : tuple of str
        Files and directories; ``-`` is standard input.
    files_from : str, optional
        A list of more; ``-`` is standard input.
    null : bool
        Whether names in the list end with NUL.
    include, exclude : tuple of str
        Patterns for files in directories; none includes ``*.wav``.
    fail_fast : bool
        Stop at the first failure.
    jobs : int, optional
        Processes that share the work; by default as many as are worth their start.
    refuse, warn, skip : tuple of str
        Quality checks, as ``"silent,clipped:0.01"``.
    """

    sources: tuple[str, ...] = ()
    files_from: str | None = None
    null: bool = False
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    fail_fast: bool = False
    jobs: int | None = None
    refuse: tuple[str, ...] = ()
    warn: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.sources and self.files_from is None:
            raise SettingError("sources", "no source given")
        if self.null and self.files_from is None:
            raise SettingError("null", "needs `files_from`")
        if self.files_from == STREAM and STREAM in self.sources:
            raise SettingError("files_from", "standard input is a recording or a list of names, not both")
        for name in CHECKS:
            self.checks(name)

    @property
    def patterns(self) -> Patterns:
        """Which files of directories are taken."""
        return Patterns(self.include or WAV_FILES.include, self.exclude)

    def checks(self, name: Literal["refuse", "warn", "skip"]) -> tuple[QualityCheck, ...]:
        """Return the checks of a field.

        Raises
        ------
        SettingError
            If there is no such check.
        """
        try:
            return parse_checks(getattr(self, name))
        except ValueError as error:
            raise SettingError(name, str(error)) from error


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Request(Sources):
    """Sources, and what is made of them.

    Attributes
    ----------
    output : str, optional
        A file, a directory, or ``-``; by default each picture goes beside its source.
    format : {"png", "npy"}, optional
        Of targets that are not named.
    force : bool
        Replace whatever is at a target.
    update : bool
        Draw only what is missing or would be drawn otherwise now.
    check : bool
        Write nothing, report what is missing, stale or orphaned.
    dry_run : bool
        Write nothing, report what would be done.
    prune : bool
        Remove orphans: pictures of this command whose source or segment is gone. Draws nothing without `update`.
    manifest : str, optional
        File that gets a line of JSON for each outcome; ``%d`` in it is the number of the part.
    since : tuple of str
        Manifests of earlier runs, patterns of their names too: of `update` or `check`, sources and targets that are
        listed as they say are not opened.
    part : Part, optional
        Of the plan that is done.
    labels : str, optional
        File of labels that pages show.
    shard_size : int, optional
        Sources in a shard, if the output is shards; 1000 by default.
    requests : int, optional
        That each process may have under way, if sources or targets are in a store; 32 by default.
    scheduler : str, optional
        Address of a Dask scheduler, whose workers do the work, or path of its file.
    """

    output: str | None = None
    format: Format | None = None
    force: bool = False
    update: bool = False
    check: bool = False
    dry_run: bool = False
    prune: bool = False
    manifest: str | None = None
    since: tuple[str, ...] = ()
    part: Part | None = None
    labels: str | None = None
    shard_size: int | None = None
    requests: int | None = None
    scheduler: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        excluded = {
            "check": ("update", "dry_run", "prune"),
            "dry_run": ("manifest",),
            "part": ("prune",),
            "scheduler": ("jobs",),
        }
        for name, others in excluded.items():
            for other in others:
                if getattr(self, name) and getattr(self, other):
                    raise SettingError(name, f"cannot be combined with `{other}`")
        if self.since and not (self.update or self.check):
            raise SettingError("since", "needs `update` or `check`")
        if self.check and self.manifest in (STREAM, *STANDARD_OUTPUT):
            raise SettingError("manifest", "standard output takes the list of `check` or the manifest, not both")

    @property
    def writes(self) -> bool:
        """Whether pictures are written or removed, and not only reported."""
        return not (self.check or self.dry_run)

    @property
    def manifest_path(self) -> str | None:
        """Path of the manifest, ``-`` for standard output."""
        if self.manifest in STANDARD_OUTPUT:
            return STREAM
        if self.manifest and self.part:
            return self.manifest.replace("%d", str(self.part.number))
        return self.manifest
