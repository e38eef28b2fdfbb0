"""Clips in a run: what is up to date, what is told, what fails alone; and how much is read and held."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from folders import names
from in_process import done, run_in_process
from manifests import digest, rows
from pictures import pixels, png_size
from program import HANGS_AFTER_S, Words, needs_proc, peak_memory, start, with_and_without_nameless_files
from recordings import MakeWav, riff

SEGMENT = ("--segment", "0.1")
CLIPS = [f"a-{first:010}.png" for first in (0, 1600, 3200)]


def states(folder: Path) -> dict[str, tuple[int, int]]:
    """Return what tells whether a file was written again."""
    return {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in folder.iterdir()}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("format", ["png", "npy"])
def test_an_update_draws_the_clips_that_are_missing_or_stale_alone(
    make_wav: MakeWav, folder: Path, format: str
) -> None:
    words = (make_wav(n_samples=8000), "-o", folder, *SEGMENT, "--format", format)
    done(*words)
    fresh = contents(folder)
    first, second, third, *others = sorted(fresh)
    assert len(others) == 2
    assert "5 up to date\n" in done(*words, "--update").stderr
    (folder / second).unlink()
    (folder / third).write_bytes(fresh[first])
    before = states(folder)
    result = done(*words, "--check", code=1)
    assert result.stdout == f"missing\t{folder / second}\nstale\t{folder / third}\n"
    assert states(folder) == before
    result = done(*words, "--update", "-v")
    assert [line.split(": ")[1] for line in result.stderr.splitlines()[:-1]] == [
        "up to date",
        "written",
        "written",
        "up to date",
        "up to date",
    ]
    assert contents(folder) == fresh
    after = states(folder)
    assert {name: after[name] for name in (first, *others)} == {name: before[name] for name in (first, *others)}
    assert done(*words, "--check").stdout == ""


def test_a_change_in_the_recording_makes_that_clip_stale_alone(make_wav: MakeWav, folder: Path) -> None:
    samples = np.random.default_rng(2).integers(-9000, 9000, 4000).astype(np.int16)
    words = (make_wav(samples=samples), "-o", folder, *SEGMENT)
    done(*words)
    samples[1600] += 1
    make_wav(samples=samples)
    assert done(*words, "--check", code=1).stdout == f"stale\t{folder / CLIPS[1]}\n"


def test_other_settings_make_all_clips_stale(make_wav: MakeWav, folder: Path) -> None:
    words = (make_wav(), "-o", folder, *SEGMENT)
    done(*words)
    assert done(*words, "--check", "--normalize", "peak", code=1).stdout.count("stale\t") == 3


def test_the_manifest_has_a_row_for_each_clip_in_order(make_wav: MakeWav, folder: Path) -> None:
    wavs = [make_wav("b.wav", n_channels=2), make_wav("a.wav", n_samples=1600)]
    manifest = folder.parent / "m.jsonl"
    done(*wavs, "-o", folder, *SEGMENT, "--manifest", manifest)
    found = rows(manifest)
    firsts = [("b", 0), ("b", 1600), ("b", 3200), ("a", 0)]
    assert [row["target"] for row in found] == [f"{folder}/{name}-{first:010}.png" for name, first in firsts]
    assert [row["start_sample"] for row in found] == [first for _, first in firsts]
    assert {(row["status"], row["error"], row["n_frames"], row["n_bands"]) for row in found} == {
        ("written", None, 11, 129)
    }
    for row, (name, first) in zip(found, firsts, strict=True):
        path = folder.parent / f"{name}.wav"
        samples = soundfile.read(path, dtype="float32", always_2d=True)[0]
        part = samples[first : first + 1600].astype(float)
        assert (row["source"], row["n_samples"], row["duration_s"]) == (str(path), len(samples), len(samples) / 16000)
        assert row["samples_sha256"] == digest(part, 16000)
        assert row["pixels_sha256"] == done("info", "--digest", row["target"]).stdout.strip()
        assert row["peak_dbfs"] == pytest.approx(20 * np.log10(np.abs(part).max()), abs=1e-9)
        assert row["rms_dbfs"] == pytest.approx(10 * np.log10(np.square(part).mean()), abs=1e-9)


@pytest.mark.system
def test_any_number_of_processes_does_and_says_the_same(make_wav: MakeWav, folder: Path) -> None:
    for name, n_samples in (("a", 9000), ("b", 1000), ("c", 4000), ("e", 200)):
        make_wav(f"{name}.wav", n_samples=n_samples)
    (folder.parent / "d.wav").write_bytes(b"no WAV")
    found = []
    for jobs in ("1", "4"):
        words = [".", "-o", f"{folder}/", *SEGMENT, "--segment-last", "drop", "-v", "--manifest", "m.jsonl"]
        result = run_in_process(*words, "-j", jobs, cwd=folder.parent)
        assert result.returncode == 1
        found.append((contents(folder), result.stderr, (folder.parent / "m.jsonl").read_bytes()))
        for path in folder.iterdir():
            path.unlink()
    assert len(found[0][0]) == 7
    assert b"\nwav2spec: 7 written, 2 shorter than a segment, 1 failed\n" in found[0][1]
    assert found[0] == found[1]


@pytest.mark.parametrize("quiet", [False, True])
def test_a_recording_shorter_than_a_clip_is_dropped_with_a_warning(
    make_wav: MakeWav, folder: Path, quiet: bool
) -> None:
    short, long = make_wav("short.wav", n_samples=1599), make_wav("long.wav", n_samples=1600)
    words = [*SEGMENT, "--segment-last", "drop", *(["-q"] if quiet else [])]
    result = done(short, "-o", folder, *words)
    assert names(folder) == []
    warning = f"wav2spec: warning: {short}: shorter than a segment of 0.1 s: there are 0.100 s of it\n"
    assert result.stderr == ("" if quiet else warning)
    result = done(short, long, "-o", folder, *words, "--manifest", folder.parent / "m.jsonl")
    assert names(folder) == ["long-0000000000.png"]
    assert result.stderr == ("" if quiet else f"{warning}wav2spec: 1 written, 1 shorter than a segment\n")
    found = rows(folder.parent / "m.jsonl")
    assert [(row["status"], row["target"]) for row in found] == [
        ("dropped", None),
        ("written", f"{folder}/long-0000000000.png"),
    ]


def test_what_is_shorter_than_a_clip_is_told_as_it_is_cut_out(make_wav: MakeWav, folder: Path) -> None:
    words = [*SEGMENT, "--segment-last", "drop", "--start", "0.2"]
    # Of 0.25 s, which would be long enough.
    wav = make_wav()
    result = done(wav, "-o", folder, *words)
    assert names(folder) == []
    assert result.stderr == f"wav2spec: warning: {wav}: shorter than a segment of 0.1 s: there are 0.050 s of it\n"


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("options", [[], ["--segment-stride", "50ms"], ["--normalize", "peak"], ["--update"]])
def test_a_clip_that_is_not_finite_fails_alone(
    make_wav: MakeWav, folder: Path, value: float, options: list[str]
) -> None:
    noise = np.random.default_rng(3).uniform(-0.5, 0.5, 4800)
    done(make_wav(samples=noise, subtype="FLOAT"), "-o", folder, *SEGMENT, *options)
    expected = contents(folder)
    for path in folder.iterdir():
        path.unlink()
    noise[2000] = value
    wav = make_wav(samples=noise, subtype="FLOAT")
    result = done(wav, "-o", folder, *SEGMENT, *options, code=1)
    lost = ["a-0000000800.png", "a-0000001600.png"] if "50ms" in options else ["a-0000001600.png"]
    assert contents(folder) == {name: data for name, data in expected.items() if name not in lost}
    *errors, summary = result.stderr.splitlines()
    assert len(errors) == len(lost)
    for line, name in zip(errors, lost, strict=True):
        where = f"segment from sample {int(name[2:-4])}: sample 2000 (0.125 s)"
        assert line.startswith(f"wav2spec: error: {wav}: {where}")
    assert summary == f"wav2spec: {len(expected) - len(lost)} written, {len(lost)} failed"


def test_clips_without_a_frame_name_themselves(make_wav: MakeWav, folder: Path) -> None:
    """By a window that the recording's rate makes longer than the clip."""
    result = done(make_wav(), "-o", folder, *SEGMENT, "--window-size", "200ms", code=1)
    errors = [line for line in result.stderr.splitlines() if line.startswith("wav2spec: error: ")]
    assert len(errors) == 3
    for line, first in zip(errors, (0, 1600, 3200), strict=True):
        assert f"a.wav: segment from sample {first}: " in line


