"""How words on a command line are read. Whether they make sense, the settings judge."""

import re
from typing import Any

import click
from click.shell_completion import CompletionItem


class _File(click.Path):
    """A name, completed as a file's by the shell. Whether it can be read is said by who reads it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":
            self.fail("the name is empty", param, ctx)
        return value


FILE = _File()


class Words(click.ParamType[int | float | str]):
    """Passes words on to the settings, which judge them, and whole numbers as such."""

    def __init__(self, name: str, examples: tuple[str, ...] = ()) -> None:
        self.name = name
        self._examples = examples

    def convert(
        self,
        value: Any,
        param: click.Parameter | None,  # noqa: ARG002
        ctx: click.Context | None,  # noqa: ARG002
    ) -> int | float | str:
        return int(value) if re.fullmatch("[0-9]{1,18}", str(value)) else value

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> list[CompletionItem]:
        return [CompletionItem(words) for words in self._examples if words.startswith(incomplete)]


class Number(Words):
    """Passes on every number as such."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | float | str:
        words = super().convert(value, param, ctx)
        if re.fullmatch("-[0-9]{1,18}", str(words)):
            return int(words)
        try:
            return words if isinstance(words, int) else float(words)
        except ValueError:
            return words


class Size(click.ParamType[tuple[int, int]]):
    """Width and height, as in 640x480."""

    name = "WxH"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        match = re.fullmatch("([0-9]{1,10})[xX]([0-9]{1,10})", str(value))
        if not match:
            self.fail(f"{value!r} is no size like 640x480", param, ctx)
        return int(match[1]), int(match[2])
