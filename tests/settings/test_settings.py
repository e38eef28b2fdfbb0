"""Each setting has a default, a rule and one option."""

import math
import pickle
from dataclasses import FrozenInstanceError, fields, replace
from typing import Any

import click
import pytest

from wav2spec.cli.options import setting_options
from wav2spec.errors import SettingError
from wav2spec.settings.aliases import CONVERTED
from wav2spec.settings.analysis import Analysis
from wav2spec.settings.bands import Bands
from wav2spec.settings.levels import Levels
from wav2spec.settings.pictures import Raster
from wav2spec.settings.preprocessing import Preprocessing
from wav2spec.settings.presets import PRESETS
from wav2spec.settings.settings import Settings

GROUPS = [field.name for field in fields(Settings)]
FIELDS = [field for field, one in Settings().declarations.items() if one.group != "Front ends"]


def options_of_settings() -> list[click.Option]:
    @click.command()
    @setting_options(Settings())
    def bare(**values: Any) -> None: ...

    return [option for option in bare.params if isinstance(option, click.Option)]


def test_defaults_are_those_of_tensorflows_program_but_for_the_layout() -> None:
    assert Settings() == Settings(
        Preprocessing(start=0, duration=None, channel="first", sample_rate=None, target_length=None, normalize="none"),
        Analysis(
            window_size=256,
            stride=128,
            window="hann",
            window_symmetry="periodic",
            fft_length="power-of-two",
            window_align="left",
            framing="valid",
            magnitude_squared=False,
        ),
        Bands(fmin=None, fmax=None, freq_scale="linear", n_bands=None),
        Levels(scale="linear", brightness=64.0, gamma=1.0),
        Raster(layout="down-left"),
    )
    assert PRESETS["tf"].settings == Settings().replace(layout="down-right")


@pytest.mark.parametrize("field", FIELDS)
def test_each_field_has_exactly_one_option_spelt_like_it(field: str) -> None:
    mine = [option for option in options_of_settings() if option.name == field]
    assert len(mine) == 1
    assert "--" + field.replace("_", "-") in mine[0].opts


def test_there_is_no_option_without_a_field_but_what_stands_for_several() -> None:
    assert sorted(str(option.name) for option in options_of_settings()) == sorted(
        [*Settings().as_dict(), *CONVERTED, "preset", "config", "like", "levels", "size"]
    )


def test_no_two_groups_share_a_field_name() -> None:
    assert len(set(FIELDS)) == len(FIELDS)


@pytest.mark.parametrize("option", [option for option in options_of_settings() if option.name in FIELDS])
def test_help_shows_the_default_that_the_settings_have(option: click.Option) -> None:
    default = Settings().as_dict()[str(option.name)]
    shown = [*option.secondary_opts, *option.opts][default].removeprefix("--") if isinstance(default, bool) else default
    shown = f"{shown:g}" if isinstance(shown, float) else shown
    record = option.get_help_record(click.Context(click.Command("image")))
    assert record is not None
    computed = Settings().declarations[str(option.name)].default_text
    assert record[1].endswith(f"  [default: {computed if default is None else shown}]")


@pytest.mark.parametrize("window_size", [2, 255, 10**9, "2", "25ms", "0.001s", "2s"])
def test_a_window_has_two_samples_or_some_time(window_size: int | str) -> None:
    assert Analysis(window_size=window_size).window_size == window_size


@pytest.mark.parametrize(
    ("window_size", "words"),
    [
        (1, "at least 2, not 1"),
        ("1", "at least 2, not 1"),
        (0, "at least 2, not 0"),
        ("0ms", "greater than 0, not 0ms"),
        (-256, "-256"),
        ("50%", r"is a share of the window; write samples \(256\) or a time \(25ms\)$"),
        ("1/2", r"is a share of the window; write samples \(256\) or a time \(25ms\)$"),
        ("long", "'long' is neither samples"),
        ("2.5", "whole number of samples"),
    ],
)
def test_a_window_that_cannot_be_is_refused_with_limit_and_value(window_size: int | str, words: str) -> None:
    with pytest.raises(SettingError, match=words) as caught:
        Analysis(window_size=window_size)
    assert caught.value.name == "window_size"


