"""Named settings, each of which reproduces another system."""

from dataclasses import dataclass, replace
from typing import Any

from wav2spec.errors import SettingError
from wav2spec.settings.choices import AUTO
from wav2spec.settings.pictures import Figure
from wav2spec.settings.settings import Settings


@dataclass(frozen=True)
class Preset:
    """Settings, and in words what they reproduce and where that ends."""

    message: str
    settings: Settings

    def settings_for(self, start: Settings) -> Settings:
        """Return the settings for a command that draws otherwise: a layout of pixels means nothing to a figure."""
        same = type(start.picture) is type(self.settings.picture)
        return self.settings if same else replace(self.settings, picture=start.picture)


DEFAULT = Settings()


_LIBROSA = DEFAULT.replace(
    channel="mix",
    window_size=2048,
    stride="1//4",
    fft_length="window",
    window_align="center",
    framing="centered",
    scale="db",
    db_ref="peak",
    amin=1e-10,
)


PRESETS = {
    "tf": Preset(
        "TensorFlow's AudioSpectrogram and its example wav_to_spectrogram, pixel for pixel.",
        DEFAULT.replace(layout="down-right"),
    ),
    "tf-signal": Preset(
        "tf.signal.stft and the log picture of TensorFlow's tutorial, in dB re full scale. Of 350 dB none is cut.",
        DEFAULT.replace(channel="mix", window_symmetry="even-periodic", scale="db", db_range=350.0),
    ),
    "librosa": Preset(
        "librosa.stft and amplitude_to_db(ref=numpy.max) at the file's own rate. Silence is black, librosa's is white.",
        _LIBROSA,
    ),
    "librosa-mel": Preset(
        "librosa.feature.melspectrogram and power_to_db(ref=numpy.max) at the file's own rate.",
        _LIBROSA.replace(freq_scale="mel", magnitude_squared=True),
    ),
    "torchaudio": Preset(
        "torchaudio.transforms.Spectrogram.",
        DEFAULT.replace(
            window_size=400,
            stride="1//2",
            fft_length="window",
            window_align="center",
            framing="centered",
            pad_mode="reflect",
            magnitude_squared=True,
        ),
    ),
    "wolfram": Preset(
        'Wolfram\'s NetEncoder["AudioSpectrogram"]. Its window and its edges are not documented: Hann, whole frames.',
        DEFAULT.replace(
            channel="mix",
            sample_rate=16000,
            window_size="25ms",
            stride="1/3",
            fft_length="window",
            magnitude_squared=True,
        ),
    ),
}


# The start of `plot` and `compare`: sizes that fit the recording and the figure.
PLOT = replace(
    _LIBROSA.replace(window_size=AUTO, stride=AUTO, fft_length=AUTO, window_align="left", amin=0.0),
    picture=Figure(),
)
COMPARE = PLOT


# The start of the page of `explore`. Its transforms are powers of two.
EXPLORE = PLOT.replace(channel="all", stride="1/4", fft_length="power-of-two", db_ref="full-scale")


# The window sizes that `tune` tries, and its analysis: a frame falls on every event at any size.
TUNED_SIZES = (64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384)


TUNE = DEFAULT.replace(
    channel="mix",
    stride="1/8",
    fft_length="window",
    window_align="center",
    framing="centered",
)


def preset(name: str) -> dict[str, Any]:
    """Return the settings of a preset by name, as keywords of `spectrogram`.

    ``spectrogram(source, preset=name)`` does the same.

    Raises
    ------
    SettingError
        If there is no such preset.

    Examples
    --------
    >>> preset("librosa")["window_size"]
    2048
    """
    if name not in PRESETS:
        raise SettingError("preset", f"{name!r} is none of {', '.join(PRESETS)}")
    return dict(PRESETS[name].settings.effective())
