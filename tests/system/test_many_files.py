"""Batches in trouble: bad files, folders that refuse, too few processes or descriptors, very many files."""

import os
from pathlib import Path

import pytest
from folders import tree
from pictures import assert_whole
from processes import started
from program import (
    AS_OTHERS,
    FAILED,
    HANGS_AFTER_S,
    assert_usage_error,
    error_of,
    failures,
    lines_of,
    needs_mounts,
    needs_setpriv,
    needs_strace,
    on_a_disk,
    run,
    shell,
    traced,
    with_and_without_nameless_files,
    wrapped,
)
from recordings import SAMPLES, riff, sparse_wav, write_recordings

KICK = (SAMPLES / "kick.wav").read_bytes()


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """Return a folder of eight recordings."""
    write_recordings(tmp_path / "in", 8)
    return tmp_path / "in"


NAMES = [f"{number:02}.png" for number in range(8)]


def test_two_bad_of_26_are_named_and_24_drawn(tmp_path: Path, folder: Path) -> None:
    names = write_recordings(tmp_path / "in", 26)
    (tmp_path / "in" / "07.wav").write_bytes(b"some text\n")
    (tmp_path / "in" / "19.wav").write_bytes(KICK[:30])
    result = run(tmp_path / "in", "-o", folder, "-j4")
    assert (result.returncode, result.stdout) == (FAILED, b"")
    assert list(failures(result.stderr)) == ["07", "19"]
    assert lines_of(result.stderr)[2:] == ["wav2spec: 24 written, 2 failed"]
    assert_whole(tree(folder), [name for name in names if name not in ("07.png", "19.png")])


@pytest.mark.parametrize("options", [(), ("--update",), ("--check",), ("--dry-run",)])
def test_an_empty_folder_is_an_error_that_names_it(tmp_path: Path, options: tuple[str, ...]) -> None:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "notes.txt").write_text("no recording")
    assert "in: no files" in error_of(run("in", "-o", "out", *options, cwd=tmp_path))
    assert sorted(os.listdir(tmp_path)) == ["in"]


def test_at_any_number_of_processes_everything_is_the_same(sources: Path, folder: Path) -> None:
    (sources / "03.wav").write_bytes(KICK[:-1000])
    (sources / "05.wav").write_bytes(b"some text\n")
    seen = []
    for jobs in ("1", "2", "4", "auto"):
        result = run(sources, "-j", jobs, "-o", "out", "-v", "--manifest", "all.jsonl", cwd=folder)
        seen.append((result.returncode, result.stdout, result.stderr, tree(folder)))
    assert seen[0][0] == FAILED
    assert len(seen[0][3]) == 8
    assert seen == [seen[0]] * 4


@pytest.mark.parametrize("options", [(), ("--update",), ("--check",), ("--dry-run",)])
@pytest.mark.parametrize("output", [(), ("-o", "out")], ids=["beside", "out"])
def test_two_recordings_for_one_picture_are_refused_before_any_work(
    sources: Path, output: tuple[str, ...], options: tuple[str, ...]
) -> None:
    (sources / "05.WAV").write_bytes(KICK)
    before = tree(sources)
    result = run(".", *output, *options, cwd=sources)
    assert_usage_error(result)
    assert b"05.wav" in result.stderr
    assert b"05.WAV" in result.stderr
    assert tree(sources) == before


@pytest.mark.parametrize("output", [".", "out"])
@pytest.mark.parametrize("format", ["png", "npy"])
def test_a_batch_three_times_makes_the_same_and_takes_nothing_it_made(sources: Path, output: str, format: str) -> None:
    (sources / "deep").mkdir()
    (sources / "deep" / "00.wav").write_bytes(KICK)
    seen = []
    for _ in range(3):
        result = run(".", "-o", output, "--format", format, "-j2", cwd=sources)
        seen.append((result.returncode, result.stderr, tree(sources)))
    assert seen[0][:2] == (0, b"wav2spec: 9 written\n")
    assert len(seen[0][2]) == 18
    assert seen == [seen[0]] * 3


READ_ONLY = "cp in/*.wav disk; mount -o remount,ro disk"


@needs_mounts
@pytest.mark.parametrize("words", [("disk",), ("in", "-o", "disk"), ("in", "-o", "disk/made/out")])
def test_a_disk_that_cannot_be_written_is_found_before_any_work(
    tmp_path: Path, sources: Path, words: tuple[str, ...]
) -> None:
    before = tree(sources)
    result, left = on_a_disk(tmp_path, "size=1m", READ_ONLY, *words, "--manifest", "all.jsonl")
    assert (result.returncode, result.stderr) == (FAILED, b"wav2spec: error: disk: cannot be written into\n")
    assert left == tree(sources) == before
    assert sorted(os.listdir(tmp_path)) == ["after", "disk", "in"]


@needs_mounts
def test_recordings_on_a_disk_that_cannot_be_written_are_drawn_elsewhere(tmp_path: Path, sources: Path) -> None:
    result, left = on_a_disk(tmp_path, "size=1m", READ_ONLY, "disk", "-o", "out", "-j2")
    assert (result.returncode, result.stderr) == (0, b"wav2spec: 8 written\n")
    assert left == tree(sources)
    assert_whole(tree(tmp_path / "out"), NAMES)


