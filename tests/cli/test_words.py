"""Words on the command line that are no files draw nothing, and are explained in one line."""

import os
from pathlib import Path

import pytest
from folders import folder_state, names
from in_process import done, invoke, usage_error
from recordings import SAMPLES

pytestmark = pytest.mark.usefixtures("recordings_here")


@pytest.fixture
def recordings_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("kick.wav", "snare.wav", "recordings/a.wav", "recordings/deep/b.wav"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_bytes((SAMPLES / "kick.wav").read_bytes())


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("recordings pictures", "pictures: no such file or folder; to write into a folder: -o pictures/"),
        ("kick.wav snare.wav pictures", "pictures: no such file or folder; to write into a folder: -o pictures/"),
        ("kick.wav out.jpg", "out.jpg: targets end in .png or .npy"),
        ("kick.wav none.wav", "none.wav: no such file or folder"),
        ("none.wav", "none.wav: no such file or folder"),
        ("none/", "none/: no such file or folder"),
        ("plot kick.wav out.jpg", "out.jpg: targets end in .png, .svg or .pdf"),
        ("plot kick.wav out", "out: no such file or folder; to write into a folder: -o out/"),
        ("plt kick.wav", "no command 'plt'; did you mean plot?"),
        ("lvels recordings", "no command 'lvels'; did you mean levels?"),
        ("kick.wav --window-size 25 ms", "25 ms: write 25ms"),
        ("kick.wav --fmax 8 khz", "8 khz: write 8khz"),
        ("kick.wav --magnitude-squared False", "False: --magnitude-squared takes no value"),
        ("kick.wav snare.wav out.png", "--output: out.png is one target for several sources; a directory ends in /"),
        ("recordings kick.wav -", "--output: - is one target for several sources; a directory ends in /"),
        (
            "recordings recordings/",
            "--output: recordings/ holds recordings: name it as the output, or without the slash",
        ),
        ("kick.wav -o out.jpg", "--output: out.jpg ends in .jpg; targets end in .png or .npy, directories in /"),
        ("plot kick.wav out.npy", "out.npy: targets end in .png, .svg or .pdf"),
        ("--update --check kick.wav", "--check: cannot be combined with --update"),
        ("--check --prune recordings", "--check: cannot be combined with --prune"),
        ("-0 kick.wav", "--null: needs --files-from"),
        ("kick.wav --part 3/2", "--part: '3/2' is neither auto nor a part such as 3/8"),
        ("kick.wav --refuse loud", "--refuse: "),
    ],
)
def test_what_cannot_be_meant_writes_nothing_and_is_explained(words: str, message: str, tmp_path: Path) -> None:
    before = folder_state(tmp_path)
    assert usage_error(*words.split()).startswith(message)
    assert folder_state(tmp_path) == before


def test_a_word_that_is_neither_a_file_nor_nearly_a_command_names_the_commands() -> None:
    assert "image, plot, compare" in usage_error("xyzzyq", "kick.wav")


@pytest.mark.parametrize("words", [["kick.wav", "new/"], ["kick.wav", "-o", "new"], ["kick.wav", "-o", "new/"]])
def test_a_folder_for_one_source_is_made_however_it_is_named(words: list[str]) -> None:
    done(*words)
    assert names(Path("new")) == ["kick.png"]


def test_the_folder_of_a_named_file_is_made() -> None:
    done("kick.wav", "-o", "deep/er/out.png")
    assert names(Path("deep/er")) == ["out.png"]


def test_commands_name_their_pictures_apart_and_keep_those_of_others() -> None:
    done("kick.wav")
    done("plot", "kick.wav", "--dpi", "30", "--size", "300x200")
    assert {"kick.png", "kick-plot.png"} <= set(names(Path(".")))
    before = Path("kick.png").read_bytes()
    for words in (["plot", "kick.wav", "kick.png"], ["image", "kick.wav", "kick-plot.png"]):
        result = invoke(*words)
        assert result.return_value == 1
        assert result.stderr.endswith("; --force replaces it\n")
    assert Path("kick.png").read_bytes() == before
    done("plot", "kick.wav", "kick.png", "--force", "--dpi", "30", "--size", "300x200")
    assert Path("kick.png").read_bytes() != before


