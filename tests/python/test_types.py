"""Editors and type checkers know the settings."""

import subprocess
import sys
from pathlib import Path

import keywords
import pytest
from recordings import ROOT

SCRIPT = """\
import numpy as np
import wav2spec

spec = wav2spec.spectrogram("a.wav", preset="tf", window_size="25ms", fmax="8k", layout="right-up")
again = wav2spec.spectrogram(np.zeros(16000), 16000, hop_length=160)
samples, rate = wav2spec.load("a.wav", channel="mix", sample_rate=16000)
reveal_type(spec.values.shape)
wav2spec.spectrogram("a.wav", window_sise=3)
wav2spec.spectrogram("a.wav", layout="sideways")
"""


@pytest.mark.system
def test_the_typed_keywords_are_those_of_the_declarations() -> None:
    """`make docs` writes them."""
    formatted = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "-"], input=keywords.text(), capture_output=True, text=True, check=True
    )
    assert (ROOT / "wav2spec" / "settings" / "keywords.py").read_text() == formatted.stdout


@pytest.mark.slow
def test_a_users_script_is_checked_against_the_settings(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    command = [sys.executable, "-m", "mypy", "--strict", "--no-incremental", "--cache-dir", str(tmp_path), str(script)]
    result = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    errors = [line for line in result.stdout.splitlines() if ": error: " in line]
    assert [line.split(":")[1] for line in errors] == ["8", "9"], result.stdout
    assert "window_sise" in errors[0]
    assert "layout" in errors[1]
