"""The labelled spectrogram of librosa's tutorial: SOURCE TARGET."""

import os
import sys
from collections.abc import Callable

import matplotlib

matplotlib.use("Agg")

import librosa
import librosa.display
import matplotlib.pyplot as plt
import numpy as np


def draw(source: str, target: str) -> None:
    samples, rate = librosa.load(source, sr=None)
    levels = librosa.amplitude_to_db(np.abs(librosa.stft(samples)), ref=np.max)
    figure, axes = plt.subplots(figsize=(10, 5))
    image = librosa.display.specshow(levels, sr=rate, x_axis="time", y_axis="linear", ax=axes)
    figure.colorbar(image, ax=axes, format="%+2.0f dB")
    figure.savefig(target)
    plt.close(figure)


def prepare(source: str, target: str) -> Callable[[], object]:
    """Return what draws a recording, or all recordings of a folder into another."""
    if not os.path.isdir(source):
        return lambda: draw(source, target)
    names = sorted(os.listdir(source))
    return lambda: [draw(f"{source}/{name}", f"{target}/{name}.png") for name in names]


if __name__ == "__main__":
    draw(*sys.argv[1:])
