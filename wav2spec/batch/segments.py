"""The segments of a recording: of one length, or the labelled sections of a label file, each with its target."""

from collections.abc import Iterator
from math import ceil
from typing import TYPE_CHECKING

from wav2spec.batch.jobs import Job, label_in_name, segment_target
from wav2spec.errors import AudioError
from wav2spec.settings.choices import AUTO
from wav2spec.settings.preprocessing import Preprocessing
from wav2spec.waveform import Segment

if TYPE_CHECKING:
    from wav2spec.audio.recording import Recording


def segment_jobs(job: Job, recording: "Recording", preprocessing: Preprocessing) -> Iterator[tuple[Job, Segment]]:
    """Yield the segments of a recording with their jobs; the whole section is one if there are no segments.

    Raises
    ------
    AudioError
        If there is nothing at that time, or the label file cannot be read or has a label beyond the recording.
    """
    # Loads NumPy.
    from wav2spec.audio.preprocess import segments

    if preprocessing.segments is None:
        for segment in segments(recording, preprocessing):
            whole = preprocessing.segment is None
            yield job if whole else job._replace(target=segment_target(job.target, segment.first)), segment
        return
    sections, warnings = _labelled(recording, preprocessing.segments)
    targets: set[str] = set()
    for segment in sections:
        target = _free_target(job.target, segment, targets)
        targets.add(target)
        yield job._replace(target=target, warnings=(*job.warnings, *warnings)), segment


def _labelled(recording: "Recording", path: str) -> tuple[list[Segment], list[str]]:
    """Return the sections of a recording by its label file, and what is to be said about them."""
    # Loads the readers of label files.
    from wav2spec.formats.label_files import SUFFIXES, find_label_file, read_label_file

    found = find_label_file(recording.path) if path == AUTO else path
    if found is None:
        names = ", ".join(f"*{suffix}" for suffix in SUFFIXES)
        raise AudioError(recording.path, f"has no label file of its name beside it ({names})")
    sections, n_points, n_clipped = [], 0, 0
    for label in read_label_file(found, recording.path):
        first, end = (ceil(time * recording.sample_rate) for time in (label.start_s, label.end_s))
        if first >= recording.n_samples:
            message = f"the label {label.text!r} begins at {label.start_s:g} s, but {recording.path} ends at"
            raise AudioError(found, f"{message} {recording.duration:.3f} s")
        n_points += first == end
        n_clipped += end > recording.n_samples
        if first < end:
            sections.append(Segment(first, min(end, recording.n_samples) - first, label.text))
    warnings = []
    if n_points:
        warnings.append(f"labels of {found} that mark a point in time have no section: {n_points} left out")
    if n_clipped:
        warnings.append(f"labels of {found} that reach beyond the end of the recording: {n_clipped} cut off there")
    return sections, warnings


def _free_target(target: str, segment: Segment, taken: set[str]) -> str:
    """Return the target of a labelled segment, with a number if another has the same start and label."""
    name, number = label_in_name(segment.label), 1
    found = segment_target(target, segment.first, name)
    while found in taken:
        number += 1
        found = segment_target(target, segment.first, f"{name}-{number}" if name else str(number))
    return found
