"""The Python function: samples of any kind in, a spectrogram with its own axes out."""

import pickle
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
from recordings import SAMPLES, MakeWav

import wav2spec
from wav2spec.audio.preprocess import preprocess
from wav2spec.audio.recording import open_recording
from wav2spec.batch.convert import Conversion
from wav2spec.batch.jobs import Job
from wav2spec.dsp.streaming import stream_spectrogram
from wav2spec.errors import AudioError
from wav2spec.settings.presets import PRESETS
from wav2spec.settings.settings import Settings


def noise(*shape: int) -> npt.NDArray[np.float32]:
    return np.random.default_rng(4).uniform(-1, 1, shape).astype(np.float32)


@pytest.mark.parametrize(("shape", "n_channels"), [((1000,), 1), ((1000, 1), 1), ((1000, 2), 2), ((1000, 5), 5)])
def test_values_are_channels_by_frames_by_bins_in_float32(shape: tuple[int, ...], n_channels: int) -> None:
    result = wav2spec.spectrogram(noise(*shape), 16000, window_size=100, stride=30)
    # 100 samples fit at 0, 30, ..., 900.
    assert result.values.shape == (n_channels, 31, 65)
    assert result.values.dtype == np.float32
    assert result.times.shape == (31,)
    assert result.frequencies.shape == (65,)


def test_axes_are_in_seconds_and_hertz() -> None:
    result = wav2spec.spectrogram(noise(1000), 16000, window_size=400, stride=160)
    np.testing.assert_allclose(result.times, [0.0125, 0.0225, 0.0325, 0.0425], rtol=1e-12)
    np.testing.assert_allclose(result.frequencies, np.linspace(0, 8000, 257), rtol=1e-12)


def test_unit_says_magnitude_or_power() -> None:
    magnitude = wav2spec.spectrogram(noise(1000), 16000)
    power = wav2spec.spectrogram(noise(1000), 16000, magnitude_squared=True)
    assert (magnitude.unit, power.unit) == ("magnitude", "power")
    np.testing.assert_allclose(power.values, magnitude.values.astype(float) ** 2, rtol=3e-7)


def test_defaults_are_a_window_of_256_and_a_stride_of_128() -> None:
    samples = noise(1000)
    explicit = wav2spec.spectrogram(samples, 16000, window_size=256, stride=128, magnitude_squared=False)
    np.testing.assert_array_equal(wav2spec.spectrogram(samples, 16000).values, explicit.values)


def test_sizes_may_be_time_and_shares() -> None:
    samples = noise(3000)
    by_time = wav2spec.spectrogram(samples, 16000, window_size="25ms", stride="10ms")
    by_share = wav2spec.spectrogram(samples, 16000, window_size="400", stride="40%")
    by_samples = wav2spec.spectrogram(samples, 16000, window_size=400, stride=160)
    np.testing.assert_array_equal(by_time.values, by_samples.values)
    np.testing.assert_array_equal(by_share.values, by_samples.values)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", ["i2", "i4"])
def test_integers_are_pcm_over_their_full_scale(order: str, kind: str) -> None:
    full_scale = 2 ** (8 * int(kind[1]) - 1)
    samples = np.random.default_rng(4).integers(-full_scale, full_scale, (1000, 2)).astype(order + kind)
    result = wav2spec.spectrogram(samples, 16000)
    scaled = (samples.astype(float) / full_scale).astype(np.float32)
    np.testing.assert_array_equal(result.values, wav2spec.spectrogram(scaled, 16000).values)


def test_unsigned_bytes_have_their_middle_at_128() -> None:
    samples = np.random.default_rng(4).integers(0, 256, 1000).astype(np.uint8)
    result = wav2spec.spectrogram(samples, 16000)
    scaled = ((samples.astype(float) - 128) / 128).astype(np.float32)
    np.testing.assert_array_equal(result.values, wav2spec.spectrogram(scaled, 16000).values)
    silence = wav2spec.spectrogram(np.full(1000, 128, np.uint8), 16000)
    assert not silence.values.any()


@pytest.mark.parametrize("dtype", [np.float16, np.float64])
def test_floats_are_taken_as_they_are(dtype: type[np.floating]) -> None:
    samples = noise(1000).astype(np.float16)
    expected = wav2spec.spectrogram(samples.astype(np.float32), 16000)
    np.testing.assert_array_equal(wav2spec.spectrogram(samples.astype(dtype), 16000).values, expected.values)


def test_a_list_of_numbers_will_do() -> None:
    expected = wav2spec.spectrogram(np.array([0.0, 0.5, 0.25, -1.0]), 8, window_size=2, stride=1)
    result = wav2spec.spectrogram([0.0, 0.5, 0.25, -1.0], 8, window_size=2, stride=1)
    np.testing.assert_array_equal(result.values, expected.values)
    # The window of two samples is (0, 1): each frame reads its second sample.
    assert result.values.tolist() == [[[0.5, 0.5], [0.25, 0.25], [1.0, 1.0]]]


def test_each_channel_is_what_it_is_alone() -> None:
    samples = noise(2000, 3)
    together = wav2spec.spectrogram(samples, 16000)
    for channel in range(3):
        alone = wav2spec.spectrogram(samples[:, channel], 16000)
        np.testing.assert_array_equal(together.values[channel], alone.values[0])


def test_samples_are_not_touched() -> None:
    samples = noise(1000)
    before = samples.copy()
    wav2spec.spectrogram(samples, 16000)
    np.testing.assert_array_equal(samples, before)


