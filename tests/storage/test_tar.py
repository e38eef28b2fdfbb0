"""Tar archives against `tarfile`, GNU tar, and damage."""

import contextlib
import io
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wav2spec.errors import ArchiveError
from wav2spec.storage.tar_reader import read_comment, read_members
from wav2spec.storage.tar_writer import TarWriter, check_member_name

_FORMATS = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}


def written(members: dict[str, bytes], comment: str = "made by a test") -> bytes:
    file = io.BytesIO()
    archive = TarWriter(file, comment)
    for name, content in members.items():
        archive.add(name, content)
    archive.finish()
    return file.getvalue()


def by_tarfile(members: dict[str, bytes], format: int, **more: str) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=format, pax_headers=more) as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


def found(archive: bytes) -> dict[str, bytes]:
    return {member.name: archive[member.offset : member.offset + member.size] for member in members_of(archive)}


def members_of(archive: bytes) -> list:  # type: ignore[type-arg]
    return list(read_members(io.BytesIO(archive)))


def note_names(archive: bytes | bytearray, names: list[str]) -> None:
    """Append the names in an archive as far as it can be read."""
    for member in read_members(io.BytesIO(archive)):
        names.append(member.name)


_NAMES = st.text(st.characters(exclude_characters="\0/", codec="utf-8"), min_size=1, max_size=60)
_MEMBERS = st.dictionaries(_NAMES, st.binary(max_size=2000), max_size=5)


@given(members=_MEMBERS)
def test_tarfile_reads_what_is_written_and_nothing_of_who_or_when(members: dict[str, bytes]) -> None:
    # Names of more than 100 bytes need a slash.
    members = {name: content for name, content in members.items() if len(name.encode()) <= 100}
    with tarfile.open(fileobj=io.BytesIO(written(members))) as archive:
        infos = archive.getmembers()
        assert {info.name: archive.extractfile(info).read() for info in infos} == members  # type: ignore[union-attr]
        assert {(info.mtime, info.uid, info.gid, info.mode, info.uname) for info in infos} <= {(0, 0, 0, 0o644, "")}


@given(members=_MEMBERS, format=st.sampled_from(sorted(_FORMATS)))
def test_what_tarfile_writes_is_read(members: dict[str, bytes], format: str) -> None:
    members = {name: content for name, content in members.items() if format != "ustar" or len(name.encode()) <= 100}
    assert found(by_tarfile(members, _FORMATS[format])) == members


@pytest.mark.parametrize("format", _FORMATS.values(), ids=_FORMATS)
def test_names_that_need_the_prefix_are_whole(format: int) -> None:
    name = "/".join(["folder" * 3] * 7) + "/" + "n" * 95 + ".wav"
    assert found(by_tarfile({name: b"x"}, format)) == {name: b"x"}
    assert found(written({name: b"x"})) == {name: b"x"}
    with tarfile.open(fileobj=io.BytesIO(written({name: b"x"}))) as archive:
        assert archive.getnames() == [name]


@pytest.mark.parametrize("name", ["n" * 101, "f" * 156 + "/n", "f/" + "n" * 101])
def test_a_name_that_does_not_fit_is_refused(name: str) -> None:
    with pytest.raises(ArchiveError, match="too long for a tar archive"):
        check_member_name(name)


def test_the_comment_is_read_back_and_members_do_not_see_it() -> None:
    for comment in ("short", "x" * 90, "x" * 91, "x" * 92, "x" * 2000):
        archive = written({"a": b"1"}, comment)
        assert read_comment(io.BytesIO(archive)) == comment
        with tarfile.open(fileobj=io.BytesIO(archive)) as read:
            assert read.getnames() == ["a"]
            assert read.pax_headers == {"comment": comment}


@pytest.mark.parametrize("other", [b"", b"no archive", bytes(512), by_tarfile({"a": b"1"}, tarfile.GNU_FORMAT)])
def test_other_files_have_no_comment(other: bytes) -> None:
    assert read_comment(io.BytesIO(other)) is None


