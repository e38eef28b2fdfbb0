"""``wav2spec tune``: which window fits a sound, by measurement or from theory."""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import click

from wav2spec.batch.conversion_plan import source_jobs
from wav2spec.batch.outcomes import Outcome
from wav2spec.batch.progress import Progress
from wav2spec.batch.work import do_work, work_on_jobs
from wav2spec.cli.draw import run_reported
from wav2spec.cli.help import Command
from wav2spec.cli.options import usage_errors
from wav2spec.cli.param_types import FILE
from wav2spec.cli.request import Sources, request_errors, request_options, take_request
from wav2spec.console import print_message
from wav2spec.errors import SettingError
from wav2spec.settings.analysis import Analysis
from wav2spec.settings.presets import COMPARE, TUNE, TUNED_SIZES

if TYPE_CHECKING:
    from wav2spec.dsp.resolution import Resolution


@dataclass(frozen=True)
class _Row:
    """A line of the table. `window_size` is as an option takes it."""

    window: str
    window_size: int | str
    window_ms: float
    frequency_hz: float
    time_ms: float
    side_lobe_db: float
    entropy_bits: float | None = None


@click.command(cls=Command)
@click.option("--window", "windows", multiple=True, default=("hann",), help="A window function to try.  [repeatable]")
@click.option("--window-size", "sizes", multiple=True, help="A size to try, in samples or time.  [repeatable]")
@click.option("--start", default="0", metavar="TIME", help="Start of the section: seconds (2.5), 1:02.5 or 150ms.")
@click.option("--duration", metavar="TIME", help="Length of the section.")
@click.option("--channel", default="mix", metavar="first|mix|N", help="Channel to measure.  [default: mix]")
@click.option("--resolve", metavar="HZ|TIME", help="Answer from theory: two tones (50Hz) or clicks (5ms) so far apart.")
@click.option("--json", "as_json", is_flag=True, help="The table as JSON.")
@click.option("--flags", is_flag=True, help="The best window alone, as options for the other commands.")
@click.option(
    "--plot",
    "figure",
    type=FILE,
    metavar="FILE.png",
    help="Draw the two best beside the default, and the entropy.",
)
@request_options(Sources)
def tune(
    windows: tuple[str, ...],
    sizes: tuple[str, ...],
    resolve: str | None,
    as_json: bool,
    flags: bool,
    figure: str | None,
    **options: Any,
) -> int:
    """Rank windows by the concentration of their spectrograms: the entropy of the magnitudes, less is better.

    Of several recordings each counts the same. Windows longer than a quarter of a recording are not tried.
    --resolve needs no source.

    \b
    wav2spec tune guitar.wav
    wav2spec plot guitar.wav $(wav2spec tune --flags guitar.wav)
    """
    given = any(options[name] for name in ("sources", "files_from"))
    if resolve and (given or sizes or figure):
        raise click.UsageError("--resolve answers from theory: it takes neither sources, --window-size nor --plot")
    if flags and as_json:
        raise click.UsageError("--flags and --json are two ways to answer: give one")
    if not resolve and not given:
        raise click.UsageError("Missing argument 'SRC...'.")
    exit_code, rows = (0, _resolving(resolve, windows)) if resolve else _measured(options, windows, sizes, figure)
    if not rows:
        return exit_code or 1
    if flags:
        more = "" if resolve else " --stride auto --fft-length auto"
        click.echo(f"--window {rows[0].window} --window-size {rows[0].window_size}{more}")
    elif as_json:
        click.echo(json.dumps([asdict(row) for row in rows], indent=1))
    else:
        click.echo(_table(rows))
    return exit_code


def _measured(
    options: dict[str, Any], windows: tuple[str, ...], sizes: tuple[str, ...], figure: str | None
) -> tuple[int, list[_Row]]:
    """Return the exit code and the rows, the best first."""
    section = {name: options.pop(name) for name in ("start", "duration", "channel")}
    sources, verbosity = take_request(options, Sources)
    with usage_errors():
        settings = TUNE.replace(**{name: value for name, value in section.items() if value is not None})
        if settings.preprocessing.channel == "all":
            raise SettingError("channel", "one channel is measured: first, mix or a number")
        tried = [
            settings.replace(window=window, window_size=size) for window in windows for size in sizes or TUNED_SIZES
        ]
    with request_errors():
        jobs = source_jobs(sources)
    # Loads NumPy and libsndfile.
    from wav2spec.batch.tuning import Tuned, Tuning
    from wav2spec.dsp.entropy import rank

    analyses = [one.analysis for one in tried]
    tuned: list[Tuned] = []
    progress = Progress(len(jobs), hidden=verbosity < 0)

    def measured() -> Iterator[Outcome]:
        action = Tuning(settings.preprocessing, analyses)
        for outcome in do_work(work_on_jobs(jobs, action, settings), sources, progress):
            if isinstance(outcome, Tuned) and outcome.entropies:
                tuned.append(outcome)
            yield outcome

    exit_code = run_reported(measured(), verbosity, progress)
    if not tuned:
        if not exit_code:
            print_message("error", "nothing to tune by")
        return 1, []
    rate = tuned[0].sample_rate
    ranked = rank(analyses, [one.entropies for one in tuned], rate)
    rows = [_row(candidate.analysis, rate, candidate.resolution, candidate.entropy) for candidate in ranked]
    if verbosity >= 0:
        _print_notes(rows, analyses, rate)
    if figure is not None:
        _draw_best(figure, tuned[0].source, section, rows, rate)
    return exit_code, rows


