"""wav2spec turns WAV files into spectrogram PNGs.

>>> import numpy as np, wav2spec
>>> wav2spec.spectrogram(np.zeros((1000, 2)), 16000, window_size="16ms").values.shape
(2, 6, 129)
"""

# Not from `typing`: to load it takes most of the time until `__main__` handles Ctrl-C.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from wav2spec.api.analysis import Block, load, spectrogram, stream
    from wav2spec.api.batch import convert
    from wav2spec.errors import AudioError, InputError, OutputError, SettingError, Wav2SpecError
    from wav2spec.render.readback import read_png
    from wav2spec.render.spectrogram import Spectrogram
    from wav2spec.settings.presets import preset

__version__ = "0.1.0"

# The module of each public name: `import wav2spec` alone loads none of them.
_MODULES = {
    "AudioError": "errors",
    "Block": "api.analysis",
    "InputError": "errors",
    "OutputError": "errors",
    "SettingError": "errors",
    "Spectrogram": "render.spectrogram",
    "Wav2SpecError": "errors",
    "convert": "api.batch",
    "load": "api.analysis",
    "preset": "settings.presets",
    "read_png": "render.readback",
    "spectrogram": "api.analysis",
    "stream": "api.analysis",
}

__all__ = [
    "AudioError",
    "Block",
    "InputError",
    "OutputError",
    "SettingError",
    "Spectrogram",
    "Wav2SpecError",
    "convert",
    "load",
    "preset",
    "read_png",
    "spectrogram",
    "stream",
]


def __getattr__(name: str) -> object:
    """Import a public name when it is first used."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"wav2spec.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
