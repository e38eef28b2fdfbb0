"""wav2spec turns WAV files into spectrogram PNGs.

>>> import numpy as np, wav2spec
>>> wav2spec.spectrogram(np.zeros((1000, 2)), 16000, window_size="16ms").values.shape
(2, 6, 129)
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wav2spec.dsp.spectrogram import Spectrogram, spectrogram
    from wav2spec.errors import AudioError, OutputError, SettingError, Wav2SpecError
    from wav2spec.render.readback import read_png
    from wav2spec.settings.presets import preset

__version__ = "0.1.0"

__all__ = [
    "AudioError",
    "OutputError",
    "SettingError",
    "Spectrogram",
    "Wav2SpecError",
    "preset",
    "read_png",
    "spectrogram",
]

_HOMES = {
    "Spectrogram": "dsp.spectrogram",
    "preset": "settings.presets",
    "read_png": "render.readback",
    "spectrogram": "dsp.spectrogram",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: ``import wav2spec`` alone loads nothing."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"wav2spec.{_HOMES.get(name, 'errors')}"), name)
