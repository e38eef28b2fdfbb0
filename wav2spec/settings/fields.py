"""Declarations of settings: everything about a setting in one place.

A field of a settings dataclass declares its default, how its value is written and checked, and how it is presented. The
option, ``--help``, config files, metadata, the check of a levels file and the reference in ``docs/options.md`` follow
from the declaration.

>>> from dataclasses import dataclass
>>> @dataclass(frozen=True)
... class Echo:
...     delay: int | str = setting("1ms", Size(minimum=1), "Distance to the echo.", group="Input")
>>> declarations(Echo)["delay"].help
'Distance to the echo.'
"""

import functools
from collections.abc import Mapping
from dataclasses import field, fields
from typing import Any, Literal, NamedTuple

from wav2spec.settings.kinds import Choice, Flag, Kind, Named, Number, Size, Text, Time

__all__ = ["Choice", "Flag", "Named", "Number", "Size", "Text", "Time", "check_fields", "declarations", "setting"]

Group = Literal["Input", "Analysis", "Frequency", "Levels and colour", "Picture", "Front ends"]

_METADATA_KEY = "wav2spec"


class Declaration(NamedTuple):
    """The declaration of a setting: everything about it but its name and type.

    Attributes
    ----------
    default : object
        The default of the field; a command or preset may start from another value.
    kind : Kind
        How values are written and which are valid.
    help : str
        One plain line.
    group : str
        The heading under which ``--help`` lists it.
    details : str
        What a reference says beyond `help`.
    default_text : str
        The default in words, where it is computed or depends on other settings.
    everyday : bool
        Whether the first screen of help lists it.
    applies_if : tuple of (str, tuple), optional
        Another setting, and its values with which this one has an effect; no values stand for any but None and 0.
    or_if : tuple of (str, tuple), optional
        A second condition, one of which is enough.
    changes_levels : bool
        Whether it changes the levels of a data set, so that levels measured with another value do not fit.
    pixels_only : bool
        Whether it changes pixels but not values, so that it has no effect on a ``.npy`` file.
    aliases : tuple of str
        Other names by which users know it, spelled as options without the dashes.
    """

    default: Any
    kind: Kind
    help: str
    group: Group
    details: str = ""
    default_text: str = ""
    everyday: bool = False
    applies_if: tuple[str, tuple[Any, ...]] | None = None
    or_if: tuple[str, tuple[Any, ...]] | None = None
    changes_levels: bool = False
    pixels_only: bool = False
    aliases: tuple[str, ...] = ()

    def applies(self, values: Mapping[str, Any]) -> bool:
        """Return whether the setting has an effect beside the values of all others."""
        conditions = [condition for condition in (self.applies_if, self.or_if) if condition is not None]
        return not conditions or any(_holds(condition, values) for condition in conditions)


def _holds(condition: tuple[str, tuple[Any, ...]], values: Mapping[str, Any]) -> bool:
    other, needed = condition
    # `power:0.5` is a value of the kind `power`.
    name = str(values[other]).partition(":")[0] if isinstance(values[other], str) else values[other]
    return name in needed if needed else bool(values[other])


def setting(default: Any, kind: Kind, help: str, *, group: Group, **more: Any) -> Any:
    """Return a dataclass field with its `Declaration`; `more` are attributes of it."""
    return field(default=default, metadata={_METADATA_KEY: Declaration(default, kind, help, group, **more)})


@functools.cache
def declarations(owner: type) -> Mapping[str, Declaration]:
    """Return the declarations of a settings dataclass, by field."""
    return {field.name: field.metadata[_METADATA_KEY] for field in fields(owner) if _METADATA_KEY in field.metadata}


def check_fields(settings: Any) -> None:
    """Check the value of every declared field; None is valid where it is the default.

    Raises
    ------
    SettingError
        If a value is not valid for its kind.
    """
    for declared in fields(settings):
        value = getattr(settings, declared.name)
        if _METADATA_KEY in declared.metadata and not (value is None and declared.default is None):
            declared.metadata[_METADATA_KEY].kind.check(declared.name, value)
