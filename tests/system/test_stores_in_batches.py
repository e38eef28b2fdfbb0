"""The program against stores on the loopback interface: combinations of local and remote, faults, and limits."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import servers
import soundfile
from program import HANGS_AFTER_S, run, start

pytestmark = [pytest.mark.system, pytest.mark.slow]

N_SOURCES = 20


@pytest.fixture(scope="module")
def server() -> Iterator[servers.Bucket]:
    with servers.bucket_server() as bucket:
        yield bucket


@pytest.fixture(scope="module")
def moto() -> Iterator[servers.Bucket]:
    with servers.moto_server() as bucket:
        yield bucket


@pytest.fixture(scope="module")
def azure() -> Iterator[servers.Bucket]:
    with servers.azurite() as bucket:
        yield bucket


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    make_set("set", N_SOURCES)
    return tmp_path


def make_set(name: str, n_sources: int) -> None:
    for number in range(n_sources):
        path = Path(name) / f"label{number % 2}" / f"{number:03}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, np.random.default_rng(number).uniform(-0.5, 0.5, 2000), 16000)


@pytest.fixture(params=["moto", "stub"])
def store(request: pytest.FixtureRequest, folder: Path) -> servers.Bucket:
    """A store whose bucket holds the recordings below a prefix of the test's own."""
    found: servers.Bucket = request.getfixturevalue("moto" if request.param == "moto" else "server")
    if request.param == "stub":
        found.fail()
    found.put_tree(f"bucket/{folder.name}/set", Path("set"))
    return found


def wav2spec(store: servers.Bucket, *words: str) -> subprocess.CompletedProcess[bytes]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return run(*words, env={**environment, **store.environment})


def pictures(folder: str) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in Path(folder).rglob("*.png")}


def test_every_combination_of_local_and_remote_gives_the_same_bytes(store: servers.Bucket, folder: Path) -> None:
    root = f"bucket/{folder.name}"
    assert run("set", "-o", "expected/").returncode == 0
    expected = pictures("expected")
    Path("list").write_text("".join(f"s3://{root}/set/{name[:-4]}.wav\n" for name in expected))
    for source in (("set",), (f"s3://{root}/set/",), ("--files-from", "list")):
        for jobs in ("1", "2"):
            shutil.rmtree("out", ignore_errors=True)
            assert wav2spec(store, *source, "-o", "out/", "-j", jobs).returncode == 0
            assert sorted(pictures("out").values()) == sorted(expected.values())
            done = wav2spec(
                store, *source, "-o", f"s3://{root}/{jobs}/", "-j", jobs, "--manifest", f"s3://{root}/m.jsonl"
            )
            assert (done.returncode, done.stderr) == (0, b"wav2spec: 20 written\n")
            below = f"{root}/{jobs}"
            if "list" not in source:
                assert {name: store.get(f"{below}/{name}") for name in expected} == expected
            rows = [json.loads(line) for line in store.get(f"{root}/m.jsonl").splitlines()]
            assert [row["status"] for row in rows] == ["written"] * N_SOURCES


def test_a_file_is_read_and_written_on_either_side(store: servers.Bucket, folder: Path) -> None:
    root, name = f"bucket/{folder.name}", "set/label1/001.wav"
    assert run(name, "expected.png").returncode == 0
    assert wav2spec(store, f"s3://{root}/{name}", "here.png").returncode == 0
    assert wav2spec(store, name, f"s3://{root}/there.png").returncode == 0
    assert wav2spec(store, f"s3://{root}/{name}", f"s3://{root}/both.png", "--update").returncode == 0
    assert wav2spec(store, f"s3://{root}/{name}", f"s3://{root}/both.png", "--check").returncode == 0
    found = {Path("here.png").read_bytes(), store.get(f"{root}/there.png"), store.get(f"{root}/both.png")}
    assert found == {Path("expected.png").read_bytes()}


