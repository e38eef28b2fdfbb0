"""``wav2spec compare``: one sound by several analyses, in a grid."""

from itertools import product
from typing import TYPE_CHECKING, Any

import click

from wav2spec.cli.options import REPEATED, option_name, output_options, setting_options, settings_from, usage_errors
from wav2spec.cli.pictures import check_figure, do_jobs, refuse_terminals
from wav2spec.errors import SettingError
from wav2spec.pictures import Figure
from wav2spec.plan import plan_jobs
from wav2spec.presets import COMPARE

if TYPE_CHECKING:
    from wav2spec.audio import Recording
    from wav2spec.convert import Plan

_REPEATED = ("window", "window_size", "stride")


@click.command()
@click.argument("words", metavar="SRC... [DEST]", nargs=-1, required=True)
@setting_options(COMPARE, repeated=_REPEATED)
@output_options(formats=False)
@click.pass_context
def compare(
    ctx: click.Context,
    /,
    words: tuple[str, ...],
    output: str | None,
    preset: str | None,
    config: str | None,
    like: str | None,
    force: bool,
    quiet: bool,
    verbose: int,
    **options: Any,
) -> int:
    """Draw each recording by several analyses side by side: which settings show this sound best.

    --window, --window-size and --stride may be repeated. The first that is makes the rows, the second the columns.
    Levels are dB re full scale, the same in all panels. Without a target it is named like guitar-compare.png.

    \b
    wav2spec compare guitar.wav --window hamming --window hanning --window blackman
    wav2spec compare guitar.wav grid.png --window hann --window kaiser:14 --window-size 512 --window-size 4096
    """
    repeated = ctx.meta.get(REPEATED, [])
    if not repeated:
        raise click.UsageError(f"nothing to compare: repeat one of {_names(_REPEATED)}")
    if len(repeated) > 2:
        raise click.UsageError(f"a grid has two sides, but three options are repeated: {_names(repeated)}")
    lists = {field: options.pop(field) for field in _REPEATED}
    given = {field: values[0] for field, values in lists.items() if len(values) == 1}
    settings = settings_from(options | given, preset, config, like, COMPARE)
    with usage_errors():
        cells = [
            settings.updated(**dict(zip(repeated, values, strict=True)))
            for values in product(*(lists[field] for field in repeated))
        ]
        if settings.source.channel == "all":
            raise SettingError("channel", "a panel shows one channel: first, mix or a number")
        jobs = plan_jobs(words, output, suffix="-compare", force=force)
        check_figure(jobs, settings.picture)
    refuse_terminals(jobs)
    varied = {field: list(lists[field]) for field in repeated}

    def plan(recording: "Recording") -> "Plan":
        from wav2spec.convert import plan_spectrogram
        from wav2spec.plot import plan_grid

        planned = [plan_spectrogram(recording, cell) for cell in cells]
        warnings = dict.fromkeys(words for _, warnings in planned for words in warnings)
        figure = settings.picture if isinstance(settings.picture, Figure) else Figure()
        return plan_grid([stream for stream, _ in planned], varied, figure, recording.path), list(warnings)

    return do_jobs(jobs, lambda _job: plan, -1 if quiet else verbose)


def _names(fields: tuple[str, ...] | list[str]) -> str:
    return ", ".join(map(option_name, fields))