@pytest.mark.system
@pytest.mark.system
def test_gnu_tar_lists_and_extracts_what_is_written(tmp_path: Path) -> None:
    tar = shutil.which("tar")
    if tar is None:
        pytest.skip("there is no tar")
    members = {"a/one.png": b"1" * 700, "a/one.json": b"{}", "b.png": b""}
    (tmp_path / "x.tar").write_bytes(written(members))
    listed = subprocess.run([tar, "tf", "x.tar"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert (listed.stdout.split(), listed.stderr) == (list(members), "")
    subprocess.run([tar, "xf", "x.tar"], cwd=tmp_path, check=True)
    assert {name: (tmp_path / name).read_bytes() for name in members} == members


def test_an_archive_without_members_is_an_archive() -> None:
    assert members_of(written({})) == []
    with tarfile.open(fileobj=io.BytesIO(written({}))) as archive:
        assert archive.getmembers() == []


def test_kinds_are_told_apart() -> None:
    file = io.BytesIO()
    kinds = {tarfile.SYMTYPE: "link", tarfile.LNKTYPE: "link", tarfile.CHRTYPE: "device", tarfile.FIFOTYPE: "device"}
    with tarfile.open(fileobj=file, mode="w") as archive:
        for number, kind in enumerate((*kinds, tarfile.DIRTYPE, tarfile.REGTYPE)):
            info = tarfile.TarInfo(str(number))
            info.type, info.linkname = kind, "elsewhere"
            archive.addfile(info)
    assert [member.kind for member in members_of(file.getvalue())] == [*kinds.values(), "directory", "file"]


def test_a_sparse_file_is_no_plain_file() -> None:
    archive = by_tarfile({"a": b"1"}, tarfile.PAX_FORMAT, **{"GNU.sparse.major": "1"})
    assert members_of(archive)[0].kind == "sparse file"


def test_sizes_beyond_octal_are_read() -> None:
    file = io.BytesIO()
    info = tarfile.TarInfo("large.wav")
    info.size = 2**40
    file.write(info.tobuf(tarfile.GNU_FORMAT))
    assert next(read_members(file)).size == 2**40


def test_an_archive_is_read_forwards_only() -> None:
    class Forwards(io.BytesIO):
        def seek(self, offset: int, whence: int = 0) -> int:
            assert offset >= self.tell()
            return super().seek(offset, whence)

    members = {f"{number}.wav": b"x" * number * 300 for number in range(9)}
    file = Forwards(by_tarfile(members, tarfile.PAX_FORMAT))
    assert {member.name: file.read(member.size) for member in read_members(file)} == members


_WHOLE = by_tarfile({f"{number}.wav": bytes([65 + number]) * 700 for number in range(5)}, tarfile.USTAR_FORMAT)
# Header and content of a member.
_STEP = 512 + 1024


@pytest.mark.parametrize("end", [0, 1, 511, 512, 600, _STEP, _STEP + 100, 2 * _STEP, 5 * _STEP, 5 * _STEP + 100])
def test_an_archive_that_was_cut_off_says_after_which_member(end: int) -> None:
    names: list[str] = []
    with pytest.raises(ArchiveError, match="truncated at byte") as caught:
        note_names(_WHOLE[:end], names)
    whole_headers = [f"{number}.wav" for number in range(5) if end >= number * _STEP + 512]
    assert names == whole_headers
    assert not names or f"after {names[-1]}: " in str(caught.value)


@pytest.mark.parametrize("place", range(3 * _STEP, 3 * _STEP + 345, 23))
def test_a_flipped_bit_in_a_header_is_seen_and_what_came_before_is_read(place: int) -> None:
    damaged = bytearray(_WHOLE)
    damaged[place] ^= 0x10
    read: list[str] = []
    with pytest.raises(ArchiveError, match=r"damaged after 2\.wav: the header at byte 4608"):
        note_names(damaged, read)
    assert read == ["0.wav", "1.wav", "2.wav"]


def test_a_header_that_would_fill_the_memory_is_not_read() -> None:
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.XHDTYPE, 2**33
    with pytest.raises(ArchiveError, match="of 8589934592 bytes"):
        next(read_members(io.BytesIO(info.tobuf(tarfile.GNU_FORMAT) + bytes(1024))))


@given(noise=st.binary(min_size=1, max_size=3000))
def test_noise_is_no_archive(noise: bytes) -> None:
    if noise[:512].strip(b"\0"):
        with pytest.raises(ArchiveError):
            list(read_members(io.BytesIO(noise)))


@given(record=st.binary(max_size=80))
def test_a_damaged_pax_header_is_an_error_or_read(record: bytes) -> None:
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.XHDTYPE, len(record)
    padded = record + bytes(-len(record) % 512)
    archive = info.tobuf(tarfile.USTAR_FORMAT) + padded + by_tarfile({"a": b"1"}, tarfile.USTAR_FORMAT)
    with contextlib.suppress(ArchiveError):
        assert len(members_of(archive)) == 1
