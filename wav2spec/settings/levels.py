"""The settings that turn values into pixels."""

from dataclasses import dataclass
from typing import get_args

from wav2spec.errors import SettingError
from wav2spec.settings.choices import MAX_LEVEL, DbRefName, Scale
from wav2spec.settings.validation import check_choice, check_number


@dataclass(frozen=True)
class Levels:
    """How a value becomes a pixel.

    Attributes
    ----------
    scale : str
        ``"linear"``: ``min(value * brightness, 255)``, rounded down. ``"db"``: from `db_max` down over `db_range`.
    brightness : float
    db_ref : str or float
        What reads 0 dB: ``"full-scale"``, a sine of amplitude 1; ``"peak"``, the recording's greatest value; or a
        magnitude.
    db_max, db_range : float
        In dB: the brightest level, and how far below it the darkest is.
    amin : float
        Power below this counts as this before it is compared with the reference, as librosa has it.
    gamma : float
        The share of the brightest becomes its ``1 / gamma``-th power: above 1 brightens what is dark.
    """

    scale: Scale = "linear"
    brightness: float = 64.0
    db_ref: DbRefName | float = "full-scale"
    db_max: float = 0.0
    db_range: float = 80.0
    amin: float = 0.0
    gamma: float = 1.0

    def __post_init__(self) -> None:
        check_choice("scale", self.scale, Scale)
        check_number("brightness", self.brightness, above=0)
        if isinstance(self.db_ref, str):
            if self.db_ref not in get_args(DbRefName):
                raise SettingError("db_ref", f"{self.db_ref!r} is neither full-scale, peak nor a magnitude")
        else:
            check_number("db_ref", self.db_ref, minimum=1 / MAX_LEVEL, maximum=MAX_LEVEL)
        check_number("db_max", self.db_max)
        check_number("db_range", self.db_range, above=0)
        check_number("amin", self.amin, minimum=0)
        check_number("gamma", self.gamma, above=0)
