"""Runs on a Dask cluster: a real scheduler and real workers on the loopback interface."""

import hashlib
import os
import shutil
import signal
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import servers
import soundfile
from program import run, start

pytestmark = [pytest.mark.system, pytest.mark.slow]

N_SOURCES = 300


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recordings")
    for number in range(N_SOURCES):
        path = folder / "set" / f"label{number % 3}" / f"{number:04}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, np.random.default_rng(number).uniform(-0.5, 0.5, 16000), 16000)
    return folder


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.DaskCluster]:
    with servers.dask_cluster(tmp_path_factory.mktemp("dask"), 2) as found:
        yield found


@pytest.fixture
def folder(recordings: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(recordings)
    yield recordings
    for path in recordings.iterdir():
        if path.name != "set":
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def digests(folder: str) -> dict[str, str]:
    files = (path for path in sorted(Path(folder).rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.usefixtures("folder")
def test_a_cluster_writes_what_one_machine_writes_and_tells_the_same(cluster: servers.DaskCluster) -> None:
    assert run("set", "-o", "out/", "--manifest", "here.jsonl").returncode == 0
    expected = digests("out")
    shutil.rmtree("out")
    done = run("set", "-o", "out/", "--scheduler", cluster.address, "--manifest", "there.jsonl")
    assert (done.returncode, done.stderr.decode()) == (0, f"wav2spec: {N_SOURCES} written\n")
    assert digests("out") == expected
    assert Path("here.jsonl").read_bytes() == Path("there.jsonl").read_bytes()
    again = run("set", "-o", "out/", "--scheduler", cluster.address, "--update")
    assert again.stderr.decode() == f"wav2spec: {N_SOURCES} up to date\n"


@pytest.mark.usefixtures("folder")
def test_shards_and_failures_are_as_on_one_machine(cluster: servers.DaskCluster) -> None:
    shutil.copytree("set", "mixed")
    Path("mixed/label0/0000.wav").write_bytes(b"no WAV")
    here = run("mixed", "-o", "here/%04d.tar", "--shard-size", "40")
    there = run("mixed", "-o", "there/%04d.tar", "--shard-size", "40", "--scheduler", cluster.address)
    assert (here.returncode, there.returncode) == (1, 1)
    assert here.stderr == there.stderr
    assert digests("here") == digests("there")


@pytest.mark.usefixtures("folder")
def test_a_file_that_kills_its_reader_kills_no_worker_of_the_cluster(tmp_path: Path) -> None:
    # What is imported first by every process of the engine.
    (tmp_path / "sitecustomize.py").write_text(
        "import os, signal, sys\n"
        "def kill(event, args):\n"
        "    if event == 'open' and str(args[0]).endswith('label1/0100.wav'):\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "sys.addaudithook(kill)\n"
    )
    (tmp_path / "dask").mkdir()
    with servers.dask_cluster(tmp_path / "dask", 0) as cluster:
        workers = [cluster.add_worker(PYTHONPATH=str(tmp_path)) for _ in range(2)]
        done = run("set", "-o", "out/", "--scheduler", cluster.address)
        lines = done.stderr.decode().splitlines()
        assert done.returncode == 1
        message = "set/label1/0100.wav: the process that worked on it was killed by SIGKILL"
        assert lines == [f"wav2spec: error: {message}", f"wav2spec: {N_SOURCES - 1} written, 1 failed"]
        assert all(worker.poll() is None for worker in workers)


@pytest.mark.usefixtures("folder")
def test_workers_killed_in_mid_batch_change_nothing(tmp_path: Path) -> None:
    with tarfile.open("set.tar.gz", "w:gz", compresslevel=1) as archive:
        archive.add("set", arcname=".")
    assert run("set.tar.gz", "-o", "here/%04d.tar", "--shard-size", "10").returncode == 0
    with servers.dask_cluster(tmp_path, 3) as cluster:
        words = ("set.tar.gz", "-o", "there/%04d.tar", "--shard-size", "10", "--scheduler", cluster.address)
        process = start(*words)
        _wait_for("there", 3)
        # With its nanny, which would start another.
        os.killpg(cluster.workers[0].pid, signal.SIGKILL)
        _, error = process.communicate(timeout=120)
        assert (process.returncode, error.decode()) == (0, f"wav2spec: {N_SOURCES} written\n")
    assert digests("there") == digests("here")


@pytest.mark.usefixtures("folder")
def test_without_its_scheduler_the_client_says_so_and_works_on_nothing_itself(tmp_path: Path) -> None:
    with servers.dask_cluster(tmp_path, 2) as cluster:
        process = start("set", "-o", "out/%04d.tar", "--shard-size", "4", "--scheduler", cluster.address)
        _wait_for("out", 2)
        os.killpg(cluster.scheduler.pid, signal.SIGKILL)
        _, error = process.communicate(timeout=120)
        assert process.returncode == 1
        lines = error.decode().splitlines()
        gone = [line for line in lines if line.endswith(f"the scheduler at {cluster.address} is gone")]
        assert len(gone) == len(lines) - 1 == 1, lines
        assert "not tried" in lines[-1]
        time.sleep(2)
        assert len(list(Path("out").iterdir())) < N_SOURCES // 4


@pytest.mark.usefixtures("folder")
def test_ctrl_c_ends_the_client_at_once_and_the_workers_soon(cluster: servers.DaskCluster) -> None:
    process = start("set", "-o", "out/%04d.tar", "--shard-size", "2", "--scheduler", cluster.address)
    _wait_for("out", 2)
    begin = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGINT
    assert time.monotonic() - begin < 20
    time.sleep(3)
    n_written = len(list(Path("out").iterdir()))
    time.sleep(1)
    assert len(list(Path("out").iterdir())) == n_written < N_SOURCES // 2


@pytest.mark.usefixtures("folder")
def test_a_worker_that_does_not_see_the_files_is_named_before_any_work(
    cluster: servers.DaskCluster, tmp_path: Path
) -> None:
    # The workers look for the token where the client says; it is removed under their feet.
    program = (
        sys.executable,
        "-c",
        "import wav2spec.batch.cluster as c; Probe = c.Probe\n"
        "c.Probe = lambda token, source: Probe(token + 'x', source)\n"
        "from wav2spec.__main__ import main; main()",
    )
    process = start("set", "-o", str(tmp_path / "out/"), "--scheduler", cluster.address, program=program)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 1
    assert f"does not see {tmp_path}, where targets go" in error.decode()
    assert error.count(b"\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("folder")
def test_workers_of_another_version_are_refused_with_both(cluster: servers.DaskCluster) -> None:
    program = (
        sys.executable,
        "-c",
        "import importlib.metadata as m; version = m.version\n"
        "m.version = lambda name: '99.0' if name == 'wav2spec' else version(name)\n"
        "from wav2spec.__main__ import main; main()",
    )
    process = start("set", "-o", "out/", "--scheduler", cluster.address, program=program)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 1
    assert error.count(b"\n") == 1
    assert "has wav2spec " in error.decode()
    assert "not 99.0" in error.decode()


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("set", "-o", "out/", "--scheduler", "tcp://127.0.0.1:1", "-j", "2"), "--jobs"),
        (("-", "-o", "out.png", "--scheduler", "tcp://127.0.0.1:1"), "standard streams"),
    ],
)
def test_what_does_not_go_with_a_cluster_is_a_usage_error(words: tuple[str, ...], message: str) -> None:
    done = run(*words, input=b"")
    assert (done.returncode, message in done.stderr.decode()) == (2, True)


@pytest.mark.usefixtures("folder")
def test_without_a_scheduler_a_line_says_so() -> None:
    address = f"tcp://127.0.0.1:{servers.free_port()}"
    done = run("set", "-o", "out/", "--scheduler", address)
    assert (done.returncode, done.stderr.decode()) == (1, f"wav2spec: error: {address}: no scheduler answers there\n")


def _wait_for(folder: str, n_files: int) -> None:
    deadline = time.monotonic() + 100
    while not Path(folder).exists() or len(list(Path(folder).iterdir())) < n_files:
        assert time.monotonic() < deadline
        time.sleep(0.02)
