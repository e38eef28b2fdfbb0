"""Archives as sources: the pictures of the unpacked tree, and what is said of those that are damaged."""

import io
import json
import os
import shutil
import signal
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from multiprocessing import active_children
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from program import run

from wav2spec.batch.outcomes import Outcome
from wav2spec.batch.run import convert_paths
from wav2spec.errors import SettingError
from wav2spec.storage.archives import close_archive

N_SOURCES = 24


def pack_tar(path: str, compression: str = "") -> None:
    with tarfile.open(path, f"w:{compression}") as archive:  # type: ignore[call-overload]
        archive.add("set", arcname=".")


def pack_zip(path: str) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(Path("set").rglob("*")):
            archive.write(file, str(file.relative_to("set")))


PACKERS: dict[str, Callable[[str], None]] = {
    "x.tar": pack_tar,
    "x.tar.gz": lambda path: pack_tar(path, "gz"),
    "x.zip": pack_zip,
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    for number in range(N_SOURCES):
        path = Path("set") / f"label{number % 3}" / f"{number:02}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, np.random.default_rng(number).uniform(-0.5, 0.5, 2000), 16000)
    Path("set/readme.txt").write_text("no recording")
    yield tmp_path
    close_archive()


def draw(source: str, output: str, **request: Any) -> list[Outcome]:
    return list(convert_paths(source, output, **{"jobs": 1, **request}))


def pictures(folder: str) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in Path(folder).rglob("*.png")}


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("kind", PACKERS)
@pytest.mark.parametrize("jobs", [1, pytest.param(3, marks=pytest.mark.system)])
def test_an_archive_becomes_the_pictures_of_its_tree(kind: str, jobs: int) -> None:
    PACKERS[kind](kind)
    draw("set", "expected/")
    outcomes = draw(kind, "out/", jobs=jobs, manifest="m.jsonl")
    assert pictures("out") == pictures("expected")
    assert len(outcomes) == N_SOURCES
    rows = [json.loads(line) for line in Path("m.jsonl").read_text().splitlines()]
    assert sorted(row["source"] for row in rows)[0] == f"{kind}/label0/00.wav"
    assert {one.status for one in draw(kind, "out/", update=True)} == {"current"}


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("kind", PACKERS)
def test_a_member_is_a_source_and_a_list_may_name_members(kind: str) -> None:
    PACKERS[kind](kind)
    [one] = draw(f"{kind}/label1/04.wav", "one.png")
    assert one.status == "written"
    Path("list").write_text(f"{kind}/label2/05.wav\n{kind}/label0/00.wav\n{kind}/none.wav\n")
    outcomes = list(convert_paths([], "listed/", files_from="list", jobs=1))
    assert [one.status for one in outcomes] == ["written", "written", "failed"]
    assert outcomes[2].failure
    assert outcomes[2].failure.message == f"no such file in {kind}"


@pytest.mark.system
@pytest.mark.usefixtures("folder")
def test_archives_go_to_shards() -> None:
    pack_tar("x.tar.gz", "gz")
    draw("set", "a/%02d.tar", shard_size=10)
    draw("x.tar.gz", "b/%02d.tar", shard_size=10, jobs=2)
    # The order is that of the archive, the sources are named otherwise; the pictures are the same.
    both = []
    for folder in ("a", "b"):
        found: dict[str, bytes] = {}
        for path in sorted(Path(folder).iterdir()):
            with tarfile.open(path) as archive:
                found |= {info.name: archive.extractfile(info).read() for info in archive if "png" in info.name}  # type: ignore[union-attr]
        both.append(found)
    assert both[0] == both[1]
    assert len(both[0]) == N_SOURCES


@pytest.mark.usefixtures("folder")
def test_several_archives_are_mirrored_below_their_names() -> None:
    pack_tar("one.tar")
    pack_zip("two.zip")
    list(convert_paths(["one.tar", "two.zip"], "out/", jobs=1))
    assert sorted(path.name for path in Path("out").iterdir()) == ["one", "two"]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("source", ["x.tar", "x.tar/label1/04.wav"])
def test_nothing_is_written_beside_a_member(source: str) -> None:
    pack_tar("x.tar")
    with pytest.raises(SettingError, match=r"no picture can be written beside x\.tar/"):
        list(convert_paths(source))


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("kind", PACKERS)
def test_damage_is_one_failure_and_what_comes_before_is_drawn(kind: str) -> None:
    PACKERS[kind](kind)
    draw("set", "expected/")
    expected = pictures("expected")
    whole = Path(kind).read_bytes()
    for place in range(10):
        end = len(whole) * (2 * place + 1) // 24
        Path(kind).write_bytes(whole[:end])
        shutil.rmtree("out", ignore_errors=True)
        outcomes = draw(kind, "out/")
        failures = [one.failure for one in outcomes if one.failure]
        assert [failure.path for failure in failures] == [kind], failures
        assert "\n" not in failures[0].message
        assert {name: expected[name] for name in pictures("out")} == pictures("out")
        if kind != "x.zip":
            assert len(pictures("out")) >= N_SOURCES * end // len(whole) - 3


