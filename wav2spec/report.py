"""Outcomes to words on stderr and to the exit code."""

import contextlib
import os
import sys

from wav2spec.jobs import Outcome


def shown(name: str) -> str:
    r"""Return a file's name as it can be printed on one line anywhere.

    >>> print(shown("a\x1b[31m\n.wav"))
    a\x1b[31m\n.wav
    """
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def say(kind: str, words: str) -> None:
    """Write a line to stderr; where that is closed or full there is nobody to tell."""
    with contextlib.suppress(OSError, AttributeError):
        print(f"wav2spec: {kind}: {words}", file=sys.stderr, flush=True)


class Report:
    """Collects outcomes, says what is worth saying, and knows the exit code.

    `verbosity` is -1 for failures only, 0 for warnings too, 1 for every picture, 2 for tracebacks.
    """

    def __init__(self, verbosity: int = 0) -> None:
        self._verbosity = verbosity
        self.exit_code = 0

    def add(self, outcome: Outcome) -> None:
        source, target = shown(outcome.job.source_name), shown(outcome.job.target)
        if self._verbosity >= 0:
            for words in outcome.warnings:
                say("warning", f"{source}: {words}")
        if outcome.failure:
            name, reason = outcome.failure
            say("error", f"{shown(name)}: {shown(reason)}")
            self.exit_code = 1
        elif self._verbosity >= 1:
            say("written", f"{source} -> {target}: {outcome.made}")
        if outcome.trace and self._verbosity >= 2:
            with contextlib.suppress(OSError, AttributeError):
                print(outcome.trace, file=sys.stderr, flush=True)
