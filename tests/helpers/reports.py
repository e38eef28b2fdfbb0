"""Manifests as tests need them, and their reports."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from wav2spec.cli.main import command


def run_report(*words: str | Path) -> Result:
    return CliRunner().invoke(command, ["report", *map(str, words)], standalone_mode=False)


def make_row(source: str = "a.wav", **facts: Any) -> dict[str, Any]:
    usual = {
        "sample_rate": 16000,
        "n_channels": 1,
        "n_samples": 16000,
        "duration_s": 1.0,
        "peak_dbfs": -3.0,
        "rms_dbfs": -20.0,
        "clipped_share": 0.0,
        "silent_share": 0.0,
        "samples_sha256": hashlib.sha256(os.fsencode(source)).hexdigest(),
    }
    return {"source": source, "target": None, "status": "written", "error": None, **usual, **facts}


def write_manifest(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path
