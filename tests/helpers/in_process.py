"""The program in this process: fast, and enough where signals, workers and the environment do not matter.

`run_in_process` stands for the process that `program.run` starts, with its standard streams and its exit code; `invoke`
and `done` call the command through Click's runner, and show its exceptions.
"""

import contextlib
import io
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from typing import BinaryIO

import click
from click.testing import CliRunner, Result
from program import Words

from wav2spec.cli import main
from wav2spec.cli.main import command

_HANDLED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGXCPU, signal.SIGCHLD)


def run_in_process(
    *words: Words,
    input: bytes = b"",
    stdin: BinaryIO | None = None,
    stderr: int | None = None,
    cwd: str | os.PathLike[str] | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """Run a command line as `program.run` does, on the standard descriptors of this process.

    Standard input is the file `stdin`, or else a pipe that brings `input`; standard error goes to the descriptor
    `stderr`, or else into the result.
    """
    arguments = [os.fsdecode(word) for word in words]
    with contextlib.ExitStack() as stack:
        out, err = (stack.enter_context(tempfile.TemporaryFile()) for _ in range(2))
        stack.enter_context(_kept_signal_handlers())
        if cwd is not None:
            stack.enter_context(contextlib.chdir(cwd))
        source = stdin or stack.enter_context(_pipe_of(input))
        with _standard_streams(source.fileno(), out.fileno(), err.fileno() if stderr is None else stderr):
            code = main.run(arguments)
        answers = []
        for file in (out, err):
            file.seek(0)
            answers.append(file.read())
    return subprocess.CompletedProcess(arguments, code, *answers)


@contextlib.contextmanager
def _pipe_of(data: bytes) -> Iterator[BinaryIO]:
    ours, theirs = os.pipe()

    def write() -> None:
        with contextlib.suppress(BrokenPipeError), open(theirs, "wb") as pipe:
            pipe.write(data)

    writer = threading.Thread(target=write)
    with open(ours, "rb") as pipe:
        writer.start()
        yield pipe
    writer.join()


@contextlib.contextmanager
def _standard_streams(*descriptors: int) -> Iterator[None]:
    """Put descriptors in place of the standard ones, and Python's streams on them as at the start of a process."""
    streams = sys.stdin, sys.stdout, sys.stderr
    kept = [os.dup(descriptor) for descriptor in range(3)]
    for standard, descriptor in enumerate(descriptors):
        os.dup2(descriptor, standard)
    sys.stdin, sys.stdout, sys.stderr = (
        io.TextIOWrapper(open(descriptor, mode, closefd=False), "utf-8", errors, line_buffering=descriptor == 2)
        for descriptor, (mode, errors) in enumerate([("rb", "strict"), ("wb", "strict"), ("wb", "backslashreplace")])
    )
    try:
        yield
    finally:
        for stream in (sys.stdin, sys.stdout, sys.stderr):
            stream.close()
        sys.stdin, sys.stdout, sys.stderr = streams
        for descriptor, copy in enumerate(kept):
            os.dup2(copy, descriptor)
            os.close(copy)


@contextlib.contextmanager
def _kept_signal_handlers() -> Iterator[None]:
    handlers = {number: signal.getsignal(number) for number in _HANDLED}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def invoke(*words: Words) -> Result:
    return CliRunner().invoke(command, [str(word) for word in words], standalone_mode=False)


def done(*words: Words, code: int = 0) -> Result:
    """Run the program in this process to the exit code that is expected."""
    result = invoke(*words)
    assert (result.exception, result.return_value) == (None, code), (result.exception, result.output)
    return result


def usage_error(*words: Words) -> str:
    """Return the message of a command that Click refuses."""
    result = invoke(*words)
    assert isinstance(result.exception, click.UsageError), (result.exception, result.output)
    assert (result.exception.exit_code, result.stdout) == (2, "")
    return result.exception.format_message()


def told(*words: Words) -> str:
    """Return the answer of `info`."""
    return done("info", *words).stdout
