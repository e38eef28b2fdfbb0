"""Runs on a Dask cluster: a real scheduler and real workers on the loopback interface."""

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import null_jobs
import numpy as np
import pytest
import servers
import soundfile
from processes import children, wait_until
from program import HANGS_AFTER_S, needs_mounts, needs_proc, run, start

pytestmark = [pytest.mark.system, pytest.mark.slow]

N_SOURCES = 300

# Work that takes long enough to be interrupted: 10 ms a clip.
SLOW = ("--window-size", "1024", "--stride", "16")
# 40 ms a clip: whoever interrupts it may be late.
SLOWER = ("--window-size", "1024", "--stride", "4")


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
def test_a_worker_an_engine_and_a_worker_with_its_nanny_killed_in_mid_batch_change_nothing(tmp_path: Path) -> None:
    with tarfile.open("set.tar.gz", "w:gz", compresslevel=1) as archive:
        archive.add("set", arcname=".")
    words = ("set.tar.gz", "--shard-size", "5", *SLOW)
    assert run(*words, "-o", "here/%04d.tar", "--manifest", "here.jsonl").returncode == 0
    with servers.dask_cluster(tmp_path, 3) as cluster:
        process = start(*words, "-o", "there/%04d.tar", "--manifest", "there.jsonl", "--scheduler", cluster.address)
        _wait_for("there", 3)
        [worker] = [child for child in children(cluster.workers[0].pid) if "spawn_main" in _command(child)]
        os.kill(worker, signal.SIGKILL)
        _wait_for("there", 6)
        os.kill(_engine(cluster.workers[1].pid), signal.SIGKILL)
        _wait_for("there", 9)
        os.killpg(cluster.workers[2].pid, signal.SIGKILL)
        assert len(list(Path("there").iterdir())) < N_SOURCES // 5
        _, error = process.communicate(timeout=HANGS_AFTER_S)
        assert (process.returncode, error.decode()) == (0, f"wav2spec: {N_SOURCES} written\n")
    assert digests("there") == digests("here")
    assert Path("there.jsonl").read_text() == Path("here.jsonl").read_text().replace("here/", "there/")


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("again", [False, True], ids=["gone", "started again"])
def test_without_its_scheduler_the_client_says_so_and_works_on_nothing_itself(tmp_path: Path, again: bool) -> None:
    with servers.dask_cluster(tmp_path, 2) as cluster:
        process = start("set", "-o", "out/", *SLOWER, "--scheduler", cluster.address)
        _wait_for("out", N_SOURCES // 4)
        os.killpg(cluster.scheduler.pid, signal.SIGKILL)
        if again:
            time.sleep(3)
            cluster.start_scheduler()
        _, error = process.communicate(timeout=HANGS_AFTER_S)
        assert process.returncode == 1
        lines = error.decode().splitlines()
        gone = [line for line in lines if line.endswith(f"the scheduler at {cluster.address} is gone")]
        assert len(gone) == len(lines) - 1 == 1, lines
        counts = re.fullmatch("wav2spec: (?:([0-9]+) written, )?1 failed, ([0-9]+) not tried", lines[-1])
        assert counts, lines
        assert int(counts[1] or 0) + 1 + int(counts[2]) == N_SOURCES
        time.sleep(2)
        assert len(digests("out")) < N_SOURCES


@pytest.mark.usefixtures("folder")
def test_ctrl_c_ends_the_client_at_once_and_the_workers_soon(cluster: servers.DaskCluster) -> None:
    # A shell shows the death by SIGINT as exit code 130.
    words = ("set", "-o", "out/%04d.tar", "--shard-size", "2", *SLOWER)
    process = start(*words, "--scheduler", cluster.address)
    _wait_for("out", 2)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=HANGS_AFTER_S)
    assert process.returncode == -signal.SIGINT
    assert re.fullmatch(f"wav2spec: stopped after [0-9]+ of {N_SOURCES} sources\n", error.decode())
    n_written, before = len(os.listdir("out")), 0
    while n_written > before:
        # Far longer than a shard takes.
        time.sleep(3)
        n_written, before = len(os.listdir("out")), n_written
    assert n_written < N_SOURCES // 4


