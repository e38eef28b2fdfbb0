"""From Python one gets the pictures, numbers and errors of the command line."""

import copy
import io
import pickle
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from in_process import done, usage_error
from PIL import Image
from recordings import SAMPLES, MakeWav, riff

import wav2spec
from wav2spec.settings.presets import PRESETS
from wav2spec.settings.settings import DEFAULT

SPEECH = SAMPLES / "speech.wav"

# Values of settings that may be combined at random; others are left out now and then.
VALUES: Mapping[str, list[Any]] = {
    "start": [0.1, "150ms"],
    "duration": ["0:00.5", 0.7],
    "channel": ["mix", "all", 1],
    "sample_rate": [8000, "11.025k"],
    "normalize": ["peak", "rms:-20dB"],
    "window_size": [512, "20ms"],
    "stride": [100, "10ms", "1/3"],
    "window": ["hamming", "kaiser:8", "boxcar"],
    "fft_length": [1024],
    "framing": ["pad-end", "centered"],
    "freq_scale": ["log", "mel"],
    "n_bands": [40],
    "fmax": ["3k"],
    "scale": ["db"],
    "gamma": [1.5],
    "layout": ["right-up", "down-right"],
    "palette": ["viridis"],
    "invert": [True],
}


def words(settings: Mapping[str, Any]) -> list[str]:
    return [
        word
        for name, value in settings.items()
        for word in ([f"--{name.replace('_', '-')}"] + ([] if value is True else [str(value)]))
    ]


def random_settings(seed: int) -> dict[str, Any]:
    draw = random.Random(seed)
    return {name: draw.choice(values) for name, values in VALUES.items() if draw.random() < 0.4}


def assert_same_as_command_line(source: Path, folder: Path, preset: str | None, settings: dict[str, Any]) -> None:
    given = [*(["--preset", preset] if preset else []), *words(settings)]
    for suffix in ("png", "npy"):
        if suffix == "npy" and settings.keys() & {"layout", "palette", "invert", "gamma", "bit_depth"}:
            continue
        done(source, folder / f"expected.{suffix}", *given)
        spec = wav2spec.spectrogram(source, preset=preset, **settings)
        spec.save(folder / f"found.{suffix}")
        assert (folder / f"found.{suffix}").read_bytes() == (folder / f"expected.{suffix}").read_bytes()
    np.testing.assert_array_equal(spec.to_pixels(), np.asarray(Image.open(folder / "expected.png")))


@pytest.mark.parametrize("preset", [name for name in PRESETS if name != "sox"])
def test_every_preset_gives_the_bytes_of_the_command_line(preset: str, tmp_path: Path) -> None:
    assert_same_as_command_line(SPEECH, tmp_path, preset, {})


@pytest.mark.parametrize("seed", range(50))
def test_random_settings_give_the_bytes_of_the_command_line(seed: int, make_wav: MakeWav, tmp_path: Path) -> None:
    source = make_wav(n_samples=20_000, n_channels=2)
    assert_same_as_command_line(source, tmp_path, None, random_settings(seed))


@pytest.mark.parametrize("bit_depth", [8, 16])
def test_pixels_have_the_depth_that_is_asked_for(bit_depth: Any, tmp_path: Path) -> None:
    spec = wav2spec.spectrogram(SPEECH, bit_depth=bit_depth, scale="db")
    spec.save(tmp_path / "a.png")
    assert spec.to_pixels().dtype == f"uint{bit_depth}"
    np.testing.assert_array_equal(spec.to_pixels(), np.asarray(Image.open(tmp_path / "a.png")))


def test_a_path_bytes_and_a_file_object_are_one_recording() -> None:
    expected = wav2spec.spectrogram(SPEECH).values
    body = SPEECH.read_bytes()
    for source in (str(SPEECH), body, bytearray(body), io.BytesIO(body)):
        np.testing.assert_array_equal(wav2spec.spectrogram(source).values, expected)
    with open(SPEECH, "rb") as file:
        np.testing.assert_array_equal(wav2spec.spectrogram(file).values, expected)
        assert not file.closed


def test_a_file_opened_as_text_is_refused() -> None:
    with open(SPEECH, encoding="latin-1") as file, pytest.raises(TypeError, match="mode 'rb'"):
        wav2spec.spectrogram(file)  # type: ignore[arg-type]


