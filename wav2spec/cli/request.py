"""Options that fill a `Request`: inputs, outputs, what is done with them, and what is printed about it."""

import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import click

from wav2spec.audio.checks import CHECKS
from wav2spec.batch.request import Part, Request, Sources
from wav2spec.batch.sources import MissingSourceError
from wav2spec.cli.help import option
from wav2spec.cli.options import option_name, usage_errors
from wav2spec.cli.param_types import FILE, Words
from wav2spec.console import printable
from wav2spec.errors import SettingError
from wav2spec.settings.choices import ImageFormat
from wav2spec.settings.formats import suffixes_of

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

__all__ = ["Jobs", "Request", "Sources", "request_errors", "request_options", "take_request"]

_Command = TypeVar("_Command", bound=Callable[..., Any])
_Sources = TypeVar("_Sources", bound=Sources)


def take_request(options: dict[str, Any], kind: type[_Sources]) -> tuple[_Sources, int]:
    """Take a `Request`, or `Sources` alone, out of the options, and the verbosity, which `Console` describes.

    Raises
    ------
    click.UsageError
        If options do not go together.
    """
    quiet, verbose = options.pop("quiet"), options.pop("verbose")
    given = {field.name: options.pop(field.name) for field in fields(kind) if field.name in options}
    with request_errors():
        if given.get("part") is not None:
            given["part"] = Part.parse(given["part"])
        return kind(**given), -1 if quiet else verbose


@contextmanager
def request_errors() -> Iterator[None]:
    """Turn errors about a request into usage errors that name the options, and sources as they were typed."""
    with usage_errors():
        try:
            yield
        except MissingSourceError as error:
            raise click.UsageError(printable(_missing(error))) from error
        except SettingError as error:
            if error.name == "sources":
                raise click.UsageError(error.message) from error
            raise


def _missing(error: MissingSourceError) -> str:
    """Return what is wrong about a source that does not exist, and what was probably meant."""
    context = click.get_current_context()
    word, names = error.path, context.params.get("sources", ())
    suffix = os.path.splitext(word)[1].lower()
    if error.number == 0 and re.fullmatch("[^./]+", word) and context.parent and context.info_name == "image":
        # Imported here so that only mistakes pay for it.
        from difflib import get_close_matches

        commands = list(context.parent.command.commands)  # type: ignore[attr-defined]
        if word in commands:
            return f"{word}: the command comes before its options"
        if close := get_close_matches(word, commands, 1, 0.5):
            return f"no command {word!r}; did you mean {close[0]}?"
        return f"{word}: no such file, folder or command; the commands are {', '.join(commands)}"
    given = {
        parameter.name: value
        for parameter in context.command.params
        if parameter.name
        and isinstance(parameter, click.Option)
        and context.get_parameter_source(parameter.name) is click.core.ParameterSource.COMMANDLINE
        and (value := context.params[parameter.name]) is not None
    }
    if word.lower() in _UNITS:
        numbers = [value for value in given.values() if isinstance(value, int | float) and not isinstance(value, bool)]
        if numbers:
            return " or ".join(f"{number:g} {word}: write {number:g}{word}" for number in numbers)
    if word.lower() in _TRUTHS:
        flags = [option_name(name) for name, value in given.items() if isinstance(value, bool)]
        if flags:
            return f"{word}: {' and '.join(flags)} take{'s' * (len(flags) == 1)} no value"
    message = f"{word}: no such file or folder"
    suffixes = suffixes_of(context.info_name or "")
    if error.number == 0 or error.number != len(names) - 1 or not suffixes:
        return message
    if suffix and suffix not in {os.path.splitext(name)[1].lower() for name in names[:-1]}:
        return f"{word}: targets end in {suffixes}"
    return message if suffix else f"{message}; to write into a folder: -o {word.rstrip('/')}/"


_UNITS = {"ms", "s", "us", "min", "h", "hz", "khz", "db", "px", "samples"}
_TRUTHS = {"true", "false", "yes", "no", "on", "off", "0", "1"}


class Jobs(click.ParamType[int | None]):
    """The number of processes; None to choose it by the work."""

    name = "n|auto"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | None:
        if value == "auto":
            return None
        if not str(value).isdecimal() or not 1 <= int(value) <= 1024:
            self.fail(f"{value!r} is neither auto nor a number from 1 to 1024", param, ctx)
        return int(value)


def _check_names() -> str:
    return ", ".join(name if row.default is None else f"{name}[:{row.default:g}]" for name, row in CHECKS.items())


class _CheckNames(Words):
    """Checks, separated by commas; completed after the last comma."""

    name = "check,..."

    def words(self) -> Iterable[str]:
        return CHECKS

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> "list[CompletionItem]":
        # Imported here so that only completion pays for it.
        from click.shell_completion import CompletionItem

        before, comma, last = incomplete.rpartition(",")
        return [CompletionItem(before + comma + item.value) for item in super().shell_complete(ctx, param, last)]


