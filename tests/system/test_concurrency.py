"""Batches whose processes are stopped or killed, and whose files and folders change under them."""

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

import pytest
from folders import tree
from pictures import assert_whole
from processes import children, halted, halted_worker, is_alive, open_files, process_state, started, wait_until
from program import (
    FAILED,
    HANGS_AFTER_S,
    PROGRAM,
    failures,
    lines_of,
    needs_proc,
    needs_strace,
    run,
    with_and_without_nameless_files,
)
from recordings import sparse_wav, write_recordings

pytestmark = needs_proc

# Slow enough to be met in the middle of it.
SLOWLY = ("--stride", "1", "-j2")
STOPS = [
    ("INT", "group"),
    ("TERM", "parent"),
    ("TERM", "group"),
    ("HUP", "parent"),
    ("HUP", "group"),
]


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """Return a folder of two short recordings, and behind them three of which none ends in a minute."""
    write_recordings(tmp_path / "in", 2)
    for name in "xyz":
        sparse_wav(tmp_path / "in" / f"{name}.wav", 2**29)
    return tmp_path / "in"


def wait_for_two_workers(process: subprocess.Popen[bytes], pictures: Path) -> list[int]:
    """Return the workers when the short recordings are done, and both are writing of the long ones."""
    short = [pictures / "00.png", pictures / "01.png"]
    wait_until(lambda: all(path.exists() for path in short))
    wait_until(lambda: sum(bool(open_files(child, pictures)) for child in children(process.pid)) == 2)
    assert process.poll() is None
    return children(process.pid)


@with_and_without_nameless_files
@pytest.mark.parametrize(("number", "whom"), STOPS)
def test_a_signal_ends_a_batch_and_its_workers_and_keeps_what_is_done(
    sources: Path, folder: Path, program: tuple[str, ...], number: str, whom: str
) -> None:
    stop = signal.Signals[f"SIG{number}"]
    with started(sources, *SLOWLY, "-o", folder, program=program) as process:
        workers = wait_for_two_workers(process, folder)
        os.killpg(process.pid, stop) if whom == "group" else process.send_signal(stop)
        output, messages = process.communicate(timeout=HANGS_AFTER_S)
        wait_until(lambda: not any(map(is_alive, workers)))
    assert (process.returncode, output) == (-stop, b"")
    # The news of what is done may not have come.
    assert re.fullmatch(rb"wav2spec: stopped after [0-2] of 5 sources\n", messages)
    assert_whole(tree(folder), ["00.png", "01.png"])


def test_signals_in_a_burst_are_said_once(sources: Path, folder: Path) -> None:
    """As `timeout` sends them: to the process, and to its group."""
    with started(sources, *SLOWLY, "-o", folder) as process:
        wait_for_two_workers(process, folder)
        while process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            time.sleep(0.001)
        output, messages = process.communicate(timeout=HANGS_AFTER_S)
    assert (process.returncode, output) == (-signal.SIGTERM, b"")
    assert re.fullmatch(rb"wav2spec: stopped after [0-2] of 5 sources\n", messages)
    assert_whole(tree(folder), ["00.png", "01.png"])


def test_a_stopped_batch_counts_what_was_done_behind_a_long_recording(tmp_path: Path, folder: Path) -> None:
    sources = tmp_path / "in"
    names = write_recordings(sources, 6)
    sparse_wav(sources / "0.wav", 2**29)
    with started(sources, *SLOWLY, "-o", folder) as process:
        # One may wait for the long one's worker.
        wait_until(lambda: sum((folder / name).exists() for name in names) >= 5)
        process.terminate()
        _, messages = process.communicate(timeout=HANGS_AFTER_S)
    # The news of the last may not have come.
    assert re.fullmatch(rb"wav2spec: stopped after [2-6] of 7 sources\n", messages)
    pictures = tree(folder)
    assert_whole(pictures, [name for name in names if name in pictures])