def test_samples_and_their_recording_give_the_same_values_with_the_same_settings(make_wav: MakeWav) -> None:
    source = make_wav(n_samples=20_000, n_channels=2, subtype="FLOAT")
    samples, rate = soundfile.read(source, dtype="float32")
    for seed in range(20):
        settings = {"channel": "all"} | random_settings(seed)
        resampled = settings.pop("sample_rate", None)
        if resampled:
            continue
        found = wav2spec.spectrogram(samples, rate, **settings)
        expected = wav2spec.spectrogram(source, **settings)
        np.testing.assert_array_equal(found.values, expected.values)
        np.testing.assert_array_equal(found.times, expected.times)


def test_all_channels_of_an_array_are_taken_unless_a_channel_or_a_preset_says_otherwise() -> None:
    samples = np.random.default_rng(1).uniform(-1, 1, (4000, 3))
    assert len(wav2spec.spectrogram(samples, 8000).values) == 3
    assert len(wav2spec.spectrogram(samples, 8000, channel="mix").values) == 1
    assert len(wav2spec.spectrogram(samples, 8000, preset="tf").values) == 1


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"palette": "nonsense"}, "palette"),
        ({"db_range": 60}, "db_range"),
        ({"segment": 1.0}, "segment"),
        ({"window_size": "long"}, "window_size"),
        ({"stride": 100, "hop_length": 100}, "stride"),
        ({"preset": "librsoa"}, "preset"),
        ({"fmin": [1]}, "fmin"),
        ({"power": 3}, "power"),
        ({"end": 0.5, "start": 1}, "end"),
    ],
)
def test_a_setting_that_is_wrong_or_has_no_effect_raises(settings: Any, name: str) -> None:
    for source in ((SPEECH,), (np.zeros(40_000), 16000)):
        with pytest.raises(wav2spec.SettingError) as caught:
            wav2spec.spectrogram(*source, **settings)
        assert caught.value.name == name


def test_a_setting_that_there_is_not_raises_a_type_error() -> None:
    with pytest.raises(TypeError, match="no such setting: colour"):
        wav2spec.spectrogram(SPEECH, colour="blue")  # type: ignore[call-arg]


def test_an_unknown_preset_names_those_there_are() -> None:
    with pytest.raises(wav2spec.SettingError, match="tf-signal, keras-mel"):
        wav2spec.spectrogram(SPEECH, preset="none")


def test_settings_of_pixels_are_refused_for_values(tmp_path: Path) -> None:
    spec = wav2spec.spectrogram(SPEECH, palette="viridis")
    with pytest.raises(wav2spec.SettingError, match="palette: has no effect"):
        spec.save(tmp_path / "a.npy")
    with pytest.raises(wav2spec.SettingError, match=r"ends in \.jpg"):
        spec.save(tmp_path / "a.jpg")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("samples", "words"),
    [
        (np.zeros((2, 16000)), r"16000 channels of 2 samples; transpose"),
        (np.zeros((2, 3, 4)), r"\(n_samples,\) or \(n_samples, n_channels\), not \(2, 3, 4\)"),
        (np.zeros((100, 0)), "must have a channel"),
        (np.zeros(100, complex), "must be float, int16, int32 or uint8, not complex128"),
    ],
)
def test_arrays_of_a_wrong_shape_or_type_are_refused(samples: Any, words: str) -> None:
    with pytest.raises(wav2spec.SettingError, match=words):
        wav2spec.spectrogram(samples, 16000)
    with pytest.raises(wav2spec.SettingError, match="sample_rate: is needed"):
        wav2spec.spectrogram(np.zeros(1000))


@pytest.mark.parametrize("sample_rate", [0, -1, 16000.5, 2**31, float("nan"), float("inf"), True, "16000"])
def test_a_sample_rate_that_no_recording_has_is_refused(sample_rate: Any) -> None:
    with pytest.raises(wav2spec.SettingError, match="sample_rate: must be a whole number from 1 to 2147483647 Hz"):
        wav2spec.spectrogram(np.zeros(1000), sample_rate)


def test_names_from_other_libraries_are_understood() -> None:
    found = wav2spec.spectrogram(SPEECH, n_fft=512, win_length=400, hop_length=160, power=2, start=0.5, end=1.5)
    settings: Any = {"fft_length": 512, "window_size": 400, "stride": 160, "start": 0.5, "duration": 1.0}
    expected = wav2spec.spectrogram(SPEECH, magnitude_squared=True, **settings)
    np.testing.assert_array_equal(found.values, expected.values)


