"""The levels that a page computes, and those of wav2spec."""

import base64
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from click.testing import CliRunner

from wav2spec.cli.main import command


class Evaluator(Protocol):
    """A page in a browser."""

    def evaluate(self, expression: str, argument: Any = None) -> Any: ...


# Asks a worker of the page for every frame and bin, and returns them as Base64.
COLUMNS = """async ([size, window, hop, fft, edges]) => {
    const x = shownSamples().slice(), n = Math.floor(sound.n / hop) + 1;
    const worker = new Worker(workerUrl), samples = {x, x0: hop / 2, spp: hop, first: 0, n};
    const columns = await new Promise(resolve => {
        worker.onmessage = ({data}) => resolve(data.columns);
        worker.postMessage({...samples, size, window, fft, edges: Float64Array.from(edges), most: Infinity});
    });
    worker.terminate();
    const bytes = new Uint8Array(columns.buffer);
    let text = '';
    for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
    return btoa(text);
}"""


def columns_of(
    page: Evaluator, size: int, window: str, hop: int, fft: int, edges: npt.NDArray[Any]
) -> npt.NDArray[np.float32]:
    """dB of the page: a column every `hop` samples, rows between `edges` in bins."""
    encoded = page.evaluate(COLUMNS, [size, window, hop, fft, edges.tolist()])
    return np.frombuffer(base64.b64decode(encoded), np.float32).reshape(-1, len(edges) - 1)


def levels_by_wav2spec(
    source: Path, target: Path, size: int, window: str, hop: int, fft: int
) -> npt.NDArray[np.float32]:
    """dB of every frame and bin, shape (n_frames, n_bins), down to nothing."""
    words = [source, target, "--preset", "librosa", "--channel", "mix", "--window-size", size, "--stride", hop]
    words += ["--window", window, "--fft-length", fft, "--db-ref", "full-scale", "--db-range", 400, "--db-max", 100]
    words += ["--amin", 0, "--force", "-q"]
    done = CliRunner().invoke(command, [str(word) for word in words], standalone_mode=False)
    assert done.return_value == 0, done.stderr
    values: npt.NDArray[np.float32] = np.load(target)
    return values


def assert_same_levels(found: npt.NDArray[np.float32], expected: npt.NDArray[np.float32]) -> None:
    n_frames = min(len(found), len(expected))
    assert n_frames >= len(expected) - 1
    audible = expected[:n_frames] > -100
    assert audible.any()
    assert np.abs(found[:n_frames] - expected[:n_frames])[audible].max() < 0.001
