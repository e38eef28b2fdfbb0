"""Options with a heading, and commands that list them under it."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from wav2spec.process import check_memory

# The least that NumPy, OpenBLAS and libsndfile take of the address space.
_LIBRARY_BYTES = 100 * 2**20

_Command = TypeVar("_Command", bound=Callable[..., Any])

# The headings of `--help`, in this order.
HEADINGS = (
    *(
        "Input",
        "Output",
        "Settings",
        "Analysis",
        "Frequency",
        "Levels and colour",
        "Picture",
        "Answer",
        "Batch",
        "Checks",
    ),
    *("Messages", "Front ends"),
)


class Option(click.Option):
    """An option with its heading.

    Parameters
    ----------
    group : str
        One of `HEADINGS`.
    everyday : bool
        Whether ``wav2spec -h`` lists it.
    """

    def __init__(self, *args: Any, group: str = "Messages", everyday: bool = False, **more: Any) -> None:
        super().__init__(*args, **more)
        self.group = group
        self.everyday = everyday


def option(*flags: str, group: str, **more: Any) -> Callable[[_Command], _Command]:
    """Return `click.option` with a heading."""
    return click.option(*flags, cls=Option, group=group, **more)


class Command(click.Command):
    """A command whose help lists options under headings, everyday ones first."""

    def invoke(self, ctx: click.Context) -> Any:
        # Help needs no library.
        check_memory(_LIBRARY_BYTES)
        return super().invoke(ctx)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        write_options(ctx, formatter, [one for one in self.get_params(ctx) if isinstance(one, click.Option)])


def write_options(ctx: click.Context, formatter: click.HelpFormatter, options: Sequence[click.Option]) -> None:
    """Write options under their headings, everyday ones first; all columns begin at the same place."""
    records = [(option, option.get_help_record(ctx)) for option in options]
    for heading in HEADINGS:
        rows = [
            (not getattr(option, "everyday", False), record)
            for option, record in records
            if record and getattr(option, "group", "Messages") == heading
        ]
        if rows:
            with formatter.section(heading):
                formatter.write_dl([record for _, record in sorted(rows, key=lambda row: row[0])], col_max=26)