def test_what_load_returns_is_what_spectrogram_analyses() -> None:
    settings: Any = {"start": "0.5s", "duration": "1s", "normalize": "peak:-1dB"}
    samples, rate = wav2spec.load(SPEECH, sample_rate=8000, **settings)
    assert (samples.shape, rate) == ((8000,), 8000)
    assert float(np.abs(samples).max()) == pytest.approx(10 ** (-1 / 20), abs=1e-6)
    expected = wav2spec.spectrogram(SPEECH, sample_rate=8000, **settings).values
    np.testing.assert_array_equal(wav2spec.spectrogram(samples, rate).values, expected)
    with pytest.raises(wav2spec.SettingError, match="stride: does not concern samples"):
        wav2spec.load(SPEECH, stride=100)


def test_all_channels_are_loaded_as_columns(make_wav: MakeWav) -> None:
    source = make_wav(n_channels=3)
    assert wav2spec.load(source, channel="all")[0].shape == (4000, 3)
    assert wav2spec.load(source)[0].shape == (4000,)


@pytest.mark.parametrize("preset", ["tf", "librosa-mel"])
def test_a_stream_joins_to_the_whole(preset: str) -> None:
    blocks = list(wav2spec.stream(SAMPLES / "guitar.wav", preset=preset))
    whole = wav2spec.spectrogram(SAMPLES / "guitar.wav", preset=preset)
    assert len(blocks) > 1
    np.testing.assert_array_equal(np.concatenate([block.values for block in blocks], axis=1), whole.values)
    np.testing.assert_array_equal(np.concatenate([block.times for block in blocks]), whole.times)
    assert {block.unit for block in blocks} == {whole.unit}


def test_a_truncated_recording_is_drawn_with_a_warning() -> None:
    with pytest.warns(UserWarning, match="truncated: the header promises"):
        spec = wav2spec.spectrogram(riff(bytes(8000))[:-2000])
    assert spec.values.shape == (1, 22, 129)


@pytest.mark.parametrize("data", [b"", b"RIFF", b"no recording at all", riff(b"")])
def test_what_is_no_recording_is_an_audio_error(data: bytes) -> None:
    with pytest.raises(wav2spec.AudioError):
        wav2spec.spectrogram(data)


def test_a_recording_too_short_for_a_frame_is_an_error_and_an_array_has_no_frames(tmp_path: Path) -> None:
    with pytest.raises(wav2spec.AudioError, match="too short"):
        wav2spec.spectrogram(riff(bytes(100)))
    empty = wav2spec.spectrogram(np.zeros(100), 16000)
    assert empty.values.shape == (1, 0, 129)
    assert repr(empty) == "Spectrogram(1 channel x 0 frames x 129 bands, magnitude, 0-8000 Hz)"
    with pytest.raises(wav2spec.SettingError, match="too short"):
        empty.save(tmp_path / "a.png")


def test_a_spectrogram_is_an_array_that_pickles_and_does_not_compare(tmp_path: Path) -> None:
    spec = wav2spec.spectrogram(SPEECH, scale="db")
    np.testing.assert_array_equal(np.asarray(spec), spec.values)
    assert spec != copy.copy(spec)
    spec.save(tmp_path / "a.png")
    pickle.loads(pickle.dumps(spec)).save(tmp_path / "b.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_a_notebook_shows_the_picture() -> None:
    spec = wav2spec.spectrogram(SPEECH, palette="magma")
    shown = spec._repr_png_()
    assert shown is not None
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(shown))), spec.to_pixels())
    assert wav2spec.spectrogram(np.zeros(1), 8000)._repr_png_() is None


def test_a_picture_read_back_is_such_a_spectrogram(tmp_path: Path) -> None:
    spec = wav2spec.spectrogram(SPEECH, scale="db", layout="right-up")
    spec.save(tmp_path / "a.png")
    read = wav2spec.read_png(tmp_path / "a.png")
    assert isinstance(read, wav2spec.Spectrogram)
    np.testing.assert_array_equal(read.to_pixels(), spec.to_pixels())
    read.save(tmp_path / "b.png")
    assert (tmp_path / "b.png").read_bytes() == (tmp_path / "a.png").read_bytes()


