"""What gates keep out of a run: what is said, what is left as it was, and what is done with the others."""

from pathlib import Path

import numpy as np
import pytest
from folders import names
from in_process import done, run_in_process
from manifests import rows
from program import Words, job_counts
from recordings import MakeWav

NOISE = np.random.default_rng(4).uniform(-0.25, 0.25, 4800)
SILENCE = np.zeros(1600)


@pytest.fixture
def wavs(make_wav: MakeWav) -> list[Path]:
    """Return a good recording, a silent one, and a good one."""
    return [make_wav("a.wav", NOISE), make_wav("b.wav", NOISE / 200), make_wav("c.wav", NOISE)]


def refused(wav: Path, words: str) -> str:
    return f"wav2spec: refused: {wav}: {words}\n"


@pytest.mark.parametrize("jobs", job_counts("1", "2"))
def test_a_refused_recording_is_a_line_and_a_row_and_the_others_are_done(
    wavs: list[Path], folder: Path, jobs: str
) -> None:
    manifest = folder.parent / "m.jsonl"
    result = run_in_process(*wavs, "-o", folder, "--refuse", "silent", "-j", jobs, "--manifest", manifest)
    assert (result.returncode, result.stdout) == (1, b"")
    reason = result.stderr.decode().partition("\n")[0].partition(f"{wavs[1]}: ")[2]
    assert reason.startswith("silent: its RMS is -")
    assert result.stderr.decode() == refused(wavs[1], reason) + "wav2spec: 2 written, 1 refused\n"
    assert names(folder) == ["a.png", "c.png"]
    found = rows(manifest)
    assert [(row["status"], row["error"]) for row in found] == [
        ("written", None),
        ("refused", reason),
        ("written", None),
    ]
    assert (found[1]["target"], found[1]["pixels_sha256"]) == (f"{folder}/b.png", None)
    assert found[1]["rms_dbfs"] == pytest.approx(20 * np.log10(NOISE.std() / 200), abs=0.05)
    assert found[1]["samples_sha256"] != found[0]["samples_sha256"]
    assert f"its RMS is {found[1]['rms_dbfs']:.1f} dBFS" in reason


def test_refused_and_failed_are_counted_apart(wavs: list[Path], folder: Path) -> None:
    (folder / "none.wav").symlink_to("nowhere")
    result = done(*wavs, folder / "none.wav", "-o", folder, "--refuse", "silent", code=1)
    assert result.stderr.endswith("wav2spec: 2 written, 1 refused, 1 failed\n")


@pytest.mark.parametrize("options", [[], ["--update"], ["--force"]])
def test_the_picture_of_a_refused_recording_stays_as_it_was(wavs: list[Path], folder: Path, options: list[str]) -> None:
    words: list[Words] = [*wavs, "-o", folder, "--refuse", "silent", *options]
    (folder / "b.png").write_bytes(b"old")
    before = (folder / "b.png").stat()
    done(*words, code=1)
    after = (folder / "b.png").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert (folder / "b.png").read_bytes() == b"old"


def test_what_is_up_to_date_is_refused_all_the_same(wavs: list[Path], folder: Path) -> None:
    done(*wavs, "-o", folder)
    for options, good in ((["--update"], "2 up to date"), (["--check"], "2 up to date"), ([], "2 written")):
        result = done(*wavs, "-o", folder, "--refuse", "silent", *options, code=1)
        assert result.stderr.endswith(f"wav2spec: {good}, 1 refused\n")
        assert result.stdout == ""


def test_a_check_lists_what_is_missing_but_not_what_is_refused(wavs: list[Path], folder: Path) -> None:
    result = done(*wavs, "-o", folder, "--refuse", "silent", "--check", code=1)
    assert result.stdout == f"missing\t{folder}/a.png\nmissing\t{folder}/c.png\n"
    assert result.stderr.endswith("wav2spec: 2 missing, 1 refused\n")
    assert names(folder) == []


def test_a_warning_draws_and_says_so(wavs: list[Path], folder: Path) -> None:
    done(*wavs, "-o", folder)
    expected = [path.read_bytes() for path in sorted(folder.iterdir())]
    result = done(*wavs, "-o", folder, "--warn", "silent")
    line, summary = result.stderr.splitlines()
    assert line.startswith(f"wav2spec: warning: {wavs[1]}: silent: its RMS is -")
    assert summary == "wav2spec: 3 written"
    assert [path.read_bytes() for path in sorted(folder.iterdir())] == expected
    assert done(*wavs, "-o", folder, "--warn", "silent", "-q").stderr == ""