@with_and_without_nameless_files
@pytest.mark.parametrize("old", [b"", b"old"], ids=["new", "old"])
def test_a_signal_in_a_batch_leaves_the_manifest_as_it_was(
    sources: Path, folder: Path, program: tuple[str, ...], old: bytes
) -> None:
    manifest = folder / "all.jsonl"
    if old:
        manifest.write_bytes(old)
    with started(sources, *SLOWLY, "-o", folder, "--manifest", manifest, program=program) as process:
        wait_for_two_workers(process, folder)
        process.terminate()
        process.communicate(timeout=HANGS_AFTER_S)
    assert process.returncode == -signal.SIGTERM
    left = tree(folder)
    assert left.pop("all.jsonl", b"") == old
    assert_whole(left, ["00.png", "01.png"])


@with_and_without_nameless_files
def test_without_their_parent_workers_end_and_an_update_does_the_rest(
    tmp_path: Path, folder: Path, program: tuple[str, ...]
) -> None:
    sources, expected = tmp_path / "in", tmp_path / "expected"
    names = write_recordings(sources, 6, 100_000)
    with started(sources, *SLOWLY, "-o", folder, program=program) as process:
        wait_until(lambda: (folder / "00.png").exists())
        workers = children(process.pid)
        process.kill()
        process.wait(timeout=HANGS_AFTER_S)
        wait_until(lambda: not any(map(is_alive, workers)))
    seen = {name for name in tree(folder) if not name.startswith(".")}
    assert "00.png" in seen
    assert len(seen) < len(names)
    result = run(sources, *SLOWLY, "-o", folder, "--update")
    n_done = len(seen)
    summary = f"wav2spec: {len(names) - n_done} written, {n_done} up to date\n"
    assert (result.returncode, result.stderr.decode()) == (0, summary)
    assert run(sources, *SLOWLY, "-o", expected).returncode == 0
    # A worker cleans up after itself: there is not even a hidden file.
    assert tree(folder) == tree(expected)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM, signal.SIGRTMIN + 1])
def test_of_a_killed_worker_only_its_file_is_lost(tmp_path: Path, folder: Path, number: int) -> None:
    sources = tmp_path / "in"
    names = write_recordings(sources, 6, 50_000)
    with started(sources, *SLOWLY, "-o", folder) as process:
        worker, source = halted_worker(process, sources, folder)
        os.kill(worker, number)
        os.kill(worker, signal.SIGCONT)
        output, messages = process.communicate(timeout=HANGS_AFTER_S)
    assert (process.returncode, output) == (FAILED, b"")
    error, summary = lines_of(messages)
    assert error.startswith(f"wav2spec: error: {sources / source}: the process that worked on it was killed by ")
    assert error.endswith(signal.Signals(number).name if number != signal.SIGRTMIN + 1 else str(number))
    assert summary == "wav2spec: 5 written, 1 failed"
    pictures = {name: body for name, body in tree(folder).items() if not name.startswith(".")}
    assert_whole(pictures, [name for name in names if Path(name).stem != Path(source).stem])


def assert_there_unless_lost(folder: Path, stems: set[str], lost: Collection[str]) -> None:
    """Check what is left by workers that were killed: also in the moment before they could tell of a whole picture."""
    pictures = {name: body for name, body in tree(folder).items() if not name.startswith(".")}
    assert_whole(pictures, list(pictures))
    assert stems.difference(lost) <= {Path(name).stem for name in pictures} <= stems


def test_a_batch_whose_workers_are_all_killed_again_and_again_ends(tmp_path: Path, folder: Path) -> None:
    sources = tmp_path / "in"
    names = write_recordings(sources, 6, 200_000)
    with started(sources, *SLOWLY, "-o", folder) as process:
        while process.poll() is None:
            for worker in children(process.pid):
                with suppress(ProcessLookupError):
                    os.kill(worker, signal.SIGKILL)
            time.sleep(0.01)
        _, messages = process.communicate(timeout=HANGS_AFTER_S)
    lost = failures(messages)
    assert process.returncode == FAILED
    assert_there_unless_lost(folder, {Path(name).stem for name in names}, lost.keys())


def test_two_batches_into_one_folder_write_whole_pictures(tmp_path: Path, folder: Path) -> None:
    sources, expected = tmp_path / "in", tmp_path / "expected"
    names = write_recordings(sources, 12, 20_000)
    assert run(sources, "-j2", "-o", expected).returncode == 0
    with started(sources, "-j2", "-o", folder) as one, started(sources, "-j2", "-o", folder) as other:
        for process in (one, other):
            assert process.communicate(timeout=HANGS_AFTER_S) == (b"", b"wav2spec: 12 written\n")
    assert (one.returncode, other.returncode) == (0, 0)
    assert tree(folder) == tree(expected)
    assert list(tree(folder)) == names


