"""Every option, declared once. An option is unset unless given: what it then is stands in `presets` alone."""

import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar, get_args

import click

from wav2spec.cli.config import read_config
from wav2spec.cli.levels_file import read_levels
from wav2spec.cli.param_types import FILE, Number, Size, Words
from wav2spec.errors import SettingError
from wav2spec.settings.choices import (
    APPLIES_IF,
    WINDOWS,
    ChannelName,
    FftLengthName,
    Framing,
    FreqScale,
    Layout,
    MelFormula,
    MelNorm,
    PadMode,
    Reduce,
    Scale,
    SegmentLast,
    Style,
    WindowAlign,
    WindowSymmetry,
)
from wav2spec.settings.presets import PRESETS
from wav2spec.settings.settings import Settings

# Where `ctx.meta` holds the fields whose options were repeated.
REPEATED = "wav2spec.repeated"


_Command = TypeVar("_Command", bound=Callable[..., Any])


def _choice(literal: Any) -> click.Choice[str]:
    return click.Choice(get_args(literal))


# The options that fill a field of the settings, by the field's name: flags, type, help. In the order of `--help`.
SETTING_OPTIONS: dict[str, tuple[str, Any, str]] = {
    "start": ("--start", Words("time"), "Where to begin: seconds (2.5), minutes (1:02.5) or with a unit (150ms)."),
    "duration": ("--duration", Words("time"), "How much to take from there."),
    "channel": (
        "--channel",
        Words("first|mix|all|N", get_args(ChannelName)),
        "The first, the mean of all, all side by side along the frequency axis, or one counted from 1.",
    ),
    "sample_rate": ("--sample-rate", Number("hz"), "Resample to this rate (soxr, very high quality)."),
    "target_length": (
        "--target-length",
        Words("size"),
        "So many samples, or so long, at the new rate: cut, or filled up with zeros.",
    ),
    "segment": (
        "--segment",
        Words("time"),
        "One picture for each clip of this length; START in its name, in samples.",
    ),
    "segment_stride": ("--segment-stride", Words("time"), "From one clip to the next, unless they follow each other."),
    "segment_last": (
        "--segment-last",
        _choice(SegmentLast),
        "Whether zeros fill up what the end cuts off, or it is left out.",
    ),
    "normalize": ("--normalize", Words("none|peak|peak:level|rms:level"), "Bring the samples kept to a linear level."),
    "window": (
        "--window",
        Words("name", tuple(WINDOWS)),
        "hann, hamming, blackman, bartlett, rectangular, blackman-harris, nuttall, flattop, cosine, kaiser:BETA, "
        "gaussian:STD (samples) or tukey:ALPHA.",
    ),
    "window_symmetry": ("--window-symmetry", _choice(WindowSymmetry), "Whether the window is one period of itself."),
    "window_size": ("--window-size", Words("size"), "Length of a frame: samples (256) or time (25ms, 0.1s)."),
    "stride": (
        "--stride",
        Words("size"),
        "From one frame to the next: samples, time, or a share of the window (50%, 1/3).",
    ),
    "fft_length": (
        "--fft-length",
        Words("size|" + "|".join(get_args(FftLengthName))),
        "Samples or time from the window up, filled with zeros; or as long as the window.",
    ),
    "window_align": ("--window-align", _choice(WindowAlign), "Where in a longer FFT the window lies."),
    "framing": (
        "--framing",
        _choice(Framing),
        "Whole frames only, frames up to the last sample, or frames centred on multiples of the stride.",
    ),
    "pad_mode": ("--pad-mode", _choice(PadMode), "What frames see beyond the ends."),
    "magnitude_squared": ("--magnitude-squared/--magnitude", bool, "Power, or magnitude."),
    "fmin": ("--fmin", Number("hz"), "Lowest frequency."),
    "fmax": ("--fmax", Number("hz"), "Highest frequency."),
    "freq_scale": ("--freq-scale", _choice(FreqScale), "How bands are spaced; power is summed or interpolated."),
    "n_bands": ("--n-bands", Number("n"), "How many bands there are."),
    "mel_formula": ("--mel-formula", _choice(MelFormula), "Slaney's mel, linear below 1 kHz, or HTK's."),
    "mel_norm": ("--mel-norm", _choice(MelNorm), "Triangles of equal area, or of equal height."),
    "scale": ("--scale", _choice(Scale), "Whether a pixel shows the value, or its level in dB."),
    "brightness": ("--brightness", Number("number"), "A pixel is the value times this, rounded down, 255 at most."),
    "db_ref": (
        "--db-ref",
        Number("full-scale|peak|magnitude"),
        "What reads 0 dB: a sine of amplitude 1, the recording's greatest value, or a magnitude.",
    ),
    "db_max": ("--db-max", Number("db"), "The brightest pixel."),
    "db_range": ("--db-range", Number("db"), "How far below it the darkest pixel is."),
    "amin": ("--amin", Number("power"), "Power below this counts as this, as in librosa."),
    "gamma": ("--gamma", Number("number"), "Above 1 brightens what is dark."),
    "layout": ("--layout", _choice(Layout), "Where time runs, then where frequency rises to."),
    "width": ("--width", Number("px"), "Width of the picture in pixels."),
    "height": ("--height", Number("px"), "Height of the picture in pixels."),
    "dpi": ("--dpi", Number("n"), "Pixels in an inch: how large letters and lines are."),
    "title": ("--title", str, "What stands above; by default the file's name."),
    "colorbar": ("--colorbar/--no-colorbar", bool, "Whether the colours are explained at the right."),
    "waveform": ("--waveform/--no-waveform", bool, "Whether the samples are drawn above."),
    "style": ("--style", _choice(Style), "Dark on light, or light on dark."),
    "palette": ("--palette", str, "Any colormap of matplotlib; image also knows gray, which needs none."),
    "invert": ("--invert/--no-invert", bool, "Whether the darkest and the brightest change places."),
    "bit_depth": ("--bit-depth", Words("8|16"), "16 bits are for gray alone."),
    "metadata": ("--metadata/--no-metadata", bool, "Whether the picture says how it was made."),
    "drop_nyquist": ("--drop-nyquist/--keep-nyquist", bool, "Leave out the last bin: an FFT of 512 gives 256."),
    "reduce": ("--reduce", _choice(Reduce), "What a pixel shows of the powers that fall into it."),
}


