"""Run the program on hostile input for as long as told, and report what it should not do.

    python tests/attack/attack.py --minutes 30 [--seed 1]

Each round draws one kind of attack from a generator of its own seed: mutated recordings, mutated pictures, a failing
system call, a signal, or odd names. A finding is printed with its seed and its command; `--round SEED` repeats it. The
exit code is 1 if there was any.
"""

import argparse
import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "helpers"))

from failing_calls import CALLS, count_calls, failing, library
from hostile_recordings import hostile_files

PROGRAM = (sys.executable, "-m", "wav2spec")
# As on file systems without unnamed files.
PROGRAM_NAMING_FILES = (
    sys.executable,
    "-c",
    "import os; del os.O_TMPFILE; from wav2spec.__main__ import main; main()",
)
SAMPLES = Path(__file__).parents[2] / "sample_audio"
# Ten times what a busy machine takes (s).
HANGS_AFTER_S = 60
OPTIONS: tuple[list[str], ...] = (
    [],
    ["--format", "npy", "--channel", "all"],
    ["--layout", "right-up", "--bit-depth", "16"],
    ["--preset", "librosa"],
    ["--segment", "100ms"],
    ["--size", "64x32", "--scale", "db"],
    ["--sample-rate", "8000", "--normalize", "peak"],
)


class Finding(Exception):  # noqa: N818 - it is what the script looks for
    """What a run did, and should not have."""


Attack = Callable[[random.Random, Path], None]


def run(command: list[str], folder: Path, allowed: tuple[int, ...] = (0, 1), **options: object) -> bytes:
    """Run a command, check what is promised of every run, and return its messages."""
    try:
        result = subprocess.run(command, cwd=folder, capture_output=True, timeout=HANGS_AFTER_S, **options)  # type: ignore[call-overload]
    except subprocess.TimeoutExpired:
        raise Finding(f"hangs: {command}") from None
    messages: bytes = result.stderr
    strange = [line for line in messages.splitlines() if not line.startswith(b"wav2spec: ")]
    if result.returncode not in allowed:
        raise Finding(f"exit {result.returncode}: {command}\n{messages.decode('utf-8', 'replace')}")
    if (strange and result.returncode >= 0 and result.returncode != 2) or b"unexpected" in messages:
        raise Finding(f"messages: {command}\n{messages.decode('utf-8', 'replace')}")
    left = [str(path) for path in folder.rglob(".wav2spec-*")]
    if left and result.returncode != -signal.SIGKILL:
        raise Finding(f"left {left}: {command}")
    return messages


def mutated(generator: random.Random, content: bytes) -> bytes:
    """Return some bytes changed, cut out, inserted or repeated, mostly near the beginning."""
    data = bytearray(content)
    for _ in range(generator.choice((1, 1, 2, 4, 16))):
        at = generator.randrange(min(len(data), generator.choice((64, 256, len(data))))) if data else 0
        match generator.randrange(6):
            case 0:
                data[at : at + 1] = bytes((generator.randrange(256),))
            case 1:
                data[at : at + 4] = generator.choice((b"\xff" * 4, bytes(4), b"\xff\xff\xff\x7f", b"\0\0\0\x80"))
            case 2:
                del data[at : at + generator.randrange(1, 40)]
            case 3:
                data[at:at] = generator.randbytes(generator.randrange(1, 40))
            case 4:
                del data[at + generator.randrange(1000) :]
            case 5:
                data[at:at] = data[at : at + generator.randrange(1, 200)]
    return bytes(data)


def mutated_recordings(generator: random.Random, folder: Path) -> None:
    """Batches of recordings in all containers, damaged at random: a picture or a reason for each."""
    import soundfile

    names = []
    contents = [*hostile_files().values()]
    for number, (major, suffix) in enumerate((("WAV", "wav"), ("FLAC", "flac"), ("AIFF", "aiff"), ("OGG", "ogg"))):
        path = folder / f"whole{number}.{suffix}"
        soundfile.write(path, [generator.uniform(-1, 1) for _ in range(4000)], 16000, format=major)
        contents += [path.read_bytes()] * 40
        path.unlink()
    for number in range(20):
        path = folder / f"{number}.wav"
        path.write_bytes(mutated(generator, generator.choice(contents)))
        names.append(path.name)
    options = generator.choice(OPTIONS)
    # A decoder that crashes costs its file alone.
    run([*PROGRAM, *names, *options, "-o", "out/", "--jobs", "2"], folder)


def mutated_pictures(generator: random.Random, folder: Path) -> None:
    """Everything that reads pictures, on damaged ones."""
    shutil.copy(SAMPLES / "kick.wav", folder / "a.wav")
    run([*PROGRAM, "a.wav", "b.png", "--duration", "200ms", *generator.choice(OPTIONS[2:4])], folder, (0,))
    data = (folder / "b.png").read_bytes()
    for _ in range(3):
        (folder / "b.png").write_bytes(
            mutated(generator, data[::-1])[::-1] if generator.random() < 0.5 else mutated(generator, data)
        )
        for words in (["info", "b.png"], ["info", "--digest", "b.png"], ["info", "--flags", "b.png"]):
            run([*PROGRAM, *words], folder, (0, 1, 2), preexec_fn=None)
        run([*PROGRAM, "a.wav", "-o", "b.png", "--duration", "200ms", "--update"], folder)


