"""Print messages to standard error, and answers to standard output."""

import contextlib
import sys

from wav2spec.errors import OutputError, StdoutClosedError, os_error_message


def printable(name: str) -> str:
    r"""Escape the characters of a name that cannot be printed on one line.

    >>> print(printable("a\x1b[31m\n.wav"))
    a\x1b[31m\n.wav
    >>> print(printable("\udcff \ud800"), printable("\udcff"))
    \udcff \ud800 \xff
    """
    if name.isprintable():
        return name
    # Undecodable bytes are surrogates. Printable text is unchanged in every locale.
    try:
        text = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:
        # Surrogates that stand for no byte, as JSON may have them.
        text = name
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def print_message(kind: str, message: str) -> None:
    """Print a message of a kind, ``error`` or ``warning``."""
    print_line(f"wav2spec: {kind}: {message}")


def print_line(line: str) -> None:
    """Print a line to standard error, unless that is closed or full."""
    with contextlib.suppress(OSError, AttributeError):
        print(line, file=sys.stderr, flush=True)


def print_stdout(line: str) -> None:
    """Print a line to standard output; characters that its encoding lacks are escaped.

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
