"""`--since` decides from listings and earlier manifests: what they say is unchanged is not opened."""

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from in_process import invoke, run_in_process
from manifests import Row, mtime_id, rows
from program import FAILED, USAGE_ERROR
from updates import write

from wav2spec.audio import recording
from wav2spec.batch import freshness, shards
from wav2spec.storage.archives import close_archive

NAMES = ("a.wav", "b.wav", "deep/c.wav", "deep/d.wav")
# All files get times of long ago: one that changed a moment ago is opened, since it may change again.
OLD = 1_600_000_000


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the list of paths that are opened, which grows."""
    found: list[str] = []

    def noted(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(path: str, *more: Any, **options: Any) -> Any:
            found.append(path)
            return function(path, *more, **options)

        return call

    for module, name in (recording, "open_recording"), (freshness, "existing_file"), (shards, "open_existing"):
        monkeypatch.setattr(module, name, noted(getattr(module, name)))
    return found


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    for number, name in enumerate(NAMES):
        record(f"in/{name}", number)
    yield
    close_archive()


def record(name: str, seed: int, n_samples: int = 2000) -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    write(Path(name), np.random.default_rng(seed).uniform(-0.5, 0.5, n_samples))
    os.utime(name, (OLD + seed, OLD + seed))


def update(*words: str, manifest: str = "m.jsonl", part: int = 1, code: int = 0) -> tuple[str, list[Row]]:
    """Bring pictures up to date, and return the summary and the manifest."""
    result = invoke(*words, "--update", "-j", "1", "--manifest", manifest)
    assert result.return_value == code, result.stderr
    # Of a single source nothing is summed up.
    last = (result.stderr.splitlines() or [""])[-1]
    return last.removeprefix("wav2spec: "), rows(Path(manifest.replace("%d", str(part))))


WAYS = {
    "folder": ("in", "-o", "out/"),
    "beside": ("in",),
    "segments": ("in", "-o", "out/", "--segment", "0.05"),
    "values": ("in", "-o", "out/", "--format", "npy"),
    "bare": ("in", "-o", "out/", "--no-metadata"),
    "plots": ("plot", "in/a.wav", "in/b.wav", "-o", "out/", "--dpi", "30"),
    "tar": ("in.tar", "-o", "out/"),
    "tar.gz": ("in.tar.gz", "-o", "out/"),
    "zip": ("in.zip", "-o", "out/"),
    "shards": ("in", "-o", "out/s-%03d.tar", "--shard-size", "3"),
    "archive to shards": ("in.tar", "-o", "out/s-%03d.tar", "--shard-size", "3"),
}


@pytest.mark.parametrize("way", list(WAYS))
def test_what_is_listed_as_before_is_not_opened_and_its_rows_are_told_again(way: str, opened: list[str]) -> None:
    for kind in ("tar", "gztar", "zip"):
        made = shutil.make_archive("in", kind, "in")
        os.utime(made, (OLD, OLD))
    _, first = update(*WAYS[way])
    opened.clear()
    for earlier, later in (("m.jsonl", "n.jsonl"), ("n.jsonl", "n.jsonl")):
        summary, found = update(*WAYS[way], "--since", earlier, manifest=later)
        assert (summary, opened) == (f"{len(first)} up to date", [])
        assert found == [row | {"status": "current"} for row in first]


def test_rows_tell_versions_of_both_sides_and_the_recipe() -> None:
    _, (row, *_) = update("in", "-o", "out/")
    assert (row["source_id"], row["target_id"]) == (mtime_id("in/a.wav"), mtime_id("out/a.png"))
    assert row["source_id"].startswith(f"mtime:{OLD}000000000:")
    # Without --update a manifest says the same on every day.
    assert invoke("in", "-o", "out/", "--manifest", "p.jsonl").return_value == 0
    assert [(one["source_id"], one["target_id"]) for one in rows(Path("p.jsonl"))] == [(None, None)] * 4
    assert {one["recipe_sha256"] for one in rows(Path("p.jsonl"))} == {row["recipe_sha256"]}


CHANGES: dict[str, tuple[Callable[[], object], list[str], int]] = {
    "a recording replaced": (lambda: record("in/b.wav", 99), ["in/b.wav"], 1),
    "a recording touched": (lambda: os.utime("in/b.wav", (OLD + 5, OLD + 50)), ["in/b.wav"], 0),
    "a recording added": (lambda: record("in/bb.wav", 8), ["in/bb.wav"], 1),
    "a picture deleted": (lambda: os.unlink("out/deep/c.png"), ["in/deep/c.wav"], 1),
    "a picture cut": (lambda: os.truncate("out/a.png", 300), ["in/a.wav"], 1),
    "a picture replaced": (lambda: shutil.copy("out/a.png", "out/b.png"), ["in/b.wav"], 1),
}


@pytest.mark.parametrize("change", list(CHANGES))
def test_what_changed_is_found_and_nothing_else_is_opened(change: str, opened: list[str]) -> None:
    update("in", "-o", "out/")
    act, expected, n_written = CHANGES[change]
    act()
    opened.clear()
    summary, found = update("in", "-o", "out/", "--since", "m.jsonl", manifest="n.jsonl")
    assert [path for path in opened if path.startswith("in/")] == expected
    n_sources = len(found)
    current = f"{n_sources - n_written} up to date"
    assert summary == (f"{n_written} written, {current}" if n_written else current)
    assert [row["source"] for row in found] == sorted(row["source"] for row in found)
    # The new manifest knows what was found.
    opened.clear()
    assert update("in", "-o", "out/", "--since", "n.jsonl")[0] == f"{n_sources} up to date"
    assert opened == (["in/bb.wav"] if not found else [])


@pytest.mark.parametrize(
    "words", [["--brightness", "2"], ["--no-metadata"], ["--refuse", "silent"], ["--window-size", "128"]], ids=str
)
def test_with_other_settings_or_checks_everything_is_opened(words: list[str], opened: list[str]) -> None:
    update("in", "-o", "out/")
    opened.clear()
    summary, _ = update("in", "-o", "out/", *words, "--since", "m.jsonl")
    assert [path for path in opened if path.startswith("in/")] == [f"in/{name}" for name in NAMES]
    assert summary == ("4 up to date" if "silent" in words else "4 written")


def test_another_analysis_version_opens_everything(monkeypatch: pytest.MonkeyPatch, opened: list[str]) -> None:
    update("in", "-o", "out/")
    monkeypatch.setattr("wav2spec.render.metadata.ANALYSIS_VERSION", 9)
    opened.clear()
    assert update("in", "-o", "out/", "--since", "m.jsonl")[0] == "4 written"


def test_a_recording_that_changed_a_moment_ago_is_opened(opened: list[str]) -> None:
    # In an hour, so that it stays recent however long a run takes.
    os.utime("in/a.wav", (time.time() + 3600,) * 2)
    _, found = update("in", "-o", "out/")
    assert [row["source_id"] is None for row in found] == [True, False, False, False]
    opened.clear()
    update("in", "-o", "out/", "--since", "m.jsonl")
    assert [path for path in opened if path.startswith("in/")] == ["in/a.wav"]


def test_manifests_of_parts_are_read_together_and_again_in_parts(opened: list[str]) -> None:
    for part in (1, 2, 3):
        update("in", "-o", "out/", "--part", f"{part}/3", manifest="p%d.jsonl", part=part)
    opened.clear()
    assert update("in", "-o", "out/", "--since", "p?.jsonl")[0] == "4 up to date"
    assert update("in", "-o", "out/", "--since", "p1.jsonl", "--since", "p[23].jsonl")[0] == "4 up to date"
    assert not opened
    for part in (1, 2):
        update("in", "-o", "out/", "--part", f"{part}/2", "--since", "m.jsonl", manifest="q%d.jsonl", part=part)
    assert not opened
    assert sum(len(rows(Path(f"q{part}.jsonl"))) for part in "12") == 4
    update("in", "-o", "out/", "--since", "p1.jsonl")
    assert [path for path in opened if path.startswith("in/")] == ["in/b.wav", "in/deep/c.wav"]


def test_of_several_manifests_the_last_counts(opened: list[str]) -> None:
    update("in", "-o", "out/", manifest="old.jsonl")
    record("in/b.wav", 77)
    update("in", "-o", "out/", manifest="new.jsonl")
    opened.clear()
    assert update("in", "-o", "out/", "--since", "old.jsonl", "--since", "new.jsonl")[0] == "4 up to date"
    assert not opened


def test_paths_lead_from_the_directory_that_the_rows_name(opened: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    Path("kept").mkdir()
    update("in", "-o", "out/", manifest="kept/m.jsonl")
    shutil.copy("kept/m.jsonl", "m.jsonl")
    opened.clear()
    assert update("in", "-o", "out/", "--since", "kept/m.jsonl", manifest="n.jsonl")[0] == "4 up to date"
    monkeypatch.chdir("kept")
    _, found = update("../in", "-o", "../out/", "--since", "m.jsonl", manifest="n.jsonl")
    assert not opened
    assert [row["source"] for row in found] == [f"../in/{name}" for name in NAMES]
    # The same words from another folder mean other files.
    for path in (".", "../other"):
        Path(path).mkdir(exist_ok=True)
    monkeypatch.chdir("../other")
    _, found = update("../in", "-o", "../out/", "--since", "../kept/n.jsonl", manifest="n.jsonl")
    assert (not opened, {row["directory"] for row in found}) == (True, {"."})
    shutil.copytree("../in", "in", copy_function=shutil.copy2)
    _, found = update("in", "-o", "out/", "--since", "../m.jsonl", manifest="n.jsonl")
    assert [row["status"] for row in found] == ["written"] * 4


def test_what_failed_is_tried_again_and_what_a_check_left_out_is_not(opened: list[str]) -> None:
    Path("in/b.wav").write_bytes(b"no WAV")
    write(Path("in/z.wav"), np.zeros(2000))
    for name in ("in/b.wav", "in/z.wav"):
        os.utime(name, (OLD, OLD))
    words = ("in", "-o", "out/", "--skip", "silent")
    update(*words, code=1)
    opened.clear()
    summary, found = update(*words, "--since", "m.jsonl", manifest="n.jsonl", code=1)
    assert summary == "3 up to date, 1 left out by a check, 1 failed"
    assert opened == ["in/b.wav"]
    assert [row["status"] for row in found] == ["current", "failed", "current", "current", "excluded"]


def test_warnings_of_rows_are_printed_again() -> None:
    write(Path("in/z.wav"), np.zeros(2000))
    os.utime("in/z.wav", (OLD, OLD))
    words = ("in", "-o", "out/", "--warn", "silent", "--update", "--manifest", "m.jsonl")
    first = invoke(*words).stderr
    again = invoke(*words, "--since", "m.jsonl").stderr
    assert "silent" in first
    assert again.splitlines()[:-1] == first.splitlines()[:-1]


@pytest.mark.parametrize(
    ("deleted", "made"), [("in/a.wav", ["s-000.tar", "s-001.tar"]), ("in/deep/d.wav", ["s-001.tar"])]
)
def test_a_shard_of_which_a_source_is_gone_is_made_anew(deleted: str, made: list[str], opened: list[str]) -> None:
    record("in/deep/e.wav", 11)
    words = ("in", "-o", "out/s-%03d.tar", "--shard-size", "3")
    update(*words)
    os.unlink(deleted)
    before = {path.name: path.read_bytes() for path in Path("out").iterdir()}
    opened.clear()
    update(*words, "--since", "m.jsonl")
    after = {path.name: path.read_bytes() for path in Path("out").iterdir()}
    assert [name for name in sorted(after) if after[name] != before[name]] == made
    assert {path for path in opened if path.startswith("out/")} == {f"out/{name}" for name in made}


def test_a_check_and_a_dry_run_ask_the_manifest_too(opened: list[str]) -> None:
    update("in", "-o", "out/")
    os.unlink("out/a.png")
    opened.clear()
    checked = invoke("in", "-o", "out/", "--check", "--since", "m.jsonl")
    assert (checked.return_value, checked.stdout) == (1, "missing\tout/a.png\n")
    dry = invoke("in", "-o", "out/", "--update", "--dry-run", "--since", "m.jsonl")
    assert dry.stdout == "in/a.wav -> out/a.png\n"
    assert {path for path in opened if path.startswith("in/")} == {"in/a.wav"}


def test_names_of_bytes_and_other_spellings_of_json_do_no_harm(opened: list[str]) -> None:
    os.rename("in/a.wav", b'in/\xff "\\ \xe2\x82\xac.wav')
    _, first = update("in", "-o", "out/")
    text = "".join(json.dumps(row, separators=(",", ":"), sort_keys=True) + "\n" for row in first)
    Path("m.jsonl").write_text(text)
    opened.clear()
    assert update("in", "-o", "out/", "--since", "m.jsonl", manifest="n.jsonl")[0] == "4 up to date"
    assert not opened


def test_a_manifest_without_versions_is_no_help_and_no_harm(opened: list[str]) -> None:
    assert invoke("in", "-o", "out/", "--manifest", "m.jsonl").return_value == 0
    opened.clear()
    assert update("in", "-o", "out/", "--since", "m.jsonl", manifest="n.jsonl")[0] == "4 up to date"
    assert len(opened) == 8
    Path("empty.jsonl").write_bytes(b"")
    assert update("in", "-o", "out/", "--since", "empty.jsonl")[0] == "4 up to date"


def test_pages_and_figures_of_several_recordings_are_opened_as_before(opened: list[str]) -> None:
    Path("labels.txt").write_text("0.01\t0.02\tword\n")
    for words in (
        ("compare", "in/a.wav", "in/b.wav", "c.png", "--dpi", "30"),
        ("plot", "in/a.wav", "p.png", "--dpi", "30", "--labels", "labels.txt"),
        ("explore", "in/a.wav", "page.html"),
    ):
        assert invoke(*words, "--update", "--manifest", "m.jsonl").return_value == 0
        opened.clear()
        assert invoke(*words, "--update", "--since", "m.jsonl", "--manifest", "n.jsonl").return_value == 0
        assert opened
        (row,) = rows(Path("n.jsonl"))
        assert (row["status"], row["recipe_sha256"]) == ("current", None)


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--since", "none.jsonl", "--update"], FAILED, "none.jsonl: no such file"),
        (["--since", "in/a.wav", "--update"], FAILED, "in/a.wav: is no manifest"),
        (["--since", "in", "--update"], FAILED, "in: Is a directory"),
        (["--since", "list.jsonl", "--update"], FAILED, "list.jsonl: is no manifest of wav2spec (at byte 0)"),
        (["--since", "deep.jsonl", "--update"], FAILED, "deep.jsonl: is no manifest"),
        (["--since", "odd.jsonl", "--update"], FAILED, "odd.jsonl: is no manifest"),
        (["--since", "m.jsonl"], USAGE_ERROR, "needs --update or --check"),
    ],
    ids=["missing", "no manifest", "folder", "a list", "deep", "odd", "plain run"],
)
def test_what_is_no_manifest_is_an_error_before_any_work(words: list[str], code: int, message: str) -> None:
    Path("m.jsonl").write_bytes(b"")
    Path("list.jsonl").write_text("[1, 2]\n")
    Path("deep.jsonl").write_text("[" * 10**5 + "\n")
    odd = {"source": "in/a.wav", "target": 7, "status": "written", "warnings": [], "directory": "."}
    Path("odd.jsonl").write_text(json.dumps(odd) + "\n")
    result = run_in_process("in", "-o", "out/", *words)
    assert result.returncode == code
    assert message in result.stderr.decode()
    assert not Path("out").exists()
