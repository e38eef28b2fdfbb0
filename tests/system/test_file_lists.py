"""What batches say: names of any kind, lists into pipes and full files, and manifests."""

import json
import os
import signal
from pathlib import Path

import pytest
from folders import tree
from pictures import assert_whole
from program import (
    FAILED,
    USAGE_ERROR,
    error_of,
    failures,
    lines_of,
    needs_mounts,
    on_a_disk,
    run,
    shell,
    with_and_without_nameless_files,
)
from recordings import SAMPLES, write_recordings

KICK = (SAMPLES / "kick.wav").read_bytes()
C_LOCALE = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
needs_full = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """Return a folder of eight recordings."""
    write_recordings(tmp_path / "in", 8)
    return tmp_path / "in"


NO_TEXT = {b"caf\xe9": "caf\\xe9", "🎸".encode(): "🎸", b"e\x1b[31mX": "e\\x1b[31mX", b"two\nlines": "two\\nlines"}
ODD_NAMES = NO_TEXT | {name: name.decode() for name in (b"-o", b"--help", b"-")}


@pytest.fixture
def odd(folder: Path) -> Path:
    """Return a folder in which a folder has recordings of odd names, one of which is also a folder's."""
    (folder / "in" / "-").mkdir(parents=True)
    for name in ODD_NAMES:
        path = os.path.join(os.fsencode(folder), b"in", b"-" if name == b"-" else b"", name + b".wav")
        Path(os.fsdecode(path)).write_bytes(KICK)
    return folder


@pytest.mark.parametrize("locale", [C_LOCALE, {"LC_ALL": "C.UTF-8"}], ids=["C", "UTF-8"])
@pytest.mark.parametrize(
    "options", [(), ("-v",), ("--dry-run",), ("--check",), ("--update",), ("--manifest", "all.jsonl")]
)
def test_odd_names_are_drawn_and_said_on_one_line_each(
    odd: Path, options: tuple[str, ...], locale: dict[str, str]
) -> None:
    result = run("in", "-o", "out", "-j2", *options, cwd=odd, env=os.environ | locale)
    lists = options in [("--dry-run",), ("--check",)]
    assert result.returncode == (FAILED if options == ("--check",) else 0)
    said = (result.stdout + result.stderr).decode("utf-8").splitlines()
    assert all(line.replace("\t", "").isprintable() for line in said)
    of_each = [line for line in said if ".png" in line]
    assert len(of_each) == (len(ODD_NAMES) if lists or options == ("-v",) else 0)
    for name, shown in ODD_NAMES.items() if of_each else ():
        in_c = shown.encode("ascii", "backslashreplace").decode()
        assert any(f"/{shown}.png" in line or f"/{in_c}.png" in line for line in of_each), name
    drawn = sorted(os.listdir(os.fsencode(odd) + b"/out")) if not lists else []
    assert drawn == sorted(b"-" if name == b"-" else name + b".png" for name in ODD_NAMES if not lists)
    assert (odd / "out" / "-" / "-.png").exists() != lists


def test_a_manifest_has_names_as_they_are(odd: Path) -> None:
    assert run("in", "-o", "out", "-j2", "--manifest", "all.jsonl", cwd=odd, env=os.environ | C_LOCALE).returncode == 0
    rows = [json.loads(line) for line in (odd / "all.jsonl").read_bytes().decode("ascii").splitlines()]
    assert len(rows) == len(ODD_NAMES)
    for row in rows:
        source, target = (
            os.fsencode(odd) + b"/" + row[end].encode("utf-8", "surrogateescape") for end in ("source", "target")
        )
        assert os.path.isfile(source)
        assert os.path.isfile(target)


def test_failures_of_odd_names_are_a_line_each(odd: Path) -> None:
    for name in NO_TEXT:
        Path(os.fsdecode(os.path.join(os.fsencode(odd), b"in", name + b".wav"))).write_bytes(b"\x1b[31m\n")
    result = run("in", "-o", "out", "-j2", cwd=odd, env=os.environ | C_LOCALE)
    assert (result.returncode, result.stdout) == (FAILED, b"")
    assert len(failures(result.stderr)) == len(NO_TEXT)
    assert all(line.isprintable() for line in lines_of(result.stderr))


