"""The settings as typed keywords, for editors and type checkers; `make docs` writes this module."""

from typing import TypedDict

from wav2spec.settings.choices import (
    BitDepth,
    ChannelName,
    DbRefName,
    Framing,
    FreqScale,
    Layout,
    MelFormula,
    MelNorm,
    PadMode,
    Reduce,
    Scale,
    SegmentLast,
    WindowAlign,
    WindowSymmetry,
)


class SettingKeywords(TypedDict, total=False):
    """The settings of an image, and their other names."""

    start: float | str
    duration: float | str | None
    channel: ChannelName | int | str
    target_length: int | str | None
    segment: float | str | None
    segment_stride: float | str | None
    segment_last: SegmentLast | None
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
    fmin: float | str | None
    fmax: float | str | None
    freq_scale: FreqScale
    n_bands: int | str | None
    mel_formula: MelFormula
    mel_norm: MelNorm
    drop_nyquist: bool
    scale: Scale
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
