"""Words become jobs as the help says."""

import os
import pickle
from pathlib import Path

import pytest

from wav2spec.batch.jobs import Job
from wav2spec.batch.naming import names_file
from wav2spec.batch.plan import Plan, plan_jobs
from wav2spec.batch.sources import MissingSourceError
from wav2spec.errors import OutputError, SettingError
from wav2spec.settings.choices import Format


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def planned(words: tuple[str, ...], output: str | None = None, format: Format | None = None) -> list[Job]:
    """Plan what becomes of sources that are there: all words but targets are made."""
    for word in words:
        if word != "-" and not word.endswith("/") and (word == words[0] or not names_file(word, "image")):
            Path(word).parent.mkdir(parents=True, exist_ok=True)
            Path(word).touch()
    return jobs_of(plan_jobs(words, output, format))


def jobs_of(plan: Plan) -> list[Job]:
    jobs = [item for item in plan if isinstance(item, Job)]
    assert len(jobs) == plan.n_jobs
    return jobs


def pairs(*words: str, output: str | None = None, format: Format | None = None) -> list[tuple[str, str, Format]]:
    return [(job.source, os.path.normpath(job.target), job.format) for job in planned(words, output, format)]


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("kick.wav", "kick.png"),
        ("a/b/kick.wav", "a/b/kick.png"),
        ("a/kick.WAV", "a/kick.png"),
        ("kick", "kick.png"),
        ("a.b/kick", "a.b/kick.png"),
        ("kick.take2.wav", "kick.take2.png"),
        ("-", "-"),
    ],
)
def test_a_picture_goes_beside_its_source_and_standard_input_to_standard_output(source: str, target: str) -> None:
    assert pairs(source) == [(source, target, "png")]


@pytest.mark.parametrize(
    ("target", "format"),
    [
        ("out.png", "png"),
        ("out.npy", "npy"),
        ("OUT.PNG", "png"),
        ("x/out.Npy", "npy"),
        ("-", "png"),
    ],
)
@pytest.mark.parametrize("source", ["kick.wav", "-"])
def test_the_second_of_two_words_is_the_target_if_it_is_a_dash_or_ends_in_png_or_npy(
    source: str, target: str, format: Format
) -> None:
    job = Job(source, target, format, make_directory=target != "-")
    assert planned((source, target)) == [job]
    assert planned((source,), target) == [job]


def test_the_second_of_two_words_is_else_a_source() -> None:
    assert pairs("kick.wav", "snare.wav") == [("kick.wav", "kick.png", "png"), ("snare.wav", "snare.png", "png")]
    assert pairs("kick.wav", "snare") == [("kick.wav", "kick.png", "png"), ("snare", "snare.png", "png")]


@pytest.mark.parametrize("target", ["c.npy", "c.png", "-"])
def test_the_last_of_several_words_is_the_target_if_it_is_named_like_one(target: str) -> None:
    with pytest.raises(
        SettingError, match=f"^output: {target} is one target for several sources; a directory ends in /"
    ):
        planned(("a.wav", "b.wav", target))


def test_the_last_of_several_words_is_the_target_if_it_ends_in_a_slash() -> None:
    for n_sources in (1, 2):
        sources = ("x/a.wav", "y/b.wav")[:n_sources]
        jobs = planned((*sources, "new/"))
        assert [job.target for job in jobs] == ["new/a.png", "new/b.png"][:n_sources]
        assert all(job.make_directory for job in jobs)


def test_a_target_in_the_middle_is_a_source() -> None:
    for name in ("a.wav", "b.npy", "c.wav"):
        Path(name).touch()
    assert [job.source for job in jobs_of(plan_jobs(("a.wav", "b.npy", "c.wav")))] == ["a.wav", "b.npy", "c.wav"]


@pytest.mark.parametrize(("words", "missing"), [(("none.wav",), 0), (("a.wav", "none"), 1), (("none", "a.wav"), 0)])
def test_a_word_that_is_no_file_is_found_before_any_work(words: tuple[str, ...], missing: int) -> None:
    Path("a.wav").touch()
    with pytest.raises(MissingSourceError, match=rf"^sources: {words[missing]}: no such file or folder$") as caught:
        plan_jobs(words)
    assert (caught.value.path, caught.value.number) == (words[missing], missing)
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.number) == (str(caught.value), missing)


def test_a_link_to_nothing_is_there_and_fails_when_it_is_opened() -> None:
    Path("a.wav").symlink_to("nowhere")
    assert [job.source for job in jobs_of(plan_jobs(("a.wav",)))] == ["a.wav"]


def test_with_an_output_named_the_second_word_is_a_source_whatever_it_ends_in() -> None:
    Path("b.png").touch()
    assert pairs("a.wav", "b.png", output="out/") == [("a.wav", "out/a.png", "png"), ("b.png", "out/b.png", "png")]


def test_the_first_word_is_never_the_target() -> None:
    assert pairs("out.npy") == [("out.npy", "out.png", "png")]


def test_sources_and_jobs_are_in_one_order() -> None:
    words = [f"{name}.wav" for name in ["zebra", "apple", "mango"]]
    assert [job.source for job in planned(tuple(words))] == words


