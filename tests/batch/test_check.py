"""`--check` tells what `--update` would draw, and writes nothing; and what both make of what lies at a target."""

import os
import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
from folders import folder_state
from in_process import done, invoke, run_in_process
from PIL import Image
from program import AS_OTHERS, FAILED, HANGS_AFTER_S, job_counts, needs_setpriv, wrapped
from recordings import MakeWav
from updates import NOISE, WAYS, assert_brought_up_to_date, every_way, write, write_tree

from wav2spec.audio.recording import Recording
from wav2spec.batch.convert import Action, Conversion, check, update
from wav2spec.batch.jobs import Job
from wav2spec.batch.outcomes import Outcome
from wav2spec.render.drawing import Rendering
from wav2spec.render.plan import plan_picture
from wav2spec.settings.choices import Format
from wav2spec.settings.presets import PLOT
from wav2spec.settings.settings import DEFAULT, Settings
from wav2spec.waveform import Waveform


def mixed_tree(folder: Path) -> tuple[list[str | Path], list[str]]:
    """Make pictures of every fate; return the words of the run, and what the check is to print."""
    source, target = write_tree(folder), folder / "out"
    for number in range(6):
        write(source / f"n{number}.wav", np.roll(NOISE, number))
    done(source, "-o", target)
    (source / "b.wav").write_bytes(b"no WAV")
    for name in ("a", "n3"):
        (target / f"{name}.png").unlink()
    for name in ("deep/c.WAV", "n1.wav", "n5.wav"):
        write(source / name, -NOISE)
    fates = {"a": "missing", "deep/c": "stale", "n1": "stale", "n3": "missing", "n5": "stale"}
    return [source, "-o", target], [f"{fate}\t{target / name}.png" for name, fate in fates.items()]


@pytest.mark.parametrize("jobs", job_counts("1", "4"))
def test_it_lists_what_is_to_be_drawn_in_the_order_of_the_plan_and_writes_nothing(tmp_path: Path, jobs: str) -> None:
    words, expected = mixed_tree(tmp_path)
    before = folder_state(tmp_path)
    result = run_in_process(*words, "--check", "-j", jobs)
    assert (result.returncode, result.stdout.decode().splitlines()) == (FAILED, expected)
    error, summary = result.stderr.decode().splitlines()
    assert error.startswith(f"wav2spec: error: {tmp_path / 'in' / 'b.wav'}: ")
    assert summary == "wav2spec: 3 up to date, 2 missing, 3 stale, 1 failed"
    assert folder_state(tmp_path) == before


def test_it_fails_until_update_has_drawn_just_what_it_listed(tmp_path: Path) -> None:
    words, expected = mixed_tree(tmp_path)
    write(tmp_path / "in" / "b.wav", np.roll(NOISE, 1))
    before = folder_state(tmp_path)
    assert invoke(*words, "--check").return_value == FAILED
    assert folder_state(tmp_path) == before
    lines = done(*words, "--update", "-v").stderr.splitlines()
    drawn = [line.split(" -> ")[1].split(": ")[0] for line in lines if line.startswith("wav2spec: written: ")]
    assert drawn == [line.split("\t")[1] for line in expected]
    before = folder_state(tmp_path)
    result = done(*words, "--check")
    assert (result.stdout, result.stderr) == ("", "wav2spec: 9 up to date\n")
    assert folder_state(tmp_path) == before


@every_way
def test_no_folder_is_made_for_what_is_missing(tmp_path: Path, way: str) -> None:
    words, name = WAYS[way]
    write_tree(tmp_path)
    before = folder_state(tmp_path)
    result = invoke(*words, tmp_path / "in", "-o", tmp_path / "new" / "deep", "--check")
    assert (result.return_value, result.stderr) == (FAILED, "wav2spec: 3 missing\n")
    assert result.stdout.splitlines()[0] == f"missing\t{tmp_path / 'new' / 'deep' / name}"
    assert folder_state(tmp_path) == before


@pytest.mark.system
@needs_setpriv
@pytest.mark.parametrize("way", ["image", "npy"])
def test_a_folder_that_cannot_be_written_into_can_be_checked(make_wav: MakeWav, folder: Path, way: str) -> None:
    words: tuple[str | Path, ...] = (*WAYS[way][0], make_wav("a.wav"), make_wav("b.wav"), "-o", folder)
    done(*words)
    wrapper = AS_OTHERS if os.geteuid() == 0 else ()
    folder.chmod(0o555)
    current = wrapped(*wrapper, words=(*words, "--check"))
    stale = wrapped(*wrapper, words=(*words, "--check", "--window-size", "200"))
    updated = wrapped(*wrapper, words=(*words, "--update", "--window-size", "200"))
    folder.chmod(0o755)
    assert (current.returncode, current.stdout) == (0, b"")
    assert (stale.returncode, stale.stdout.count(b"stale\t")) == (FAILED, 2)
    assert (updated.returncode, b"cannot be written into" in updated.stderr) == (FAILED, True)


