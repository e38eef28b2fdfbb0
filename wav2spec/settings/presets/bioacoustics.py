"""BirdNET and Perch."""

from wav2spec.settings.presets.base import Preset
from wav2spec.settings.settings import DEFAULT

_MEL = {"freq_scale": "mel", "mel_formula": "htk", "mel_norm": "none", "mel_triangles": "mel"}

_PERCH = DEFAULT.replace(
    channel="mix",
    sample_rate=32000,
    window_size=640,
    stride=320,
    framing="centered",
    frame_count="ceil",
    spectrum_scale="magnitude",
    **_MEL,
    fmin=60,
)

_BIRDNET = DEFAULT.replace(
    channel="mix",
    sample_rate=48000,
    normalize="range",
    window_size=2048,
    stride=278,
    magnitude_squared=True,
    **_MEL,
    n_bands=96,
    fmax=3000,
    band_sum="magnitude",
    # 1 / (1 + exp(1.23)), from which the model's own is trained.
    scale="power:0.2261814257305462",
    brightness=20.0,
    npy_axes="bands-frames",
)

_NOTE = "The exponent is trained in the model (--scale power:E), which has the highest band first. Clips: --segment 3s."

PRESETS = {
    "perch": Preset(
        "Perch 1's PCEN of 160 bands",
        _PERCH.replace(
            n_bands=160,
            fmax=10000,
            magnitude_squared=True,
            scale="pcen",
            pcen_gain=0.5,
            pcen_smoothing=0.1,
            pcen_start="first",
        ),
        "google-research/perch b216270c",
        "perch-1-pcen",
        "4e-07",
        "Equal to its code; the published model has an error in it. Clips: --segment 5s.",
    ),
    "perch-2": Preset(
        "Perch 2's logarithm of 128 bands",
        _PERCH.replace(n_bands=128, fmax=16000, band_sum="magnitude", scale="ln", amin=1e-4, value_std=10.0),
        "google-research/perch b216270c",
        "perch-2-log",
        "1.3e-06",
        "Clips: --segment 5s.",
    ),
    "birdnet": Preset(
        "BirdNET 2.4's picture of 0 to 3 kHz",
        _BIRDNET,
        "BirdNET-Analyzer issue 177",
        "birdnet-2.4-low",
        "4e-05",
        _NOTE,
    ),
    "birdnet-high": Preset(
        "BirdNET 2.4's picture of 0.5 to 15 kHz",
        _BIRDNET.replace(window_size=1024, stride=280, fmin=500, fmax=15000),
        "BirdNET-Analyzer issue 177",
        "birdnet-2.4-high",
        "2e-05",
        _NOTE,
    ),
}
