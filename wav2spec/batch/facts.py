"""What a manifest tells of a recording and its picture."""

from typing import Any

from wav2spec.audio.recording import Recording
from wav2spec.audio.statistics import SampleStatistics, dbfs
from wav2spec.render.drawing import Rendering


def recording_facts(recording: Recording) -> dict[str, Any]:
    return {
        "sample_rate": recording.sample_rate,
        "n_channels": recording.n_channels,
        "n_samples": recording.n_samples,
        "duration_s": recording.duration,
    }


def sample_facts(measures: SampleStatistics) -> dict[str, Any]:
    return {
        "peak_dbfs": dbfs(measures.peak),
        "rms_dbfs": dbfs(measures.rms),
        "clipped_share": measures.n_clipped / max(1, measures.n_values),
        "silent_share": measures.n_silent / max(1, measures.n_samples),
    }


def drawing_facts(drawing: Rendering) -> dict[str, Any]:
    return {
        "n_frames": drawing.stream.n_frames,
        "n_bands": drawing.stream.shape[2],
        "samples_sha256": drawing.stream.sound.facts()["samples_sha256"],
    }
