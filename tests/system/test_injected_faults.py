"""Faults injected into single system calls: whatever fails, and wherever it is killed, the target is whole."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from folders import contents
from pictures import png_size
from program import (
    FAILED,
    HANGS_AFTER_S,
    error_of,
    needs_strace,
    run,
    start,
    traced,
    with_and_without_nameless_files,
    wrapped,
)
from recordings import SAMPLES, MakeWav

RENAME = "rename,renameat,renameat2"
N_SAMPLES = 200_000


@pytest.fixture
def folder(folder: Path) -> Path:
    """Return a folder in which there is an old picture."""
    (folder / "o.png").write_bytes(b"old")
    return folder


@needs_strace
@with_and_without_nameless_files
def test_an_error_in_every_write_leaves_the_old_picture(
    make_wav: MakeWav, folder: Path, program: tuple[str, ...]
) -> None:
    source = make_wav(n_samples=N_SAMPLES)
    result = traced("write:error=EIO:when=1+", source, "-o", folder / "o.png", program=program)
    # Messages cannot be written either.
    assert (result.returncode, result.stdout, result.stderr) == (FAILED, b"", b"")
    assert contents(folder) == {"o.png": b"old"}


@needs_strace
@with_and_without_nameless_files
@pytest.mark.parametrize("which", [1, 2, 3, 4])
@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
def test_an_error_in_one_write_leaves_the_old_picture(
    make_wav: MakeWav, folder: Path, program: tuple[str, ...], which: int, error: str
) -> None:
    source = make_wav(n_samples=N_SAMPLES)
    result = traced(f"write:error={error}:when={which}", source, "-o", folder / "o.png", program=program)
    words = {"EIO": "Input/output error", "ENOSPC": "No space left on device"}
    assert words[error] in error_of(result)
    assert contents(folder) == {"o.png": b"old"}


@needs_strace
@with_and_without_nameless_files
def test_an_error_of_fsync_is_no_success(make_wav: MakeWav, folder: Path, program: tuple[str, ...]) -> None:
    log = folder.parent / "log"
    result = traced("fsync,fdatasync:error=EIO", make_wav(), "-o", folder / "o.png", program=program, log=log)
    if "INJECTED" in log.read_text():
        error_of(result)
        assert contents(folder) == {"o.png": b"old"}
    else:  # it was not called
        assert result.returncode == 0
        assert png_size((folder / "o.png").read_bytes())


@needs_strace
@with_and_without_nameless_files
def test_a_kill_before_the_rename_leaves_the_old_picture_and_no_other(
    make_wav: MakeWav, folder: Path, program: tuple[str, ...]
) -> None:
    source = make_wav(n_samples=N_SAMPLES)
    result = traced(f"{RENAME}:signal=KILL", source, "-o", folder / "o.png", program=program)
    assert result.returncode == -signal.SIGKILL
    assert (folder / "o.png").read_bytes() == b"old"
    hidden = set(os.listdir(folder)) - {"o.png"}
    assert all(name.startswith(".") and not name.endswith((".png", ".npy", ".wav")) for name in hidden)
    # What is left harms no later run.
    assert run(source, "-o", folder / "o.png").returncode == 0
    assert png_size((folder / "o.png").read_bytes()) == (129, 1561)
    assert set(os.listdir(folder)) == hidden | {"o.png"}


@needs_strace
@with_and_without_nameless_files
@pytest.mark.parametrize("which", [1, 2, 3, 4])
def test_a_kill_in_the_middle_of_writing_leaves_the_old_picture(
    make_wav: MakeWav, folder: Path, program: tuple[str, ...], which: int
) -> None:
    source = make_wav(n_samples=N_SAMPLES)
    result = traced(f"write:signal=KILL:when={which}", source, "-o", folder / "o.png", program=program)
    assert result.returncode == -signal.SIGKILL
    assert (folder / "o.png").read_bytes() == b"old"
    assert all(name.startswith(".") for name in os.listdir(folder) if name != "o.png")


@needs_strace
def test_a_kill_in_the_middle_of_writing_leaves_nothing_of_a_nameless_file(make_wav: MakeWav, folder: Path) -> None:
    source = make_wav(n_samples=N_SAMPLES)
    traced("write:signal=KILL:when=2", source, "-o", folder / "new.png")
    assert contents(folder) == {"o.png": b"old"}


@needs_strace
@with_and_without_nameless_files
@pytest.mark.parametrize(("error", "words"), [("EBUSY", "busy"), ("EACCES", "Permission denied"), ("EIO", "error")])
def test_a_failing_rename_leaves_the_old_picture_and_no_other(
    make_wav: MakeWav, folder: Path, program: tuple[str, ...], error: str, words: str
) -> None:
    result = traced(f"{RENAME}:error={error}", make_wav(), "-o", folder / "o.png", program=program)
    message = error_of(result)
    assert words in message
    assert str(folder / "o.png") in message
    assert contents(folder) == {"o.png": b"old"}


@needs_strace
@pytest.mark.parametrize("error", ["EOPNOTSUPP", "EPERM", "ENOENT", "EXDEV"])
def test_a_nameless_file_that_gets_no_name_leaves_the_old_picture(make_wav: MakeWav, folder: Path, error: str) -> None:
    result = traced(f"link,linkat:error={error}", make_wav(), "-o", folder / "o.png")
    if result.returncode:
        error_of(result)
        assert contents(folder) == {"o.png": b"old"}
    else:
        assert png_size((folder / "o.png").read_bytes())
        assert os.listdir(folder) == ["o.png"]


@needs_strace
@pytest.mark.parametrize("number", ["INT", "TERM", "HUP"])
@pytest.mark.parametrize("call", ["link,linkat", RENAME])
def test_a_signal_while_the_picture_gets_its_name_leaves_one_picture(
    make_wav: MakeWav, folder: Path, call: str, number: str
) -> None:
    source = make_wav()
    result = traced(f"{call}:signal={number}", source, "-o", folder / "o.png")
    assert result.returncode == -signal.Signals[f"SIG{number}"]
    assert (result.stdout, result.stderr) == (b"", b"")
    left = contents(folder)
    assert list(left) == ["o.png"]
    assert left["o.png"] in (b"old", run(source, "-o", "-").stdout)


@needs_strace
def test_an_error_while_the_recording_is_read_is_reported(make_wav: MakeWav, folder: Path) -> None:
    source = make_wav(n_samples=N_SAMPLES)
    strace = ("strace", "-f", "-qq", "-o", os.devnull, "-P", str(source), "-e", "trace=read")
    for at in (1, 2, 4):
        injection = ("-e", f"inject=read:error=EIO:when={at}")
        result = wrapped(*strace, *injection, words=(source, "-o", folder / "o.png"))
        assert "Input/output error" in error_of(result)
        assert contents(folder) == {"o.png": b"old"}


@pytest.mark.parametrize("n_bytes", [1, 7, 1000, 4096])
def test_a_stream_in_small_pieces_gives_the_same_picture(folder: Path, n_bytes: int) -> None:
    source = SAMPLES / "kick.wav"
    recording = source.read_bytes()
    with start("-", "-o", folder / "o.png", stdin=subprocess.PIPE) as process:
        assert process.stdin
        for first in range(0, len(recording), n_bytes):
            os.write(process.stdin.fileno(), recording[first : first + n_bytes])
            if first % 5000 < n_bytes:
                time.sleep(0.02)
        assert process.communicate(timeout=HANGS_AFTER_S) == (b"", b"")
    assert process.returncode == 0
    assert (folder / "o.png").read_bytes() == run(source, "-o", "-").stdout
