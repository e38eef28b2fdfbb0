"""Other names of settings, by which users of other libraries know them."""

from collections.abc import Mapping
from typing import Any

from wav2spec.errors import SettingError
from wav2spec.settings.fields import declarations
from wav2spec.settings.kinds import Time
from wav2spec.settings.pictures import Figure
from wav2spec.settings.quantities import parse_time
from wav2spec.settings.settings import Settings

# Aliases that stand for a setting under another name, as fields.
RENAMED: Mapping[str, str] = {
    alias.replace("-", "_"): name
    for table in (Settings().declarations, declarations(Figure))
    for name, declared in table.items()
    for alias in declared.aliases
}
# Aliases whose value is converted, with what they stand for.
CONVERTED: Mapping[str, str] = {
    "power": "`magnitude_squared`: 1 for magnitude, 2 for power",
    "end": "`duration`: the time at which the section ends",
    "to": "`duration`: the time at which the section ends",
}


def canonical(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings under their own names.

    Raises
    ------
    SettingError
        If a setting is given by two names, or the value of an alias is not valid.

    Examples
    --------
    >>> canonical({"hop_length": 160, "power": 2, "start": "1s", "end": "1:00"})
    {'stride': 160, 'magnitude_squared': True, 'start': '1s', 'duration': 59.0}
    """
    settings: dict[str, Any] = {}
    for alias, value in given.items():
        name, meant = _converted(alias, value, given)
        if name in settings:
            raise SettingError(name, f"is given twice, once as `{alias}`")
        settings[name] = meant
    return settings


def _converted(alias: str, value: Any, given: Mapping[str, Any]) -> tuple[str, Any]:
    if alias == "power":
        if str(value) not in ("1", "2", "1.0", "2.0"):
            raise SettingError("power", f"must be 1 (magnitude) or 2 (power), not {value!r}")
        return "magnitude_squared", float(value) == 2
    if alias in ("end", "to"):
        Time(positive=True).check(alias, value)
        start = given.get("start", 0)
        Time().check("start", start)
        duration = parse_time(value) - parse_time(start)
        if duration <= 0:
            raise SettingError(alias, f"must be after the start, {start}, not {value}")
        return "duration", float(duration)
    return RENAMED.get(alias, alias), value
