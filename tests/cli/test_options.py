"""Every setting has one option, and what an option cannot be or do is said before a file is opened."""

import re
from dataclasses import fields
from pathlib import Path
from typing import get_args

import click
import pytest
from click.testing import CliRunner, Result
from recordings import MakeWav

from wav2spec.cli.main import command
from wav2spec.settings.choices import SCALES, WINDOWS, Framing
from wav2spec.settings.kinds import Choice, Flag
from wav2spec.settings.presets import PLOT, PRESETS
from wav2spec.settings.settings import Settings

FLAT = Settings().as_dict()
DECLARED = Settings().declarations
CHOICES = {field: one.kind.values for field, one in DECLARED.items() if isinstance(one.kind, Choice)}
FLAGS = {field for field, one in DECLARED.items() if isinstance(one.kind, Flag)}
# Those of SoX and Praat need a method that refuses most others; they are tested with it.
NEEDS = {
    field: one.applies_if
    for field, one in DECLARED.items()
    if one.applies_if and one.applies_if[1] and not field.startswith(("sox_", "praat_"))
}
# A legal value of each setting that acts under some other settings alone.
VALUES = {
    "pad_mode": ["--pad-mode=reflect"],
    "drop_nyquist": ["--drop-nyquist"],
    "mel_formula": ["--mel-formula=htk"],
    "mel_norm": ["--mel-norm=none"],
    "mel_triangles": ["--mel-triangles=mel"],
    "band_sum": ["--band-sum=magnitude"],
    "brightness": ["--brightness=8"],
    "db_ref": ["--db-ref=peak"],
    "db_max": ["--db-max=-6"],
    "db_range": ["--db-range=60"],
    "amin": ["--amin=10"],
    "magnitude_squared": ["--magnitude-squared"],
    "energy": ["--energy=first"],
    "energy_floor": ["--energy-floor=2"],
    "log_offset": ["--log-offset=0.5"],
    "top_db": ["--top-db=20"],
    "pcen_gain": ["--pcen-gain=0.5"],
    "pcen_bias": ["--pcen-bias=1"],
    "pcen_power": ["--pcen-power=0.25"],
    "pcen_smoothing": ["--pcen-smoothing=0.1"],
    "pcen_eps": ["--pcen-eps=0.1"],
    "pcen_start": ["--pcen-start=first"],
    "std_ddof": ["--std-ddof=1"],
    "std_eps": ["--std-eps=1"],
    "var_eps": ["--var-eps=1"],
}
# What else a picture needs for one setting to act.
BESIDE = {"energy_floor": ["--scale=ln"]}
# Some values of the settings that others need, of which there is no end.
SOME = {"scale": [*(name for name in SCALES if name != "power"), "power:0.5"], "value_std": ["2", "band", "recording"]}


def some_values(field: str) -> list[str]:
    return SOME.get(field) or [str(value) for value in CHOICES[field]]


def lacking(field: str) -> list[str]:
    """Return the values of the setting that a field needs, with which it does not act."""
    other, needed = NEEDS[field]
    return [value for value in some_values(other) if value.partition(":")[0] not in needed]


def flag(field: str) -> str:
    return "--" + field.replace("_", "-")


def used(*words: str) -> Result:
    """Run on a recording that is not there: wrong usage is said first, exit 2."""
    return CliRunner().invoke(command, ["image", "no-such-recording.wav", *words])


def written(source: Path, *words: str) -> Result:
    return CliRunner().invoke(command, [str(source), *words], standalone_mode=False)


@pytest.mark.parametrize("name", ["image", "info"])
@pytest.mark.parametrize("field", sorted(FLAT))
def test_every_field_has_one_option_that_is_unset_unless_given(name: str, field: str) -> None:
    mine = [option for option in command.commands[name].params if option.name == field]
    assert len(mine) == 1
    option = mine[0]
    assert isinstance(option, click.Option)
    assert option.opts == [flag(field)]
    context = click.Context(command.commands[name])
    assert option.get_default(context) is None
    assert option.value_from_envvar(context) is None
    assert option.help


def test_no_two_groups_have_a_field_of_one_name() -> None:
    names = [field.name for group in fields(Settings) for field in fields(getattr(Settings(), group.name))]
    assert sorted(names) == sorted(set(names)) == sorted(FLAT)


