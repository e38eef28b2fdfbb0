"""The picture of `--preset tf` as a plain script makes it: the whole file at once with NumPy, soundfile and Pillow."""

import sys
from collections.abc import Callable

import numpy as np
import soundfile
from PIL import Image

WINDOW_SIZE = 256
STRIDE = 128
BRIGHTNESS = 64


def draw(source: str, target: str) -> None:
    samples, _ = soundfile.read(source, always_2d=True)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW_SIZE) / WINDOW_SIZE)
    frames = np.lib.stride_tricks.sliding_window_view(samples[:, 0], WINDOW_SIZE)[::STRIDE]
    spectra = np.fft.rfft(frames * window, axis=1)
    magnitudes = np.sqrt((spectra.real**2 + spectra.imag**2).astype(np.float32))
    pixels = np.minimum(magnitudes * np.float32(BRIGHTNESS), 255).astype(np.uint8)
    Image.fromarray(pixels).save(target)


def prepare(source: str, target: str) -> Callable[[], object]:
    return lambda: draw(source, target)


if __name__ == "__main__":
    draw(*sys.argv[1:])
