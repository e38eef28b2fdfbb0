"""Kaldi's filter bank and the models that use it."""

from wav2spec.settings.presets.base import Preset
from wav2spec.settings.settings import DEFAULT

_KALDI = DEFAULT.replace(
    channel="mix",
    sample_rate=16000,
    sample_scale=32768.0,
    preemphasis=0.97,
    window="povey",
    window_symmetry="symmetric",
    window_size=400,
    stride=160,
    fft_length=512,
    detrend="mean",
    magnitude_squared=True,
    freq_scale="mel",
    n_bands=80,
    fmin=20,
    mel_formula="htk",
    mel_norm="none",
    mel_triangles="mel",
    scale="ln",
    amin=2.0**-23,
)

PRESETS = {
    "kaldi-fbank": Preset(
        "compute-fbank-feats of 80 bands, without dither",
        _KALDI,
        "kaldi-native-fbank 1.23.0",
        "kaldi-fbank-80",
        "4e-04, up to 2.3",
        "Samples are in units of 16-bit integers.",
    ),
    "ast": Preset(
        "ASTFeatureExtractor of AudioSet",
        _KALDI.replace(sample_scale=1.0, window="hann", n_bands=128, value_mean=-4.2677393, value_std=2 * 4.5689974),
        "transformers 5.23.0",
        "ast",
        "3e-05, up to 2.1e-03",
        "The model takes 1024 frames, padded with 0.46703 behind them.",
    ),
    "speech2text": Preset(
        "Speech2TextFeatureExtractor: each band normalised",
        _KALDI.replace(value_mean="band", value_std="band"),
        "transformers 5.23.0",
        "speech2text",
        "2e-04, up to 0.65",
        "Constant bands, as of silence, are 0; there they are not a number.",
    ),
    "seamless-m4t": Preset(
        "SeamlessM4TFeatureExtractor: each band normalised",
        _KALDI.replace(value_mean="band", value_std="band", std_ddof=1, var_eps=1e-7),
        "transformers 5.23.0",
        "seamless-m4t",
        "6e-07, up to 9.1e-03",
        "Before pairs of frames are joined.",
    ),
}
