"""Every option, declared once. An option is unset unless given: what it then is stands in `presets` alone."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, get_args

import click

from wav2spec.cli.config import read_config
from wav2spec.errors import SettingError
from wav2spec.jobs import Format
from wav2spec.presets import DEFAULT, PRESETS
from wav2spec.settings import (
    NEEDS,
    FftLengthName,
    Framing,
    FreqScale,
    Layout,
    MelFormula,
    MelNorm,
    PadMode,
    Scale,
    Settings,
    WindowAlign,
    WindowSymmetry,
)

_Command = TypeVar("_Command", bound=Callable[..., Any])


class _Words(click.ParamType[int | float | str]):
    """Passes words on to the settings, which judge them, and plain numbers as such."""

    def __init__(self, name: str) -> None:
        self.name = name

    def convert(
        self,
        value: Any,
        param: click.Parameter | None,  # noqa: ARG002
        ctx: click.Context | None,  # noqa: ARG002
    ) -> int | float | str:
        if not isinstance(value, str):
            return value  # type: ignore[no-any-return]
        if re.fullmatch(r"[0-9]{1,18}", value):
            return int(value)
        try:
            return float(value)
        except ValueError:
            return value


def _choice(literal: Any) -> click.Choice[str]:
    return click.Choice(get_args(literal))


# The options that fill a field of the settings, by the field's name: flags, type, help. In the order of `--help`.
SETTING_OPTIONS: dict[str, tuple[str, Any, str]] = {
    "start": ("--start", _Words("time"), "Where to begin: seconds (2.5), minutes (1:02.5) or with a unit (150ms)."),
    "duration": ("--duration", _Words("time"), "How much to take from there."),
    "channel": (
        "--channel",
        _Words("first|mix|all|N"),
        "The first, the mean of all, all side by side along the frequency axis, or one counted from 1.",
    ),
    "sample_rate": ("--sample-rate", _Words("hz"), "Resample to this rate (soxr, very high quality)."),
    "target_length": (
        "--target-length",
        _Words("size"),
        "So many samples, or so long, at the new rate: cut, or filled up with zeros.",
    ),
    "normalize": ("--normalize", _Words("none|peak|peak:level|rms:level"), "Bring the samples kept to a linear level."),
    "window": (
        "--window",
        _Words("name"),
        "hann, hamming, blackman, bartlett, rectangular, blackman-harris, nuttall, flattop, cosine, kaiser:BETA, "
        "gaussian:STD (samples) or tukey:ALPHA.",
    ),
    "window_symmetry": ("--window-symmetry", _choice(WindowSymmetry), "Whether the window is one period of itself."),
    "window_size": ("--window-size", _Words("size"), "Length of a frame: samples (256) or time (25ms, 0.1s)."),
    "stride": (
        "--stride",
        _Words("size"),
        "From one frame to the next: samples, time, or a share of the window (50%, 1/3).",
    ),
    "fft_length": (
        "--fft-length",
        _Words("size|" + "|".join(get_args(FftLengthName))),
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
    "fmin": ("--fmin", _Words("hz"), "Lowest frequency."),
    "fmax": ("--fmax", _Words("hz"), "Highest frequency."),
    "freq_scale": ("--freq-scale", _choice(FreqScale), "How bands are spaced; power is summed or interpolated."),
    "n_bands": ("--n-bands", _Words("n"), "How many bands there are."),
    "mel_formula": ("--mel-formula", _choice(MelFormula), "Slaney's mel, linear below 1 kHz, or HTK's."),
    "mel_norm": ("--mel-norm", _choice(MelNorm), "Triangles of equal area, or of equal height."),
    "scale": ("--scale", _choice(Scale), "Whether a pixel shows the value, or its level in dB."),
    "brightness": ("--brightness", _Words("number"), "A pixel is the value times this, rounded down, 255 at most."),
    "db_ref": (
        "--db-ref",
        _Words("full-scale|peak|magnitude"),
        "What reads 0 dB: a sine of amplitude 1, the recording's greatest value, or a magnitude.",
    ),
    "db_max": ("--db-max", _Words("db"), "The brightest pixel."),
    "db_range": ("--db-range", _Words("db"), "How far below it the darkest pixel is."),
    "amin": ("--amin", _Words("power"), "Power below this counts as this, as in librosa."),
    "gamma": ("--gamma", _Words("number"), "Above 1 brightens what is dark."),
    "layout": ("--layout", _choice(Layout), "Where time runs, then where frequency rises to."),
}


def setting_options(command: _Command) -> _Command:
    """Add --preset, --config and one option for each setting."""
    for field, default in reversed(DEFAULT.flat().items()):
        flags, kind, words = SETTING_OPTIONS[field]
        command = click.option(flags, field, type=kind, default=None, help=words + _shown_default(flags, default))(
            command
        )
    command = click.option("--config", metavar="FILE.toml", help="Settings from a file, named as the options are.")(
        command
    )
    words = "Start from the settings that reproduce another system; see wav2spec presets."
    return click.option("--preset", type=click.Choice(list(PRESETS)), help=words)(command)


def _shown_default(flags: str, default: Any) -> str:
    if default is None:
        return ""
    if isinstance(default, bool):
        default = flags.split("/")[not default].removeprefix("--")
    return f"  [default: {default:g}]" if isinstance(default, float) else f"  [default: {default}]"


def settings_from(options: dict[str, Any], preset: str | None, config: str | None) -> Settings:
    """Return the settings of a command line: an option counts more than the config file, and that more than the preset.

    Parameters
    ----------
    options : dict
        By the field's name; None where not given.
    preset, config : str, optional
    """
    given = read_config(config) if config else {}
    named = given.pop("preset", None)
    if named is not None and named not in PRESETS:
        raise click.UsageError(f"{config}: preset {named!r} is none of {', '.join(PRESETS)}")
    start = preset or named
    given |= {field: value for field, value in options.items() if value is not None}
    with usage_errors():
        settings = (PRESETS[start].settings if start else DEFAULT).updated(**given)
    _check_that_all_act(given, settings)
    return settings


def _check_that_all_act(given: dict[str, Any], settings: Settings) -> None:
    values = settings.flat()
    for field in given:
        other, needed = NEEDS.get(field, ("", ()))
        if needed and values[other] not in needed:
            need = " or ".join(f"{option_name(other)} {value}" for value in needed)
            raise click.UsageError(f"{option_name(field)} needs {need}, but it is {values[other]}")


def option_name(field: str) -> str:
    return "--" + field.replace("_", "-")


@contextmanager
def usage_errors() -> Iterator[None]:
    """Turn a setting that cannot be into a usage error that names the option."""
    try:
        yield
    except SettingError as error:
        raise click.BadParameter(error.words, param_hint=f"'{option_name(error.name)}'") from error


def output_options(command: _Command) -> _Command:
    """Add the options that say where pictures go and what is told about them."""
    for option in (
        click.option("-v", "--verbose", count=True, help="Say what was written; twice: tracebacks too."),
        click.option("-q", "--quiet", is_flag=True, help="No warnings; errors are still said."),
        click.option("--format", type=click.Choice(get_args(Format)), help="For targets not named: pixels or values."),
        click.option("-o", "--output", metavar="DEST", help="A file (.png, .npy), a folder, or - for standard output."),
    ):
        command = option(command)
    return command
