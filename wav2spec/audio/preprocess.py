"""Select, resample, cut or pad, and normalize the samples of a recording."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from math import ceil, inf, sqrt
from typing import TYPE_CHECKING

import numpy as np

from wav2spec.arrays import Samples
from wav2spec.errors import AudioError
from wav2spec.settings.choices import Resampler
from wav2spec.settings.preprocessing import Preprocessing
from wav2spec.settings.quantities import in_samples, parse_time
from wav2spec.waveform import Segment, Waveform

if TYPE_CHECKING:
    from wav2spec.audio.recording import Recording

# Samples of which the analysis takes longer than to start threads.
_WORTH_THREADS = 2**19


def segments(recording: "Recording", source: Preprocessing) -> Iterator[Segment]:
    """Yield the segments of the selected section; the section itself unless `source.segment` is set.

    The last segment reaches to the end of the section. If it is incomplete, it is shorter, or dropped with
    `source.segment_last`; there may then be none.

    Raises
    ------
    AudioError
        If the section is empty.
    """
    whole = selection(recording, source)
    if source.segment is None:
        yield whole
        return
    n_samples = _in_samples(source.segment, recording)
    stride = _in_samples(source.segment_stride or source.segment, recording)
    for first in range(0, whole.n_samples, stride):
        left = whole.n_samples - first
        if left < n_samples and source.segment_last == "drop":
            return
        yield Segment(whole.first + first, min(n_samples, left))
        if left <= n_samples:
            return


def preprocess(recording: "Recording", source: Preprocessing, segment: Segment | None = None) -> Waveform:
    """Return the waveform of a segment, by default of the selected section. Samples are read lazily.

    Raises
    ------
    AudioError
        If the recording lacks the channel, or the section is empty.
    """
    n_channels = recording.n_output_channels(source.channel)
    segment = segment or selection(recording, source)
    first, n_cut = segment.first, segment.n_samples
    rate = source.sample_rate or recording.sample_rate
    n_resampled = resampled_length(n_cut, recording.sample_rate, rate)
    if source.segment is not None:
        n_samples = ceil(parse_time(source.segment) * rate)
    else:
        n_samples = n_resampled if source.target_length is None else in_samples(source.target_length, rate)

    def unpadded() -> Iterator[Samples]:
        blocks = recording.blocks(source.channel, first, n_cut)
        if rate != recording.sample_rate:
            blocks = _resampled(blocks, recording.sample_rate, rate, n_channels, source.resampler)
        return blocks if n_samples >= n_resampled else _first(blocks, n_samples)

    def padded(blocks: Iterator[Samples]) -> Iterator[Samples]:
        return blocks if n_samples <= n_resampled else _zero_padded(blocks, n_samples - n_resampled, n_channels)

    def blocks() -> Iterator[Samples]:
        if source.normalization[0] == "range":
            return _scaled_to_range(lambda: padded(unpadded()))
        return padded(_scaled(unpadded(), _gain(unpadded, source)))

    facts = partial(recording.facts, first, n_cut)
    start_s = first / recording.sample_rate
    n_threads = recording.n_threads if n_samples >= _WORTH_THREADS else 1
    widened = partial(_widened, recording, source, segment)
    return Waveform(
        recording.path,
        rate,
        n_channels,
        n_samples,
        blocks,
        segment,
        start_s,
        n_threads,
        facts,
        otherwise=partial(preprocess, recording),
        widened=widened,
    )


def waveform_of(path: str, preprocessing: Preprocessing) -> Waveform:
    """Return the waveform of a recording, which is opened each time its samples are read.

    Raises
    ------
    AudioError
        If the recording cannot be read, or lacks the channel or the section.
    """
    # Loads libsndfile.
    from wav2spec.audio.recording import open_recording

    def of(derive: Callable[[Waveform], Waveform]) -> Waveform:
        with open_recording(path) as recording:
            known = derive(preprocess(recording, preprocessing))
            facts = known.facts()

        def opened() -> Iterator[Samples]:
            with open_recording(path) as recording:
                yield from derive(preprocess(recording, preprocessing)).blocks()

        return known._replace(blocks=opened, facts=lambda: facts)

    waveform = of(lambda waveform: waveform)
    return waveform._replace(
        otherwise=partial(waveform_of, path),
        widened=lambda context_s: of(lambda one: one.widened(context_s) if one.widened else one),
    )


def _widened(recording: "Recording", source: Preprocessing, segment: Segment, context_s: float) -> Waveform:
    """Return the waveform of a segment with the samples around it; at the ends of the recording there are fewer."""
    if source.target_length is not None:
        return preprocess(recording, source, segment)
    context = ceil(context_s * recording.sample_rate)
    before = min(context, segment.first)
    after = min(context, recording.n_samples - segment.first - segment.n_samples)
    unscaled = replace(source, segment=None, segment_stride=None, segment_last=None, normalize="none")
    section = preprocess(recording, unscaled, segment)
    wide = preprocess(recording, unscaled, Segment(segment.first - before, segment.n_samples + before + after))

    def blocks() -> Iterator[Samples]:
        return _scaled(wide.blocks(), _gain(section.blocks, source))

    rates = recording.sample_rate, wide.sample_rate
    surroundings = resampled_length(before, *rates), resampled_length(after, *rates)
    return wide._replace(blocks=blocks, segment=segment, surroundings=surroundings, widened=None)


def resampled_length(n_samples: int, sample_rate: int, target_rate: int) -> int:
    """Return the number of samples after resampling by soxr: of the same duration, rounded half up.

    >>> resampled_length(100003, 44100, 16000)
    36282
    """
    return (2 * n_samples * target_rate + sample_rate) // (2 * sample_rate)


def selection(recording: "Recording", source: Preprocessing) -> Segment:
    """Return the section from `source.start` on, of `source.duration` at most.

    Raises
    ------
    AudioError
        If the start is beyond the end of the recording.
    """
    first = _in_samples(source.start, recording)
    n_samples = recording.n_samples - first
    if n_samples <= 0:
        message = f"start {source.start} is beyond its end: it lasts {recording.duration:.3f} s"
        raise AudioError(recording.path, message)
    return Segment(
        first, n_samples if source.duration is None else min(n_samples, _in_samples(source.duration, recording))
    )


def _in_samples(time: float | str, recording: "Recording") -> int:
    return ceil(parse_time(time) * recording.sample_rate)


def _resampled(
    blocks: Iterator[Samples], sample_rate: int, target_rate: int, n_channels: int, resampler: Resampler
) -> Iterator[Samples]:
    # Imported here so that only resampling pays for it.
    import soxr

    stream = soxr.ResampleStream(
        sample_rate, target_rate, n_channels, dtype="float32", quality=resampler.removeprefix("soxr-").upper()
    )
    for block in blocks:
        yield stream.resample_chunk(np.ascontiguousarray(block)).reshape(-1, n_channels)
    yield stream.resample_chunk(np.empty((0, n_channels), np.float32), last=True).reshape(-1, n_channels)


def _first(blocks: Iterator[Samples], n_samples: int) -> Iterator[Samples]:
    for block in blocks:
        yield block[:n_samples]
        n_samples -= len(block)
        if n_samples <= 0:
            return


def _zero_padded(blocks: Iterator[Samples], n_zeros: int, n_channels: int) -> Iterator[Samples]:
    yield from blocks
    while n_zeros > 0:
        n = min(n_zeros, 2**16)
        yield np.zeros((n, n_channels), np.float32)
        n_zeros -= n


def _gain(blocks: Callable[[], Iterator[Samples]], source: Preprocessing) -> float:
    """Return the factor that brings samples to their peak or RMS level, from a first pass; 1 for silence."""
    name, level = source.normalization
    if level is None:
        return 1.0
    peak, energy, n_values = 0.0, 0.0, 0
    for block in blocks():
        peak = max(peak, float(np.abs(block).max(initial=0)))
        energy += float(np.square(block, dtype=np.float64).sum())
        n_values += block.size
    measured = peak if name == "peak" else sqrt(energy / max(1, n_values))
    return level / measured if measured else 1.0


def _scaled_to_range(blocks: Callable[[], Iterator[Samples]]) -> Iterator[Samples]:
    """Yield samples scaled from their minimum and maximum, found in a first pass, to -1 and 1, as BirdNET does."""
    low, high = inf, -inf
    for block in blocks():
        low = min(low, float(block.min(initial=inf)))
        high = max(high, float(block.max(initial=-inf)))
    for block in blocks():
        yield (((block.astype(np.float64) - low) / (high - low + 1e-6) - 0.5) * 2.0).astype(np.float32)


def _scaled(blocks: Iterator[Samples], gain: float) -> Iterator[Samples]:
    # Rounding the gain to float32 hides the order in which the energy was summed.
    return blocks if gain == 1 else (block * np.float32(gain) for block in blocks)