@pytest.mark.parametrize("stride", [1, 100_000, "1", "10ms", "50%", "200%", "1/3", "0.5%"])
def test_a_stride_has_one_sample_some_time_or_a_share(stride: int | str) -> None:
    assert Analysis(stride=stride).stride == stride


@pytest.mark.parametrize(
    ("stride", "words"),
    [
        (0, "at least 1, not 0"),
        ("0", "at least 1, not 0"),
        (-1, "-1"),
        ("0%", "greater than 0, not 0%"),
        ("0/3", "greater than 0, not 0/3"),
        ("0ms", "greater than 0, not 0ms"),
        ("1/0", "divides by zero"),
        ("", "neither samples"),
    ],
)
def test_a_stride_that_cannot_be_is_refused_with_limit_and_value(stride: int | str, words: str) -> None:
    with pytest.raises(SettingError, match=words) as caught:
        Analysis(stride=stride)
    assert caught.value.name == "stride"


@pytest.mark.parametrize(
    ("given", "sample_rate", "resolved"),
    [
        (Analysis(), 44100, Analysis(256, 128, fft_length=256)),
        (Analysis("25ms", "10ms"), 16000, Analysis(400, 160, fft_length=512)),
        (Analysis("25ms", "10ms"), 44100, Analysis(1103, 441, fft_length=2048)),
        (Analysis("35ms", "50%"), 48000, Analysis(1680, 840, fft_length=2048)),
        (Analysis("25ms", "1/3"), 16000, Analysis(400, 134, fft_length=512)),
        (Analysis(5, "50%"), 8000, Analysis(5, 3, fft_length=8)),
        (Analysis(5, "200%"), 8000, Analysis(5, 10, fft_length=8)),
        (Analysis(2, "0.01%"), 8000, Analysis(2, 1, fft_length=2)),
        (Analysis("64", "32", magnitude_squared=True), 8000, Analysis(64, 32, fft_length=64, magnitude_squared=True)),
    ],
)
def test_resolved_sizes_are_samples_rounded_up(given: Analysis, sample_rate: int, resolved: Analysis) -> None:
    assert given.resolved(sample_rate) == resolved
    assert resolved.resolved(sample_rate) == resolved


def test_a_window_of_less_than_two_samples_shows_when_the_rate_is_known() -> None:
    assert Analysis("0.1ms").resolved(16000).window_size == 2
    with pytest.raises(SettingError, match=r"0\.1ms at 8000 Hz is 1 sample.* at least 2") as caught:
        Analysis("0.1ms").resolved(8000)
    assert caught.value.name == "window_size"


@pytest.mark.parametrize(
    ("brightness", "words"),
    [
        (0, "above 0, not 0"),
        (-1, "above 0, not -1"),
        (-0.0, "above 0, not -0"),
        (math.nan, "finite, not nan"),
        (math.inf, "finite, not inf"),
        (-math.inf, "finite, not -inf"),
        (10**400, "must be from -"),
    ],
)
def test_brightness_is_a_finite_number_above_zero(brightness: float, words: str) -> None:
    with pytest.raises(SettingError, match=words) as caught:
        Levels(brightness=brightness)
    assert caught.value.name == "brightness"


@pytest.mark.parametrize("brightness", [1e-300, 1, 64.0, 1e300])
def test_brightness_may_be_any_finite_number_above_zero(brightness: float) -> None:
    assert Levels(brightness=brightness).brightness == brightness


@pytest.mark.parametrize("channel", ["first", "mix", "all", 1, 2, 1000])
def test_a_channel_is_a_name_or_counted_from_one(channel: Any) -> None:
    assert Preprocessing(channel=channel).channel == channel


