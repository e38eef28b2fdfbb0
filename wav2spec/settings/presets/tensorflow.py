"""TensorFlow, Keras and the models of its model garden."""

from wav2spec.settings.presets.base import CENTERED, DB_RE_1, DEFAULT, Preset

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
        "TensorFlow's AudioSpectrogram and its example wav_to_spectrogram, pixel for pixel.",
        DEFAULT.replace(layout="down-right"),
        "tensorflow 2.21.0",
        "tf_audio_spectrogram",
        4e-6,
    ),
    "tf-signal": Preset(
        "tf.signal.stft and the log picture of TensorFlow's tutorial, in dB re full scale, 350 dB wide.",
        DEFAULT.replace(channel="mix", window_symmetry="even-periodic", scale="db", db_range=350.0),
        "tensorflow 2.21.0",
        "tf_signal_stft_magnitude",
        1e-4,
    ),
    "keras-mel": Preset(
        "keras.layers.MelSpectrogram with its defaults, in dB re 1 with top_db 80.",
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
        1.6e-3,
    ),
    "vggish": Preset(
        "VGGish's ln(mel magnitude + 0.01). Patches: --segment 975ms --segment-stride 960ms --segment-last drop.",
        _VGGISH,
        "tensorflow/models 3e9e7a60",
        "vggish",
        5e-5,
    ),
    "yamnet": Preset(
        "YAMNet's ln(mel magnitude + 0.001). Patches: --segment 975ms --segment-stride 480ms.",
        _VGGISH.replace(log_offset=0.001),
        "tensorflow/models 33630ec9",
        "yamnet",
        5.1e-4,
    ),
}
