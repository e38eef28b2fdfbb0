"""Which files of a folder are found, and in which order."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from program import AS_OTHERS, HANGS_AFTER_S, needs_setpriv

from wav2spec.storage.listing import WAV_FILES, Patterns, Unreadable, find_files


def make(root: Path, *names: str) -> Path:
    """Make empty files, and folders if the name ends in a slash."""
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir() if name.endswith("/") else path.touch()
    return root


def walked(root: str | Path, *include: str, exclude: tuple[str, ...] = ()) -> list[str | Unreadable]:
    return list(find_files(str(root), Patterns(include or WAV_FILES.include, exclude)))


def test_files_come_sorted_by_name_each_folder_in_its_place(tmp_path: Path) -> None:
    make(tmp_path, "b.wav", "a/z.wav", "c/x.wav", "a/b/y.wav", "a.wav", "Z.wav", "a/c.wav", "10.wav", "9.wav")
    expected = ["10.wav", "9.wav", "Z.wav", "a/b/y.wav", "a/c.wav", "a/z.wav", "a.wav", "b.wav", "c/x.wav"]
    assert walked(tmp_path) == expected


def test_a_folder_that_ends_in_a_slash_and_the_one_we_are_in_are_walked_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, "a.wav", "b/c.wav")
    monkeypatch.chdir(tmp_path)
    assert walked(".") == walked(f"{tmp_path}/") == walked("b/..") == ["a.wav", "b/c.wav"]


def test_nothing_is_found_in_an_empty_folder(tmp_path: Path) -> None:
    assert walked(make(tmp_path, "a/b/")) == []


def test_wav_files_are_taken_in_any_case_and_nothing_else(tmp_path: Path) -> None:
    make(tmp_path, "a.wav", "b.WAV", "c.Wav", "d.wave", "e.wav.txt", "wav", "f.mp3", "g.wav~", "h.xwav")
    assert walked(tmp_path) == ["a.wav", "b.WAV", "c.Wav"]


def test_hidden_files_are_left_out_and_hidden_folders_not_entered_even_if_a_pattern_names_them(tmp_path: Path) -> None:
    make(tmp_path, ".a.wav", ".wav", ".git/b.wav", "c/.d/e.wav", "c/f.wav")
    assert walked(tmp_path) == walked(tmp_path, "*", ".*", ".git/*", "*/.d/*") == ["c/f.wav"]


def test_a_hidden_folder_that_is_named_is_walked(tmp_path: Path) -> None:
    make(tmp_path, ".git/b.wav")
    assert walked(tmp_path / ".git") == ["b.wav"]


@pytest.mark.parametrize(
    ("include", "exclude", "taken"),
    [
        (("*.flac",), (), ["take/b.flac"]),
        (("*.flac", "C.*"), (), ["take/b.flac", "take/old/c.wav"]),
        (("*.WAV",), (), ["a.wav", "take/a.wav", "take/old/c.wav", "x/a.wav"]),
        (("take/*.wav",), (), ["take/a.wav", "take/old/c.wav"]),
        (("*/A.wav",), (), ["take/a.wav", "x/a.wav"]),
        (("take/?.wav",), (), ["take/a.wav"]),
        (("[!a].wav",), (), ["take/old/c.wav"]),
        (("*.wav",), ("a.*",), ["take/old/c.wav"]),
        (("*.wav",), ("OLD",), ["a.wav", "take/a.wav", "x/a.wav"]),
        (("*.wav",), ("take/old",), ["a.wav", "take/a.wav", "x/a.wav"]),
        (("*.wav",), ("take/*",), ["a.wav", "x/a.wav"]),
        (("*.wav",), ("old/c.wav",), ["a.wav", "take/a.wav", "take/old/c.wav", "x/a.wav"]),
        (("*.wav",), ("x", "Take/A.*"), ["a.wav", "take/old/c.wav"]),
        (("*.wav",), ("*",), []),
    ],
)
def test_a_pattern_is_held_against_names_and_with_a_slash_against_the_path_within(
    include: tuple[str, ...], exclude: tuple[str, ...], taken: list[str], tmp_path: Path
) -> None:
    # What the folders above are named does not matter.
    root = make(tmp_path / "old" / "take", "a.wav", "take/a.wav", "take/b.flac", "take/old/c.wav", "x/a.wav")
    assert walked(root, *include, exclude=exclude) == taken


def test_a_folder_is_entered_whatever_files_are_to_be_named(tmp_path: Path) -> None:
    make(tmp_path, "x.wav/y.wav", "z/a.wav")
    assert walked(tmp_path) == ["x.wav/y.wav", "z/a.wav"]
    assert walked(tmp_path, "a*") == ["z/a.wav"]


def test_what_is_no_regular_file_is_taken_by_its_name(tmp_path: Path) -> None:
    """Why it cannot be drawn is then said, instead of nothing."""
    os.mkfifo(tmp_path / "fifo.wav")
    (tmp_path / "dangling.wav").symlink_to("nowhere")
    (tmp_path / "circle.wav").symlink_to("circle.wav")
    (tmp_path / "circle").symlink_to("circle")
    assert walked(tmp_path) == ["circle.wav", "dangling.wav", "fifo.wav"]


def test_links_to_files_and_folders_are_followed_within_and_without(tmp_path: Path) -> None:
    root = make(tmp_path / "root", "a/x.wav")
    make(tmp_path / "other", "y.wav", "deep/z.wav")
    (root / "b").symlink_to(tmp_path / "other")
    (root / "c").symlink_to("a")
    (root / "d.wav").symlink_to("../other/y.wav")
    assert walked(root) == ["a/x.wav", "b/deep/z.wav", "b/y.wav", "c/x.wav", "d.wav"]
    (tmp_path / "link").symlink_to("root")
    assert walked(tmp_path / "link") == walked(root)


@pytest.mark.parametrize(
    ("links", "found"),
    [
        ({"a/self": "."}, ["a/x.wav", "b/c/y.wav"]),
        ({"a/up": ".."}, ["a/x.wav", "b/c/y.wav"]),
        ({"b/c/up": "../.."}, ["a/x.wav", "b/c/y.wav"]),
        ({"a/to_b": "../b", "b/to_a": "../a"}, ["a/to_b/c/y.wav", "a/x.wav", "b/c/y.wav", "b/to_a/x.wav"]),
        ({"b/1": ".", "b/2": ".", "b/c/3": "../c"}, ["a/x.wav", "b/c/y.wav"]),
        ({"a/above": "../.."}, ["a/above/z.wav", "a/x.wav", "b/c/y.wav"]),
    ],
    ids=["self", "parent", "top", "mutual", "several", "above"],
)
def test_links_in_a_circle_are_followed_to_each_path_once(
    links: dict[str, str], found: list[str], tmp_path: Path
) -> None:
    make(tmp_path, "root/a/x.wav", "root/b/c/y.wav", "z.wav")
    for name, target in links.items():
        (tmp_path / "root" / name).symlink_to(target)
    assert walked(tmp_path / "root") == found


def test_a_folder_that_is_not_there_is_unreadable(tmp_path: Path) -> None:
    assert walked(tmp_path / "none") == [Unreadable(str(tmp_path / "none"), "No such file or directory")]


@pytest.mark.system
@needs_setpriv
@pytest.mark.parametrize("mode", [0o000, 0o300])
def test_a_folder_that_may_not_be_listed_is_named_in_its_place_and_the_others_are_walked(
    mode: int, tmp_path: Path
) -> None:
    make(tmp_path, "a.wav", "b/c/x.wav", "b/y.wav", "z.wav")
    (tmp_path / "b" / "c").chmod(mode)
    code = "import sys; from wav2spec.storage.listing import *; print(*find_files(sys.argv[1], WAV_FILES), sep='\\n')"
    wrapper = AS_OTHERS if os.geteuid() == 0 else ()
    result = subprocess.run(
        [*wrapper, sys.executable, "-c", code, tmp_path], capture_output=True, text=True, timeout=HANGS_AFTER_S
    )
    (tmp_path / "b" / "c").chmod(0o700)
    refused = Unreadable(str(tmp_path / "b" / "c"), "Permission denied")
    assert result.stdout.splitlines() == ["a.wav", str(refused), "b/y.wav", "z.wav"]
    assert result.stderr == ""


@pytest.mark.parametrize("name", [b"two\nlines", b"caf\xe9", b"\xff\xfe", "naïve 🎸".encode(), b" ", b"[a]*?", b"-x"])
def test_any_name_that_a_file_may_have_is_found(name: bytes, tmp_path: Path) -> None:
    stem = os.fsdecode(name)
    make(tmp_path, f"{stem}.wav", f"{stem}/{stem}.WAV")
    assert walked(tmp_path) == [f"{stem}/{stem}.WAV", f"{stem}.wav"]
    assert walked(tmp_path, exclude=("?*.wav",)) == []


@pytest.fixture(scope="module")
def deep(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int]]:
    """Return a folder and how many folders lie in it, each in the one before; pytest itself could not remove them."""
    n_levels, paths = 1500, [f"{tmp_path_factory.mktemp('deep')}/d"]
    while len(paths) <= n_levels:
        paths.append(f"{paths[-1]}/d")
    for path in paths:
        os.mkdir(path)
    Path(paths[-1], "x.wav").touch()
    yield Path(paths[0]), n_levels
    os.unlink(f"{paths[-1]}/x.wav")
    for path in reversed(paths):
        os.rmdir(path)


def test_a_file_1500_folders_deep_is_found(deep: tuple[Path, int]) -> None:
    root, n_levels = deep
    assert walked(root) == ["d/" * n_levels + "x.wav"]


def test_a_path_longer_than_the_system_takes_is_unreadable_and_no_end(deep: tuple[Path, int]) -> None:
    root, n_levels = deep
    longer = f"{root}{'/.' * 1000}"
    found = walked(longer)
    assert [type(item) for item in found] == [Unreadable]
    (unreadable,) = found
    assert isinstance(unreadable, Unreadable)
    assert unreadable.message == "File name too long"
    assert unreadable.path.startswith(longer)
    assert len(unreadable.path) < len(longer) + 2 * n_levels


_STEMS = st.sampled_from(["a", "b", "B", ".h", "a b", "é", "\n", "\udce9", "x.wav"])
_FILES = st.tuples(_STEMS, st.sampled_from([".wav", ".WAV", ".txt"])).map("".join)
_TREES: st.SearchStrategy[dict[str, Any]] = st.recursive(
    st.dictionaries(_FILES, st.none(), max_size=5),
    lambda inner: st.builds(lambda files, folders: files | folders, inner, st.dictionaries(_STEMS, inner, max_size=3)),
    max_leaves=8,
)


def _build(folder: str, tree: dict[str, Any]) -> None:
    for name, inner in tree.items():
        path = os.path.join(folder, name)
        if inner is None:
            open(path, "w").close()
        else:
            os.mkdir(path)
            _build(path, inner)


def _paths(tree: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    for name, inner in tree.items():
        if inner is None:
            yield (name,)
        else:
            yield from ((name, *rest) for rest in _paths(inner))


@given(_TREES, st.sampled_from(["", "b", "x.wav"]))
def test_of_any_tree_those_files_are_found_that_are_neither_hidden_nor_left_out(
    tree: dict[str, Any], left_out: str
) -> None:
    with tempfile.TemporaryDirectory() as root:
        _build(root, tree)
        found = walked(root, exclude=(left_out,) if left_out else ())
    expected = [
        path
        for path in sorted(_paths(tree))
        if path[-1].lower().endswith(".wav")
        and not any(name.startswith(".") or name.lower() == left_out for name in path)
    ]
    assert found == ["/".join(path) for path in expected]
