"""The rules that settings share. Each raises `SettingError` with the limit and the value met."""

import math
from collections.abc import Callable
from typing import Any, TypeVar, get_args

from wav2spec.errors import SettingError
from wav2spec.settings.quantities import parse_size

_Parsed = TypeVar("_Parsed")


def check_choice(name: str, value: Any, choices: Any) -> None:
    """Check that `value` is one of a ``Literal``."""
    if value not in get_args(choices):
        raise SettingError(name, f"{value!r} is none of {', '.join(map(str, get_args(choices)))}")


def check_flag(name: str, value: Any) -> None:
    """Check that `value` is true or false."""
    if not isinstance(value, bool):
        raise SettingError(name, f"must be true or false, not {value!r}")


def check_palette(name: Any) -> None:
    """Check that a palette is a name; whether matplotlib knows it is seen when matplotlib is loaded."""
    if not isinstance(name, str):
        raise SettingError("palette", f"must be a name, not {name!r}")


def check_number(
    name: str,
    value: Any,
    *,
    whole: bool = False,
    minimum: float | None = None,
    above: float | None = None,
    maximum: float | None = None,
) -> None:
    """Check that `value` is a finite number within limits."""
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        raise SettingError(name, f"must be a {'whole ' if whole else ''}number, not {value!r}")
    if not math.isfinite(value):
        raise SettingError(name, f"must be finite, not {value}")
    if minimum is not None and value < minimum:
        raise SettingError(name, f"must be at least {minimum:g}, not {value}")
    if above is not None and value <= above:
        raise SettingError(name, f"must be above {above:g}, not {value}")
    if maximum is not None and value > maximum:
        raise SettingError(name, f"must be at most {maximum}, not {value}")


def check_size(name: str, size: Any, *, minimum: int, share: bool = False, names: tuple[str, ...] = ()) -> None:
    """Check that `size` is samples or time, or with `share` a share of the window; `names` may be said instead."""
    try:
        amount, unit = parse_size(size)
    except ValueError as error:
        message = f"{error}, nor {' nor '.join(names)}" if names else str(error)
        raise SettingError(name, message) from None
    if unit.startswith("window") and not share:
        raise SettingError(name, f"{size!r} is a share of the window; samples (256) or time (25ms) are meant")
    if unit == "samples" and amount < minimum:
        raise SettingError(name, f"must be at least {minimum}, not {size}")
    if amount == 0:
        raise SettingError(name, f"must be more than nothing, not {size}")


def parsed(name: str, parse: Callable[[Any], _Parsed], value: Any) -> _Parsed:
    """Return ``parse(value)``, whose ValueError becomes the setting's."""
    try:
        return parse(value)
    except ValueError as error:
        raise SettingError(name, str(error)) from None
