"""Facts about a recording and its picture, as the manifest reports them."""

import os
from typing import TYPE_CHECKING, NamedTuple, Self

if TYPE_CHECKING:
    from wav2spec.audio.recording import Recording
    from wav2spec.audio.statistics import SampleStatistics
    from wav2spec.render.drawing import Rendering
    from wav2spec.waveform import Segment


class Facts(NamedTuple):
    """What is known of a recording, of its segment that is drawn, and of the picture; None where unknown.

    Attributes
    ----------
    sample_rate : int
        Of the recording, in Hz.
    n_channels, n_samples : int
        Of the recording; `n_samples` counts one channel.
    duration_s : float
        Of the recording.
    start_sample : int
        First sample that is drawn, at the recording's rate.
    n_frames, n_bands : int
        Of the spectrogram.
    peak_dbfs, rms_dbfs : float
        Over all channels of the samples that are drawn; None for silence.
    clipped_share : float
        Share of values at full scale, 0 to 1.
    silent_share : float
        Share of sample times at which every channel is 0.
    samples_sha256 : str
        Of the samples that are drawn, with their rate and number of channels.
    pixels_sha256 : str
        Of the decoded pixels, as ``wav2spec info --digest`` prints it.
    start_s : float
        Time of `start_sample`.
    segment_samples : int
        Number of samples of one channel that are drawn, at the recording's rate.
    sample_format : str
        As libsndfile names it: ``"PCM_16"``, ``"FLOAT"``.
    truncated : bool
        Whether the file holds fewer samples than its header declares.
    label : str
        Of the segment, by its label file; else the name of the folder in which the recording lies.
    dc : float
        Mean of the samples that are drawn, linear, full scale at 1.0, of the channel in which it is furthest from 0.
    source_id, target_id : str
        Versions of the recording and of the picture, as listings tell them: ``"etag:...:SIZE"`` of an object in a
        store, ``"mtime:NS:SIZE"`` of a file, with the time of its last change in ns. A recording in an archive has
        that of the archive, and a picture in a shard that of the shard.
    recipe_sha256 : str
        Of all that decides about the picture beside the recording: command, settings, checks and analysis version.
    """

    sample_rate: int | None = None
    n_channels: int | None = None
    n_samples: int | None = None
    duration_s: float | None = None
    start_sample: int | None = None
    n_frames: int | None = None
    n_bands: int | None = None
    peak_dbfs: float | None = None
    rms_dbfs: float | None = None
    clipped_share: float | None = None
    silent_share: float | None = None
    samples_sha256: str | None = None
    pixels_sha256: str | None = None
    start_s: float | None = None
    segment_samples: int | None = None
    sample_format: str | None = None
    truncated: bool | None = None
    dc: float | None = None
    label: str | None = None
    source_id: str | None = None
    target_id: str | None = None
    recipe_sha256: str | None = None

    @classmethod
    def of_recording(cls, recording: "Recording", segment: "Segment | None" = None) -> Self:
        """Return what the header says, and where the segment begins."""
        return cls(
            sample_rate=recording.sample_rate,
            n_channels=recording.n_channels,
            n_samples=recording.n_samples,
            duration_s=recording.duration,
            start_sample=segment.first if segment else None,
            start_s=segment.first / recording.sample_rate if segment else None,
            segment_samples=segment.n_samples if segment else None,
            sample_format=recording.subtype,
            label=(segment.label if segment else "") or _folder_of(recording.path),
        ).with_warnings(recording)

    def with_warnings(self, recording: "Recording") -> Self:
        """Add what the warnings tell, which may grow while the recording is read."""
        return self._replace(truncated=any(message.startswith("truncated") for message in recording.warnings))

    def with_statistics(self, statistics: "SampleStatistics") -> Self:
        from wav2spec.audio.statistics import dbfs

        return self._replace(
            peak_dbfs=dbfs(statistics.peak),
            rms_dbfs=dbfs(statistics.rms),
            clipped_share=statistics.n_clipped / max(1, statistics.n_values),
            silent_share=statistics.n_silent / max(1, statistics.n_samples),
            dc=max(statistics.means, key=abs),
        )

    def with_rendering(self, rendering: "Rendering") -> Self:
        """Add the spectrogram's size, and the digest of the samples, which are read for it unless they were before."""
        stream = rendering.stream
        digest = stream.sound.facts()["samples_sha256"]
        return self._replace(n_frames=stream.n_frames, n_bands=stream.shape[2], samples_sha256=digest)


def _folder_of(path: str) -> str | None:
    """Return the name of the folder in which a recording lies, the class of it in many data sets.

    >>> _folder_of("set/crow/1.wav"), _folder_of("1.wav"), _folder_of("s3://bucket/rook/2.wav")
    ('crow', None, 'rook')
    """
    folder = os.path.basename(os.path.dirname(path))
    return folder if folder not in ("", ".", "..") else None


NO_FACTS = Facts()
