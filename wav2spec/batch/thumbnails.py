"""The thumbnails of a report, drawn from recordings or from pictures, in processes that share the work."""

import os
from collections.abc import Iterator
from dataclasses import dataclass

from wav2spec.audio.preprocess import preprocess
from wav2spec.audio.recording import open_recording
from wav2spec.errors import AudioError, Wav2SpecError
from wav2spec.executors.ordered_map import OrderedMap
from wav2spec.executors.run import map_in_order
from wav2spec.render.html.review import Row
from wav2spec.render.html.thumbnails import SETTINGS, Pixels, from_picture, from_waveform
from wav2spec.storage.streams import STREAM
from wav2spec.waveform import Segment

# The statuses of recordings that could be analysed.
_ANALYSED = {"written", "current", "missing", "stale", "measured"}


@dataclass(frozen=True)
class ThumbnailJob:
    """What a thumbnail shows.

    Attributes
    ----------
    path : str
        Of a recording, or of a picture if `is_picture`.
    first, n_samples : int, optional
        The part of the recording; by default all.
    """

    path: str
    is_picture: bool = False
    first: int = 0
    n_samples: int | None = None


def thumbnail_job(row: Row, origin: str) -> ThumbnailJob | None:
    """Return what the thumbnail of a row is drawn from; None if it has none.

    Parameters
    ----------
    row : dict
        Of a manifest; `directory` is that of its paths.
    origin : {"sources", "pictures", "none"}
    """
    path = row.get("target") if origin == "pictures" else row["source"]
    if origin == "none" or row["status"] not in _ANALYSED or path in (None, STREAM):
        return None
    path = os.path.join(row["directory"], path)
    if origin == "pictures":
        return ThumbnailJob(path, is_picture=True)
    return ThumbnailJob(path, first=row.get("start_sample") or 0, n_samples=row.get("segment_samples"))


def draw_thumbnails(jobs: list[ThumbnailJob], n_workers: int) -> Iterator[Pixels | str]:
    """Yield a thumbnail for each job in order, or the message why there is none."""
    work = OrderedMap(_draw, on_lost=lambda job, message: f"{job.path}: {message}", on_skipped=lambda job: job.path)
    return map_in_order(work, jobs, n_workers)


def _draw(job: ThumbnailJob) -> Iterator[Pixels | str]:
    try:
        if job.is_picture:
            yield from_picture(job.path)
            return
        with open_recording(job.path) as recording:
            left = recording.n_samples - job.first
            if left <= 0:
                raise AudioError(job.path, f"it ends before sample {job.first}, where the row of the manifest begins")
            segment = Segment(job.first, left if job.n_samples is None else min(job.n_samples, left))
            yield from_waveform(preprocess(recording, SETTINGS.preprocessing, segment))
    except Wav2SpecError as error:
        yield str(error)
