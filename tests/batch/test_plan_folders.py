"""Folders and lists become jobs, and what cannot be is found before any work."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from folders import contents
from in_process import run_in_process
from program import AS_OTHERS, FAILED, USAGE_ERROR, error_of, needs_setpriv, wrapped
from recordings import SAMPLES

from wav2spec.batch.jobs import Job, Unusable
from wav2spec.batch.name_list import NameList
from wav2spec.batch.plan import check_directories, plan_jobs
from wav2spec.errors import OutputError, SettingError
from wav2spec.settings.choices import Format
from wav2spec.storage.listing import Patterns


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def touch(*names: str) -> None:
    for name in names:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def list_of(*names: str, null: bool = False) -> NameList:
    """Return a list of names, as ``--files-from`` reads it."""
    end = b"\0" if null else b"\n"
    Path("list").write_bytes(b"".join(os.fsencode(name) + end for name in names))
    return NameList("list", null=null)


def jobs_of(
    words: tuple[str, ...], output: str | None = None, format: Format | None = None, **options: Any
) -> list[Job]:
    """Plan what has nothing unusable in it."""
    plan = plan_jobs(words, output, format, **options)
    jobs = [item for item in plan if isinstance(item, Job)]
    assert len(jobs) == plan.n_jobs
    return jobs


def pairs(*words: str, output: str | None = None, listed: tuple[str, ...] | None = None) -> list[tuple[str, str]]:
    jobs = jobs_of(words, output, listed=None if listed is None else list_of(*listed))
    return [(os.path.normpath(job.source), os.path.normpath(job.target)) for job in jobs]


def refusal(*words: str, output: str | None = None, listed: tuple[str, ...] | None = None) -> str:
    with pytest.raises(SettingError) as caught:
        plan_jobs(words, output, listed=None if listed is None else list_of(*listed))
    assert caught.value.name == "output"
    return caught.value.message


@pytest.mark.parametrize("folder", ["in", "in/", "./in", "x/../in"])
@pytest.mark.parametrize("output", ["out", "out/", "./out"])
def test_the_tree_of_a_folder_is_mirrored(folder: str, output: str) -> None:
    touch("in/b.wav", "in/a/c.WAV", "in/a/deep/d.wav", "in/notes.txt", "x/other.wav")
    Path("x").mkdir(exist_ok=True)
    jobs = jobs_of((folder,), output)
    assert [os.path.normpath(job.source) for job in jobs] == ["in/a/c.WAV", "in/a/deep/d.wav", "in/b.wav"]
    assert [os.path.normpath(job.target) for job in jobs] == ["out/a/c.png", "out/a/deep/d.png", "out/b.png"]
    assert all(job.make_directory and job.replaces == "foreign" for job in jobs)


def test_without_an_output_pictures_go_beside_their_sources_and_keep_what_is_foreign() -> None:
    touch("in/b.wav", "in/a/c.WAV")
    jobs = jobs_of(("in",))
    assert [(job.source, job.target) for job in jobs] == [("in/a/c.WAV", "in/a/c.png"), ("in/b.wav", "in/b.png")]
    assert all(job.replaces == "own" and not job.make_directory for job in jobs)
    assert {job.replaces for job in jobs_of(("in",), force=True)} == {"anything"}


def test_the_folder_we_are_in_is_mirrored_without_a_dot() -> None:
    touch("a.wav", "b/c.wav")
    assert pairs(".", output="out") == [("a.wav", "out/a.png"), ("b/c.wav", "out/b/c.png")]


def test_of_several_words_folders_keep_their_names_as_with_cp() -> None:
    touch("z/1.wav", "z/y/2.wav", "a/3.wav", "m/n/4.wav", "m/n/5.wav")
    assert pairs("z", "m/n/4.wav", "a/", "m/n", output="out") == [
        ("z/1.wav", "out/z/1.png"),
        ("z/y/2.wav", "out/z/y/2.png"),
        ("m/n/4.wav", "out/4.png"),
        ("a/3.wav", "out/a/3.png"),
        ("m/n/4.wav", "out/n/4.png"),
        ("m/n/5.wav", "out/n/5.png"),
    ]
    os.chdir("z")
    assert pairs(".", "../a", output="../out")[0] == ("1.wav", "../out/z/1.png")


def test_a_last_folder_that_holds_recordings_is_not_taken_for_the_target_unawares() -> None:
    touch("train/a.wav", "valid/deep/b.wav", "pictures/old.png")
    assert refusal("train", "valid/").startswith("valid/ holds recordings: ")
    assert pairs("train", "pictures/") == [("train/a.wav", "pictures/a.png")]
    assert pairs("train/a.wav", "valid/") == [("train/a.wav", "valid/a.png")]


def test_patterns_choose_of_folders_and_not_of_files_that_are_named() -> None:
    touch("in/a.flac", "in/b.wav", "in/old/c.flac", "d.wav")
    jobs = jobs_of(("in", "d.wav"), "out", patterns=Patterns(("*.flac",), ("old", "d.wav")))
    assert [job.source for job in jobs] == ["in/a.flac", "d.wav"]


def test_the_suffix_and_the_format_are_those_of_every_target() -> None:
    touch("in/a.wav", "in/b/c.wav")
    assert [job.target for job in jobs_of(("in",), suffix="-x")] == ["in/a-x.png", "in/b/c-x.png"]
    jobs = jobs_of(("in",), "out", "npy")
    assert [(job.target, job.format) for job in jobs] == [("out/a.npy", "npy"), ("out/b/c.npy", "npy")]


def test_a_list_comes_after_the_words_in_its_own_order_and_its_folders_are_walked() -> None:
    touch("in/b.wav", "in/c/d.wav", "x/a.wav", "y.wav", "w/z.wav")
    found = pairs("w/z.wav", output="out", listed=("y.wav", "in", "x/a.wav"))
    assert [source for source, _ in found] == ["w/z.wav", "y.wav", "in/b.wav", "in/c/d.wav", "x/a.wav"]
    assert [target for _, target in found] == [f"out/{name}.png" for name in ("z", "y", "in/b", "in/c/d", "x/a")]


@pytest.mark.parametrize(
    ("listed", "targets"),
    [
        (("./a/x.wav", "./a/b/x.wav"), ["x", "b/x"]),
        (("a/x.wav", "b/x.wav"), ["a/x", "b/x"]),
        (("./a/x.wav", "b/../b/x.wav", "/ROOT/c/x.wav"), ["a/x", "b/x", "c/x"]),
        (("a/x.wav", "ab/x.wav"), ["a/x", "ab/x"]),
        (("a/b/x.wav", "a/b/y.wav"), ["x", "y"]),
        (("a/b/x.wav",), ["x"]),
        (("none/x.wav", "a/x.wav"), ["none/x", "a/x"]),
    ],
)
@pytest.mark.parametrize("null", [False, True])
def test_a_list_mirrors_its_folders_below_the_one_that_all_names_share(
    listed: tuple[str, ...], targets: list[str], null: bool
) -> None:
    names = [name.replace("/ROOT", os.getcwd()) for name in listed]
    jobs = jobs_of((), "out", listed=list_of(*names, null=null))
    assert [job.source for job in jobs] == names
    assert [os.path.normpath(job.target) for job in jobs] == [f"out/{target}.png" for target in targets]


def test_a_list_of_many_pieces_is_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wav2spec.batch.name_list._PIECE_BYTES", 7)
    names = [f"{number % 3}/{'x' * (number % 11)}{number}.wav" for number in range(200)]
    found = list_of(*names)
    assert (list(found), found.n_names, found.common) == (names, 200, os.getcwd())
    Path("list").write_bytes(b"\n\na.wav\n\nb.wav")
    assert list(NameList("list")) == ["a.wav", "b.wav"]


def test_a_list_of_names_that_end_with_nul_read_without_0_is_refused() -> None:
    list_of("a.wav", "b.wav", null=True)
    with pytest.raises(SettingError, match="did you mean -0"):
        NameList("list")


def test_with_a_list_the_second_word_is_a_source_and_the_output_a_folder() -> None:
    touch("a.wav", "b.npy")
    assert pairs("a.wav", "b.npy", listed=()) == [("a.wav", "a.png"), ("b.npy", "b.png")]
    assert pairs(output="out", listed=("x/a.wav",)) == [("x/a.wav", "out/a.png")]


def test_of_nothing_there_is_nothing_to_do() -> None:
    assert pairs(listed=()) == pairs(output="out", listed=()) == []


def test_a_dash_from_a_list_is_a_file_of_that_name() -> None:
    assert pairs(listed=("-",)) == [("-", "-.png")]
    assert pairs(output="out", listed=("-",)) == [("-", "out/-.png")]
    (job,) = jobs_of((), listed=list_of("-"))
    assert "-" not in (job.source, job.target)


@pytest.mark.parametrize("output", ["out.png", "out.npy", "OUT.PNG", "-"])
@pytest.mark.parametrize(("words", "listed"), [(("in",), None), ((), ("a.wav",)), ((), ())])
def test_a_folder_or_a_list_does_not_go_into_one_picture(
    output: str, words: tuple[str, ...], listed: tuple[str, ...] | None
) -> None:
    touch("in/a.wav")
    assert refusal(*words, output=output, listed=listed).startswith(f"{output} is one target for several sources")


def test_a_folder_and_a_dash_are_a_folder_to_standard_output_which_is_refused() -> None:
    touch("in/a.wav")
    assert "one target for several sources" in refusal("in", "-")
    assert "one target for several sources" in refusal("in", "out.png")


@pytest.mark.parametrize("words", [("in",), ("in", "b.wav")])
def test_a_folder_that_is_there_is_one_though_it_is_named_like_a_picture(words: tuple[str, ...]) -> None:
    touch("in/a.wav", "b.wav", "out.png/old.txt")
    mirrored = "in/a" if len(words) > 1 else "a"
    assert pairs(*words, output="out.png")[0] == ("in/a.wav", f"out.png/{mirrored}.png")
    assert pairs(output="out.png", listed=("in",)) == [("in/a.wav", "out.png/a.png")]
    assert pairs("in", output="new.png/") == [("in/a.wav", "new.png/a.png")]


@pytest.mark.parametrize(
    ("words", "output", "sources", "target"),
    [
        (("in",), None, ("in/x.WAV", "in/x.wav"), "in/x.png"),
        (("in",), "out", ("in/x.WAV", "in/x.wav"), "out/x.png"),
        (("a", "b"), "out", ("a/c/y.wav", "b/c/y.wav"), None),
        (("a/c", "b/c"), "out", ("a/c/y.wav", "b/c/y.wav"), "out/c/y.png"),
        (("a", "a"), None, ("a/c/y.wav", "a/c/y.wav"), "a/c/y.png"),
        (("a", "link"), None, ("a/c/y.wav", "link/c/y.wav"), "link/c/y.png"),
        (("a", "y.wav"), "out/c", ("a/c/y.wav", "b/c/y.wav"), None),
        (("a", "b/c"), "to_a", ("a/c/y.wav", "b/c/y.wav"), None),
        (("links",), "out", ("links/1/y.wav", "links/2/y.wav"), None),
    ],
)
def test_two_sources_for_one_target_are_refused_and_named(
    words: tuple[str, ...], output: str | None, sources: tuple[str, str], target: str | None
) -> None:
    touch("in/x.wav", "in/x.WAV", "a/c/y.wav", "b/c/y.wav", "y.wav")
    Path("link").symlink_to("a")
    Path("links").mkdir()
    for name in "12":
        Path("links", name).symlink_to("../a/c")
    if target is None:
        assert len(pairs(*words, output=output)) == 2
    else:
        assert refusal(*words, output=output) == f"{sources[0]} and {sources[1]} would both be written to {target}"


def test_targets_in_one_folder_by_two_names_are_one_target() -> None:
    touch("a/x/1.wav", "a/y/1.wav", "out/x/old")
    Path("out/y").symlink_to("x")
    assert refusal("a", output="out") == "a/x/1.wav and a/y/1.wav would both be written to out/y/1.png"


@pytest.mark.parametrize("there", [True, False])
def test_a_target_that_is_a_link_to_anothers_target_is_one_target(there: bool) -> None:
    """A link is followed and kept, so that both would be written into the file behind it."""
    touch("a.wav", "b.wav")
    if there:
        touch("b.png")
    Path("a.png").symlink_to("b.png")
    assert "would both be written to" in refusal("a.wav", "b.wav")


@pytest.mark.parametrize("make_link", [os.link, os.symlink], ids=["hard link", "symbolic link"])
def test_a_target_that_is_a_link_to_anothers_source_is_refused(make_link: Callable[[str, str], None]) -> None:
    touch("in/a.wav", "x/b.wav", "out/old.txt")
    make_link(os.path.abspath("x/b.wav"), "out/a.png")
    assert refusal("in/a.wav", "x", output="out") == "out/a.png is to be written, but it is the recording x/b.wav"
    assert refusal("x", "in/a.wav", output="out") == "out/a.png is to be written, but it is the recording x/b.wav"


def test_a_target_that_is_anothers_source_is_refused() -> None:
    touch("a.wav", "a-x.png")
    with pytest.raises(SettingError) as caught:
        plan_jobs(("a-x.png", "a.wav"), suffix="-x")
    assert caught.value.message == "a-x.png is to be written, but it is the recording a-x.png"


@pytest.mark.parametrize(
    "words", [("in/a.wav", "out/a.png", "-o", "out"), ("in", "-o", "out"), ("in/b.wav", "twin/b.wav", "-o", "new/")]
)
def test_what_cannot_be_is_a_usage_error_before_any_work(words: tuple[str, ...], tmp_path: Path) -> None:
    for name in ("in/0.wav", "in/a.wav", "in/b.wav", "out/a.png", "twin/b.wav"):
        touch(name)
        Path(name).write_bytes((SAMPLES / "kick.wav").read_bytes())
    if words == ("in", "-o", "out"):
        os.unlink("out/a.png")
        os.link("in/b.wav", "out/a.png")
    before = contents(Path("in")), contents(Path("out"))
    result = run_in_process(*words, cwd=tmp_path)
    assert (result.returncode, result.stdout) == (USAGE_ERROR, b"")
    assert b"error: --output: " in result.stderr
    assert (contents(Path("in")), contents(Path("out"))) == before
    assert not os.path.exists("new")


@pytest.mark.parametrize("manifest", ["in/a.wav", "in/../in/b.wav", "out/a.png", "link.jsonl"])
def test_a_manifest_over_a_recording_or_a_picture_of_the_run_is_refused(manifest: str, tmp_path: Path) -> None:
    os.mkdir("in")
    recording = (SAMPLES / "kick.wav").read_bytes()
    for name in ("in/a.wav", "in/b.wav"):
        Path(name).write_bytes(recording)
    Path("link.jsonl").symlink_to("in/b.wav")
    result = run_in_process("in", "-o", "out", "--manifest", manifest, cwd=tmp_path)
    assert contents(Path("in")) == {"a.wav": recording, "b.wav": recording}
    assert result.returncode == USAGE_ERROR


@pytest.mark.parametrize(
    ("patterns", "words"),
    [
        (Patterns(("*.wav",)), "no files in it are named *.wav"),
        (Patterns(("*.flac", "x*")), "no files in it are named *.flac or x*"),
    ],
)
def test_a_folder_with_nothing_in_it_is_unusable(patterns: Patterns, words: str) -> None:
    touch("in/notes.txt", "in/.hidden.wav", "b.wav")
    empty, other = plan_jobs(("in", "b.wav"), "out", patterns=patterns)
    assert empty == Unusable("in", words)
    assert (other.source, type(other)) == ("b.wav", Job)


def test_several_folders_with_nothing_in_them_are_no_collision() -> None:
    os.mkdir("x")
    os.mkdir("y")
    assert [item.source for item in plan_jobs(("x", "y", "x"), "out") if isinstance(item, Unusable)] == ["x", "y", "x"]


def test_targets_whose_folders_are_there_or_can_be_made_pass() -> None:
    touch("in/a.wav", "in/b/c.wav", "out/b/d.png")
    Path("link").symlink_to("out")
    for output in (None, "out", "new/deep", "link", "."):
        check_directories(plan_jobs(("in",), output).head)
    check_directories([Job("a.wav", "-"), Unusable("x", "empty"), Job("a.wav", "a.png")])
    assert not os.path.exists("new")


@pytest.mark.parametrize(
    ("output", "named"),
    [("file", "file"), ("file/x", "file"), ("dangling", "dangling"), ("dangling/x", "dangling"), ("out", "out/b")],
)
def test_a_target_under_what_is_no_folder_is_refused(output: str, named: str) -> None:
    touch("in/a.wav", "in/b/c.wav", "file", "out/b")
    Path("dangling").symlink_to("nowhere")
    with pytest.raises(OutputError) as caught:
        check_directories(plan_jobs(("in",), output).head)
    assert (caught.value.path, caught.value.message) == (named, "is no folder")


@pytest.mark.system
@needs_setpriv
@pytest.mark.parametrize("output", ["locked", "locked/new", "out"])
def test_a_folder_that_cannot_be_written_into_is_found_before_any_work(output: str, tmp_path: Path) -> None:
    for name in ("in/a.wav", "in/b/c.wav"):
        touch(name)
        Path(name).write_bytes((SAMPLES / "kick.wav").read_bytes())
    locked = Path("out/b" if output == "out" else "locked")
    locked.mkdir(parents=True)
    locked.chmod(0o555)
    wrapper = AS_OTHERS if os.geteuid() == 0 else ()
    result = wrapped(*wrapper, words=("in", "-o", output), cwd=tmp_path)
    assert error_of(result) == f"wav2spec: error: {locked}: cannot be written into"
    assert result.returncode == FAILED
    assert not list(tmp_path.rglob("*.png"))
