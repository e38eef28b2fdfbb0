"""Programs with algorithms of their own."""

from wav2spec.settings.presets.base import Preset
from wav2spec.settings.settings import DEFAULT

PRESETS = {
    "sox": Preset(
        "the pixels of sox FILE -n spectrogram -r",
        DEFAULT.replace(channel="all", method="sox", palette="sox", db_range=120.0, layout="right-up"),
        "SoX 14.4.2",
        "sox",
        "every pixel",
        "--width and --height are -x and -y, --db-range is -z, --db-max is -Z.",
    ),
    "praat": Preset(
        "To Spectrogram: power in Pa2/Hz as values",
        DEFAULT.replace(
            channel="mix",
            method="praat",
            window_size="5ms",
            stride="2ms",
            fmax=5000,
            db_ref="peak",
            db_range=50.0,
            npy_axes="bands-frames",
        ),
        "Praat 6.1.38",
        "praat",
        "6e-08 of the maximum",
        "Pixels are levels with 6 dB per octave, over 50 dB.",
    ),
}
