"""A process that reads compressed tar archives for others: what it serves, what it leaves to them, and its end."""

import gzip
import io
import os
import signal
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from program import HANGS_AFTER_S

from wav2spec.errors import AudioError
from wav2spec.storage import member_server
from wav2spec.storage.archives import close_archive
from wav2spec.storage.member_server import members_served
from wav2spec.storage.sources import open_source

pytestmark = [
    pytest.mark.system,
    pytest.mark.usefixtures("deadline"),
    pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux alone"),
]

MEMBERS = {f"a/{number}.wav": np.random.default_rng(number).bytes(1000 + number) for number in range(40)}


def pack(path: Path, members: list[tuple[str, bytes]]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return pack(tmp_path / "x.tar.gz", list(MEMBERS.items()))


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    close_archive()


def content(archive: Path, name: str) -> bytes:
    with open_source(f"{archive}/{name}") as file:
        return file.read(file.size)


def served(archive: Path, name: str) -> bytes | None:
    """Return the content of a member if the server has it, and not if this process would read the archive."""
    status = archive.stat()
    return member_server.ask((str(archive), (status.st_ino, status.st_size, status.st_mtime_ns)), name)


def children() -> set[int]:
    return set(map(int, Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text().split()))


def test_members_are_served_in_any_order_once(archive: Path) -> None:
    names = list(MEMBERS)
    names[3:9] = reversed(names[3:9])
    with members_served(1):
        assert {name: served(archive, name) for name in names} == MEMBERS
        assert [served(archive, name) for name in MEMBERS] == [None] * len(MEMBERS)
        # What is not served any more is read all the same.
        assert {name: content(archive, name) for name in MEMBERS} == MEMBERS


def test_forked_processes_share_one_reader_each_with_a_connection_of_its_own(archive: Path) -> None:
    with members_served(4):
        assert served(archive, "a/0.wav") == MEMBERS["a/0.wav"]
        started = []
        for first in range(4):
            if (child := os.fork()) == 0:
                mine = list(MEMBERS)[1 + first :: 4]
                os._exit(0 if all(served(archive, name) == MEMBERS[name] for name in mine) else 1)
            started.append(child)
        assert [os.waitpid(child, 0)[1] for child in started] == [0] * 4


def test_without_a_server_nothing_is_served(archive: Path) -> None:
    assert served(archive, "a/0.wav") is None
    with members_served(1):
        pass
    assert served(archive, "a/0.wav") is None
    assert content(archive, "a/0.wav") == MEMBERS["a/0.wav"]


def test_a_second_server_is_asked_by_who_asked_the_first(archive: Path) -> None:
    for _ in range(2):
        with members_served(1):
            assert served(archive, "a/1.wav") == MEMBERS["a/1.wav"]


def test_a_server_that_is_killed_is_done_without(archive: Path) -> None:
    before = children()
    with members_served(1):
        assert served(archive, "a/0.wav")
        [server] = children() - before
        os.kill(server, signal.SIGKILL)
        assert {name: content(archive, name) for name in MEMBERS} == MEMBERS
    assert children() == before


def test_where_no_process_can_be_started_members_are_read_without(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> int:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", refuse)
    with members_served(1):
        assert served(archive, "a/0.wav") is None
        assert content(archive, "a/0.wav") == MEMBERS["a/0.wav"]


def test_what_is_passed_over_is_kept_in_bounded_memory(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 40 members of a KB, 5 fit: the last ones that were passed."""
    monkeypatch.setattr(member_server, "_BYTES_EACH", 5500)
    with members_served(1):
        names = list(MEMBERS)
        assert served(archive, names[-1]) == MEMBERS[names[-1]]
        assert [served(archive, name) is not None for name in names[:-1]] == [False] * 35 + [True] * 4
        assert content(archive, names[0]) == MEMBERS[names[0]]


def test_a_long_member_is_left_to_the_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(member_server, "_BYTES_EACH", 5500)
    archive = pack(tmp_path / "x.tar.gz", [("a", b"a" * 10), ("long", bytes(6000)), ("empty", b""), ("z", b"z" * 10)])
    with members_served(1):
        assert [served(archive, name) for name in ("a", "long", "empty", "z")] == [b"a" * 10, None, None, b"z" * 10]
        assert content(archive, "long") == bytes(6000)
        assert content(archive, "empty") == b""


def test_of_two_members_of_one_name_the_first_is_served_and_read(tmp_path: Path) -> None:
    archive = pack(tmp_path / "x.tar.gz", [("a", b"1"), ("b", b"b"), ("./a", b"2"), ("c", b"c")])
    with members_served(1):
        assert served(archive, "a") == b"1"
        assert served(archive, "c") == b"c"
        assert served(archive, "a") is None
        assert content(archive, "a") == b"1"
    assert [content(archive, name) for name in ("a", "b", "a", "c", "a")] == [b"1", b"b", b"1", b"c", b"1"]


@pytest.mark.parametrize("place", range(10))
def test_damage_is_told_by_the_worker_as_without_a_server(archive: Path, place: int) -> None:
    whole = archive.read_bytes()
    archive.write_bytes(whole[: len(whole) * (2 * place + 1) // 20])

    def told(name: str) -> bytes | str:
        try:
            return content(archive, name)
        except AudioError as error:
            return error.message

    alone = [told(name) for name in MEMBERS]
    close_archive()
    with members_served(2):
        assert [told(name) for name in MEMBERS] == alone
    assert any(isinstance(one, str) for one in alone)


def test_nothing_is_served_of_a_member_that_is_cut_in_an_archive_compressed_since(archive: Path) -> None:
    whole = gzip.decompress(archive.read_bytes())
    archive.write_bytes(gzip.compress(whole[: 512 + 1024 + 512 + 500]))
    with members_served(1):
        assert served(archive, "a/0.wav") == MEMBERS["a/0.wav"]
        assert served(archive, "a/1.wav") is None


def test_an_archive_that_is_replaced_is_read_anew(archive: Path, tmp_path: Path) -> None:
    with members_served(1):
        assert content(archive, "a/0.wav") == MEMBERS["a/0.wav"]
        pack(tmp_path / "new", [(name, b"new") for name in MEMBERS]).rename(archive)
        assert [content(archive, name) for name in MEMBERS] == [b"new"] * len(MEMBERS)


def test_more_archives_than_are_kept_open_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(member_server, "_MAX_ARCHIVES", 3)
    archives = [pack(tmp_path / f"{number}.tgz", [("a", b"a%d" % number), ("b", b"b")]) for number in range(8)]
    with members_served(2):
        assert [served(archive, "a") for archive in archives] == [b"a%d" % number for number in range(8)]
        assert [served(archive, "b") for archive in archives[-3:]] == [b"b"] * 3
        # Forgotten, and so read again.
        assert served(archives[0], "a") == b"a0"


def test_it_ends_with_the_processes_that_could_ask(archive: Path) -> None:
    program = (
        "import os, sys, time\n"
        "from wav2spec.storage.member_server import members_served\n"
        "from wav2spec.storage.sources import open_source\n"
        "with members_served(1):\n"
        f"    open_source({str(archive) + '/a/0.wav'!r})\n"
        "    print(open(f'/proc/self/task/{os.getpid()}/children').read(), flush=True)\n"
        "    time.sleep(1000)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    [server] = map(int, process.stdout.readline().split())
    process.kill()
    # The server has its standard output, too.
    assert process.communicate(timeout=HANGS_AFTER_S)[0] == ""
    while Path(f"/proc/{server}/stat").exists() and "Z" not in Path(f"/proc/{server}/stat").read_text().split(")")[1]:
        time.sleep(0.01)
