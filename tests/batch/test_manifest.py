"""The manifest: a line of JSON for each source, whose every field is computed here once more, by other means."""

import hashlib
import os
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile
from folders import folder_state
from in_process import done, run_in_process, told
from manifests import FIELDS, Array, Row, assert_right, expected_of_samples, parsed, undated
from program import FAILED, job_counts
from recordings import MakeWav
from setting_cases import SMALL

OF_RECORDING = [*FIELDS[4:9], "start_s", "segment_samples", "sample_format", "truncated"]
DIGIT = re.compile(r"([0-9]+) (written|up to date|missing|stale|failed|not tried)")
# What the summary calls a status, where it has another name for it.
NAMES = {"current": "up to date", "skipped": "not tried"}


def manifest_of(*words: str | Path, path: Path) -> list[Row]:
    """Run what succeeds, and return its manifest."""
    done(*words, "-q", "--manifest", path)
    return parsed(path.read_bytes())


def loud(n_samples: int, n_channels: int) -> Array:
    """Return noise that is clipped here and silent there."""
    samples = np.random.default_rng(n_samples).uniform(-1.3, 1.3, (n_samples, n_channels))
    samples[100:400] = 0
    samples[500:600, 0] = 0
    return np.clip(samples, -1, 1)


def write_collection(folder: Path) -> None:
    """Write recordings of many kinds, the names in the order of the plan, and four that cannot be drawn."""
    folder.mkdir()
    kinds = {
        "a": ("PCM_16", 1, 16000, "WAV"),
        "b": ("PCM_24", 2, 44100, "WAV"),
        "c": ("PCM_U8", 1, 8000, "WAV"),
        "d": ("PCM_32", 3, 48000, "W64"),
        "e": ("FLOAT", 2, 16000, "RF64"),
        "f": ("DOUBLE", 1, 11025, "WAV"),
        "g": ("ULAW", 1, 8000, "WAV"),
    }
    for n_samples, (name, (subtype, n_channels, rate, container)) in enumerate(kinds.items(), 3000):
        # Beyond full scale where the format has room for it.
        samples = loud(n_samples, n_channels) * (1.2 if subtype in ("FLOAT", "DOUBLE") else 1)
        soundfile.write(str(folder / f"{name}.wav"), samples, rate, subtype=subtype, format=container)
    soundfile.write(str(folder / "h silent.wav"), np.zeros(2000), 16000)
    soundfile.write(str(folder / "i short.wav"), np.zeros(200), 16000)
    soundfile.write(str(folder / "j nan.wav"), np.full(2000, np.nan), 16000, subtype="FLOAT")
    (folder / "k.wav").write_bytes(b"no WAV")
    os.symlink("nowhere", folder / "l.wav")
    soundfile.write(str(folder / "m.wav"), loud(2**17, 2), 16000)


@pytest.mark.system
def test_every_field_is_right_in_the_order_of_the_plan_with_any_number_of_workers(tmp_path: Path) -> None:
    write_collection(tmp_path / "in")
    (tmp_path / "empty").mkdir()
    found = []
    for jobs in ("1", "4"):
        words: list[str | Path] = [tmp_path / "in", tmp_path / "empty", "-o", tmp_path / f"out{jobs}", "-j", jobs]
        result = run_in_process(*words, "--manifest", tmp_path / f"{jobs}.jsonl")
        assert result.returncode == FAILED
        found.append((tmp_path / f"{jobs}.jsonl").read_bytes())
    assert found[0].replace(b"out1/", b"out4/") == found[1]
    rows = parsed(found[1])
    assert [row["source"] for row in rows] == [*map(str, sorted((tmp_path / "in").iterdir())), str(tmp_path / "empty")]
    names = [Path(row["source"]).stem for row in rows]
    failed = ["i short", "j nan", "k", "l", "empty"]
    assert [name for name, row in zip(names, rows, strict=True) if row["status"] == "failed"] == failed
    assert [row["target"] for row in rows[:-1]] == [
        str(tmp_path / "out4" / "in" / f"{name}.png") for name in names[:-1]
    ]
    lines = result.stderr.decode().splitlines()
    for row in rows:
        if row["status"] == "written":
            assert_right(row)
            continue
        assert f"wav2spec: error: {row['source']}: {row['error']}" in lines
        assert not row["target"] or not os.path.exists(row["target"])
        # Of what can be opened, as much as is found until it fails; neither has a level.
        known = KNOWN.get(Path(row["source"]).stem, {})
        assert {field for field in FIELDS[4:-6] if row[field] is not None} == (
            {*OF_RECORDING, *known} if known else set()
        )
        assert row.items() >= known.items()
    assert rows[-1]["target"] is None
    assert rows[names.index("i short")]["n_samples"] == 200
    assert lines[-1] == "wav2spec: 9 written, 5 failed"


