"""Archives as sources: the pictures of the unpacked tree, and what is said of those that are damaged."""

import io
import json
import os
import shutil
import tarfile
import zipfile
from collections.abc import Callable, Iterator
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
def test_the_command_line_draws_an_archive_and_nothing_is_extracted(tmp_path: Path) -> None:
    pack_tar("x.tar.gz", "gz")
    (tmp_path / "tmp").mkdir()
    answer = run("x.tar.gz", "-o", "out/", "-j", "2", env={**os.environ, "TMPDIR": str(tmp_path / "tmp")})
    assert (answer.returncode, answer.stderr) == (0, b"wav2spec: 24 written\n")
    assert not list(tmp_path.rglob("tmp/*"))
    beside = run("x.tar.gz")
    assert beside.returncode == 2
    assert b"no picture can be written beside x.tar.gz/" in beside.stderr
