"""Parts as tasks of a real Slurm array, with one task killed and done again."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from program import HANGS_AFTER_S, run
from slurm import needs_slurm, slurm

pytestmark = [pytest.mark.slow, needs_slurm]

N_SOURCES, N_TASKS = 30, 4

# With the part as the scheduler's variables tell it, and by the number of the task alone.
_TASK = """#!/bin/sh
#SBATCH --array=1-{n_tasks}
#SBATCH --output=task-%a.log
exec {python} -m wav2spec set -o out/ --update --part {part} -j 1 --manifest parts/%d.jsonl
"""

# Imported first by the program: the third task dies in the middle of its part, once.
_KILL_ONCE = """
import os, signal, sys
def kill(event, args):
    if event == "open" and str(args[0]).endswith("/18.wav") and not os.path.exists("died"):
        open("died", "x").close()
        os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(kill)
"""


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    work = tmp_path / "work"
    (work / "set").mkdir(parents=True)
    monkeypatch.chdir(work)
    for number in range(N_SOURCES):
        samples = np.random.default_rng(number).uniform(-0.5, 0.5, 2000)
        soundfile.write(f"set/{number:02}.wav", samples, 16000)
    (tmp_path / "hook").mkdir()
    (tmp_path / "hook" / "sitecustomize.py").write_text(_KILL_ONCE)
    with slurm(tmp_path / "slurm") as found:
        yield {**found, "PYTHONPATH": str(tmp_path / "hook")}


def test_a_task_that_was_killed_is_done_again_and_the_parts_are_one_run(environment: dict[str, str]) -> None:
    assert run("set", "-o", "expected/", "--manifest", "expected.jsonl").returncode == 0
    for name, part in ("auto", "auto"), ("number", f"$SLURM_ARRAY_TASK_ID/{N_TASKS}"):
        Path(name).write_text(_TASK.format(n_tasks=N_TASKS, python=sys.executable, part=part))

    def answer(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=HANGS_AFTER_S)

    submitted = answer("sbatch", "--wait", "auto")
    assert submitted.returncode != 0
    assert sorted(path.name for path in Path("parts").iterdir()) == ["1.jsonl", "2.jsonl", "4.jsonl"]
    assert 0 < N_SOURCES - len(list(Path("out").iterdir())) <= N_SOURCES // N_TASKS + 1
    # A task of its own array would take itself for the whole.
    assert answer("sbatch", "--wait", "--array=3", "auto").returncode != 0
    assert "give the part as 3/N" in Path("task-3.log").read_text()
    again = answer("sbatch", "--wait", "--array=3", "number")
    assert (again.returncode, again.stderr) == (0, "")
    assert pictures("out") == pictures("expected")
    rows = [json.loads(line) for path in Path("parts").iterdir() for line in path.read_text().splitlines()]
    expected = [json.loads(line) for line in Path("expected.jsonl").read_text().splitlines()]
    assert sorted(row["source"] for row in rows) == [row["source"] for row in expected]
    assert {row["pixels_sha256"] for row in rows} == {row["pixels_sha256"] for row in expected}


def pictures(folder: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in Path(folder).iterdir()}
