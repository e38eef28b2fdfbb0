"""``wav2spec compare``: several analyses of a recording, or several recordings, in one figure."""

import os
from dataclasses import replace
from itertools import product
from typing import Any

import click

from wav2spec.cli.draw import Grid, draw_pictures
from wav2spec.cli.help import Command, option
from wav2spec.cli.options import REPEATED, option_name, setting_options, settings_from, usage_errors
from wav2spec.cli.request import Request, request_options, take_request
from wav2spec.console import print_message, printable
from wav2spec.errors import SettingError
from wav2spec.settings.comparison import Together
from wav2spec.settings.kinds import Flag
from wav2spec.settings.presets import COMPARE
from wav2spec.settings.settings import Settings
from wav2spec.storage.streams import STREAM

# Settings of the figure as a whole, which cannot vary from panel to panel.
_OF_FIGURE = {
    *("width", "height", "dpi", "title", "style", "waveform_range", "labels", "mark"),
    *("segment", "segment_stride", "segment_last", "segments"),
}

# All that can make the rows or the columns of a grid.
_REPEATED = (
    "preset",
    *(
        name
        for name, declared in COMPARE.declarations.items()
        if name not in _OF_FIGURE and not isinstance(declared.kind, Flag)
    ),
)

# Compared where nothing is asked for: a short window, a customary one and a long one.
_WINDOW_SIZES = ("10ms", "40ms", "160ms")

# The suffixes of a last word that names a target.
_TARGETS = (".png", ".svg", ".pdf", ".npy")


@click.command(cls=Command)
@setting_options(COMPARE, repeated=_REPEATED, levels=False)
@option("--align", metavar="TIME,...", group="Input", help="A time of each recording, drawn at the same place.")
@option("--difference", is_flag=True, group="Picture", help="Draw the second recording minus the first, in dB.")
@option(
    "--max-difference",
    type=click.FloatRange(min=0),
    metavar="DB",
    group="Picture",
    help="Exit with 1 if two recordings differ by more than this.",
)
@request_options(Request, without=("format",))
@click.pass_context
def compare(
    ctx: click.Context, /, align: str | None, difference: bool, max_difference: float | None, **options: Any
) -> int:
    """Draw several analyses of a recording side by side, or several recordings.

    Repeat an option to vary it: the first that is repeated makes the rows, the second the columns. Several recordings
    make a row each; with a directory as target, or from a directory, each has its own figure. All panels share axes
    and levels, re the greatest of all.

    \b
    wav2spec compare guitar.wav --window hamming --window hanning --window blackman
    wav2spec compare guitar.wav grid.png --window-size 512 --window-size 4096 --freq-scale linear --freq-scale log
    wav2spec compare noisy.wav denoised.wav --difference --max-difference 40
    """
    # A setting of the figure, not what a page takes of the request.
    labels = options.pop("labels")
    request, verbosity = take_request(options, Request)
    request, others = _together(request)
    options["labels"] = labels
    repeated = ctx.meta.get(REPEATED, [])
    if len(repeated) > (1 if others else 2):
        sides = "one side beside its recordings" if others else "two sides"
        raise click.UsageError(f"a grid has {sides}, but {len(repeated)} options are repeated: {_names(repeated)}")
    lists = {field: options.pop(field) for field in _REPEATED}
    given = {field: values[0] for field, values in lists.items() if len(values) == 1}
    if not repeated and not others and "window_size" not in given and not options.get("like"):
        repeated, lists["window_size"] = ["window_size"], _WINDOW_SIZES
    varied = {field: list(lists[field]) for field in repeated}
    cells = [
        settings_from(options | given | dict(zip(repeated, values, strict=True)), COMPARE)
        for values in product(*varied.values())
    ]
    together = None
    with usage_errors():
        for cell in cells:
            if cell.preprocessing.channel == "all":
                raise SettingError("channel", "a panel shows one channel: first, mix or a number")
        if others:
            together = Together(others, tuple(align.split(",")) if align else (), difference)
        elif align or difference or max_difference is not None:
            name = "align" if align else "difference" if difference else "max_difference"
            raise SettingError(name, "needs several recordings")
        if max_difference is not None:
            together = replace(together or Together(()), difference=True)
        if together and together.difference and cells[0].levels.scale != "db":
            raise SettingError("difference", f"needs `scale` db, but it is {cells[0].levels.scale}")
    grid = Grid(cells, varied, together)
    code = draw_pictures(request, cells[0], verbosity, grid)
    if code or max_difference is None or together is None or request.dry_run:
        return code
    return _check_difference(request.sources[0], grid, together, max_difference)


def _together(request: Request) -> tuple[Request, tuple[str, ...]]:
    """Return the request with the first recording alone, and the others that are drawn below it."""
    *files, last = request.sources or ("",)
    target = [last] if files and (last == STREAM or last.lower().endswith(_TARGETS)) else []
    files = files if target else [*files, last]
    into_directory = request.output is not None and (request.output.endswith("/") or os.path.isdir(request.output))
    apart = into_directory or request.files_from is not None or any(map(os.path.isdir, files))
    if len(files) < 2 or apart or STREAM in files:
        return request, ()
    return replace(request, sources=(files[0], *target)), tuple(files[1:])


def _check_difference(path: str, grid: Grid, together: Together, allowed_db: float) -> int:
    # Loads NumPy.
    from wav2spec.audio.preprocess import waveform_of
    from wav2spec.render.figures.plot import greatest_difference_db
    from wav2spec.settings.pictures import Figure

    settings: Settings = grid.cells[0]
    figure = settings.picture if isinstance(settings.picture, Figure) else Figure()
    waveform = waveform_of(path, settings.preprocessing)
    found = greatest_difference_db(waveform, grid.cells, grid.varied, figure, together)
    if found <= allowed_db:
        return 0
    message = f"{together.paths[0]}: differs from {path} by {found:.1f} dB, more than {allowed_db:g} dB"
    print_message("error", printable(message))
    return 1


def _names(fields: tuple[str, ...] | list[str]) -> str:
    return ", ".join(map(option_name, fields))
