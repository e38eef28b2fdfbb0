"""The program in this process, by Click's runner: for all but signals, pipes and exit codes."""

from pathlib import Path

import click
from click.testing import CliRunner, Result
from program import Words

from wav2spec.cli.main import command


def invoke(*words: Words) -> Result:
    return CliRunner().invoke(command, [str(word) for word in words], standalone_mode=False)


def done(*words: Words, code: int = 0) -> Result:
    """Run the program in this process to the exit code that is expected."""
    result = invoke(*words)
    assert (result.exception, result.return_value) == (None, code), (result.exception, result.output)
    return result


def usage_error(*words: Words) -> str:
    """Return what is said of a command that cannot be."""
    result = invoke(*words)
    assert isinstance(result.exception, click.UsageError), (result.exception, result.output)
    assert (result.exception.exit_code, result.stdout) == (2, "")
    return result.exception.format_message()


def told(*words: str | Path) -> str:
    result = invoke("info", *words)
    assert (result.exception, result.return_value, result.stderr) == (None, 0, "")
    return result.stdout
