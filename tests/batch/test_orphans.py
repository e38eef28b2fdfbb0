"""Pictures whose recording or segment is gone are listed by `--check`, and removed by `--prune` alone."""

import os
from pathlib import Path

import numpy as np
import pytest
from folders import folder_state
from in_process import done, invoke, usage_error
from PIL import Image
from recordings import MakeWav


@pytest.fixture(autouse=True)
def tree(make_wav: MakeWav, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in" / "deep").mkdir(parents=True)
    for name in ("a", "b", "deep/c"):
        make_wav(f"in/{name}.wav", n_samples=16000)


def pictures(folder: str = "out") -> set[str]:
    return {str(path.relative_to(folder)) for path in Path(folder).rglob("*") if path.is_file()}


def lose(*names: str) -> None:
    for name in names:
        os.unlink(f"in/{name}.wav")


@pytest.mark.parametrize("output", [["-o", "out"], []])
def test_orphans_are_listed_by_check_and_removed_by_prune_and_nothing_else_is(output: list[str]) -> None:
    done("in", *output)
    done("plot", "in", "-j1", *output, "--dpi", "30", "--size", "300x200")
    lose("b", "deep/c")
    root = Path("out" if output else "in")
    Image.new("L", (4, 4)).save(root / "foreign.png")
    (root / "notes.txt").write_text("mine")
    done("in/a.wav", "-o", root / "values.npy")
    before = folder_state(root)
    result = invoke("in", *output, "--check")
    assert (result.return_value, result.stderr) == (1, "wav2spec: 1 up to date, 2 orphaned\n")
    assert set(result.stdout.splitlines()) == {f"orphan\t{root}/b.png", f"orphan\t{root}/deep/c.png"}
    result = done("in", *output, "--dry-run", "--prune")
    assert set(result.stdout.splitlines()) == {f"orphan\t{root}/b.png", f"orphan\t{root}/deep/c.png"}
    assert folder_state(root) == before
    assert done("in", *output, "--prune").stderr == "wav2spec: 2 removed\n"
    left = folder_state(root)
    assert before.keys() - left.keys() == {f"{root}/b.png", f"{root}/deep/c.png"}
    assert {name: left[name] for name in left if not os.path.isdir(name)} == {
        name: before[name] for name in left if not os.path.isdir(name)
    }
    done("in", *output, "--check")


def test_prune_alone_draws_nothing_and_with_update_it_does() -> None:
    done("in", "-o", "out")
    lose("b")
    os.unlink("out/a.png")
    done("in", "-o", "out", "--prune")
    assert pictures() == {"deep/c.png"}
    (Path("in") / "deep" / "c.wav").rename("in/d.wav")
    # The only picture is of none of the recordings.
    assert done("in", "-o", "out", "--update", "--prune", "--force").stderr == "wav2spec: 2 written, 1 removed\n"
    assert pictures() == {"a.png", "d.png"}


@pytest.mark.parametrize("options", [(), ("--update",), ("--dry-run",)])
@pytest.mark.parametrize(
    ("drawn", "pruned"),
    [
        (("in", "more"), ("more",)),
        (("in", "more"), ("in",)),
        (("in",), ("in/deep",)),
        (("in",), ("more",)),
        (("in",), ("--files-from", "list")),
    ],
)
def test_a_folder_that_was_drawn_from_other_sources_is_not_pruned(
    make_wav: MakeWav, drawn: tuple[str, ...], pruned: tuple[str, ...], options: tuple[str, ...]
) -> None:
    Path("more").mkdir()
    for name in ("y", "z"):
        make_wav(f"more/{name}.wav")
    Path("list").write_text("more/y.wav\nmore/z.wav\n")
    done(*drawn, "-o", "out")
    before = pictures()
    message = usage_error(*pruned, "-o", "out", "--prune", *options)
    assert message.startswith("--prune: no picture in out")
    assert message.endswith("; if they were drawn from there, --force removes them all")
    assert pictures() == before


def test_segments_that_are_gone_are_orphans(make_wav: MakeWav) -> None:
    words = ("in", "-o", "out", "--segment", "0.25")
    done(*words)
    assert len(pictures()) == 12
    make_wav("in/a.wav", n_samples=8000)
    lose("b")
    gone = {"a-0000008000.png", "a-0000012000.png", *(f"b-{n:010}.png" for n in range(0, 16000, 4000))}
    listed = done(*words, "--dry-run", "--prune").stdout.splitlines()
    assert set(listed) == {f"orphan\tout/{name}" for name in gone}
    # A run about whole recordings does not know which segments there are.
    assert set(done("in", "-o", "out", "--dry-run", "--prune").stdout.splitlines()) == {
        f"orphan\tout/{name}" for name in gone if name.startswith("b")
    }
    before = pictures()
    assert done(*words, "--prune").stderr == "wav2spec: 6 removed\n"
    assert pictures() == before - gone


def test_pictures_of_recordings_that_are_there_but_were_left_out_are_no_orphans() -> None:
    done("in", "-o", "out")
    before = pictures()
    for options in (["--exclude", "b.wav"], ["--include", "a*"], ["--refuse", "short:60"], ["--skip", "short:60"]):
        invoke("in", "-o", "out", "--update", "--prune", *options)
        assert pictures() == before
    Path("in/b.wav").write_bytes(b"no WAV")
    invoke("in", "-o", "out", "--update", "--prune")
    invoke("in", "-o", "out", "--update", "--prune", "--segment", "0.5")
    assert pictures() >= before


def test_nothing_is_removed_where_a_folder_is_empty_or_cannot_be_listed() -> None:
    done("in", "-o", "out")
    before = pictures()
    lose("a", "b", "deep/c")
    result = invoke("in", "-o", "out", "--prune")
    assert result.return_value == 1
    assert "nothing was removed, since not all sources are known" in result.stderr
    assert pictures() == before


def test_a_picture_that_is_found_by_two_names_is_no_orphan() -> None:
    Path("out/x").mkdir(parents=True)
    Path("out/deep").symlink_to("x")
    done("in", "-o", "out")
    assert done("in", "-o", "out", "--dry-run", "--prune").stdout == ""


def test_several_folders_have_their_own_trees(make_wav: MakeWav, tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    make_wav("more/z.wav", samples=np.zeros(4000))
    done("in", "more", "-o", "out")
    os.unlink("more/z.wav")
    make_wav("more/y.wav")
    lose("deep/c")
    listed = done("in", "more", "-o", "out", "--dry-run", "--prune").stdout.splitlines()
    assert set(listed) == {"orphan\tout/in/deep/c.png", "orphan\tout/more/z.png"}


def test_what_is_named_one_by_one_has_no_orphans() -> None:
    done("in", "-o", "out")
    assert done("in/a.wav", "in/b.wav", "-o", "out", "--check").stdout == ""
    assert usage_error("in/a.wav", "in/b.wav", "-o", "out", "--prune").startswith(
        "--prune: needs a folder of recordings"
    )
