"""The rows of the table. A new comparison is a function here that returns a `Row`, and its name in `all_rows`."""

import functools
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import plain
import soundfile
from measure import Row, Target, Work, environment, milliseconds, process_milliseconds, process_peak_mb
from PIL import Image

from wav2spec.arrays import Pixels
from wav2spec.convert import Task, attempt
from wav2spec.drawing import plan_picture
from wav2spec.jobs import Job
from wav2spec.presets import PRESETS

_SAMPLES = Path(__file__).parents[2] / "sample_audio"
# What must be free for each second of a recording and its picture: 2 GB for two hours (bytes).
_ROOM_PER_S = 2 * 10**9 // 7200


@dataclass(frozen=True)
class Plan:
    """How much is done: lengths in s, repetitions by kind of row."""

    folder: str
    short_s: int = 4 * 60
    long_s: int = 2 * 60 * 60
    n_conversions: int = 9
    n_peaks: int = 3
    n_starts: int = 25

    @property
    def env(self) -> dict[str, str]:
        return environment(os.path.join(self.folder, "bytecode"))

    def path(self, name: str) -> str:
        return os.path.join(self.folder, name)


def all_rows(plan: Plan) -> list[Row]:
    return [_conversion(plan), _start_of_module(plan), _start_of_script(plan), _peak(plan)]


def _conversion(plan: Plan) -> Row:
    source, ours, theirs = _recording(plan, plan.short_s), plan.path("ours.png"), plan.path("plain.png")

    def check() -> None:
        assert np.array_equal(_pixels(ours), _pixels(theirs)), "the plain script drew other pixels"

    return Row(
        Work(f"{_length(plan.short_s)}, --preset tf", lambda: milliseconds(lambda: _convert(source, ours))),
        Work("plain NumPy + Pillow", lambda: milliseconds(lambda: plain.draw(source, theirs))),
        "ms",
        plan.n_conversions,
        check=check,
    )


def _start_of_module(plan: Plan) -> Row:
    return _start(plan, "python -m wav2spec kick.wav", [sys.executable, "-m", "wav2spec"])


def _start_of_script(plan: Plan) -> Row:
    script = Path(sys.executable).with_name("wav2spec")
    missing = "" if script.exists() else f"not installed: {script}"
    return _start(plan, "wav2spec kick.wav", [str(script)], missing)


def _start(plan: Plan, name: str, program: list[str], missing: str = "") -> Row:
    ours = [*program, str(_SAMPLES / "kick.wav"), plan.path("kick.png")]
    imports = [sys.executable, "-c", "import click, numpy, soundfile"]
    return Row(
        Work(name, lambda: process_milliseconds(ours, plan.env)),
        Work("import click, numpy, soundfile", lambda: process_milliseconds(imports, plan.env)),
        "ms",
        plan.n_starts,
        Target("ratio at most 1.35", lambda work, against: work / against <= 1.35),
        missing=missing,
    )


def _peak(plan: Plan) -> Row:
    def peak(seconds: int) -> float:
        command = [sys.executable, "-m", "wav2spec", _recording(plan, seconds), plan.path("peak.png")]
        return process_peak_mb([*command, "--preset", "tf", "--quiet"], plan.env)

    free, needed = shutil.disk_usage(plan.folder).free, plan.long_s * _ROOM_PER_S
    return Row(
        Work(f"{_length(plan.long_s)}, peak memory", lambda: peak(plan.long_s)),
        Work(f"{_length(plan.short_s)}, peak memory", lambda: peak(plan.short_s)),
        "MB",
        plan.n_peaks,
        Target("within 5 MB, under 80 MB", lambda work, against: abs(work - against) <= 5 and max(work, against) < 80),
        warm_up=False,
        missing="" if free >= needed else f"{free / 1e9:.1f} GB free in {plan.folder}, {needed / 1e9:.1f} GB needed",
    )


@functools.cache
def _recording(plan: Plan, seconds: int) -> str:
    """Repeat the bell, 2 s of 44.1 kHz stereo, and return the file's name."""
    path = plan.path(f"{seconds}.wav")
    bell, sample_rate = soundfile.read(_SAMPLES / "bell.wav", dtype="int16")
    with soundfile.SoundFile(path, "w", sample_rate, bell.shape[1], "PCM_16") as file:
        for _ in range(seconds * sample_rate // len(bell)):
            file.write(bell)
    return path


def _convert(source: str, target: str) -> None:
    (outcome,) = attempt(Job(source, target), Task(functools.partial(plan_picture, settings=PRESETS["tf"].settings)))
    assert outcome.status == "written", outcome.failure


def _pixels(path: str) -> Pixels:
    with Image.open(path) as picture:
        return np.asarray(picture)


def _length(seconds: int) -> str:
    for size, unit in (3600, "h"), (60, "min"):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
