"""Archives read as directories: what is listed, what is read, what is refused, and damage."""

import gzip
import io
import os
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from wav2spec.errors import AudioError
from wav2spec.storage.archives import close_archive, find_members
from wav2spec.storage.files import open_file
from wav2spec.storage.listing import WAV_FILES, Listed, Patterns, Unreadable, find_files
from wav2spec.storage.names import split_member
from wav2spec.storage.sources import open_source

TREE = {
    "b.wav": b"b" * 700,
    "a/two.wav": b"2" * 40_000,
    "a/one.WAV": b"1",
    "a/.hidden.wav": b"h",
    ".git/x.wav": b"h",
    "a/notes.txt": b"t",
    "a-b/c.wav": b"",
    "old/z.wav": b"z" * 600,
}


def make_tar(path: Path, members: dict[str, bytes], compression: str = "") -> None:
    with tarfile.open(path, f"w:{compression}") as archive:  # type: ignore[call-overload]
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))


def make_zip(path: Path, members: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


MAKERS: dict[str, Callable[[Path, dict[str, bytes]], None]] = {
    "x.tar": make_tar,
    "x.tar.gz": lambda path, members: make_tar(path, members, "gz"),
    "x.TGZ": lambda path, members: make_tar(path, members, "gz"),
    "x.zip": make_zip,
}


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    close_archive()


@pytest.fixture(params=MAKERS)
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / str(request.param)
    MAKERS[path.name](path, TREE)
    return path


def listed(archive: Path, patterns: Patterns = WAV_FILES) -> list[Listed | Unreadable]:
    return list(find_members(str(archive), patterns, open_file))


def content(path: str) -> bytes:
    with open_source(path) as file:
        return file.read(file.size)


@pytest.mark.parametrize(
    "patterns", [WAV_FILES, Patterns(("*.wav", "*.txt"), ("old",)), Patterns(("a/*",)), Patterns(("*",), ("a/t*",))]
)
def test_an_archive_lists_what_the_unpacked_tree_lists(archive: Path, patterns: Patterns) -> None:
    tree = archive.parent / "tree"
    for name, data in TREE.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_bytes(data)
    found = [item.path for item in listed(archive, patterns)]
    unpacked = list(find_files(str(tree), patterns))
    in_order = sorted(found, key=lambda path: path.split("/")) if "gz" in archive.name.lower() else found
    assert in_order == unpacked


def test_a_compressed_tar_is_listed_in_its_own_order(tmp_path: Path) -> None:
    make_tar(tmp_path / "x.tar.gz", TREE, "gz")
    assert [item.path for item in listed(tmp_path / "x.tar.gz")] == [
        "b.wav",
        "a/two.wav",
        "a/one.WAV",
        "a-b/c.wav",
        "old/z.wav",
    ]


def test_members_are_read_in_any_order_and_again(archive: Path) -> None:
    names = [item.path for item in listed(archive) if isinstance(item, Listed)]
    for name in (*names, *reversed(names)):
        assert content(f"{archive}/{name}") == TREE[name]


def test_two_members_are_open_at_once_and_outlive_a_third_archive(tmp_path: Path) -> None:
    for name in ("1.tar", "2.tar"):
        make_tar(tmp_path / name, {"a": b"a" * 5, "b": b"b" * 5})
    with open_source(f"{tmp_path}/1.tar/a") as one, open_source(f"{tmp_path}/1.tar/b") as two:
        assert content(f"{tmp_path}/2.tar/b") == b"bbbbb"
        assert (one.read(9), two.read(9)) == (b"aaaaa", b"bbbbb")
    close_archive()


@pytest.mark.system
@pytest.mark.system
def test_a_forked_process_reads_with_a_position_of_its_own(archive: Path) -> None:
    content(f"{archive}/b.wav")
    child = os.fork()
    if child == 0:
        os._exit(int(content(f"{archive}/a/two.wav") != TREE["a/two.wav"]))
    for _ in range(5):
        assert content(f"{archive}/a/two.wav") == TREE["a/two.wav"]
    assert os.waitpid(child, 0)[1] == 0


def test_names_are_those_of_paths(tmp_path: Path) -> None:
    make_tar(tmp_path / "x.tar", {"./a//b.wav": b"1", "./c.wav": b"2"})
    assert [item.path for item in listed(tmp_path / "x.tar")] == ["a/b.wav", "c.wav"]
    assert content(f"{tmp_path}/x.tar/a/b.wav") == b"1"


@pytest.mark.parametrize("missing", ["none.wav", "a", "b.wav/c"])
def test_a_member_that_is_not_there_is_an_error(archive: Path, missing: str) -> None:
    with pytest.raises(AudioError, match=f"/{missing}: no such file in "):
        open_source(f"{archive}/{missing}")


def test_a_directory_may_be_named_like_an_archive(tmp_path: Path) -> None:
    (tmp_path / "x.tar").mkdir()
    (tmp_path / "x.tar" / "a.wav").write_bytes(b"a")
    assert content(f"{tmp_path}/x.tar/a.wav") == b"a"
    with pytest.raises(AudioError, match="No such file"):
        open_source(f"{tmp_path}/x.tar/b.wav")


def test_a_plain_file_is_no_archive(tmp_path: Path) -> None:
    (tmp_path / "x.wav").write_bytes(b"a")
    with pytest.raises(AudioError, match="Not a directory"):
        open_source(f"{tmp_path}/x.wav/b.wav")
    assert split_member("a/b.wav/c") is None


@pytest.mark.parametrize("name", ["../up.wav", "/abs.wav", "a/../../b.wav"])
@pytest.mark.parametrize("kind", ["x.tar", "x.tar.gz", "x.zip"])
def test_names_that_lead_out_are_refused_alone(tmp_path: Path, kind: str, name: str) -> None:
    MAKERS[kind](tmp_path / kind, {name: b"x", "good.wav": b"g"})
    good = [item for item in listed(tmp_path / kind) if isinstance(item, Listed)]
    bad = [item for item in listed(tmp_path / kind) if isinstance(item, Unreadable)]
    assert good == [Listed("good.wav", 1)]
    assert bad == [Unreadable(f"{tmp_path / kind}/{name}", "has a name that leads out of the archive")]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
@pytest.mark.parametrize("compression", ["", "gz"])
def test_links_and_devices_are_refused_and_never_opened(tmp_path: Path, kind: bytes, compression: str) -> None:
    path = tmp_path / f"x.tar{compression and '.gz'}"
    with tarfile.open(path, f"w:{compression}") as archive:  # type: ignore[call-overload]
        info = tarfile.TarInfo("l.wav")
        info.type, info.linkname = kind, "/etc/passwd"
        archive.addfile(info)
        archive.addfile(tarfile.TarInfo("readme"))
    [item] = listed(path)
    assert isinstance(item, Unreadable)
    assert (
        item.message
        == f"is a {'link' if kind in (tarfile.SYMTYPE, tarfile.LNKTYPE) else 'device'}, which is not read from archives"
    )
    with pytest.raises(AudioError, match="no such file"):
        open_source(f"{path}/l.wav")


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        info = zipfile.ZipInfo("l.wav")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    assert listed(tmp_path / "x.zip") == [
        Unreadable(f"{tmp_path}/x.zip/l.wav", "is a link, which is not read from archives")
    ]
    with pytest.raises(AudioError, match="is a link"):
        open_source(f"{tmp_path}/x.zip/l.wav")


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    make_zip(path, {"a.wav": b"secret"})
    data = bytearray(path.read_bytes())
    for signature, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        data[data.index(signature) + flags] |= 1
    path.write_bytes(data)
    assert listed(path) == [Unreadable(f"{path}/a.wav", "is encrypted")]
    with pytest.raises(AudioError, match="is encrypted"):
        open_source(f"{path}/a.wav")


@pytest.mark.parametrize("kind", ["x.tar", "x.tar.gz", "x.zip"])
def test_a_name_that_stands_twice_is_refused_the_second_time(tmp_path: Path, kind: str) -> None:
    if kind == "x.zip":
        with zipfile.ZipFile(tmp_path / kind, "w") as archive:
            archive.writestr("a.wav", b"1")
            with pytest.warns(UserWarning, match="Duplicate"):
                archive.writestr("a.wav", b"22")
    else:
        double = io.BytesIO()
        with tarfile.open(fileobj=double, mode="w") as members:
            for data in (b"1", b"22"):
                info = tarfile.TarInfo("a.wav")
                info.size = len(data)
                members.addfile(info, io.BytesIO(data))
        (tmp_path / kind).write_bytes(gzip.compress(double.getvalue()) if kind == "x.tar.gz" else double.getvalue())
    assert listed(tmp_path / kind) == [
        Listed("a.wav", 1),
        Unreadable(f"{tmp_path / kind}/a.wav", "is in the archive twice"),
    ]
    assert content(f"{tmp_path / kind}/a.wav") == b"1"


def noise(seed: int) -> bytes:
    return np.random.default_rng(seed).bytes(3000)


@pytest.mark.parametrize("kind", ["x.tar", "x.tar.gz", "x.zip"])
@pytest.mark.parametrize("damage", ["cut", "zeros", "flip"])
@pytest.mark.parametrize("place", range(10))
def test_damage_is_said_once_and_what_is_listed_before_it_is_whole(
    tmp_path: Path, kind: str, damage: str, place: int
) -> None:
    members = {f"{number}.wav": noise(number) for number in range(8)}
    path = tmp_path / kind
    MAKERS[kind](path, members)
    data = bytearray(path.read_bytes())
    at = len(data) * (2 * place + 1) // 20
    if damage == "cut":
        del data[at:]
    elif damage == "zeros":
        data[at : at + 600] = bytes(600)
    else:
        data[at] ^= 0x55
    path.write_bytes(data)
    found = listed(path)
    problems = [item for item in found if isinstance(item, Unreadable)]
    assert len(problems) <= 1
    assert not problems or (found[-1] == problems[0] and problems[0].path == str(path))
    if damage == "cut":
        # Behind the last member of a plain tar there is padding.
        assert problems or (kind == "x.tar" and len(found) == len(members))
    n_wrong = 0
    for item in found[: len(found) - len(problems)]:
        try:
            n_wrong += content(f"{path}/{item.path}") != members[item.path]
        except AudioError as error:
            assert "\n" not in error.message  # noqa: PT017 - errors of some members are what damage is
            problems.append(Unreadable(error.path, error.message))
    # Contents in a plain tar have no checksum.
    assert problems or (kind == "x.tar" and n_wrong <= 1)
    assert n_wrong == 0 or kind != "x.zip"


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("data", [b"", b"noise" * 400, bytes(3)])
def test_what_is_no_archive_is_one_failure(tmp_path: Path, kind: str, data: bytes) -> None:
    (tmp_path / kind).write_bytes(data)
    [item] = listed(tmp_path / kind)
    assert isinstance(item, Unreadable)
    assert item.path == str(tmp_path / kind)
    with pytest.raises(AudioError):
        open_source(f"{tmp_path / kind}/a.wav")


def test_a_large_member_is_not_held_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("tar_archives", "zip_archives"):
        monkeypatch.setattr(f"wav2spec.storage.{module}.IN_MEMORY", 1000)
    for kind in ("x.tar.gz", "x.zip"):
        MAKERS[kind](tmp_path / kind, TREE)
        with open_source(f"{tmp_path}/{kind}/a/two.wav") as file:
            assert "Memory" not in type(file).__name__
            file.seek(39_990)
            assert file.read(100) == b"2" * 10
            file.seek(0)
            assert file.read(100) == b"2" * 100
    close_archive()
