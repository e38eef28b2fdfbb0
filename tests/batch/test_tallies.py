"""Tallies: what workers return instead of outcomes of which there is nothing to print."""

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from in_process import invoke
from recordings import MakeWav

from wav2spec.batch.bundles import Tally
from wav2spec.batch.conversion_plan import plan_conversion
from wav2spec.batch.facts import Facts
from wav2spec.batch.manifest import ManifestWriter
from wav2spec.batch.outcomes import Failure, Outcome
from wav2spec.batch.report import Report
from wav2spec.batch.request import Request
from wav2spec.batch.run import run_conversion
from wav2spec.batch.tallies import Tallying
from wav2spec.settings.settings import DEFAULT

OUTCOMES = (
    Outcome("a.wav", "a.png", "written", facts=Facts(sample_rate=8000)),
    Outcome("b.wav", "b.png", "current"),
    Outcome("c.wav", "c.png", "written", warnings=("silent",)),
    Outcome("d.wav", None, "dropped", warnings=("short",)),
    Outcome("e.wav", "e.png", "failed", failure=Failure("e.wav", "no WAV")),
    Outcome("f.wav", "f.png", "skipped"),
)
DIRECTORY = ".."


def told(outcomes: list[Outcome]) -> tuple[str, int, bytes]:
    """Return the summary, the exit code and the manifest of a run."""
    report, file = Report(), io.BytesIO()
    writer = ManifestWriter(file, "manifest.jsonl")
    writer._directory = DIRECTORY
    for outcome in outcomes:
        report.add(outcome)
        writer.add(outcome)
    return report.summary(), report.exit_code, file.getvalue()


@given(st.lists(st.lists(st.sampled_from(OUTCOMES), max_size=6), max_size=6))
def test_a_run_is_told_the_same_from_tallies_of_groups_and_of_groups_of_groups(groups: list[list[Outcome]]) -> None:
    tally = Tallying(has_manifest=True, directory=DIRECTORY)
    outcomes = [outcome for group in groups for outcome in group]
    packed = [outcome for group in groups for outcome in tally(group)]
    assert told(outcomes) == told(packed) == told(tally(packed))


def test_only_outcomes_without_failure_and_warning_are_tallied() -> None:
    packed = Tallying()(list(OUTCOMES))
    assert [type(outcome) for outcome in packed] == [Tally, Outcome, Outcome, Outcome, Outcome]
    assert isinstance(packed[0], Tally)
    assert (packed[0].counts, packed[0].rows) == ({"written": 1, "current": 1}, b"")


@pytest.mark.system
def test_the_manifest_of_processes_is_that_of_one(
    make_wav: MakeWav, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("in").mkdir()
    for number in range(40):
        make_wav(f"in/{number:02}.wav", n_samples=2000 + number)
    Path("in/07.wav").write_bytes(b"no WAV")
    words = ("in", "-o", "out/", "--manifest")
    one, two = (invoke(*words, f"{n}.jsonl", "-j", n).stderr for n in ("1", "2"))
    assert one == two
    assert Path("1.jsonl").read_bytes() == Path("2.jsonl").read_bytes()
    request = Request(sources=("in",), output="out/", jobs=2)
    outcomes = list(run_conversion(request, DEFAULT, plan=plan_conversion(request, DEFAULT), tallies=True))
    assert any(isinstance(outcome, Tally) for outcome in outcomes)
    assert told(outcomes)[:2] == ("39 written, 1 failed", 1)
