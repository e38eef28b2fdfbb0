"""Runs of the program, and what must be true of each."""

import os
import re
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

PROGRAM = (sys.executable, "-m", "wav2spec")
# As on file systems without unnamed files.
PROGRAM_NAMING_FILES = (
    sys.executable,
    "-c",
    "import os; del os.O_TMPFILE; from wav2spec.__main__ import main; main()",
)
SAMPLES = Path(__file__).parents[2] / "sample_audio"
# Ten times what a busy machine takes (s).
HANGS_AFTER_S = 120
# What no run on the short files of this attack needs (bytes).
MAX_MEMORY = 3 * 2**30

# The folder of an attack is the current one: Python must not look for modules in it, but in this checkout.
os.environ |= {"PYTHONSAFEPATH": "1", "PYTHONPATH": str(Path(__file__).parents[2])}


class Finding(Exception):  # noqa: N818 - it is what the script looks for
    """What a run did, and should not have."""


def run(
    command: list[str],
    folder: Path,
    allowed: tuple[int, ...] = (0, 1),
    *,
    limit: Callable[[], object] | None = None,
    **options: Any,
) -> bytes:
    """Run a command, check what is promised of every run, and return its messages."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=limit or _limit_memory,
        **options,
    )
    return finish(process, folder, allowed)


def finish(process: "subprocess.Popen[bytes]", folder: Path, allowed: tuple[int, ...] = (0, 1)) -> bytes:
    """Wait for a process, check what is promised of every run, and return its messages."""
    try:
        _, messages = process.communicate(timeout=HANGS_AFTER_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise Finding(f"hangs: {process.args!r}") from None
    if process.returncode not in allowed:
        raise Finding(f"exit {process.returncode}: {process.args!r}\n{_text(messages)}")
    check_messages(messages, process.returncode, process.args)
    left = [str(path) for path in folder.rglob(".wav2spec-*")]
    if left and process.returncode != -signal.SIGKILL:
        raise Finding(f"left {left}: {process.args!r}")
    return messages


def check_messages(messages: bytes, code: int, command: Any) -> None:
    lines = messages.splitlines()
    if any(not line.startswith(b"wav2spec: ") for line in lines) or b"unexpected" in messages:
        raise Finding(f"messages: {command!r}\n{_text(messages)}")
    if code == 1 and not lines and "--check" not in command:
        raise Finding(f"exit 1 without a word: {command!r}")
    if code == 2 and len(lines) != 1:
        raise Finding(f"exit 2 with {len(lines)} lines: {command!r}\n{_text(messages)}")


def is_start_of_python(messages: bytes) -> bool:
    """Return whether a traceback is that of Python's own start, before any line of ours."""
    return bool(re.search(b"KeyboardInterrupt|Fatal Python error|failed to set", messages)) and not re.search(
        rb'"[^"]*/wav2spec/\w+', messages
    )


def _limit_memory() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))


def _text(messages: bytes) -> str:
    return messages[-5000:].decode("utf-8", "backslashreplace")
