"""Runs of the program in which one system call fails, by a library that the dynamic linker loads first."""

import functools
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from program import HANGS_AFTER_S
from recordings import ROOT

SOURCE = ROOT / "tests" / "attack" / "failing_call.c"
# The calls that the library makes fail, in the order of its documentation.
CALLS = (
    "read",
    "write",
    "lseek",
    "open",
    "close",
    "fstat",
    "ftruncate",
    "rename",
    "link",
    "unlink",
    "mkdir",
    "readdir",
)
# Those that have no path.
PROCESS_CALLS = ("fork", "pipe")


@functools.cache
def library() -> str | None:
    """Return the path of the library, built once a process; None where there is no C compiler, or no Linux."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or sys.platform != "linux":
        return None
    path = Path(tempfile.mkdtemp(prefix="failing-call-")) / "failing_call.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", path, SOURCE, "-ldl"], check=True)
    return str(path)


def failing(
    call: str, at: int, number: int, path: str | Path, *, again: bool = False, log: Path | None = None
) -> dict[str, str]:
    """Return the environment in which the `at`-th such call on paths that contain `path` fails with errno `number`."""
    found = library()
    assert found is not None
    environment = os.environ | {"LD_PRELOAD": found, "FAIL_CALL": call, "FAIL_AT": str(at), "FAIL_ERRNO": str(number)}
    environment |= {"FAIL_PATH": str(path), "PYTHONDONTWRITEBYTECODE": "1"}
    return environment | ({"FAIL_AGAIN": "1"} if again else {}) | ({"FAIL_LOG": str(log)} if log else {})


def count_calls(call: str, path: Path, command: list[str], **options: Any) -> int:
    """Return how many such calls on paths that contain `path` a command makes."""
    with tempfile.NamedTemporaryFile() as log:
        environment = failing(call, 0, 0, path, log=Path(log.name))
        subprocess.run(command, env=environment, capture_output=True, timeout=HANGS_AFTER_S, **options)
        return os.stat(log.name).st_size
