"""Recordings in trouble: streams, odd files, hostile bytes. Each gets its picture or one line that says why not."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile
from folders import contents
from hostile_recordings import hostile_files
from pictures import png_size
from processes import wait_until_writing
from program import (
    AS_OTHERS,
    HANGS_AFTER_S,
    assert_usage_error,
    error_of,
    needs_proc,
    needs_setpriv,
    run,
    shell,
    start,
    wrapped,
)
from recordings import SAMPLES, MakeWav, rf64, riff, write_sparse

from wav2spec.storage.files import STREAM_LIMIT

SPEECH = SAMPLES / "speech.wav"


def test_an_empty_standard_input_is_reported(folder: Path) -> None:
    error = error_of(run("-", "-o", folder / "o.png", stdin=subprocess.DEVNULL))
    assert "standard input" in error
    assert "empty" in error
    assert contents(folder) == {}


def reason(result: subprocess.CompletedProcess[bytes]) -> list[list[bytes]]:
    """Return what was said, kind and words, without the name of the source."""
    return [line.split(b": ", 3)[1::2] for line in result.stderr.splitlines()]


@pytest.mark.parametrize("length", [10, 43, 100, 20_001, 95_723])
def test_a_stream_cut_short_is_judged_as_the_file_is(folder: Path, length: int) -> None:
    piece = SPEECH.read_bytes()[:length]
    (folder / "cut.wav").write_bytes(piece)
    by_path = run("cut.wav", "-o", "-", cwd=folder)
    by_stream = run("-", "-o", "-", input=piece)
    assert by_stream.returncode == by_path.returncode == (0 if length > 1000 else 1)
    assert by_stream.stdout == by_path.stdout
    assert reason(by_stream) == reason(by_path)
    assert by_path.stderr.count(b"\n") == 1


def test_warnings_and_errors_of_a_stream_name_it_alike() -> None:
    source = SPEECH.read_bytes()
    warning, error = run("-", "-o", "-", input=source[:20_000]), run("-", "-o", "-", input=source[:20])
    assert warning.stderr.startswith(b"wav2spec: warning: standard input: truncated")
    assert error.stderr.startswith(b"wav2spec: error: standard input: ")


def test_a_slow_stream_gives_the_same_picture(folder: Path) -> None:
    source = SPEECH.read_bytes()
    pieces = [source[:10], source[10:1000], *(source[start : start + 30_000] for start in range(1000, 96_000, 30_000))]
    with start("-", "-o", folder / "o.png", stdin=subprocess.PIPE) as process:
        assert process.stdin
        for piece in pieces:
            process.stdin.write(piece)
            process.stdin.flush()
            time.sleep(0.2)
        assert process.communicate(timeout=HANGS_AFTER_S) == (b"", b"")
    assert (folder / "o.png").read_bytes() == run(SPEECH, "-o", "-").stdout


def test_an_endless_stream_stops_at_the_limit(make_wav: MakeWav, folder: Path) -> None:
    limit = STREAM_LIMIT // 64
    # An augmented assignment fails if the limit has moved to another module.
    driver = "import wav2spec.storage.files as a; a.STREAM_LIMIT //= 64; from wav2spec.__main__ import main; main()"
    program = f'{{ cat "$0"; cat /dev/zero; }} | {{ ulimit -v 1000000; exec {sys.executable} -c "$@"; }}'
    words = ("sh", "-c", program, make_wav(), driver, "-", "-o", folder / "o.png")
    error = error_of(subprocess.run([os.fsencode(word) for word in words], capture_output=True, timeout=HANGS_AFTER_S))
    assert "standard input" in error
    assert str(limit) in error
    assert contents(folder) == {}


@pytest.mark.parametrize(
    "command",
    ["cat {}", "sox {} -t wav -", "ffmpeg -v error -i {} -f wav -", "ffmpeg -v error -i {} -f wav -rf64 always -"],
)
def test_what_programs_pipe_gives_the_picture_of_the_file(command: str, folder: Path) -> None:
    if not shutil.which(command.split()[0]):
        pytest.skip(f"needs {command.split()[0]}")
    result = shell(f'{command.format(SPEECH)} | "$@"', "-", "-o", folder / "o.png")
    assert (result.returncode, result.stderr) == (0, b"")
    assert (folder / "o.png").read_bytes() == run(SPEECH, "-o", "-").stdout


@pytest.mark.skipif(not os.path.exists("/proc/self/mem"), reason="needs /proc/self/mem")
def test_an_error_of_reading_is_reported(folder: Path) -> None:
    assert "Input/output error" in error_of(run("/proc/self/mem", "-o", folder / "o.png"))
    assert contents(folder) == {}


def test_a_folder_named_like_a_recording_is_a_folder(tmp_path: Path, folder: Path) -> None:
    source = tmp_path / "x.wav"
    source.mkdir()
    assert_usage_error(run(source, "-o", folder / "o.png"))
    assert "no files in it are named *.wav" in error_of(run(source, "-o", folder))
    assert contents(folder) == {}


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("fifo", "FIFO"),
        ("loop", "Too many levels of symbolic links"),
        ("dangling", "No such file or directory"),
        ("socket", "No such device or address"),
    ],
)
def test_what_is_no_file_is_refused_at_once(tmp_path: Path, folder: Path, kind: str, words: str) -> None:
    source = tmp_path / "x.wav"
    match kind:
        case "fifo":
            os.mkfifo(source)
        case "loop":
            source.symlink_to(source)
        case "dangling":
            source.symlink_to("nowhere.wav")
        case "socket":
            with socket.socket(socket.AF_UNIX) as listener:
                listener.bind(str(source))
    with start("x.wav", "-o", folder / "o.png", cwd=tmp_path) as process:
        output, messages = process.communicate(timeout=HANGS_AFTER_S)
    error = error_of(subprocess.CompletedProcess([], process.returncode, output, messages))
    assert error.startswith("wav2spec: error: x.wav: ")
    assert words in error
    assert contents(folder) == {}


@needs_setpriv
def test_a_recording_without_the_right_to_read_is_reported(make_wav: MakeWav, folder: Path) -> None:
    source = make_wav()
    source.chmod(0)
    wrapper = AS_OTHERS if os.geteuid() == 0 else ()
    assert "Permission denied" in error_of(wrapped(*wrapper, words=(source, "-o", folder / "o.png")))
    assert contents(folder) == {}


def test_a_long_recording_of_which_little_is_there_is_drawn_in_small_memory(tmp_path: Path, folder: Path) -> None:
    source = tmp_path / "short.wav"
    source.write_bytes(rf64(5 * 2**30) + bytes(8000))
    result = shell('ulimit -v 500000; exec "$@"', source, "-o", folder / "o.png")
    assert result.returncode == 0
    assert result.stderr.startswith(b"wav2spec: warning: ")
    assert result.stderr.count(b"\n") == 1
    assert b"truncated" in result.stderr
    assert png_size((folder / "o.png").read_bytes()) == (129, 30)


@pytest.fixture
def quick_folder(tmp_path: Path) -> Iterator[Path]:
    """Return a folder whose empty files are read three times as fast, where there is one."""
    if not os.access("/dev/shm", os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir="/dev/shm") as path:
        yield Path(path)


def test_a_recording_of_5_gib_is_drawn_in_small_memory(quick_folder: Path, folder: Path) -> None:
    source, stride = write_sparse(quick_folder / "long.wav", rf64(5 * 2**30), 5 * 2**30), 2**20
    result = shell('ulimit -v 500000; exec "$@"', source, "--stride", str(stride), "-o", folder / "o.png")
    assert (result.returncode, result.stderr) == (0, b"")
    assert png_size((folder / "o.png").read_bytes()) == (129, 1 + (5 * 2**29 - 256) // stride)


@needs_proc
@pytest.mark.parametrize("left", [1_000_000, 0])
def test_a_recording_cut_while_it_is_read_is_no_crash(make_wav: MakeWav, folder: Path, left: int) -> None:
    source = make_wav(n_samples=2_000_000)
    with start(source, "--stride", "4", "-o", folder / "o.png") as process:
        wait_until_writing(process, folder)
        process.send_signal(signal.SIGSTOP)
        os.truncate(source, left)
        process.send_signal(signal.SIGCONT)
        output, messages = process.communicate(timeout=HANGS_AFTER_S)
    result = subprocess.CompletedProcess([], process.returncode, output, messages)
    if result.returncode == 0:
        assert messages.startswith(b"wav2spec: warning: ")
        assert messages.count(b"\n") == 1
        width, height = png_size((folder / "o.png").read_bytes())
        assert width == 129
        assert 0 < height < 499_937
    else:
        error_of(result)
        assert contents(folder) == {}


@pytest.mark.parametrize("subtype", sorted(soundfile.available_subtypes("WAV").keys() - {"MPEG_LAYER_III"}))
def test_every_codec_of_a_wav_is_drawn(make_wav: MakeWav, folder: Path, subtype: str) -> None:
    result = run(make_wav(subtype=subtype), "-o", folder / "o.png")
    assert (result.returncode, result.stderr) == (0, b"")
    assert png_size((folder / "o.png").read_bytes())[1] >= 30


def verdicts(messages: bytes) -> dict[str, str]:
    """Return what was said of each file that failed, by its name without folder and suffix."""
    *lines, summary = messages.decode("ascii").splitlines()
    assert summary.endswith(" failed")
    assert all(line.startswith(("wav2spec: error: ", "wav2spec: warning: ")) for line in lines)
    errors = [line.split(": ", 3)[2:] for line in lines if line.startswith("wav2spec: error: ")]
    assert len(errors) == len({source for source, _ in errors})
    return {Path(source).stem: words for source, words in errors}


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--stride", "10ms", "--channel", "all", "--layout", "right-up"),
        ("--window-size", "2", "--stride", "1", "--channel", "mix", "--magnitude-squared"),
        ("--format", "npy", "--channel", "all"),
    ],
    ids=["plain", "right-up", "small windows", "values"],
)
def test_hostile_files_get_a_picture_or_a_reason(tmp_path: Path, folder: Path, options: tuple[str, ...]) -> None:
    files = hostile_files()
    assert len(files) >= 300
    for name, body in files.items():
        (tmp_path / f"{name}.wav").write_bytes(body)
    names = [f"{name}.wav" for name in files]
    result = shell('ulimit -v 4000000; exec "$@"', *names, *options, "-o", folder, cwd=tmp_path)
    assert result.returncode == 1
    assert b"Traceback" not in result.stderr
    assert b"From cffi callback" not in result.stderr
    failed = verdicts(result.stderr)
    assert {name: words for name, words in failed.items() if "unexpected" in words} == {}
    pictures = contents(folder)
    assert {Path(name).stem for name in pictures} == files.keys() - failed.keys()
    assert "plain.png" in pictures or "plain.npy" in pictures
    for name, picture in pictures.items():
        assert png_size(picture) if name.endswith(".png") else picture[:6] == b"\x93NUMPY"
    assert all((tmp_path / f"{name}.wav").read_bytes() == body for name, body in files.items())


def test_hostile_files_are_judged_alike_as_streams(tmp_path: Path) -> None:
    for name, body in list(hostile_files().items())[::15]:
        (tmp_path / "x.wav").write_bytes(body)
        by_path, by_stream = run("x.wav", "-o", "-", cwd=tmp_path), run("-", "-o", "-", input=body)
        assert (by_stream.returncode, reason(by_stream)) == (by_path.returncode, reason(by_path)), name
        assert by_stream.stdout == by_path.stdout, name


@pytest.mark.parametrize("name", ["elf", "zip", "apple_double", "git_lfs_pointer", "text"])
def test_what_is_no_wav_is_called_so(tmp_path: Path, name: str) -> None:
    (tmp_path / "x.wav").write_bytes(hostile_files()[name])
    assert "not a WAV file" in error_of(run("x.wav", "-o", "o.png", cwd=tmp_path))
    assert os.listdir(tmp_path) == ["x.wav"]


@pytest.mark.parametrize("head", [b"RIFF\0\0\0\0WAVE", riff(b"")[:36]], ids=["nothing", "format"])
def test_a_header_before_a_gigabyte_of_zeros_is_judged_at_once(tmp_path: Path, folder: Path, head: bytes) -> None:
    source = write_sparse(tmp_path / "zeros.wav", head, 2**30)
    with start(source, "-o", folder / "o.png") as process:
        try:
            output, messages = process.communicate(timeout=HANGS_AFTER_S)
        finally:
            process.kill()
    error_of(subprocess.CompletedProcess([], process.returncode, output, messages))
    assert contents(folder) == {}
