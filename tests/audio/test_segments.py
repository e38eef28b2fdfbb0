"""Clips of a recording: where they begin, what is in them, and what their pictures say."""

import re
import shlex
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
from folders import names
from hypothesis import example, given
from hypothesis import strategies as st
from in_process import done, usage_error
from manifests import digest
from pictures import pixels, recipe
from program import Words
from recordings import MakeWav

import wav2spec
from wav2spec.audio.preprocess import preprocess, segments
from wav2spec.audio.recording import open_recording
from wav2spec.settings.choices import SegmentLast
from wav2spec.settings.preprocessing import Preprocessing

# At 16 kHz: 4000 samples are two clips of 1600 and 800 of a third.
SEGMENT = ("--segment", "0.1")
STARTS = (0, 1600, 3200)


def starts(n_samples: int, segment: int, stride: int, last: str) -> list[int]:
    """Return all starts at which a clip fits, and the first at which it does not, if what it holds is in no other."""
    possible = range(0, n_samples, stride)
    whole = [first for first in possible if first + segment <= n_samples]
    held = bool(whole) and whole[-1] + segment == n_samples
    cut = [first for first in possible if first + segment > n_samples]
    return whole if held or last == "drop" else whole + cut[:1]


@pytest.fixture(scope="module")
def count_up(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """Return recordings at 1 kHz, by the number of their samples, which count from 1."""
    folder = tmp_path_factory.mktemp("count")
    paths = {n_samples: folder / f"{n_samples}.wav" for n_samples in range(1, 61)}
    for n_samples, path in paths.items():
        soundfile.write(path, np.arange(1, n_samples + 1, dtype=np.int16), 1000, subtype="PCM_16")
    return paths


@given(
    n_samples=st.integers(1, 60),
    segment=st.integers(1, 70),
    stride=st.none() | st.integers(1, 70),
    last=st.sampled_from([None, "pad", "drop"]),
)
@example(n_samples=40, segment=10, stride=None, last=None)
@example(n_samples=41, segment=10, stride=None, last="pad")
@example(n_samples=41, segment=10, stride=None, last="drop")
@example(n_samples=9, segment=10, stride=None, last="pad")
@example(n_samples=9, segment=10, stride=None, last="drop")
@example(n_samples=40, segment=10, stride=5, last="pad")
@example(n_samples=43, segment=10, stride=5, last="pad")
@example(n_samples=25, segment=10, stride=15, last="pad")
@example(n_samples=28, segment=10, stride=15, last="pad")
@example(n_samples=31, segment=10, stride=15, last="drop")
def test_clips_hold_every_sample_that_no_gap_leaves_out(
    count_up: dict[int, Path], n_samples: int, segment: int, stride: int | None, last: SegmentLast | None
) -> None:
    source = Preprocessing(segment=f"{segment}ms", segment_stride=stride and f"{stride}ms", segment_last=last)
    with open_recording(str(count_up[n_samples])) as recording:
        sounds = [preprocess(recording, source, clip) for clip in segments(recording, source)]
        held = [np.rint(np.concatenate(list(sound.blocks()))[:, 0] * 2**15).tolist() for sound in sounds]
    expected = starts(n_samples, segment, stride or segment, last or "pad")
    assert [sound.segment.first for sound in sounds] == expected
    assert [sound.start_s for sound in sounds] == [first / 1000 for first in expected]
    counted = [*range(1, n_samples + 1), *[0] * segment]
    assert held == [counted[first : first + segment] for first in expected]


@pytest.mark.parametrize(
    ("n_samples", "words", "expected"),
    [
        (4000, "", STARTS),
        (4000, "--segment-last drop", STARTS[:2]),
        (3200, "", STARTS[:2]),
        (3201, "", STARTS),
        (3201, "--segment-last drop", STARTS[:2]),
        (900, "--segment-last pad", [0]),
        (4000, "--segment-stride 50ms", [0, 800, 1600, 2400]),
        (4001, "--segment-stride 50ms", [0, 800, 1600, 2400, 3200]),
        (4000, "--segment-stride 0.15", [0, 2400]),
        (4000, "--start 10ms", [160, 1760, 3360]),
        (4000, "--start 10ms --duration 0.2", [160, 1760]),
        (4000, "--start 10ms --duration 201ms --segment-last drop", [160, 1760]),
    ],
)
def test_a_clip_is_named_by_its_first_sample_in_ten_digits_and_all_have_one_size(
    make_wav: MakeWav, folder: Path, n_samples: int, words: str, expected: list[int]
) -> None:
    done(make_wav(n_samples=n_samples), "-o", folder, *SEGMENT, *shlex.split(words))
    assert names(folder) == [f"a-{first:010}.png" for first in expected]
    assert {pixels(path).shape for path in folder.iterdir()} == {(11, 129)}
    assert [recipe(path)["resolved"]["start_sample"] for path in sorted(folder.iterdir())] == list(expected)


@pytest.mark.parametrize(
    ("words", "where", "stem", "suffix"),
    [
        ([], ".", "talk", "png"),
        (["-o", "pictures/x.png"], "pictures", "x", "png"),
        (["-o", "pictures/x.npy"], "pictures", "x", "npy"),
        (["pictures/x.npy"], "pictures", "x", "npy"),
        (["-o", "pictures", "--format", "npy"], "pictures", "talk", "npy"),
        (["-o", "new/folder/"], "new/folder", "talk", "png"),
    ],
)
def test_clips_go_where_one_picture_would_go(
    make_wav: MakeWav,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    where: str,
    stem: str,
    suffix: str,
) -> None:
    monkeypatch.chdir(folder.parent)
    make_wav("talk.wav", n_samples=1700)
    done("talk.wav", *words, *SEGMENT)
    found = [name for name in names(folder.parent / where) if not name.endswith((".wav", "pictures"))]
    assert found == [f"{stem}-0000000000.{suffix}", f"{stem}-0000001600.{suffix}"]


def test_a_dry_run_names_a_pattern_that_every_clip_matches(make_wav: MakeWav, folder: Path) -> None:
    words = (make_wav(), "-o", folder, *SEGMENT)
    source, _, pattern = done(*words, "--dry-run").stdout.strip().partition(" -> ")
    assert (source, names(folder)) == (str(words[0]), [])
    done(*words)
    assert len(names(folder)) == 3
    assert all(fnmatch(str(path), pattern) for path in folder.iterdir()), pattern


OPTIONS = """ | --scale db --gamma 2 | --framing centered --pad-mode reflect | --framing pad-end --stride 100
    | --channel mix | --channel 2 | --channel all --layout right-up | --sample-rate 11025
    | --sample-rate 22050 --channel all | --normalize peak | --normalize rms:0.1 | --scale db --db-ref peak
    | --preset librosa-mel --n-bands 20 | --size 12x30 | --bit-depth 16 --normalize peak --sample-rate 8000"""


def cut(wav: Path, first: int, n_samples: int, n_zeros: int = 0) -> Path:
    """Write a part of a recording into one of its own, of the same name."""
    samples, rate = soundfile.read(wav, dtype="int16", always_2d=True)
    part = samples[first : first + n_samples]
    path = wav.parent / f"cut-{first}" / wav.name
    path.parent.mkdir(exist_ok=True)
    zeros = np.zeros((n_zeros, part.shape[1]), np.int16)
    soundfile.write(path, np.concatenate((part, zeros)), rate, subtype="PCM_16")
    return path


@pytest.mark.parametrize("options", OPTIONS.split("|"))
@pytest.mark.parametrize("format", ["png", "npy"])
def test_a_clip_is_drawn_as_if_its_samples_were_the_recording(
    make_wav: MakeWav, folder: Path, format: str, options: str
) -> None:
    if format == "npy":
        options = re.sub("--(gamma|layout|bit-depth|palette) [^ ]+|--invert", "", options)
    wav, words = make_wav(n_channels=2), [*shlex.split(options), "--format", format]
    done(wav, "-o", folder, *SEGMENT, *words)
    load: Any = pixels if format == "png" else np.load
    for first in STARTS:
        alone = folder / f"{first}.{format}"
        done(cut(wav, first, 1600), "-o", alone, *words, "--target-length", "0.1s")
        np.testing.assert_array_equal(load(folder / f"a-{first:010}.{format}"), load(alone))


@pytest.mark.parametrize("options", ["", "--normalize peak", "--framing centered --pad-mode reflect"])
def test_the_last_clip_is_filled_up_with_zeros(make_wav: MakeWav, folder: Path, options: str) -> None:
    wav, words = make_wav(), shlex.split(options)
    done(wav, "-o", folder, *SEGMENT, *words)
    done(cut(wav, 3200, 800, 800), "-o", folder / "alone.png", *words)
    np.testing.assert_array_equal(pixels(folder / "a-0000003200.png"), pixels(folder / "alone.png"))


def test_each_clip_is_normalised_for_itself(make_wav: MakeWav, folder: Path) -> None:
    noise = np.random.default_rng(5).integers(-1000, 1000, 1600).astype(np.int16)
    wav = make_wav(samples=np.concatenate((noise, noise * 8, noise)))
    done(wav, "-o", folder, *SEGMENT, "--normalize", "peak", "--format", "npy")
    quiet, loud, again = (np.load(path) for path in sorted(folder.iterdir()))
    np.testing.assert_array_equal(quiet, again)
    np.testing.assert_allclose(quiet, loud, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("window", "stride", "step"),
    [(128, 128, 1280), (256, 128, 1280 - 128), (400, 80, 80 * 12), (1280, 320, 320)],
)
def test_joined_clips_are_the_picture_of_the_whole_where_no_frame_crosses_a_cut(
    make_wav: MakeWav, folder: Path, window: int, stride: int, step: int
) -> None:
    """A step is as many strides as a clip has frames."""
    wav = make_wav(n_samples=1280 + 3 * step)
    words = ["--window-size", str(window), "--stride", str(stride), "--scale", "db"]
    done(wav, "-o", folder / "whole.png", *words)
    whole = pixels(folder / "whole.png")
    times = wav2spec.read_png(folder / "whole.png").times
    (folder / "whole.png").unlink()
    done(wav, "-o", folder, *words, "--segment", "80ms", "--segment-stride", f"{step / 16}ms")
    assert len(names(folder)) == 4
    np.testing.assert_array_equal(np.concatenate([pixels(path) for path in sorted(folder.iterdir())]), whole)
    joined = np.concatenate([wav2spec.read_png(path).times for path in sorted(folder.iterdir())])
    np.testing.assert_allclose(joined, times, rtol=1e-12)


@pytest.mark.parametrize("options", ["", "--sample-rate 8000", "--channel all --normalize peak"])
def test_a_clip_says_where_it_begins_and_the_digest_of_its_samples_alone(
    make_wav: MakeWav, folder: Path, options: str
) -> None:
    wav, words = make_wav(n_channels=2), shlex.split(options)
    done(wav, "-o", folder, *SEGMENT, *words)
    samples: npt.NDArray[np.float32] = soundfile.read(wav, dtype="float32", always_2d=True)[0]
    rate = 8000 if "8000" in words else 16000
    for first in STARTS:
        picture = folder / f"a-{first:010}.png"
        told = recipe(picture)
        resolved, recording = told["resolved"], told["recording"]
        assert (resolved["start_sample"], resolved["start_s"]) == (first, first / 16000)
        assert (resolved["sample_rate"], resolved["n_samples"]) == (rate, rate // 10)
        assert (recording["n_samples"], recording["sample_rate"], recording["n_channels"]) == (4000, 16000, 2)
        assert recording["samples_sha256"] == digest(samples[first : first + 1600], 16000)
        # A periodic window of 256 is greatest in its middle.
        expected = first / 16000 + (128 + 128 * np.arange(len(pixels(picture)))) / rate
        np.testing.assert_allclose(wav2spec.read_png(picture).times, expected, rtol=1e-12)


def test_the_flags_of_a_clips_picture_draw_it_again(make_wav: MakeWav, folder: Path) -> None:
    words = ["--segment-stride", "50ms", "--segment-last", "drop", "--stride", "8ms"]
    wav = make_wav()
    done(wav, "-o", folder / "a.png", *SEGMENT, *words)
    flags = shlex.split(done("info", "--flags", folder / "a-0000000800.png").stdout)
    done(wav, "-o", folder / "b.png", *flags)
    done(wav, "-o", folder / "c.png", "--like", folder / "a-0000000800.png")
    first, second, third = ([p.read_bytes() for p in sorted(folder.glob(f"{name}-*"))] for name in "abc")
    assert len(first) == 4
    assert first == second == third


@pytest.mark.parametrize("options", ["", "--layout right-up"])
def test_an_image_of_a_segment_is_that_of_its_span(make_wav: MakeWav, folder: Path, options: str) -> None:
    words: list[Words] = ["image", make_wav(), "--window-size", "256", *shlex.split(options)]
    done(*words, "-o", folder / "clip.png", *SEGMENT, "--segment-last", "drop")
    assert names(folder) == ["clip-0000000000.png", "clip-0000001600.png"]
    for first in STARTS[:2]:
        done(*words, "-o", folder / "span.png", "--start", f"{first / 16}ms", "--duration", "0.1")
        clip = folder / f"clip-{first:010}.png"
        np.testing.assert_array_equal(pixels(clip), pixels(folder / "span.png"))
        assert recipe(clip)["columns"] == recipe(folder / "span.png")["columns"]


def test_at_one_rate_clips_of_recordings_of_any_rate_are_of_one_size(make_wav: MakeWav, folder: Path) -> None:
    rates = (8000, 11025, 16000, 22050, 44100, 48000)
    wavs = [make_wav(f"{rate}.wav", n_samples=rate, sample_rate=rate) for rate in rates]
    done(*wavs, "-o", folder, "--sample-rate", "16000", "--segment", "0.3331")
    shapes = {pixels(path).shape for path in folder.iterdir()}
    assert len(shapes) == 1
    for rate in rates:
        # Rounded up to whole samples of the recording's own rate: three clips leave one that is cut off.
        segment = -(-3331 * rate // 10000)
        assert [path.name for path in sorted(folder.glob(f"{rate}-*"))] == [
            f"{rate}-{number * segment:010}.png" for number in range(4)
        ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--target-length", "1600"], "0.1"),
        (["-o", "-"], "standard output"),
        (["-o", "/dev/stdout"], "standard output"),
    ],
)
def test_clips_have_no_other_length_and_are_no_stream(make_wav: MakeWav, words: list[str], said: str) -> None:
    wav = make_wav()
    assert said in usage_error(wav, *SEGMENT, *words)
    assert names(wav.parent) == ["a.wav"]
