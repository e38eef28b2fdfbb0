"""matplotlib, SciPy, Octave and Wolfram."""

from wav2spec.settings.presets.base import Preset
from wav2spec.settings.settings import DEFAULT

PRESETS = {
    "matplotlib": Preset(
        "specgram in dB/Hz",
        DEFAULT.replace(
            channel="mix",
            window_symmetry="symmetric",
            spectrum_scale="psd",
            sides="onesided2X",
            scale="db",
            db_ref=1.0,
            db_max=50.0,
            db_range=400.0,
            npy_axes="bands-frames",
        ),
        "matplotlib 3.11.2",
        "matplotlib-psd-db",
        "1.6e-05",
        "Coloured from the least level to the greatest. Silence has -350 dB, matplotlib's has none.",
    ),
    "scipy": Preset(
        "scipy.signal.spectrogram",
        DEFAULT.replace(
            channel="mix",
            stride=224,
            window="tukey:0.25",
            detrend="mean",
            spectrum_scale="psd",
            sides="onesided2X",
            magnitude_squared=True,
            brightness=1e6,
            npy_axes="bands-frames",
        ),
        "scipy 1.17.1",
        "scipy-spectrogram",
        "6e-08 of the maximum",
        "Its defaults: a power spectral density.",
    ),
    "octave": Preset(
        "specgram of Octave's signal package",
        DEFAULT.replace(
            channel="mix",
            window_symmetry="symmetric",
            frame_count="open",
            drop_nyquist=True,
            npy_axes="bands-frames",
        ),
        "octave-signal 1.4.3",
        "octave-specgram",
        "8e-06",
        "A last frame that just fits is left out.",
    ),
    "wolfram": Preset(
        'NetEncoder["AudioSpectrogram"]',
        DEFAULT.replace(
            channel="mix",
            sample_rate=16000,
            window_size="25ms",
            stride="1/3",
            fft_length="window",
            magnitude_squared=True,
        ),
        "",
        "",
        "",
        "Its window and edges are undocumented; here: Hann, whole frames.",
    ),
}