def test_update_reads_the_ends_of_pictures_alone(server: servers.Bucket, folder: Path) -> None:
    server.fail()
    server.put_tree(f"ends/{folder.name}", Path("set"))
    words = (f"s3://ends/{folder.name}/", "-o", f"s3://ends/{folder.name}-out/", "--stride", "4")
    assert wav2spec(server, *words).returncode == 0
    size = len(server.get(f"ends/{folder.name}-out/label0/000.png"))
    assert size > 5 * 2**13
    server.fail()
    assert wav2spec(server, *words, "--update").stderr == b"wav2spec: 20 up to date\n"
    stats = server.stats()
    assert stats["GET"] - stats["LIST"] == 2 * N_SOURCES
    recordings = sum(path.stat().st_size for path in Path("set").rglob("*.wav"))
    assert stats["bytes"] - recordings < N_SOURCES * (2**13 + 1000)


def test_update_and_check_look_into_the_store(store: servers.Bucket, folder: Path) -> None:
    root = f"bucket/{folder.name}"
    words = (f"s3://{root}/set/", "-o", f"s3://{root}/out/", "-j", "2")
    assert wav2spec(store, *words).returncode == 0
    assert wav2spec(store, *words, "--update").stderr == b"wav2spec: 20 up to date\n"
    assert wav2spec(store, *words, "--check").returncode == 0
    store.delete(f"{root}/out/label0/000.png")
    store.put(f"{root}/set/label1/001.wav", Path("set/label0/002.wav").read_bytes())
    checked = wav2spec(store, *words, "--check")
    listed = f"missing\ts3://{root}/out/label0/000.png\nstale\ts3://{root}/out/label1/001.png\n"
    assert (checked.returncode, checked.stdout.decode()) == (1, listed)
    assert wav2spec(store, *words, "--update").stderr == b"wav2spec: 2 written, 18 up to date\n"


def test_since_finds_what_changed_and_fetches_nothing_else(store: servers.Bucket, folder: Path) -> None:
    root = f"bucket/{folder.name}"
    words = (f"s3://{root}/set/", "-o", f"s3://{root}/out/", "-j", "2", "--manifest", f"s3://{root}/m.jsonl")
    assert wav2spec(store, *words).returncode == 0
    again = (*words, "--update", "--since", f"s3://{root}/m.jsonl")
    assert wav2spec(store, *again).stderr == b"wav2spec: 20 up to date\n"
    store.delete(f"{root}/out/label0/000.png")
    store.put(f"{root}/set/label1/001.wav", Path("set/label0/002.wav").read_bytes())
    assert wav2spec(store, *again).stderr == b"wav2spec: 2 written, 18 up to date\n"
    assert wav2spec(store, *again, "--invert").stderr == b"wav2spec: 20 written\n"
    rows = [json.loads(line) for line in store.get(f"{root}/m.jsonl").splitlines()]
    assert all(row["source_id"].startswith("etag:") and row["target_id"].startswith("etag:") for row in rows)
    shards = (f"s3://{root}/set/", "-o", f"s3://{root}/%03d.tar", "--shard-size", "8", "--manifest", "s.jsonl")
    assert wav2spec(store, *shards).returncode == 0
    again = (*shards, "--update", "--since", "s.jsonl")
    assert wav2spec(store, *again).stderr == b"wav2spec: 20 up to date\n"
    store.delete(f"{root}/001.tar")
    assert wav2spec(store, *again).stderr == b"wav2spec: 8 written, 12 up to date\n"