def setting_options(
    start: Settings, repeated: tuple[str, ...] = (), *, levels: bool = True
) -> Callable[[_Command], _Command]:
    """Add --preset, --config and one option for each setting of a command that starts from `start`.

    With `levels`, those of a data set can be taken: a command has a single analysis, whose levels they can be.
    The fields in `repeated` may be given several times; `ctx.meta` has those that were, in the order they came in.
    """

    def add(command: _Command) -> _Command:
        for field, default in reversed(start.as_dict().items()):
            flags, kind, message = SETTING_OPTIONS[field]
            if field in repeated:
                message = f"{message}  [default: {default}; repeatable]"
                option = click.option(flags, field, type=kind, multiple=True, callback=_note_order, help=message)
                command = option(command)
                continue
            if field == "title":
                command = click.option("--no-title", field, flag_value="", default=None, help="No title.")(command)
            message += _shown_default(flags, default)
            command = click.option(flags, field, type=kind, default=None, help=message)(command)
        if {"width", "height"} <= start.as_dict().keys():
            command = click.option("--size", type=Size(), help="Width and height at once.")(command)
        if levels:
            message = "Scale levels as a data set's; see wav2spec levels."
            command = click.option("--levels", type=FILE, metavar="FILE.toml", help=message)(command)
        message = "Settings from a file, named as the options are."
        command = click.option("--config", type=FILE, metavar="FILE.toml", help=message)(command)
        message = "Start from the settings with which a picture was made."
        command = click.option("--like", type=FILE, metavar="PICTURE.png", help=message)(command)
        message = "Start from the settings that reproduce another system; see wav2spec presets."
        return click.option("--preset", type=click.Choice(list(PRESETS)), help=message)(command)

    return add


