"""What is taken from a recording: sample-exact, in a fixed order, and the same in any blocks."""

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import soxr
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from recordings import SAMPLES, MakeWav

from wav2spec.audio import channels as audio
from wav2spec.audio.preprocess import preprocess, resampled_length
from wav2spec.audio.recording import open_recording
from wav2spec.cli.main import command
from wav2spec.settings.preprocessing import Preprocessing

BELL = SAMPLES / "bell.wav"


def taken(path: Path, **source: Any) -> tuple[npt.NDArray[np.float32], int]:
    """Return what is analysed, shape (n_samples, n_channels), and its rate; and hold the sound to its word."""
    with open_recording(str(path)) as recording:
        sound = preprocess(recording, Preprocessing(**source))
        blocks = list(sound.blocks())
        again = list(sound.blocks())
    samples = np.concatenate(blocks)
    np.testing.assert_array_equal(np.concatenate(again), samples)
    assert samples.shape == (sound.n_samples, sound.n_channels)
    assert samples.dtype == np.float32
    return samples, sound.sample_rate


def read(path: Path) -> npt.NDArray[np.float32]:
    return taken(path, channel="all")[0]


def image(*words: str | Path) -> Result:
    return CliRunner().invoke(command, [str(word) for word in words], standalone_mode=False)


def written(folder: Path, *words: str | Path) -> npt.NDArray[np.float32]:
    target = folder / "values.npy"
    result = image(*words, "-o", target)
    assert result.return_value == 0, result.output
    values: npt.NDArray[np.float32] = np.load(target)
    return values


@pytest.mark.parametrize(
    ("start", "duration", "first", "end"),
    [
        (0, None, 0, 4000),
        ("0.1", None, 1600, 4000),
        (0.1, 0.05, 1600, 2400),
        ("100ms", "50ms", 1600, 2400),
        ("0:00.1", "0:00:00.05", 1600, 2400),
        ("0.0625ms", "0.0625ms", 1, 2),
        (0.2, 10, 3200, 4000),
        # Rounded up to whole samples, exactly: 35 ms are 560 samples where a float's ceil gives 561.
        ("0.01ms", "0.07ms", 1, 3),
        ("35ms", "35ms", 560, 1120),
        ("249.9375ms", None, 3999, 4000),
    ],
)
def test_start_and_duration_are_exact_to_the_sample(
    start: Any, duration: Any, first: int, end: int, make_wav: MakeWav
) -> None:
    path = make_wav()
    samples, _ = taken(path, start=start, duration=duration)
    np.testing.assert_array_equal(samples, read(path)[first:end])


def test_minutes_and_seconds_reach_into_a_long_recording(make_wav: MakeWav) -> None:
    path = make_wav(n_samples=70_000, sample_rate=1000)
    samples, _ = taken(path, start="1:02.5", duration="0:01.25")
    np.testing.assert_array_equal(samples, read(path)[62_500:63_750])


@settings(max_examples=30)
@given(first=st.integers(0, 88_199), n_samples=st.integers(1, 3000))
def test_any_sample_can_be_the_first_and_any_the_last(first: int, n_samples: int) -> None:
    whole = read(BELL)
    # 44.1 kHz: a sample is no finite decimal of a second, so the time is that of just before it.
    start = f"{first * 10**12 // 44_100:013}"
    duration = f"{n_samples * 10**12 // 44_100:013}"
    samples, _ = taken(
        BELL, start=f"{start[:-12]}.{start[-12:]}", duration=f"{duration[:-12]}.{duration[-12:]}", channel="all"
    )
    np.testing.assert_array_equal(samples, whole[first : first + n_samples])


@pytest.mark.parametrize(
    ("channel", "pick"),
    [("first", [0]), (1, [0]), (2, [1]), (3, [2]), ("all", [0, 1, 2])],
)
def test_channels_are_picked_counted_from_1(channel: Any, pick: list[int], make_wav: MakeWav) -> None:
    path = make_wav(n_channels=3)
    np.testing.assert_array_equal(taken(path, channel=channel)[0], read(path)[:, pick])


def test_mixed_channels_are_their_mean(make_wav: MakeWav) -> None:
    path = make_wav(n_channels=3)
    expected = read(path).astype(np.float64).mean(axis=1, keepdims=True)
    np.testing.assert_allclose(taken(path, channel="mix")[0], expected, rtol=0, atol=1e-7)


