"""The recipes for make, sh and CI of README and docs/batch.md, run as they stand there by the real programs."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from documents import BATCH_BLOCKS, README_BLOCKS
from folders import folder_state
from manifests import parsed
from program import HANGS_AFTER_S, needs_mounts, on_a_disk
from recordings import MakeWav

pytestmark = pytest.mark.skipif(not shutil.which("make"), reason="needs make")

(RULES,) = [block.text for block in BATCH_BLOCKS if block.kind == "make"]
COMMANDS = [line for block in README_BLOCKS if block.kind == "sh" for line in block.text.splitlines()]
(FROM_FIND,) = [line for line in COMMANDS if "-print0" in line]
(IN_CI,) = [line for line in COMMANDS if "--check" in line]
STEPS = [step.strip() for step in IN_CI.partition("#")[0].split("&&")]
STAMP = "pictures/.stamp"
# What make answers: `make -q` of what is not up to date, and a rule that failed.
OUTDATED, FAILED = 1, 2


class Shell:
    """A folder with the page's Makefile, in which `wav2spec` is a program on the path."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self.folder = folder
        programs.mkdir()
        program = programs / "wav2spec"
        program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m wav2spec "$@"\n')
        program.chmod(0o755)
        # A make or an option of make that runs the tests is none of theirs.
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
        self.environment = kept | {"PATH": f"{programs}:{os.environ['PATH']}"}
        (folder / "Makefile").write_text(RULES)

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, capture_output=True, text=True, cwd=self.folder, env=self.environment, timeout=HANGS_AFTER_S
        )

    def make(self, *words: str) -> int:
        return self.run("make", *words).returncode

    def sh(self, script: str, *, shell: str = "sh") -> subprocess.CompletedProcess[str]:
        return self.run(shell, "-c", script)


