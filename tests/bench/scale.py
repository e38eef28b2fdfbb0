"""What archives, shards, stores and earlier manifests cost beside local files: `make bench-scale`.

Pairs of commands are run by turns, and the medians of their processor time are compared; where latency is what is
measured, of their time. Servers run on the loopback interface and are not counted.
"""

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
import soundfile

sys.path.insert(0, str(Path(__file__).parents[1] / "helpers"))

import servers

WAV2SPEC = [sys.executable, "-m", "wav2spec"]
LATENCY_S = 0.03


@dataclass(frozen=True)
class Cost:
    cpu_s: float
    wall_s: float


@dataclass(frozen=True)
class Comparison:
    """Two commands for the same clips, and the target of the ratio of the first to the second."""

    name: str
    words: tuple[str, ...]
    others: tuple[str, ...]
    target: str
    # Before each run, what has to be undone or set.
    prepare: Callable[[], object] = lambda: None
    by_time: bool = False


def run(words: tuple[str, ...], environment: dict[str, str]) -> Cost:
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([*WAV2SPEC, *words, "-q"], check=True, stdout=subprocess.DEVNULL, env={**os.environ, **environment})
    wall = time.perf_counter() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall)


@contextmanager
def clips(n_clips: int, bucket: servers.Bucket) -> Iterator[None]:
    """Stand in a folder with as many clips of a second, in a folder, in archives and in the store."""
    with tempfile.TemporaryDirectory(prefix="wav2spec-bench-") as folder:
        os.chdir(folder)
        Path("set").mkdir()
        for number in range(n_clips):
            samples = np.random.default_rng(number).uniform(-0.5, 0.5, 16000)
            soundfile.write(f"set/{number:06}.wav", samples, 16000)
        for kind in ("tar", "gztar", "zip"):
            shutil.make_archive("set", kind, "set")
        bucket.put_tree("b/set", Path("set"))
        yield


def comparisons(bucket: servers.Bucket) -> list[Comparison]:
    files = ("set", "-o", "files/")
    one, all_ = ("--requests", "1"), ("--requests", "32")
    remote = ("s3://b/set/", "-o", "s3://b/out/")

    def late() -> None:
        bucket.fail(latency=LATENCY_S)

    return [
        Comparison(
            "shards, and files with a manifest",
            ("set", "-o", "shards/%04d.tar", "--shard-size", "100"),
            (*files, "--manifest", "m.jsonl"),
            "at most 1.05",
        ),
        Comparison("from .tar, and from a folder", ("set.tar", "-o", "tar/"), files, "at most 1.15"),
        *(
            Comparison(
                f"from {name}, and from a folder, -j {jobs}",
                (name, "-o", "archive/", "-j", jobs),
                (*files, "-j", jobs),
                "at most 1.25",
            )
            for name in ("set.tar.gz", "set.zip")
            for jobs in ("1", "2", "8")
        ),
        Comparison("store to store, and files", remote, files, "at most 1.3", bucket.fail),
        Comparison(
            f"{LATENCY_S * 1000:g} ms of latency: time with --requests 1, and with 32",
            (*remote, "-j", "1", *one),
            (*remote, "-j", "1", *all_),
            "at least 8",
            late,
            by_time=True,
        ),
    ]


def compare(one: Comparison, n_rounds: int, environment: dict[str, str]) -> tuple[float, float, float]:
    """Return the medians of both costs, and of their ratios."""
    pairs = []
    for _ in range(n_rounds):
        costs = []
        for words in (one.words, one.others):
            one.prepare()
            cost = run(words, environment)
            costs.append(cost.wall_s if one.by_time else cost.cpu_s)
        pairs.append(costs)
    first, second = (statistics.median(cost[side] for cost in pairs) for side in (0, 1))
    return first, second, statistics.median(a / b for a, b in pairs)


def since_cost(n_clips: int, n_rounds: int) -> tuple[float, float]:
    """Return the processor time for each finished clip (us): of listing alone, and of listing with `--since`."""
    run(("set/000000.wav", "one.png", "--update", "--manifest", "one.jsonl"), {})
    os.utime("set/000000.wav", (1e9, 1e9))
    for side in ("many", "finished"):
        Path(side).mkdir()
    for number in range(n_clips):
        os.link("set/000000.wav", f"many/{number:06}.wav")
        os.link("one.png", f"finished/{number:06}.png")
    words = ("many", "-o", "finished/", "--update", "-j", "1")
    run((*words, "--include", "000000.wav", "--manifest", "row.jsonl"), {})
    row = Path("row.jsonl").read_text()
    with open("since.jsonl", "w") as manifest:
        manifest.writelines(row.replace("/000000.", f"/{number:06}.") for number in range(n_clips))
    assert json.loads(row)["source_id"]
    with_since = (*words, "--since", "since.jsonl", "--manifest", "next.jsonl")
    few = ("--include", "000000.wav")
    costs: list[list[float]] = [[], []]
    for _ in range(n_rounds):
        listed = run((*words[:3], "--dry-run"), {}).cpu_s - run((*words[:3], "--dry-run", *few), {}).cpu_s
        known = run(with_since, {}).cpu_s - run((*words, *few), {}).cpu_s
        costs[0].append(1e6 * listed / n_clips)
        costs[1].append(1e6 * known / n_clips)
    listed_us, known_us = map(statistics.median, costs)
    return listed_us, known_us


@click.command()
@click.option("--clips", "n_clips", default=2000, help="Clips of a second.")
@click.option("--rounds", "n_rounds", default=5, help="Runs of each command.")
@click.option("--finished", "n_finished", default=100_000, help="Clips of the manifest.")
@click.argument("names", nargs=-1)
def main(names: tuple[str, ...], n_clips: int, n_rounds: int, n_finished: int) -> None:
    """Print a line for each comparison, or for those that have one of NAMES in their own."""
    with ExitStack() as stack:
        bucket = stack.enter_context(servers.bucket_server())
        stack.enter_context(clips(n_clips, bucket))
        for one in comparisons(bucket):
            if names and not any(name in one.name for name in names):
                continue
            first, second, ratio = compare(one, n_rounds, bucket.environment)
            click.echo(f"{one.name}: {first:.2f} s and {second:.2f} s: {ratio:.2f} ({one.target})")
        if not names or "since" in names:
            listed, known = since_cost(n_finished, n_rounds)
            click.echo(f"--since: {known:.1f} us a clip, of which {listed:.1f} us list it (10 us beyond)")
        os.chdir("/")


if __name__ == "__main__":
    main()
