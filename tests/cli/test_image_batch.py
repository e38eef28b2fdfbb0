"""Folders and lists on the command line: what is written, what is said, and with which exit code."""

import json
import os
import re
import struct
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from in_process import run_in_process
from pictures import png_size
from program import FAILED, USAGE_ERROR, assert_usage_error, job_counts, modules_after
from recordings import MakeWav, sparse_wav

# Each with its samples: a frame of 256 every 128, so the pictures have 3, 7, 11 and 15 rows.
LENGTHS = {"a.wav": 512, "b/c.WAV": 1024, "b/d.wav": 1536, "z.wav": 2048}
ROWS = {"a.png": 3, "b/c.png": 7, "b/d.png": 11, "z.png": 15}


@pytest.fixture
def tree(make_wav: MakeWav, tmp_path: Path) -> Path:
    """Return the folder above ``in``, which has recordings of known lengths."""
    (tmp_path / "in" / "b").mkdir(parents=True)
    for name, n_samples in LENGTHS.items():
        make_wav(f"in/{name}", n_samples=n_samples)
    return tmp_path


def lines(text: bytes) -> list[str]:
    return text.decode().splitlines()


def files(folder: Path) -> dict[str, bytes]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def rows(folder: Path) -> dict[str, int]:
    return {name: png_size(picture)[1] for name, picture in files(folder).items()}


def counts(summary: str, *names: str) -> list[int]:
    """Return the numbers before the names in the line at the end of a run."""
    match = re.fullmatch("wav2spec: " + "".join(f"([0-9]+) {name}" for name in names), summary)
    assert match, summary
    return list(map(int, match.groups()))


@pytest.mark.parametrize("words", [("in", "-o", "out"), ("in/", "-o", "out/"), (".", "--include", "in/*", "-o", "..")])
def test_a_folder_becomes_a_mirrored_tree_of_pictures(words: tuple[str, ...], tree: Path) -> None:
    target, cwd = tree / "out", tree
    if words[0] == ".":
        (tree / "out").mkdir()
        (tree / "in").rename(tree / "out" / "in")
        target, cwd, words = tree / "new", tree / "out" / "in", (".", "-o", "../../new")
    result = run_in_process(*words, cwd=cwd)
    assert (result.returncode, result.stdout) == (0, b"")
    assert lines(result.stderr) == ["wav2spec: 4 written"]
    assert rows(target) == ROWS


def test_without_an_output_pictures_go_beside_and_a_second_run_replaces_them(tree: Path) -> None:
    for _ in range(2):
        result = run_in_process("in", cwd=tree)
        assert (result.returncode, lines(result.stderr)) == (0, ["wav2spec: 4 written"])
        assert {name: n for name, n in ROWS.items() if png_size((tree / "in" / name).read_bytes())[1] == n} == ROWS
    assert len(files(tree / "in")) == 8


def test_one_bad_file_fails_alone_is_named_and_counted(tree: Path) -> None:
    (tree / "in" / "b" / "d.wav").write_bytes(b"no recording")
    result = run_in_process("in", "-o", "out", cwd=tree)
    assert (result.returncode, result.stdout) == (FAILED, b"")
    error, summary = lines(result.stderr)
    assert error.startswith("wav2spec: error: in/b/d.wav: ")
    assert summary == "wav2spec: 3 written, 1 failed"
    assert rows(tree / "out") == {name: n for name, n in ROWS.items() if name != "b/d.png"}


def test_an_empty_folder_beside_others_is_a_failure_that_is_named(tree: Path) -> None:
    (tree / "void").mkdir()
    result = run_in_process("void", "in", "-o", "out", cwd=tree)
    assert result.returncode == FAILED
    assert lines(result.stderr) == [
        "wav2spec: error: void: no files in it are named *.wav",
        "wav2spec: 4 written, 1 failed",
    ]


