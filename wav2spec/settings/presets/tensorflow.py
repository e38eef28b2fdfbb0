"""TensorFlow, Keras and the models of its model garden."""

from wav2spec.settings.presets.base import CENTERED, DB_RE_1, Preset
from wav2spec.settings.settings import DEFAULT

_MEL = {"freq_scale": "mel", "mel_formula": "htk", "mel_norm": "none", "mel_triangles": "mel"}

_VGGISH = DEFAULT.replace(
    channel="mix",
    sample_rate=16000,
    window_size=400,
    stride=160,
    **_MEL,
    n_bands=64,
    fmin=125,
    fmax=7500,
    band_sum="magnitude",
    scale="ln",
    log_offset=0.01,
)

PRESETS = {
    "tf": Preset(
        "AudioSpectrogram and the example wav_to_spectrogram",
        DEFAULT.replace(layout="down-right"),
        "tensorflow 2.21.0",
        "tf_audio_spectrogram",
        "every pixel",
    ),
    "tf-signal": Preset(
        "tf.signal.stft, drawn in dB re full scale",
        DEFAULT.replace(channel="mix", window_symmetry="even-periodic", scale="db", db_range=350.0),
        "tensorflow 2.21.0",
        "tf_signal_stft_magnitude",
        "4e-07 of the maximum",
        "The log picture of TensorFlow's tutorial, 350 dB wide.",
    ),
    "keras-mel": Preset(
        "keras.layers.MelSpectrogram",
        DEFAULT.replace(
            channel="mix",
            sample_rate=16000,
            window_size=2048,
            stride=512,
            **CENTERED,
            pad_mode="reflect",
            **_MEL,
            fmin=20,
            **DB_RE_1,
            top_db=80,
            npy_axes="bands-frames",
        ),
        "keras 3.15.1",
        "keras-mel",
        "5e-04, up to 4e-03",
        "Its defaults, in dB re 1 with top_db 80.",
    ),
    "vggish": Preset(
        "VGGish's ln(mel magnitude + 0.01)",
        _VGGISH,
        "tensorflow/models 3e9e7a60",
        "vggish",
        "5e-07",
        "Patches: --segment 975ms --segment-stride 960ms --segment-last drop.",
    ),
    "yamnet": Preset(
        "YAMNet's ln(mel magnitude + 0.001)",
        _VGGISH.replace(log_offset=0.001),
        "tensorflow/models 33630ec9",
        "yamnet",
        "2e-04",
        "Patches: --segment 975ms --segment-stride 480ms.",
    ),
}
