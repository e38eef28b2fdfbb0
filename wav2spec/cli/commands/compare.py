"""``wav2spec compare``: one sound by several analyses, in a grid."""

from itertools import product
from typing import Any

import click

from wav2spec.cli.draw import Grid, draw_pictures
from wav2spec.cli.help import Command
from wav2spec.cli.options import REPEATED, option_name, setting_options, settings_from, usage_errors
from wav2spec.cli.request import Request, request_options
from wav2spec.errors import SettingError
from wav2spec.settings.presets import COMPARE

_REPEATED = ("window", "window_size", "stride")


@click.command(cls=Command)
@setting_options(COMPARE, repeated=_REPEATED, levels=False)
@request_options(Request, without=("format",))
@click.pass_context
def compare(ctx: click.Context, /, **options: Any) -> int:
    """Draw each recording by several analyses side by side: which settings show this sound best.

    --window, --window-size and --stride may be repeated. The first that is makes the rows, the second the columns.
    Levels are dB re full scale, the same in all panels. Without a target it is named like guitar-compare.png.

    \b
    wav2spec compare guitar.wav --window hamming --window hanning --window blackman
    wav2spec compare guitar.wav grid.png --window hann --window kaiser:14 --window-size 512 --window-size 4096
    """
    request = Request.from_options(options)
    repeated = ctx.meta.get(REPEATED, [])
    if not repeated:
        raise click.UsageError(f"nothing to compare: repeat one of {_names(_REPEATED)}")
    if len(repeated) > 2:
        raise click.UsageError(f"a grid has two sides, but three options are repeated: {_names(repeated)}")
    lists = {field: options.pop(field) for field in _REPEATED}
    given = {field: values[0] for field, values in lists.items() if len(values) == 1}
    settings = settings_from(options | given, COMPARE)
    with usage_errors():
        cells = [
            settings.replace(**dict(zip(repeated, values, strict=True)))
            for values in product(*(lists[field] for field in repeated))
        ]
        if settings.preprocessing.channel == "all":
            raise SettingError("channel", "a panel shows one channel: first, mix or a number")
    varied = {field: list(lists[field]) for field in repeated}
    return draw_pictures(request, settings, Grid(cells, varied))


def _names(fields: tuple[str, ...] | list[str]) -> str:
    return ", ".join(map(option_name, fields))
