"""matplotlib, SciPy, Octave and Wolfram."""

from wav2spec.settings.presets.base import DEFAULT, Preset

PRESETS = {
    "matplotlib": Preset(
        "matplotlib's specgram in dB/Hz, coloured from the least level to the greatest. Of 400 dB none is cut.",
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
        2e-3,
    ),
    "scipy": Preset(
        "scipy.signal.spectrogram with its defaults: a power spectral density.",
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
        5e-8,
    ),
    "octave": Preset(
        "specgram of Octave's signal package; a last frame that just fits is left out.",
        DEFAULT.replace(
            channel="mix",
            window_symmetry="symmetric",
            frame_count="open",
            drop_nyquist=True,
            npy_axes="bands-frames",
        ),
        "octave-signal 1.4.3",
        "octave-specgram",
        1.3e-3,
    ),
    "wolfram": Preset(
        'Wolfram\'s NetEncoder["AudioSpectrogram"]. Its window and edges are undocumented; here: Hann, whole frames.',
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
        0.0,
    ),
}