@pytest.mark.system
@pytest.mark.parametrize("options", [(), ("-v",), ("--channel", "2"), ("--format", "npy", "-q")])
def test_bytes_and_words_are_the_same_with_any_number_of_jobs(options: tuple[str, ...], tree: Path) -> None:
    (tree / "in" / "b" / "d.wav").write_bytes((tree / "in" / "b" / "d.wav").read_bytes()[:-1000])
    (tree / "in" / "short.wav").write_bytes((tree / "in" / "a.wav").read_bytes()[:200])
    (tree / "in" / "none.wav").symlink_to("nowhere")
    results = {}
    for n_jobs in ("1", "4", "auto"):
        results[n_jobs] = run_in_process("in", "-o", f"out{n_jobs}/", "--jobs", n_jobs, *options, cwd=tree)
        assert results[n_jobs].returncode == FAILED
        said = results[n_jobs].stderr.replace(f"out{n_jobs}/".encode(), b"out1/")
        assert (said, results[n_jobs].stdout) == (results["1"].stderr, b"")
        if (tree / "out1").exists():
            assert files(tree / f"out{n_jobs}") == files(tree / "out1")
    assert (tree / "out1").exists() == ("--channel" not in options)


@pytest.mark.system
def test_what_is_written_is_said_in_the_order_of_the_plan(tree: Path) -> None:
    # The first takes longest.
    sparse_wav(tree / "in" / "a.wav", 4_000_000)
    (tree / "none.wav").symlink_to("nowhere")
    result = run_in_process("none.wav", "in", "-o", "out", "-v", "-j4", cwd=tree)
    *said, summary = lines(result.stderr)
    assert [line.split(": ")[1:3] for line in said] == [
        ["error", "none.wav"],
        *(["written", f"in/{name} -> out/in/{Path(name).with_suffix('.png')}"] for name in LENGTHS),
    ]
    assert summary == "wav2spec: 4 written, 1 failed"


def test_quiet_says_errors_alone(tree: Path) -> None:
    quiet = run_in_process("in", "-o", "out", "-q", cwd=tree)
    assert (quiet.returncode, quiet.stdout, quiet.stderr) == (0, b"", b"")
    (tree / "none.wav").symlink_to("nowhere")
    failed = run_in_process("in", "none.wav", "-o", "out", "-q", cwd=tree)
    assert (failed.returncode, lines(failed.stderr)) == (1, ["wav2spec: error: none.wav: No such file or directory"])


@pytest.mark.parametrize("n_jobs", job_counts("1", "3"))
def test_after_the_first_failure_the_rest_is_not_tried_if_asked(n_jobs: str, tree: Path) -> None:
    (tree / "in" / "b" / "c.WAV").write_bytes(b"no recording")
    result = run_in_process("in", "-o", "out", "--fail-fast", "-j", n_jobs, cwd=tree)
    assert result.returncode == FAILED
    error, summary = lines(result.stderr)
    assert error.startswith("wav2spec: error: in/b/c.WAV: ")
    # Beside the failure some may have been made; what is made is counted.
    there = rows(tree / "out")
    skipped = f", {3 - len(there)} not tried" if len(there) < 3 else ""
    assert summary == f"wav2spec: {len(there)} written, 1 failed{skipped}"
    assert there.items() <= ROWS.items()
    assert list(there) == ["a.png"] or n_jobs != "1"


@pytest.mark.system
def test_what_was_made_beside_a_failure_is_said_to_be_written(make_wav: MakeWav, tmp_path: Path) -> None:
    samples = np.zeros(2_000_000)
    samples[-1] = np.nan
    bad = make_wav("bad.wav", samples, subtype="FLOAT")
    good = [make_wav(f"{number}.wav", n_samples=1000) for number in range(4)]
    result = run_in_process(bad, *good, "-o", tmp_path / "out", "--fail-fast", "-j2", "-v")
    error, *said, _ = lines(result.stderr)
    assert error.startswith(f"wav2spec: error: {bad}: ")
    assert [line.split(" -> ")[1].split(": ")[0] for line in said] == [
        str(tmp_path / "out" / name) for name in files(tmp_path / "out")
    ]