@pytest.mark.parametrize("options", [["--refuse", "silent,short"], ["--refuse", "silent", "--refuse", "short"]])
def test_all_gates_are_asked_and_all_that_close_are_said(wavs: list[Path], folder: Path, options: list[str]) -> None:
    result = done(wavs[1], "-o", folder, *options, code=1)
    line = result.stderr
    assert line.count("\n") == 1
    assert line.startswith(f"wav2spec: refused: {wavs[1]}: silent: ")
    assert line.endswith("; short: it lasts 0.300 s, it must last 1 s\n")


def test_one_gate_may_refuse_and_another_warn(wavs: list[Path], folder: Path) -> None:
    result = done(*wavs, "-o", folder, "--refuse", "silent", "--warn", "short", code=1)
    assert [line.split(": ")[1] for line in result.stderr.splitlines()] == [
        "warning",
        "refused",
        "warning",
        "2 written, 1 refused",
    ]


def test_fail_fast_stops_at_a_refusal(wavs: list[Path], folder: Path) -> None:
    manifest = folder.parent / "m.jsonl"
    words: list[Words] = [*wavs, "-o", folder, "--refuse", "silent", "--fail-fast", "--manifest", manifest]
    assert done(*words, code=1).stderr.endswith("wav2spec: 1 written, 1 refused, 1 not tried\n")
    assert names(folder) == ["a.png"]
    assert [row["status"] for row in rows(manifest)] == ["written", "refused", "skipped"]


@pytest.fixture
def patchy(make_wav: MakeWav) -> Path:
    """Return clips of 1600 that are loud, silent, loud and silent."""
    parts = [NOISE[:1600], SILENCE, NOISE[1600:3200], SILENCE]
    return make_wav("patchy.wav", np.concatenate(parts))


CLIP = "silent: its RMS is nothing, it must be above -60 dBFS"


def test_clips_are_judged_each_for_itself_and_named_by_their_first_sample(patchy: Path, folder: Path) -> None:
    manifest = folder.parent / "m.jsonl"
    words = (patchy, "-o", folder, "--segment", "0.1", "--manifest", manifest)
    result = done(*words, "--refuse", "silent", code=1)
    assert names(folder) == ["patchy-0000000000.png", "patchy-0000003200.png"]
    lines = [refused(patchy, f"segment from sample {first}: {CLIP}") for first in (1600, 4800)]
    assert result.stderr == "".join(lines) + "wav2spec: 2 written, 2 refused\n"
    assert [(row["status"], row["start_sample"]) for row in rows(manifest)] == [
        ("written", 0),
        ("refused", 1600),
        ("written", 3200),
        ("refused", 4800),
    ]


def test_a_warning_of_a_clip_names_the_clip_as_a_refusal_does(patchy: Path, folder: Path) -> None:
    result = done(patchy, "-o", folder, "--segment", "0.1", "--warn", "silent")
    assert len(names(folder)) == 4
    assert [f"segment from sample {first}: {CLIP}" in result.stderr for first in (0, 1600, 3200, 4800)] == [
        False,
        True,
        False,
        True,
    ]


def test_the_last_clip_is_short_by_what_is_there_of_it(make_wav: MakeWav, folder: Path) -> None:
    result = done(make_wav(), "-o", folder, "--segment", "0.1", "--refuse", "short:0.1", code=1)
    assert names(folder) == ["a-0000000000.png", "a-0000001600.png"]
    assert "segment from sample 3200: short: it lasts 0.050 s, it must last 0.1 s\n" in result.stderr


def test_what_is_truncated_is_said_once_of_all_clips_and_refuses_them_all(make_wav: MakeWav, folder: Path) -> None:
    wav = make_wav()
    wav.write_bytes(wav.read_bytes()[:-100])
    words = (wav, "-o", folder, "--segment", "0.1")
    assert done(*words, "--warn", "truncated").stderr.count("truncated: ") == 1
    assert len(names(folder)) == 3
    result = done(*words, "--refuse", "truncated", "--fail-fast", code=1)
    assert result.stderr.startswith(f"wav2spec: refused: {wav}: segment from sample 0: truncated: ")
    assert done(*words, "--refuse", "truncated", code=1).stderr.endswith("wav2spec: 3 refused\n")


@pytest.mark.parametrize("name", ["plot", "compare"])
def test_figures_are_refused_too(patchy: Path, folder: Path, name: str) -> None:
    small = ["--size", "420x320", "--dpi", "50"]
    varied = ["--stride", "200", "--stride", "300"] if name == "compare" else []
    result = done(name, patchy, "-o", folder / "x.png", *small, *varied, "--refuse", "silent:-10", code=1)
    assert result.stderr.startswith(f"wav2spec: refused: {patchy}: silent: ")
    assert names(folder) == []


def test_a_recording_without_a_frame_is_refused_if_short_is_asked_for(make_wav: MakeWav, folder: Path) -> None:
    result = done(make_wav(n_samples=100), "-o", folder / "x.png", "--refuse", "short", code=1)
    assert "short: it lasts 0.006 s" in result.stderr
