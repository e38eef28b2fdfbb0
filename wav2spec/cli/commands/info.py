"""``wav2spec info``: what is in a recording, and the size of its picture; or how a picture was made."""

import json
from typing import TYPE_CHECKING, Any

import click

from wav2spec.cli.help import Command
from wav2spec.cli.options import setting_options, settings_from, to_command_line
from wav2spec.cli.param_types import FILE
from wav2spec.console import print_message, printable
from wav2spec.settings.pictures import Raster
from wav2spec.settings.presets import COMPARE, EXPLORE, PLOT
from wav2spec.settings.settings import DEFAULT, Settings

if TYPE_CHECKING:
    from wav2spec.audio.recording import Recording

# What the commands start from; of their settings, `--flags` prints those that differ.
_STARTS = {"image": DEFAULT, "plot": PLOT, "compare": COMPARE, "explore": EXPLORE}


@click.command(cls=Command)
@click.argument("sources", metavar="SRC...", nargs=-1, required=True, type=FILE)
@click.option("--digest", is_flag=True, help="Of a picture: a SHA-256 of its decoded pixels.")
@click.option("--flags", is_flag=True, help="Of a picture: how it was made, as options.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@setting_options(DEFAULT)
def info(
    sources: tuple[str, ...],
    as_json: bool,
    flags: bool,
    digest: bool,
    **options: Any,
) -> int:
    """Say what is in a recording, and how large a picture the options would make of it; or how a picture was made.

    \b
    wav2spec info guitar.wav
    wav2spec info --json --preset librosa *.wav
    wav2spec info out.png
    """
    if as_json + flags + digest > 1:
        raise click.UsageError("--json, --flags and --digest are three ways to answer: give one")
    settings = settings_from(options, DEFAULT)
    # Loads NumPy and libsndfile.
    from wav2spec.errors import AudioError, Wav2SpecError
    from wav2spec.render.metadata import is_rendering

    exit_code = 0
    for source in sources:
        try:
            if source != "-" and is_rendering(source):
                click.echo(_of_picture(source, as_json=as_json, flags=flags, digest=digest))
            elif flags or digest:
                raise AudioError(source, f"is no picture, of which --{'flags' if flags else 'digest'} could tell")
            else:
                facts = _facts(source, settings)
                click.echo(json.dumps(facts) if as_json else _text(facts))
        except Wav2SpecError as error:
            print_message("error", printable(str(error)))
            exit_code = 1
    return exit_code


def _of_picture(path: str, *, as_json: bool, flags: bool, digest: bool) -> str:
    from wav2spec.render.metadata import require_metadata, settings_from_metadata
    from wav2spec.render.readback import pixel_digest

    if digest:
        return pixel_digest(path)
    recipe = require_metadata(path)
    if flags:
        start = _STARTS.get(recipe["command"], DEFAULT)
        return to_command_line(settings_from_metadata(recipe), start, recipe.get("varied", {}))
    return json.dumps(recipe) if as_json else "\n".join([printable(path), *_lines(recipe, "  ")])


def _lines(values: dict[str, Any], indent: str) -> list[str]:
    lines = []
    for name, value in values.items():
        if isinstance(value, dict):
            lines += [f"{indent}{printable(name)}", *_lines(value, indent + "  ")]
        else:
            lines.append(f"{indent}{printable(name):<20} {printable(str(value))}")
    return lines


def _facts(source: str, settings: Settings) -> dict[str, Any]:
    from wav2spec.audio.recording import open_recording
    from wav2spec.audio.statistics import dbfs, measure_samples

    with open_recording(source) as recording:
        measures = measure_samples(recording)
        return {
            "source": printable(source),
            "container": recording.container,
            "subtype": recording.subtype,
            "sample_rate": recording.sample_rate,
            "n_channels": recording.n_channels,
            "n_samples": recording.n_samples,
            "duration_s": recording.duration,
            "peak_dbfs": dbfs(measures.peak),
            "rms_dbfs": dbfs(measures.rms),
            "n_clipped": measures.n_clipped,
            "n_silent": measures.n_silent,
            "n_non_finite": measures.n_non_finite,
            "warnings": recording.warnings,
            "picture": _picture(recording, settings, finite=not measures.n_non_finite),
        }


def _picture(recording: "Recording", settings: Settings, *, finite: bool) -> dict[str, Any]:
    """Say how large the picture would be, or why there would be none."""
    from wav2spec.audio.preprocess import preprocess, segments
    from wav2spec.errors import AudioError, SettingError
    from wav2spec.render.drawing import plan_spectrogram
    from wav2spec.render.orientation import image_size
    from wav2spec.render.raster import check_size

    raster = settings.picture if isinstance(settings.picture, Raster) else Raster()
    try:
        segment = next(segments(recording, settings.preprocessing), None)
        if segment is None:
            raise AudioError(recording.path, "shorter than a clip")
        stream = plan_spectrogram(preprocess(recording, settings.preprocessing, segment), settings)
        check_size(stream, raster)
        if not finite:
            # Whether what is drawn of it is finite shows when it is read as for drawing.
            for _ in stream.sound.blocks():
                pass
    except SettingError as error:
        return {"refused": str(error)}
    except AudioError as error:
        return {"refused": error.message}
    width, height = image_size(stream.shape, raster.layout)
    n_channels, _, n_bands = stream.shape
    return {"width": width, "height": height, "n_channels": n_channels, "n_frames": stream.n_frames, "n_bands": n_bands}


def _text(facts: dict[str, Any]) -> str:
    def level(db: float | None) -> str:
        return "silence" if db is None else f"{db:.2f} dBFS"

    picture = facts["picture"]
    size = f"none: {picture['refused']}" if "refused" in picture else f"{picture['width']} x {picture['height']} pixels"
    rows = {
        "format": f"{facts['container']}, {facts['subtype']}",
        "sample rate": f"{facts['sample_rate']} Hz",
        "channels": facts["n_channels"],
        "samples": f"{facts['n_samples']} ({facts['duration_s']:.3f} s)",
        "peak": level(facts["peak_dbfs"]),
        "rms": level(facts["rms_dbfs"]),
        "clipped": facts["n_clipped"],
        "silent": facts["n_silent"],
        "non-finite": facts["n_non_finite"],
        "warning": "; ".join(facts["warnings"]) or "none",
        "picture": size,
    }
    return "\n".join([facts["source"], *(f"  {name:<12} {value}" for name, value in rows.items())])