def test_what_cannot_be_drawn_is_an_error_whatever_lies_at_its_target(tmp_path: Path) -> None:
    wav = write(tmp_path / "a.wav")
    done(wav)
    done(wav, "--fmax", "7000")
    write(wav, rate=8000)
    result = invoke(wav, "--fmax", "7000", "--check")
    assert (result.return_value, result.stdout) == (FAILED, "")
    assert result.stderr.startswith(f"wav2spec: error: {wav}: ")


# A check draws nothing to find them; with values it does, to compare.
@pytest.mark.parametrize(
    ("way", "there", "options"),
    [
        ("image", False, ["--update"]),
        ("image", True, ["--update"]),
        ("npy", False, ["--update"]),
        ("npy", True, ["--update", "--check"]),
    ],
)
def test_samples_that_are_no_numbers_are_an_error_and_nothing_to_be_drawn(
    tmp_path: Path, way: str, there: bool, options: list[str]
) -> None:
    wav = write(tmp_path / "a.wav")
    if there:
        done(*WAYS[way][0], wav)
    write(wav, np.where(np.arange(4000) == 2000, np.nan, 0), subtype="FLOAT")
    before = folder_state(tmp_path)
    for option in options:
        result = invoke(*WAYS[way][0], wav, option)
        assert (result.return_value, result.stdout) == (FAILED, "")
        assert "not a number" in result.stderr
        assert folder_state(tmp_path) == before


def damaged(data: bytes, how: str) -> bytes:
    """Return what has become of a picture: shorter, longer, with one byte changed, or something else."""
    verb, _, number = how.partition(" ")
    if verb == "cut":
        return data[: -int(number)]
    if verb == "flip":
        return data[: int(number)] + bytes([data[int(number)] ^ 1]) + data[int(number) + 1 :]
    return {"empty": b"", "text": b"my notes\n", "longer": data + b"\0"}[verb]


@pytest.mark.parametrize("way", ["image", "npy", "bare"])
@pytest.mark.parametrize(
    "how", ["cut 1", "cut 12", "cut 13", "cut 17", "cut 900", "flip 25", "flip 2000", "empty", "text"]
)
def test_a_damaged_picture_is_drawn_again(tmp_path: Path, way: str, how: str) -> None:
    wav, target = write(tmp_path / "a.wav"), tmp_path / WAYS[way][1]
    done(*WAYS[way][0], wav, "-o", target)
    target.write_bytes(damaged(target.read_bytes(), how))
    assert assert_brought_up_to_date(target, *WAYS[way][0], wav)


def test_values_with_something_behind_them_are_written_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wav, target = write(tmp_path / "a.wav"), tmp_path / "a.npy"
    done(wav, target)
    data = target.read_bytes()
    for piece in (2**20, len(data)):
        monkeypatch.setattr("wav2spec.batch.freshness._COPY_BYTES", piece)
        target.write_bytes(damaged(data, "longer"))
        assert assert_brought_up_to_date(target, wav)


@every_way
def test_a_foreign_picture_under_a_name_that_was_given_is_replaced(tmp_path: Path, way: str) -> None:
    wav, target = write(tmp_path / "a.wav"), tmp_path / WAYS[way][1]
    Image.new("L", (4, 4)).save(target, "PNG")
    assert assert_brought_up_to_date(target, *WAYS[way][0], wav)


@pytest.mark.parametrize("way", ["image", "plot", "compare"])
@pytest.mark.parametrize("other", ["image", "plot", "compare"])
def test_what_another_command_drew_is_replaced_only_by_force(tmp_path: Path, way: str, other: str) -> None:
    wav, target = write(tmp_path / "a.wav"), tmp_path / "o.png"
    done(*WAYS[other][0], wav, "-o", target)
    before = target.read_bytes()
    for option in [["--update"], ["--check"], []] if way != other else []:
        result = invoke(*WAYS[way][0], wav, "-o", target, *option)
        assert result.return_value == FAILED
        assert result.stderr == (
            f"wav2spec: error: {target}: already exists and was written by wav2spec {other}; --force replaces it\n"
        )
        assert target.read_bytes() == before
    assert assert_brought_up_to_date(target, *WAYS[way][0], wav, "--force") == (way != other)


