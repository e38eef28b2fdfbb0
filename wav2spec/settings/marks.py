"""Lines that are drawn over a figure."""

from typing import NamedTuple

from wav2spec.errors import SettingError
from wav2spec.settings.kinds import Number
from wav2spec.settings.quantities import parse_time


def parse_marks(text: str) -> list[float | tuple[float]]:
    """Read times and frequencies between commas: a time in s as a number, a frequency in Hz in a tuple.

    Raises
    ------
    ValueError
        If one is neither.

    Examples
    --------
    >>> parse_marks("1:02.5, 440Hz, 1.2kHz")
    [62.5, (440.0,), (1200.0,)]
    """
    return [_parse_mark(part.strip()) for part in text.split(",")]


def _parse_mark(text: str) -> float | tuple[float]:
    if text.lower().endswith("hz"):
        frequency = Number("Hz").read(text)
        if isinstance(frequency, int | float):
            return (float(frequency),)
        raise ValueError(f"{text!r} is no frequency (440Hz, 1.2kHz)")
    try:
        return float(parse_time(text))
    except ValueError:
        raise ValueError(f"{text!r} is neither a time (1.23, 1:02.5, 150ms) nor a frequency (440Hz)") from None


class MarkList(NamedTuple):
    """Times and frequencies between commas."""

    metavar: str = "TIME|HZ,..."
    names: tuple[str, ...] = ()

    def read(self, value: object) -> object:
        """Return the value as it is."""
        return value

    def check(self, name: str, value: object) -> None:
        """Check that each part is a time or a frequency."""
        try:
            parse_marks(str(value))
        except ValueError as error:
            raise SettingError(name, str(error)) from None