@needs_mounts
@pytest.mark.parametrize("hidden", ["set", "pictures"])
def test_a_worker_that_does_not_see_the_files_is_named_before_any_work(
    folder: Path, tmp_path: Path, hidden: str
) -> None:
    Path("pictures").mkdir()
    (tmp_path / "dask").mkdir()
    with servers.dask_cluster(tmp_path / "dask", 1) as cluster:
        # As a machine on which the folder is another.
        mount = f'mount -t tmpfs tmpfs {folder / hidden} && exec "$@"'
        cluster.add_worker("unshare", "-m", "sh", "-c", mount, "sh")
        done = run("set", "-o", "pictures/", "--scheduler", cluster.address)
    missing = {"set": f"{folder}/set/label0/0000.wav", "pictures": f"{folder}/pictures, where targets go"}[hidden]
    worker = rf"worker tcp://127\.0\.0\.1:[0-9]+ does not see {re.escape(missing)}\n"
    assert done.returncode == 1
    assert re.fullmatch(f"wav2spec: error: {re.escape(cluster.address)}: {worker}", done.stderr.decode())
    assert list(Path("pictures").iterdir()) == []


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
    _, error = process.communicate(timeout=HANGS_AFTER_S)
    assert process.returncode == 1
    assert error.count(b"\n") == 1
    assert "has wav2spec " in error.decode()
    assert "not 99.0" in error.decode()


# Imported first by every process of a worker.
_FOREIGN_VERSION = """
import importlib.metadata as metadata
version = metadata.version
metadata.version = lambda name: "99.0" if name == "wav2spec" else version(name)
"""


@pytest.mark.usefixtures("folder")
def test_a_worker_of_another_version_that_joins_late_is_named_and_gets_no_work(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(_FOREIGN_VERSION)
    (tmp_path / "dask").mkdir()
    with servers.dask_cluster(tmp_path / "dask", 1) as cluster:
        process = start("set", "-o", "out/%04d.tar", "--shard-size", "5", *SLOW, "--scheduler", cluster.address)
        _wait_for("out", 2)
        # The other worker has done nothing when this one is ready.
        process_id = cluster.workers[0].pid
        os.killpg(process_id, signal.SIGSTOP)
        cluster.add_worker(PYTHONPATH=str(tmp_path))
        os.killpg(process_id, signal.SIGCONT)
        _, error = process.communicate(timeout=HANGS_AFTER_S)
    warning, summary = error.decode().splitlines()
    assert process.returncode == 0
    assert re.fullmatch(
        rf"wav2spec: warning: {cluster.address}: worker tcp://127\.0\.0\.1:[0-9]+ "
        r"has wav2spec 99\.0, not [^ ]+: it gets no work",
        warning,
    )
    assert summary == f"wav2spec: {N_SOURCES} written"


@pytest.mark.usefixtures("folder")
def test_a_cluster_without_workers_is_waited_for_and_v_tells_how_many_there_are(tmp_path: Path) -> None:
    program = (
        sys.executable,
        "-c",
        "import wav2spec.executors.dask_cluster as d; d._WORKERS_S = 0.5\nfrom wav2spec.__main__ import main; main()",
    )
    with servers.dask_cluster(tmp_path, 0) as cluster:
        words = ("set/label1", "-o", "out/", "-v", "--scheduler", cluster.address)
        process = start(*words, program=program)
        assert process.stderr
        waits = f"wav2spec: the scheduler at {cluster.address} has no workers; waiting for the first\n"
        assert process.stderr.readline().decode() == waits
        cluster.add_worker()
        _, error = process.communicate(timeout=HANGS_AFTER_S)
        assert process.returncode == 0
        assert error.decode().startswith(f"wav2spec: 1 worker at {cluster.address}\nwav2spec: written: set/label1/")


@needs_proc
@pytest.mark.usefixtures("folder")
def test_the_client_needs_no_more_memory_for_more_jobs(tmp_path: Path) -> None:
    peaks = []
    with servers.dask_cluster(tmp_path, 0) as cluster:
        for _ in range(2):
            cluster.add_worker(PYTHONPATH=str(Path(null_jobs.__file__).parent))
        for n_jobs in (20_000, 60_000):
            words = [sys.executable, null_jobs.__file__, cluster.address, str(n_jobs)]
            done = subprocess.run(words, cwd=tmp_path, capture_output=True, check=True, timeout=HANGS_AFTER_S)
            summary, peak_mb, n_rows = json.loads(done.stdout)
            assert (summary, n_rows) == (f"{n_jobs} written", n_jobs)
            peaks.append(peak_mb)
    # 32 bytes of a job are kept to find targets that occur twice; a row of the manifest has 650.
    assert peaks[1] < peaks[0] + 15
    assert peaks[1] < 150


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
    wait_until(lambda: sum(path.is_file() for path in Path(folder).rglob("*")) >= n_files)


def _command(process_id: int) -> str:
    return Path(f"/proc/{process_id}/cmdline").read_text()


def _engine(nanny: int) -> int:
    """Return the engine below a worker's nanny."""
    below = [grandchild for child in children(nanny) for grandchild in children(child)]
    [engine] = [process for process in below if "wav2spec.executors.engine" in _command(process)]
    return engine
