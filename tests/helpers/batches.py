"""What the tests of batches share: folders of recordings, what workers are about, and what became of them."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
from conftest import riff
from program import PROGRAM, Words, png_size, start

Pictures = dict[str, bytes]


def recordings(folder: Path, n_files: int, n_samples: int = 2000) -> list[str]:
    """Write so many recordings of noise, all different, and return the names of their pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(n_files):
        noise = np.random.default_rng(number).integers(-9999, 9999, n_samples).astype("<i2")
        (folder / f"{number:02}.wav").write_bytes(riff(noise.tobytes()))
    return [f"{number:02}.png" for number in range(n_files)]


def tree(folder: Path) -> Pictures:
    """Return all files in a folder and in those within it, the hidden ones too; nothing if it is not there."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def wait_until(condition: Callable[[], object], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("what was waited for did not come")
        time.sleep(0.002)


@contextmanager
def started(
    *words: Words, program: tuple[str, ...] = PROGRAM, environment: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Start the program as a group of processes, of which none is left in the end."""
    process = start(*words, program=program, env=environment, start_new_session=True)
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def children(process_id: int) -> list[int]:
    with suppress(FileNotFoundError):
        return [int(child) for child in Path(f"/proc/{process_id}/task/{process_id}/children").read_text().split()]
    return []


def state(process_id: int) -> str:
    """Return the letter of a process's state, "" if there is no such process."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{process_id}/stat").read_text().rpartition(") ")[2][0]
    return ""


def is_alive(process_id: int) -> bool:
    return state(process_id) not in ("", "Z", "X")


def open_files(process_id: int, folder: Path) -> list[str]:
    """Return the names of what a process has open within a folder; of a nameless file, what the system calls it."""
    names = []
    with suppress(FileNotFoundError, ProcessLookupError):
        for descriptor in os.listdir(f"/proc/{process_id}/fd"):
            with suppress(FileNotFoundError):
                names.append(os.readlink(f"/proc/{process_id}/fd/{descriptor}"))
    return [name.removeprefix(f"{folder}/") for name in names if name.startswith(f"{folder}/")]


def halted_worker(process: subprocess.Popen[bytes], sources: Path, pictures: Path) -> tuple[int, str]:
    """Stop a worker in the middle of a picture, and return its process and the recording's name."""
    while process.poll() is None:
        for worker in children(process.pid):
            os.kill(worker, signal.SIGSTOP)
            wait_until(lambda worker=worker: state(worker) in ("T", "", "Z"))  # type: ignore[misc]
            sources_open = open_files(worker, sources)
            if sources_open and open_files(worker, pictures):
                return worker, sources_open[0]
            os.kill(worker, signal.SIGCONT)
        time.sleep(0.005)
    raise AssertionError("it ended before a worker was seen working")


@contextmanager
def halted(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Stop all processes of a group for a while."""
    members = [process.pid, *children(process.pid)]
    os.killpg(process.pid, signal.SIGSTOP)
    wait_until(lambda: all(state(member) in ("T", "", "Z") for member in members))
    yield
    os.killpg(process.pid, signal.SIGCONT)


def lines_of(messages: bytes) -> list[str]:
    """Return the lines on stderr of a run that went as runs go, well or badly: each is one of ours."""
    lines = messages.decode("utf-8").splitlines()
    assert all(line.startswith("wav2spec: ") for line in lines), lines
    assert not any("unexpected" in line for line in lines), lines
    return lines


def failures(messages: bytes) -> dict[str, str]:
    """Return what was said of each file that failed, once for each, by its name without folder and suffix."""
    errors = [line.split(": ", 3)[2:] for line in lines_of(messages) if line.startswith("wav2spec: error: ")]
    assert len({name for name, _ in errors}) == len(errors)
    return {Path(name).stem: words for name, words in errors}


def assert_whole(pictures: Pictures, names: list[str]) -> None:
    assert list(pictures) == names
    assert all(png_size(picture)[0] == 129 for picture in pictures.values())