def test_every_option_has_a_field() -> None:
    everywhere = FLAT.keys() | PLOT.as_dict().keys()
    options = {option.name for name in ("image", "plot") for option in command.commands[name].params}
    assert everywhere <= options


@pytest.mark.parametrize("field", sorted(CHOICES))
def test_an_option_offers_what_its_field_takes(field: str) -> None:
    choices = CHOICES[field]
    for choice in choices:
        related = {"segment": 1} if field == "segment_last" else {}
        Settings().replace(**related, **{field: choice})
    result = used(flag(field), "nothing")
    assert result.exit_code == 2
    assert result.stderr.startswith(f"wav2spec: error: {flag(field)}: 'nothing' is none of ")
    assert all(str(choice) in result.stderr for choice in choices)


def test_the_reference_names_every_window() -> None:
    words = re.findall(r"[a-z-]+", DECLARED["window"].details.lower())
    assert set(WINDOWS) <= set(words)


def test_a_legal_value_stands_here_for_every_setting_that_needs_another() -> None:
    missing, unknown = set(NEEDS) - set(VALUES), set(VALUES) - set(NEEDS)
    assert not missing, f"settings with `applies_if` without a row in VALUES of this file: {sorted(missing)}"
    assert not unknown, f"rows in VALUES of this file whose settings need no other: {sorted(unknown)}"


@pytest.mark.parametrize("field", sorted(VALUES))
def test_an_option_that_cannot_act_is_wrong_usage_that_names_the_one_it_needs(field: str, tmp_path: Path) -> None:
    other, needed = NEEDS[field]
    for value in lacking(field):
        result = used(*VALUES[field], flag(other), value)
        assert result.exit_code == 2
        need = " or ".join(f"{flag(other)} {name}" for name in needed)
        assert f"{flag(field)}: needs {need}, but it is {value}\n" in result.stderr
    config = tmp_path / "a.toml"
    value = lacking(field)[0]
    config.write_text(f"{other} = '{value}'\n")
    assert used(*VALUES[field], "--config", str(config)).exit_code == 2


@pytest.mark.parametrize("field", sorted(VALUES))
def test_an_option_that_acts_changes_the_picture(field: str, make_wav: MakeWav) -> None:
    other, _ = NEEDS[field]
    source = make_wav(n_samples=3000)
    for value in (value for value in some_values(other) if value not in lacking(field)):
        pixels = []
        for words in ([], VALUES[field]):
            result = written(source, flag(other), value, "--n-bands=30", "--gamma=2", *BESIDE.get(field, []), *words)
            assert result.return_value == 0, result.output
            pixels.append(source.with_suffix(".png").read_bytes())
        assert pixels[0] != pixels[1]


def test_what_a_preset_sets_needs_nothing_when_another_scale_is_asked_for(make_wav: MakeWav) -> None:
    source = make_wav(n_samples=20_000)
    # One of each kind; others derive from them.
    for name in ("tf", "librosa", "librosa-mel", "torchaudio", "wolfram", "whisper", "nemo", "perch", "vggish"):
        for scale in ("linear", "db"):
            for framing in get_args(Framing):
                result = written(
                    source, "--preset", name, "--scale", scale, "--framing", framing, "--freq-scale=linear"
                )
                assert result.return_value == 0, result.output