@pytest.mark.system
@pytest.mark.parametrize("n_jobs", ["2", "4", "8"])
def test_what_is_said_not_to_be_tried_is_not_there(n_jobs: str, make_wav: MakeWav, tmp_path: Path) -> None:
    """Also when a worker is ended between a picture and the news of it, which is a matter of chance."""
    names = [f"{number:02}.wav" for number in range(40)]
    for name in names:
        make_wav(name)
    (tmp_path / names[20]).write_bytes(b"no recording")
    words = (tmp_path, "-o", tmp_path / "out", "--fail-fast", "-j", n_jobs, "--manifest", tmp_path / "m.jsonl")
    summary = lines(run_in_process(*words).stderr)[-1]
    told = [json.loads(line) for line in (tmp_path / "m.jsonl").read_text().splitlines()]
    assert [Path(row["source"]).name for row in told] == names
    statuses = {row["target"]: row["status"] for row in told}
    assert {target for target, status in statuses.items() if status == "written"} == {
        str(tmp_path / "out" / name) for name in files(tmp_path / "out")
    }
    found = Counter(statuses.values())
    skipped = f", {found['skipped']} not tried" if found["skipped"] else ""
    assert summary == f"wav2spec: {found['written']} written, 1 failed{skipped}"
    assert found["failed"] == 1


@pytest.mark.parametrize("there", [False, True])
def test_a_dry_run_lists_what_would_become_what_and_writes_nothing(there: bool, tree: Path) -> None:
    if there:
        assert run_in_process("in", "-o", "out", cwd=tree).returncode == 0
    before = files(tree)
    result = run_in_process("in", "-o", "out", "--dry-run", cwd=tree)
    assert (result.returncode, result.stderr) == (0, b"")
    expected = [f"in/{name} -> out/{Path(name).with_suffix('.png')}" for name in LENGTHS]
    assert lines(result.stdout) == expected
    assert files(tree) == before


def test_a_dry_run_fails_where_there_is_nothing_to_take(tree: Path) -> None:
    (tree / "void").mkdir()
    result = run_in_process("void", "in", "--dry-run", cwd=tree)
    assert (result.returncode, len(lines(result.stdout))) == (FAILED, 4)
    assert lines(result.stderr) == ["wav2spec: error: void: no files in it are named *.wav"]


@pytest.mark.parametrize(
    ("options", "taken"),
    [
        (("--include", "*.wav", "--exclude", "b"), ["a.png", "z.png"]),
        (("--include", "?.WAV", "--include", "nothing"), list(ROWS)),
        (("--include", "b/*"), ["b/c.png", "b/d.png"]),
        (("--exclude", "B/C.*", "--exclude", "z*"), ["a.png", "b/d.png"]),
    ],
)
def test_patterns_choose_what_is_drawn(options: tuple[str, ...], taken: list[str], tree: Path) -> None:
    assert run_in_process("in", "-o", "out", *options, cwd=tree).returncode == 0
    assert list(files(tree / "out")) == taken


@pytest.mark.parametrize("null", [False, True])
@pytest.mark.parametrize("ended", [False, True])
@pytest.mark.parametrize("from_stdin", [False, True])
def test_a_list_is_read_from_a_file_or_standard_input(null: bool, ended: bool, from_stdin: bool, tree: Path) -> None:
    end = b"\0" if null else b"\n"
    names = end.join([b"in/z.wav", b"in/a.wav", b"-", b"two words", b"in/b"]) + end * ended
    for name in ("-", "two words"):
        (tree / name).write_bytes((tree / "in" / "a.wav").read_bytes())
    (tree / "list").write_bytes(names)
    words = ["--files-from", "-" if from_stdin else "list", "-o", "out", *(["-0"] if null else [])]
    result = run_in_process(*words, cwd=tree, input=names if from_stdin else b"")
    assert (result.returncode, lines(result.stderr)) == (0, ["wav2spec: 6 written"])
    in_the_folder = {"in/a.png": 3, "in/b/c.png": 7, "in/b/d.png": 11, "in/z.png": 15}
    assert rows(tree / "out") == {"-.png": 3, "two words.png": 3, **in_the_folder}


