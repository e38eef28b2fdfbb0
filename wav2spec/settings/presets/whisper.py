"""Whisper."""

from wav2spec.settings.presets.base import CENTERED, Preset
from wav2spec.settings.settings import DEFAULT

_WHISPER = DEFAULT.replace(
    channel="mix",
    sample_rate=16000,
    window_size=400,
    stride=160,
    **CENTERED,
    frame_count="floor",
    pad_mode="reflect",
    magnitude_squared=True,
    freq_scale="mel",
    n_bands=80,
    fmax=8000,
    scale="log10",
    amin=1e-10,
    top_db=80,
    value_mean=-4.0,
    value_std=4.0,
    npy_axes="bands-frames",
)

PRESETS = {
    "whisper": Preset(
        "Whisper's log-mel of 80 bands",
        _WHISPER,
        "openai-whisper 20250625",
        "whisper-80",
        "2e-05, up to 4.2e-05",
        "Its models take 30 s: --target-length 480000.",
    ),
    "whisper-128": Preset(
        "Whisper's log-mel of 128 bands, as of large-v3",
        _WHISPER.replace(n_bands=128),
        "openai-whisper 20250625",
        "whisper-128",
        "2e-05, up to 4.5e-05",
        "Its models take 30 s: --target-length 480000.",
    ),
}
