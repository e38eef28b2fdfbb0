"""librosa."""

from wav2spec.settings.presets.base import CENTERED, DEFAULT, Preset

_LIBROSA = DEFAULT.replace(
    channel="mix", window_size=2048, stride="1//4", **CENTERED, scale="db", db_ref="peak", amin=1e-10
)

PRESETS = {
    "librosa": Preset(
        "librosa.stft and amplitude_to_db(ref=numpy.max) at the file's own rate. Silence is black, librosa's is white.",
        _LIBROSA,
        "librosa 0.11.0",
        "librosa",
        1e-4,
    ),
    "librosa-load": Preset(
        "The same of librosa.load's samples: mixed, and resampled to 22,050 Hz by soxr's HQ.",
        _LIBROSA.replace(sample_rate=22050, resampler="soxr-hq"),
        "librosa 0.11.0",
        "librosa-load",
        1e-3,
    ),
    "librosa-mel": Preset(
        "librosa.feature.melspectrogram and power_to_db(ref=numpy.max) at the file's own rate.",
        _LIBROSA.replace(freq_scale="mel", magnitude_squared=True),
        "librosa 0.11.0",
        "librosa",
        1e-4,
    ),
    "librosa-pcen": Preset(
        "librosa.pcen of melspectrogram(power=1) of samples times 2**31, at 22,050 Hz.",
        _LIBROSA.replace(
            sample_rate=22050,
            resampler="soxr-hq",
            freq_scale="mel",
            band_sum="magnitude",
            sample_scale=2.0**31,
            scale="pcen",
            # A time constant of 0.4 s.
            pcen_smoothing=0.0563894388663101,
            npy_axes="bands-frames",
        ),
        "librosa 0.11.0",
        "librosa-mel-pcen",
        4e-5,
    ),
}