@pytest.mark.system
@needs_proc
@with_and_without_nameless_files
def test_a_signal_leaves_every_clip_old_or_new_and_whole(
    make_wav: MakeWav, folder: Path, program: tuple[str, ...]
) -> None:
    seconds = 60
    wav = make_wav(n_samples=16000 * seconds)
    expected = [f"a-{16000 * number:010}.png" for number in range(seconds)]
    for name in expected:
        (folder / name).write_bytes(b"old")

    def new() -> list[str]:
        return [name for name in expected if (folder / name).stat().st_size > 3]

    with start(wav, "-o", folder, "--segment", "1", "--stride", "1", program=program) as process:
        end = time.monotonic() + HANGS_AFTER_S
        while len(new()) < 3:
            assert process.poll() is None, "it ended before it was seen writing"
            assert time.monotonic() < end
            time.sleep(0.002)
        process.terminate()
        process.communicate(timeout=HANGS_AFTER_S)
    assert process.returncode == -signal.SIGTERM
    assert names(folder) == expected
    written = new()
    assert 3 <= len(written) < seconds
    # In order: the first ones, as far as it came.
    assert written == expected[: len(written)]
    assert {png_size((folder / name).read_bytes()) for name in written} == {(129, 15745)}


# What a process reads to draw, when it has loaded all it needs.
READ = """
import sys
from wav2spec.cli import command
def read():
    with open("/proc/self/io") as file:
        return int(file.readline().split()[1])
small, large, folder, *words = sys.argv[1:]
command([small, "-o", folder, *words], standalone_mode=False)
before = read()
command([large, "-o", folder, *words], standalone_mode=False)
print(read() - before)
"""