def test_names_that_end_with_nul_may_have_any_byte(tree: Path) -> None:
    name = b"two\nlines\xff.wav"
    os.rename(tree / "in" / "a.wav", os.fsencode(tree) + b"/" + name)
    result = run_in_process("--files-from", "-", "-0", "-o", "out", "-v", cwd=tree, input=name + b"\0")
    assert (result.returncode, os.listdir(os.fsencode(tree / "out"))) == (0, [b"two\nlines\xff.png"])
    assert lines(result.stderr)[0].startswith(r"wav2spec: written: two\nlines\xff.wav -> out/two\nlines\xff.png: ")


@pytest.mark.parametrize("content", [b"", b"\n\n"])
def test_of_an_empty_list_there_is_nothing_to_do_and_no_failure(content: bytes, tree: Path) -> None:
    for options in ([], ["-o", "out"], ["--check"]):
        result = run_in_process("--files-from", "-", *options, cwd=tree, input=content)
        assert (result.returncode, result.stdout, lines(result.stderr)) == (0, b"", ["wav2spec: nothing to do"])
    assert not (tree / "out").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("--files-from", "none"),
        ("--files-from", "in"),
        ("in", "--null"),
        ("in", "--update", "--check"),
        ("in", "--dry-run", "--check"),
        ("in", "--dry-run", "--manifest", "m.jsonl"),
        ("-", "--files-from", "-"),
        ("in", "-", "-o", "out"),
        ("in", "out.png"),
        ("in", "-o", "out.npy"),
        ("in", "-"),
        ("--files-from", "list", "-o", "out.png"),
        ("in/a.wav", "-", "--update"),
        ("in/a.wav", "-", "--check"),
        ("in/a.wav", "-", "--manifest", "-"),
        ("in", "--jobs", "0"),
        ("in", "--jobs", "many"),
        ("plot", "in", "--update", "--check"),
    ],
)
def test_what_contradicts_itself_is_wrong_usage_and_touches_nothing(words: tuple[str, ...], tree: Path) -> None:
    (tree / "list").write_text("in/a.wav\n")
    before = files(tree)
    assert_usage_error(run_in_process(*words, cwd=tree, input=b"in/a.wav\n"))
    assert files(tree) == before


@pytest.mark.system
@pytest.mark.parametrize(
    ("words", "suffix"),
    [(("plot", "--size", "300x200"), "-plot"), (("compare", "--window", "hann", "--window", "hamming"), "-compare")],
)
def test_plot_and_compare_take_folders_too(words: tuple[str, ...], suffix: str, tree: Path) -> None:
    (tree / "in" / "b" / "d.wav").write_bytes(b"no recording")
    results = [run_in_process(*words, "in", "-o", f"out{n_jobs}", "-j", n_jobs, cwd=tree) for n_jobs in "12"]
    for result in results:
        assert result.returncode == FAILED
        assert lines(result.stderr)[-1] == "wav2spec: 3 written, 1 failed"
    assert files(tree / "out1") == files(tree / "out2")
    assert list(files(tree / "out1")) == [f"{name}{suffix}.png" for name in ("a", "b/c", "z")]
    if suffix == "-plot":
        assert {struct.unpack(">II", picture[16:24]) for picture in files(tree / "out1").values()} == {(300, 200)}


@pytest.mark.system
def test_neither_help_nor_a_wrong_option_loads_what_work_needs() -> None:
    for words, code in ((["--help"], 0), (["image", "--help"], 0), (["x.wav", "--jobs", "0"], USAGE_ERROR)):
        statement = f"from wav2spec.cli.main import run; assert run({words!r}) == {code}"
        assert modules_after(statement, "numpy", "multiprocessing", "tqdm", "soundfile", "click") == {"click"}
