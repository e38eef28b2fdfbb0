"""``wav2spec levels``: what it says of a set against NumPy, and that it says the same however the set is given."""

import os
import shlex
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
from folders import names
from in_process import done, run_in_process, usage_error
from program import Words, job_counts
from recordings import MakeWav

import wav2spec

Levels = npt.NDArray[np.float64]

NAMES = ("hiss", "kept", "loud")


@pytest.fixture
def train(make_wav: MakeWav) -> Path:
    """Return a folder of quiet noise, noise with silence in the middle, and loud noise in two channels."""
    generator = np.random.default_rng(11)
    noises = {
        "hiss": generator.normal(0, 0.01, 6000),
        "kept": np.concatenate(
            (generator.uniform(-0.3, 0.3, 3000), np.zeros(1500), generator.uniform(-0.1, 0.1, 3500))
        ),
        "loud": generator.uniform(-1, 1, (4000, 2)) * [1, 0.5],
    }
    folder = make_wav().parent / "train"
    folder.mkdir()
    for name, samples in noises.items():
        make_wav(f"train/{name}.wav", samples)
    return folder


def measured(source: Path, *words: str | Path) -> str:
    """Return the file that is written of a source."""
    target = source.with_name("told.toml")
    done("levels", source, *words, "-o", target)
    return target.read_text("ascii")


def told(source: Path, *words: str | Path) -> dict[str, Any]:
    return tomllib.loads(measured(source, *words))


def read(path: Path) -> npt.NDArray[np.float32]:
    samples: npt.NDArray[np.float32] = soundfile.read(path, dtype="float32", always_2d=True)[0]
    return samples


def in_db(power: Levels) -> Levels:
    return 10 * np.log10(power[power > 0])


