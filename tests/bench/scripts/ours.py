"""The work of wav2spec in a process: `KIND SOURCE TARGET PRESET N_THREADS`, where the kind is a key of `KINDS`."""

import os
from collections.abc import Callable

import numpy as np
import soundfile

import wav2spec
from wav2spec.batch.convert import Conversion
from wav2spec.batch.jobs import Job
from wav2spec.process import begin_work
from wav2spec.settings.presets import PLOT, PRESETS


def picture(source: str, target: str, preset: str, n_threads: str) -> Callable[[], object]:
    conversion = Conversion(PRESETS[preset].settings, n_threads=int(n_threads))
    return lambda: convert(conversion, source, target)


def figure(source: str, target: str, width: str, height: str) -> Callable[[], object]:
    """Return what draws a recording, or all recordings of a folder into another."""
    conversion = Conversion(PLOT.replace(width=int(width), height=int(height)))
    if not os.path.isdir(source):
        return lambda: convert(conversion, source, target)
    names = sorted(os.listdir(source))
    return lambda: [convert(conversion, f"{source}/{name}", f"{target}/{name}.png") for name in names]


def values(source: str, target: str, preset: str) -> Callable[[], object]:
    samples, rate = soundfile.read(source, dtype="float32")

    def analyse() -> np.ndarray:
        # `wav2spec.spectrogram` would form the levels of its picture as well.
        blocks = wav2spec.stream(samples, rate, preset=preset)
        return np.concatenate([block.values for block in blocks], axis=1)

    np.save(target, analyse()[0])
    return analyse


def convert(conversion: Conversion, source: str, target: str) -> None:
    (outcome,) = conversion(Job(source, target))
    assert outcome.status == "written", outcome.failure


KINDS = {"picture": picture, "figure": figure, "values": values}


def prepare(kind: str, *words: str) -> Callable[[], object]:
    # As the program itself does before it works.
    begin_work()
    work: Callable[[], object] = KINDS[kind](*words)
    return work
