"""The bar on a terminal: when it is there, and that nothing is left of it."""

import fcntl
import os
import pty
import struct
import subprocess
import termios
from pathlib import Path

import pytest
from program import FAILED, run, start
from recordings import MakeWav, sparse_wav


def on_a_terminal(*words: str | Path, cwd: Path | None = None) -> tuple[int, str]:
    """Run the program with standard error on a terminal of 24 x 80; return the exit code, and what came to it."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    shown = bytearray()
    with start(*words, stderr=theirs, stdout=subprocess.DEVNULL, cwd=cwd) as process:
        os.close(theirs)
        try:
            while piece := os.read(ours, 2**16):
                shown += piece
        except OSError:
            # The other end is closed.
            pass
        os.close(ours)
        process.wait(timeout=10)
    return process.returncode, shown.decode()


def left_on_screen(text: str) -> list[str]:
    """Return the lines that a terminal shows in the end, of which a carriage return begins the writing anew."""
    screen = []
    for line in text.replace("\r\n", "\n").split("\n"):
        cells = ""
        for piece in line.split("\r"):
            cells = piece + cells[len(piece) :]
        screen.append(cells.rstrip())
    return [line for line in screen if line]


# Of a second of sound 16000 frames are pooled into a few rows: much work, and a small picture.
SLOWLY = ("--stride", "1", "--size", "64x64")


@pytest.fixture
def long(tmp_path: Path) -> Path:
    """Return a recording of 100 s."""
    return sparse_wav(tmp_path / "long.wav", 3_200_000)


def test_a_single_long_file_shows_its_seconds_and_leaves_nothing(long: Path, tmp_path: Path) -> None:
    code, text = on_a_terminal(long, "-o", tmp_path / "out.png", *SLOWLY)
    assert code == 0
    assert "/100 [" in text
    assert "s/s]" in text
    assert left_on_screen(text) == []


@pytest.mark.parametrize("n_jobs", ["1", "2"])
def test_several_long_files_show_how_many_are_done(n_jobs: str, long: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for number in range(3):
        (tmp_path / "in" / f"{number}.wav").symlink_to(long)
    words = (tmp_path / "in", "-o", tmp_path / "out", *SLOWLY, "-j", n_jobs)
    code, text = on_a_terminal(*words)
    assert code == 0
    assert "/3 [" in text
    assert left_on_screen(text) == ["wav2spec: 3 written"]


def test_short_work_shows_no_bar_though_lines_are_said(make_wav: MakeWav, tmp_path: Path) -> None:
    for name in ("a.wav", "b.wav", "c.wav"):
        make_wav(name)
    code, text = on_a_terminal(".", "none.wav", "-o", "out", "-v", cwd=tmp_path)
    assert code == FAILED
    assert "%|" not in text
    said = left_on_screen(text)
    assert [line.split(": ")[1] for line in said[:-1]] == ["written"] * 3 + ["error"]
    assert said[-1] == "wav2spec: 3 written, 1 failed"


def test_a_warning_of_short_work_leaves_no_bar_on_the_screen(make_wav: MakeWav, tmp_path: Path) -> None:
    truncated = make_wav("z.wav")
    truncated.write_bytes(truncated.read_bytes()[:-1000])
    code, text = on_a_terminal("z.wav", "-o", "z.png", cwd=tmp_path)
    assert code == 0
    (warning,) = left_on_screen(text)
    assert warning.startswith("wav2spec: warning: z.wav: truncated")


def test_quiet_and_what_is_no_terminal_show_no_bar(long: Path, tmp_path: Path) -> None:
    words = (long, "-o", tmp_path / "out.png", *SLOWLY)
    assert on_a_terminal(*words, "-q") == (0, "")
    assert run(*words).stderr == b""