@pytest.mark.usefixtures("folder")
def test_hostile_members_are_refused_in_a_line_each_and_nothing_leaves_the_folder() -> None:
    content = Path("set/label0/00.wav").read_bytes()
    with tarfile.open("x.tar", "w") as archive:
        for name in ("../up.wav", "/abs.wav", "good.wav"):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        link = tarfile.TarInfo("link.wav")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    outcomes = draw("x.tar", "out/deep/")
    assert sorted(one.status for one in outcomes) == ["failed", "failed", "failed", "written"]
    assert {str(path) for path in Path().rglob("*.png")} == {"out/deep/good.png"}
    assert not Path("/abs.png").exists()


@pytest.mark.system
@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("end", [1.0, 0.6])
def test_outcomes_and_manifest_of_a_compressed_archive_are_the_same_at_any_number_of_jobs(end: float) -> None:
    pack_tar("x.tar.gz", "gz")
    whole = Path("x.tar.gz").read_bytes()
    Path("x.tar.gz").write_bytes(whole[: int(len(whole) * end)])
    found = []
    for jobs in (1, 2, 5):
        shutil.rmtree("out", ignore_errors=True)
        outcomes = draw("x.tar.gz", "out/", jobs=jobs, manifest="m.jsonl")
        told = [(one.source, one.status, one.summary, one.failure) for one in outcomes]
        # The version of a target is the time at which it was written.
        rows = [{**json.loads(line), "target_id": ""} for line in Path("m.jsonl").read_text().splitlines()]
        found.append((pictures("out"), told, rows))
    assert found[0] == found[1] == found[2]
    assert len(found[0][0]) > N_SOURCES * end - 5


@pytest.mark.system
@pytest.mark.usefixtures("folder")
def test_shards_of_a_compressed_archive_are_the_same_at_any_number_of_jobs() -> None:
    pack_tar("x.tar.gz", "gz")
    found = []
    for jobs in (1, 3):
        draw("x.tar.gz", f"{jobs}/%02d.tar", shard_size=5, jobs=jobs)
        found.append({path.name: path.read_bytes() for path in Path(str(jobs)).iterdir()})
    assert len(found[0]) == 5
    assert found[0] == found[1]


@pytest.mark.system
@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("kind", "options", "n_servers"),
    [
        ("x.tar.gz", {"output": "out/"}, 1),
        ("x.tar.gz", {"output": "out/%02d.tar", "shard_size": 5}, 1),
        ("x.tar.gz", {"output": "out/", "jobs": 1}, 0),
        ("x.tar", {"output": "out/"}, 0),
        ("x.zip", {"output": "out/"}, 0),
    ],
)
def test_compressed_tars_alone_are_read_by_a_process_for_several(
    kind: str, options: dict[str, Any], n_servers: int
) -> None:
    PACKERS[kind](kind)
    outcomes = convert_paths(kind, **{"jobs": 3, **options})
    next(outcomes)
    assert [process.name for process in active_children()].count("member server") == n_servers
    assert len(list(outcomes)) == N_SOURCES - 1
    assert active_children() == []


@pytest.mark.system
@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("killed", ["the server", "the workers", "all"])
def test_of_killed_processes_nothing_is_lost_but_what_workers_worked_on(killed: str) -> None:
    pack_tar("x.tar.gz", "gz")
    draw("set", "expected/")
    outcomes: list[Outcome] = []
    for outcome in convert_paths("x.tar.gz", "out/", jobs=3):
        if not outcomes:
            for process in active_children():
                if killed == "all" or (process.name == "member server") == (killed == "the server"):
                    os.kill(process.pid or 0, signal.SIGKILL)
        outcomes.append(outcome)
    lost = [one.failure.message for one in outcomes if one.failure]
    assert lost == ["the process that worked on it was killed by SIGKILL"] * len(lost)
    assert len(lost) <= (0 if killed == "the server" else 3)
    assert len(outcomes) == N_SOURCES
    expected, found = pictures("expected"), pictures("out")
    assert len(found) >= N_SOURCES - len(lost)
    assert found == {name: expected[name] for name in found}
    assert active_children() == []


@pytest.mark.system
@pytest.mark.usefixtures("folder")
def test_the_command_line_draws_an_archive_and_nothing_is_extracted(tmp_path: Path) -> None:
    pack_tar("x.tar.gz", "gz")
    (tmp_path / "tmp").mkdir()
    answer = run("x.tar.gz", "-o", "out/", "-j", "2", env={**os.environ, "TMPDIR": str(tmp_path / "tmp")})
    assert (answer.returncode, answer.stderr) == (0, b"wav2spec: 24 written\n")
    assert not list(tmp_path.rglob("tmp/*"))
    beside = run("x.tar.gz")
    assert beside.returncode == 2
    assert b"no picture can be written beside x.tar.gz/" in beside.stderr
