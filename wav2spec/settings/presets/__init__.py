"""Named settings, each of which reproduces another system. A module holds a family of systems."""

from dataclasses import replace
from typing import Any

from wav2spec.errors import SettingError
from wav2spec.settings.choices import AUTO
from wav2spec.settings.pictures import Figure
from wav2spec.settings.presets import bioacoustics, kaldi, librosa, programs, pytorch, scientific, tensorflow, whisper
from wav2spec.settings.presets.base import Preset
from wav2spec.settings.settings import DEFAULT

__all__ = ["COMPARE", "EXPLORE", "FAMILIES", "PLOT", "PRESETS", "TUNE", "TUNED_SIZES", "Preset", "preset"]

# The presets of each family by name.
FAMILIES: dict[str, dict[str, Preset]] = {
    "TensorFlow and Keras": tensorflow.PRESETS,
    "librosa": librosa.PRESETS,
    "PyTorch": pytorch.PRESETS,
    "Whisper": whisper.PRESETS,
    "Kaldi and its descendants": kaldi.PRESETS,
    "Animal sounds": bioacoustics.PRESETS,
    "Scientific computing": scientific.PRESETS,
    "Programs": programs.PRESETS,
}
PRESETS: dict[str, Preset] = {name: preset for family in FAMILIES.values() for name, preset in family.items()}

# The start of `plot` and `compare`: sizes and frequencies that fit the recording and the figure.
_FITTED = replace(
    PRESETS["librosa"].settings.replace(window_size=AUTO, stride=AUTO, fft_length=AUTO, window_align="left", amin=0.0),
    picture=Figure(),
)
PLOT = COMPARE = _FITTED.replace(fmax=AUTO)

# The start of the page of `explore`. Its transforms are powers of two.
EXPLORE = _FITTED.replace(channel="all", stride="1/4", fft_length="power-of-two", db_ref="full-scale")

# The window sizes that `tune` tries, and its analysis: a frame falls on every event at any size.
TUNED_SIZES = (64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384)
TUNE = DEFAULT.replace(channel="mix", stride="1/8", fft_length="window", window_align="center", framing="centered")


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
