"""Programs with algorithms of their own."""

from wav2spec.settings.presets.base import DEFAULT, Preset

PRESETS = {
    "sox": Preset(
        "The pixels of sox FILE -n spectrogram -r; --width and --height are -x and -y, --db-range -z, --db-max -Z.",
        DEFAULT.replace(channel="all", method="sox", palette="sox", db_range=120.0, layout="right-up"),
        "SoX 14.4.2",
        "sox",
        0.0,
    ),
    "praat": Preset(
        "Praat's To Spectrogram: power in Pa2/Hz as values, levels with 6 dB per octave and 50 dB as pixels.",
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
        1e-7,
    ),
}
