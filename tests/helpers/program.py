"""The program as a process of its own, in good conditions and bad, and its answers."""

import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

# What takes longer hangs: ten times what a busy machine takes (s).
HANGS_AFTER_S = 120

PROGRAM = (sys.executable, "-m", "wav2spec")

# As on systems without nameless files: an unfinished picture has a name, and must be removed.
PROGRAM_NAMING_FILES = (
    sys.executable,
    "-c",
    "import os; del os.O_TMPFILE; from wav2spec.__main__ import main; main()",
)

Words = str | bytes | Path
_PIPES: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
# Exit codes.
FAILED = 1
USAGE_ERROR = 2

with_and_without_nameless_files = pytest.mark.parametrize(
    "program", [PROGRAM, PROGRAM_NAMING_FILES], ids=["nameless", "named"]
)


@functools.cache
def _succeeds(*command: str) -> bool:
    if not shutil.which(command[0]):
        return False
    return subprocess.run(command, capture_output=True, timeout=HANGS_AFTER_S).returncode == 0


_WITHOUT_RIGHTS = "-dac_override,-dac_read_search"
AS_OTHERS = ("setpriv", f"--bounding-set={_WITHOUT_RIGHTS}", f"--inh-caps={_WITHOUT_RIGHTS}")

needs_mounts = pytest.mark.skipif(
    not _succeeds("unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"),
    reason="needs the right to mount file systems (root, `unshare -m`)",
)

needs_strace = pytest.mark.skipif(
    not _succeeds("strace", "-qq", "-o", os.devnull, "true"), reason="needs strace and the right to trace processes"
)

needs_setpriv = pytest.mark.skipif(
    os.geteuid() == 0 and not _succeeds(*AS_OTHERS, "true"), reason="root reads everything unless setpriv stops it"
)

needs_proc = pytest.mark.skipif(not os.path.exists("/proc/self/fd"), reason="needs /proc to see open files")
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root makes device nodes")


def job_counts(*counts: str) -> list[Any]:
    """Return parameters for ``--jobs``. More than one job starts workers: such a test is marked `system`."""
    return [pytest.param(count, marks=() if count == "1" else pytest.mark.system) for count in counts]


def run(*words: str | bytes | Path, **options: Any) -> subprocess.CompletedProcess[bytes]:
    """Run the program as a process."""
    command = [sys.executable, "-m", "wav2spec", *(word if isinstance(word, bytes) else str(word) for word in words)]
    return subprocess.run(command, capture_output="stdout" not in options, timeout=HANGS_AFTER_S, **options)


def start(*words: Words, program: tuple[str, ...] = PROGRAM, **options: Any) -> subprocess.Popen[bytes]:
    """Start the program; by default its output and messages go into pipes."""
    options = _PIPES | options
    process: subprocess.Popen[bytes] = subprocess.Popen([*program, *map(os.fsencode, words)], **options)
    return process


def wrapped(
    *wrapper: Words, words: tuple[Words, ...], program: tuple[str, ...] = PROGRAM, **options: Any
) -> subprocess.CompletedProcess[bytes]:
    """Run the program as the last arguments of another command."""
    options = _PIPES | {"timeout": HANGS_AFTER_S} | options
    result: subprocess.CompletedProcess[bytes] = subprocess.run(
        [*wrapper, *program, *map(os.fsencode, words)], **options
    )
    return result


def shell(
    script: str, *words: Words, program: tuple[str, ...] = PROGRAM, **options: Any
) -> subprocess.CompletedProcess[bytes]:
    """Run a shell script in which ``"$@"`` is the program with its arguments."""
    return wrapped("sh", "-c", script, "sh", words=words, program=program, **options)


def on_a_disk(
    folder: Path, mount_options: str, prepare: str, *words: Words, program: tuple[str, ...] = PROGRAM, **options: Any
) -> tuple[subprocess.CompletedProcess[bytes], dict[str, bytes]]:
    """Run the program in `folder`, where ``disk`` is a file system; return the result and the files left on it."""
    mount = f"mkdir disk after && mount -t tmpfs -o {mount_options} tmpfs disk || exit 99"
    script = f'{mount}; {prepare}\n"$@"; code=$?; cp -a disk/. after; exit $code'
    wrapper = ("unshare", "-m", "sh", "-c", script, "sh")
    result = wrapped(*wrapper, words=words, program=program, cwd=folder, **options)
    return result, {name: (folder / "after" / name).read_bytes() for name in os.listdir(folder / "after")}


def traced(
    injection: str, *words: Words, program: tuple[str, ...] = PROGRAM, log: str | Path = os.devnull
) -> subprocess.CompletedProcess[bytes]:
    """Run the program with faults injected into its system calls."""
    calls = injection.partition(":")[0]
    strace = ("strace", "-f", "-qq", "-o", log, "-e", f"trace={calls}", "-e", f"inject={injection}")
    # Python's own caches of compiled modules would count as writes.
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    return wrapped(*strace, words=words, program=program, env=environment)


def error_of(result: subprocess.CompletedProcess[bytes]) -> str:
    """Return the error of a run that failed cleanly: exit code 1, one line of error, no traceback, no output."""
    lines = result.stderr.decode("ascii").splitlines()
    assert result.returncode == FAILED, lines
    assert not result.stdout
    assert all(line.startswith(("wav2spec: error: ", "wav2spec: warning: ")) for line in lines)
    (error,) = (line for line in lines if line.startswith("wav2spec: error: "))
    assert "unexpected" not in error
    return error


def assert_usage_error(result: subprocess.CompletedProcess[bytes]) -> None:
    assert result.returncode == USAGE_ERROR
    assert result.stderr.startswith(b"wav2spec: error: ")
    assert result.stderr.count(b"\n") == 1
    assert b"Traceback" not in result.stderr
    assert not result.stdout


def lines_of(messages: bytes) -> list[str]:
    """Return the lines on stderr, each of which must be one of wav2spec's, and none an unexpected error."""
    lines = messages.decode("utf-8").splitlines()
    assert all(line.startswith("wav2spec: ") for line in lines), lines
    assert not any("unexpected" in line for line in lines), lines
    return lines


def failures(messages: bytes) -> dict[str, str]:
    """Return the error of each file that failed, by its name without folder and suffix; there is one for each."""
    errors = [line.split(": ", 3)[2:] for line in lines_of(messages) if line.startswith("wav2spec: error: ")]
    assert len({name for name, _ in errors}) == len(errors)
    return {Path(name).stem: words for name, words in errors}


# A small process in between: after exec, a process keeps the peak memory of the one that forked it.
_MEASURED = (
    "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stdout=sys.stderr);"
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
)


def peak_memory(*words: Words) -> float:
    """Return the peak memory of a run, in MB."""
    program = [sys.executable, "-m", "wav2spec", *map(str, words)]
    result = subprocess.run(
        [sys.executable, "-c", _MEASURED, *program], capture_output=True, check=True, timeout=HANGS_AFTER_S
    )
    unit = 1 if sys.platform == "darwin" else 1024
    return int(result.stdout) * unit / 1e6


def modules_after(statement: str, *names: str) -> set[str]:
    """Return which of the modules are loaded after a statement in a fresh interpreter."""
    code = f"import sys; {statement}; print(*sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, timeout=HANGS_AFTER_S, text=True
    )
    return set(result.stdout.split()) & set(names)
