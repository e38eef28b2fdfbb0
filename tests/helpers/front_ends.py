"""Answers of other systems in ``tests/golden/front_ends``, and our settings for each."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile
from recordings import GOLDEN, SAMPLES

FOLDER = GOLDEN / "front_ends"
# Files with questions of their own.
APART = ("sox", "praat", "librosa-load")
NAMES = sorted(path.stem for path in FOLDER.glob("*.npz") if path.stem not in APART)

# Names and values as the files have them, and ours.
_NAMES = {"band_of": "band_sum"}
_VALUES = {"spectrum_scale": {"amplitude": "magnitude", "energy": "window"}}


@dataclass(frozen=True)
class Answer:
    """What a system answered to some samples.

    Attributes
    ----------
    samples : ndarray, shape (n_samples,), float32
    values : ndarray, shape (n_frames, n_bands)
    transposed : bool
        Whether the system has bands first.
    tolerance : float
        Three times the difference that double precision makes, at least 1e-5 of the greatest value.
    """

    samples: npt.NDArray[np.float32]
    sample_rate: int
    settings: dict[str, Any]
    values: npt.NDArray[np.float32]
    transposed: bool
    tolerance: float


def answers(name: str) -> list[Answer]:
    file = np.load(FOLDER / f"{name}.npz")
    meta = json.loads(str(file["meta"]))
    transposed = meta["axes"] == "bands-frames"
    found = []
    for key, source in meta["inputs"].items():
        samples, _ = soundfile.read(SAMPLES / source["file"], dtype="float32", always_2d=True)
        taken = samples[source["first"] : source["first"] + source["n"], 0]
        tolerance = max(3 * meta["numpy_max_abs_error"][key], 1e-5 * meta["greatest"])
        values = file[key].T if transposed else file[key]
        found.append(Answer(taken, meta["sample_rate"], settings_of(meta), values, transposed, tolerance))
    return found


def settings_of(meta: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of a file under our names; what a file does not name has the defaults of its tables."""
    given = {"fft_length": 256, "magnitude_squared": True, "npy_axes": meta["axes"]} | meta["settings"]
    settings = {}
    for name, value in given.items():
        settings[_NAMES.get(name, name)] = _VALUES.get(name, {}).get(str(value), value)
    if settings.pop("fold", False):
        settings["sides"] = "onesided2X"
    if settings.get("scale") == "db":
        # A range so wide that no value is cut off; power and magnitude have the same levels.
        settings |= {"db_ref": 1.0, "db_max": 100.0, "db_range": 400.0}
        del settings["magnitude_squared"]
    if settings.get("scale", "linear") == "linear":
        settings.pop("amin", None)
    return {name: value for name, value in settings.items() if value is not None}


def options(settings: dict[str, Any]) -> list[str]:
    words = []
    for name, value in settings.items():
        flag = "--" + name.replace("_", "-")
        words += [flag if value else "--magnitude"] if isinstance(value, bool) else [f"{flag}={value}"]
    return words
