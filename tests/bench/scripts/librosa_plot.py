"""The labelled spectrogram of librosa's tutorial: SOURCE TARGET."""

import sys

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


if __name__ == "__main__":
    draw(*sys.argv[1:])