@pytest.mark.system
@needs_proc
@pytest.mark.parametrize(
    ("options", "times"),
    [([], 1), (["--channel", "mix", "--sample-rate", "8000"], 1), (["--normalize", "peak"], 2)],
)
def test_a_long_recording_is_read_once(
    make_wav: MakeWav, folder: Path, tmp_path: Path, options: list[str], times: int
) -> None:
    small, large = make_wav("small.wav", n_channels=2), tmp_path / "large.wav"
    second = np.random.default_rng(3).integers(-9000, 9000, (16000, 2)).astype("<i2").tobytes()
    large.write_bytes(riff(second * 100, n_channels=2))
    drawn = ["-q", "--segment", "0.9", "--stride", "1024", *options]
    words = [sys.executable, "-c", READ, str(small), str(large), str(folder), *drawn]
    n_read = int(subprocess.run(words, capture_output=True, check=True, timeout=HANGS_AFTER_S).stdout)
    assert len(names(folder)) == 1 + 112
    assert times <= n_read / os.path.getsize(large) < times + 0.2


def long_recording(path: Path, minutes: int) -> Path:
    minute = np.random.default_rng(3).integers(-9000, 9000, 60 * 8000).astype("<i2").tobytes()
    path.write_bytes(riff(minute * minutes, rate=8000))
    return path


@pytest.mark.system
def test_thirty_times_as_long_takes_as_much_memory(tmp_path: Path, folder: Path) -> None:
    paths = [long_recording(tmp_path / f"{minutes}.wav", minutes) for minutes in (1, 30)]
    words: list[Words] = ["-o", folder, "-q", "--segment", "4", "--manifest", tmp_path / "m.jsonl"]
    short, long = (peak_memory(path, *words) for path in paths)
    assert len(names(folder)) == 15 + 450
    assert pixels(folder / "30-0014368000.png").shape == (249, 129)
    assert long - short < 10


@pytest.mark.system
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_levels_of_clips_of_thirty_times_as_long_take_as_much_memory(tmp_path: Path, jobs: str) -> None:
    found = []
    for minutes in (1, 30):
        paths = [long_recording(tmp_path / f"{name}.wav", minutes) for name in "ab"]
        found.append(peak_memory("levels", *paths, "-q", "-j", jobs, "--segment", "1", "--stride", "256"))
    assert found[1] - found[0] < 10