def _print_notes(rows: list[_Row], analyses: list[Analysis], rate: int) -> None:
    """Print what makes the answer doubtful: the best at an end of what was tried, or others as good."""
    from wav2spec.dsp.entropy import TIE_BITS

    best = rows[0]
    lengths = {row.window_ms for row in rows if row.window == best.window}
    longest = max(int(one.resolved(rate).window_size) for one in analyses) / rate * 1000
    if len(lengths) > 1 and best.window_ms == max(lengths):
        limit = "a longer one may be better" if max(lengths) == longest else "it is about a quarter of the recording"
        print_message("note", f"{best.window_ms:.4g} ms is the longest window tried: {limit}")
    if len(lengths) > 1 and best.window_ms == min(lengths):
        print_message("note", f"{best.window_ms:.4g} ms is the shortest window tried: a shorter one may be better")
    bits = best.entropy_bits or 0.0
    close = [row for row in rows[1:] if (row.entropy_bits or 0.0) - bits < TIE_BITS]
    if close:
        names = ", ".join(f"{row.window} {row.window_ms:.4g} ms" for row in close)
        print_message("note", f"less than {TIE_BITS} bits from the best, too little to rank: {names}")


def _draw_best(target: str, source: str, section: dict[str, Any], rows: list[_Row], rate: int) -> None:
    """Draw the default window, the best and the second, and the curve of the entropy."""
    from wav2spec.audio.preprocess import waveform_of
    from wav2spec.render.figures.plot import plan_ranking
    from wav2spec.storage.targets import make_directory, open_target

    start = COMPARE.replace(**{name: value for name, value in section.items() if value is not None})
    cells = {"default": start}
    for number, row in enumerate(rows[:2], 1):
        best = start.replace(window=row.window, window_size=row.window_size)
        cells[f"number {number}: {row.entropy_bits:.2f} bits"] = best
    entropies = [(row.window, round(row.window_ms * rate / 1000), row.entropy_bits or 0.0) for row in rows]
    waveform = waveform_of(source, start.preprocessing)
    with request_errors():
        rendering = plan_ranking(waveform, target, cells, entropies)
    make_directory(os.path.dirname(target))
    with open_target(target) as file:
        rendering.write(file, None)


def _row(analysis: Analysis, sample_rate: int, found: "Resolution", entropy: float) -> _Row:
    duration_ms = 1000 * int(analysis.resolved(sample_rate).window_size) / sample_rate
    return _Row(
        analysis.window,
        analysis.window_size,
        duration_ms,
        found.frequency_hz,
        1000 * found.time_s,
        found.side_lobe_db,
        entropy,
    )


def _resolving(wanted: str, windows: tuple[str, ...]) -> list[_Row]:
    """Return the shortest windows that separate two tones, or the longest that separate two clicks."""
    match = re.fullmatch(r"([0-9]*\.?[0-9]+)\s*(hz|ms|s)", wanted.lower())
    if not match or float(match[1]) == 0:
        raise click.BadParameter(f"{wanted!r} is neither a frequency (50Hz) nor a time (5ms)", param_hint="'--resolve'")
    with usage_errors():
        analyses = [Analysis(window=window) for window in windows]
        for analysis in analyses:
            if analysis.window.startswith("gaussian"):
                raise SettingError(
                    "window", f"{analysis.window} is as wide in a longer window: its size resolves nothing"
                )
    # Loads NumPy.
    from wav2spec.dsp.resolution import normalized_resolution

    rows = []
    for analysis in analyses:
        shares = normalized_resolution(analysis.window)
        amount = float(match[1])
        if match[2] == "hz":
            duration = shares.bins / amount
        else:
            duration = amount / (1000 if match[2] == "ms" else 1) / shares.time
        # A size in time holds at every sample rate; three digits of a microsecond are enough for any.
        text = f"{1000 * duration:.3f}".rstrip("0").rstrip(".")
        rows.append(
            _Row(
                analysis.window,
                f"{text}ms",
                1000 * duration,
                shares.bins / duration,
                1000 * shares.time * duration,
                shares.side_lobe_db,
            )
        )
    return sorted(rows, key=lambda row: row.window_ms, reverse=match[2] != "hz")


def _table(rows: list[_Row]) -> str:
    head = ["window", "size", "ms", "apart Hz", "apart ms", "side lobes dB"]
    measured = rows[0].entropy_bits is not None
    lines = [[*head, "entropy bits"] if measured else head]
    for row in rows:
        numbers = [f"{row.window_ms:.4g}", f"{row.frequency_hz:.4g}", f"{row.time_ms:.4g}", f"{row.side_lobe_db:.0f}"]
        entropy = [f"{row.entropy_bits:.3f}"] if row.entropy_bits is not None else []
        lines.append([row.window, str(row.window_size), *numbers, *entropy])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    )
