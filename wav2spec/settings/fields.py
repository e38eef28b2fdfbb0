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
from dataclasses import Field, field, fields
from typing import Any, ClassVar, Literal, NamedTuple

from wav2spec.settings.kinds import Choice, Flag, Kind, Named, Number, Size, Text, Time

__all__ = ["Choice", "Flag", "Group", "Named", "Number", "Size", "Text", "Time", "declarations", "setting"]

Heading = Literal["Input", "Analysis", "Frequency", "Levels and colour", "Picture", "Front ends"]

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
    group: Heading
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


def setting(default: Any, kind: Kind, help: str, *, group: Heading, **more: Any) -> Any:
    """Return a dataclass field with its `Declaration`; `more` are attributes of it."""
    return field(default=default, metadata={_METADATA_KEY: Declaration(default, kind, help, group, **more)})


@functools.cache
def declarations(owner: type) -> Mapping[str, Declaration]:
    """Return the declarations of a settings dataclass, by field."""
    return {field.name: field.metadata[_METADATA_KEY] for field in fields(owner) if _METADATA_KEY in field.metadata}


class Group:
    """A group of settings, declared as a frozen dataclass: checked when made, and equal to another of equal values.

    Its methods serve all groups. Those that `dataclass` can generate would be compiled anew for each at every start.
    """

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    def __post_init__(self) -> None:
        """Check the value of every declared field; None is valid where it is the default.

        Raises
        ------
        SettingError
            If a value is not valid for its kind.
        """
        owner: type = type(self)
        for name, declared in declarations(owner).items():
            value = getattr(self, name)
            if value is not None or declared.default is not None:
                declared.kind.check(name, value)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self._values() == other._values()

    def __hash__(self) -> int:
        return hash(self._values())

    def __repr__(self) -> str:
        """Return the call that makes it, without the values that are defaults."""
        changed = (f for f in fields(self) if getattr(self, f.name) != f.default)
        return f"{type(self).__name__}({', '.join(f'{f.name}={getattr(self, f.name)!r}' for f in changed)})"

    def _values(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self.__dataclass_fields__)
