"""What the README says is what the program does."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from in_process import run_in_process
from PIL import Image
from program import HANGS_AFTER_S
from readme import BLOCKS, COMMANDS, README
from recordings import ROOT, SAMPLES

from wav2spec.cli.main import command
from wav2spec.cli.reference import reference
from wav2spec.settings.presets import PRESETS


@pytest.mark.system
@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_works_as_it_stands(line: str, tmp_path: Path) -> None:
    if "ffmpeg" in line and not shutil.which("ffmpeg"):
        pytest.skip("ffmpeg is not installed")
    for wav in SAMPLES.glob("*.wav"):
        shutil.copy(wav, tmp_path)
    program = f'wav2spec() {{ "{sys.executable}" -m wav2spec "$@"; }}\nset -o pipefail\n'
    done = subprocess.run(["bash", "-c", program + line], cwd=tmp_path, capture_output=True, timeout=HANGS_AFTER_S)
    # Of several files it says what came of them.
    assert (done.returncode, re.sub(rb"wav2spec: [0-9]+ (written|up to date)\n", b"", done.stderr)) == (0, b"")
    made = [path for path in tmp_path.rglob("*") if path.suffix in (".png", ".npy", ".html")]
    assert made or done.stdout


def test_the_python_example_prints_what_it_says(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    example = next(block for kind, block in BLOCKS if kind == "python")
    monkeypatch.chdir(ROOT)
    exec(compile(example, "README.md", "exec"), {})
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "(1, 297, 257)"
    assert printed[-1] == "(1, 94, 128) dB"


def test_the_reference_of_options_is_that_of_the_commands() -> None:
    """`make docs` writes it."""
    assert (ROOT / "docs" / "options.md").read_text() == reference().rstrip() + "\n"


def test_every_preset_and_command_stands_in_the_readme() -> None:
    assert all(f"| `{name}` |" in README for name in PRESETS)
    assert all(f"wav2spec {name}" in README for name in command.commands)


def test_every_picture_shown_is_there() -> None:
    pictures = re.findall(r"!\[[^]]+\]\(([^)]+)\)", README)
    assert pictures
    assert all((ROOT / picture).is_file() for picture in pictures)


@pytest.mark.parametrize("picture", sorted(SAMPLES.glob("*.png")), ids=lambda path: path.stem)
def test_the_pictures_kept_beside_the_recordings_are_those_drawn(picture: Path, tmp_path: Path) -> None:
    drawn = tmp_path / "drawn.png"
    assert run_in_process(picture.with_suffix(".wav"), drawn).returncode == 0
    np.testing.assert_array_equal(np.asarray(Image.open(picture)), np.asarray(Image.open(drawn)))


@pytest.mark.system
def test_the_worked_example_ends_in_arrays_to_train_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder, names in {"train": ("speech", "guitar"), "valid": ("bell",)}.items():
        (tmp_path / folder).mkdir()
        for name in names:
            shutil.copy(SAMPLES / f"{name}.wav", tmp_path / folder)
    (script,) = [block for kind, block in BLOCKS if kind == "bash"]
    program = f'wav2spec() {{ "{sys.executable}" -m wav2spec "$@"; }}\nset -e\n'
    subprocess.run(["bash", "-c", program + script], cwd=tmp_path, check=True, timeout=HANGS_AFTER_S)
    loader = [block for kind, block in BLOCKS if kind == "python"][1]
    monkeypatch.chdir(tmp_path)
    exec(compile(loader, "README.md", "exec"), {})
    shape, alike = capsys.readouterr().out.splitlines()
    segments = sum(1 for _ in (tmp_path / "png" / "train").iterdir())
    assert (shape, alike) == (f"({segments}, 32, 64) float32", "True")
    assert segments > 5
