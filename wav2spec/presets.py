"""Named settings, each of which reproduces another system."""

from wav2spec.settings import Settings

DEFAULT = Settings()

PRESETS = {
    # The picture that TensorFlow's examples/wav_to_spectrogram writes, pixel for pixel.
    "tf": DEFAULT.updated(layout="down-right"),
}
