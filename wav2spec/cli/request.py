"""What is asked of a run beside the settings: sources and targets, what is done with them, what is told about it."""

import os
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, TypeVar, get_args

import click

from wav2spec.choices import GATES
from wav2spec.cli.options import FILE
from wav2spec.gates import Gate, parse_gates
from wav2spec.jobs import STREAM, Format

_Command = TypeVar("_Command", bound=Callable[..., Any])


@dataclass(frozen=True)
class Request:
    """The words and options of a command that makes pictures, each named as there."""

    words: tuple[str, ...]
    output: str | None
    files_from: str | None
    null: bool
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    force: bool
    update: bool
    check: bool
    dry_run: bool
    fail_fast: bool
    refuse: tuple[str, ...]
    warn: tuple[str, ...]
    jobs: int | None
    manifest: str | None
    quiet: bool
    verbose: int
    format: Format | None = None

    def __post_init__(self) -> None:
        if not self.words and self.files_from is None:
            raise click.UsageError("Missing argument 'SRC...'.")
        if self.null and self.files_from is None:
            raise click.UsageError("--null needs --files-from")
        ways = {"--dry-run": self.dry_run, "--update": self.update, "--check": self.check}
        given = [name for name, is_given in ways.items() if is_given]
        if len(given) > 1:
            raise click.UsageError(f"{' and '.join(given)} are two ways to run: give one")
        if self.dry_run and self.manifest:
            raise click.UsageError("--manifest needs a run, of which --dry-run only says what it would do")
        if self.files_from == STREAM and STREAM in self.words:
            raise click.UsageError("standard input is a recording or a list of names, not both")

    @classmethod
    def from_options(cls, options: dict[str, Any]) -> "Request":
        """Take what is ours out of the options."""
        return cls(**{field.name: options.pop(field.name) for field in fields(cls) if field.name in options})

    @property
    def verbosity(self) -> int:
        """As `Report` takes it."""
        return -1 if self.quiet else self.verbose

    def refused(self) -> tuple[Gate, ...]:
        """Return what is not drawn.

        Raises
        ------
        click.BadParameter
            If there is no such gate.
        """
        return _gates("refuse", self.refuse)

    def warned_of(self) -> tuple[Gate, ...]:
        """Return what is not drawn without a warning."""
        return _gates("warn", self.warn)

    def listed(self) -> tuple[str, ...] | None:
        """Return the names in the list, None if there is none.

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
        return tuple(os.fsdecode(name) for name in names if name)


def _gates(option: str, words: tuple[str, ...]) -> tuple[Gate, ...]:
    try:
        return parse_gates(words)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=f"'--{option}'") from error


class _Jobs(click.ParamType[int | None]):
    """How many processes; None for as many as suit."""

    name = "n|auto"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | None:
        if value == "auto":
            return None
        if not str(value).isdecimal() or not 1 <= int(value) <= 1024:
            self.fail(f"{value!r} is neither auto nor a number from 1 to 1024", param, ctx)
        return int(value)


def _option(*flags: str, help: str, **more: Any) -> Callable[[_Command], _Command]:
    return click.option(*flags, help=help, **more)


def _gate_names() -> str:
    return ", ".join(name if default is None else f"{name}[:{default:g}]" for name, default in GATES.items())


_OPTIONS = (
    _option("-o", "--output", type=FILE, metavar="DEST", help="A file, a folder, or - for standard output."),
    _option(
        "--files-from",
        type=FILE,
        metavar="FILE",
        help="More sources, a name a line; - for standard input. Targets without -o go beside them, -o is a folder.",
    ),
    _option("-0", "--null", is_flag=True, help="Names in the list end with NUL, as find -print0 writes them."),
    _option(
        "--include",
        metavar="PATTERN",
        multiple=True,
        help="Of folders, take these files.  [default: *.wav; repeatable]",
    ),
    _option(
        "--exclude",
        metavar="PATTERN",
        multiple=True,
        help="Of folders, leave these files or folders out.  [repeatable]",
    ),
    _option("--force", is_flag=True, help="Replace a picture beside the source though wav2spec did not make it."),
    _option("--update", is_flag=True, help="Only what is not there, or would be drawn otherwise now."),
    _option("--check", is_flag=True, help="Write nothing; list what --update would draw, and fail if there is any."),
    _option("--dry-run", is_flag=True, help="Only say what would become what."),
    _option("--refuse", metavar="GATE,...", multiple=True, help=f"Do not draw, and fail, what is {_gate_names()}."),
    _option("--warn", metavar="GATE,...", multiple=True, help="Draw it, but say so; gates as for --refuse."),
    _option("--fail-fast", is_flag=True, help="Stop at the first failure."),
    _option(
        "-j",
        "--jobs",
        type=_Jobs(),
        default="auto",
        help="Processes that share the work.  [default: auto, the processors there are; 1 for little work]",
    ),
    _option(
        "--manifest",
        type=FILE,
        metavar="FILE.jsonl",
        help="Write a line of JSON for each source: what was made of it, its levels and digests; or why not.",
    ),
    _option("-q", "--quiet", is_flag=True, help="No warnings, no summary; errors are still said."),
    _option("-v", "--verbose", count=True, help="Say what was written; twice: tracebacks too."),
)
_FORMAT = _option("--format", type=click.Choice(get_args(Format)), help="For targets not named: pixels or values.")


def request_options(*, formats: bool) -> Callable[[_Command], _Command]:
    """Add the sources and the options of a `Request`; with `formats`, that of values too."""

    def add(command: _Command) -> _Command:
        options = (_OPTIONS[0], _FORMAT, *_OPTIONS[1:]) if formats else _OPTIONS
        for option in reversed(options):
            command = option(command)
        return click.argument("words", metavar="SRC... [DEST]", nargs=-1, type=FILE)(command)

    return add