def test_100000_finished_clips_are_up_to_date_by_their_lists_alone(
    server: servers.Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    make_set("one", 1)
    clip = Path("one/label0/000.wav").read_bytes()
    server.fail()
    server.fill("million/set/", ".wav", 100_000, clip)
    assert wav2spec(server, "s3://million/set/000000.wav", "s3://million/out/000000.png").returncode == 0
    server.fill("million/out/", ".png", 100_000, server.get("million/out/000000.png"))
    # As a run with all of them would have told.
    words = ("s3://million/set/", "-o", "s3://million/out/", "--update", "--since", "m.jsonl", "--manifest", "n.jsonl")
    few = (*words[:3], "--include", "000000.wav", "--update", "--manifest", "m.jsonl")
    assert wav2spec(server, *few).returncode == 0
    row = Path("m.jsonl").read_text()
    with open("m.jsonl", "w") as manifest:
        manifest.writelines(row.replace("/000000.", f"/{number:06}.") for number in range(100_000))
    server.fail()
    assert wav2spec(server, *words).stderr == b"wav2spec: 100000 up to date\n"
    stats = server.stats()
    assert (stats["GET"], stats["LIST"], stats.get("PUT", 0)) == (200, 200, 0)
    assert len(Path("n.jsonl").read_bytes().splitlines()) == 100_000

    server.delete("million/out/012345.png")
    server.put("million/set/054321.wav", clip[:-2000])
    server.fail()
    assert wav2spec(server, *words[:-1], "o.jsonl").stderr.splitlines()[-1] == b"wav2spec: 2 written, 99998 up to date"
    stats = server.stats()
    # The recordings, and where the pictures may be.
    assert (stats["GET"] - stats["LIST"], stats["PUT"]) == (4, 2)
    assert stats["LIST"] == 200


@pytest.mark.parametrize("scheme", ["gs", "az"])
def test_google_and_azure_give_the_same_bytes(
    scheme: str, folder: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if scheme == "az":
        if not shutil.which("azurite-blob"):
            pytest.skip("needs azurite: npm install -g azurite")
        store = request.getfixturevalue("azure")
    else:
        # The interface that obstore uses of Google's is the one of S3.
        store = request.getfixturevalue("server")
        store.fail()
        account = {"gcs_base_url": store.address, "disable_oauth": True}
        names = ("client_email", "private_key", "private_key_id")
        (tmp_path / "account.json").write_text(json.dumps(account | dict.fromkeys(names, "")))
        environment = {"GOOGLE_BASE_URL": store.address, "GOOGLE_SERVICE_ACCOUNT": str(tmp_path / "account.json")}
        store = servers.Bucket(store.address)
        store.environment = environment
    root = f"bucket/{folder.name}"
    store.put_tree(f"{root}/set", Path("set"))
    assert run("set", "-o", "expected/").returncode == 0
    expected = pictures("expected")
    words = (f"{scheme}://{root}/set/", "-o", f"{scheme}://{root}/out/", "-j", "2")
    manifest = ("--manifest", f"{scheme}://{root}/m.jsonl")
    assert wav2spec(store, *words, *manifest).stderr == b"wav2spec: 20 written\n"
    assert {name: store.get(f"{root}/out/{name}") for name in expected} == expected
    assert wav2spec(store, *words, "--update").stderr == b"wav2spec: 20 up to date\n"
    assert wav2spec(store, *words, "--check").returncode == 0
    store.delete(f"{root}/out/label0/000.png")
    again = wav2spec(store, *words, *manifest, "--update", "--since", manifest[1])
    assert again.stderr == b"wav2spec: 1 written, 19 up to date\n"
    missing = wav2spec(store, f"{scheme}://{root}/none.wav", "x.png")
    assert (missing.returncode, missing.stderr.count(b"\n")) == (1, 1)
    assert b"no such object" in missing.stderr


def test_shards_and_archives_in_a_store_are_those_on_disk(store: servers.Bucket, folder: Path) -> None:
    root = f"bucket/{folder.name}"
    for kind in ("tar", "zip", "gztar"):
        shutil.make_archive("set", kind, "set")
    for name in ("set.tar", "set.tar.gz", "set.zip"):
        store.put(f"{root}/{name}", Path(name).read_bytes())
        assert run(name, "-o", f"local/{name}-%03d.tar", "--shard-size", "8").returncode == 0
        done = wav2spec(
            store, f"s3://{root}/{name}", "-o", f"s3://{root}/{name}-%03d.tar", "--shard-size", "8", "-j", "2"
        )
        assert (done.returncode, done.stderr) == (0, b"wav2spec: 20 written\n")
        again = wav2spec(
            store, f"s3://{root}/{name}", "-o", f"s3://{root}/{name}-%03d.tar", "--shard-size", "8", "--update"
        )
        assert again.stderr == b"wav2spec: 20 up to date\n"
        for number in range(3):
            there = store.get(f"{root}/{name}-{number:03}.tar")
            # But for the names of the sources in the rows.
            here = Path(f"local/{name}-{number:03}.tar").read_bytes()
            assert there.count(b"\x89PNG") == here.count(b"\x89PNG") > 0


def test_nothing_is_asked_of_another_address(server: servers.Bucket, folder: Path) -> None:
    server.fail()
    server.put_tree(f"b/{folder.name}", Path("set"))
    log = folder / "calls"
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("needs strace")
    command = [strace, "-f", "-qq", "-e", "trace=connect", "-o", str(log), sys.executable, "-m", "wav2spec"]
    words = [f"s3://b/{folder.name}/", "-o", f"s3://b/{folder.name}-out/", "-j", "2"]
    answer = subprocess.run([*command, *words], env={**os.environ, **server.environment}, capture_output=True)
    assert answer.returncode == 0
    internet = [line for line in log.read_text().splitlines() if "AF_INET" in line]
    port = server.address.rpartition(":")[2]
    assert internet
    assert all(f"htons({port})" in line and "127.0.0.1" in line for line in internet)


def test_faults_that_pass_are_not_noticed(
    server: servers.Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    make_set("large", 500)
    server.fail()
    server.put_tree("faulty/set", Path("large"))
    server.fail(slow_down=0.1, cut=0.05, reset=0.05)
    done = wav2spec(server, "s3://faulty/set/", "-o", "s3://faulty/out/", "-j", "2")
    stats = server.stats()
    assert (done.returncode, done.stderr) == (0, b"wav2spec: 500 written\n")
    assert min(stats["slow_down"], stats["cut"], stats["reset"]) > 0
    server.fail()
    assert run("large", "-o", "out/").returncode == 0
    assert {name: server.get(f"faulty/out/{name}") for name in pictures("out")} == pictures("out")


# As soon as on a machine where 12 tries took 2 minutes.
_FEW_TRIES = "import wav2spec.storage.stores as s; s._MAX_RETRIES = 2; from wav2spec.__main__ import main; main()"


@pytest.mark.parametrize(
    ("faults", "message"),
    [
        ({"slow_down": 1}, "the store asks for fewer requests, after [0-9]+ tries or [0-9]+ s still"),
        ({"reset": 1}, "the store cannot be reached"),
        ({"cut": 1}, "the connection was cut, again and again"),
        ({"forbidden": 1}, r"access denied \(403\)"),
    ],
)
def test_faults_that_do_not_pass_are_a_line_for_each_recording(
    server: servers.Bucket, folder: Path, faults: dict[str, float], message: str
) -> None:
    server.fail()
    server.put_tree(f"lost/{folder.name}", Path("set"))
    Path("list").write_text("".join(f"s3://lost/{folder.name}/label0/{number:03}.wav\n" for number in range(0, 20, 2)))
    server.fail(**faults)
    process = start(
        *("--files-from", "list", "-o", "out/", "-j", "2"),
        program=(sys.executable, "-c", _FEW_TRIES),
        env={**os.environ, **server.environment},
    )
    _, error = process.communicate(timeout=HANGS_AFTER_S)
    *lines, summary = error.decode().splitlines()
    assert (process.returncode, summary) == (1, "wav2spec: 10 failed")
    names = [f"s3://lost/{folder.name}/label0/{number:03}.wav" for number in range(0, 20, 2)]
    for name, line in zip(names, lines, strict=True):
        assert re.fullmatch(f"wav2spec: error: {name}: {message}", line), line
    assert not list(Path().rglob("out/*.png"))


def test_a_store_that_refuses_targets_is_a_line_for_each(server: servers.Bucket, folder: Path) -> None:  # noqa: ARG001
    server.fail(forbidden=1)
    done = wav2spec(server, "set/label0", "-o", "s3://refusing/out/", "-j", "2")
    *lines, summary = done.stderr.decode().splitlines()
    assert (done.returncode, summary) == (1, "wav2spec: 10 failed")
    for number, line in enumerate(lines):
        assert line == f"wav2spec: error: s3://refusing/out/{2 * number:03}.png: access denied (403)"


def test_no_bucket_and_no_object_are_a_line(moto: servers.Bucket, folder: Path) -> None:  # noqa: ARG001
    moto.put("bucket/there/a.wav", Path("set/label0/000.wav").read_bytes())
    for words, message in (
        (("s3://none/set/", "-o", "out/"), "s3://none/set/: no such bucket"),
        (("s3://none/a.wav", "a.png"), "s3://none/a.wav: no such bucket"),
        (("s3://bucket/there/none.wav", "a.png"), "s3://bucket/there/none.wav: no such object"),
        (("s3://bucket/empty/", "-o", "out/"), "s3://bucket/empty/: no files in it are named *.wav"),
        (("set/label0/000.wav", "s3://none/a.png"), "s3://none/a.png: no such bucket"),
    ):
        done = wav2spec(moto, *words)
        lines = [line for line in done.stderr.decode().splitlines() if line != "wav2spec: 1 failed"]
        assert (done.returncode, lines) == (1, [f"wav2spec: error: {message}"])


def test_without_credentials_it_ends_at_once_and_asks_nobody(folder: Path, tmp_path: Path) -> None:
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("needs strace")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "BOTO"))}
    environment |= {"HOME": str(tmp_path), "AWS_EC2_METADATA_DISABLED": "true"}
    log = folder / "calls"
    trace = [strace, "-f", "-qq", "-e", "trace=connect", "-o", str(log), sys.executable, "-m", "wav2spec"]
    for words in (("s3://b/a.wav", "a.png"), ("s3://b/set/", "-o", "out/"), ("set/label0/000.wav", "s3://b/a.png")):
        done = subprocess.run([*trace, *words], env=environment, capture_output=True, timeout=HANGS_AFTER_S)
        lines = [line for line in done.stderr.decode().splitlines() if line != "wav2spec: 1 failed"]
        assert done.returncode == 1
        assert len(lines) == 1
        assert "no credentials" in lines[0]
        assert "AF_INET" not in log.read_text()


