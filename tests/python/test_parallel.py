"""The Python interface, called from several threads at once, gives what it gives in one."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
from in_process import run_in_process
from recordings import SAMPLES, MakeWav

import wav2spec


def test_spectrograms_of_several_threads_equal_those_of_one() -> None:
    noise = np.random.default_rng(3)
    signals = [noise.uniform(-1, 1, 60_000).astype(np.float32) for _ in range(8)] * 5
    serial = [wav2spec.spectrogram(samples, 16000).values for samples in signals]
    with ThreadPoolExecutor(4) as executor:
        threaded = list(executor.map(lambda samples: wav2spec.spectrogram(samples, 16000).values, signals))
    assert [np.array_equal(one, other) for one, other in zip(serial, threaded, strict=True)] == [True] * len(signals)


def test_reading_pictures_in_threads_leaves_pillows_limit_alone(make_wav: MakeWav, tmp_path: Path) -> None:
    picture = tmp_path / "a.png"
    assert run_in_process(make_wav(n_samples=200_000), picture).returncode == 0
    limit = PIL.Image.MAX_IMAGE_PIXELS
    assert limit is not None
    with ThreadPoolExecutor(4) as executor:
        spectrograms = list(executor.map(wav2spec.read_png, [picture] * 40))
        assert {PIL.Image.MAX_IMAGE_PIXELS} == {limit}
    assert len({one.values.shape for one in spectrograms}) == 1


SETTINGS: list[dict[str, Any]] = [{}, {"preset": "librosa-mel"}, {"window_size": 400, "scale": "db"}, {"preset": "tf"}]


def features(number: int) -> Any:
    """Return what a data loader asks for: the pixels of a section, by settings that change from item to item."""
    start = 0.05 * (number % 7)
    return wav2spec.spectrogram(SAMPLES / "speech.wav", start=start, duration=1.0, **SETTINGS[number % 4]).to_pixels()


def test_eight_threads_of_a_data_loader_get_what_one_gets() -> None:
    serial = [features(number) for number in range(48)]
    with ThreadPoolExecutor(8) as executor:
        for one, other in zip(serial, executor.map(features, range(48)), strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.system
def test_four_forked_processes_of_a_data_loader_get_what_one_gets() -> None:
    serial = [features(number) for number in range(48)]
    with ProcessPoolExecutor(4, mp_context=multiprocessing.get_context("fork")) as executor:
        for one, other in zip(serial, executor.map(features, range(48)), strict=True):
            np.testing.assert_array_equal(one, other)