_INPUT, _OUTPUT, _BATCH, _CHECKS, _MESSAGES = (
    partial(option, group=group) for group in ("Input", "Output", "Batch", "Checks", "Messages")
)

# By the field that each fills, in the order of `--help`.
_OPTIONS = {
    "output": _OUTPUT(
        "-o",
        "--output",
        type=FILE,
        metavar="DEST",
        help="A file, a folder (made if missing), or - for standard output.",
        everyday=True,
    ),
    "format": _OUTPUT(
        "--format", type=click.Choice(get_args(ImageFormat)), help="Of targets that are not named: pixels or values."
    ),
    "shard_size": _OUTPUT(
        "--shard-size",
        type=click.IntRange(1),
        metavar="N",
        help="Sources in each tar shard, for -o 'shards/train-%06d.tar'.  [default: 1000]",
    ),
    "files_from": _INPUT(
        "--files-from", type=FILE, metavar="FILE", help="More sources, one name a line; - for standard input."
    ),
    "null": _INPUT("-0", "--null", is_flag=True, help="Names in the list end with NUL, as from find -print0."),
    "include": _INPUT(
        "--include", metavar="PATTERN", multiple=True, help="Files to take from folders.  [default: *.wav; repeatable]"
    ),
    "exclude": _INPUT(
        "--exclude", metavar="PATTERN", multiple=True, help="Files and folders in them to leave out.  [repeatable]"
    ),
    "force": _OUTPUT("--force", is_flag=True, help="Replace whatever is at a target."),
    "update": _BATCH(
        "--update", is_flag=True, help="Draw only what is missing or would be drawn otherwise now.", everyday=True
    ),
    "check": _BATCH(
        "--check",
        is_flag=True,
        help="Write nothing, list pictures that are missing, stale or orphaned; fail if there are any.",
    ),
    "prune": _BATCH(
        "--prune",
        is_flag=True,
        help="Remove pictures whose recording or segment is gone. Draws nothing without --update.",
    ),
    "dry_run": _BATCH("--dry-run", is_flag=True, help="Write nothing, list what would be done."),
    "refuse": _CHECKS(
        "--refuse",
        metavar="CHECK,...",
        type=_CheckNames(),
        multiple=True,
        help=f"Do not draw recordings that are {_check_names()}, and fail.",
    ),
    "skip": _CHECKS(
        "--skip",
        metavar="CHECK,...",
        type=_CheckNames(),
        multiple=True,
        help="Leave them out on purpose: not drawn, and no failure.",
    ),
    "warn": _CHECKS("--warn", metavar="CHECK,...", type=_CheckNames(), multiple=True, help="Draw them with a warning."),
    "fail_fast": _BATCH("--fail-fast", is_flag=True, help="Stop at the first failure."),
    "jobs": _BATCH(
        "-j",
        "--jobs",
        type=Jobs(),
        default="auto",
        help="Processes that share the work.  [default: auto, one for each processor, 1 for little work]",
        everyday=True,
    ),
    "scheduler": _BATCH(
        "--scheduler",
        metavar="ADDRESS",
        help="Work on a Dask cluster: its scheduler, such as tcp://host:8786, or a scheduler file.",
    ),
    "requests": _BATCH(
        "--requests",
        type=click.IntRange(1, 1024),
        metavar="N",
        help="Requests to stores (s3://...) under way in each process.  [default: 32]",
    ),
    "part": _BATCH(
        "--part", metavar="I/N|auto", help="Do every N-th job from the I-th on; auto: that of a Slurm or cloud task."
    ),
    "manifest": _BATCH(
        "--manifest", type=FILE, metavar="FILE.jsonl", help="Write a line of JSON for each picture: facts, or why not."
    ),
    "since": _BATCH(
        "--since",
        metavar="FILE.jsonl",
        multiple=True,
        help="With --update: do not open what is listed as in the manifest of an earlier run.  [repeatable; patterns]",
    ),
    "quiet": _MESSAGES("-q", "--quiet", is_flag=True, help="Print errors only: no warnings, no summary."),
    "verbose": _MESSAGES("-v", "--verbose", count=True, help="Print what was written; twice: tracebacks too."),
}


def request_options(kind: type[Sources], *, without: tuple[str, ...] = ()) -> Callable[[_Command], _Command]:
    """Add the sources, and the options that `take_request` takes."""
    wanted = {"quiet", "verbose", *(field.name for field in fields(kind))} - set(without)

    def add(command: _Command) -> _Command:
        for name, decorate in reversed(_OPTIONS.items()):
            if name in wanted:
                command = decorate(command)
        metavar = "SRC... [DEST]" if "output" in wanted else "SRC..."
        return click.argument("sources", metavar=metavar, nargs=-1, type=FILE)(command)

    return add
