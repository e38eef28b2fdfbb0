"""Watch, stop and resume processes while they work."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from program import HANGS_AFTER_S, PROGRAM, Words, start


def wait_until(condition: Callable[[], object]) -> None:
    """Wait until a condition is true."""
    end = time.monotonic() + HANGS_AFTER_S
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("hangs")
        time.sleep(0.002)


@contextmanager
def started(
    *words: Words, program: tuple[str, ...] = PROGRAM, environment: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Start the program as the leader of a process group, and kill what is left of the group in the end."""
    process = start(*words, program=program, env=environment, start_new_session=True)
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def children(process_id: int) -> list[int]:
    # Each thread has its own.
    found: list[int] = []
    for path in Path(f"/proc/{process_id}/task").glob("*/children"):
        with suppress(FileNotFoundError, ProcessLookupError):
            found += map(int, path.read_text().split())
    return found


def process_state(process_id: int) -> str:
    """Return the letter that /proc shows for a process, "" if there is no such process."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{process_id}/stat").read_text().rpartition(") ")[2][0]
    return ""


def is_alive(process_id: int) -> bool:
    return process_state(process_id) not in ("", "Z", "X")


def open_files(process_id: int, folder: Path) -> list[str]:
    """Return the names of a process's open files in a folder; nameless files have the system's names."""
    names = []
    with suppress(FileNotFoundError, ProcessLookupError):
        for descriptor in os.listdir(f"/proc/{process_id}/fd"):
            with suppress(FileNotFoundError):
                names.append(os.readlink(f"/proc/{process_id}/fd/{descriptor}"))
    return [name.removeprefix(f"{folder}/") for name in names if name.startswith(f"{folder}/")]


def halted_worker(process: subprocess.Popen[bytes], sources: Path, pictures: Path) -> tuple[int, str]:
    """Stop a worker in the middle of a picture; return its process id and the name of the recording."""
    while process.poll() is None:
        for worker in children(process.pid):
            os.kill(worker, signal.SIGSTOP)
            wait_until(lambda worker=worker: process_state(worker) in ("T", "", "Z"))  # type: ignore[misc]
            sources_open = open_files(worker, sources)
            if sources_open and open_files(worker, pictures):
                return worker, sources_open[0]
            os.kill(worker, signal.SIGCONT)
        time.sleep(0.005)
    raise AssertionError("it ended before a worker was seen working")


@contextmanager
def halted(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Stop all processes of a group during the context."""
    members = [process.pid, *children(process.pid)]
    os.killpg(process.pid, signal.SIGSTOP)
    wait_until(lambda: all(process_state(member) in ("T", "", "Z") for member in members))
    yield
    os.killpg(process.pid, signal.SIGCONT)


def wait_until_writing(process: subprocess.Popen[bytes], folder: Path, n_bytes: int = 2**17) -> None:
    """Return when the process has written some of a file in `folder`, named or nameless."""

    def is_writing() -> bool:
        assert process.poll() is None, "it ended before it was seen writing"
        for descriptor in os.listdir(f"/proc/{process.pid}/fd"):
            with suppress(FileNotFoundError):
                name = os.readlink(f"/proc/{process.pid}/fd/{descriptor}")
                position = Path(f"/proc/{process.pid}/fdinfo/{descriptor}").read_text().split()[1]
                if name.startswith(f"{folder}/") and int(position) >= n_bytes:
                    return True
        return False

    wait_until(is_writing)
