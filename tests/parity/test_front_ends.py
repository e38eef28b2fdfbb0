"""Front ends of models and tools: our values are theirs, by settings, by presets, in any blocks."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
from front_ends import APART, FOLDER, NAMES, Answer, answers, options
from in_process import invoke
from recordings import GOLDEN, SAMPLES, MakeWav

import wav2spec
from wav2spec.dsp.streaming import stream_spectrogram
from wav2spec.settings.presets import PRESETS
from wav2spec.waveform import Waveform

# Settings that change samples before the analysis, which the Python function does not read.
PREPROCESSING = ("sample_rate", "target_length", "normalize")
# Differences of dB that the resampler's single precision makes, and of power re the greatest that storing it makes.
LIBROSA_LOAD_DB, PRAAT = 1e-4, 1e-7
TESTED_ELSEWHERE = ("tf_audio_spectrogram", "tf_signal_stft_magnitude", "librosa")


def written(answer: Answer, make_wav: MakeWav, *words: str) -> npt.NDArray[np.float32]:
    """Return the values of the command line, shape (n_frames, n_bands)."""
    source = make_wav(samples=answer.samples[:, np.newaxis], sample_rate=answer.sample_rate, subtype="FLOAT")
    target = source.with_suffix(".npy")
    result = invoke("image", source, target, "-q", "--force", *words)
    assert (result.exception, result.return_value) == (None, 0), result.stderr
    values: npt.NDArray[np.float32] = np.load(target)
    return values.T if answer.transposed else values


def compare(found: npt.NDArray[np.float32], answer: Answer, name: str) -> None:
    if name == "whisper-80-30s":
        # The file has the first frames alone; those behind the sound repeat the last.
        np.testing.assert_array_equal(found[len(answer.values) :] - found[-1], 0)
        found = found[: len(answer.values)]
    if name == "granite-speech":
        # The system joins pairs of frames, and drops an odd last one.
        found = found[: len(found) // 2 * 2]
    assert found.shape == answer.values.shape
    np.testing.assert_allclose(found, answer.values, rtol=0, atol=answer.tolerance)


@pytest.mark.parametrize("name", NAMES)
def test_the_command_line_gives_the_systems_values(name: str, make_wav: MakeWav) -> None:
    for answer in answers(name):
        compare(written(answer, make_wav, *options(answer.settings)), answer, name)


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith(("birdnet", "whisper-80-30s"))])
def test_the_python_function_gives_the_systems_values(name: str) -> None:
    for answer in answers(name):
        settings = {key: value for key, value in answer.settings.items() if key not in PREPROCESSING}
        result = wav2spec.spectrogram(answer.samples, answer.sample_rate, **settings)
        compare(result.values[0], answer, name)
        assert len(result.frequencies) == answer.values.shape[1]


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_has_golden_answers(name: str) -> None:
    preset = PRESETS[name]
    if name == "wolfram":
        assert "not compared" in preset.agreement
        return
    folder = GOLDEN if preset.golden in TESTED_ELSEWHERE else FOLDER
    assert (folder / f"{preset.golden}.npz").is_file()
    assert preset.version
    assert preset.difference
    assert not preset.message.endswith(".")
    assert not preset.details or preset.details.endswith(".")


COMPARED = [name for name, preset in PRESETS.items() if preset.golden in NAMES]


@pytest.mark.parametrize("name", COMPARED)
def test_a_preset_gives_the_systems_values(name: str, make_wav: MakeWav) -> None:
    preset = PRESETS[name]
    for answer in answers(preset.golden):
        words = ["--preset", name, f"--npy-axes={'bands-frames' if answer.transposed else 'frames-bands'}"]
        compare(written(answer, make_wav, *words), answer, preset.golden)


@pytest.mark.parametrize("name", [name for name in COMPARED if not name.startswith("birdnet")])
def test_a_preset_gives_the_systems_values_in_python(name: str) -> None:
    for answer in answers(PRESETS[name].golden):
        result = wav2spec.spectrogram(answer.samples, answer.sample_rate, preset=name)
        compare(result.values[0], answer, name)


@pytest.mark.parametrize("name", ["birdnet", "birdnet-high"])
def test_birdnets_pictures_are_of_normalized_samples_in_python(name: str) -> None:
    for answer in answers(PRESETS[name].golden):
        # The range of the clip is that of a recording, which the Python function is not given.
        low, high = answer.samples.min(), answer.samples.max()
        samples = (answer.samples - low) / (high - low + 1e-6) * 2 - 1
        result = wav2spec.spectrogram(samples, answer.sample_rate, preset=name)
        compare(result.values[0], answer, name)


def test_every_file_of_answers_is_compared() -> None:
    assert {path.stem for path in FOLDER.glob("*.npz")} == {*NAMES, *APART}


def test_librosa_load_resamples_as_librosa(tmp_path: Path) -> None:
    file = np.load(FOLDER / "librosa-load.npz")
    for name in ("bell", "kick"):
        target = tmp_path / f"{name}.npy"
        words = ["--preset=librosa-load", "--target-length=22050"]
        if len(file[name].T) < 44:
            words = words[:1]
        result = invoke("image", SAMPLES / f"{name}.wav", target, "-q", *words)
        assert result.return_value == 0, result.stderr
        np.testing.assert_allclose(np.load(target), file[name].T, rtol=0, atol=LIBROSA_LOAD_DB)


def test_praat_gives_parselmouths_power(tmp_path: Path) -> None:
    file = np.load(FOLDER / "praat.npz")
    cases = json.loads(str(file["meta"]))["cases"]
    names = {"window_length": "window-size", "maximum_frequency": "fmax", "window_shape": "praat-window"}
    for case, (source, given) in cases.items():
        samples, rate = soundfile.read(SAMPLES / source, dtype="float32", always_2d=True)
        path, target = tmp_path / "a.wav", tmp_path / "a.npy"
        soundfile.write(path, samples[:24_000, :1], rate, subtype="FLOAT")
        words = [
            f"--{names[key]}={f'{value}s' if key == 'window_length' else str(value).lower()}"
            for key, value in given.items()
        ]
        result = invoke("image", path, target, "-q", "--force", "--preset=praat", *words)
        assert result.return_value == 0, result.stderr
        found, expected = np.load(target), file[case]
        assert found.shape == expected.shape
        np.testing.assert_allclose(found, expected, rtol=0, atol=PRAAT * expected.max())
        settings = {
            "window_size": f"{given.get('window_length', 0.005)}s",
            "fmax": given.get("maximum_frequency", 5000),
        }
        settings["praat_window"] = str(given.get("window_shape", "gaussian")).lower()
        mine = wav2spec.spectrogram(samples[:24_000, 0], rate, **(wav2spec.preset("praat") | settings))
        first_time, time_step, first_frequency, frequency_step = file[f"{case} axes"]
        np.testing.assert_allclose(mine.times[:2], first_time + time_step * np.arange(2), rtol=1e-9)
        np.testing.assert_allclose(mine.frequencies[:2], first_frequency + frequency_step * np.arange(2), rtol=1e-9)
        assert mine.unit == "Pa²/Hz"


def blocks(samples: npt.NDArray[np.float32], sizes: list[int]) -> Iterator[npt.NDArray[np.float32]]:
    first = turn = 0
    while first < len(samples):
        yield samples[first : first + sizes[turn % len(sizes)]]
        first, turn = first + sizes[turn % len(sizes)], turn + 1


@pytest.mark.parametrize("name", [name for name in PRESETS if name != "sox"])
@pytest.mark.parametrize("n_threads", [1, 3])
def test_values_and_pixels_are_the_same_in_blocks_of_any_size(name: str, n_threads: int) -> None:
    settings = PRESETS[name].settings
    samples = np.random.default_rng(5).uniform(-0.5, 0.5, (40_001, 1)).astype(np.float32)
    rate = settings.preprocessing.sample_rate or 16_000
    found: list[dict[str, Any]] = []
    for sizes in ([len(samples)], [1, 4999], [2048], [0, 7, 30_000]):
        waveform = Waveform("noise", rate, 1, len(samples), partial(blocks, samples, sizes), n_threads=n_threads)
        stream = stream_spectrogram(waveform, settings)
        found.append(
            {
                "values": np.concatenate(list(stream.values()), axis=1, dtype=np.float64),
                "pixels": np.concatenate(list(stream.blocks()), axis=1, dtype=np.float64),
            }
        )
        assert found[-1]["values"].shape == stream.shape
    for other in found[1:]:
        np.testing.assert_array_equal(other["values"], found[0]["values"])
        np.testing.assert_array_equal(other["pixels"], found[0]["pixels"])


def test_channels_come_before_bands_and_frames(make_wav: MakeWav, tmp_path: Path) -> None:
    source = make_wav(n_samples=20_000, n_channels=2, sample_rate=16_000)
    target = tmp_path / "a.npy"
    found = []
    for words in (["--channel=all"], ["--channel=all", "--npy-axes=frames-bands"], ["--channel=1"]):
        result = invoke("image", source, target, "-q", "--force", "--preset=whisper", *words)
        assert result.return_value == 0, result.stderr
        found.append(np.load(target))
    both, by_frames, second = found
    assert both.shape == (2, 80, 125)
    np.testing.assert_array_equal(both, by_frames.transpose(0, 2, 1))
    assert second.shape == (80, 125)


@pytest.mark.parametrize(
    ("preset", "n_samples", "needed"),
    [("whisper", 150, 160), ("kaldi-fbank", 399, 400), ("octave", 256, 257), ("praat", 159, 160)],
)
def test_a_recording_without_a_frame_is_told_what_one_takes(
    preset: str, n_samples: int, needed: int, make_wav: MakeWav
) -> None:
    short, enough = (make_wav(n_samples=n, sample_rate=16_000, name=f"{n}.wav") for n in (n_samples, needed))
    result = invoke("image", short, short.with_suffix(".npy"), "--preset", preset)
    assert f"too short: it has {n_samples} samples, one frame takes {needed}" in result.stderr
    result = invoke("image", enough, enough.with_suffix(".npy"), "-q", "--preset", preset)
    assert result.return_value == 0, result.stderr
    assert np.load(enough.with_suffix(".npy")).size > 0


def test_a_figure_says_that_it_is_praats(tmp_path: Path) -> None:
    target = tmp_path / "a.svg"
    assert invoke("plot", SAMPLES / "kick.wav", target, "--preset=praat").return_value == 0
    assert "Praat, gaussian 221 samples, step 2 ms, FFT 1024; mono" in target.read_text()


@pytest.mark.parametrize(("preset", "hop", "n_patches"), [("vggish", 96, 3), ("yamnet", 48, 5)])
def test_segments_are_the_models_patches(preset: str, hop: int, n_patches: int, tmp_path: Path) -> None:
    # As docs/presets.md has them: 96 frames, without overlap or half of it, whole ones alone.
    words = [f"--segment-stride={hop * 10}ms", "--segment-last=drop"]
    source = SAMPLES / "speech.wav"
    assert invoke("image", source, tmp_path / "whole.npy", "--preset", preset).return_value == 0
    whole = np.load(tmp_path / "whole.npy")
    result = invoke(
        "image", source, "-o", tmp_path / "patches", "--format=npy", "--preset", preset, "--segment=975ms", *words
    )
    assert result.return_value == 0, result.stderr
    patches = [np.load(path) for path in sorted((tmp_path / "patches").iterdir())]
    assert len(patches) == n_patches
    for i, patch in enumerate(patches):
        np.testing.assert_array_equal(patch, whole[i * hop : i * hop + 96])


@pytest.mark.parametrize(
    ("words", "shape"),
    [
        ("whisper --target-length=480000", (80, 3000)),
        ("birdnet --target-length=3s", (96, 511)),
        ("birdnet-high --target-length=3s", (96, 511)),
        ("perch --target-length=5s", (500, 160)),
        ("clap --target-length=10s", (1001, 64)),
    ],
)
def test_clips_have_the_models_shapes(words: str, shape: tuple[int, int], tmp_path: Path) -> None:
    target = tmp_path / "a.npy"
    preset, *options = words.split()
    result = invoke("image", SAMPLES / "speech.wav", target, "-q", "--preset", preset, *options)
    assert result.return_value == 0, result.stderr
    assert np.load(target).shape == shape
