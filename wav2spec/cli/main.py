"""The command line. Importing it loads Click and nothing heavier: NumPy comes when there is work."""

import contextlib

import click
from click.shell_completion import CompletionItem

from wav2spec import __version__
from wav2spec.cli.commands.compare import compare
from wav2spec.cli.commands.image import image
from wav2spec.cli.commands.info import info
from wav2spec.cli.commands.levels import levels
from wav2spec.cli.commands.plot import plot
from wav2spec.cli.commands.presets import presets
from wav2spec.cli.commands.tune import tune
from wav2spec.console import print_message, printable
from wav2spec.errors import OutputError, StdoutClosedError
from wav2spec.process import die_by_broken_pipe, prepare_process, settle_streams


class _DefaultCommand(click.Group):
    """A group whose first word, if it is no command's name, belongs to the command ``image``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        own = {"--help", "-h", "--version"}
        if args and args[0] not in own and args[0] not in self.commands:
            args = ["image", *args]
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        own = super().shell_complete(ctx, incomplete)
        if incomplete.startswith("-"):
            return [*own, *image.shell_complete(ctx, incomplete)]
        # Where a file is among them, bash takes no notice of the others.
        return own or [CompletionItem(incomplete, type="file")]

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_usage(ctx.command_path, "SRC... [DEST] [OPTIONS]")
        formatter.write_usage(ctx.command_path, "COMMAND [ARGS]...")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_options(ctx, formatter)
        with formatter.section("Options of image, the default command"):
            records = [option.get_help_record(ctx) for option in image.params if isinstance(option, click.Option)]
            formatter.write_dl([record for record in records if record])


@click.group(
    cls=_DefaultCommand,
    context_settings={"help_option_names": ["-h", "--help"], "token_normalize_func": lambda s: s.replace("_", "-")},
)
@click.version_option(__version__, message="%(prog)s %(version)s")
def command() -> None:
    """Turn WAV files into spectrogram PNGs.

    \b
    wav2spec kick.wav             kick.png beside it: TensorFlow's rotated picture
    wav2spec kick.wav out.npy     the numbers behind it
    """


for _command in (image, plot, compare, tune, levels, info, presets):
    command.add_command(_command)


def run(args: list[str]) -> int:
    """Run a command line and return its exit code. Nothing but a signal leaves it otherwise, and no traceback."""
    prepare_process()
    code = _exit_code(args)
    failure = settle_streams()
    if isinstance(failure, BrokenPipeError):
        die_by_broken_pipe()
    if failure and not code:
        print_message("error", f"standard output: {failure.strerror}")
        settle_streams()
    return code or int(failure is not None)


def _exit_code(args: list[str]) -> int:
    try:
        code = command.main(args, prog_name="wav2spec", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except click.ClickException as error:
        # Names that were given stand in it as they are.
        error.message = printable(error.message)  # type: ignore[misc]
        with contextlib.suppress(OSError):
            error.show()
        return error.exit_code
    except SystemExit as error:
        # Click's way out of completion, and of a pipe that nobody reads.
        return error.code if isinstance(error.code, int) else int(error.code is not None)
    except StdoutClosedError:
        die_by_broken_pipe()
    except OutputError as error:
        print_message("error", printable(str(error)))
    except OSError as error:
        print_message("error", f"standard output: {error.strerror}")
    except ImportError as error:
        print_message("error", printable(f"a library cannot be loaded: {str(error).strip().splitlines()[-1]}"))
    except MemoryError:
        print_message("error", "not enough memory")
    except Exception as error:
        if "-vv" in args:
            raise
        print_message(
            "error", printable(f"unexpected {type(error).__name__}: {error} (-vv shows where; please report it)")
        )
    return 1
