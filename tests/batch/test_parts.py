"""Parts of a plan, which are disjoint and together the whole, and plans that are listed while they are done."""

import itertools
import os
import subprocess
import sys
from pathlib import Path

import pytest
from in_process import done, usage_error
from manifests import rows
from program import needs_proc
from recordings import MakeWav

from wav2spec.batch import plan as plan_module
from wav2spec.batch.jobs import Job, Unusable
from wav2spec.batch.name_list import NameList
from wav2spec.batch.plan import plan_jobs
from wav2spec.batch.request import Part
from wav2spec.errors import SettingError
from wav2spec.hash_set import HashSet


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def list_of(names: list[str]) -> NameList:
    Path("list").write_text("\n".join(names))
    return NameList("list")


@pytest.mark.parametrize("head", [1, 2, 3, 5, 2**14])
@pytest.mark.parametrize("count", [1, 2, 3, 7, 20])
def test_parts_are_every_so_many_th_job_of_the_plan_wherever_its_head_ends(
    head: int, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan_module, "HEAD", head)
    names = [f"{number}.wav" for number in range(11)]
    for index in range(1, count + 1):
        plan = plan_jobs((), "out", listed=list_of(names), part=Part(index, count))
        assert [item.source for item in plan] == names[index - 1 :: count]
        assert plan.n_jobs == (len(names[index - 1 :: count]) if head > 11 else None)


@pytest.mark.parametrize("count", [1, 2, 7, 12])
def test_the_parts_of_a_run_are_disjoint_and_together_the_run(make_wav: MakeWav, tmp_path: Path, count: int) -> None:
    (tmp_path / "in").mkdir()
    for number in range(5):
        make_wav(f"in/{number}.wav", n_samples=3000 + number)
    done("in", "-o", "whole", "--manifest", "whole.jsonl")
    found: list[str] = []
    for index in range(1, count + 1):
        done("in", "-o", "out", "--part", f"{index}/{count}", "--manifest", "part-%d.jsonl")
        found += [row["source"] for row in rows(Path(f"part-{index}.jsonl"))]
    assert sorted(found) == [row["source"] for row in rows(Path("whole.jsonl"))]
    for name in os.listdir("whole"):
        assert Path("whole", name).read_bytes() == Path("out", name).read_bytes()
    done("in", "-o", "out", "--check")


def test_a_conflict_is_found_by_every_part(make_wav: MakeWav, tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
        make_wav(f"{name}/x.wav")
    for index in (1, 2, 3):
        message = usage_error("a/x.wav", "b/x.wav", "c/x.wav", "-o", "out", "--part", f"{index}/3")
        assert message == "--output: a/x.wav and b/x.wav would both be written to out/x.png"


def slurm_task(number: int, first: int, count: int) -> dict[str, str]:
    values = {"ID": number, "MIN": first, "COUNT": count}
    return {f"SLURM_ARRAY_TASK_{name}": str(value) for name, value in values.items()}


@pytest.mark.parametrize(
    ("environment", "part"),
    [
        (slurm_task(3, 1, 4), Part(3, 4)),
        (slurm_task(3, 0, 4), Part(4, 4)),
        ({"AWS_BATCH_JOB_ARRAY_INDEX": "0", "AWS_BATCH_JOB_ARRAY_SIZE": "10"}, Part(1, 10)),
        ({"CLOUD_RUN_TASK_INDEX": "9", "CLOUD_RUN_TASK_COUNT": "10"}, Part(10, 10)),
    ],
)
def test_auto_reads_the_task_from_the_scheduler(environment: dict[str, str], part: Part) -> None:
    assert Part.parse("auto", environment) == part


@pytest.mark.parametrize(
    ("text", "environment", "message"),
    [
        ("auto", {}, "none of SLURM_ARRAY_TASK_ID or AWS_BATCH_JOB_ARRAY_INDEX or CLOUD_RUN_TASK_INDEX is set"),
        ("auto", {"CLOUD_RUN_TASK_INDEX": "x", "CLOUD_RUN_TASK_COUNT": "2"}, "are no numbers"),
        ("auto", slurm_task(9, 1, 3), "SLURM_ARRAY_TASK_ID is 9 in an array of 3: give the part as 9/N"),
        ("auto", slurm_task(3, 3, 1), "SLURM_ARRAY_TASK_ID is 3 in an array of 1: give the part as 3/N"),
        ("auto", slurm_task(7, 5, 4), "SLURM_ARRAY_TASK_ID is 7 in an array of 4: give the part as 7/N"),
        *((text, {}, "is neither auto nor a part such as 3/8") for text in ("0/3", "4/3", "3", "1/0", "-1/3", "1/3/4")),
    ],
)
def test_what_is_no_part_is_refused(text: str, environment: dict[str, str], message: str) -> None:
    with pytest.raises(SettingError, match=message) as caught:
        Part.parse(text, environment)
    assert caught.value.name == "part"


def test_beyond_the_head_a_conflict_fails_its_own_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_module, "HEAD", 2)
    names = ["a/1.wav", "a/2.wav", "a/3.wav", "b/4.wav", "a/3.WAV", "a/5.png", "a/5.wav", "a/6.wav"]
    found = list(plan_jobs((), None, listed=list_of(names)))
    assert [type(item) for item in found] == [Job, Job, Job, Job, Unusable, Job, Unusable, Job]
    unusable = [item for item in found if isinstance(item, Unusable)]
    assert [item.message for item in unusable] == [
        "another source and a/3.WAV would both be written to a/3.png",
        "another source and a/5.wav would both be written to a/5.png",
    ]


