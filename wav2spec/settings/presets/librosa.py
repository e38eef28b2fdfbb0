"""librosa."""

from wav2spec.settings.presets.base import CENTERED, Preset
from wav2spec.settings.settings import DEFAULT

_LIBROSA = DEFAULT.replace(
    channel="mix", window_size=2048, stride="1//4", **CENTERED, scale="db", db_ref="peak", amin=1e-10
)

PRESETS = {
    "librosa": Preset(
        "stft and amplitude_to_db(ref=numpy.max)",
        _LIBROSA,
        "librosa 0.11.0",
        "librosa",
        "2.3e-05",
        "At the file's own rate. Silence is black, librosa's is white.",
    ),
    "librosa-load": Preset(
        "the same of librosa.load's samples, at 22,050 Hz",
        _LIBROSA.replace(sample_rate=22050, resampler="soxr-hq"),
        "librosa 0.11.0",
        "librosa-load",
        "2e-05",
        "Channels are mixed, and resampled by soxr's HQ.",
    ),
    "librosa-mel": Preset(
        "melspectrogram and power_to_db(ref=numpy.max)",
        _LIBROSA.replace(freq_scale="mel", magnitude_squared=True),
        "librosa 0.11.0",
        "librosa",
        "2.3e-05",
        "At the file's own rate. Silence is black, librosa's is white.",
    ),
    "librosa-pcen": Preset(
        "pcen of melspectrogram(power=1), at 22,050 Hz",
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
        "5e-07",
        "Samples are multiplied by 2**31, as librosa's documentation advises.",
    ),
}
