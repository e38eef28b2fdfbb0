"""How much is done, and the recordings it is done with: the samples of `sample_audio/`, repeated to length."""

import functools
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from measure import environment

SAMPLES = Path(__file__).parents[2] / "sample_audio"
SCRIPTS = Path(__file__).parent / "scripts"
# What must be free for each second of a recording and its picture (bytes).
_ROOM_PER_S = 10 * 10**9 // 36000


@dataclass(frozen=True)
class Plan:
    """How much is done: lengths in s, numbers of files, repetitions by kind of row."""

    folder: str
    short_s: int = 4 * 60
    speech_s: int = 10 * 60
    hour_s: int = 60 * 60
    long_s: int = 10 * 60 * 60
    n_clips: int = 1_000
    n_many: int = 10_000
    n_figures: int = 16
    n_in_process: int = 9
    n_processes: int = 5
    n_starts: int = 25
    n_long: int = 2

    @property
    def env(self) -> dict[str, str]:
        return environment(os.path.join(self.folder, "bytecode"))

    def path(self, name: str) -> str:
        return os.path.join(self.folder, name)

    def out(self, name: str) -> str:
        """Return an empty folder for targets."""
        path = self.path(name)
        shutil.rmtree(path, ignore_errors=True)
        os.mkdir(path)
        return path

    @functools.cache  # noqa: B019 - one plan lives as long as the program
    def recording(self, seconds: int, container: str = "WAV") -> str:
        """Return the name of a recording of so many seconds of 44.1 kHz stereo: the bell, again and again."""
        path = self.path(f"{seconds}-{container}.wav")
        bell, sample_rate = soundfile.read(SAMPLES / "bell.wav", dtype="int16")
        with soundfile.SoundFile(path, "w", sample_rate, bell.shape[1], "PCM_16", format=container) as file:
            minute = np.tile(bell, (30, 1))
            for left in range(seconds * sample_rate, 0, -len(minute)):
                file.write(minute[:left])
        return path

    @functools.cache  # noqa: B019
    def speech(self) -> str:
        """Return the name of a recording of `speech_s` of 16 kHz mono: the sentence, again and again."""
        path = self.path("speech.wav")
        samples, sample_rate = soundfile.read(SAMPLES / "speech.wav", dtype="int16")
        soundfile.write(path, np.resize(samples, self.speech_s * sample_rate), sample_rate, subtype="PCM_16")
        return path

    @functools.cache  # noqa: B019
    def clips(self, n: int, seconds: int = 1) -> str:
        """Return a folder of so many clips, each from another place of the recordings."""
        folder = self.path(f"{n}-clips-of-{seconds}-s")
        os.mkdir(folder)
        sounds = list(_sounds(seconds))
        for number in range(n):
            samples, sample_rate = sounds[number % len(sounds)]
            first = number * 997 % (len(samples) - seconds * sample_rate)
            clip = samples[first : first + seconds * sample_rate]
            soundfile.write(os.path.join(folder, f"clip-{number:05}.wav"), clip, sample_rate, subtype="PCM_16")
        return folder

    def room_for(self, seconds: int) -> str:
        """Say why there is no room for a recording of so many seconds and its picture, if so."""
        free, needed = shutil.disk_usage(self.folder).free, seconds * _ROOM_PER_S
        return "" if free >= needed else f"{free / 1e9:.1f} GB free in {self.folder}, {needed / 1e9:.1f} GB needed"


def _sounds(seconds: int) -> Iterator[tuple[np.ndarray, int]]:
    for path in sorted(SAMPLES.glob("*.wav")):
        samples, sample_rate = soundfile.read(path, dtype="int16", always_2d=True)
        n_repeats = 1 + 2 * seconds * sample_rate // len(samples)
        yield np.tile(samples[:, 0], n_repeats), sample_rate


def length(seconds: int) -> str:
    for size, unit in (3600, "h"), (60, "min"):
        if seconds >= size:
            return f"{seconds / size:g} {unit}"
    return f"{seconds} s"