def _note_order(ctx: click.Context, param: click.Parameter, values: tuple[Any, ...]) -> tuple[Any, ...]:
    # Click calls back in the order in which options were given.
    if len(values) > 1:
        ctx.meta.setdefault(REPEATED, []).append(param.name)
    return values


def _shown_default(flags: str, default: Any) -> str:
    if default is None:
        return ""
    if isinstance(default, bool):
        default = flags.split("/")[not default].removeprefix("--")
    return f"  [default: {default:g}]" if isinstance(default, float) else f"  [default: {default}]"


def settings_from(options: dict[str, Any], start: Settings) -> Settings:
    """Return the settings of a command line.

    An option counts more than a data set's levels, those more than the config file, and that more than the preset.

    Parameters
    ----------
    options : dict
        Those of `setting_options`, by name; None where not given.
    start : Settings
        What the command starts from without a preset, and how it draws with one.
    """
    preset, config, like, levels = (options.pop(name, None) for name in ("preset", "config", "like", "levels"))
    given = read_config(config, start) if config else {}
    measured = read_levels(levels) if levels else None
    named = given.pop("preset", None)
    if named is not None and named not in list(PRESETS):
        raise click.UsageError(f"{config}: preset {named!r} is none of {', '.join(PRESETS)}")
    named = preset or named
    if measured:
        given |= measured.scale
    size = options.pop("size", None)
    if size is not None:
        given["width"], given["height"] = size
    given |= {field: value for field, value in options.items() if value is not None}
    with usage_errors():
        if like is not None:
            if named:
                raise click.UsageError("--like and --preset both say where to start from")
            start = _settings_like(like, start)
        settings = (PRESETS[named].settings_for(start) if named else start).replace(**given)
    _check_applicable(given, settings)
    if measured:
        measured.check_fits(settings)
    return settings


def _settings_like(picture: str, start: Settings) -> Settings:
    # Loads NumPy.
    from wav2spec.render.metadata import read_metadata, settings_from_metadata

    try:
        recipe = read_metadata(picture)
    except OSError as error:
        raise click.UsageError(f"{picture}: {error.strerror}") from error
    if recipe is None:
        raise click.UsageError(f"{picture} does not say how it was made: no PNG of wav2spec, or one without metadata")
    settings = settings_from_metadata(recipe)
    same = type(settings.picture) is type(start.picture)
    return settings if same else replace(settings, picture=start.picture)


def _check_applicable(given: dict[str, Any], settings: Settings) -> None:
    values = settings.as_dict()
    for field in given:
        other, needed = APPLIES_IF.get(field, ("", ()))
        if needed and values[other] not in needed:
            need = " or ".join(f"{option_name(other)} {value}" for value in needed)
            raise click.UsageError(f"{option_name(field)} needs {need}, but it is {values[other]}")


def to_command_line(settings: Settings, start: Settings, varied: dict[str, list[Any]]) -> str:
    """Return the options that lead from `start` to `settings`, for a shell; those of `varied` repeated."""
    message: list[str] = []
    for field, values in varied.items():
        for value in values if field in SETTING_OPTIONS else ():
            message += [option_name(field), str(value)]
    before = start.as_dict()
    for field, value in settings.effective().items():
        if field in varied or value == before.get(field):
            continue
        if isinstance(value, bool):
            message.append(SETTING_OPTIONS[field][0].split("/")[not value])
        else:
            message += ["--no-title"] if field == "title" and not value else [option_name(field), str(value)]
    return shlex.join(message)


def option_name(field: str) -> str:
    return "--" + field.replace("_", "-")


@contextmanager
def usage_errors() -> Iterator[None]:
    """Turn a setting that cannot be into a usage error that names the option."""
    try:
        yield
    except SettingError as error:
        raise click.BadParameter(error.message, param_hint=f"'{option_name(error.name)}'") from error
