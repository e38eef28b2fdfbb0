"""What a preset is, and the settings from which presets are made."""

from dataclasses import dataclass, replace

from wav2spec.settings.settings import Settings

DEFAULT = Settings()

# Frames of the FFT's length, each centred on a multiple of the stride, as librosa and PyTorch have them.
CENTERED = {"fft_length": "window", "window_align": "center", "framing": "centered"}

# Levels in dB re a magnitude of 1, of which a range so wide cuts none off.
DB_RE_1 = {"scale": "db", "db_ref": 1.0, "amin": 1e-10, "db_max": 100.0, "db_range": 200.0}


@dataclass(frozen=True)
class Preset:
    """Settings that reproduce another system.

    Attributes
    ----------
    message : str
        The system and its function, and what differs.
    settings : Settings
    version : str
        The release with which it was compared.
    golden : str
        The file of its answers, ``tests/golden/{golden}.npz``; empty if it could not be run.
    tolerance : float
        The greatest difference from these answers, in the unit of the values.
    """

    message: str
    settings: Settings
    version: str
    golden: str
    tolerance: float

    @property
    def agreement(self) -> str:
        """How closely the system's answers are reproduced."""
        if not self.golden:
            return "made from documentation, not compared"
        difference = f"within {self.tolerance:.2g}" if self.tolerance else "exactly"
        return f"{self.version}, {difference}"

    def settings_for(self, start: Settings) -> Settings:
        """Return the settings for a command that draws otherwise: a layout of pixels means nothing to a figure."""
        same = type(start.picture) is type(self.settings.picture)
        return self.settings if same else replace(self.settings, picture=start.picture)
