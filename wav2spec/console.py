"""Lines for people: on standard error, and answers on standard output."""

import contextlib
import os
import sys

from wav2spec.errors import OutputError, StdoutClosedError, os_error_message


def printable(name: str) -> str:
    r"""Return a file's name as it can be printed on one line anywhere.

    >>> print(printable("a\x1b[31m\n.wav"))
    a\x1b[31m\n.wav
    """
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def print_message(kind: str, message: str) -> None:
    """Write a line to stderr."""
    print_line(f"wav2spec: {kind}: {message}")


def print_line(line: str) -> None:
    """Write a line to stderr; where that is closed or full there is nobody to tell."""
    with contextlib.suppress(OSError, AttributeError):
        print(line, file=sys.stderr, flush=True)


def print_stdout(line: str) -> None:
    """Write a line that was asked for to stdout, whatever letters it knows.

    Raises
    ------
    StdoutClosedError, OutputError
        If it cannot be written.
    """
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        print(line.encode(encoding, "backslashreplace").decode(encoding), flush=True)
    except BrokenPipeError:
        raise StdoutClosedError from None
    except OSError as error:
        raise OutputError("standard output", os_error_message(error)) from error