@needs_full
@pytest.mark.parametrize("options", [("--dry-run",), ("--check",), ("--check", "--manifest", "out/all.jsonl")])
def test_a_list_that_finds_no_room_is_an_error(sources: Path, folder: Path, options: tuple[str, ...]) -> None:
    (folder / "out").mkdir()
    result = shell('exec "$@" >/dev/full', sources, "-o", "out", *options, cwd=folder)
    assert error_of(result) == "wav2spec: error: standard output: No space left on device"
    assert tree(folder) == {}


@pytest.mark.parametrize("n_files", [8, 500], ids=["few", "many"])
@pytest.mark.parametrize("options", [("--dry-run",), ("--check",), ("--check", "--manifest", "out/all.jsonl")])
def test_a_list_whose_reader_goes_away_is_no_error(
    tmp_path: Path, folder: Path, options: tuple[str, ...], n_files: int
) -> None:
    write_recordings(tmp_path / "in", 1)
    (folder / "out").mkdir()
    for number in range(1, n_files):
        os.link(tmp_path / "in" / "00.wav", tmp_path / "in" / f"{number}.wav")
    reading, writing = os.pipe()
    os.close(reading)
    try:
        result = run(tmp_path / "in", "-o", "out", *options, cwd=folder, stdout=writing, stderr=-1)
    finally:
        os.close(writing)
    assert result.returncode in (FAILED, -signal.SIGPIPE)
    assert all(line.endswith(" missing") for line in lines_of(result.stderr))
    assert tree(folder) == {}


@needs_full
def test_a_full_standard_error_changes_no_exit_code_of_a_batch(sources: Path, folder: Path) -> None:
    result = shell('exec "$@" 2>/dev/full', sources, "-o", folder, "-j2", "-v")
    assert (result.returncode, result.stdout) == (0, b"")
    assert_whole(tree(folder), [f"{number:02}.png" for number in range(8)])


def test_a_standard_error_that_nobody_reads_changes_no_exit_code_of_a_batch(sources: Path, folder: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        result = run(sources, "-o", folder, "-j2", "-v", stdout=-1, stderr=writing)
    finally:
        os.close(writing)
    assert (result.returncode, result.stdout) == (0, b"")
    assert_whole(tree(folder), [f"{number:02}.png" for number in range(8)])


@needs_mounts
@with_and_without_nameless_files
def test_a_full_disk_leaves_the_old_manifest(tmp_path: Path, sources: Path, program: tuple[str, ...]) -> None:
    fill = "echo old >disk/all.jsonl; cat /dev/zero >disk/filler 2>/dev/null"
    words = (sources, "-o", "out", "-j2", "--manifest", "disk/all.jsonl")
    result, left = on_a_disk(tmp_path, "size=64k", fill, *words, program=program)
    assert error_of(result) == "wav2spec: error: disk/all.jsonl: cannot be written: No space left on device"
    assert left.keys() == {"all.jsonl", "filler"}
    assert left["all.jsonl"] == b"old\n"


@pytest.mark.parametrize("options", [(), ("--check",)])
@pytest.mark.parametrize("manifest", ["in/03.wav", "link.jsonl", "out/03.png"])
def test_a_manifest_replaces_neither_a_recording_nor_a_picture(
    tmp_path: Path, sources: Path, manifest: str, options: tuple[str, ...]
) -> None:
    assert run("in", "-o", "out", cwd=tmp_path).returncode == 0
    (tmp_path / "link.jsonl").symlink_to(sources / "03.wav")
    before = tree(tmp_path)
    result = run("in", "-o", "out", *options, "--manifest", manifest, cwd=tmp_path)
    assert result.returncode in (FAILED, USAGE_ERROR)
    assert manifest.encode() in result.stderr
    assert tree(tmp_path) == before