BAD = [
    ("segments", "", "", "the name is empty"),
    ("start", "-1", "'-1", "no time"),
    ("start", "1:02:03:04", "1:02:03:04", "no time"),
    ("start", "nan", "nan", "no time"),
    ("start", "soon", "soon", "no time"),
    ("duration", "0", "0", "greater than 0"),
    ("duration", "0ms", "0ms", "greater than 0"),
    ("duration", "1m", "1m", "no time"),
    ("duration", "25 MS", "25 MS", "write 25ms"),
    ("channel", "0", "0", "at least 1"),
    ("channel", "-1", "-1", "at least 1"),
    ("channel", "left", "left", "first, mix, all"),
    ("channel", "1.5", "1.5", "whole number"),
    ("sample-rate", "0", "0", "at least 1"),
    ("sample-rate", "16s", "16s", "whole number"),
    ("sample-rate", "22050.5", "22050.5", "whole number"),
    ("target-length", "0", "0", "at least 1"),
    ("target-length", "0s", "0s", "greater than 0"),
    ("target-length", "50%", "50%", "share of the window"),
    ("target-length", "all", "all", "neither samples"),
    ("segment", "0", "0", "greater than 0"),
    ("segment", "soon", "soon", "no time"),
    ("segment-stride", "0ms", "0ms", "greater than 0"),
    ("segment-stride", "50%", "50%", "no time"),
    ("segment-stride", "1", "", "needs --segment"),
    ("segment-last", "drop", "", "needs --segment"),
    ("normalize", "max", "max", "none, peak, rms"),
    ("normalize", "rms", "rms", "needs a number"),
    ("normalize", "rms:0", "0", "above 0"),
    ("normalize", "peak:-1", "-1", "above 0"),
    ("normalize", "peak:loud", "loud", "no number"),
    ("normalize", "none:1", "1", "takes no number"),
    ("normalize", "0.5", "0.5", "none, peak, rms"),
    ("normalize", "1", "1", "none, peak, rms"),
    ("window", "hanm", "hanm", "none of hann"),
    ("window", "512", "512", "did you mean --window-size?"),
    ("window", "0.5", "0.5", "none of hann"),
    ("window", "kaiser", "kaiser", "needs a number"),
    ("window", "kaiser:-1", "-1", "from 0 to 700"),
    ("window", "gaussian:0", "0", "from 0.001"),
    ("window", "tukey:2", "2", "from 0 to 1"),
    ("window", "hann:2", "2", "takes no number"),
    ("window-size", "1", "1", "at least 2"),
    ("window-size", "25 ms", "25 ms", "write 25ms"),
    ("window-size", "0.025", "0.025", "write 0.025s or 25ms"),
    ("window-size", "50%", "50%", "share of the window"),
    ("window-size", "256.5", "256.5", "whole number"),
    ("stride", "0", "0", "at least 1"),
    ("stride", "1/0", "1/0", "divides by zero"),
    ("stride", "0%", "0%", "greater than 0"),
    ("fft-length", "1", "1", "at least 2"),
    ("fft-length", "50%", "50%", "share of the window"),
    ("fft-length", "double", "double", "power-of-two"),
    ("fmin", "-1", "-1", "at least 0"),
    ("fmin", "low", "low", "number"),
    ("fmin", "inf", "inf", "finite"),
    ("fmax", "0", "0", "above 0"),
    ("fmax", "nan", "nan", "finite"),
    ("n-bands", "0", "0", "at least 1"),
    ("n-bands", "1.5", "1.5", "whole number"),
    ("n-bands", "many", "many", "whole number"),
    ("brightness", "0", "0", "above 0"),
    ("brightness", "-1", "-1", "above 0"),
    ("brightness", "nan", "nan", "finite"),
    ("brightness", "bright", "bright", "number"),
    ("db-ref", "0", "0", "at least 1e-15"),
    ("db-ref", "-1", "-1", "at least 1e-15"),
    ("db-ref", "max", "max", "full-scale, peak"),
    ("db-ref", "inf", "inf", "finite"),
    ("db-max", "inf", "inf", "finite"),
    ("db-max", "loud", "loud", "number"),
    ("db-range", "0", "0", "above 0"),
    ("db-range", "-80", "-80", "above 0"),
    ("db-range", "nan", "nan", "finite"),
    ("amin", "-1", "-1", "at least 0"),
    ("amin", "small", "small", "number"),
    ("gamma", "0", "0", "above 0"),
    ("gamma", "-2", "-2", "above 0"),
    ("gamma", "inf", "inf", "finite"),
    ("scale", "log", "log", "write db for decibels, ln or log10"),
    ("scale", "power", "power", "needs a number"),
    ("scale", "power:0", "0", "above 0"),
    ("sample-scale", "0", "0", "above 0"),
    ("preemphasis", "1.5", "1.5", "at most 1"),
    ("energy-floor", "-1", "-1", "at least 0"),
    ("spectrum-offset", "-1", "-1", "at least 0"),
    ("log-offset", "-1", "-1", "at least 0"),
    ("top-db", "0", "0", "above 0"),
    ("pcen-gain", "-1", "-1", "at least 0"),
    ("pcen-bias", "-1", "-1", "at least 0"),
    ("pcen-power", "0", "0", "above 0"),
    ("pcen-smoothing", "2", "2", "at most 1"),
    ("pcen-eps", "0", "0", "above 0"),
    ("value-mean", "frame", "frame", "band, recording"),
    ("value-std", "0", "0", "above 0"),
    ("std-ddof", "2", "2", "at most 1"),
    ("std-eps", "-1", "-1", "at least 0"),
    ("var-eps", "-1", "-1", "at least 0"),
    ("sox-window-adjust", "11", "11", "at most 10"),
    ("sox-columns-per-second", "0", "0", "at least 1"),
    ("sox-levels", "250", "250", "at most 249"),
    ("praat-frequency-step", "0", "0", "above 0"),
    ("width", "0", "0", "at least 1"),
    ("width", "2147483648", "2147483648", "at most"),
    ("height", "1.5", "1.5", "whole number"),
    ("bit-depth", "12", "12", "8, 16"),
    ("palette", "magna", "magna", "no colormap"),
]