@pytest.mark.parametrize("settings", [{}, {"scale": "db", "freq_scale": "mel"}, {"freq_scale": "log"}])
def test_it_is_drawn_into_axes_of_ones_own(settings: Any, tmp_path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure()
    axes: Any = figure.subplots(1, 2)
    spec = wav2spec.spectrogram(SPEECH, **settings)
    assert spec.plot(ax=axes[1], cmap="viridis") == axes[1]
    assert not axes[0].has_data()
    assert axes[1].has_data()
    assert axes[1].get_xlabel() == "Time (s)"
    figure.savefig(tmp_path / "a.png")
    own = wav2spec.spectrogram(np.zeros((9000, 2)), 8000).plot()
    assert isinstance(own, Figure)
    own.savefig(tmp_path / "b.png")


def test_a_figure_shows_the_level_of_every_frame_and_band_over_the_range_of_the_settings() -> None:
    spec = wav2spec.spectrogram(SPEECH, scale="db", db_range=70, fmin=200, fmax=4000)
    figure: Any = spec.plot()
    mesh = figure.axes[0].collections[0]
    np.testing.assert_array_equal(mesh.get_array(), spec.values[0].T)
    assert mesh.get_clim() == (spec.values.max() - 70, spec.values.max())
    # Cells are centred on the times and frequencies of the spectrogram.
    middles = mesh.get_coordinates()
    np.testing.assert_allclose((middles[0, 1:, 0] + middles[0, :-1, 0]) / 2, spec.times)
    np.testing.assert_allclose((middles[1:, 0, 1] + middles[:-1, 0, 1]) / 2, spec.frequencies)


@pytest.mark.system
def test_convert_is_the_batch_of_the_command_line(tmp_path: Path) -> None:
    done("-o", f"{tmp_path}/expected/", SAMPLES / "kick.wav", SAMPLES / "snare.wav", "--preset", "tf")
    sources = [SAMPLES / "kick.wav", SAMPLES / "snare.wav", tmp_path / "broken.wav"]
    (tmp_path / "broken.wav").write_bytes(b"RIFF")
    for statuses in (["written", "written", "failed"], ["current", "current", "failed"]):
        outcomes = list(wav2spec.convert(sources, tmp_path / "found/", preset="tf", update=True, jobs=2))
        assert [outcome.status for outcome in outcomes] == statuses
    for name in ("kick.png", "snare.png"):
        assert (tmp_path / "found" / name).read_bytes() == (tmp_path / "expected" / name).read_bytes()
    assert outcomes[-1].failure
    assert outcomes[-1].failure.path == str(tmp_path / "broken.wav")


def test_convert_raises_at_once_what_cannot_be_done(tmp_path: Path) -> None:
    with pytest.raises(wav2spec.SettingError, match="none: no such file"):
        wav2spec.convert("none", tmp_path)
    with pytest.raises(wav2spec.SettingError, match="refuse"):
        wav2spec.convert(SPEECH, tmp_path, refuse=["loud"])
    with pytest.raises(TypeError, match="no such setting: colour"):
        wav2spec.convert(SPEECH, tmp_path, colour="blue")  # type: ignore[call-arg]


@pytest.mark.parametrize("words", ["--palette magma", "--gamma 2", "--layout right-up", "--bit-depth 16", "--invert"])
def test_options_of_pixels_are_refused_for_values(words: str, tmp_path: Path) -> None:
    for target in ([tmp_path / "a.npy"], ["-o", f"{tmp_path}/", "--format", "npy"]):
        assert usage_error(SPEECH, *target, *words.split()).startswith(
            f"{words.split()[0]}: has no effect on the values"
        )
    assert not list(tmp_path.iterdir())


def test_public_names_are_few_documented_and_listed() -> None:
    import wav2spec as package

    assert sorted(dir(package)) == sorted([*package.__all__, "__version__"])
    for name in package.__all__:
        documentation = getattr(package, name).__doc__
        assert documentation, name
        if name[0].islower():
            assert "Parameters" in documentation or name in ("preset",), name
            assert ">>> " in documentation or name == "read_png", name


def test_the_settings_of_a_spectrogram_are_those_it_was_made_with() -> None:
    spec = wav2spec.spectrogram(SPEECH, stride="5ms", fmax="4k")
    assert spec.settings == DEFAULT.replace(stride="5ms", fmax=4000)
    assert (spec.sample_rate, spec.unit) == (16000, "magnitude")