@pytest.mark.parametrize("count", [2, 3, 5])
def test_beyond_the_head_all_parts_together_find_the_conflicts_of_the_whole(
    count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan_module, "HEAD", 2)
    names = ["a/1.wav", "a/2.wav", "a/3.wav", "a/1.WAV", "b/4.wav", "a/2.Wav", "b/4.WAV", "b/5.wav"]
    whole = list(plan_jobs((), None, listed=list_of(names)))
    assert sum(isinstance(item, Unusable) for item in whole) == 3
    for index in range(1, count + 1):
        assert list(plan_jobs((), None, listed=list_of(names), part=Part(index, count))) == whole[index - 1 :: count]


def test_a_set_of_hashes_is_a_set() -> None:
    found, items = HashSet(), [("d", str(number % 7919)) for number in range(20_000)]
    assert [found.add(item) for item in items] == [number < 7919 for number in range(20_000)]
    assert all(item in found for item in items)
    assert ("d", "none") not in found


def test_the_rest_of_a_plan_is_listed_while_it_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_module, "HEAD", 3)
    taken: list[str] = []

    class Endless(NameList):
        def __iter__(self):  # type: ignore[no-untyped-def]
            for number in itertools.count():
                taken.append(str(number))
                yield f"{number}.wav"

    Path("list").write_text("a\nb\n")
    plan = plan_jobs((), "out", listed=Endless("list"))
    assert len(taken) == 3
    assert [item.source for item in itertools.islice(plan, 5)] == [f"{number}.wav" for number in range(5)]
    assert len(taken) == 5


@pytest.mark.slow
@pytest.mark.system
@needs_proc
def test_a_plan_of_a_million_names_takes_less_than_150_mb(tmp_path: Path) -> None:
    names = tmp_path / "list"
    with open(names, "w") as file:
        file.writelines(f"recordings/speaker-{number % 1000:04}/clip-{number:08}.wav\n" for number in range(1_000_000))
    code = (
        "import re, sys; from wav2spec.batch.plan import plan_jobs;"
        "from wav2spec.batch.name_list import NameList;"
        "n = sum(1 for _ in plan_jobs((), 'out', listed=NameList(sys.argv[1])));"
        # Not ru_maxrss, which a process inherits from the one that forked it.
        "print(n, re.search('VmHWM: *([0-9]+)', open('/proc/self/status').read().replace(chr(9), ' '))[1])"
    )
    result = subprocess.run([sys.executable, "-c", code, str(names)], capture_output=True, check=True, timeout=300)
    n_jobs, peak_kb = map(int, result.stdout.split())
    assert n_jobs == 1_000_000
    assert peak_kb < 150_000