@pytest.mark.parametrize("way", [way for way in WAYS if way != "npy"])
@pytest.mark.parametrize("option", ["--update", "--check"])
def test_a_foreign_picture_beside_the_source_is_kept_unless_forced(tmp_path: Path, way: str, option: str) -> None:
    words, name = WAYS[way]
    wav, target = write(tmp_path / "a.wav"), tmp_path / name
    Image.new("L", (4, 4)).save(target)
    before = folder_state(tmp_path)
    result = invoke(*words, wav, option)
    assert (result.exception, result.return_value, result.stdout) == (None, FAILED, "")
    assert f"error: {target}: " in result.stderr
    assert "--force" in result.stderr
    assert folder_state(tmp_path) == before
    assert invoke(*words, wav, option, "--force").return_value == (option == "--check")
    assert (folder_state(tmp_path) == before) == (option == "--check")


@pytest.mark.parametrize("option", ["--update", "--check"])
@pytest.mark.parametrize("way", ["image", "npy"])
def test_a_folder_under_the_targets_name_is_an_error_and_the_others_are_done(
    tmp_path: Path, way: str, option: str
) -> None:
    words, name = WAYS[way]
    (tmp_path / "out" / name).mkdir(parents=True)
    result = invoke(*words, write_tree(tmp_path), "-o", tmp_path / "out", option)
    assert (result.exception, result.return_value) == (None, FAILED)
    assert f"wav2spec: error: {tmp_path / 'out' / name}: Is a directory\n" in result.stderr
    assert result.stderr.endswith(f"2 {'written' if option == '--update' else 'missing'}, 1 failed\n")


def test_a_link_is_followed_and_what_is_behind_it_compared(tmp_path: Path) -> None:
    wav, real, link = write(tmp_path / "a.wav"), tmp_path / "real.png", tmp_path / "link.png"
    link.symlink_to("real.png")
    done(wav, "-o", link, "--update")
    before = folder_state(tmp_path)
    done(wav, "-o", link, "--update")
    assert folder_state(tmp_path) == before
    done(wav, "-o", link, "--update", "--invert")
    assert (link.is_symlink(), real.is_symlink()) == (True, False)
    assert folder_state(real)[str(real)] != before[str(real)]
    done(wav, "-o", link, "--check", "--invert")


@pytest.mark.parametrize("name", ["image", "plot"])
@pytest.mark.parametrize("action", [update, check])
def test_to_decide_nothing_is_drawn(tmp_path: Path, name: str, action: Action, monkeypatch: pytest.MonkeyPatch) -> None:
    wav, target = str(write(tmp_path / "a.wav")), str(tmp_path / "o.png")
    settings, drawn = (DEFAULT if name == "image" else PLOT), Mock(side_effect=AssertionError)
    done(name, wav, "-o", target)

    def decide() -> Outcome:
        with monkeypatch.context() as patched:
            patched.setattr("wav2spec.batch.convert.plan_picture", planned_without_drawing)
            (outcome,) = Conversion(settings, action)(Job(wav, target))
        return outcome

    def planned_without_drawing(waveform: Waveform, format: Format, settings: Settings, **_: None) -> Rendering:
        return plan_picture(waveform, format, settings)._replace(write=drawn)

    assert (decide().status, drawn.called) == ("current", False)
    # That it would be seen to draw: where it must, it does.
    done(name, wav, "-o", target, "--reduce", "mean")
    assert (decide().status, drawn.called) == (("failed", True) if action is update else ("stale", False))
    os.unlink(target)
    assert (decide().status, drawn.called) == (("failed", True) if action is update else ("missing", False))


def test_to_decide_the_recording_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wav = write(tmp_path / "a.wav")
    done(wav)
    read, n_read = Recording._read, []

    def counted(recording: Recording, position: int, block_size: int) -> object:
        n_read.append(block_size)
        return read(recording, position, block_size)

    monkeypatch.setattr(Recording, "_read", counted)
    done(wav, "--update")
    assert sum(n_read) == len(NOISE)


@pytest.mark.system
def test_to_decide_no_library_for_drawing_is_loaded(tmp_path: Path) -> None:
    wav = write(tmp_path / "a.wav")
    done(wav)
    code = "import sys; from wav2spec.cli.main import run; print(run(sys.argv[1:]), *sys.modules)"
    command = [sys.executable, "-c", code, str(wav), "--update"]
    exit_code, *modules = subprocess.run(
        command, capture_output=True, check=True, timeout=HANGS_AFTER_S, text=True
    ).stdout.split()
    assert exit_code == "0"
    assert not {"matplotlib", "PIL", "soxr"} & set(modules)
