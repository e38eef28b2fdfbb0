"""What is asked of a run beside the settings: sources and targets, what is done with them, what is told about it."""

import os
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, Literal, Self, TypeVar, get_args

import click

from wav2spec.audio.checks import QualityCheck, parse_checks
from wav2spec.cli.param_types import FILE
from wav2spec.settings.choices import CHECKS, Format, ImageFormat
from wav2spec.storage.listing import WAV_FILES, Patterns
from wav2spec.storage.streams import STANDARD_OUTPUT, STREAM

_Command = TypeVar("_Command", bound=Callable[..., Any])


@dataclass(frozen=True)
class Sources:
    """Which recordings a command works on, how, and what it tells; each field is named as the option."""

    words: tuple[str, ...]
    files_from: str | None
    null: bool
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    fail_fast: bool
    jobs: int | None
    quiet: bool
    verbose: int

    def __post_init__(self) -> None:
        if not self.words and self.files_from is None:
            raise click.UsageError("Missing argument 'SRC...'.")
        if self.null and self.files_from is None:
            raise click.UsageError("--null needs --files-from")
        if self.files_from == STREAM and STREAM in self.words:
            raise click.UsageError("standard input is a recording or a list of names, not both")

    @classmethod
    def from_options(cls, options: dict[str, Any]) -> Self:
        """Take what is ours out of the options."""
        return cls(**{field.name: options.pop(field.name) for field in fields(cls) if field.name in options})

    @property
    def verbosity(self) -> int:
        """As `Report` takes it."""
        return -1 if self.quiet else self.verbose

    @property
    def patterns(self) -> Patterns:
        """Which files of folders are taken."""
        return Patterns(self.include or WAV_FILES.include, self.exclude)

    def listed(self) -> tuple[str, ...] | None:
        """Return the names in the list, None if there is none; each is a file's.

        Raises
        ------
        click.UsageError
            If it cannot be read.
        """
        if self.files_from is None:
            return None
        try:
            with click.open_file(self.files_from, "rb") as file:
                names = file.read().split(b"\0" if self.null else b"\n")
        except OSError as error:
            raise click.UsageError(f"{self.files_from}: {error.strerror}") from error
        return tuple(f"./{STREAM}" if name == STREAM.encode() else os.fsdecode(name) for name in names if name)


@dataclass(frozen=True)
class Request(Sources):
    """What is to be made of them."""

    output: str | None
    force: bool
    update: bool
    check: bool
    dry_run: bool
    refuse: tuple[str, ...]
    warn: tuple[str, ...]
    manifest: str | None
    format: Format | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        ways = {"--dry-run": self.dry_run, "--update": self.update, "--check": self.check}
        given = [name for name, is_given in ways.items() if is_given]
        if len(given) > 1:
            raise click.UsageError(f"{' and '.join(given)} are two ways to run: give one")
        if self.manifest in STANDARD_OUTPUT:
            object.__setattr__(self, "manifest", STREAM)
        if self.check and self.manifest == STREAM:
            raise click.UsageError("standard output takes the list of --check or the manifest, not both")
        self.checks("refuse"), self.checks("warn")
        if self.dry_run and self.manifest:
            raise click.UsageError("--manifest needs a run, of which --dry-run only says what it would do")

    def checks(self, field: Literal["refuse", "warn"]) -> tuple[QualityCheck, ...]:
        """Return what is refused or warned of.

        Raises
        ------
        click.BadParameter
            If there is no such gate.
        """
        try:
            return parse_checks(getattr(self, field))
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint=f"'--{field}'") from error


class Jobs(click.ParamType[int | None]):
    """How many processes; None for as many as suit."""

    name = "n|auto"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | None:
        if value == "auto":
            return None
        if not str(value).isdecimal() or not 1 <= int(value) <= 1024:
            self.fail(f"{value!r} is neither auto nor a number from 1 to 1024", param, ctx)
        return int(value)


def _gate_names() -> str:
    return ", ".join(name if default is None else f"{name}[:{default:g}]" for name, default in CHECKS.items())


# By the field that each fills, in the order of `--help`.
_OPTIONS = {
    "output": click.option(
        "-o", "--output", type=FILE, metavar="DEST", help="A file, a folder, or - for standard output."
    ),
    "format": click.option(
        "--format", type=click.Choice(get_args(ImageFormat)), help="For targets not named: pixels or values."
    ),
    "files_from": click.option(
        "--files-from", type=FILE, metavar="FILE", help="More sources, a name a line; - for stdin."
    ),
    "null": click.option(
        "-0", "--null", is_flag=True, help="Names in the list end with NUL, as find -print0 writes them."
    ),
    "include": click.option(
        "--include", metavar="PATTERN", multiple=True, help="Which files of folders.  [default: *.wav; repeatable]"
    ),
    "exclude": click.option(
        "--exclude", metavar="PATTERN", multiple=True, help="Which files and folders of them not.  [repeatable]"
    ),
    "force": click.option(
        "--force", is_flag=True, help="Replace a picture beside the source though wav2spec did not make it."
    ),
    "update": click.option("--update", is_flag=True, help="Only what is not there, or would be drawn otherwise now."),
    "check": click.option(
        "--check", is_flag=True, help="Write nothing, list what --update would draw; fail if anything."
    ),
    "dry_run": click.option("--dry-run", is_flag=True, help="Only say what would become what."),
    "refuse": click.option(
        "--refuse", metavar="GATE,...", multiple=True, help=f"Do not draw, and fail, what is {_gate_names()}."
    ),
    "warn": click.option(
        "--warn", metavar="GATE,...", multiple=True, help="Draw it, but say so; gates as for --refuse."
    ),
    "fail_fast": click.option("--fail-fast", is_flag=True, help="Stop at the first failure."),
    "jobs": click.option(
        "-j",
        "--jobs",
        type=Jobs(),
        default="auto",
        help="Processes that share the work.  [default: auto, the processors there are, 1 for little work]",
    ),
    "manifest": click.option(
        "--manifest", type=FILE, metavar="FILE.jsonl", help="Write a line of JSON for each source: facts, or why not."
    ),
    "quiet": click.option("-q", "--quiet", is_flag=True, help="No warnings, no summary; errors are still said."),
    "verbose": click.option("-v", "--verbose", count=True, help="Say what was written; twice: tracebacks too."),
}


def request_options(kind: type[Sources], *, without: tuple[str, ...] = ()) -> Callable[[_Command], _Command]:
    """Add the sources, and the options that a `Sources` or a `Request` is made of."""
    wanted = {field.name for field in fields(kind)} - set(without)

    def add(command: _Command) -> _Command:
        for name, option in reversed(_OPTIONS.items()):
            if name in wanted:
                command = option(command)
        return click.argument("words", metavar="SRC... [DEST]", nargs=-1, type=FILE)(command)

    return add