@pytest.mark.parametrize("shape", [(255,), (1,), (255, 2), (0,), (0, 2)])
def test_less_than_one_window_has_no_frames_but_all_its_axes(shape: tuple[int, ...]) -> None:
    result = wav2spec.spectrogram(np.zeros(shape, np.float32), 16000)
    n_channels = shape[1] if len(shape) == 2 else 1
    assert result.values.shape == (n_channels, 0, 129)
    assert result.times.shape == (0,)
    assert result.frequencies.shape == (129,)


@pytest.mark.parametrize(
    ("name", "samples", "sample_rate", "options"),
    [
        ("sample_rate", np.zeros(1000), 0, {}),
        ("sample_rate", np.zeros(1000), -8000, {}),
        ("samples", np.float32(1), 16000, {}),
        ("samples", np.zeros((10, 10, 10)), 16000, {}),
        ("samples", np.zeros(1000, np.int64), 16000, {}),
        ("samples", np.zeros(1000, np.uint16), 16000, {}),
        ("samples", np.zeros(1000, np.complex64), 16000, {}),
        ("samples", np.zeros(1000, bool), 16000, {}),
        ("samples", ["a", "b"], 16000, {}),
        ("window_size", np.zeros(1000), 16000, {"window_size": 1}),
        ("window_size", np.zeros(1000), 16000, {"window_size": "0.01ms"}),
        ("stride", np.zeros(1000), 16000, {"stride": 0}),
        ("stride", np.zeros(1000), 16000, {"stride": "x"}),
    ],
)
def test_what_cannot_be_is_a_value_error_that_names_the_parameter(
    name: str, samples: npt.ArrayLike, sample_rate: int, options: dict[str, int | str]
) -> None:
    with pytest.raises(wav2spec.SettingError) as caught:
        wav2spec.spectrogram(samples, sample_rate, **options)  # type: ignore[arg-type]
    assert caught.value.name == name
    assert isinstance(caught.value, ValueError)


def test_a_file_streams_to_the_values_of_its_samples() -> None:
    path = SAMPLES / "bell.wav"
    samples, sample_rate = soundfile.read(path, dtype="int16")
    expected = wav2spec.spectrogram(samples, sample_rate, window_size="10ms", stride="1/3").values
    settings = Settings().replace(window_size="10ms", stride="1/3", channel="all")
    with open_recording(str(path)) as recording:
        stream = stream_spectrogram(preprocess(recording, settings.preprocessing), settings)
        assert (stream.analysis.window_size, stream.analysis.stride) == (441, 147)
        # Twice, to see that a stream can be taken again.
        for _ in range(2):
            values = np.concatenate(list(stream.blocks()), axis=1)
            np.testing.assert_array_equal(values, expected)
    assert stream.shape == expected.shape


def test_a_recording_shorter_than_a_window_is_an_error_with_both_lengths(make_wav: MakeWav) -> None:
    path = make_wav(n_samples=255)
    assert failure(path, Settings()) == (str(path), "too short: it has 255 samples, one frame takes 256")


def failure(path: Path, settings: Settings) -> tuple[str, str] | None:
    """Return what failed when a picture beside the recording was to be drawn, and why."""
    (outcome,) = Conversion(settings)(Job(str(path), str(path.with_suffix(".png"))))
    return outcome.failure and outcome.failure[:2]


def test_a_recording_of_exactly_one_window_has_one_frame(make_wav: MakeWav) -> None:
    with open_recording(str(make_wav(n_samples=256))) as recording:
        settings = Settings()
        assert stream_spectrogram(preprocess(recording, settings.preprocessing), settings).shape == (1, 1, 129)


def test_time_too_short_at_the_recordings_rate_is_an_error_of_the_recording(make_wav: MakeWav) -> None:
    path = make_wav(sample_rate=8000)
    found = failure(path, Settings().replace(window_size="0.1ms"))
    assert found
    assert found[0] == str(path)
    assert re.search("window_size.* 8000 Hz", found[1])


@pytest.mark.parametrize("kind", [wav2spec.AudioError, wav2spec.OutputError])
def test_errors_hold_path_and_words_and_survive_pickling(kind: type[AudioError], tmp_path: Path) -> None:
    error = pickle.loads(pickle.dumps(kind(str(tmp_path), "no samples in it")))
    assert type(error) is kind
    assert isinstance(error, wav2spec.Wav2SpecError)
    assert (error.path, error.message, str(error)) == (
        str(tmp_path),
        "no samples in it",
        f"{tmp_path}: no samples in it",
    )


def test_every_public_name_is_there_and_no_other() -> None:
    assert all(getattr(wav2spec, name) is not None for name in wav2spec.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        wav2spec.nothing  # noqa: B018


@pytest.mark.parametrize("preset", ["whisper", "kaldi-fbank", "nemo", "praat", "librosa-mel", "tf"])
def test_pixels_and_values_come_from_one_transform(preset: str) -> None:
    settings = PRESETS[preset].settings
    with open_recording(str(SAMPLES / "speech.wav")) as recording:
        waveform = preprocess(recording, settings.preprocessing)
        n_passes = 0

        def counted() -> Iterator[npt.NDArray[np.float32]]:
            nonlocal n_passes
            n_passes += 1
            return waveform.blocks()

        stream = stream_spectrogram(waveform._replace(blocks=counted), settings)
        drawn, stored = stream.blocks_and_values()
        assert n_passes == 1
        for found, expected in ((drawn, stream.blocks()), (stored, stream.values())):
            np.testing.assert_array_equal(np.concatenate(found, axis=1), np.concatenate(list(expected), axis=1))
