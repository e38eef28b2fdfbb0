"""What a preset is, and the settings from which presets are made."""

from dataclasses import replace
from typing import NamedTuple

from wav2spec.settings.settings import Settings

# Frames of the FFT's length, each centred on a multiple of the stride, as librosa and PyTorch have them.
CENTERED = {"fft_length": "window", "window_align": "center", "framing": "centered"}

# Levels in dB re a magnitude of 1, of which a range so wide cuts none off.
DB_RE_1 = {"scale": "db", "db_ref": 1.0, "amin": 1e-10, "db_max": 100.0, "db_range": 200.0}


class Preset(NamedTuple):
    """Settings that reproduce another system.

    Attributes
    ----------
    message : str
        What is reproduced, in a few words.
    settings : Settings
    version : str
        The release with which it was compared; empty if it could not be run.
    golden : str
        The file of its answers, ``tests/golden/{golden}.npz`` or in ``front_ends`` there.
    difference : str
        The greatest difference from the system: in a typical recording and, where it is far more, in the worst.
    details : str
        What differs, and the options that give what surrounds it in a model.
    """

    message: str
    settings: Settings
    version: str
    golden: str
    difference: str
    details: str = ""

    @property
    def agreement(self) -> str:
        """The release with which it was compared, and how closely its answers are reproduced."""
        return f"{self.version}: {self.difference}" if self.version else "made from documentation, not compared"

    def settings_for(self, start: Settings) -> Settings:
        """Return the settings for a command that draws otherwise: a layout of pixels means nothing to a figure."""
        same = type(start.picture) is type(self.settings.picture)
        return self.settings if same else replace(self.settings, picture=start.picture)
