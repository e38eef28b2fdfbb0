"""Kinds of values: how people write them, how they are read, and which are valid."""

import math
import re
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from wav2spec.errors import SettingError
from wav2spec.settings.quantities import exact, parse_named, parse_size, parse_time


class Kind(Protocol):
    """A kind of value."""

    @property
    def metavar(self) -> str:
        """The placeholder in help: literals in lower case, variables in upper case."""

    @property
    def names(self) -> tuple[str, ...]:
        """The literal values, for completion."""

    def read(self, value: Any) -> Any:
        """Return the value that is meant; values that cannot be read are returned as they are, to fail the check."""

    def check(self, name: str, value: Any) -> None:
        """Raise `SettingError` unless `value` is valid for the setting `name`."""


class Choice(NamedTuple):
    """One of a few values."""

    values: tuple[Any, ...]

    @property
    def metavar(self) -> str:
        return "|".join(self.names)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(map(str, self.values))

    def read(self, value: Any) -> Any:
        by_name = dict(zip(self.names, self.values, strict=True))
        return by_name.get(value.lower(), value) if isinstance(value, str) else value

    def check(self, name: str, value: Any) -> None:
        if value not in self.values or isinstance(value, bool):
            raise SettingError(name, f"{value!r} is none of {', '.join(self.names)}")


class Flag(NamedTuple):
    """True or false; `off` is the option that switches it off, if that is not ``--no-NAME``."""

    off: str = ""
    metavar: str = ""
    names: tuple[str, ...] = ()

    def read(self, value: Any) -> Any:
        return value

    def check(self, name: str, value: Any) -> None:
        if not isinstance(value, bool):
            raise SettingError(name, f"must be true or false, not {value!r}")


# The factors of units, by the unit that a number has without one.
_UNITS: dict[str, dict[str, int]] = {
    "": {},
    "Hz": {"hz": 1, "k": 1000, "khz": 1000, "mhz": 1_000_000},
    "dB": {"db": 1},
    "px": {"px": 1},
}
# The greatest whole number in the files that settings are stored in.
_MAX_INTEGER = 2**63 - 1

_NUMBER = re.compile(r"(?P<number>[-+]?(?:[0-9]{1,18}(?:\.[0-9]{0,18})?|\.[0-9]{1,18}))\s?(?P<unit>[a-zA-Z]*)")