def test_a_recording_that_vanishes_in_a_batch_is_named(tmp_path: Path, folder: Path) -> None:
    sources = tmp_path / "in"
    names = write_recordings(sources, 8, 50_000)
    with started(sources, *SLOWLY, "-o", folder) as process:
        wait_until(lambda: (folder / names[0]).exists())
        with halted(process):
            assert not (folder / names[-1]).exists()
            (sources / "07.wav").unlink()
        output, messages = process.communicate(timeout=HANGS_AFTER_S)
    assert (process.returncode, output) == (FAILED, b"")
    assert failures(messages) == {"07": "No such file or directory"}
    assert messages.endswith(b"\nwav2spec: 7 written, 1 failed\n")
    assert_whole(tree(folder), names[:-1])


@pytest.mark.parametrize("left", [100_000, 0])
def test_a_recording_cut_while_a_worker_reads_it_is_warned_of_or_failed(
    tmp_path: Path, folder: Path, left: int
) -> None:
    sources = tmp_path / "in"
    names = write_recordings(sources, 2, 200_000)
    with started(sources, *SLOWLY, "-o", folder) as process:
        worker, source = halted_worker(process, sources, folder)
        os.truncate(sources / source, left)
        os.kill(worker, signal.SIGCONT)
        output, messages = process.communicate(timeout=HANGS_AFTER_S)
    (word,) = [line for line in lines_of(messages)[:-1] if source in line]
    assert word.startswith("wav2spec: warning: " if process.returncode == 0 else "wav2spec: error: ")
    assert output == b""
    failed = failures(messages).keys()
    assert failed == ({Path(source).stem} if process.returncode else set())
    assert_whole(tree(folder), [name for name in names if Path(name).stem not in failed])


@with_and_without_nameless_files
def test_when_the_folder_of_pictures_vanishes_what_is_said_to_be_there_is(
    tmp_path: Path, folder: Path, program: tuple[str, ...]
) -> None:
    sources = tmp_path / "in"
    names = write_recordings(sources, 8, 50_000)
    with started(sources, *SLOWLY, "-o", folder, program=program) as process:
        wait_until(lambda: (folder / names[0]).exists())
        with halted(process):
            gone = {name for name in tree(folder) if not name.startswith(".")}
            shutil.rmtree(folder)
        output, messages = process.communicate(timeout=HANGS_AFTER_S)
    failed = failures(messages)
    assert (process.returncode, output) == (FAILED if failed else 0, b"")
    # Of what came after, each picture is there or named.
    assert_whole(tree(folder), [name for name in names if name not in gone and Path(name).stem not in failed])


@needs_strace
def test_a_batch_that_loses_its_workers_and_gets_no_others_does_the_work_itself(tmp_path: Path, folder: Path) -> None:
    sources = tmp_path / "in"
    write_recordings(sources, 1)
    for number in range(1, 400):
        os.link(sources / "00.wav", sources / f"{number:03}.wav")
    refused = ("-e", "trace=clone,fork,vfork", "-e", "inject=clone,fork,vfork:error=EAGAIN:when=3+")
    strace = ("strace", "-f", "--seccomp-bpf", "-qq", "-o", tmp_path / "log", *refused)
    with started(sources, "-j2", "-o", folder, program=(*map(str, strace), *PROGRAM)) as process:
        wait_until(lambda: (folder / "00.png").exists())
        (parent,) = children(process.pid)
        # While it still hands out work.
        os.kill(parent, signal.SIGSTOP)
        wait_until(lambda: process_state(parent) in ("T", "t"))
        for worker in children(parent):
            os.kill(worker, signal.SIGKILL)
        os.kill(parent, signal.SIGCONT)
        output, messages = process.communicate(timeout=HANGS_AFTER_S)
    assert "INJECTED" in (tmp_path / "log").read_text()
    lost = failures(messages)
    assert (process.returncode, output) == (FAILED if lost else 0, b"")
    assert all("killed by SIGKILL" in words for words in lost.values())
    assert len(lost) <= 2
    assert_there_unless_lost(folder, {f"{number:03}" for number in range(1, 400)} | {"00"}, lost.keys())
