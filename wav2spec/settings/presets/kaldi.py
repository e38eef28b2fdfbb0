"""Kaldi's filter bank and the models that use it."""

from wav2spec.settings.presets.base import DEFAULT, Preset

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
        "Kaldi's compute-fbank-feats of 80 bands without dither, samples as 16-bit integers.",
        _KALDI,
        "kaldi-native-fbank 1.23.0",
        "kaldi-fbank-80",
        1.2e-3,
    ),
    "ast": Preset(
        "ASTFeatureExtractor of AudioSet. The model takes 1024 frames, padded with 0.46703 behind them.",
        _KALDI.replace(sample_scale=1.0, window="hann", n_bands=128, value_mean=-4.2677393, value_std=2 * 4.5689974),
        "transformers 5.23.0",
        "ast",
        1e-4,
    ),
    "speech2text": Preset(
        "Speech2TextFeatureExtractor: Kaldi's bands, each normalised.",
        _KALDI.replace(value_mean="band", value_std="band"),
        "transformers 5.23.0",
        "speech2text",
        5e-4,
    ),
    "seamless-m4t": Preset(
        "SeamlessM4TFeatureExtractor: Kaldi's bands, each normalised, before pairs of frames are joined.",
        _KALDI.replace(value_mean="band", value_std="band", std_ddof=1, var_eps=1e-7),
        "transformers 5.23.0",
        "seamless-m4t",
        6e-5,
    ),
}
