"""Completion in real shells, switched on by the lines of docs/batch.md and driven by a person's keys."""

import os
import pty
import re
import select
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from documents import BATCH_BLOCKS
from program import HANGS_AFTER_S

(START_UP,) = [block.text for block in BATCH_BLOCKS if "_source wav2spec" in block.text]
# By shell: the line for its start-up file.
LINES = {kind: line for line in START_UP.splitlines() for kind in ("bash", "zsh", "fish") if f"{kind}_source" in line}

# How each is started without anybody's settings, and what it is told before the line.
SHELLS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], "PS1="),
    "zsh": (
        ["zsh", "-f", "-i"],
        "PS1=; unsetopt zle_bracketed_paste prompt_cr; autoload -Uz compinit; compinit -u -D",
    ),
}
# And behind it: the completion calls the program, but a command that is entered a function, which says its words.
SAYS_ITS_WORDS = "wav2spec() { printf '{%s}' \"$@\"; echo; echo EN''D; }"


def needs(*shells: str) -> list[object]:
    return [
        pytest.param(name, marks=pytest.mark.skipif(not shutil.which(name), reason=f"needs {name}")) for name in shells
    ]


class Terminal:
    """A shell at a terminal."""

    def __init__(self, kind: str, folder: Path, environment: dict[str, str]) -> None:
        command, prepare = SHELLS[kind]
        self._ours, theirs = pty.openpty()
        with os.fdopen(theirs, "rb+", buffering=0) as terminal:
            self._process = subprocess.Popen(
                command, cwd=folder, env=environment, stdin=terminal, stdout=terminal, stderr=terminal, process_group=0
            )
        self._enter(f"{prepare}\n{LINES[kind]}\n{SAYS_ITS_WORDS}\nwav2spec\n")

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._ours)

    def entered(self, keys: str) -> list[str]:
        """Return the words of the command that the keys and Enter make."""
        return re.findall(r"\{([^{}]*)\}", self._enter(f"{keys}\n"))

    def _enter(self, keys: str) -> str:
        os.write(self._ours, keys.encode())
        output, until = b"", time.monotonic() + HANGS_AFTER_S
        while b"END\r\n" not in output:
            assert time.monotonic() < until, output
            if select.select([self._ours], [], [], 0.1)[0]:
                output += os.read(self._ours, 4096)
        return output.decode()


@pytest.fixture
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return an environment in which `wav2spec` is a program, and nobody's settings count."""
    folder = tmp_path_factory.mktemp("home")
    program = folder / "wav2spec"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m wav2spec "$@"\n')
    program.chmod(0o755)
    path = {"PATH": f"{folder}:{os.environ['PATH']}", "HOME": str(folder), "TERM": "dumb", "LC_ALL": "C.UTF-8"}
    return {name: value for name, value in os.environ.items() if name.startswith("PYTHON")} | path


@pytest.fixture
def files(tmp_path: Path) -> Path:
    for name in ("kick.wav", "snare one.wav", "preset.toml"):
        (tmp_path / name).touch()
    (tmp_path / "recordings").mkdir()
    (tmp_path / "recordings" / "bell.wav").touch()
    return tmp_path


@pytest.fixture(params=needs(*SHELLS))
def terminal(request: pytest.FixtureRequest, files: Path, environment: dict[str, str]) -> Iterator[Terminal]:
    terminal = Terminal(request.param, files, environment)
    yield terminal
    terminal.close()


@pytest.mark.system
def test_keys_and_tab_make_the_words_that_were_meant(terminal: Terminal) -> None:
    cases = {
        # Files, for the command that has no name as for those that have one.
        "ki\t": ["kick.wav"],
        "snare\t": ["snare one.wav"],
        "rec\tbe\t": ["recordings/bell.wav"],
        "plot ki\t": ["plot", "kick.wav"],
        "kick.wav -o rec\tx": ["kick.wav", "-o", "recordings/x"],
        "kick.wav --config pre\t": ["kick.wav", "--config", "preset.toml"],
        # Options, before and behind the recording.
        "kick.wav --bri\t3": ["kick.wav", "--brightness", "3"],
        "--bri\t3 ki\t": ["--brightness", "3", "kick.wav"],
        "tune --res\t": ["tune", "--resolve"],
        "--vers\t": ["--version"],
        # Commands, and choices.
        "pl\t": ["plot"],
        "kick.wav --layout r\t": ["kick.wav", "--layout", "right-up"],
        "kick.wav --window ham\t": ["kick.wav", "--window", "hamming"],
    }
    assert {keys: terminal.entered(f"wav2spec {keys}") for keys in cases} == cases


BY_BASH = """
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_wav2spec_completion wav2spec
printf '%s\\n' "${COMPREPLY[@]}"
"""


def offered(kind: str, words: list[str], environment: dict[str, str], folder: Path) -> set[str]:
    """Return what a shell offers for the last of the words."""
    line = shlex.join(words[:-1]) + f" {words[-1]}"
    scripts = {"bash": f"{LINES['bash']}\n{BY_BASH}", "fish": f"{LINES['fish']}\ncomplete -C {shlex.quote(line)}"}
    options = ["--norc", "--noprofile"] if kind == "bash" else ["--no-config"]
    command = [kind, *options, "-c", scripts[kind], *(words if kind == "fish" else ["bash", *words])]
    result = subprocess.run(command, capture_output=True, env=environment, cwd=folder, timeout=HANGS_AFTER_S, text=True)
    assert (result.returncode, result.stderr) == (0, "")
    # Behind a tab fish explains.
    return {line.partition("\t")[0] for line in result.stdout.splitlines()}


@pytest.mark.system
@pytest.mark.parametrize("kind", needs("bash", "fish"))
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("wav2spec kick.wav --win", {"--window", "--window-size", "--window-symmetry", "--window-align"}),
        ("wav2spec p", {"plot", "presets"}),
        ("wav2spec kick.wav --scale l", {"linear", "ln", "log10"}),
        ("wav2spec --scale l", {"linear", "ln", "log10"}),
        ("wav2spec kick.wav --preset librosa-", {"librosa-load", "librosa-mel", "librosa-pcen"}),
        ("wav2spec plot kick.wav --style ", {"light", "dark"}),
        ("wav2spec compare --win", {"--window", "--window-size", "--window-symmetry", "--window-align"}),
        ("wav2spec info --di", {"--digest"}),
        ("wav2spec kick.wav --dp", set()),
    ],
)
def test_what_begins_so_is_offered_and_nothing_else(
    kind: str, line: str, expected: set[str], environment: dict[str, str], files: Path
) -> None:
    found = offered(kind, line.split(" "), environment, files)
    assert found - {""} == expected


@pytest.mark.parametrize("kind", needs("fish"))
@pytest.mark.system
def test_fish_offers_the_files_that_are_there(kind: str, environment: dict[str, str], files: Path) -> None:
    cases = {"wav2spec ki": "kick.wav", "wav2spec plot ki": "kick.wav", "wav2spec -o rec": "recordings/"}
    assert {line: offered(kind, line.split(" "), environment, files) for line in cases} == {
        line: {expected} for line, expected in cases.items()
    }
