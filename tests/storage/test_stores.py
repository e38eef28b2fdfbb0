"""The client of stores, against servers on the loopback interface."""

import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import servers
from program import HANGS_AFTER_S

from wav2spec.errors import AudioError, OutputError
from wav2spec.storage import store_clients, stores, transfers
from wav2spec.storage.listing import WAV_FILES, Listed, Patterns, Unreadable
from wav2spec.storage.sources import existing_file, open_source
from wav2spec.storage.store_listing import find_objects

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def server() -> Iterator[servers.Bucket]:
    with servers.bucket_server() as bucket:
        yield bucket


@pytest.fixture
def bucket(server: servers.Bucket, monkeypatch: pytest.MonkeyPatch) -> servers.Bucket:
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(store_clients, "_opened", None)
    monkeypatch.setattr(transfers, "_transfers", None)
    monkeypatch.setattr(store_clients, "_MAX_RETRIES", 2)
    server.fail()
    return server


def put(url: str, content: bytes) -> None:
    file = transfers.new_object()
    file.write(content)
    transfers.put_object(url, file)


def content(url: str) -> bytes:
    with open_source(url) as file:
        return file.read(file.size)


@pytest.mark.parametrize("key", ["a.wav", "a b/ü%20+&=.wav", "deep/er/x.wav"])
@pytest.mark.usefixtures("bucket")
def test_an_object_is_read_as_it_was_put(key: str) -> None:
    put(f"s3://b/{key}", b"some bytes")
    assert content(f"s3://b/{key}") == b"some bytes"
    with open_source(f"s3://b/{key}") as file:
        assert (file.name, file.size, file.identity) == (f"s3://b/{key}", 10, f"s3://b/{key}")


def test_an_object_of_a_web_server_is_read(bucket: servers.Bucket) -> None:
    bucket.put("b/web.wav", b"web")
    assert content(f"{bucket.address}/b/web.wav") == b"web"


def test_a_short_object_is_one_request(bucket: servers.Bucket) -> None:
    put("s3://b/a", b"x" * 1000)
    bucket.fail()
    content("s3://b/a")
    expected = {"GET": 1, "LIST": 0, "good": 1, "most_busy": 1, "objects": 0, "bytes": 1000}
    assert bucket.stats() | {"objects": 0} == expected


def test_the_end_of_an_object_is_fetched_first_and_the_rest_when_it_is_read(bucket: servers.Bucket) -> None:
    data = bytes(range(256)) * 200
    bucket.put("b/picture.png", data)
    bucket.put("b/short.png", data[:100])
    bucket.put("b/empty.png", b"")
    bucket.fail()
    with existing_file("s3://b/picture.png") as found:
        assert found.last_bytes(2**13) == data[-(2**13) :]
        assert (bucket.stats()["GET"], bucket.stats()["bytes"]) == (1, 2**13)
        assert Path(found.local_path()).read_bytes() == data
        assert found.version.startswith("etag:")
    assert bucket.stats()["GET"] == 2
    with existing_file("s3://b/short.png") as found:
        assert (found.last_bytes(2**13), Path(found.local_path()).read_bytes()) == (data[:100], data[:100])
    assert bucket.stats()["GET"] == 3
    with pytest.raises(FileNotFoundError), existing_file("s3://b/none.png"):
        pass


def test_a_large_object_is_read_in_ranges(bucket: servers.Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "_WHOLE", 1000)
    monkeypatch.setattr(stores, "_RANGE", 700)
    data = bytes(range(256)) * 20
    bucket.put("b/large", data)
    with open_source("s3://b/large") as file:
        assert file.size == len(data)
        assert file.read(5120) == data
        file.seek(2000)
        assert file.read(100) == data[2000:2100]
        file.seek(5110)
        assert file.read(100) == data[5110:]


def test_an_object_replaced_while_it_is_read_is_a_failure_and_no_mixture(
    bucket: servers.Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stores, "_WHOLE", 1000)
    monkeypatch.setattr(stores, "_RANGE", 500)
    bucket.put("b/large", b"1" * 4000)
    with open_source("s3://b/large") as file:
        bucket.put("b/large", b"2" * 4000)
        with pytest.raises(OSError, match="changed while it was read"):
            file.read(4000)


