"""``wav2spec tune``: which window fits a sound, by measurement or from theory."""

import json
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import click

from wav2spec.batch.jobs import Unusable
from wav2spec.batch.sources import expand_sources
from wav2spec.cli.help import Command
from wav2spec.cli.options import usage_errors
from wav2spec.cli.param_types import FILE
from wav2spec.cli.request import request_errors
from wav2spec.console import print_message, printable
from wav2spec.errors import AudioError, SettingError, Wav2SpecError
from wav2spec.process import begin_work
from wav2spec.settings.analysis import Analysis
from wav2spec.settings.presets import TUNE, TUNED_SIZES
from wav2spec.storage.listing import WAV_FILES

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
@click.argument("sources", metavar="SRC...", nargs=-1, type=FILE)
@click.option("--window", "windows", multiple=True, default=("hann",), help="A window function to try.  [repeatable]")
@click.option("--window-size", "sizes", multiple=True, help="A size to try, in samples or time.  [repeatable]")
@click.option("--resolve", metavar="HZ|TIME", help="Answer from theory: two tones (50Hz) or clicks (5ms) so far apart.")
@click.option("--json", "as_json", is_flag=True, help="The table as JSON.")
@click.option("--flags", is_flag=True, help="The best window alone, as options for the other commands.")
def tune(
    sources: tuple[str, ...],
    windows: tuple[str, ...],
    sizes: tuple[str, ...],
    resolve: str | None,
    as_json: bool,
    flags: bool,
) -> int:
    """Rank windows by the concentration of their spectrograms: the entropy of the magnitudes, less is better.

    Sources are files, or folders of WAV files, over which the mean counts. --resolve needs no source.

    \b
    wav2spec tune guitar.wav
    wav2spec plot guitar.wav $(wav2spec tune --flags guitar.wav)
    """
    if resolve and (sources or sizes):
        raise click.UsageError("--resolve answers from theory, and takes neither sources nor --window-size")
    if flags and as_json:
        raise click.UsageError("--flags and --json are two ways to answer: give one")
    if not resolve and not sources:
        raise click.UsageError("Missing argument 'SRC...'.")
    exit_code, rows = (0, _resolving(resolve, windows)) if resolve else _measured(sources, windows, sizes)
    if not rows:
        return 1
    if flags:
        click.echo(f"--window {rows[0].window} --window-size {rows[0].window_size}")
    elif as_json:
        click.echo(json.dumps([asdict(row) for row in rows], indent=1))
    else:
        click.echo(_table(rows))
    return exit_code


def _measured(sources: tuple[str, ...], windows: tuple[str, ...], sizes: tuple[str, ...]) -> tuple[int, list[_Row]]:
    """Return the exit code and the rows, the best first."""
    with usage_errors():
        analyses = [
            TUNE.replace(window=window, window_size=int(size) if str(size).isdecimal() else size).analysis
            for window in windows
            for size in sizes or TUNED_SIZES
        ]
    # Loads NumPy and libsndfile.
    from wav2spec.audio.preprocess import preprocess
    from wav2spec.audio.recording import open_recording
    from wav2spec.dsp.entropy import entropies, rank

    begin_work()
    found, rate, exit_code = [], 0, 0
    with request_errors():
        jobs = expand_sources(sources, WAV_FILES)
    for job in jobs:
        file = job.source
        try:
            if isinstance(job, Unusable):
                raise AudioError(file, job.message)
            with open_recording(file) as recording:
                sound = preprocess(recording, TUNE.preprocessing)
                spread = entropies(sound, analyses)
        except SettingError as error:
            print_message("error", printable(f"{file}: {error}"))
            exit_code = 1
        except Wav2SpecError as error:
            print_message("error", printable(str(error)))
            exit_code = 1
        else:
            rate = rate or sound.sample_rate
            if spread is None:
                print_message("warning", f"{printable(file)}: silent, and left out")
            else:
                found.append(spread)
    if not found:
        if not exit_code:
            print_message("error", "nothing to tune by")
        return 1, []
    return exit_code, [
        _row(candidate.analysis, rate, candidate.resolution, candidate.entropy)
        for candidate in rank(analyses, found, rate)
    ]


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