@pytest.mark.parametrize(("n_channels", "channel"), [(1, "first"), (2, "all"), (2, "mix")])
@pytest.mark.parametrize("rate", [8000, 22_050, 44_100, 48_000, 1])
def test_resampling_is_soxrs_of_the_whole(n_channels: int, channel: Any, rate: int, make_wav: MakeWav) -> None:
    path = make_wav(n_samples=70_001, n_channels=n_channels)
    expected = soxr.resample(taken(path, channel=channel)[0], 16_000, rate, quality="VHQ")
    samples, sample_rate = taken(path, channel=channel, sample_rate=rate)
    assert sample_rate == rate
    np.testing.assert_array_equal(samples, expected)


@given(n_samples=st.integers(1, 5000), rate=st.integers(1000, 96_000), target=st.integers(1000, 96_000))
def test_the_resampled_length_is_known_beforehand(n_samples: int, rate: int, target: int) -> None:
    assert resampled_length(n_samples, rate, target) == len(soxr.resample(np.zeros(n_samples), rate, target, "VHQ"))


def test_a_sample_rate_of_its_own_leaves_a_recording_as_it_is(make_wav: MakeWav) -> None:
    path = make_wav()
    np.testing.assert_array_equal(taken(path, sample_rate=16_000)[0], read(path))


def test_nothing_is_resampled_without_being_asked() -> None:
    samples, rate = taken(BELL, channel="all")
    assert rate == 44_100
    assert len(samples) == 88_200


@pytest.mark.parametrize(
    ("length", "n_samples"), [(1000, 1000), ("1000", 1000), ("50ms", 800), ("0.5s", 8000), (1, 1), (4000, 4000)]
)
def test_target_length_cuts_or_fills_up_with_zeros(length: Any, n_samples: int, make_wav: MakeWav) -> None:
    path = make_wav()
    samples, _ = taken(path, target_length=length)
    expected = np.zeros((n_samples, 1), np.float32)
    expected[:4000] = read(path)[:n_samples]
    np.testing.assert_array_equal(samples, expected)


def test_target_length_counts_at_the_new_rate(make_wav: MakeWav) -> None:
    path = make_wav()
    assert len(taken(path, sample_rate=8000, target_length="100ms")[0]) == 800
    assert len(taken(path, sample_rate=8000, target_length=3000)[0]) == 3000


@pytest.mark.parametrize(("normalize", "level"), [("peak", 1.0), ("peak:0.25", 0.25), ("peak:3", 3.0)])
def test_the_peak_is_brought_to_its_level(normalize: str, level: float, make_wav: MakeWav) -> None:
    path = make_wav(n_channels=2)
    samples, _ = taken(path, normalize=normalize, channel="all")
    assert np.abs(samples).max() == pytest.approx(level, rel=1e-6)
    whole = read(path)
    # One gain for all channels.
    np.testing.assert_allclose(samples, whole * (level / np.abs(whole).max()), rtol=1e-6, atol=0)


@pytest.mark.parametrize("level", [1.0, 0.05])
def test_the_rms_is_brought_to_its_level_over_all_channels(level: float, make_wav: MakeWav) -> None:
    noise = np.random.default_rng(1).uniform(-0.5, 0.5, (3000, 2)) * [1.0, 0.1]
    path = make_wav(samples=noise)
    samples, _ = taken(path, normalize=f"rms:{level}", channel="all")
    assert np.sqrt(np.square(samples.astype(float)).mean()) == pytest.approx(level, rel=1e-6)
    whole = read(path).astype(float)
    np.testing.assert_allclose(samples, whole * (level / np.sqrt(np.square(whole).mean())), rtol=1e-6, atol=0)


@pytest.mark.parametrize("normalize", ["peak", "rms:0.1"])
def test_levels_are_of_the_samples_kept_and_before_padding(normalize: str, make_wav: MakeWav) -> None:
    noise = np.random.default_rng(1).uniform(-0.1, 0.1, 3000)
    noise[2000:] *= 9
    path = make_wav(samples=noise)
    cut, _ = taken(path, normalize=normalize, target_length=1500)
    loud = read(path)[:1500].astype(float)
    found = np.abs(loud).max() if normalize == "peak" else np.sqrt(np.square(loud).mean())
    level = 1.0 if normalize == "peak" else 0.1
    np.testing.assert_allclose(cut, loud * (level / found), rtol=1e-6, atol=0)
    padded, _ = taken(path, normalize=normalize, duration=1500 / 16_000, target_length=9000)
    np.testing.assert_array_equal(padded[:1500], cut)
    assert not padded[1500:].any()


