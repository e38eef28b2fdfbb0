"""The guard of the fast tests: what it fails, and what it lets pass."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from program import HANGS_AFTER_S
from recordings import ROOT

START = """
import subprocess, sys, pytest
{mark}
def test_it():
    subprocess.run([sys.executable, "-c", ""], check=True)
"""
FORK = """
import multiprocessing, pytest
{mark}
def test_it():
    process = multiprocessing.get_context("fork").Process(target=int)
    process.start()
    process.join()
"""
COMPUTE = """
import time, guard, pytest
guard._MAX_CPU_S = 0.1
@pytest.fixture
def computed():
    end = time.process_time() + 0.2
    while time.process_time() < end:
        pass
{mark}
def test_it(computed):
    pass
"""
SLEEP = """
import time, guard, pytest
guard._MAX_CPU_S = 0.1
{mark}
def test_it():
    time.sleep(0.2)
"""


def outcome(test: str, mark: str, folder: Path) -> tuple[int, str]:
    (folder / "test_it.py").write_text(test.format(mark=f"@pytest.mark.{mark}" if mark else ""))
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = slow\n    system\n")
    environment = os.environ | {"PYTHONPATH": str(ROOT / "tests" / "helpers")}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "guard",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:hypothesispytest",
        "test_it.py",
    ]
    result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=HANGS_AFTER_S)
    return result.returncode, result.stdout


@pytest.mark.parametrize(
    ("test", "message"),
    [(START, "starts processes (subprocess.Popen"), (FORK, "starts processes (os.fork"), (COMPUTE, "mark it `slow`")],
    ids=["start", "fork", "compute"],
)
def test_processes_and_long_computations_need_a_mark(test: str, message: str, tmp_path: Path) -> None:
    code, output = outcome(test, "", tmp_path)
    assert code == 1
    assert message in output
    for mark in ("slow", "system"):
        assert outcome(test, mark, tmp_path)[0] == 0


def test_waiting_is_not_computing(tmp_path: Path) -> None:
    assert outcome(SLEEP, "", tmp_path)[0] == 0
