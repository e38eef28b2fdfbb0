"""``wav2spec image``: pixels only."""

import sys
from typing import Any

import click

from wav2spec.cli.options import output_options, setting_options, settings_from, usage_errors
from wav2spec.cli.process import begin_work
from wav2spec.jobs import STREAM, Format, Job
from wav2spec.plan import plan_jobs
from wav2spec.report import Report


@click.command()
@click.argument("words", metavar="SRC... [DEST]", nargs=-1, required=True)
@setting_options
@output_options
def image(
    words: tuple[str, ...],
    output: str | None,
    format: Format | None,
    preset: str | None,
    config: str | None,
    quiet: bool,
    verbose: int,
    **options: Any,
) -> int:
    """Draw each recording as a picture of pixels alone, like TensorFlow's wav_to_spectrogram.

    Time runs down and frequency from right to left unless --layout says otherwise. The second of two names is the
    target if it is - or ends in .png or .npy; several sources go each beside itself, or into the folder that -o names.

    \b
    wav2spec kick.wav --window-size 25ms --stride 10ms
    wav2spec image *.wav -o pictures/
    """
    settings = settings_from(options, preset, config)
    with usage_errors():
        jobs = plan_jobs(words, output, format)
    _refuse_terminals(jobs)
    # Only here, where there is work, are NumPy and libsndfile loaded.
    from wav2spec.convert import attempt

    begin_work()
    report = Report(-1 if quiet else verbose)
    for job in jobs:
        report.add(attempt(job, settings))
    return report.exit_code


def _refuse_terminals(jobs: list[Job]) -> None:
    if any(job.target == STREAM for job in jobs) and sys.stdout is not None and sys.stdout.isatty():
        raise click.UsageError("a picture is not written to a terminal: name a file, or redirect standard output")
    if any(job.source == STREAM for job in jobs) and sys.stdin is not None and sys.stdin.isatty():
        raise click.UsageError("a recording is not read from a terminal: pipe or redirect a WAV into standard input")
