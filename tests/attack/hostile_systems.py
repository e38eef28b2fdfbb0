"""A system that fails: one call, a signal, a limit, another run in the same folder, odd names."""

import errno
import os
import random
import resource
import shutil
import signal
import subprocess
import time
from pathlib import Path

from failing_calls import CALLS, PROCESS_CALLS, count_calls, failing, library
from runs import (
    HANGS_AFTER_S,
    PROGRAM,
    PROGRAM_NAMING_FILES,
    SAMPLES,
    Finding,
    finish,
    is_start_of_python,
    run,
)

# Each makes files in ``out`` from ``a.wav``, ``b.wav`` and ``in.tar``.
COMMANDS = (
    "a.wav b.wav -o out/",
    "a.wav b.wav -o out/ --update",
    "a.wav b.wav -o out/ --manifest out/m.jsonl",
    "a.wav b.wav -o out/ --segment 500ms --force",
    "a.wav b.wav -o out/ --format npy",
    "a.wav b.wav -o out/%03d.tar --shard-size 1",
    "a.wav b.wav -o out/%03d.tar --shard-size 1 --update",
    "in.tar -o out/",
    "--files-from names -o out/",
    "levels a.wav b.wav -o out/l.toml",
    "plot a.wav b.wav -o out/ --labels labels.txt",
    "plot a.wav -o out/p.svg --force",
    "compare a.wav -o out/c.pdf --force",
    "explore a.wav -o out/e.html --force",
    "tune a.wav --plot out/t.png",
    "report m.jsonl -o out/r.html",
)
_WITHOUT_JOBS = ("tune", "compare", "explore")


def _prepare(folder: Path, sample: str = "speech.wav") -> None:
    for name in "ab":
        shutil.copy(SAMPLES / sample, folder / f"{name}.wav")
    (folder / "names").write_text("a.wav\nb.wav\n")
    (folder / "labels.txt").write_text("0.1\t0.2\tcrow\n")
    shutil.make_archive(str(folder / "in"), "tar", folder, "a.wav")
    (folder / "m.jsonl").write_text('{"source": "a.wav", "status": "written", "target": null}\n')


def _command(generator: random.Random) -> list[str]:
    words = generator.choice(COMMANDS).split()
    jobs = ["--jobs", generator.choice("12")] if words[0] not in _WITHOUT_JOBS else []
    return [*generator.choice((PROGRAM, PROGRAM_NAMING_FILES)), *words, *jobs]


def _outputs(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "out").glob("*")} if (folder / "out").exists() else {}


def _check_whole(folder: Path, whole: dict[str, bytes], what: str) -> None:
    """Check that pictures are those of a whole run; manifests, shards, levels and reports depend on what failed."""
    for name, content in _outputs(folder).items():
        if content != whole.get(name) and not name.endswith((".jsonl", ".tar", ".toml", "r.html")):
            raise Finding(f"{what}: {name} is neither as it was nor whole")


def failing_call(generator: random.Random, folder: Path) -> None:
    """One system call fails, at a random site, once or from then on."""
    if library() is None:
        return
    _prepare(folder)
    (folder / "out").mkdir()
    command = _command(generator)
    run(command, folder, (0,))
    whole = _outputs(folder)
    call = generator.choice((*CALLS, *CALLS, *PROCESS_CALLS))
    n_calls = count_calls(call, folder, command, cwd=folder)
    number = generator.choice((errno.EIO, errno.ENOSPC, errno.EACCES, errno.ENOMEM, errno.EMFILE))
    at, again = generator.randrange(1, n_calls + 2), generator.random() < 0.3
    if generator.random() < 0.5:
        for path in (folder / "out").iterdir():
            path.unlink()
    what = f"{call} {at} {errno.errorcode[number]} again={again}: {command}"
    environment = failing(call, at, number, folder, again=again)
    try:
        run(command, folder, (0, 1, 2), env=environment)
    except Finding as finding:
        # Where nothing can be removed, something is left.
        if not (str(finding).startswith("left") and call in ("unlink", "readdir")):
            raise Finding(f"{what}: {finding}") from None
    _check_whole(folder, whole, what)