@pytest.mark.parametrize("channel", [0, -1, "", "left", "0", "FIRST"])
def test_another_channel_is_refused_by_name(channel: Any) -> None:
    with pytest.raises(SettingError) as caught:
        Preprocessing(channel=channel)
    assert caught.value.name == "channel"
    assert repr(channel) in caught.value.message


def test_an_unknown_layout_is_refused_with_those_there_are() -> None:
    with pytest.raises(SettingError, match="'up-left' is none of down-left, down-right, right-up") as caught:
        Raster(layout="up-left")  # type: ignore[arg-type]
    assert caught.value.name == "layout"


def test_updated_replaces_fields_of_any_group_and_leaves_the_rest() -> None:
    before = Settings().replace(window_size="25ms", channel=2)
    after = before.replace(stride="50%", layout="right-up", brightness=8.0)
    assert before == Settings(
        Preprocessing(channel=2), Analysis("25ms", 128), Bands(), Levels(brightness=64.0), Raster("down-left")
    )
    assert after == Settings(
        Preprocessing(channel=2), Analysis("25ms", "50%"), Bands(), Levels(brightness=8.0), Raster("right-up")
    )
    assert after.replace() == after


def test_updated_keeps_the_rules() -> None:
    with pytest.raises(SettingError, match="stride"):
        Settings().replace(stride=0)


def test_updated_refuses_what_is_no_setting() -> None:
    with pytest.raises(TypeError, match="no such setting: colour, hop"):
        Settings().replace(hop=3, stride=3, colour="red")


def test_a_field_is_read_by_its_name_alone() -> None:
    flat = Settings().replace(stride="50%").as_dict()
    assert [flat[field] for field in FIELDS] == [
        *(0, None, "first", None, None, None, None, None, None, "none"),
        *(256, "50%", "hann", "periodic", "power-of-two", "left", "valid", "constant", False),
        *(None, None, "linear", None, "slaney", "slaney", False),
        *("linear", 64.0, "full-scale", 0.0, 80.0, 0.0, 1.0),
        *("down-left", None, None, "max", "gray", False, 8, True),
    ]
    with pytest.raises(KeyError):
        flat["hop"]


@pytest.mark.parametrize("group", GROUPS)
def test_settings_are_frozen(group: str) -> None:
    settings = getattr(Settings(), group)
    with pytest.raises(FrozenInstanceError):
        setattr(settings, fields(settings)[0].name, 1)


def test_a_variant_is_a_replaced_field_and_obeys_the_rules() -> None:
    assert replace(Analysis(), stride=64) == Analysis(256, 64)
    with pytest.raises(SettingError):
        replace(Analysis(), stride=0)


def test_a_setting_error_is_a_value_error_that_survives_pickling() -> None:
    error = pickle.loads(pickle.dumps(SettingError("stride", "must be at least 1, not 0")))
    assert type(error) is SettingError
    assert issubclass(SettingError, ValueError)
    assert (error.name, error.message) == ("stride", "must be at least 1, not 0")
    assert str(error) == "stride: must be at least 1, not 0"


def test_settings_are_printed_as_the_call_that_makes_them_without_defaults() -> None:
    settings = Settings().replace(window_size="25ms", fmax=8000, palette="magma")
    printed = "Settings(analysis=Analysis(window_size='25ms'), bands=Bands(fmax=8000), picture=Raster(palette='magma'))"
    assert repr(settings) == printed
    assert repr(Settings()) == "Settings()"


def test_settings_are_equal_if_all_values_are_and_can_be_keys() -> None:
    assert Levels(gamma=2.0) == Levels(gamma=2.0) != Levels()
    assert Analysis() != Levels()
    assert len({Settings(), Settings().replace(stride=128), Settings().replace(stride=64)}) == 2