@pytest.mark.parametrize("output", ["out/", "a/b/out/"])
def test_an_output_that_ends_in_a_slash_is_a_folder_that_is_made(output: str) -> None:
    (job,) = planned(("x/kick.wav",), output)
    assert (os.path.normpath(job.target), job.make_directory) == (os.path.normpath(f"{output}kick.png"), True)


@pytest.mark.parametrize("name", ["out", "out.d", "out.png"])
def test_an_output_that_is_a_folder_is_one_whatever_its_name(name: str) -> None:
    Path(name).mkdir()
    assert pairs("x/kick.wav", output=name) == [("x/kick.wav", f"{name}/kick.png", "png")]
    assert len(pairs("a.wav", "b.wav", output=name)) == 2


def test_the_folder_we_are_in_is_a_folder() -> None:
    assert pairs("x/kick.wav", output=".") == [("x/kick.wav", "kick.png", "png")]


@pytest.mark.parametrize("n_sources", [1, 2])
def test_an_output_without_a_suffix_is_a_folder_that_is_made(n_sources: int) -> None:
    jobs = planned(("x/a.wav", "y/b.wav")[:n_sources], "new")
    assert [job.target for job in jobs] == ["new/a.png", "new/b.png"][:n_sources]
    assert all(job.make_directory for job in jobs)


def test_an_output_with_a_suffix_is_a_file_whose_folder_is_made() -> None:
    assert planned(("a.wav",), "x/out.npy") == [Job("a.wav", "x/out.npy", "npy", make_directory=True)]


def test_a_file_that_is_there_is_no_folder() -> None:
    Path("out").touch()
    for words in ("a.wav",), ("a.wav", "b.wav"):
        with pytest.raises(OutputError, match=r"^out: is no folder$"):
            planned(words, "out")


@pytest.mark.parametrize("output", ["/dev/null", "/dev/fd/7", "/proc/self/fd/7", "fifo"])
def test_a_device_a_pipe_and_an_open_file_are_targets_though_they_have_no_suffix(output: str) -> None:
    os.mkfifo("fifo")
    assert [job.target for job in planned(("a.wav",), output)] == [output]


@pytest.mark.parametrize("output", ["out.jpg", "out.wav", "x.png/out.tiff", "out.png.gz"])
def test_another_suffix_is_refused_with_those_there_are(output: str) -> None:
    with pytest.raises(SettingError, match=r"\.png or \.npy") as caught:
        planned(("a.wav",), output)
    assert caught.value.name == "output"
    assert output in caught.value.message


@pytest.mark.parametrize("output", ["out.png", "out.npy", "-"])
def test_one_target_for_several_sources_is_refused(output: str) -> None:
    with pytest.raises(SettingError, match="one target for several sources") as caught:
        planned(("a.wav", "b.wav"), output)
    assert caught.value.name == "output"


@pytest.mark.parametrize("format", ["png", "npy"])
def test_format_chooses_where_no_target_is_named(format: Format) -> None:
    assert pairs("a.wav", format=format) == [("a.wav", f"a.{format}", format)]
    assert pairs("a.wav", "b.wav", format=format)[1] == ("b.wav", f"b.{format}", format)
    assert pairs("x/a.wav", output="out/", format=format) == [("x/a.wav", f"out/a.{format}", format)]
    assert pairs("-", format=format) == [("-", "-", format)]
    assert pairs("a.wav", "-", format=format) == [("a.wav", "-", format)]
    assert pairs("a.wav", f"out.{format}", format=format) == [("a.wav", f"out.{format}", format)]


@pytest.mark.parametrize(("target", "format"), [("out.png", "npy"), ("out.npy", "png")])
def test_a_format_against_the_targets_suffix_is_refused(target: str, format: Format) -> None:
    for words, output in (("a.wav", target), None), (("a.wav",), target):
        with pytest.raises(SettingError, match=f"{format} does not go with the target {target}") as caught:
            planned(words, output, format)
        assert caught.value.name == "format"


def test_standard_input_has_no_name_in_a_folder() -> None:
    for words in ("-",), ("a.wav", "-", "b.wav"):
        with pytest.raises(SettingError, match="standard input has no name") as caught:
            planned(words, "out/")
        assert caught.value.name == "output"


@pytest.mark.parametrize(
    ("words", "output", "target"),
    [
        (("x/a.wav", "y/a.wav"), "out/", "out/a.png"),
        (("a.wav", "a.WAV"), None, "a.png"),
        (("a.wav", "a.wav"), None, "a.png"),
        (("a.wav", "./a.wav"), None, "a.png"),
        (("./x/../a.wav", "a.wav"), None, "a.png"),
    ],
)
def test_two_sources_with_one_target_are_refused_by_their_names(
    words: tuple[str, str], output: str | None, target: str
) -> None:
    with pytest.raises(SettingError) as caught:
        planned(words, output)
    assert caught.value.name == "output"
    assert caught.value.message.startswith(f"{words[0]} and {words[1]} would both be written to ")
    assert os.path.normpath(caught.value.message.split(" to ")[1]) == target


def test_an_empty_name_is_no_output() -> None:
    with pytest.raises(SettingError, match="empty"):
        planned(("a.wav",), "")


@pytest.mark.parametrize("output", ["/dev/stdout", "/dev/fd/1"])
def test_the_systems_names_for_standard_output_are_it(output: str) -> None:
    assert planned(("a.wav",), output) == [Job("a.wav", "-", "png")]