@pytest.mark.parametrize("normalize", ["peak", "peak:0.5", "rms:0.1"])
def test_silence_stays_silence(normalize: str, make_wav: MakeWav) -> None:
    samples, _ = taken(make_wav(samples=np.zeros(500)), normalize=normalize)
    np.testing.assert_array_equal(samples, np.zeros((500, 1)))


def test_the_order_is_cut_channel_rate_length_level(make_wav: MakeWav) -> None:
    path = make_wav(n_samples=20_000, n_channels=2)
    part = read(path)[1600:9600].astype(np.float64).mean(axis=1).astype(np.float32)
    kept = soxr.resample(part, 16_000, 11_025, quality="VHQ")[:5000]
    expected = kept * (0.5 / np.abs(kept).max())
    options: dict[str, Any] = {"start": "0.1", "duration": "500ms", "channel": "mix", "sample_rate": 11_025}
    samples, rate = taken(path, **options, target_length=5000, normalize="peak:0.5")
    assert rate == 11_025
    np.testing.assert_allclose(samples[:, 0], expected, rtol=1e-6, atol=0)


@pytest.mark.parametrize(("start", "shown"), [("0.25", "0.25"), ("1:02.5", "1:02.5"), ("300ms", "300ms")])
def test_a_start_beyond_the_end_is_that_sources_failure_with_both_times(
    start: str, shown: str, make_wav: MakeWav, tmp_path: Path
) -> None:
    short, long = make_wav("short.wav"), make_wav("long.wav", n_samples=16_000 * 63, sample_rate=16_000)
    result = image(short, long, "-o", f"{tmp_path / 'out'}/", "--start", start, "--quiet")
    assert result.return_value == 1
    words = f"{short}: start {shown}"
    assert words in result.stderr
    assert "it lasts 0.250 s" in result.stderr
    assert "\n" not in result.stderr.strip()
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["long.png"]


def test_a_channel_that_is_not_there_is_that_sources_failure_with_the_number_there_is(make_wav: MakeWav) -> None:
    path = make_wav(n_channels=2)
    result = image(path, "--channel", "3")
    assert result.return_value == 1
    assert f"{path}: there is no channel 3: it has 2" in result.stderr


SOURCES = [
    [],
    ["--start", "20ms", "--duration", "70ms", "--channel", "mix"],
    ["--sample-rate", "11025", "--channel", "all"],
    ["--sample-rate", "22050", "--target-length", "1500", "--normalize", "rms:0.1"],
    ["--target-length", "4000", "--normalize", "peak", "--channel", "all"],
]
FRAMES = [
    ["--framing", framing, *mode]
    for framing, mode in [
        ("valid", []),
        *product(["pad-end", "centered"], [["--pad-mode", mode] for mode in ("constant", "reflect", "edge")]),
    ]
]
LEVELS = [[], ["--scale", "db"], ["--scale", "db", "--db-ref", "peak", "--freq-scale", "mel", "--n-bands", "9"]]


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("frames", FRAMES)
def test_values_are_the_same_in_blocks_of_any_size(
    source: list[str], frames: list[str], make_wav: MakeWav, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_wav(n_samples=2001, n_channels=2)
    for levels, align in zip(LEVELS, (["left"], ["center"], ["left"]), strict=True):
        words = [*source, *frames, *levels, "--window-size=100", "--stride=37", "--window-align", *align]
        monkeypatch.undo()
        expected = written(tmp_path, path, *words)
        for block_size in (14, 256, 2002):
            monkeypatch.setattr(audio, "_BLOCK_SAMPLES", block_size)
            np.testing.assert_array_equal(written(tmp_path, path, *words), expected)


@settings(max_examples=25)
@given(block_size=st.integers(1, 5000), source=st.sampled_from(SOURCES), frames=st.sampled_from(FRAMES))
def test_pixels_are_the_same_in_blocks_of_any_size(
    tmp_path_factory: pytest.TempPathFactory, block_size: int, source: list[str], frames: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("blocks")
    words = [str(SAMPLES / "kick.wav"), "--duration", "60ms", *source, *frames, "--window-size=128", "--stride=100"]
    if "--duration" in source:
        words.remove("--duration")
        words.remove("60ms")
    assert image(*words, "-o", folder / "whole.png").return_value == 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(audio, "_BLOCK_SAMPLES", block_size)
        assert image(*words, "-o", folder / "blocks.png").return_value == 0
    assert (folder / "blocks.png").read_bytes() == (folder / "whole.png").read_bytes()