NAN_SHA256 = hashlib.sha256(b"16000 1 " + np.full(2000, np.nan, "<f4").tobytes()).hexdigest()
# Of what can be read and not drawn, what is known beside what its header says.
KNOWN: dict[str, Row] = {
    "i short": {"clipped_share": 0, "silent_share": 1, "dc": 0},
    "j nan": {
        "clipped_share": 0,
        "silent_share": 0,
        "dc": 0,
        "n_frames": 14,
        "n_bands": 129,
        "samples_sha256": NAN_SHA256,
    },
}
DRAWN: dict[str, list[str]] = {
    "gray": ["image"],
    "16 bits": ["image", "--bit-depth", "16"],
    "palette": ["image", "--palette", "magma"],
    "inverted palette": ["image", "--palette", "magma", "--invert"],
    "inverted": ["image", "--invert"],
    "right-up": ["image", "--layout", "right-up", "--channel", "all"],
    "bare": ["image", "--no-metadata", "--size", "50x60"],
    "plot": ["plot", *SMALL, "--waveform"],
    "compare": ["compare", *SMALL, "--window", "hann", "--window", "hamming"],
}


@pytest.mark.parametrize("way", list(DRAWN))
def test_the_digest_of_the_pixels_is_that_which_info_prints_written_or_found(
    make_wav: MakeWav, folder: Path, way: str
) -> None:
    # Longer than the rows that are packed at once.
    words: list[str | Path] = [*DRAWN[way], make_wav(n_channels=2, n_samples=100_000), "-o", folder / "o.png"]
    (row,) = manifest_of(*words, path=folder / "m.jsonl")
    assert row["pixels_sha256"] == told("--digest", folder / "o.png").strip()
    (again,) = manifest_of(*words, "--update", path=folder / "m.jsonl")
    assert undated(again) == row | {"status": "current"}
    (checked,) = manifest_of(*words, "--check", path=folder / "m.jsonl")
    assert checked == undated(again)


def test_values_have_no_digest_of_pixels_and_the_rest_all_the_same(make_wav: MakeWav, folder: Path) -> None:
    wav = make_wav(n_channels=2)
    words: list[str | Path] = [wav, "--window-size", "512", "--format", "npy", "-o", f"{folder}/"]
    (row,) = manifest_of(*words, path=folder / "m.jsonl")
    n_frames, n_bands = np.load(folder / "a.npy").shape
    assert (row["n_frames"], row["n_bands"], row["pixels_sha256"]) == (n_frames, n_bands, None)
    assert row | expected_of_samples(wav) == row
    (again,) = manifest_of(*words, "--update", path=folder / "m.jsonl")
    assert undated(again) == row | {"status": "current"}


