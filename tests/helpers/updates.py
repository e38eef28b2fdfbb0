"""Recordings, commands and assertions for `--update` and `--check`."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from folders import folder_state
from in_process import done, invoke
from setting_cases import SMALL, needed

# The kinds of picture: the words that draw them, and how they are named beside a.wav.
WAYS: dict[str, tuple[list[str], str]] = {
    "image": (["image"], "a.png"),
    "npy": (["image", "--format", "npy"], "a.npy"),
    "bare": (["image", "--no-metadata"], "a.png"),
    "plot": (["plot", "-j1", *SMALL], "a-plot.png"),
    "bare-plot": (["plot", "-j1", *SMALL, "--no-metadata"], "a-plot.png"),
    "compare": (["compare", "-j1", *needed("compare")], "a-compare.png"),
}

every_way = pytest.mark.parametrize("way", [way for way in WAYS if way != "bare-plot"])
# In 16 bits exactly, so that every format of 16 bits and more holds the same numbers.
NOISE = np.random.default_rng(7).integers(-16000, 16000, (4000, 2)) / 32768


def write(path: Path, samples: Any = NOISE, rate: int = 16000, **kind: Any) -> Path:
    soundfile.write(str(path), samples, rate, **({"subtype": "PCM_16", "format": "WAV"} | kind))
    return path


def write_tree(folder: Path) -> Path:
    """Make a folder of three recordings in two levels."""
    (folder / "in" / "deep").mkdir(parents=True)
    for number, name in enumerate(("a.wav", "b.wav", "deep/c.WAV")):
        write(folder / "in" / name, np.roll(NOISE, number))
    return folder / "in"


def assert_brought_up_to_date(target: Path, *words: str | Path) -> bool:
    """Check that --check and --update tell what a plain run would write otherwise; return whether it would."""
    plain = target.with_name(f"plain{target.suffix}")
    done(*words, "-q", "-o", plain)
    before, was, differs = target.read_bytes(), folder_state(target), plain.read_bytes() != target.read_bytes()
    checked = invoke(*words, "--check", "-o", target)
    assert (checked.return_value, checked.stdout) == (int(differs), f"stale\t{target}\n" * differs)
    assert folder_state(target) == was
    updated = done(*words, "--update", "-v", "-o", target)
    assert ("written: " in updated.stderr, "up to date: " in updated.stderr) == (differs, not differs)
    assert target.read_bytes() == plain.read_bytes()
    assert (target.read_bytes() != before) == differs
    assert differs or folder_state(target) == was
    return differs