class Number(NamedTuple):
    """A finite number, in `unit` unless another is written; or one of `names`."""

    unit: str = ""
    whole: bool = False
    minimum: float | None = None
    above: float | None = None
    maximum: float | None = None
    names: tuple[str, ...] = ()
    # In help, where there is no unit.
    placeholder: str = ""

    @property
    def metavar(self) -> str:
        return "|".join([*self.names, self.placeholder or self.unit.upper() or ("N" if self.whole else "NUMBER")])

    def read(self, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        if value.lower() in self.names:
            return value.lower()
        match = _NUMBER.fullmatch(value)
        factor = (_UNITS[self.unit] | {"": 1}).get(match["unit"].lower()) if match else None
        if match is None or factor is None:
            return _float(value)
        number = exact(match["number"]) * factor
        return int(number) if number.denominator == 1 and (factor > 1 or "." not in value) else float(number)

    def check(self, name: str, value: Any) -> None:
        if isinstance(value, str) and value in self.names:
            return
        wanted = f"a {'whole ' if self.whole else ''}number"
        if isinstance(value, bool) or not isinstance(value, int if self.whole else int | float):
            either = f"{', '.join(self.names)} or " if self.names else ""
            raise SettingError(name, f"must be {either}{wanted}{self._unit}, not {value!r}")
        # Python prints no whole number of any length, and converts none to a float.
        if isinstance(value, int) and abs(value) > _MAX_INTEGER:
            raise SettingError(name, f"must be from {-_MAX_INTEGER} to {_MAX_INTEGER}")
        if not math.isfinite(value):
            raise SettingError(name, f"must be finite, not {value}")
        if self.minimum is not None and value < self.minimum:
            raise SettingError(name, f"must be at least {self.minimum:g}, not {value}")
        if self.above is not None and value <= self.above:
            raise SettingError(name, f"must be above {self.above:g}, not {value}")
        if self.maximum is not None and value > self.maximum:
            raise SettingError(name, f"must be at most {self.maximum}, not {value}")

    @property
    def _unit(self) -> str:
        examples = {"Hz": " (8000, 8k, 8kHz)", "dB": " (60, 60dB)"}
        return examples.get(self.unit, "")


def _float(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text


class Size(NamedTuple):
    """Samples (256), time (25ms), with `share` a share of the window (50%, 1/3); or one of `names`."""

    minimum: int
    share: bool = False
    names: tuple[str, ...] = ()

    @property
    def metavar(self) -> str:
        return "|".join(["SIZE", *self.names])

    def read(self, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        if value.lower() in self.names:
            return value.lower()
        return int(value) if re.fullmatch("[0-9]{1,18}", value) else value

    def check(self, name: str, value: Any) -> None:
        if isinstance(value, str) and value in self.names:
            return
        try:
            amount, unit = parse_size(value)
        except ValueError as error:
            # A message that suggests another spelling needs no list of names.
            is_complete = not self.names or "; " in str(error)
            message = str(error) if is_complete else f"{error}, nor {' nor '.join(self.names)}"
            raise SettingError(name, message) from None
        if unit.startswith("window") and not self.share:
            message = f"{value!r} is a share of the window; write samples (256) or a time (25ms)"
            raise SettingError(name, message)
        if unit == "samples" and amount < self.minimum:
            raise SettingError(name, f"must be at least {self.minimum}, not {value}")
        if amount == 0:
            raise SettingError(name, f"must be greater than 0, not {value}")


class Time(NamedTuple):
    """Seconds (2.5), minutes (1:02.5) or a time with its unit (150ms)."""

    positive: bool = False
    metavar: str = "TIME"
    names: tuple[str, ...] = ()

    def read(self, value: Any) -> Any:
        # One form for each time, since metadata stores it: `2.5` from Python is the same as on a command line.
        if isinstance(value, float) and math.isfinite(value):
            # Imported here so that only such times pay for it.
            from decimal import Decimal

            return int(value) if value.is_integer() else format(Decimal(repr(value)), "f")
        return int(value) if isinstance(value, str) and re.fullmatch("[0-9]{1,18}", value) else value

    def check(self, name: str, value: Any) -> None:
        try:
            seconds = parse_time(value if isinstance(value, str | int | float) else str(value))
        except ValueError as error:
            raise SettingError(name, str(error)) from None
        if self.positive and seconds == 0:
            raise SettingError(name, f"must be greater than 0, not {value}")


class Parameter(NamedTuple):
    """The number behind the colon of a named value, as in ``kaiser:14``: its meaning and its limits."""

    meaning: str
    minimum: float = -math.inf
    maximum: float = math.inf
    above: float = -math.inf


class Named(NamedTuple):
    """A name, for some followed by a colon and a number: ``hann``, ``kaiser:14``, ``peak:-1dB``.

    `table` holds the number that a bare name implies: None if the name takes none, NaN if it must be given.
    """

    table: Mapping[str, float | None]
    parameters: Mapping[str, Parameter] = {}
    aliases: Mapping[str, str] = {}
    decibels: bool = False
    placeholder: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name if default is None else f"{name}:" for name, default in self.table.items())

    @property
    def metavar(self) -> str:
        return self.placeholder or "NAME"

    def read(self, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        name, colon, number = value.partition(":")
        name = name.lower()
        return self.aliases.get(name, name) + colon + number

    def parse(self, value: str) -> tuple[str, float | None]:
        """Return the name and its number, a level in dB as a linear one."""
        return parse_named(value, self.table, decibels=self.decibels)

    def check(self, name: str, value: Any) -> None:
        try:
            which, number = self.parse(value)
        except ValueError as error:
            raise SettingError(name, str(error)) from None
        limits = self.parameters.get(which)
        if number is None or limits is None:
            return
        if not max(limits.minimum, limits.above) <= number <= limits.maximum or number == limits.above:
            low = f"above {limits.above:g}" if limits.above > limits.minimum else f"from {limits.minimum:g}"
            message = f"the {limits.meaning} of {which} must be {low} to {limits.maximum:g}, not {number:g}"
            raise SettingError(name, message)


class Text(NamedTuple):
    """Any text."""

    metavar: str = "TEXT"
    names: tuple[str, ...] = ()

    def read(self, value: Any) -> Any:
        return value

    def check(self, name: str, value: Any) -> None:
        if not isinstance(value, str):
            raise SettingError(name, f"must be text, not {value!r}")
