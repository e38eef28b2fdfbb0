"""Read manifests, and compute their rows by other means."""

import hashlib
import json
import math
import os
import re
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
from PIL import Image

Row = dict[str, Any]
Array = npt.NDArray[Any]

# In the order in which the README names them.
FIELDS = [
    *("source", "target", "status", "error", "sample_rate", "n_channels", "n_samples", "duration_s"),
    *("start_sample", "n_frames", "n_bands", "peak_dbfs", "rms_dbfs", "clipped_share", "silent_share"),
    *("samples_sha256", "pixels_sha256"),
    *("start_s", "segment_samples", "sample_format", "truncated", "dc", "warnings", "label", "directory"),
    *("source_id", "target_id", "recipe_sha256"),
]

# By subtype: how to read the numbers as they are stored, by how many bits they are shifted up, and how many they have.
STORED = {"PCM_U8": ("int16", 8, 8), "PCM_16": ("int16", 0, 16), "PCM_24": ("int32", 8, 24), "PCM_32": ("int32", 0, 32)}


def refuse(name: str) -> NoReturn:
    raise AssertionError(f"{name} is not JSON")


def parsed(data: bytes) -> list[Row]:
    """Return the rows of a manifest, which must be strict JSON with all fields in order."""
    assert data.isascii()
    assert data.endswith(b"\n")
    rows = [json.loads(line, parse_constant=refuse) for line in data.splitlines()]
    assert all(list(row) == FIELDS for row in rows)
    return rows


def expected_of_samples(wav: str | Path, first: int = 0, last: int | None = None) -> Row:
    """Compute the fields of a row that depend on the samples, by soundfile and NumPy, from the stored numbers."""
    with soundfile.SoundFile(os.fsencode(wav)) as file:
        rate, subtype = file.samplerate, file.subtype
    floats = soundfile.read(os.fsencode(wav), dtype="float32", always_2d=True)[0][first:last]
    if subtype in STORED:
        dtype, shift, bits = STORED[subtype]
        whole = soundfile.read(os.fsencode(wav), dtype=dtype, always_2d=True)[0][first:last].astype(np.int64) >> shift
        # On either side as far as the positive side goes.
        clipped: Array = np.abs(whole) >= 2 ** (bits - 1) - 1
        exact: Array = whole / 2 ** (bits - 1)
    else:
        clipped, exact = np.abs(floats) >= 1, floats.astype(np.float64)
    peak, power = float(np.abs(exact).max()), float(np.mean(exact**2))
    head = f"{rate} {floats.shape[1]} ".encode()
    # 16-bit samples as they are, all others as float32.
    samples = (floats * 2**15).astype("<i2") if subtype == "PCM_16" else floats.astype("<f4")
    dc = max(exact.mean(axis=0), key=abs)
    return {
        "dc": pytest.approx(dc, abs=1e-7),
        "peak_dbfs": pytest.approx(20 * math.log10(peak), abs=1e-5) if peak else None,
        "rms_dbfs": pytest.approx(10 * math.log10(power), abs=1e-5) if power else None,
        "clipped_share": pytest.approx(float(clipped.mean()), rel=1e-12),
        "silent_share": pytest.approx(float((exact == 0).all(axis=1).mean()), rel=1e-12),
        "samples_sha256": hashlib.sha256(head + samples.tobytes()).hexdigest(),
    }


def assert_right(row: Row, status: str = "written", n_bands: int = 129) -> None:
    """Check a row of an 8-bit gray picture by default settings against its recording and its picture."""
    info = soundfile.info(os.fsencode(row["source"]))
    pixels = np.asarray(Image.open(row["target"]))
    assert pixels.dtype == np.uint8
    shown = hashlib.sha256(pixels.tobytes() + f" {pixels.shape[1]} {pixels.shape[0]}".encode()).hexdigest()
    expected = {
        "source": row["source"],
        "target": row["target"],
        "status": status,
        "error": None,
        "sample_rate": info.samplerate,
        "n_channels": info.channels,
        "n_samples": info.frames,
        "duration_s": pytest.approx(info.frames / info.samplerate, rel=1e-12),
        "start_sample": 0,
        "n_frames": 1 + (info.frames - 256) // 128,
        "n_bands": n_bands,
        **expected_of_samples(row["source"]),
        "pixels_sha256": shown,
        "start_s": 0,
        "segment_samples": info.frames,
        "sample_format": info.subtype,
        "truncated": False,
        "warnings": [],
        "label": Path(row["source"]).parent.name,
        "directory": row["directory"],
        # Of a file, which has a time, runs with --update alone tell them.
        "source_id": row["source_id"] and mtime_id(row["source"]),
        "target_id": row["target_id"] and mtime_id(row["target"]),
        "recipe_sha256": row["recipe_sha256"],
    }
    assert row == expected
    assert re.fullmatch("[0-9a-f]{64}", row["recipe_sha256"])
    assert pixels.shape == (row["n_frames"], row["n_bands"])


def mtime_id(path: str | Path) -> str:
    status = os.stat(path)
    return f"mtime:{status.st_mtime_ns}:{status.st_size}"


def undated(row: Row) -> Row:
    """Return a row as runs tell it that do not have --update."""
    return row | {"source_id": None, "target_id": None}


def rows(manifest: Path) -> list[Row]:
    """Return the rows of a manifest as they are."""
    return [json.loads(line) for line in manifest.read_text().splitlines()]


def digest(samples: npt.ArrayLike, rate: int) -> str:
    """Return the digest of 16-bit samples, given in units of full scale, shape (n_samples, n_channels)."""
    array = (np.asarray(samples) * 2**15).astype("<i2")
    return hashlib.sha256(f"{rate} {array.shape[1]} ".encode() + array.tobytes()).hexdigest()