def test_a_dry_run_of_an_update_lists_what_would_be_drawn(tmp_path: Path) -> None:
    done("recordings", "-o", "out")
    (tmp_path / "out" / "a.png").unlink()
    before = folder_state(tmp_path)
    result = done("recordings", "kick.wav", "-o", "out", "--dry-run", "--update")
    assert result.stdout.splitlines() == [
        "recordings/a.wav -> out/recordings/a.png",
        "recordings/deep/b.wav -> out/recordings/deep/b.png",
        "kick.wav -> out/kick.png",
    ]
    assert done("recordings", "-o", "out", "--dry-run", "--update").stdout == "recordings/a.wav -> out/a.png\n"
    assert folder_state(tmp_path) == before


def test_names_that_are_too_long_are_shortened_kept_apart_and_told() -> None:
    for number in range(3):
        Path("x" * 247 + f"{number}.wav").write_bytes(Path("kick.wav").read_bytes())
        Path("é" * 123 + f"{number}.wav").write_bytes(Path("kick.wav").read_bytes())
    long = sorted(path.name for path in Path(".").glob("*.wav") if len(path.name) > 20)
    # With a segment, a name has 11 bytes more.
    for words in (["--segment", "10s"], ["compare", "-j1", "--window", "hann", "--window", "hamming", "--dpi", "30"]):
        if words[0] == "compare":
            words += ["--size", "600x300"]
        result = done(*words, *long, "-o", f"{words[0].strip('-')}/")
        assert result.stderr.count("its name is too long for a target, which is named ") == 6
        assert result.stderr.endswith("6 written\n")
        found = names(Path(words[0].strip("-")))
        assert len(found) == 6
        # The same names again.
        assert done(*words, *long, "-o", f"{words[0].strip('-')}/", "--update").stderr.endswith("6 up to date\n")


@pytest.mark.parametrize("segment", ["a-0000000000.png", "./a-0000004000.png", "other/../a-0000004000.png"])
def test_a_manifest_does_not_take_the_name_of_a_segment(segment: str, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    before = folder_state(tmp_path)
    words = ("recordings/a.wav", "-o", ".", "--segment", "0.25", "--manifest", segment)
    assert usage_error(*words).startswith(f"--manifest: {segment} is to be written, but ./a.png is read or drawn")
    assert folder_state(tmp_path) == before
    done(*words[:-1], "a-000.jsonl")


def test_skip_leaves_out_on_purpose(tmp_path: Path) -> None:
    result = done("kick.wav", "recordings", "-o", "out", "--skip", "short:10")
    assert result.stderr == "wav2spec: 3 left out by a check\n"
    assert not (tmp_path / "out").exists()
    assert done("kick.wav", "snare.wav", "-o", "out", "--skip", "silent").stderr == "wav2spec: 2 written\n"


def test_a_list_with_nul_says_which_option_is_missing() -> None:
    Path("list").write_bytes(b"kick.wav\0snare.wav\0")
    assert usage_error("--files-from", "list") == "--files-from: list: a name holds a NUL byte; did you mean -0?"
    assert done("--files-from", "list", "-0", "-o", "out").stderr == "wav2spec: 2 written\n"


def test_recordings_and_targets_may_lie_fifteen_hundred_folders_deep(tmp_path: Path) -> None:
    deep = "/".join("d" * 1500)
    recording = Path("kick.wav").read_bytes()
    os.mkdir("tree")
    os.chdir("tree")
    for _ in range(1500):
        os.mkdir("d")
        os.chdir("d")
    Path("a.wav").write_bytes(recording)
    os.chdir(tmp_path)
    try:
        assert done("tree", "-o", "out").stderr == ""
        assert os.path.isfile(f"out/{deep}/a.png")
        assert done("tree", "-o", "out", "--check").stderr == ""
    finally:
        # Python's own rmtree calls itself for each folder.
        for tree in ("tree", "out"):
            remove_chain(tmp_path / tree)


def remove_chain(folder: Path) -> None:
    """Remove a folder that holds files and at most one folder, and so on."""
    os.chdir(folder)
    depth = 0
    while True:
        for name in os.listdir("."):
            if not os.path.isdir(name):
                os.unlink(name)
        if not os.listdir("."):
            break
        os.chdir("d")
        depth += 1
    for _ in range(depth):
        os.chdir("..")
        os.rmdir("d")