@pytest.mark.parametrize(("option", "value", "met", "limit"), BAD)
def test_a_bad_value_is_wrong_usage_with_option_limit_and_value(option: str, value: str, met: str, limit: str) -> None:
    scale = ["--scale=db"] if option.startswith(("db", "amin")) else []
    result = used(f"--{option}={value}", *scale)
    assert result.exit_code == 2, result.exception
    prefix = f"wav2spec: error: --{option}: "
    assert result.stderr.startswith(prefix)
    words = result.stderr.removeprefix(prefix)
    assert met.removeprefix("'") in words
    assert limit in words


def test_bad_values_stand_here_for_every_option_but_the_choices_and_the_flag() -> None:
    missing = set(FLAT) - set(CHOICES) - FLAGS - {flag.replace("-", "_") for flag, *_ in BAD}
    assert not missing, f"settings without a row in BAD of this file, a value that is refused: {sorted(missing)}"


@pytest.mark.parametrize(
    ("options", "named", "words"),
    [
        (["--fft-length=255"], "fft-length", "255 is shorter than the window's 256"),
        (["--window-size=512", "--fft-length=256"], "fft-length", "256 is shorter than the window's 512"),
        (["--fmin=500", "--fmax=400"], "fmin", "500 Hz is not below 400 Hz"),
        (["--freq-scale=log", "--fmin=0"], "fmin", "above 0 Hz on a log scale"),
    ],
)
def test_values_that_contradict_each_other_at_any_rate_are_wrong_usage(
    options: list[str], named: str, words: str
) -> None:
    result = used(*options)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"wav2spec: error: --{named}: ")
    assert words in result.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--window-size=0.1ms"], "window_size: 0.1ms at 8000 Hz is 1 sample, a window needs at least 2"),
        (["--window-size=100", "--fft-length=10ms"], "fft_length: 80 samples are fewer than the window's 100"),
    ],
)
def test_values_that_contradict_the_sample_rate_are_that_sources_failure(
    options: list[str], words: str, make_wav: MakeWav
) -> None:
    source = make_wav(sample_rate=8000)
    result = written(source, *options)
    assert result.return_value == 1
    assert f"wav2spec: error: {source}: {words}\n" in result.stderr


@pytest.mark.parametrize("value", ["1e3", "1_000", " 1000", "+1000"])
def test_a_size_is_written_in_digits(value: str) -> None:
    assert used(f"--window-size={value}").exit_code == 2


@pytest.mark.parametrize("option", sorted(FLAT))
def test_underscores_in_option_names_work(option: str) -> None:
    result = CliRunner().invoke(command, ["image", f"--{option}", "--help"])
    # Not known would be: No such option.
    assert "No such option" not in result.output


def test_an_unknown_preset_is_wrong_usage_that_names_those_there_are() -> None:
    result = used("--preset", "librsoa")
    assert result.exit_code == 2
    assert all(word in result.stderr for word in ("--preset: ", "'librsoa'", *PRESETS))
