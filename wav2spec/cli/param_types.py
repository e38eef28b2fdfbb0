"""The types of options: how words are completed. Settings check the values."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from wav2spec.settings.kinds import Kind

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class _File(click.Path):
    """The name of a file, completed by the shell. Errors are reported where the file is opened."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":
            self.fail("the name is empty", param, ctx)
        return value


FILE = _File()


class Words(click.ParamType[Any], ABC):
    """Text that is completed from `words`. Whether it is valid is checked where it is used."""

    name = "name"

    @abstractmethod
    def words(self) -> Iterable[str]:
        """Return the words that a value may be."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ARG002
        return value

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> "list[CompletionItem]":
        # Imported here so that only completion pays for it.
        from click.shell_completion import CompletionItem

        return [CompletionItem(word) for word in self.words() if word.startswith(incomplete)]


class SettingParam(Words):
    """The value of a setting, parsed by its kind. The settings check whether it is valid."""

    def __init__(self, kind: Kind) -> None:
        self.name = kind.metavar
        self._kind = kind

    def words(self) -> Iterable[str]:
        return self._kind.names

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ARG002
        return self._kind.read(value)

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:  # noqa: ARG002
        return self.name


class PresetName(Words):
    """The name of a preset. The presets are imported when a name is completed or used, not before."""

    def words(self) -> Iterable[str]:
        from wav2spec.settings.presets import PRESETS

        return PRESETS


class Size(click.ParamType[tuple[int, int]]):
    """Width and height, as in 640x480."""

    name = "WxH"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        match = re.fullmatch("([0-9]{1,10})[xX]([0-9]{1,10})", str(value))
        if not match:
            self.fail(f"{value!r} is no size like 640x480", param, ctx)
        return int(match[1]), int(match[2])
