"""Stopped in the middle, short of time or memory, and others who write at once: a target is complete or untouched."""

import fcntl
import os
import signal
import subprocess
import sys
import termios
import threading
import time
from functools import partial
from pathlib import Path
from typing import IO

import pytest
from folders import contents
from pictures import png_size
from processes import wait_until, wait_until_writing
from program import FAILED, HANGS_AFTER_S, error_of, needs_proc, run, shell, start, with_and_without_nameless_files
from recordings import MakeWav, sparse_wav

STOPPING = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@needs_proc
@with_and_without_nameless_files
@pytest.mark.parametrize("old", [b"", b"old"], ids=["new", "old"])
@pytest.mark.parametrize("number", STOPPING)
def test_a_signal_ends_it_and_leaves_the_folder_as_it_was(
    make_wav: MakeWav, folder: Path, program: tuple[str, ...], number: signal.Signals, old: bytes
) -> None:
    source = make_wav(n_samples=1_000_000)
    if old:
        (folder / "o.png").write_bytes(old)
    before = contents(folder)
    with start(source, "--stride", "1", "-o", folder / "o.png", program=program) as process:
        wait_until_writing(process, folder)
        process.send_signal(number)
        output, messages = process.communicate(timeout=HANGS_AFTER_S)
    assert process.returncode == -number
    assert (output, messages) == (b"", b"")
    assert contents(folder) == before


@needs_proc
@with_and_without_nameless_files
def test_a_signal_in_a_row_of_files_keeps_what_is_done(
    make_wav: MakeWav, folder: Path, program: tuple[str, ...]
) -> None:
    first, second = make_wav("a.wav", n_samples=1000), make_wav("b.wav", n_samples=1_000_000)
    with start(first, second, "--stride", "1", "-o", folder, program=program) as process:
        wait_until_writing(process, folder)
        process.terminate()
        process.communicate(timeout=HANGS_AFTER_S)
    assert process.returncode == -signal.SIGTERM
    assert os.listdir(folder) == ["a.png"]
    assert png_size((folder / "a.png").read_bytes()) == (129, 745)


def is_empty(pipe: IO[bytes]) -> bool:
    """Return whether all bytes that were written into a pipe have been read."""
    return fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)) == bytes(4)


@pytest.mark.parametrize("number", STOPPING)
def test_a_signal_ends_the_wait_for_standard_input(folder: Path, number: signal.Signals) -> None:
    with start("-", "-o", folder / "o.png", stdin=subprocess.PIPE) as process:
        assert process.stdin
        process.stdin.write(b"RIFF" + bytes(1000))
        process.stdin.flush()
        wait_until(partial(is_empty, process.stdin))
        process.send_signal(number)
        process.wait(timeout=HANGS_AFTER_S)
        assert process.communicate() == (b"", b"")
    assert process.returncode == -number
    assert contents(folder) == {}


def test_a_hangup_that_is_ignored_from_outside_is_ignored(make_wav: MakeWav, folder: Path) -> None:
    """As under nohup."""
    source = make_wav(n_samples=400_000)
    script = 'trap "" HUP; "$@" & sleep 0.3; kill -HUP $!; wait $!'
    assert shell(script, source, "--stride", "1", "-o", folder / "o.png").returncode == 0
    assert png_size((folder / "o.png").read_bytes()) == (129, 399_745)


@with_and_without_nameless_files
def test_a_killed_process_leaves_the_old_or_the_new_picture(
    make_wav: MakeWav, folder: Path, program: tuple[str, ...]
) -> None:
    source, target = make_wav(n_samples=200_000), folder / "o.png"
    new = run(source, "-o", "-").stdout
    for number in range(20):
        target.write_bytes(b"old")
        with start(source, "-o", target, program=program) as process:
            time.sleep(0.05 + 0.01 * number)
            process.kill()
        assert target.read_bytes() in (b"old", new)
    # Only a kill may leave an unfinished file; no pattern takes it for a picture.
    assert [name for name in os.listdir(folder) if not name.startswith(".")] == ["o.png"]


# Counts what happens (modules that are imported, files that are opened) from the program's first import of its own on,
# and sends itself a signal at a given event: the moment at which people press Ctrl-C. Prints the count at the end.
INTERRUPTED_AT_EVENT = """
import os, runpy, signal, sys
at, count = int(sys.argv.pop(1)), 0
def watch(event, words):
    global count
    if count or (event == "import" and words[0] == "wav2spec.cli"):
        count += 1
        if count == at:
            os.kill(os.getpid(), signal.SIGINT)
sys.addaudithook(watch)
try:
    runpy.run_module("wav2spec", run_name="__main__", alter_sys=True)
finally:
    os.write(1, b"%d" % count)
"""


