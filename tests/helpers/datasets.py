"""What the tests of data sets share: the program in this process, and what it leaves behind."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import numpy as np
import numpy.typing as npt
from click.testing import CliRunner, Result
from PIL import Image

from wav2spec.cli.main import command

Words = str | Path

# A small process between us and the program, since a process is counted what it had before it became another.
_MEASURED = (
    "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stdout=sys.stderr);"
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
)


def invoke(*words: Words) -> Result:
    return CliRunner().invoke(command, [str(word) for word in words], standalone_mode=False)


def done(*words: Words, code: int = 0) -> Result:
    """Run the program in this process to the exit code that is expected."""
    result = invoke(*words)
    assert (result.exception, result.return_value) == (None, code), (result.exception, result.output)
    return result


def usage_error(*words: Words) -> str:
    """Return what is said of a command that cannot be."""
    result = invoke(*words)
    assert isinstance(result.exception, click.UsageError), (result.exception, result.output)
    assert (result.exception.exit_code, result.stdout) == (2, "")
    return result.exception.format_message()


def names(folder: Path) -> list[str]:
    """Return the names of all files in a folder, the hidden ones too; none if it is not there."""
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def pixels(path: Path) -> npt.NDArray[Any]:
    with Image.open(path) as picture:
        return np.asarray(picture)


def recipe(path: Path) -> dict[str, Any]:
    """Return what a picture says of itself, as Pillow reads it."""
    with Image.open(path) as picture:
        picture.load()
        return dict(json.loads(str(picture.info["wav2spec"])))


def rows(manifest: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in manifest.read_text().splitlines()]


def digest(samples: npt.ArrayLike, rate: int) -> str:
    """Return the digest of 16-bit samples, as numbers of full scale at 1, shape (n_samples, n_channels)."""
    array = (np.asarray(samples) * 2**15).astype("<i2")
    return hashlib.sha256(f"{rate} {array.shape[1]} ".encode() + array.tobytes()).hexdigest()


def peak_memory(*words: Words) -> float:
    """Return the most memory that a process of the program took, in MB."""
    program = [sys.executable, "-m", "wav2spec", *map(str, words)]
    result = subprocess.run([sys.executable, "-c", _MEASURED, *program], capture_output=True, check=True, timeout=60)
    unit = 1 if sys.platform == "darwin" else 1024
    return int(result.stdout) * unit / 1e6
