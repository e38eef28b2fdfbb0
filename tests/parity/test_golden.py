"""What TensorFlow answered on the recordings is what the program answers."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner
from recordings import GOLDEN, SAMPLES
from strict_png import Bytes, decode

import wav2spec
from wav2spec.cli.main import command

IMAGES = np.load(GOLDEN / "tf_example_images.npz")
VALUES = np.load(GOLDEN / "tf_audio_spectrogram.npz")


def drawn(folder: Path, key: str, *options: str) -> Bytes:
    """Draw the recording that the key of an answer names, with the options that it names."""
    name, *settings = key.split("/")
    words = [f"--{setting.replace('_', '-')}" for setting in settings]
    target = folder / "a.png"
    source = str(SAMPLES / f"{name}.wav")
    result = CliRunner().invoke(command, [source, str(target), *words, *options], catch_exceptions=False)
    assert result.output == ""
    return decode(target.read_bytes())


@pytest.mark.parametrize("key", IMAGES.files)
def test_preset_tf_draws_every_pixel_of_tensorflows_program(key: str, tmp_path: Path) -> None:
    np.testing.assert_array_equal(drawn(tmp_path, key, "--preset", "tf"), IMAGES[key])


@pytest.mark.parametrize("key", IMAGES.files)
def test_default_layout_is_tensorflows_picture_with_its_columns_reversed(key: str, tmp_path: Path) -> None:
    np.testing.assert_array_equal(drawn(tmp_path, key), IMAGES[key][:, ::-1])


def test_defaults_are_those_of_tensorflows_program(tmp_path: Path) -> None:
    expected = IMAGES["kick/window_size=256/stride=128/brightness=64"]
    np.testing.assert_array_equal(drawn(tmp_path, "kick", "--preset", "tf"), expected)


@pytest.mark.parametrize("key", VALUES.files)
def test_values_are_those_of_tensorflows_op_to_float32_precision(key: str) -> None:
    name, *settings = key.split("/")
    options = dict(setting.split("=") for setting in settings)
    samples, sample_rate = soundfile.read(SAMPLES / f"{name}.wav", dtype="int16")
    result = wav2spec.spectrogram(
        samples,
        sample_rate,
        window_size=int(options["window_size"]),
        stride=int(options["stride"]),
        magnitude_squared=options["magnitude_squared"] == "True",
    )
    expected = VALUES[key]
    # The answers hold the first frames only, so as not to fill the repository.
    values = result.values[:, : expected.shape[1]]
    assert values.shape == expected.shape
    assert np.all(np.abs(values - expected) <= 1e-6 * expected.max(axis=2, keepdims=True))


@pytest.mark.parametrize("key", [key for key in VALUES.files if key.endswith("False")])
def test_program_writes_the_values_of_the_op(key: str, tmp_path: Path) -> None:
    name, window_size, stride, _ = key.split("/")
    target = tmp_path / "a.npy"
    words = [f"--{setting}" for setting in (window_size, stride)]
    source = str(SAMPLES / f"{name}.wav")
    CliRunner().invoke(command, [source, str(target), "--channel=all", *words], catch_exceptions=False)
    expected = VALUES[key]
    values = np.load(target)[:, : expected.shape[1]]
    assert np.all(np.abs(values - expected) <= 1e-6 * expected.max(axis=2, keepdims=True))
