"""One line of JSON for each outcome."""

import json

from wav2spec.batch.jobs import Outcome

# What a row of the manifest says beside source, target, status and error; null where it is not known.
_FACTS = (
    "sample_rate",
    "n_channels",
    "n_samples",
    "duration_s",
    "start_sample",
    "n_frames",
    "n_bands",
    "peak_dbfs",
    "rms_dbfs",
    "clipped_share",
    "silent_share",
    "samples_sha256",
    "pixels_sha256",
)


def manifest_row(outcome: Outcome) -> bytes:
    """Return an outcome as a line of JSON, in ASCII: bytes of a name that are no text are lone surrogates."""
    row = {
        "source": outcome.job.source,
        "target": outcome.job.target or None,
        "status": outcome.status,
        "error": outcome.failure[1] if outcome.failure else None,
        **{name: outcome.facts.get(name) for name in _FACTS},
    }
    return json.dumps(row).encode() + b"\n"
