"""Environments that are poor, odd or hostile: locales, homes, temporary folders, names."""

import os
import sys
from pathlib import Path

import pytest
from folders import contents
from pictures import png_size
from program import FAILED, HANGS_AFTER_S, USAGE_ERROR, error_of, needs_mounts, on_a_disk, run, shell, start, wrapped
from recordings import SAMPLES, MakeWav

SPEECH = SAMPLES / "speech.wav"
C_LOCALE = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


@pytest.mark.parametrize("locale", [C_LOCALE, {"LC_ALL": "C.UTF-8"}, {"LC_ALL": "no_SUCH.locale"}])
@pytest.mark.parametrize("stem", ["🎸".encode(), b"caf\xe9", "naïve\u2028line".encode()], ids=["emoji", "E9", "U+2028"])
def test_any_name_is_drawn_and_escaped_in_messages(folder: Path, stem: bytes, locale: dict[str, str]) -> None:
    source, target = stem + b".wav", stem + b".png"
    environment = os.environ | locale
    (Path(os.fsdecode(os.fsencode(folder) + b"/" + source))).write_bytes(SPEECH.read_bytes()[:20_000])
    drawn = run(source, "-v", cwd=folder, env=environment)
    assert drawn.returncode == 0
    assert [line.split(b": ")[1] for line in drawn.stderr.splitlines()] == [b"warning", b"written"]
    drawn.stderr.decode("utf-8")
    assert sorted(map(os.fsencode, os.listdir(folder))) == sorted([source, target])
    missing = run(b"no " + source, cwd=folder, env=environment)
    assert missing.returncode == 2
    assert missing.stderr.count(b"\n") == len(missing.stderr.decode("utf-8").splitlines()) == 1
    assert missing.stderr.startswith(b"wav2spec: error: no ")


@pytest.mark.parametrize("words", [["a.wav", "-o", "o.png"], ["-", "-o", "o.png"], ["a.wav", "-o", "-"]])
def test_neither_a_home_nor_a_temporary_folder_is_needed(make_wav: MakeWav, tmp_path: Path, words: list[str]) -> None:
    source = make_wav().read_bytes()
    expected = run("a.wav", "-o", "-", cwd=tmp_path).stdout
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "TMPDIR": "/nonexistent"}
    result = run(*words, cwd=tmp_path, env=environment, input=source)
    assert (result.returncode, result.stderr) == (0, b"")
    assert (result.stdout or (tmp_path / "o.png").read_bytes()) == expected
    assert set(os.listdir(tmp_path)) <= {"a.wav", "o.png"}


@needs_mounts
def test_a_temporary_folder_that_is_full_does_not_matter_to_a_file(make_wav: MakeWav, tmp_path: Path) -> None:
    make_wav(n_samples=200_000)
    fill = "cat /dev/zero >disk/filler 2>/dev/null"
    environment = os.environ | {"TMPDIR": "disk"}
    result, left = on_a_disk(tmp_path, "size=64k", fill, "a.wav", "-o", "o.png", env=environment)
    assert (result.returncode, result.stderr) == (0, b"")
    assert png_size((tmp_path / "o.png").read_bytes()) == (129, 1561)
    assert sorted(left) == ["filler"]


