"""Directories are made at any depth, and what dead workers left is removed and nothing else."""

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from wav2spec.errors import OutputError
from wav2spec.storage.targets import _temporary_prefix, make_directory, open_target, remove_abandoned


@pytest.mark.system
def test_a_directory_is_made_however_deep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    deep = "d/" * 1500
    make_directory(deep)
    make_directory(deep)
    make_directory("")
    assert os.path.isdir(deep)
    # pytest cannot remove it: shutil.rmtree calls itself for each level.
    subprocess.run(["rm", "-rf", "d"], check=True)


@pytest.mark.parametrize(("path", "message"), [("file", "File exists"), ("file/d", "File exists")])
def test_a_file_in_the_way_of_a_directory_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    with pytest.raises(OutputError, match=f"{path}: {message}"):
        make_directory(path)


@pytest.mark.system
def test_only_what_dead_children_of_this_process_left_is_removed(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "pass"]) as dead:
        dead.wait()
    prefix = _temporary_prefix(os.getpid())
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as alive:
        kept = {f"{prefix}{alive.pid}-0", f"{_temporary_prefix(1)}{dead.pid}-0", "a.png", f"{prefix}what-0"}
        for name in (*kept, f"{prefix}{dead.pid}-0", f"{prefix}{dead.pid}-1"):
            (tmp_path / name).touch()
        remove_abandoned(str(tmp_path / "b.png"))
        assert set(os.listdir(tmp_path)) == kept
        alive.kill()
    remove_abandoned(str(tmp_path / "none" / "b.png"))


def test_a_target_appears_at_the_end_of_the_block_alone(tmp_path: Path) -> None:
    target = tmp_path / "a.png"
    with open_target(str(target)) as file:
        file.write(b"new")
        assert not target.exists()
    assert target.read_bytes() == b"new"
    with contextlib.suppress(ValueError), open_target(str(target)) as file:
        file.write(b"newer")
        raise ValueError
    assert target.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["a.png"]