def signals(generator: random.Random, folder: Path) -> None:
    """A signal at a random moment: whole files or none, and the process ends by it."""
    _prepare(folder, "guitar.wav")
    command = _command(generator)
    run(command, folder, (0,))
    whole = _outputs(folder)
    shutil.rmtree(folder / "out")
    number = generator.choice((signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL))
    what = f"{number.name}: {command}"
    with subprocess.Popen(command, cwd=folder, stdout=-1, stderr=-1) as process:
        time.sleep(generator.uniform(0, 2))
        process.send_signal(number)
        try:
            _, messages = process.communicate(timeout=HANGS_AFTER_S)
        except subprocess.TimeoutExpired:
            process.kill()
            raise Finding(f"hangs after {what}") from None
    if is_start_of_python(messages):
        return
    if process.returncode not in (0, -number):
        raise Finding(f"exit {process.returncode} after {what}\n{messages!r}")
    if any(not line.startswith(b"wav2spec: ") for line in messages.splitlines()):
        raise Finding(f"messages after {what}\n{messages.decode('utf-8', 'replace')}")
    end = time.monotonic() + HANGS_AFTER_S
    while number != signal.SIGKILL and (left := list(folder.rglob(".wav2spec-*"))):
        if time.monotonic() > end:
            raise Finding(f"left {left} after {what}")
        time.sleep(0.1)
    for name, content in _outputs(folder).items():
        if content != whole.get(name) and not name.startswith("."):
            raise Finding(f"partial {name} after {what}")


def limits(generator: random.Random, folder: Path) -> None:
    """Little memory, few descriptors, small files or little time: whole files or a reason."""
    _prepare(folder)
    command = _command(generator)
    run(command, folder, (0,))
    whole = _outputs(folder)
    if generator.random() < 0.5:
        shutil.rmtree(folder / "out")
    kind, amount = generator.choice(
        (
            (resource.RLIMIT_AS, generator.randrange(60, 500) * 2**20),
            (resource.RLIMIT_NOFILE, generator.randrange(10, 40)),
            (resource.RLIMIT_FSIZE, generator.randrange(0, 2**17)),
            (resource.RLIMIT_CPU, 1),
            (resource.RLIMIT_NPROC, generator.randrange(1, 4)),
        )
    )

    def limit() -> None:
        resource.setrlimit(kind, (amount, resource.getrlimit(kind)[1]))

    try:
        run(command, folder, (0, 1, -signal.SIGXCPU), limit=limit)
    except Finding as finding:
        raise Finding(f"limit {kind} of {amount}: {finding}") from None
    _check_whole(folder, whole, f"limit {kind} of {amount}: {command}")


def several_runs(generator: random.Random, folder: Path) -> None:
    """Runs into one folder at the same time, one of which may be killed: all files are whole."""
    _prepare(folder)
    command = _command(generator)
    run(command, folder, (0,))
    whole = _outputs(folder)
    if generator.random() < 0.5:
        shutil.rmtree(folder / "out")
    processes = [subprocess.Popen(command, cwd=folder, stdout=-1, stderr=-1) for _ in range(generator.randrange(2, 5))]
    killed = None
    if generator.random() < 0.5:
        killed = processes[0]
        time.sleep(generator.uniform(0, 2))
        killed.kill()
    for process in processes:
        process.wait(HANGS_AFTER_S)
    for path in folder.rglob(".wav2spec-*") if killed else ():
        path.unlink()
    for process in processes:
        finish(process, folder, (0, -signal.SIGKILL) if process is killed else (0,))
    if _outputs(folder) != whole:
        raise Finding(f"several runs left other files than one: {command}")


def odd_names(generator: random.Random, folder: Path) -> None:
    """Names of any bytes, in folders of any depth: drawn, printed on one line, and reported."""
    names = []
    for number in range(6):
        length = generator.choice((1, 5, 40, 250 - len(str(number))))
        stem = bytes(b for b in generator.randbytes(length) if b not in b"/\0\n") + str(number).encode()
        depth = generator.choice((0, 0, 1, 30))
        directory = os.fsencode(folder) + b"/in" + b"".join(b"/" + stem[-60:] for _ in range(depth))
        os.makedirs(directory, exist_ok=True)
        name = os.fsdecode(directory + b"/" + stem[-246:] + b".wav")
        Path(name).write_bytes((SAMPLES / "kick.wav").read_bytes())
        names.append(name)
    command = generator.choice((["image"], ["compare", "--window-size", "512", "--window-size", "1024"]))
    sources = generator.choice((names, [f"{folder}/in"]))
    locale = generator.choice(({}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}))
    environment = os.environ | locale
    words = [*command, *sources, "-o", f"{folder}/out/", "-v", "--manifest", f"{folder}/m.jsonl"]
    messages = run([*PROGRAM, *words], folder, (0,), env=environment)
    if any(not (32 <= byte < 127 or byte == 10) for byte in messages) and locale:
        raise Finding(f"bytes on the terminal: {command} {names}\n{messages!r}")
    for target in ("r.html", "r.md"):
        run([*PROGRAM, "report", "m.jsonl", "-o", target], folder, (0,), env=environment)
