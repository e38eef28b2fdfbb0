"""Shards: WebDataset's layout, read by those who read it; planned, complete or not there, the same bytes always."""

import gc
import hashlib
import io
import json
import os
import shutil
import signal
import subprocess
import tarfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from manifests import parsed, undated
from program import HANGS_AFTER_S, USAGE_ERROR, run, start

from wav2spec.batch.outcomes import Outcome
from wav2spec.batch.request import Part
from wav2spec.batch.run import convert_paths
from wav2spec.errors import SettingError
from wav2spec.settings.preprocessing import Preprocessing
from wav2spec.settings.settings import Settings
from wav2spec.storage.tar_reader import read_comment

N_SOURCES = 23
SIZE = 10


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """23 recordings in two folders, in the working directory."""
    monkeypatch.chdir(tmp_path)
    for number in range(N_SOURCES):
        path = Path("set") / ("yes" if number % 2 else "no") / f"{number:02}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        samples = np.random.default_rng(number).uniform(-0.5, 0.5, 2000)
        soundfile.write(path, samples, 16000)
    return tmp_path


def shards(output: str = "out/train-%06d.tar", **request: Any) -> list[Outcome]:
    return list(convert_paths("set", output, **{"shard_size": SIZE, "jobs": 1, **request}))


def statuses(outcomes: list[Outcome]) -> dict[str, int]:
    return {status: sum(one.status == status for one in outcomes) for status in {one.status for one in outcomes}}


def digests(folder: str = "out") -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(Path(folder).iterdir())}


def members(path: str | Path) -> dict[str, bytes]:
    with tarfile.open(path) as archive:
        return {info.name: archive.extractfile(info).read() for info in archive}  # type: ignore[union-attr]


def all_members(folder: str = "out") -> dict[str, bytes]:
    return {name: content for path in sorted(Path(folder).iterdir()) for name, content in members(path).items()}