@pytest.mark.parametrize("subtype", ["PCM_16", "FLOAT", "IMA_ADPCM"])
@pytest.mark.parametrize("options", [[], ["--update"], ["--check"]])
def test_of_a_cut_that_is_measured_which_is_drawn(
    make_wav: MakeWav, folder: Path, subtype: str, options: list[str]
) -> None:
    samples = loud(80_000, 1)
    samples[:16_000] *= 0.1
    wav = make_wav(samples=samples, subtype=subtype)
    words: list[str | Path] = [wav, "-o", folder / "o.png", "--start", "0.5", "--duration", "400ms"]
    if options:
        done(*words)
    (row,) = manifest_of(*words, *options, path=folder / "m.jsonl")
    assert row | expected_of_samples(wav, 8000, 14_400) == row
    assert (row["n_frames"], row["sample_rate"]) == (1 + (6400 - 256) // 128, 16000)


def test_what_is_up_to_date_missing_or_stale_is_told_and_nothing_else_is_written(
    make_wav: MakeWav, folder: Path, tmp_path: Path
) -> None:
    wavs = [make_wav(f"{name}.wav", n_samples=4000 + number) for number, name in enumerate("abc")]
    done(wavs[0], wavs[1], "-o", f"{folder}/")
    make_wav("b.wav", n_samples=5000)
    before = folder_state(folder)
    result = run_in_process(*wavs, "-o", folder, "--check", "--manifest", tmp_path / "m.jsonl")
    rows = parsed((tmp_path / "m.jsonl").read_bytes())
    assert (result.returncode, folder_state(folder)) == (FAILED, before)
    assert [row["status"] for row in rows] == ["current", "stale", "missing"]
    assert_right(rows[0], "current")
    for row in rows[1:]:
        assert (row["error"], row["pixels_sha256"]) == (None, None)
        assert row | expected_of_samples(row["source"]) == row
    assert result.stdout.decode() == f"stale\t{folder / 'b.png'}\nmissing\t{folder / 'c.png'}\n"
    result = run_in_process(*wavs, "-o", folder, "--update", "--manifest", tmp_path / "n.jsonl")
    for row, status in zip(parsed((tmp_path / "n.jsonl").read_bytes()), ["current", *["written"] * 2], strict=True):
        assert_right(row, status)


def test_a_damaged_picture_is_drawn_again_though_it_says_the_right_thing(make_wav: MakeWav, folder: Path) -> None:
    words: list[str | Path] = [make_wav(), "-o", folder / "o.png"]
    (row,) = manifest_of(*words, path=folder / "m.jsonl")
    data = bytearray((folder / "o.png").read_bytes())
    data[2000] ^= 1
    (folder / "o.png").write_bytes(data)
    (again,) = manifest_of(*words, "--update", path=folder / "m.jsonl")
    assert undated(again) == row


def test_on_standard_output_it_is_what_it_is_in_a_file(make_wav: MakeWav, folder: Path, tmp_path: Path) -> None:
    nothing = tmp_path / "none.wav"
    nothing.symlink_to("nowhere")
    words: list[str | Path] = [make_wav(), make_wav("b.wav"), nothing, "-o", folder]
    result = run_in_process(*words, "--manifest", "-")
    run_in_process(*words, "--manifest", folder / "m.jsonl")
    rows = parsed(result.stdout)
    assert rows == [row | {"directory": None} for row in parsed((folder / "m.jsonl").read_bytes())]
    assert [row["status"] for row in rows] == ["written", "written", "failed"]


@pytest.mark.parametrize("jobs", job_counts("1", "2"))
def test_what_was_not_tried_after_a_failure_has_its_row(make_wav: MakeWav, folder: Path, jobs: str) -> None:
    wavs = [make_wav(f"{name}.wav") for name in "abcd"]
    wavs[1].write_bytes(b"no WAV")
    result = run_in_process(*wavs, "-o", folder, "--fail-fast", "-j", jobs, "--manifest", folder / "m.jsonl")
    rows = parsed((folder / "m.jsonl").read_bytes())
    assert result.returncode == FAILED
    assert [row["source"] for row in rows] == list(map(str, wavs))
    assert (rows[0]["status"], rows[1]["status"]) == ("written", "failed")
    # Several may have done more than one.
    assert jobs != "1" or [row["status"] for row in rows[2:]] == ["skipped", "skipped"]
    for row in rows:
        assert os.path.exists(row["target"]) == (row["status"] == "written")
        if row["status"] == "written":
            assert_right(row)
        elif row["status"] == "skipped":
            known = ("source", "target", "status", "directory")
            assert row == dict.fromkeys(FIELDS) | {"warnings": []} | {key: row[key] for key in known}


@pytest.mark.parametrize("options", [[], ["--update"], ["--check"], ["--fail-fast"]])
def test_the_summary_counts_its_rows(tmp_path: Path, options: list[str]) -> None:
    write_collection(tmp_path / "in")
    if "--fail-fast" not in options:
        done(tmp_path / "in" / "a.wav", tmp_path / "in" / "m.wav", "-o", f"{tmp_path}/out/", "-q")
        done(tmp_path / "in" / "b.wav", "-o", f"{tmp_path}/out/", "--invert")
    result = run_in_process(tmp_path / "in", "-o", tmp_path / "out", "--manifest", tmp_path / "m.jsonl", *options)
    statuses = Counter(row["status"] for row in parsed((tmp_path / "m.jsonl").read_bytes()))
    summary = {name: int(count) for count, name in DIGIT.findall(result.stderr.decode().splitlines()[-1])}
    assert summary == {NAMES.get(status, status): count for status, count in statuses.items()}
    assert sum(summary.values()) == 13


def test_paths_refer_to_the_directory_that_it_names(
    make_wav: MakeWav, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_wav("a.wav")
    for at, manifest, directory in [("", "m.jsonl", "."), ("", "deep/er/m.jsonl", "../.."), ("x", "../m.jsonl", "x")]:
        (tmp_path / at).mkdir(exist_ok=True)
        monkeypatch.chdir(tmp_path / at)
        source = os.path.relpath(tmp_path / "a.wav")
        (row,) = manifest_of(source, "-o", "out/", path=Path(manifest))
        assert (row["source"], row["directory"]) == (source, directory)
        # Wherever one stands.
        monkeypatch.chdir("/")
        base = (tmp_path / at / manifest).parent / row["directory"]
        assert (base / row["source"]).samefile(tmp_path / "a.wav")
        assert (base / row["target"]).is_file()


def test_warnings_stand_in_the_row_of_each_segment_and_are_printed_once(make_wav: MakeWav, folder: Path) -> None:
    wav = make_wav(samples=np.zeros(16000))
    wav.write_bytes(wav.read_bytes()[:-2000])
    words: list[str | Path] = [wav, "-o", folder, "--segment", "0.25", "--warn", "silent,truncated"]
    result = run_in_process(*words, "--manifest", folder / "m.jsonl")
    rows = parsed((folder / "m.jsonl").read_bytes())
    assert [row["start_s"] for row in rows] == [0, 0.25, 0.5, 0.75]
    assert [row["segment_samples"] for row in rows] == [4000, 4000, 4000, 3000]
    assert [row["truncated"] for row in rows] == [True] * 4
    for row in rows:
        truncated, silent = row["warnings"]
        assert truncated.startswith("truncated: ")
        assert silent.startswith(f"segment from sample {row['start_sample']}: silent: ")
    lines = result.stderr.decode().splitlines()
    assert sum("truncated: " in line for line in lines) == 1
    assert sum("silent: " in line for line in lines) == 4