@needs_mounts
@pytest.mark.parametrize(
    ("source", "target", "name"), [("-", "o.png", "standard input"), ("a.wav", "-", "standard output")]
)
def test_a_temporary_folder_too_small_for_a_stream_is_reported(
    make_wav: MakeWav, tmp_path: Path, source: str, target: str, name: str
) -> None:
    recording = make_wav(n_samples=200_000).read_bytes()
    environment = os.environ | {"TMPDIR": "disk"}
    result, left = on_a_disk(tmp_path, "size=64k", "", source, "-o", target, env=environment, input=recording)
    error = error_of(result)
    assert name in error
    assert "No space left on device" in error
    assert left == {}
    assert sorted(os.listdir(tmp_path)) == ["a.wav", "after", "disk"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize(
    ("words", "code"), [(("cut.wav",), 0), (("missing.wav",), FAILED), (("--no-such-option",), USAGE_ERROR)]
)
def test_a_full_standard_error_changes_no_exit_code(folder: Path, words: tuple[str, ...], code: int) -> None:
    (folder / "cut.wav").write_bytes(SPEECH.read_bytes()[:20_000])
    (folder / "missing.wav").symlink_to("nowhere")
    result = shell('exec "$@" 2>/dev/full', *words, "-o", "o.png", cwd=folder)
    assert (result.returncode, result.stdout) == (code, b"")
    assert os.path.exists(folder / "o.png") == (code == 0)


def test_a_deleted_working_folder_does_not_matter_to_absolute_names(make_wav: MakeWav, folder: Path) -> None:
    script = f'mkdir "{folder}/gone" && cd "{folder}/gone" && rmdir "{folder}/gone" && exec "$@"'
    result = shell(script, make_wav(), "-o", folder / "o.png")
    assert (result.returncode, result.stderr) == (0, b"")
    assert os.listdir(folder) == ["o.png"]


@pytest.mark.parametrize("options", [(), ("--format", "npy"), ("--layout", "right-up", "--channel", "mix")])
@pytest.mark.parametrize("level", [0.0, 1.0])
def test_warnings_made_errors_change_nothing(
    make_wav: MakeWav, folder: Path, level: float, options: tuple[str, ...]
) -> None:
    source, suffix = make_wav(samples=[[level, -level]] * 16_000), ".npy" if "npy" in options else ".png"
    results = [
        run(source, *options, "-o", folder / name, env=os.environ | {"PYTHONWARNINGS": filter_})
        for name, filter_ in ((f"usual{suffix}", "default"), (f"strict{suffix}", "error"))
    ]
    assert [(result.returncode, result.stderr) for result in results] == [(0, b"")] * 2
    usual, strict = contents(folder).values()
    assert usual == strict


def test_checks_are_made_without_assertions_too(folder: Path) -> None:
    (folder / "x.wav").write_bytes(SPEECH.read_bytes()[:40])
    error_of(run("x.wav", "-o", "x.wav/o.png", cwd=folder, env=os.environ | {"PYTHONOPTIMIZE": "2"}))
    assert os.listdir(folder) == ["x.wav"]


@pytest.mark.parametrize("words", [("-o", "o.png", "--", "-x.wav"), ("--", "-x.wav", "o.png"), ("./-x.wav", "o.png")])
def test_a_name_that_begins_with_a_dash_is_drawn(folder: Path, words: tuple[str, ...]) -> None:
    (folder / "-x.wav").write_bytes(SPEECH.read_bytes())
    assert run(*words, cwd=folder).returncode == 0
    assert sorted(os.listdir(folder)) == ["-x.wav", "o.png"]


@pytest.mark.parametrize(
    "name", ["e\x1b[31mX.wav", "two\nlines.wav", "back\rspace.wav", "\x9b31m.wav", "right\u202eleft.wav"]
)
@pytest.mark.parametrize("fault", ["missing", "damaged", "truncated", "target", "usage"])
def test_no_name_writes_escapes_or_lines_to_the_terminal(folder: Path, name: str, fault: str) -> None:
    words = [name, "-o", "o.png"]
    if fault == "damaged":
        (folder / name).write_bytes(b"RIFF")
    elif fault == "truncated":
        (folder / name).write_bytes(SPEECH.read_bytes()[:20_000])
        words += ["-v"]
    elif fault == "target":
        (folder / name).write_bytes(SPEECH.read_bytes())
        words = [name, "-o", f"{name}/o.png"]
    elif fault == "usage":
        words = ["a.wav", "-o", name]
    with start(*words, cwd=folder) as process:
        output, messages = process.communicate(timeout=HANGS_AFTER_S)
    lines = messages.decode("utf-8").split("\n")
    assert output == b""
    assert all(line.isprintable() for line in lines)
    if fault != "usage":
        assert all(line.startswith("wav2spec: ") for line in lines[:-1])
        assert len(lines) - 1 == (2 if fault == "truncated" else 1)


@needs_mounts
@pytest.mark.parametrize("closed", ["<&- >&- 2>&-", "<&- >&-", ">&-", ""])
def test_closed_descriptors_and_no_devices_do_not_keep_it_from_drawing(
    make_wav: MakeWav, tmp_path: Path, closed: str
) -> None:
    source, target = make_wav(), tmp_path / "o.png"
    script = f'mount -t tmpfs -o ro,size=4k tmpfs /dev || exit 99; exec "$@" {closed}'
    result = wrapped("unshare", "-m", "sh", "-c", script, "sh", words=(source, "-o", target))
    assert (result.returncode, result.stdout, result.stderr) == (0, b"", b"")
    assert png_size(target.read_bytes()) == (129, 30)
    (tmp_path / "none.wav").symlink_to("nowhere")
    failed = wrapped("unshare", "-m", "sh", "-c", script, "sh", words=(tmp_path / "none.wav", "-o", target))
    assert failed.returncode == FAILED
    assert (b"No such file" in failed.stderr) == ("2>&-" not in closed)


# As a command that calls a library.
WARNING = """
import warnings
from wav2spec.cli import run
run(["--version"])
warnings.warn("nothing for users")
"""


def test_warnings_of_libraries_are_not_shown_unless_asked_for() -> None:
    assert wrapped(words=(), program=(sys.executable, "-c", WARNING)).stderr == b""
    shown = wrapped(words=(), program=(sys.executable, "-Wdefault", "-c", WARNING))
    assert b"UserWarning: nothing for users" in shown.stderr