@pytest.mark.usefixtures("folder")
def test_pictures_in_shards_are_those_in_files_each_once_and_in_order() -> None:
    assert statuses(shards()) == {"written": N_SOURCES}
    list(convert_paths("set", "files/", jobs=1))
    found = all_members()
    pictures = {name: content for name, content in found.items() if name.endswith(".png")}
    assert pictures == {str(path.relative_to("files")): path.read_bytes() for path in Path("files").rglob("*.png")}
    assert list(pictures) == sorted(pictures)
    assert sum(map(len, map(members, Path("out").iterdir()))) == len(found) == 2 * N_SOURCES
    assert [len(members(path)) // 2 for path in sorted(Path("out").iterdir())] == [10, 10, 3]


@pytest.mark.usefixtures("folder")
def test_each_picture_has_the_facts_of_the_manifest() -> None:
    shards(manifest="m.jsonl")
    rows = [json.loads(line) for line in Path("m.jsonl").read_text().splitlines()]
    found = all_members()
    assert rows[0]["target"] == "out/train-000000.tar/no/00.png"
    for row in rows:
        sample = json.loads(found[row["target"].partition(".tar/")[2].replace(".png", ".json")])
        assert sample == {name: row[name] for name in sample}
        assert row.keys() - sample.keys() == {
            *("target", "status", "error", "directory"),
            *("source_id", "target_id", "recipe_sha256"),
        }


# webdataset leaves files to the garbage collector, which is called while that is ignored.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.usefixtures("folder")
def test_webdataset_reads_every_sample_once() -> None:
    webdataset = pytest.importorskip("webdataset")
    shards()
    read = webdataset.WebDataset(sorted(map(str, Path("out").iterdir())), shardshuffle=False).decode("l8")
    found = {sample["__key__"]: sample for sample in read}
    assert len(found) == N_SOURCES
    assert found["no/00"]["png"].dtype == np.uint8
    assert found["no/00"]["json"]["source"] == "set/no/00.wav"
    del read, found
    gc.collect()


@pytest.mark.system
@pytest.mark.usefixtures("folder")
def test_gnu_tar_extracts_them_without_a_word() -> None:
    tar = shutil.which("tar")
    if tar is None:
        pytest.skip("there is no tar")
    shards()
    Path("x").mkdir()
    answer = subprocess.run([tar, "xf", "../out/train-000000.tar"], cwd="x", capture_output=True, check=True)
    assert (answer.stdout, answer.stderr) == (b"", b"")
    assert Path("x/no/00.png").read_bytes() == members("out/train-000000.tar")["no/00.png"]


@pytest.mark.system
@pytest.mark.usefixtures("folder")
def test_bytes_are_the_same_at_any_number_of_jobs_again_and_in_parts() -> None:
    shards()
    expected = digests()
    assert len(expected) == 3
    shards("again/train-%06d.tar", jobs=3)
    assert digests("again") == expected
    for n_parts in (2, 3, 7):
        counts = []
        for index in range(1, n_parts + 1):
            done = shards(f"parts{n_parts}/train-%06d.tar", part=Part(index, n_parts))
            counts.append(len(done))
        assert sum(counts) == N_SOURCES
        assert digests(f"parts{n_parts}") == expected


@pytest.mark.usefixtures("folder")
def test_a_source_that_fails_leaves_its_shard_without_it_and_the_others_as_they_were() -> None:
    shards()
    before = digests()
    Path("set/no/22.wav").write_bytes(b"no WAV")
    outcomes = shards()
    assert statuses(outcomes) == {"written": N_SOURCES - 1, "failed": 1}
    after = digests()
    assert [name for name in after if after[name] != before[name]] == ["train-000001.tar"]
    assert "no/22.png" not in all_members()


@pytest.mark.usefixtures("folder")
def test_a_shard_without_pictures_is_there_so_that_numbers_have_no_gaps() -> None:
    for path in Path("set/no").iterdir():
        path.write_bytes(b"no WAV")
    outcomes = shards(shard_size=12)
    assert statuses(outcomes) == {"written": 11, "failed": 12}
    assert members("out/train-000000.tar") == {}
    assert len(members("out/train-000001.tar")) == 22


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("change", ["recording", "setting", "shard", "cut", "version"])
def test_update_makes_anew_what_would_be_otherwise_and_nothing_else(
    change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shards()
    assert statuses(shards(update=True)) == {"current": N_SOURCES}
    before = digests()
    settings, stale = Settings(), {"train-000001.tar"}
    if change == "recording":
        shutil.copy("set/no/00.wav", "set/yes/01.wav")
    elif change == "setting":
        settings, stale = Settings().replace(stride=64), set(before)
    elif change == "shard":
        Path("out/train-000001.tar").unlink()
    elif change == "cut":
        os.truncate("out/train-000001.tar", 30_000)
    else:
        monkeypatch.setattr("wav2spec.batch.shards.ANALYSIS_VERSION", 99)
        stale = set(before)
    found = shards(check=True, settings=settings)
    assert {Path(one.target or "").name for one in found if one.status in ("stale", "missing")} == stale
    assert (
        digests() == {name: digest for name, digest in before.items() if Path("out", name).exists()} or change == "cut"
    )
    times = {path.name: path.stat().st_mtime_ns for path in Path("out").iterdir()}
    n_stale = SIZE if len(stale) == 1 else N_SOURCES
    done = statuses(shards(update=True, settings=settings))
    assert done == {"written": n_stale} | ({"current": N_SOURCES - n_stale} if n_stale < N_SOURCES else {})
    touched = {path.name for path in Path("out").iterdir() if times.get(path.name) != path.stat().st_mtime_ns}
    assert touched == stale
    assert statuses(shards(update=True, settings=settings)) == {"current": N_SOURCES}


@pytest.mark.usefixtures("folder")
def test_a_shard_whose_header_announces_a_row_of_an_exabyte_is_made_anew() -> None:
    shards()
    (whole,) = [path for path in Path("out").iterdir() if path.name.endswith("000000.tar")]
    content = bytearray(whole.read_bytes())
    with tarfile.open(whole) as archive:
        first = next(member.offset for member in archive if member.name.endswith(".json"))
    content[first + 124 : first + 136] = b"\x80" + (2**60).to_bytes(11, "big")
    content[first + 148 : first + 156] = b" " * 8
    content[first + 148 : first + 156] = b"%06o\0 " % sum(content[first : first + 512])
    before = whole.read_bytes()
    whole.write_bytes(content)
    assert "written" in statuses(shards(update=True))
    assert whole.read_bytes() == before


@pytest.mark.usefixtures("folder")
def test_a_manifest_of_current_shards_is_that_of_written_ones() -> None:
    os.utime("set/no/00.wav", (0, 0))
    shards(manifest="one.jsonl")
    shards(manifest="two.jsonl", update=True)
    written, current = (parsed(Path(name).read_bytes()) for name in ("one.jsonl", "two.jsonl"))
    # Only --update tells times, and only those that are some seconds old.
    assert [undated(row) | {"status": "written"} for row in current] == written
    assert {row["status"] for row in current} == {"current"}


@pytest.mark.usefixtures("folder")
def test_the_comment_tells_settings_and_digests_and_no_time() -> None:
    shards()
    with open("out/train-000000.tar", "rb") as file:
        comment = json.loads(read_comment(file) or "")
    assert comment["settings"]["window_size"] == 256
    assert sorted(comment) == ["analysis_version", "command", "samples_sha256", "settings"]


@pytest.mark.usefixtures("folder")
def test_segments_lie_in_the_shard_of_their_source() -> None:
    settings = Settings(preprocessing=Preprocessing(segment=0.05))
    done = shards(settings=settings, shard_size=20)
    assert statuses(done) == {"written": 3 * N_SOURCES}
    assert sorted(members("out/train-000001.tar"))[:2] == ["yes/17-0000000000.json", "yes/17-0000000000.png"]
    assert len(members("out/train-000001.tar")) == 3 * 3 * 2


@pytest.mark.usefixtures("folder")
def test_values_go_into_shards_too() -> None:
    shards(format="npy", shard_size=30)
    values = np.load(io.BytesIO(members("out/train-000000.tar")["no/00.npy"]))
    assert values.ndim >= 2
    assert statuses(shards(format="npy", shard_size=30, update=True)) == {"current": N_SOURCES}


@pytest.mark.usefixtures("folder")
def test_dots_in_a_name_are_no_part_of_the_extension() -> None:
    Path("set").rename("old")
    Path("set/v1.2").mkdir(parents=True)
    shutil.copy("old/no/00.wav", "set/v1.2/a.b.c.wav")
    shards()
    assert list(all_members()) == ["v1.2/a_b_c.png", "v1.2/a_b_c.json"]


@pytest.mark.usefixtures("folder")
def test_two_sources_with_one_key_are_an_error_before_work() -> None:
    for name in ("a.b.wav", "a_b.wav"):
        shutil.copy("set/no/00.wav", f"set/{name}")
    with pytest.raises(SettingError, match="would both be written to"):
        shards()
    assert not Path("out").exists()


@pytest.mark.usefixtures("folder")
def test_a_name_too_long_for_a_header_is_an_error_before_work() -> None:
    shutil.copy("set/no/00.wav", "set/" + "n" * 120 + ".wav")
    with pytest.raises(SettingError, match="too long for a tar archive"):
        shards()


@pytest.mark.parametrize(
    ("output", "request_", "message"),
    [
        ("out/train.tar", {}, "the name of a shard has one number in it"),
        ("out/%d.tar", {}, "the name of a shard has one number in it"),
        ("out/%03d-%03d.tar", {}, "the name of a shard has one number in it"),
        ("%03d/x.tar", {}, "the name of a shard has one number in it"),
        ("out/", {"shard_size": 3}, "needs an output such as"),
        ("out/%03d.tar", {"prune": True, "update": True}, "cannot be combined with shards"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_what_cannot_be_a_shard_is_refused(output: str, request_: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        list(convert_paths("set", output, **request_))


@pytest.mark.system
@pytest.mark.usefixtures("folder")
def test_the_command_line_makes_checks_and_lists_shards() -> None:
    words = ("set", "-o", "out/train-%06d.tar", "--shard-size", "10")
    assert run(*words).returncode == 0
    assert run(*words, "--check").returncode == 0
    Path("out/train-000002.tar").unlink()
    checked = run(*words, "--check")
    assert (checked.returncode, checked.stdout) == (1, b"missing\tout/train-000002.tar\n")
    listed = run(*words, "--dry-run").stdout.decode().splitlines()
    assert listed[-1] == "set/yes/21.wav -> out/train-000002.tar/yes/21.png"
    figure = run("plot", *words)
    assert (figure.returncode, b"images and values alone" in figure.stderr) == (USAGE_ERROR, True)


@pytest.mark.system
@pytest.mark.slow
@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM])
def test_killed_at_any_moment_no_shard_is_partial(sign: int) -> None:
    for number in range(200):
        shutil.copy("set/no/00.wav", f"set/x{number}.wav")
    words = ("set", "-o", "out/train-%06d.tar", "--shard-size", "40", "-j", "2")
    begin = time.monotonic()
    assert run(*words).returncode == 0
    whole_s = time.monotonic() - begin
    expected = digests()
    for moment in range(8):
        shutil.rmtree("out", ignore_errors=True)
        process = start(*words)
        time.sleep(whole_s * (moment + 1) / 9)
        process.send_signal(sign)
        # Workers outlive a killed parent for a moment. They hold the pipes too, whose end is awaited here.
        process.communicate(timeout=HANGS_AFTER_S)
        if Path("out").exists():
            assert digests().items() <= expected.items()
    assert run(*words, "--update").returncode == 0
    assert digests() == expected