@needs_setpriv
@pytest.mark.parametrize("options", [(), ("--update",), ("--fail-fast",)])
def test_a_folder_without_the_right_to_write_is_found_before_any_work(
    tmp_path: Path, sources: Path, options: tuple[str, ...]
) -> None:
    write_recordings(sources / "zz" / "locked", 2)
    (sources / "zz" / "locked").chmod(0o555)
    before = tree(sources)
    wrapper = AS_OTHERS if os.geteuid() == 0 else ()
    result = wrapped(*wrapper, words=("in", *options), cwd=tmp_path)
    assert error_of(result) == "wav2spec: error: in/zz/locked: cannot be written into"
    assert tree(sources) == before


@needs_mounts
@pytest.mark.parametrize("jobs", ["2", "4", "auto"])
def test_without_shared_memory_a_batch_is_done(tmp_path: Path, sources: Path, jobs: str) -> None:
    script = 'mount -t tmpfs -o ro tmpfs /dev/shm || exit 99; exec "$@"'
    words = (sources, "-o", "out", "-j", jobs)
    result = wrapped("unshare", "-m", "sh", "-c", script, "sh", words=words, cwd=tmp_path)
    assert (result.returncode, result.stderr) == (0, b"wav2spec: 8 written\n")
    assert_whole(tree(tmp_path / "out"), NAMES)


@needs_strace
@pytest.mark.parametrize("which", ["1+", "2+", "3+"])
def test_refused_processes_are_done_without(sources: Path, folder: Path, which: str) -> None:
    log = folder.parent / "log"
    result = traced(f"clone,clone3,fork,vfork:error=EAGAIN:when={which}", sources, "-o", folder, "-j4", log=log)
    assert "INJECTED" in log.read_text()
    assert (result.returncode, result.stderr) == (0, b"wav2spec: 8 written\n")
    assert_whole(tree(folder), NAMES)


def test_with_few_descriptors_each_picture_is_there_or_named(sources: Path, folder: Path) -> None:
    for limit in range(10, 46, 5):
        output = folder / str(limit)
        result = shell(f'ulimit -n {limit}; exec "$@"', sources, "-o", output, "-j8")
        failed = failures(result.stderr)
        assert (result.returncode, result.stdout) == (FAILED if failed else 0, b"")
        assert_whole(tree(output), [name for name in NAMES if Path(name).stem not in failed])


def test_recordings_too_long_for_the_memory_are_named_and_the_others_drawn(sources: Path, folder: Path) -> None:
    for name in ("02", "05"):
        sparse_wav(sources / f"{name}.wav", 2**30)
    # This layout holds its pixels: half a gigabyte of them.
    words = ("--layout", "right-up", "-o", folder, "-j2")
    result = shell('ulimit -v 500000; exec "$@"', sources, *words)
    assert (result.returncode, result.stdout) == (FAILED, b"")
    assert failures(result.stderr) == dict.fromkeys(("02", "05"), "not enough memory")
    assert list(tree(folder)) == [name for name in NAMES if name not in ("02.png", "05.png")]


@needs_mounts
@with_and_without_nameless_files
def test_a_full_disk_is_said_of_each_picture(tmp_path: Path, sources: Path, program: tuple[str, ...]) -> None:
    fill = "echo old >disk/03.png; cat /dev/zero >disk/filler 2>/dev/null"
    result, left = on_a_disk(tmp_path, "size=64k", fill, sources, "-o", "disk", "-j2", program=program)
    assert (result.returncode, result.stdout) == (FAILED, b"")
    assert failures(result.stderr) == dict.fromkeys(
        (Path(name).stem for name in NAMES), "cannot be written: No space left on device"
    )
    assert left.keys() == {"03.png", "filler"}
    assert left["03.png"] == b"old\n"


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with 100 folders of 1000 recordings each: names, of which each folder's are one file."""
    top, body = tmp_path_factory.mktemp("many"), riff(bytes(1200))
    try:
        for number in range(100):
            inner = top / f"{number // 10}" / f"{number:02}"
            inner.mkdir(parents=True)
            (inner / "000.wav").write_bytes(body)
            for link in range(1, 1000):
                os.link(inner / "000.wav", inner / f"{link:03}.wav")
    except OSError as error:
        pytest.skip(f"the file system has no room for so many names: {error}")
    return top


def test_100_000_recordings_are_planned_in_30_s(many: Path, folder: Path) -> None:
    with started(many, "-o", folder, "--dry-run") as process:
        output, messages = process.communicate(timeout=HANGS_AFTER_S)
    assert (process.returncode, messages) == (0, b"")
    lines = output.splitlines()
    assert len(set(lines)) == 100_000
    assert lines[12_345].split(b" -> ") == [
        os.fsencode(path) for path in (many / "1/12/345.wav", folder / "1/12/345.png")
    ]
    assert lines == sorted(lines)
    assert tree(folder) == {}


def test_memory_does_not_grow_with_the_number_of_files(many: Path, folder: Path) -> None:
    peaks = []
    for words in ((many / "0" / "00", "--include", "[0-4]*"), (many / "0", "--exclude", "0[5-9]")):
        with started(*words, "-j2", "-o", folder, "--manifest", folder / "all.jsonl") as process:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0
        peaks.append(usage.ru_maxrss)
    assert len(tree(folder)) == 500 + 5000 + 1
    assert peaks[1] - peaks[0] < 20_000
