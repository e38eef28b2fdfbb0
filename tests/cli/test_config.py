"""Settings from a file: less than an option, more than a preset."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from click.testing import CliRunner, Result
from recordings import SAMPLES

from wav2spec.cli.main import command
from wav2spec.settings.presets import PRESETS
from wav2spec.settings.settings import Settings

KICK = SAMPLES / "kick.wav"


def config(folder: Path, text: str) -> str:
    path = folder / "settings.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def image(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(command, [str(KICK), "-o", str(folder / "a.npy"), *words])


def values(folder: Path, *words: str) -> npt.NDArray[np.float32]:
    result = CliRunner().invoke(command, [str(KICK), "-o", str(folder / "a.npy"), *words], standalone_mode=False)
    assert (result.return_value, result.output) == (0, "")
    array: npt.NDArray[np.float32] = np.load(folder / "a.npy")
    return array


def test_a_file_sets_what_options_set(tmp_path: Path) -> None:
    text = """
        window-size = "25ms"
        stride = "1/3"
        channel = "mix"
        start = "10ms"
        normalize = "peak:0.5"
        window = "kaiser:8"
        framing = "centered"
        pad-mode = "reflect"
        scale = "db"
        db-range = 60
        fmax = 5000.5
    """
    words = ["--window-size=25ms", "--stride=1/3", "--channel=mix", "--start=10ms", "--normalize=peak:0.5"]
    words += ["--window=kaiser:8", "--framing=centered", "--pad-mode=reflect", "--scale=db", "--db-range=60"]
    expected = values(tmp_path, *words, "--fmax=5000.5")
    np.testing.assert_array_equal(values(tmp_path, "--config", config(tmp_path, text)), expected)


@pytest.mark.parametrize("spelling", ["window-size", "window_size"])
def test_names_are_spelt_as_options_or_as_fields(spelling: str, tmp_path: Path) -> None:
    path = config(tmp_path, f"{spelling} = 400")
    np.testing.assert_array_equal(values(tmp_path, "--config", path), values(tmp_path, "--window-size=400"))


# Segments, which make more than one file, and the settings of front ends, which presets set, have tests of their own.
FIELDS = [
    name
    for name, declared in sorted(Settings().declarations.items())
    if not name.startswith("segment") and declared.group != "Front ends"
]


@pytest.mark.parametrize("field", FIELDS)
def test_every_setting_can_stand_in_a_file(field: str, tmp_path: Path) -> None:
    value = PRESETS["librosa-mel"].settings.as_dict()[field]
    if value is None:
        some = {"duration": 0.1, "sample_rate": 22_050, "target_length": "0.2s", "fmin": 100.0, "fmax": 9000.0}
        value = (some | {"n_bands": 100, "width": 128, "height": 50})[field]
    # What it takes to act, and bins enough for every band.
    needed = {"pad_mode": 'framing = "centered"', "freq_scale": "window_size = 4096"}
    needed |= dict.fromkeys(("mel_formula", "mel_norm"), 'freq_scale = "mel"\nwindow_size = 4096')
    needed |= dict.fromkeys(("db_ref", "db_max", "db_range", "amin"), 'scale = "db"')
    written = str(value).lower() if isinstance(value, bool) else repr(value)
    assert values(tmp_path, "--config", config(tmp_path, f"{field} = {written}\n{needed.get(field, '')}\n")).size


# SoX draws pixels and has no values.
@pytest.mark.parametrize("name", [name for name in PRESETS if name != "sox"])
def test_all_that_a_preset_sets_makes_it_anew_when_it_stands_in_a_file(name: str, tmp_path: Path) -> None:
    lines = [
        f"{field} = {str(value).lower() if isinstance(value, bool) else repr(value)}"
        for field, value in PRESETS[name].settings.effective().items()
    ]
    path = config(tmp_path, "\n".join(lines))
    # Some presets warn of bands without bins.
    np.testing.assert_array_equal(values(tmp_path, "--config", path, "-q"), values(tmp_path, "--preset", name, "-q"))


def test_an_option_counts_more_than_the_file_and_the_file_more_than_the_preset(tmp_path: Path) -> None:
    path = config(tmp_path, 'window-size = 512\nstride = "1/2"\n')
    found = values(tmp_path, "--preset=librosa", "--config", path, "--stride=100")
    expected = values(tmp_path, "--preset=librosa", "--window-size=512", "--stride=100")
    np.testing.assert_array_equal(found, expected)
    # Wherever the words stand.
    np.testing.assert_array_equal(values(tmp_path, "--stride=100", "--config", path, "--preset=librosa"), expected)


def test_a_file_may_name_its_preset_and_an_option_another(tmp_path: Path) -> None:
    path = config(tmp_path, 'preset = "torchaudio"\nstride = 300\n')
    expected = values(tmp_path, "--preset=torchaudio", "--stride=300")
    np.testing.assert_array_equal(values(tmp_path, "--config", path), expected)
    expected = values(tmp_path, "--preset=librosa", "--stride=300")
    np.testing.assert_array_equal(values(tmp_path, "--config", path, "--preset=librosa"), expected)


def test_an_empty_file_changes_nothing(tmp_path: Path) -> None:
    path = config(tmp_path, "# nothing\n")
    np.testing.assert_array_equal(values(tmp_path, "--config", path), values(tmp_path))


def test_an_option_takes_back_a_flag_of_the_file(tmp_path: Path) -> None:
    path = config(tmp_path, "magnitude-squared = true\n")
    np.testing.assert_array_equal(values(tmp_path, "--config", path), values(tmp_path, "--magnitude-squared"))
    np.testing.assert_array_equal(values(tmp_path, "--config", path, "--magnitude"), values(tmp_path))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("windowsize = 256", ["no setting is named 'windowsize'"]),
        ("output = 'a.png'", ["no setting is named 'output'"]),
        ("config = 'b.toml'", ["no setting is named 'config'"]),
        ("[analysis]\nstride = 3", ["no setting is named 'analysis'"]),
        ("'window size' = 3", ["no setting is named 'window size'"]),
        ("preset = 'librsoa'", ["preset", "'librsoa'", "librosa-mel"]),
        ("preset = 3", ["preset", "3"]),
        ("preset = ['tf']", ["preset", "['tf']"]),
        ("window-size = ", ["not TOML"]),
        ("window-size = 256\nwindow-size = 512", ["not TOML"]),
        ("stride 128", ["not TOML"]),
        (f"stride = {'9' * 5000}", ["not TOML"]),
        (f"stride = {'[' * 10_000}", ["not TOML"]),
    ],
)
def test_a_file_that_cannot_be_is_wrong_usage_that_names_it(text: str, words: list[str], tmp_path: Path) -> None:
    path = config(tmp_path, text)
    result = image(tmp_path, "--config", path)
    assert result.exit_code == 2
    assert f"{path}: " in result.stderr
    assert all(word in result.stderr for word in words)
    assert not (tmp_path / "a.npy").exists()


def test_a_file_in_another_encoding_is_wrong_usage(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_bytes(b'window = "h\xe4nn"\n')
    result = image(tmp_path, "--config", str(path))
    assert result.exit_code == 2
    assert f"{path}: not TOML" in result.stderr


@pytest.mark.parametrize(("name", "reason"), [("none.toml", "No such file or directory"), ("", "Is a directory")])
def test_a_file_that_cannot_be_read_is_wrong_usage_with_the_reason(name: str, reason: str, tmp_path: Path) -> None:
    path = str(tmp_path / name) if name else str(tmp_path)
    result = image(tmp_path, "--config", path)
    assert result.exit_code == 2
    assert f"{path}: {reason}" in result.stderr


@pytest.mark.parametrize("field", sorted(Settings().as_dict()))
@pytest.mark.parametrize("value", ["[1, 2]", "{a = 1}", "2001-02-03", "nan", "''"])
def test_a_value_of_a_wrong_type_is_wrong_usage_that_names_the_option(field: str, value: str, tmp_path: Path) -> None:
    result = image(tmp_path, "--config", config(tmp_path, f"{field} = {value}"))
    assert result.exit_code == 2, result.output
    assert f"error: --{field.replace('_', '-')}: " in result.stderr


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("window", "5"),
        ("window", "0.5"),
        ("window", "true"),
        ("normalize", "1"),
        ("normalize", "0.5"),
        ("window_size", "true"),
        ("window_size", "25.5"),
        ("stride", "false"),
        ("fft_length", "true"),
        ("target_length", "true"),
        ("channel", "true"),
        ("channel", "1.5"),
        ("start", "true"),
        ("sample_rate", "16000.5"),
        ("n_bands", "12.5"),
        ("fmin", "'low'"),
        ("brightness", "true"),
        ("brightness", "'bright'"),
        ("db_ref", "true"),
        ("magnitude_squared", "1"),
        ("magnitude_squared", "'yes'"),
        ("scale", "1"),
        ("layout", "false"),
    ],
)
def test_a_value_of_another_kind_is_not_taken_for_one_of_the_right_kind(field: str, value: str, tmp_path: Path) -> None:
    result = image(tmp_path, "--config", config(tmp_path, f"{field} = {value}"))
    assert result.exit_code == 2, result.output
    assert f"error: --{field.replace('_', '-')}: " in result.stderr
    assert not (tmp_path / "a.npy").exists()


def test_a_short_time_is_read_as_it_is_written(tmp_path: Path) -> None:
    # Python writes this float as 5e-05.
    expected = values(tmp_path, "--start=0.05ms")
    np.testing.assert_array_equal(values(tmp_path, "--config", config(tmp_path, "start = 0.00005")), expected)
    np.testing.assert_array_equal(values(tmp_path, "--start=0.00005"), expected)


def test_a_setting_of_the_file_that_cannot_act_is_wrong_usage(tmp_path: Path) -> None:
    result = image(tmp_path, "--config", config(tmp_path, "db-range = 60"))
    assert result.exit_code == 2
    assert "--db-range: needs --scale db" in result.stderr


def test_info_takes_the_same_file(tmp_path: Path) -> None:
    path = config(tmp_path, "window-size = 512\nstride = 512\n")
    result = CliRunner().invoke(command, ["info", str(KICK), "--config", path])
    assert "257 x 23 pixels" in result.output