@pytest.fixture
def shell(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Shell:
    return Shell(tmp_path, tmp_path_factory.mktemp("path") / "programs")


def touch(path: Path) -> None:
    """Make a file newer than all there are, by more than a tick of the clock of the file system."""
    time.sleep(0.02)
    os.utime(path)


def test_a_picture_is_made_once_and_again_when_the_recording_is_newer(shell: Shell, make_wav: MakeWav) -> None:
    wav = make_wav("t.wav")
    assert shell.make("-q", "t.png") == OUTDATED
    assert shell.make("t.png") == 0
    picture, first = wav.with_suffix(".png"), folder_state(wav.with_suffix(".png"))
    assert picture.stat().st_mtime_ns > wav.stat().st_mtime_ns
    assert shell.make("-q", "t.png") == 0
    assert shell.make("t.png") == 0
    assert folder_state(picture) == first
    touch(wav)
    assert shell.make("-q", "t.png") == OUTDATED
    assert shell.make("t.png") == 0
    assert shell.make("-q", "t.png") == 0


@pytest.mark.parametrize("old", [False, True])
def test_a_rule_that_fails_leaves_no_target_and_fails_again(shell: Shell, make_wav: MakeWav, old: bool) -> None:
    wav = make_wav("t.wav")
    if old:
        assert shell.make("t.png") == 0
        touch(wav)
    before = folder_state(shell.folder)
    whole = wav.read_bytes()
    wav.write_bytes(b"no WAV")
    touch(wav)
    for _ in range(2):
        result = shell.run("make", "t.png")
        assert result.returncode == FAILED
        assert "wav2spec: error: t.wav: " in result.stderr
        assert folder_state(shell.folder).keys() == before.keys()
        assert shell.make("-q", "t.png") == OUTDATED
    wav.write_bytes(whole)
    assert shell.make("t.png") == 0
    assert shell.make("-q", "t.png") == 0


@needs_mounts
def test_on_a_full_disk_it_fails_as_often_as_it_is_tried(shell: Shell, make_wav: MakeWav) -> None:
    make_wav("t.wav", n_samples=200_000)
    prepare = "ln -s ../t.wav disk/t.wav"
    script = 'make disk/t.png; first=$?; make disk/t.png; echo "$first $?"; ls -A disk'
    result, left = on_a_disk(shell.folder, "size=64k", prepare, script, program=("sh", "-c"), env=shell.environment)
    assert result.stdout.decode().splitlines()[-2:] == [f"{FAILED} {FAILED}", "t.wav"]
    assert result.stderr.count(b"wav2spec: error: disk/t.png: cannot be written: No space left on device\n") == 2
    assert left.keys() == {"t.wav"}


def test_many_pictures_are_made_side_by_side_and_what_fails_does_not_stop_the_others(
    shell: Shell, make_wav: MakeWav
) -> None:
    names = [f"t{number}" for number in range(6)]
    for number, name in enumerate(names):
        make_wav(f"{name}.wav", n_samples=4000 + number)
    (shell.folder / "t3.wav").write_bytes(b"no WAV")
    pictures = [f"{name}.png" for name in names]
    assert shell.make("-j4", "-k", *pictures) == FAILED
    assert sorted(path.name for path in shell.folder.glob("*.png")) == [name for name in pictures if name != "t3.png"]
    before = {name: folder_state(shell.folder / name) for name in pictures if name != "t3.png"}
    make_wav("t3.wav")
    assert shell.make("-j4", *pictures) == 0
    assert shell.make("-q", *pictures) == 0
    assert {name: folder_state(shell.folder / name) for name in before} == before
    plain = shell.sh("wav2spec *.wav -o plain/")
    assert plain.returncode == 0
    for name in pictures:
        assert (shell.folder / name).read_bytes() == (shell.folder / "plain" / name).read_bytes()


@pytest.fixture
def recordings(shell: Shell, make_wav: MakeWav) -> Path:
    folder = shell.folder / "recordings"
    folder.mkdir()
    for number, name in enumerate("abc"):
        make_wav(f"recordings/{name}.wav", n_samples=4000 + number)
    return folder


def test_a_folder_is_made_once_and_then_what_is_new_alone(shell: Shell, recordings: Path, make_wav: MakeWav) -> None:
    pictures = shell.folder / "pictures"
    # The first rule without a pattern is what make makes.
    assert shell.run("make").stderr == "wav2spec: 3 written\n"
    assert sorted(os.listdir(pictures)) == [".stamp", "a.png", "b.png", "c.png"]
    before = folder_state(pictures)
    assert shell.make("-q", STAMP) == 0
    assert shell.make(STAMP) == 0
    assert folder_state(pictures) == before
    touch(make_wav("recordings/d.wav"))
    touch(recordings / "a.wav")
    assert shell.run("make", STAMP).stderr == "wav2spec: 1 written, 3 up to date\n"
    for name in "abc":
        assert folder_state(pictures / f"{name}.png").items() <= before.items()
    assert (pictures / "d.png").exists()
    assert shell.make("-q", STAMP) == 0


def test_a_recording_moved_into_the_folder_is_drawn_whatever_its_date(
    shell: Shell, recordings: Path, make_wav: MakeWav
) -> None:
    assert shell.make(STAMP) == 0
    old = make_wav("old.wav")
    os.utime(old, (0, 0))
    time.sleep(0.02)
    old.rename(recordings / "old.wav")
    assert shell.make("-q", STAMP) == OUTDATED
    assert shell.make(STAMP) == 0
    assert (shell.folder / "pictures" / "old.png").exists()


def test_other_options_in_the_recipe_draw_all_and_the_same_ones_nothing(shell: Shell, recordings: Path) -> None:
    assert shell.make(STAMP) == 0
    assert shell.run("make", "-B", STAMP).stderr == "wav2spec: 3 up to date\n"
    (shell.folder / "Makefile").write_text(RULES.replace("--update", "--update --palette magma"))
    assert shell.run("make", "-B", STAMP).stderr == "wav2spec: 3 written\n"
    plain = shell.sh(f"wav2spec {recordings.name} -o plain/ --palette magma")
    assert plain.returncode == 0
    for path in (shell.folder / "plain").iterdir():
        assert path.read_bytes() == (shell.folder / "pictures" / path.name).read_bytes()


def test_a_folder_with_what_fails_has_no_stamp_until_it_is_mended(
    shell: Shell, recordings: Path, make_wav: MakeWav
) -> None:
    (recordings / "b.wav").write_bytes(b"no WAV")
    for summary in ("2 written, 1 failed", "2 up to date, 1 failed"):
        result = shell.run("make", STAMP)
        assert result.returncode == FAILED
        assert f"wav2spec: {summary}\n" in result.stderr
        assert sorted(os.listdir(shell.folder / "pictures")) == ["a.png", "c.png"]
    make_wav("recordings/b.wav")
    assert shell.run("make", STAMP).stderr == "wav2spec: 1 written, 2 up to date\n"
    assert shell.make("-q", STAMP) == 0


def test_what_find_finds_is_drawn_whatever_its_name(shell: Shell, make_wav: MakeWav) -> None:
    names = ["a b.wav", "new\nline.wav", "-q.wav", "--force.wav", "quote'\"$(id).wav", "deep/er.wav", "*.wav", "ö.wav"]
    (shell.folder / "deep").mkdir()
    for name in names:
        make_wav(name)
    for summary in ("8 written", "8 up to date"):
        result = shell.sh(f"set -e\n{FROM_FIND}")
        assert (result.returncode, result.stdout, result.stderr) == (0, "", f"wav2spec: {summary}\n")
        pictures = shell.folder / "pictures"
        found = sorted(str(path.relative_to(pictures)) for path in pictures.rglob("*.png"))
        assert found == sorted(name[:-3] + "png" for name in names)
        rows = parsed((shell.folder / "pictures.jsonl").read_bytes())
        assert sorted(row["source"] for row in rows) == sorted(f"./{name}" for name in names)


def test_the_step_of_ci_fails_while_a_picture_is_missing_or_stale(shell: Shell, make_wav: MakeWav) -> None:
    draw, check = STEPS
    make_wav("a.wav")
    make_wav("b.wav")
    assert shell.sh(f"set -e; {check}; echo passed").stdout == "missing\tpictures/a.png\nmissing\tpictures/b.png\n"
    assert shell.sh(f"set -e\n{IN_CI}\necho passed").stdout == "passed\n"
    (shell.folder / "pictures" / "b.png").unlink()
    make_wav("a.wav", n_samples=5000)
    result = shell.sh(f"set -e; {check}; echo passed")
    assert (result.returncode, result.stdout) == (1, "stale\tpictures/a.png\nmissing\tpictures/b.png\n")
    assert shell.sh(f"{draw} && {check} && echo passed").stdout == "passed\n"


@pytest.mark.parametrize(
    ("script", "reached"),
    [
        ("wav2spec good.wav - | cat >o.png", True),
        ("cat good.wav | wav2spec - | cat >o.png", True),
        ("cat bad.wav | wav2spec - | cat >o.png", False),
        ("wav2spec bad.wav - | cat >o.png", False),
        ("wav2spec good.wav bad.wav -o pictures/ | cat", False),
        ("wav2spec bad.wav good.wav -o pictures/ --manifest - | cat >m.jsonl", False),
        ("wav2spec good.wav -o pictures/ --manifest - | tail -n 1 >m.jsonl", True),
        ("wav2spec . --include 'good*' -o pictures/ --check | cat", False),
        ("find . -name 'good*' -print0 | wav2spec --files-from - -0 -o pictures/ | cat", True),
        ("find . -name 'nothing' -print0 | wav2spec --files-from - -0 -o pictures/", True),
        ("find . -name '*.wav' -print0 | xargs -0 -n 1 wav2spec", False),
        ("if wav2spec bad.wav; then exit 9; fi", True),
    ],
)
def test_a_pipeline_fails_with_what_fails_in_it(shell: Shell, make_wav: MakeWav, script: str, reached: bool) -> None:
    make_wav("good.wav")
    (shell.folder / "bad.wav").write_bytes(b"no WAV")
    result = shell.sh(f"set -eo pipefail\n{script}\necho reached", shell="bash")
    assert ("reached" in result.stdout.splitlines(), result.returncode == 0) == (reached, reached)
    assert "Traceback" not in result.stderr


def test_the_recipes_are_those_that_are_tested() -> None:
    assert len(STEPS) == 2
    assert re.findall(r"^[^\s#].*:", RULES, re.MULTILINE) == ["%.png:", f"{STAMP}:"]
