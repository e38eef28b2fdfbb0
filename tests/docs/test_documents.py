"""What the README and the pages of docs/ say is what the program does."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from documents import EXECUTED, PAGES, Block, blocks
from program import HANGS_AFTER_S
from recordings import ROOT, SAMPLES

from wav2spec.cli.main import command
from wav2spec.cli.reference import preset_reference, reference
from wav2spec.settings.presets import PRESETS

pytestmark = pytest.mark.system

SHELL = ["bash", "-c"]
STRICTLY = "set -e -o pipefail\n"
SUMMARY = re.compile(rb"wav2spec: [0-9a-z ,]+\n")


def commands(block: Block) -> list[str]:
    """Return what is run of a block: each command by itself, or a script as a whole."""
    if block.kind == "bash":
        return [block.text]
    if block.kind == "sh":
        joined = block.text.replace("\\\n", " ")
        return [line for line in joined.splitlines() if re.search(r"\bwav2spec ", line)]
    return []


COMMANDS = [
    pytest.param(block, line, id=f"{block.page.stem}-{number}")
    for page in EXECUTED
    for number, (block, line) in enumerate((block, line) for block in blocks(page) for line in commands(block))
]


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with the sample recordings, also as two sets and as the results of a run."""
    for wav in SAMPLES.glob("*.wav"):
        shutil.copy(wav, tmp_path)
    for folder, names in {"train": ("speech", "guitar"), "valid": ("bell",), "recordings": ("kick", "snare")}.items():
        (tmp_path / folder).mkdir()
        for name in names:
            shutil.copy(SAMPLES / f"{name}.wav", tmp_path / folder)
    (tmp_path / "sample_audio").symlink_to(SAMPLES)
    monkeypatch.chdir(tmp_path)
    # Programs that a command starts find it too.
    monkeypatch.setenv("PATH", os.pathsep.join((os.path.dirname(sys.executable), os.environ["PATH"])))
    return tmp_path


def check_needs(block: Block) -> None:
    for program in re.findall(r"needs (\w+)", block.remark):
        if not shutil.which(program):
            pytest.skip(f"{program} is not installed")
    if block.remark.startswith("not run"):
        pytest.skip(block.remark)


@pytest.mark.parametrize(("block", "text"), COMMANDS)
def test_every_command_works_as_it_stands(block: Block, text: str, workplace: Path) -> None:
    check_needs(block)
    before = [line for one in blocks(block.page) for line in commands(one)]
    # What a page has made before is there.
    needed = before[: before.index(text)] if "jsonl" in text or ".toml" in text else []
    environment = os.environ | {"GITHUB_STEP_SUMMARY": str(workplace / "summary.md")}
    for line in [*[one for one in needed if "jsonl" in one or ".toml" in one], text]:
        done = subprocess.run(
            [*SHELL, STRICTLY + line], capture_output=True, timeout=HANGS_AFTER_S, cwd=workplace, env=environment
        )
        assert done.returncode == 0, done.stderr
    # Only the summary of several files is said, and warnings that were asked for.
    lines = SUMMARY.sub(b"", done.stderr).splitlines()
    assert [line for line in lines if not (b"wav2spec: warning: " in line and b"--warn" in text.encode())] == []


@pytest.mark.parametrize("page", [page for page in EXECUTED if any(one.kind == "python" for one in blocks(page))])
def test_the_python_of_a_page_prints_what_its_comments_say(
    page: Path, workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names: dict[str, object] = {}
    for block in blocks(page):
        check_needs(block)
        if block.kind == "bash":
            subprocess.run([*SHELL, STRICTLY + block.text], check=True, timeout=HANGS_AFTER_S, cwd=workplace)
        if block.kind != "python":
            continue
        capsys.readouterr()
        exec(compile(block.text, str(page), "exec"), names)
        printed = capsys.readouterr().out.splitlines()
        expected = re.findall(r"^ *print\(.*\)  # (.*)$", block.text, re.MULTILINE)
        if expected:
            assert len(printed) == len(expected)
            for line, comment in zip(printed, expected, strict=True):
                assert comment.startswith(line)


def test_the_reference_of_options_is_that_of_the_commands() -> None:
    """`make docs` writes it."""
    assert (ROOT / "docs" / "options.md").read_text() == reference().rstrip() + "\n"


def test_the_page_of_presets_is_that_of_the_presets() -> None:
    """`make docs` writes it."""
    assert (ROOT / "docs" / "presets.md").read_text() == preset_reference().rstrip() + "\n"


def test_every_preset_and_command_is_documented() -> None:
    text = "".join(page.read_text() for page in PAGES)
    assert all(f"`{name}`" in text for name in PRESETS)
    assert all(f"wav2spec {name}" in text for name in command.commands)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_link_picture_and_test_of_a_page_is_there(page: Path) -> None:
    for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
        assert (page.parent / link).exists(), link
    for test in re.findall(r"`(tests/[^`]+\.py)`", page.read_text()):
        assert (ROOT / test).exists(), test


def test_the_readme_is_short_and_begins_with_a_picture() -> None:
    lines = (ROOT / "README.md").read_text().splitlines()
    assert len(lines) <= 140
    assert any(line.startswith("| ![") for line in lines[:12])