def failing_call(generator: random.Random, folder: Path) -> None:
    """One system call fails, at a random site."""
    if library() is None:
        return
    for name in "ab":
        shutil.copy(SAMPLES / "speech.wav", folder / f"{name}.wav")
    program = generator.choice((PROGRAM, PROGRAM_NAMING_FILES))
    words = generator.choice((["-o", "out/"], ["-o", "out/", "--update"], ["--manifest", "m.jsonl", "-o", "out/"]))
    command = [*program, "a.wav", "b.wav", *words, "--jobs", generator.choice("12")]
    run(command, folder, (0,))
    whole = {path.name: path.read_bytes() for path in (folder / "out").iterdir()}
    call = generator.choice(CALLS)
    n_calls = count_calls(call, folder, command, cwd=folder)
    number = generator.choice((errno.EIO, errno.ENOSPC, errno.EACCES, errno.ENOMEM))
    at, again = generator.randrange(1, n_calls + 2), generator.random() < 0.3
    if generator.random() < 0.5:
        shutil.rmtree(folder / "out")
    environment = failing(call, at, number, folder, again=again)
    # Where nothing can be removed, something is left.
    try:
        run(command, folder, (0, 1, 2), env=environment)
    except Finding as finding:
        if not (str(finding).startswith("left") and call in ("unlink", "readdir")):
            raise Finding(f"{call} {at} {errno.errorcode[number]} again={again}: {finding}") from None
    for path in (folder / "out").glob("*.png"):
        if path.read_bytes() != whole[path.name]:
            raise Finding(f"{call} {at} {errno.errorcode[number]} again={again}: partial {path}: {command}")


def signals(generator: random.Random, folder: Path) -> None:
    """A signal at a random moment: whole pictures or none, and the process ends by it."""
    for number in range(8):
        shutil.copy(SAMPLES / "guitar.wav", folder / f"{number}.wav")
    program = generator.choice((PROGRAM, PROGRAM_NAMING_FILES))
    sources = [f"{number}.wav" for number in range(8)]
    command = [*program, *sources, "-o", "out/", "--stride", "8", "--jobs", generator.choice("13")]
    number = generator.choice((signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL))
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        # After the start of CPython, whose messages are its own.
        time.sleep(generator.uniform(0.2, 2))
        process.send_signal(number)
        try:
            _, messages = process.communicate(timeout=HANGS_AFTER_S)
        except subprocess.TimeoutExpired:
            process.kill()
            raise Finding(f"hangs after {number.name}: {command}") from None
    if process.returncode not in (0, -number):
        raise Finding(f"exit {process.returncode} after {number.name}: {command}\n{messages!r}")
    if any(not line.startswith(b"wav2spec: ") for line in messages.splitlines()):
        raise Finding(f"messages after {number.name}: {command}\n{messages.decode('utf-8', 'replace')}")
    end = time.monotonic() + HANGS_AFTER_S
    while number != signal.SIGKILL and (left := list(folder.rglob(".wav2spec-*"))):
        if time.monotonic() > end:
            raise Finding(f"left {left} after {number.name}: {command}")
        time.sleep(0.1)
    from strict_png import decode

    for path in folder.glob("out/*.png"):
        try:
            decode(path.read_bytes())
        except Exception as error:
            raise Finding(f"partial {path} after {number.name}: {error}: {command}") from None


def odd_names(generator: random.Random, folder: Path) -> None:
    """Names of any bytes: drawn, and printed on one line."""
    names = []
    for number in range(6):
        length = generator.choice((1, 5, 40, 250 - len(str(number))))
        stem = bytes(b for b in generator.randbytes(length) if b not in b"/\0\n") + str(number).encode()
        name = os.fsencode(folder) + b"/" + stem[-246:] + b".wav"
        Path(os.fsdecode(name)).write_bytes((SAMPLES / "kick.wav").read_bytes())
        names.append(os.fsdecode(name))
    command = generator.choice((["image"], ["compare", "--window-size", "512", "--window-size", "1024"]))
    locale = generator.choice(({}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}))
    messages = run([*PROGRAM, *command, *names, "-o", f"{folder}/out/", "-v"], folder, (0,), env=os.environ | locale)
    if any(not (32 <= byte < 127 or byte == 10) for byte in messages) and locale:
        raise Finding(f"bytes on the terminal: {command} {names}\n{messages!r}")


ATTACKS: tuple[Attack, ...] = (mutated_recordings, mutated_pictures, failing_call, failing_call, signals, odd_names)


def one_round(seed: int) -> str | None:
    """Run the attack of a seed, and return what it found."""
    generator = random.Random(seed)
    attack = generator.choice(ATTACKS)
    with tempfile.TemporaryDirectory(prefix="attack-") as folder:
        try:
            attack(generator, Path(folder))
        except Finding as finding:
            return f"{attack.__name__}: {finding}"
    return None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**9))
    parser.add_argument("--round", type=int, help="run the round of this seed alone")
    arguments = parser.parse_args()
    if library() is None:
        print("attack: no C compiler (or no Linux): no system calls will fail", flush=True)
    first = arguments.seed if arguments.round is None else arguments.round
    end = time.monotonic() + 60 * arguments.minutes
    results: Counter[bool] = Counter()
    seed = first
    while not results or (time.monotonic() < end and arguments.round is None):
        found = one_round(seed)
        results[found is not None] += 1
        if found:
            print(f"FOUND, again by: python tests/attack/attack.py --round {seed}\n{found}\n", flush=True)
        seed += 1
    print(f"attack: {results.total()} rounds from seed {first}, {results[True]} findings")
    return int(results[True] > 0)


if __name__ == "__main__":
    sys.exit(main())
