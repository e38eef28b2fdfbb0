"""The settings as typed keywords, for editors and type checkers; `make docs` writes this module."""

from typing import TypedDict

from wav2spec.settings.choices import (
    BandSum,
    BitDepth,
    ChannelName,
    DbRefName,
    Detrend,
    Energy,
    FrameCount,
    Framing,
    FreqScale,
    Layout,
    MelFormula,
    MelNorm,
    MelTriangles,
    PadMode,
    PreemphasisOf,
    Reduce,
    Resampler,
    SegmentLast,
    Sides,
    SpectrumScale,
    WindowAlign,
    WindowSymmetry,
)


class SettingKeywords(TypedDict, total=False):
    """The settings of an image, and their other names."""

    start: float | str
    duration: float | str | None
    channel: ChannelName | int | str
    resampler: Resampler
    target_length: int | str | None
    segment: float | str | None
    segment_stride: float | str | None
    segment_last: SegmentLast | None
    segments: str | None
    normalize: str
    window_size: int | str
    stride: int | str
    window: str
    window_symmetry: WindowSymmetry
    fft_length: int | str
    window_align: WindowAlign
    framing: Framing
    pad_mode: PadMode
    magnitude_squared: bool
    sample_scale: float | str
    preemphasis: float | str
    preemphasis_of: PreemphasisOf
    detrend: Detrend
    frame_count: FrameCount
    energy: Energy
    energy_floor: float | str
    spectrum_scale: SpectrumScale
    sides: Sides
    spectrum_offset: float | str
    fmin: float | str | None
    fmax: float | str | None
    freq_scale: FreqScale
    n_bands: int | str | None
    mel_formula: MelFormula
    mel_norm: MelNorm
    mel_triangles: MelTriangles
    band_sum: BandSum
    drop_nyquist: bool
    scale: str
    brightness: float | str
    db_ref: DbRefName | float | str
    db_max: float | str
    db_range: float | str
    amin: float | str
    gamma: float | str
    layout: Layout
    width: int | str | None
    height: int | str | None
    reduce: Reduce
    palette: str
    invert: bool
    bit_depth: BitDepth
    metadata: bool
    win_length: int | str
    hop_length: int | str
    hop: int | str
    n_fft: int | str
    n_mels: int | str | None
    cmap: str
    colormap: str
    power: int
    end: float | str
    to: float | str