def test_a_large_target_is_put_in_parts_and_whole(bucket: servers.Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "_WHOLE", 1000)
    data = os.urandom(6 * 2**20)
    put("s3://b/large", data)
    assert bucket.get("b/large") == data
    assert bucket.stats()["POST"] == 2


@pytest.mark.parametrize(
    ("faults", "message"),
    [
        ({"slow_down": 1}, "asks for fewer requests"),
        ({"reset": 1}, "the store cannot be reached"),
        ({"forbidden": 1}, "access denied (403)"),
        ({"cut": 1}, "the connection was cut, again and again"),
    ],
)
def test_what_does_not_pass_is_one_line(bucket: servers.Bucket, faults: dict[str, float], message: str) -> None:
    bucket.put("b/a.wav", b"x" * 100)
    bucket.fail(**faults)
    with pytest.raises(AudioError) as caught:
        open_source("s3://b/a.wav")
    assert message in caught.value.message
    assert "\n" not in str(caught.value)
    if "cut" not in faults:
        with pytest.raises(OutputError) as unwritten:
            put("s3://b/new", b"1")
        assert message in unwritten.value.message
        [found] = find_objects("s3://b/", WAV_FILES) if "slow_down" not in faults else [Unreadable("", message)]
        assert message in found.message  # type: ignore[union-attr]


def test_faults_that_pass_are_not_noticed(bucket: servers.Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_clients, "_MAX_RETRIES", 12)
    bucket.fail(slow_down=0.1, cut=0.05, reset=0.05)
    for number in range(50):
        put(f"s3://b/faulty/{number}", b"%d" % number * 1000)
        assert content(f"s3://b/faulty/{number}") == b"%d" % number * 1000
    stats = bucket.stats()
    assert min(stats["slow_down"], stats["cut"], stats["reset"]) > 0


@pytest.mark.usefixtures("bucket")
def test_an_object_that_is_not_there_is_an_error() -> None:
    with pytest.raises(AudioError, match="no such object"):
        open_source("s3://b/none.wav")


@pytest.mark.parametrize("key", ["a//b", "../b", "a/./b", ""])
@pytest.mark.usefixtures("bucket")
def test_a_key_that_no_client_takes_is_an_error(key: str) -> None:
    with pytest.raises(AudioError):
        open_source(f"s3://b/{key}")


@pytest.mark.usefixtures("bucket")
def test_no_server_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{servers.free_port()}")
    with pytest.raises(AudioError, match="the store cannot be reached"):
        open_source("s3://b/a.wav")


@pytest.mark.usefixtures("bucket")
def test_without_keys_it_is_said_and_nothing_is_waited_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setitem(sys.modules, "obstore.auth.boto3", None)
    with pytest.raises(AudioError, match="no credentials: set AWS_ACCESS_KEY_ID"):
        open_source("s3://b/a.wav")
    monkeypatch.delenv("AWS_EC2_METADATA_DISABLED")
    monkeypatch.setenv("AWS_METADATA_ENDPOINT", f"http://127.0.0.1:{servers.free_port()}")
    with pytest.raises(AudioError, match="no credentials"):
        open_source("s3://b/a.wav")


def test_keys_of_a_profile_are_found_without_boto3(
    bucket: servers.Bucket, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "credentials").write_text("[work]\naws_access_key_id = k\naws_secret_access_key = s\n")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_PROFILE", "work")
    monkeypatch.setitem(sys.modules, "obstore.auth.boto3", None)
    bucket.put("b/a.wav", b"1")
    assert content("s3://b/a.wav") == b"1"


def test_a_prefix_is_listed_like_a_directory(bucket: servers.Bucket) -> None:
    for key in ("b.wav", "a/one.WAV", "a/.hidden.wav", "a/notes.txt", "a-b/c.wav"):
        bucket.put(f"list/set/{key}", b"x")
    bucket.put("list/settle.wav", b"x")
    found = list(find_objects("s3://list/set/", Patterns(("*.wav",), ("a-*",))))
    assert [(item.path, item.n_bytes) for item in found if isinstance(item, Listed)] == [("a/one.WAV", 1), ("b.wav", 1)]
    assert all(item.version for item in found if isinstance(item, Listed))
    assert len(list(find_objects("s3://list", WAV_FILES))) == 4


