"""The bar on a terminal: when it appears, and that it leaves nothing behind."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from in_process import run_in_process
from program import FAILED, HANGS_AFTER_S, start
from recordings import MakeWav, sparse_wav

from wav2spec.batch.progress import Progress


@dataclass
class Terminal:
    """A terminal of 24 x 80 and all that was written to it, complete once the terminal is closed."""

    descriptor: int
    written: bytearray = field(default_factory=bytearray)

    @property
    def text(self) -> str:
        return self.written.decode()

    def lines_left(self) -> list[str]:
        """Return the lines on the screen in the end; a carriage return goes back to the first column."""
        screen = []
        for line in self.text.replace("\r\n", "\n").split("\n"):
            cells = ""
            for piece in line.split("\r"):
                cells = piece + cells[len(piece) :]
            screen.append(cells.rstrip())
        return [line for line in screen if line]


@contextmanager
def open_terminal() -> Iterator[Terminal]:
    """Open a terminal; a thread reads what is written, so that no writer waits."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    terminal = Terminal(theirs)

    def read() -> None:
        # Linux answers with an error when the other end is closed.
        try:
            while piece := os.read(ours, 2**16):
                terminal.written.extend(piece)
        except OSError:
            pass

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield terminal
    finally:
        os.close(theirs)
        reader.join()
        os.close(ours)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Show the bar without delay."""
    monkeypatch.setattr("wav2spec.batch.progress._DELAY_S", -1.0)


class Clock:
    """Seconds that pass only when told to."""

    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.mark.parametrize(("n_files", "total"), [(1, "/100 ["), (3, "/3 [")])
def test_the_bar_appears_after_a_second_and_leaves_nothing(
    n_files: int, total: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_terminal() as terminal, open(os.dup(terminal.descriptor), "w") as stderr:
        monkeypatch.setattr("sys.stderr", stderr)
        clock = Clock()
        progress = Progress(n_files, hidden=False, clock=clock)

        def work() -> None:
            if n_files == 1:
                progress.watch(clock.now_s - 1000, 100)
            else:
                progress.advance(1)

        clock.now_s += 0.9
        work()
        shown_early = bool(terminal.written)
        clock.now_s += 70
        work()
        progress.close()
    assert not shown_early
    assert total in terminal.text
    # 71 s by the test's clock, and a moment by that of tqdm.
    assert re.search(r"\[01:[1-5][0-9]<", terminal.text)
    assert terminal.lines_left() == []


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("n_jobs", ["1", pytest.param("2", marks=pytest.mark.system)])
def test_several_files_show_how_many_are_done(n_jobs: str, make_wav: MakeWav, tmp_path: Path) -> None:
    wavs = [make_wav(f"{number}.wav", n_samples=100_000) for number in range(3)]
    with open_terminal() as terminal:
        result = run_in_process(*wavs, "-o", tmp_path / "out", "-j", n_jobs, stderr=terminal.descriptor)
    assert result.returncode == 0
    assert "/3 [" in terminal.text
    assert terminal.lines_left() == ["wav2spec: 3 written"]


@pytest.mark.usefixtures("at_once")
def test_a_single_file_shows_its_seconds(tmp_path: Path) -> None:
    wav = sparse_wav(tmp_path / "long.wav", 3_200_000)
    with open_terminal() as terminal:
        assert run_in_process(wav, stderr=terminal.descriptor).returncode == 0
    assert "/100 [" in terminal.text
    assert "s/s]" in terminal.text
    assert terminal.lines_left() == []


@pytest.mark.usefixtures("at_once")
def test_quiet_shows_no_bar(make_wav: MakeWav) -> None:
    with open_terminal() as terminal:
        assert run_in_process(make_wav(), "-q", stderr=terminal.descriptor).returncode == 0
    assert terminal.text == ""


@pytest.mark.usefixtures("at_once")
def test_a_file_as_standard_error_shows_no_bar(make_wav: MakeWav) -> None:
    assert run_in_process(make_wav()).stderr == b""


@pytest.mark.parametrize("delay", ["none", "a second"])
def test_lines_stand_alone_with_or_without_a_bar(
    delay: str, make_wav: MakeWav, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if delay == "none":
        request.getfixturevalue("at_once")
    for name in ("a.wav", "b.wav", "c.wav"):
        make_wav(name)
    with open_terminal() as terminal:
        (tmp_path / "d.wav").symlink_to("nowhere")
        words = (".", "-o", "out", "-v", "-j1")
        assert run_in_process(*words, cwd=tmp_path, stderr=terminal.descriptor).returncode == FAILED
    lines = terminal.lines_left()
    assert [line.split(": ")[1] for line in lines[:-1]] == ["written"] * 3 + ["error"]
    assert lines[-1] == "wav2spec: 3 written, 1 failed"


def test_a_warning_stands_alone(make_wav: MakeWav, tmp_path: Path) -> None:
    truncated = make_wav("z.wav")
    truncated.write_bytes(truncated.read_bytes()[:-1000])
    with open_terminal() as terminal:
        assert run_in_process("z.wav", "-o", "z.png", cwd=tmp_path, stderr=terminal.descriptor).returncode == 0
    (warning,) = terminal.lines_left()
    assert warning.startswith("wav2spec: warning: z.wav: truncated")


# 16000 frames a second are pooled into few rows: seconds of work, and a small picture.
SLOWLY = ("--stride", "1", "--size", "64x64")


@pytest.mark.system
def test_a_process_that_works_for_seconds_shows_the_bar(tmp_path: Path) -> None:
    words = (sparse_wav(tmp_path / "long.wav", 3_200_000), "-o", tmp_path / "out.png", *SLOWLY)
    with open_terminal() as terminal, start(*words, stderr=terminal.descriptor, stdout=subprocess.DEVNULL) as process:
        assert process.wait(timeout=HANGS_AFTER_S) == 0
    assert "/100 [" in terminal.text
    assert terminal.lines_left() == []