def by_hand(samples: npt.NDArray[np.float32]) -> Levels:
    """Return the power of frames of 256 in steps of 128, re a sine of amplitude 1, by NumPy in float64."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(256) / 256)
    frames = np.lib.stride_tricks.sliding_window_view(samples.astype(float), 256)[::128]
    power: Levels = np.abs(np.fft.rfft(frames * window)) ** 2 / 64**2
    return power.ravel()


def by_module(samples: npt.NDArray[np.float32], **settings: Any) -> Levels:
    """Return the power re full scale, as the module says it in dB of which none is cut off but silence."""
    given: dict[str, Any] = {
        "scale": "db",
        "db_ref": "full-scale",
        "db_max": 100,
        "db_range": 1000,
        "amin": 0,
    } | settings
    db = wav2spec.spectrogram(samples, 16000, **given).values.astype(float).ravel()
    return np.where(db > -900, 10 ** (db / 10), 0)


def assert_said(table: dict[str, Any], power: Levels) -> None:
    db, said = in_db(power), table["statistics"]
    assert (said["n_values"], said["n_silent"]) == (len(db), len(power) - len(db))
    assert said["peak_db"] == pytest.approx(db.max(), abs=0.00501)
    assert said["mean_db"] == pytest.approx(db.mean(), abs=0.0101)
    assert said["std_db"] == pytest.approx(db.std(), abs=0.0101)
    assert {"0.1", "1", "5", "25", "50", "75", "95", "99", "99.9", "100"} <= said["percentiles_db"].keys()
    for percent, level in said["percentiles_db"].items():
        truth = np.percentile(db, float(percent), method="inverted_cdf")
        assert level == pytest.approx(truth, abs=0.0101), percent
    # What is given to pictures: the peak is not cut off.
    assert table["db_max"] - 0.0101 <= db.max() <= table["db_max"] + 1e-5
    black = np.percentile(db, 1, method="inverted_cdf")
    assert table["db_max"] - table["db_range"] == pytest.approx(black, abs=0.0101)


def test_levels_are_those_of_numpy(train: Path) -> None:
    table = told(train)
    assert table["statistics"]["n_pictures"] == 3
    assert table["statistics"]["n_silent"] > 1000
    assert_said(table, np.concatenate([by_hand(read(train / f"{name}.wav")[:, 0]) for name in NAMES]))


@pytest.mark.parametrize(
    ("words", "settings"),
    [
        ("--window-size 400 --stride 50%", {"window_size": 400, "stride": "50%"}),
        ("--freq-scale log --n-bands 30", {"freq_scale": "log", "n_bands": 30}),
        ("--freq-scale mel --n-bands 20 --fmin 500", {"freq_scale": "mel", "n_bands": 20, "fmin": 500}),
        ("--preset librosa --channel first", {**wav2spec.preset("librosa"), "db_ref": "full-scale", "amin": 0}),
        ("--preset tf-signal --channel first", {"window_symmetry": "even-periodic"}),
        ("--scale db --db-max 3 --db-range 20", {}),
    ],
)
def test_levels_are_those_of_the_analysis(train: Path, words: str, settings: dict[str, Any]) -> None:
    settings = {name: value for name, value in settings.items() if name not in ("scale", "db_max", "db_range")}
    powers = [by_module(read(train / f"{name}.wav")[:, 0], **settings) for name in NAMES]
    assert_said(told(train, *shlex.split(words)), np.concatenate(powers))


def test_every_channel_counts_if_all_are_drawn(train: Path) -> None:
    samples = [read(train / f"{name}.wav") for name in NAMES]
    powers = [by_hand(channel) for channels in samples for channel in channels.T]
    assert len(powers) == 4
    assert_said(told(train, "--channel", "all"), np.concatenate(powers))


@pytest.mark.parametrize(("last", "n_clips"), [("pad", 9), ("drop", 6)])
def test_clips_are_measured_as_they_would_be_drawn(train: Path, last: str, n_clips: int) -> None:
    powers = []
    for samples in (read(train / f"{name}.wav")[:, 0] for name in NAMES):
        n_zeros = -len(samples) % 2560 if last == "pad" else 0
        padded = np.concatenate((samples, np.zeros(n_zeros, np.float32)))
        powers += [by_hand(padded[at : at + 2560]) for at in range(0, len(padded) - 2559, 2560)]
    assert len(powers) == n_clips
    table = told(train, "--segment", "160ms", "--segment-last", last)
    assert table["statistics"]["n_pictures"] == len(powers)
    assert_said(table, np.concatenate(powers))


def test_a_recording_shorter_than_a_clip_is_left_out_and_others_are_measured(train: Path) -> None:
    table = told(train, "--segment", "0.3", "--segment-last", "drop")
    assert table["statistics"]["n_pictures"] == 2
    names_left = ("hiss", "kept")
    assert_said(table, np.concatenate([by_hand(read(train / f"{name}.wav")[:4800, 0]) for name in names_left]))


@pytest.mark.parametrize("words", [["--low", "5"], ["--high", "99.5"], ["--low", "0", "--high", "50"]])
def test_low_and_high_become_black_and_white(train: Path, words: list[str]) -> None:
    given = dict(zip(words[::2], words[1::2], strict=True))
    low, high = float(given.get("--low", 1)), float(given.get("--high", 100))
    table = told(train, *words)
    db = in_db(np.concatenate([by_hand(read(train / f"{name}.wav")[:, 0]) for name in NAMES]))
    black, white = np.percentile(db, [low, high], method="inverted_cdf")
    assert table["db_max"] == pytest.approx(white, abs=0.0101)
    assert table["db_max"] - table["db_range"] == pytest.approx(black, abs=0.0101)
    assert {f"{low:g}", f"{high:g}"} <= table["statistics"]["percentiles_db"].keys()


@pytest.mark.parametrize(
    "words",
    [
        ["--low", "100"],
        ["--low", "60", "--high", "60"],
        ["--low", "70", "--high", "30"],
        ["--low", "-1"],
        ["--high", "100.1"],
        ["--low", "x"],
        ["--low", "nan"],
        ["--high", "nan"],
    ],
)
def test_black_is_below_white_and_both_are_percent(train: Path, words: list[str]) -> None:
    assert words[0] in usage_error("levels", train, *words)


@pytest.mark.parametrize("words", ["--db-ref 0.5", "--scale db --db-ref 0.5", "--preset librosa --db-ref 0.5"])
def test_levels_may_refer_to_a_magnitude(train: Path, words: str) -> None:
    table = told(train, *shlex.split(words))
    window_size = 2048 if "librosa" in words else 256
    full = told(train, *shlex.split(words), "--db-ref", "full-scale")
    assert (table["db_ref"], full["db_ref"]) == (0.5, "full-scale")
    # A sine of amplitude 1 has a quarter of the window's size as magnitude, since a Hann window's mean is a half.
    louder = 20 * np.log10(window_size / 4 / 0.5)
    for name in ("peak_db", "mean_db"):
        assert table["statistics"][name] - full["statistics"][name] == pytest.approx(louder, abs=0.0101)


def test_levels_are_in_db_whatever_pictures_are_drawn_in(train: Path) -> None:
    assert "--scale linear" in usage_error("levels", train, "--scale", "linear")
    assert measured(train) == measured(train, "--scale", "db")


def test_what_refers_to_the_peak_of_each_is_measured_re_full_scale(train: Path) -> None:
    by_peak, by_full_scale = (
        measured(train, "--preset", "librosa", "--scale", "db", "--db-ref", reference)
        for reference in ("peak", "full-scale")
    )
    assert by_peak == by_full_scale == measured(train, "--preset", "librosa")
    assert tomllib.loads(by_peak)["db_ref"] == "full-scale"


@pytest.mark.parametrize("jobs", job_counts("1", "2", "4"))
def test_the_file_is_the_same_in_any_order_from_any_number_of_processes(train: Path, jobs: str) -> None:
    paths = [train / f"{name}.wav" for name in NAMES]
    target, expected = train.parent / "levels.toml", measured(train)
    listed = train.parent / "list"
    listed.write_bytes(b"\n".join(map(os.fsencode, reversed(paths))))
    ways: list[list[Words]] = [[train], [paths[1], paths[0], paths[2]], ["--files-from", listed]]
    for way in ways:
        result = run_in_process("levels", *way, "-o", target, "-j", jobs)
        assert (result.returncode, result.stdout) == (0, b"")
        assert target.read_text() == expected


def test_standard_output_takes_it_if_nothing_else_is_said(train: Path) -> None:
    expected = measured(train).encode()
    assert b"peak_db" in expected
    assert run_in_process("levels", train).stdout == run_in_process("levels", train, "-o", "-").stdout == expected


def test_the_file_says_what_it_is_and_how_it_was_measured(train: Path) -> None:
    target = train.with_name("levels.toml")
    result = done("levels", train, "--preset", "librosa-mel", "--n-bands", "40", "--sample-rate", "8000", "-o", target)
    assert (result.stdout, result.stderr) == ("", "wav2spec: 3 measured\n")
    text = target.read_text("ascii")
    assert text.startswith("# The levels of a data set, by wav2spec levels")
    table = tomllib.loads(text)
    assert list(table) == ["db_ref", "db_max", "db_range", "statistics", "settings"]
    chosen = {"n_bands": 40, "sample_rate": 8000, "freq_scale": "mel", "window_size": 2048, "channel": "mix"}
    assert table["settings"].items() >= chosen.items()


@pytest.mark.parametrize("bad", ["none.wav", "text.wav", "short.wav", "nan.wav"])
@pytest.mark.parametrize("jobs", job_counts("1", "2"))
def test_where_a_source_fails_the_levels_are_those_of_the_others_and_the_file_says_so(
    train: Path, make_wav: MakeWav, bad: str, jobs: str
) -> None:
    (train.parent / "text.wav").write_bytes(b"text")
    make_wav("short.wav", n_samples=100)
    make_wav("nan.wav", np.full(4000, np.nan), subtype="FLOAT")
    (train.parent / "none.wav").symlink_to("nowhere")
    expected, target = measured(train), train.parent / "levels.toml"
    result = run_in_process("levels", train, train.parent / bad, "-o", target, "-j", jobs)
    assert (result.returncode, result.stdout) == (1, b"")
    assert bad.encode() in result.stderr
    lines = target.read_text().splitlines()
    assert lines[1] == "# 1 of 4 sources failed; these are the levels of the others"
    assert [lines[0], *lines[2:]] == expected.splitlines()


def test_where_every_source_fails_nothing_is_written(train: Path) -> None:
    (train.parent / "text.wav").write_bytes(b"text")
    target = train.parent / "levels.toml"
    assert run_in_process("levels", train.parent / "text.wav", "-o", target).returncode == 1
    assert not target.exists()


def test_silence_alone_has_no_levels(make_wav: MakeWav) -> None:
    wav = make_wav(samples=np.zeros(4000))
    result = done("levels", wav, "-o", wav.parent / "levels.toml", code=1)
    assert "wav2spec: error: " in result.stderr
    assert "silent" in result.stderr
    assert names(wav.parent) == ["a.wav"]


def test_that_all_is_shorter_than_a_clip_is_not_called_silence(make_wav: MakeWav) -> None:
    result = done("levels", make_wav(), "-q", "--segment", "5", "--segment-last", "drop", code=1)
    assert "wav2spec: error: " in result.stderr
    assert "silent" not in result.stderr


def test_a_truncated_recording_is_measured_with_a_warning(make_wav: MakeWav) -> None:
    wav = make_wav()
    wav.write_bytes(wav.read_bytes()[:-100])
    result = done("levels", wav)
    assert f"wav2spec: warning: {wav}: truncated: " in result.stderr


def test_bands_that_hold_no_bin_have_no_level_and_nobody_divides_by_zero(make_wav: MakeWav) -> None:
    wav = make_wav()
    result = run_in_process("levels", wav, "--freq-scale", "mel")
    assert result.returncode == 0
    assert b" bands hold no bin" in result.stderr
    assert all(line.startswith(b"wav2spec: ") for line in result.stderr.splitlines()), result.stderr


def test_levels_are_not_written_over_a_recording(make_wav: MakeWav) -> None:
    wavs = [make_wav(), make_wav("b.wav")]
    before = [wav.read_bytes() for wav in wavs]
    result = run_in_process("levels", *wavs, "-o", wavs[0])
    assert [wav.read_bytes() for wav in wavs] == before
    assert result.returncode in (1, 2)


def test_checks_leave_recordings_out(train: Path, make_wav: MakeWav) -> None:
    make_wav("train/silence.wav", np.zeros(6000))
    expected = told(train)
    target = train.with_name("checked.toml")
    done("levels", train, "--skip", "silent", "-o", target)
    assert tomllib.loads(target.read_text())["statistics"]["n_pictures"] == len(NAMES)
    assert expected["statistics"]["n_pictures"] == len(NAMES) + 1
    done("levels", train, "--refuse", "silent", "-o", target, code=1)
    assert "1 of 4 sources failed; these are the levels of the others" in target.read_text()
