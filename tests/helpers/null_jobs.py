"""A run of many jobs that do nothing, on a cluster: the program's plan, its client, its report and its manifest.

``python null_jobs.py ADDRESS N`` prints the summary, the peak memory in MB and the number of rows of the manifest. The
workers need this folder on their path.
"""

import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from wav2spec.batch.facts import Facts
from wav2spec.batch.jobs import Job
from wav2spec.batch.outcomes import Outcome


class NullConversion:
    """Stands for `wav2spec.batch.convert.Conversion`."""

    def __init__(self, settings: Any, *_arguments: Any, **_named: Any) -> None:
        self.settings = settings

    def __call__(self, job: Job) -> Iterator[Outcome]:
        facts = Facts(sample_rate=16000, samples_sha256="0" * 64, pixels_sha256="1" * 64)
        yield Outcome(job.source, job.target, "written", "1 x 1 pixels", facts=facts)


def main() -> None:
    # As the workers know it.
    import null_jobs

    from wav2spec.batch import convert, run
    from wav2spec.batch.conversion_plan import plan_conversion
    from wav2spec.batch.report import Report
    from wav2spec.batch.request import Request
    from wav2spec.process import begin_work
    from wav2spec.settings.settings import DEFAULT

    address, n_jobs = sys.argv[1], int(sys.argv[2])
    names = (f"corpus/{number % 1000:04}/{number:09}.wav" for number in range(n_jobs))
    Path("list").write_text("".join(f"{name}\n" for name in names))
    # Workers are asked whether they see the first.
    os.makedirs("corpus/0000", exist_ok=True)
    Path("corpus/0000/000000000.wav").touch()
    convert.Conversion = null_jobs.NullConversion  # type: ignore[misc,assignment]
    request = Request(files_from="list", output="out", manifest="rows.jsonl", scheduler=address)
    outcomes = run.run_conversion(request, DEFAULT, plan=plan_conversion(request, DEFAULT), tallies=True)
    begin_work()
    report = Report()
    for outcome in outcomes:
        report.add(outcome)
    # Not ru_maxrss, which a process inherits from the one that forked it.
    peak = re.search(r"VmHWM:\s*([0-9]+)", Path("/proc/self/status").read_text())
    assert peak
    with open("rows.jsonl") as rows:
        print(json.dumps([report.summary(), int(peak[1]) / 1024, sum(1 for _ in rows)]))


if __name__ == "__main__":
    main()