def test_a_list_of_many_pages_asks_once_a_thousand(bucket: servers.Bucket) -> None:
    for number in range(2500):
        bucket.put(f"many/{number:04}.wav", b"")
    bucket.fail()
    assert len(list(find_objects("s3://many/", WAV_FILES))) == 2500
    assert bucket.stats()["GET"] == 3


def test_the_members_of_an_archive_in_a_store_are_listed_and_read(bucket: servers.Bucket) -> None:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        info = tarfile.TarInfo("x/a.wav")
        info.size = 3
        tar.addfile(info, io.BytesIO(b"abc"))
    bucket.put("b/set.tar", archive.getvalue())
    (member,) = find_objects("s3://b/set.tar", WAV_FILES)
    assert isinstance(member, Listed)
    assert (member.path, member.n_bytes) == ("x/a.wav", 3)
    assert member.version.startswith("etag:")
    assert content("s3://b/set.tar/x/a.wav") == b"abc"


def test_a_list_leaves_the_process_that_asks_free_to_fork(bucket: servers.Bucket) -> None:
    bucket.put("fork/a.wav", b"abc")
    program = """
import os
from wav2spec.storage.listing import WAV_FILES
from wav2spec.storage.store_listing import find_objects
from wav2spec.storage.sources import existing_file, open_source
assert len(list(find_objects("s3://fork/", WAV_FILES))) == 1
child = os.fork()
if child == 0:
    os._exit(open_source("s3://fork/a.wav").read(3) != b"abc")
raise SystemExit(os.waitpid(child, 0)[1])
"""
    assert subprocess.run([sys.executable, "-c", program], timeout=HANGS_AFTER_S).returncode == 0


def test_a_store_used_before_a_fork_is_an_error_and_does_not_hang(bucket: servers.Bucket) -> None:
    bucket.put("b/a.wav", b"abc")
    content("s3://b/a.wav")
    child = os.fork()
    if child == 0:
        try:
            content("s3://b/a.wav")
        except RuntimeError:
            os._exit(7)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


def test_requests_go_beside_the_work_and_no_more_than_allowed(bucket: servers.Bucket) -> None:
    for number in range(60):
        bucket.put(f"ahead/{number}.wav", b"%d" % number)
    bucket.fail(latency=0.02)
    ahead = transfers.transfers(8)
    urls = [f"s3://ahead/{number}.wav" for number in range(60)]
    ahead.fetch_ahead((url, False) for url in urls)
    for number, url in enumerate(urls):
        assert content(url) == b"%d" % number
        put(url.replace(".wav", ".png"), b"p%d" % number)
    settled = ahead.settle()
    assert set(settled) == {url.replace(".wav", ".png") for url in urls}
    assert all(put.version.startswith("etag:") and not put.error for put in settled.values())
    assert 4 <= bucket.stats()["most_busy"] <= 8
    assert bucket.get("ahead/59.png") == b"p59"


def test_a_put_that_fails_is_told_when_puts_are_settled(bucket: servers.Bucket) -> None:
    puts = transfers.transfers(4)
    bucket.fail(forbidden=1)
    put("s3://b/x.png", b"1")
    assert puts.settle() == {"s3://b/x.png": transfers.Put(error="access denied (403)")}
    assert puts.settle() == {}


def test_nothing_of_the_client_is_loaded_before_it_is_used() -> None:
    program = "import sys, wav2spec.storage.sources, wav2spec.storage.store_listing; print('obstore' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "False"


def test_a_list_that_is_asked_for_wrongly_says_so() -> None:
    program = [sys.executable, "-m", "wav2spec.storage.store_listing", json.dumps(["s3://", ["*"], []])]
    answer = subprocess.run(program, capture_output=True, text=True, env={**os.environ, **servers.CREDENTIALS})
    assert answer.returncode == 0
    [[row]] = [json.loads(line) for line in answer.stdout.splitlines()]
    assert row[3]
