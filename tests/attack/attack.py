"""Run the program on hostile input for as long as told, and report what it should not do.

    python tests/attack/attack.py --minutes 30 [--seed 1] [--only limits]

Each round draws one attack from a generator of its own seed: damaged recordings, or another kind of file that the
program reads (`hostile_inputs`); a failing system call, a signal, a limit, several runs at once, or odd names
(`hostile_systems`). A finding is printed with its seed and its command; `--round SEED` repeats it. The exit code is 1
if there was any.
"""

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "helpers"))

from failing_calls import library
from hostile_inputs import hostile_inputs, hostile_recordings
from hostile_systems import failing_call, limits, odd_names, several_runs, signals
from runs import Finding

Attack = Callable[[random.Random, Path], None]

# Those with the most sites are drawn twice.
ATTACKS: tuple[Attack, ...] = (
    hostile_recordings,
    hostile_inputs,
    hostile_inputs,
    failing_call,
    failing_call,
    signals,
    limits,
    several_runs,
    odd_names,
)


def one_round(seed: int, only: str | None) -> tuple[str, str | None]:
    """Run the attack of a seed, and return its name and what it found."""
    generator = random.Random(seed)
    attack = generator.choice([one for one in ATTACKS if only in (None, one.__name__)])
    folder = Path(tempfile.mkdtemp(prefix="attack-"))
    try:
        attack(generator, folder)
    except Finding as finding:
        return attack.__name__, f"{attack.__name__}: {finding}"
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return attack.__name__, None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**9))
    parser.add_argument("--round", type=int, help="run the round of this seed alone")
    parser.add_argument("--only", choices=sorted({attack.__name__ for attack in ATTACKS}), help="run this attack alone")
    arguments = parser.parse_args()
    if library() is None:
        print("attack: no C compiler (or no Linux): no system calls will fail", flush=True)
    first = arguments.seed if arguments.round is None else arguments.round
    end = time.monotonic() + 60 * arguments.minutes
    rounds: Counter[str] = Counter()
    n_found, seed = 0, first
    while not rounds or (time.monotonic() < end and arguments.round is None):
        name, found = one_round(seed, arguments.only)
        rounds[name] += 1
        if found:
            n_found += 1
            again = f"--round {seed}" + (f" --only {arguments.only}" if arguments.only else "")
            print(f"FOUND, again by: python tests/attack/attack.py {again}\n{found}\n", flush=True)
        seed += 1
    counts = ", ".join(f"{count} {name}" for name, count in sorted(rounds.items()))
    print(f"attack: {rounds.total()} rounds from seed {first} ({counts}), {n_found} findings")
    return int(n_found > 0)


if __name__ == "__main__":
    sys.exit(main())