def test_requests_overlap_and_never_exceed_the_limit(
    server: servers.Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    make_set("many", 48)
    server.fail()
    server.put_tree("late/set", Path("many"))
    most_busy = {}
    for n_requests in (1, 8, 32):
        server.fail(latency=0.1)
        words = ("s3://late/set/", "-o", "s3://late/out/", "-j", "1", "--requests", str(n_requests))
        assert wav2spec(server, *words).returncode == 0
        most_busy[n_requests] = server.stats()["most_busy"]
        # The list is made by a process of its own.
        assert most_busy[n_requests] <= n_requests + 1
    assert most_busy[1] <= 2 < most_busy[8] < most_busy[32]


def test_killed_at_any_moment_no_object_is_partial(server: servers.Bucket, folder: Path) -> None:
    server.fail()
    server.put_tree(f"killed/{folder.name}", Path("set"))
    assert run("set", "-o", "expected/").returncode == 0
    expected = pictures("expected")
    environment = {**os.environ, **server.environment}
    words = (f"s3://killed/{folder.name}/", "-j", "2", "-o")
    begin = time.monotonic()
    assert wav2spec(server, *words, "s3://killed/whole/").returncode == 0
    whole_s = time.monotonic() - begin
    for moment in range(4):
        process = start(*words, f"s3://killed/{moment}/", env=environment)
        time.sleep(whole_s * (moment + 1) / 5)
        process.send_signal(signal.SIGKILL)
        # Workers outlive a killed parent for a moment. They hold the pipes too, whose end is awaited here.
        process.communicate(timeout=HANGS_AFTER_S)
        for name, content in expected.items():
            try:
                assert server.get(f"killed/{moment}/{name}") == content
            except OSError:
                continue


def test_help_and_local_work_load_no_client(folder: Path) -> None:  # noqa: ARG001
    program = (
        "import sys\nfrom wav2spec.cli import main\ncode = main.run(sys.argv[1:])\n"
        "print(sorted({'obstore', 'boto3', 'distributed'} & set(sys.modules)), file=sys.stderr)\nsys.exit(code)"
    )
    for words in (("--help",), ("set", "-o", "out/", "-q", "-j", "1", "--update", "--manifest", "m.jsonl")):
        process = start(*words, program=(sys.executable, "-c", program))
        _, error = process.communicate(timeout=HANGS_AFTER_S)
        assert (process.returncode, error.splitlines()[-1]) == (0, b"[]")


def test_without_the_extra_a_line_says_what_installs_it(folder: Path) -> None:  # noqa: ARG001
    program = (
        sys.executable,
        "-c",
        "import importlib.util as u; found = u.find_spec\n"
        "u.find_spec = lambda name, *a: None if name == 'obstore' else found(name, *a)\n"
        "from wav2spec.__main__ import main; main()",
    )
    for words in (("s3://b/a.wav", "x.png"), ("set", "-o", "s3://b/"), ("set", "-o", "x/", "--manifest", "gs://b/m")):
        process = start(*words, program=program)
        _, error = process.communicate(timeout=HANGS_AFTER_S)
        assert process.returncode == 2
        assert b"pip install 'wav2spec[remote]'" in error.splitlines()[-1]