def test_ctrl_c_at_no_moment_of_a_run_shows_a_traceback(make_wav: MakeWav, folder: Path) -> None:
    source, program = make_wav(), (sys.executable, "-c", INTERRUPTED_AT_EVENT)

    def run_until(event: int) -> tuple[int, bytes, bytes]:
        with start(str(event), source, "-o", folder / "o.png", program=program) as process:
            output, messages = process.communicate(timeout=HANGS_AFTER_S)
        return process.returncode, output, messages

    code, n_events, messages = run_until(-1)
    assert (code, messages) == (0, b"")
    whole = (folder / "o.png").read_bytes()
    # The first import, many others, and the picture.
    for event in (1, 2, 3, 5, 8, *range(12, int(n_events), int(n_events) // 30)):
        (folder / "o.png").unlink(missing_ok=True)
        assert run_until(event) == (-signal.SIGINT, b"", b""), event
        assert contents(folder) in ({}, {"o.png": whole}), event


@with_and_without_nameless_files
@pytest.mark.parametrize("limit", ["-t 1", "-St 1"], ids=["hard", "soft"])
def test_the_limit_of_processor_time_ends_it_by_a_signal(
    tmp_path: Path, folder: Path, program: tuple[str, ...], limit: str
) -> None:
    source = sparse_wav(tmp_path / "long.wav", 2**30)
    result = shell(f'ulimit {limit}; exec "$@"', source, "-o", folder / "o.png", program=program)
    # Where both limits are one, the kernel kills; what could not be removed then is hidden.
    assert result.returncode == (-signal.SIGXCPU if "S" in limit else -signal.SIGKILL)
    assert b"Traceback" not in result.stderr
    left = contents(folder)
    if result.returncode == -signal.SIGXCPU:
        assert left == {}
    assert all(name.startswith(".") for name in left)


def test_too_little_memory_is_reported(tmp_path: Path, folder: Path) -> None:
    source = sparse_wav(tmp_path / "long.wav", 2**30)
    # This layout holds its pixels: half a gigabyte of them.
    words = ("--layout", "right-up", "-o", folder / "o.png")
    error = error_of(shell('ulimit -v 500000; exec "$@"', source, *words))
    assert error == f"wav2spec: error: {source}: not enough memory"
    assert contents(folder) == {}


def test_a_window_too_large_for_the_memory_is_reported(tmp_path: Path, folder: Path) -> None:
    source = sparse_wav(tmp_path / "long.wav", 2**30)
    words = ("--window-size", "400000000", "-o", folder / "o.png")
    assert "not enough memory" in error_of(shell('ulimit -v 500000; exec "$@"', source, *words))
    assert contents(folder) == {}


@pytest.mark.parametrize(
    ("words", "target"),
    [
        (("image",), "o.png"),
        (("plot",), "o.png"),
        (("plot",), "o.pdf"),
        (("compare",), "o.svg"),
        (("explore",), "o.html"),
        (("levels",), "o.toml"),
    ],
)
def test_too_little_memory_for_the_libraries_or_the_figure_is_reported(
    make_wav: MakeWav, folder: Path, words: tuple[str, ...], target: str
) -> None:
    source, codes = make_wav(), []
    for kilobytes in range(40_000, 360_000, 20_000):
        result = shell(f'ulimit -v {kilobytes}; exec "$@"', *words, source, "-o", folder / target)
        codes.append(result.returncode)
        if result.returncode == 0:
            break
        assert error_of(result).endswith(": not enough memory"), kilobytes
        assert contents(folder) == {}
    assert codes[0] == FAILED
    assert codes[-1] == 0
    assert list(contents(folder)) == [target]


def test_of_two_writers_one_wins(make_wav: MakeWav, folder: Path) -> None:
    sources = [make_wav("a.wav", n_samples=40_000), make_wav("b.wav", n_samples=60_000)]
    for source in sources:
        assert run(source, "-o", folder / f"{source.stem}.png").returncode == 0
    expected = {(folder / f"{source.stem}.png").read_bytes() for source in sources}
    for _ in range(10):
        writers = [start(source, "-o", folder / "o.png") for source in sources]
        assert [writer.communicate() for writer in writers] == [(b"", b"")] * 2
        assert [writer.returncode for writer in writers] == [0, 0]
        assert (folder / "o.png").read_bytes() in expected
    assert sorted(os.listdir(folder)) == ["a.png", "b.png", "o.png"]


def test_a_reader_sees_whole_pictures_only(make_wav: MakeWav, folder: Path) -> None:
    sources = [make_wav("a.wav", n_samples=100_000), make_wav("b.wav", n_samples=120_000)]
    expected = {run(source, "-o", "-").stdout for source in sources}
    target = folder / "o.png"
    assert run(sources[0], "-o", target).returncode == 0
    seen, done = set(), threading.Event()

    def rewrite() -> None:
        for index in range(10):
            run(sources[index % 2], "-o", target)
        done.set()

    writer = threading.Thread(target=rewrite)
    writer.start()
    while not done.is_set():
        seen.add(target.read_bytes())
    writer.join()
    assert seen == expected
