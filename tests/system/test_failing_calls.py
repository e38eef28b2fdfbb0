"""Whichever system call fails: the picture is whole and exit 0, or untouched and exit 1 with a plain message."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from failing_calls import CALLS, count_calls, failing, library
from folders import contents
from program import FAILED, HANGS_AFTER_S, PROGRAM, error_of, lines_of, with_and_without_nameless_files
from recordings import MakeWav

pytestmark = pytest.mark.skipif(
    library() is None, reason="needs Linux and a C compiler, to make system calls fail one by one"
)

N_SAMPLES = 100_000
ERRORS = {"write": (errno.ENOSPC, errno.EIO), "close": (errno.ENOSPC, errno.EIO), "open": (errno.EMFILE,)}


def picture_of(command: list[str], target: Path) -> bytes:
    subprocess.run(command, check=True, capture_output=True, timeout=HANGS_AFTER_S)
    picture = target.read_bytes()
    target.unlink()
    return picture


@with_and_without_nameless_files
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("old", [None, b"old"], ids=["new", "replaced"])
def test_one_failing_call_at_each_site_gives_the_picture_or_the_reason(
    make_wav: MakeWav, tmp_path: Path, program: tuple[str, ...], call: str, old: bytes | None
) -> None:
    source, out = make_wav(n_samples=N_SAMPLES), tmp_path / "pictures"
    out.mkdir()
    target = out / "a.png"
    command = [*program, str(source), "-o", str(target), "--force"]
    whole = picture_of(command, target)
    if old:
        target.write_bytes(old)
    for at in range(1, 1 + count_calls(call, tmp_path, command)):
        for number in ERRORS.get(call, (errno.EIO,)):
            target.unlink(missing_ok=True)
            if old:
                target.write_bytes(old)
            environment = failing(call, at, number, tmp_path)
            result = subprocess.run(command, env=environment, capture_output=True, timeout=HANGS_AFTER_S)
            left = contents(out)
            if result.returncode == 0:
                assert (left, lines_of(result.stderr)) == ({"a.png": whole}, []), (call, at, number)
            else:
                reasons = (os.strerror(number), "not seekable.") if call == "lseek" else (os.strerror(number),)
                assert error_of(result).endswith(reasons), (call, at, number)
                assert left == ({"a.png": old} if old else {}), (call, at, number)


@pytest.mark.parametrize("way", ["batch", "update", "list", "list on standard input", "segments", "values"])
def test_a_read_that_fails_is_never_taken_for_an_end(make_wav: MakeWav, tmp_path: Path, way: str) -> None:
    sources = [make_wav(f"{name}.wav", n_samples=N_SAMPLES) for name in "ab"]
    names = tmp_path / "names"
    names.write_text("".join(f"{source}\n" for source in sources))
    ways: dict[str, list[str | Path]] = {
        "batch": [*sources],
        "update": [*sources, "--update"],
        "list": ["--files-from", names],
        "list on standard input": ["--files-from", "-"],
        "segments": [*sources, "--segment", "2s"],
        "values": [*sources, "--format", "npy"],
    }
    command = [*PROGRAM, *map(str, ways[way]), "-o", f"{tmp_path}/out/", "--jobs", "1"]

    def attempt(environment: dict[str, str] | None = None) -> tuple[int, bytes, dict[str, bytes]]:
        with names.open("rb") as file:
            result = subprocess.run(command, env=environment, stdin=file, capture_output=True, timeout=HANGS_AFTER_S)
        return result.returncode, result.stderr, contents(tmp_path / "out") if (tmp_path / "out").exists() else {}

    code, messages, whole = attempt()
    assert code == 0, messages
    with names.open("rb") as file:
        n_calls = count_calls("read", tmp_path, command, stdin=file)
    assert n_calls > 0
    for at in range(1, 1 + n_calls):
        code, messages, pictures = attempt(failing("read", at, errno.EIO, tmp_path))
        lines = lines_of(messages)
        assert all(pictures[name] == whole[name] for name in pictures), at
        assert code in (0, FAILED), (at, lines)
        if code:
            assert any(os.strerror(errno.EIO) in line for line in lines), (at, lines)
        else:
            assert pictures.keys() == whole.keys(), at


def test_a_figure_of_vectors_that_cannot_be_written_is_reported(make_wav: MakeWav, tmp_path: Path) -> None:
    target = tmp_path / "out" / "a.pdf"
    command = [*PROGRAM, "plot", str(make_wav()), str(target), "--force"]
    for at in range(1, 1 + min(5, count_calls("write", target.parent, command))):
        target.unlink(missing_ok=True)
        environment = failing("write", at, errno.ENOSPC, target.parent)
        result = subprocess.run(command, env=environment, capture_output=True, timeout=HANGS_AFTER_S)
        assert error_of(result) == f"wav2spec: error: {target}: cannot be written: No space left on device"
        assert not target.exists()


@pytest.mark.parametrize("command", ["image", "levels", "tune"])
@pytest.mark.parametrize("n_names", [1, 200_000], ids=["short", "of several pieces"])
def test_a_list_that_cannot_be_read_ends_with_exit_1(
    make_wav: MakeWav, tmp_path: Path, command: str, n_names: int
) -> None:
    make_wav("a.wav")
    names = tmp_path / "names"
    names.write_text("a.wav\n" * n_names)
    words = [*PROGRAM, command, "--files-from", "names", *(["-o", "out/"] if command == "image" else [])]
    for at in range(1, 4):
        environment = failing("read", at, errno.EIO, names)
        result = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, timeout=HANGS_AFTER_S)
        assert error_of(result) == "wav2spec: error: names: cannot be read: Input/output error"


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGKILL])
def test_a_worker_that_dies_leaves_nothing_where_files_must_have_names(
    make_wav: MakeWav, tmp_path: Path, number: signal.Signals
) -> None:
    # Its own name ends the process that draws it, in the middle of writing.
    sources = [make_wav(f"{name}.wav", n_samples=400_000) for name in ("a", "bad", "c", "d")]
    out = tmp_path / "out"
    program = (sys.executable, "-c", DIES.format(number=int(number)))
    command = [*program, *map(str, sources), "-o", f"{out}/", "--jobs", "2"]
    result = subprocess.run(command, capture_output=True, timeout=HANGS_AFTER_S)
    assert result.returncode == 1
    (line,) = (line for line in lines_of(result.stderr) if "error" in line)
    assert line.endswith(f"bad.wav: the process that worked on it was killed by {number.name}"), line
    assert sorted(os.listdir(out)) == ["a.png", "c.png", "d.png"]


DIES = """
import os
del os.O_TMPFILE
from wav2spec.formats import png_writer
write_rows = png_writer.PngWriter.write_rows
def dying(self, rows):
    write_rows(self, rows)
    opened = [os.readlink("/proc/self/fd/" + name) for name in os.listdir("/proc/self/fd") if name.isdecimal()
              and os.path.exists("/proc/self/fd/" + name)]
    if any(path.endswith("/bad.wav") for path in opened):
        os.kill(os.getpid(), {number})
png_writer.PngWriter.write_rows = dying
from wav2spec.__main__ import main
main()
"""
