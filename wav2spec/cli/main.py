"""The command line. Importing it loads Click and nothing heavier: NumPy comes when there is work."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from wav2spec import __version__
from wav2spec.cli.help import Option, write_options
from wav2spec.cli.options import normalize_name
from wav2spec.console import print_message, printable
from wav2spec.errors import StdoutClosedError, Wav2SpecError
from wav2spec.process import die_by_broken_pipe, die_of_memory, is_short_of_memory, prepare_process, settle_streams

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_EXAMPLES = (
    ("wav2spec kick.wav", "draw kick.png, rotated as TensorFlow's"),
    ("wav2spec plot kick.wav", "draw a labelled figure"),
    ("wav2spec recordings/ -o pictures/", "draw every WAV file of a folder"),
)


# The commands and their summaries. The module of a command is imported when it is called.
_SUMMARIES = {
    "image": "Draw images of pixels alone (the default command).",
    "plot": "Draw labelled figures.",
    "compare": "Draw several analyses of a recording in one figure.",
    "explore": "Make a page to explore a recording in a browser.",
    "tune": "Find the window that fits a recording.",
    "levels": "Measure the levels of a data set, to scale its pictures alike.",
    "info": "Describe recordings, and how pictures were made.",
    "report": "Review a run from its manifests, in a browser or as Markdown.",
    "presets": "List the presets that reproduce other systems.",
}


class _Commands(Mapping[str, click.Command]):
    """The commands by name, imported when they are looked up."""

    def __getitem__(self, name: str) -> click.Command:
        if name not in _SUMMARIES:
            raise KeyError(name)
        found: click.Command = getattr(import_module(f"wav2spec.cli.commands.{name}"), name)
        return found

    def __contains__(self, name: object) -> bool:
        return name in _SUMMARIES

    def __iter__(self) -> Iterator[str]:
        return iter(_SUMMARIES)

    def __len__(self) -> int:
        return len(_SUMMARIES)


class _DefaultCommand(click.Group):
    """A group whose first word, unless it is the name of a command, belongs to the command ``image``."""

    commands: Mapping[str, click.Command]  # type: ignore[assignment]

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.commands = _Commands()

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        own = {"--help", "-h", "--version"}
        if not args and not ctx.resilient_parsing:
            click.echo(self._first_contact(ctx), err=True)
            ctx.exit(2)
        if args and args[0] not in own and args[0] not in self.commands:
            args = ["image", *args]
        return super().parse_args(ctx, args)

    def main(  # type: ignore[override]
        self, args: Sequence[str] | None = None, prog_name: str | None = None, *, standalone_mode: bool = True
    ) -> Any:
        """Run a command line and return its exit code; standalone, as a test runner calls it, exit with it."""
        try:
            result = super().main(args, prog_name, standalone_mode=False)
        except click.ClickException as error:
            if not standalone_mode:
                raise
            result = _print_usage_error(error)
        except StdoutClosedError:
            raise
        except Wav2SpecError as error:
            print_message("error", printable(str(error)))
            result = 1
        if standalone_mode:
            sys.exit(result)
        return result

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem]":
        # Imported here so that only completion pays for it.
        from click.shell_completion import CompletionItem

        own = super().shell_complete(ctx, incomplete)
        if incomplete.startswith("-"):
            return [*own, *self.commands["image"].shell_complete(ctx, incomplete)]
        # Bash ignores all other items if one of them is a file.
        return own or [CompletionItem(incomplete, type="file")]

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_usage(ctx.command_path, "SRC... [DEST] [OPTIONS]")
        formatter.write_usage(ctx.command_path, "COMMAND [ARGS]...")

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_help_text(ctx, formatter)
        with formatter.section("Examples"):
            formatter.write_dl(_EXAMPLES, col_max=40)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        self.format_commands(ctx, formatter)
        image = self.commands["image"]
        everyday = [option for option in image.params if isinstance(option, Option) and option.everyday]
        write_options(ctx, formatter, everyday)
        formatter.write_paragraph()
        formatter.write_text("wav2spec COMMAND -h lists all options of a command, wav2spec image -h those above too.")

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(_SUMMARIES.items()))

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(self.commands)

    def _first_contact(self, ctx: click.Context) -> str:
        formatter = ctx.make_formatter()
        self.format_usage(ctx, formatter)
        with formatter.section("Examples"):
            formatter.write_dl(_EXAMPLES, col_max=40)
        self.format_commands(ctx, formatter)
        formatter.write_paragraph()
        formatter.write_text("wav2spec -h lists the everyday options.")
        return formatter.getvalue().rstrip()


@click.group(
    cls=_DefaultCommand,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "token_normalize_func": normalize_name,
        "max_content_width": 100,
    },
)
@click.version_option(__version__, message="%(prog)s %(version)s")
def command() -> None:
    """Turn WAV files into spectrogram PNGs."""


def run(args: list[str]) -> int:
    """Run a command line and return its exit code. Only a signal ends it otherwise, and there is no traceback."""
    prepare_process()
    code = _exit_code(args)
    failure = settle_streams()
    if isinstance(failure, BrokenPipeError):
        die_by_broken_pipe()
    if failure and not code:
        print_message("error", f"standard output: {failure.strerror}")
        settle_streams()
    return code or int(failure is not None)


def _print_usage_error(error: click.ClickException) -> int:
    message = error.format_message()
    if type(error) is click.BadParameter:
        name = error.param_hint or (error.param.opts[0] if error.param else "")
        message = ": ".join([str(name).strip("'"), error.message])
    print_message("error", printable(" ".join(message.split())))
    return error.exit_code


def _exit_code(args: list[str]) -> int:
    try:
        code = command.main(args, prog_name="wav2spec", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except click.ClickException as error:
        return _print_usage_error(error)
    except click.exceptions.Exit as error:
        return error.exit_code
    except SystemExit as error:
        # Raised by Click after completion, and where standard output is closed.
        return error.code if isinstance(error.code, int) else int(error.code is not None)
    except StdoutClosedError:
        die_by_broken_pipe()
    except Exception as error:
        if isinstance(error, MemoryError) or is_short_of_memory():
            die_of_memory()
        message = _unforeseen(error)
        if message.startswith("unexpected") and "-vv" in args:
            raise
        print_message("error", printable(message))
    return 1


def _unforeseen(error: Exception) -> str:
    """Return the message of an error that is not wav2spec's own."""
    # soundfile raises an OSError without a number.
    if isinstance(error, ImportError) or (isinstance(error, OSError) and error.errno is None):
        return f"a library cannot be loaded: {str(error).strip().splitlines()[-1]}"
    if isinstance(error, OSError):
        return f"standard output: {error.strerror}"
    return f"unexpected {type(error).__name__}: {error} (-vv shows where; please report it)"
