"""``--levels``: pictures scaled as a data set's, and a file that was measured otherwise refused."""

import shlex
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from folders import names
from in_process import done, run_in_process, usage_error
from pictures import recipe
from program import Words
from recordings import SAMPLES, MakeWav
from strict_png import decode

import wav2spec

COMMANDS = {
    "image": ["image"],
    "plot": ["plot", "--size", "420x320", "--dpi", "50"],
}
# A file as it is written of a set, and the analysis that it was measured with: that of plot.
LIBROSA = ["--preset", "librosa"]


@pytest.fixture
def wav(make_wav: MakeWav) -> Path:
    return make_wav(n_samples=6000, n_channels=2)


def measured(wav: Path, *words: str) -> Path:
    target = wav.with_name("levels.toml")
    done("levels", wav, "-q", "-o", target, *words)
    return target


def table(levels: Path) -> dict[str, Any]:
    return tomllib.loads(levels.read_text())


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_picture_takes_the_scale_of_the_file(wav: Path, folder: Path, name: str) -> None:
    levels = measured(wav, *LIBROSA)
    done(*COMMANDS[name], wav, "-o", folder / "a.png", *LIBROSA, "--levels", levels)
    told, given = recipe(folder / "a.png"), table(levels)
    scale = {key: given[key] for key in ("db_ref", "db_max", "db_range")}
    assert told["settings"].items() >= {"scale": "db", **scale}.items()
    low, high = told["level"]["low"], told["level"]["high"]
    assert (low, high) == (given["db_max"] - given["db_range"], given["db_max"])
    # The same as options.
    options = [f"--{key.replace('_', '-')}={value}" for key, value in scale.items()]
    done(*COMMANDS[name], wav, "-o", folder / "b.png", *LIBROSA, "--scale", "db", *options)
    assert (folder / "a.png").read_bytes() == (folder / "b.png").read_bytes()


def test_a_file_with_linear_levels_becomes_one_in_db(wav: Path, folder: Path) -> None:
    done(wav, folder / "a.npy", "--levels", measured(wav))
    values, given = np.load(folder / "a.npy"), table(wav.with_name("levels.toml"))
    low = given["db_max"] - given["db_range"]
    assert (values.min(), values.max()) == (pytest.approx(low), pytest.approx(given["db_max"], abs=0.0101))
    # A hundredth is at the 1st percentile, or darker.
    assert (values <= low + 0.01).mean() == pytest.approx(0.01, abs=0.002)


def test_options_count_more_than_the_file_and_that_more_than_config_and_preset(wav: Path, folder: Path) -> None:
    levels, config = measured(wav, *LIBROSA), wav.with_name("c.toml")
    config.write_text('preset = "librosa"\ndb-max = -1\ndb-range = 11\ndb-ref = 0.5\n')
    given = table(levels)

    def scale(*words: str | Path) -> list[Any]:
        done(wav, "-o", folder / "a.png", "--levels", levels, *words)
        return [recipe(folder / "a.png")["settings"][key] for key in ("db_ref", "db_max", "db_range")]

    assert scale("--config", config) == [given[key] for key in ("db_ref", "db_max", "db_range")]
    assert scale("--config", config, "--db-max", "-3") == ["full-scale", -3, given["db_range"]]
    assert scale(*LIBROSA, "--db-ref", "2", "--db-range", "9.5") == [2, given["db_max"], 9.5]
    done(wav, "-o", folder / "like.png", *LIBROSA, "--db-max", "-2")
    assert scale("--like", folder / "like.png") == scale("--config", config)


OTHERWISE = """--window-size 512 | window_size | 256 | 512
    --window hamming | window | hann | hamming
    --window-symmetry symmetric | window_symmetry | periodic | symmetric
    --fft-length 512 | fft_length | power-of-two | 512
    --n-bands 40 | n_bands | unset | 40
    --freq-scale mel --n-bands 20 | freq_scale | linear | mel
    --freq-scale mel --mel-formula htk --n-bands 20 | freq_scale | linear | mel
    --drop-nyquist | drop_nyquist | False | True
    --fmin 100 | fmin | unset | 100
    --fmax 5000 | fmax | unset | 5000
    --channel mix | channel | first | mix
    --channel 2 | channel | first | 2
    --sample-rate 8000 | sample_rate | unset | 8000
    --normalize peak | normalize | none | peak
    --height 20 | pooled | unset | 20
    --size 40x20 | n_bands | unset | 40"""


@pytest.mark.parametrize("case", OTHERWISE.splitlines())
@pytest.mark.parametrize("reverse", [False, True], ids=["drawn-otherwise", "measured-otherwise"])
def test_what_is_analysed_otherwise_is_refused_with_both_values(
    wav: Path, folder: Path, case: str, reverse: bool
) -> None:
    words, name, plain, other = (part.strip() for part in case.split("|"))
    options = shlex.split(words)
    levels = measured(wav, *(options if reverse else []))
    said = usage_error(wav, "-o", folder / "a.png", "--levels", levels, *([] if reverse else options))
    was, here = (other, plain) if reverse else (plain, other)
    assert said.startswith(f"--levels: {levels} was measured with --{name.replace('_', '-')} {was}")
    assert f"here it is {here}" in said
    assert names(folder) == []
    done(wav, "-o", folder / "a.png", "--levels", levels, *(options if reverse else []))


@pytest.mark.parametrize(("one", "other"), [("htk", "slaney"), ("slaney", "htk")])
def test_another_formula_of_mel_is_refused(wav: Path, folder: Path, one: str, other: str) -> None:
    words = ["--freq-scale", "mel", "--n-bands", "20", "--mel-formula"]
    levels = measured(wav, *words, one)
    said = usage_error(wav, "-o", folder / "a.png", "--levels", levels, *words, other)
    assert f"--mel-formula {one}" in said
    assert f"it is {other}" in said


ALIKE = """--stride 50 | --framing centered | --layout right-up | --palette magma | --start 0.1 | --segment 0.1
    | --gamma 2 | --bit-depth 16 | --target-length 9000 | --format npy | --normalize none | --channel first"""


@pytest.mark.parametrize("words", ALIKE.split("|"))
def test_what_does_not_change_levels_may_differ(wav: Path, folder: Path, words: str) -> None:
    done(wav, "-o", f"{folder}/", "--levels", measured(wav), *shlex.split(words))
    assert names(folder)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("--window-size 2048 --freq-scale mel", "--window-size 2048 --freq-scale mel --n-bands 128"),
        ("--window hann", "--window hanning"),
        ("--fmax 5000", "--fmax 5000.0"),
        ("--sample-rate 8000 --window-size 32ms", "--sample-rate 8000 --window-size 256"),
        ("--normalize peak", "--normalize peak:1"),
    ],
)
def test_the_same_analysis_in_other_words_is_the_same(wav: Path, folder: Path, one: str, other: str) -> None:
    for first, second in ((one, other), (other, one)):
        levels = measured(wav, *shlex.split(first))
        done(wav, "-o", folder / "a.png", "--levels", levels, *shlex.split(second))


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "db_max = ",
        "db_max = -1\ndb_range = 20\n",
        'db_ref = "full-scale"\ndb_max = -1\ndb_range = 20\n',
        'db_ref = "full-scale"\ndb_max = -1\ndb_range = 20\nsettings = 3\n',
        'preset = "librosa"\n',
        'db_ref = "full-scale"\ndb_max = "high"\ndb_range = 20\n[settings]\n',
        'db_ref = "full-scale"\ndb_max = -1\ndb_range = -20\n[settings]\n',
        "db_ref = [1]\ndb_max = -1\ndb_range = 20\n[settings]\n",
        'db_ref = "full-scale"\ndb_max = -1\ndb_range = 20\n[settings]\n',
    ],
)
@pytest.mark.parametrize("name", ["image", "plot", "info"])
def test_what_is_no_file_of_levels_is_a_usage_error(wav: Path, name: str, text: str | None) -> None:
    levels = wav.with_name("levels.toml")
    if text is not None:
        levels.write_text(text)
    assert usage_error(name, wav, "--levels", levels)
    assert not [name for name in names(wav.parent) if name.endswith(".png")]


@pytest.mark.parametrize("content", [b"\xff\xfe\0db_max", bytes(1000)])
def test_bytes_that_are_no_text_are_a_usage_error(wav: Path, content: bytes) -> None:
    levels = wav.with_name("levels.toml")
    levels.write_bytes(content)
    assert str(levels) in usage_error(wav, "--levels", levels)
    assert str(wav.parent) in usage_error(wav, "--levels", wav.parent)


def test_a_usage_error_is_exit_code_2_for_other_processes(wav: Path) -> None:
    levels = measured(wav)
    result = run_in_process(wav, "--levels", levels, "--window-size", "512")
    assert (result.returncode, result.stdout) == (2, b"")
    assert result.stderr.startswith(b"wav2spec: error: --levels: ")


def test_a_figure_refuses_levels_of_another_analysis(wav: Path, folder: Path) -> None:
    levels = measured(wav, "--channel", "mix")
    said = usage_error(*COMMANDS["plot"], wav, "-o", folder / "a.png", "--levels", levels)
    assert "--window-size 256, but here it is auto" in said
    assert names(folder) == []


@pytest.mark.parametrize("name", ["compare", "levels"])
def test_what_has_no_levels_of_one_analysis_takes_none(wav: Path, folder: Path, name: str) -> None:
    varied: list[Words] = ["-o", folder / "a.png", "--stride", "200", "--stride", "300"] if name == "compare" else []
    assert "--levels" in usage_error(name, wav, *varied, *LIBROSA, "--levels", measured(wav, *LIBROSA))
    assert names(folder) == []


def test_info_takes_levels_as_image_does(wav: Path) -> None:
    levels = measured(wav)
    assert "129 x 45 pixels" in done("info", wav, "--levels", levels).stdout
    assert "512" in usage_error("info", wav, "--levels", levels, "--window-size", "512")


@pytest.mark.parametrize("preset", ["librosa", "tf", "librosa-mel"])
def test_a_recording_is_the_same_picture_in_every_set(make_wav: MakeWav, tmp_path: Path, preset: str) -> None:
    samples = np.random.default_rng(1).integers(-3000, 3000, (3, 6000)).astype(np.int16)
    for name, others in {"train": [10, 1], "valid": [3]}.items():
        (tmp_path / name).mkdir()
        make_wav(f"{name}/same.wav", samples[0])
        for index, gain in enumerate(others):
            make_wav(f"{name}/{index}.wav", samples[index + 1] * gain)
    words = ["--preset", preset, "--segment", "0.2"]
    done("levels", tmp_path / "train", *words, "-o", tmp_path / "levels.toml")
    pictures = []
    for name in ("train", "valid"):
        done(tmp_path / name, "-o", f"{tmp_path}/png-{name}/", *words, "--levels", tmp_path / "levels.toml")
        pictures.append([path.read_bytes() for path in sorted((tmp_path / f"png-{name}").glob("same-*"))])
    assert len(pictures[0]) == 2
    assert pictures[0] == pictures[1]


@pytest.mark.parametrize("preset", ["librosa", "tf", "librosa-mel"])
def test_a_recording_20_db_quieter_is_20_db_darker(make_wav: MakeWav, folder: Path, preset: str) -> None:
    """Also by presets that refer to the peak of each."""
    noise = np.random.default_rng(1).integers(-3000, 3000, 6000).astype(np.int16)
    wavs = make_wav("quiet.wav", noise), make_wav("loud.wav", noise * 10)
    levels = wavs[0].with_name("levels.toml")
    done("levels", *wavs, "--preset", preset, "-o", levels)
    done(*wavs, "-o", folder, "--preset", preset, "--levels", levels, "--bit-depth", "16")
    quiet, loud = (wav2spec.read_png(folder / f"{name}.png").values for name in ("quiet", "loud"))
    scale = table(levels)
    heard = quiet > scale["db_max"] - scale["db_range"] + 0.1
    assert heard.mean() > 0.5
    np.testing.assert_allclose((loud - quiet)[heard], 20, atol=0.01)


@pytest.mark.parametrize("preset", ["whisper", "vggish", "praat"])
def test_logarithms_keep_the_unit_of_their_values(preset: str, tmp_path: Path) -> None:
    source = SAMPLES / "speech.wav"
    levels = tmp_path / "levels.toml"
    words = ["--preset", preset]
    done("levels", source, "-q", "-o", levels, *words)
    done(source, tmp_path / "own.npy", *words)
    done(source, tmp_path / "measured.npy", *words, "--levels", levels)
    done(source, tmp_path / "a.png", *words, "--levels", levels)
    assert (tmp_path / "measured.npy").read_bytes() == (tmp_path / "own.npy").read_bytes()
    # The measured range goes from the first percentile, black, to the peak, white.
    pixels = decode((tmp_path / "a.png").read_bytes())
    assert (pixels.min(), pixels.max()) == (0, 255)
    assert 0.009 < (pixels == 0).mean() < 0.02


def test_levels_have_no_effect_on_values_normalized_by_statistics(wav: Path) -> None:
    levels = measured(wav, "--preset", "kaldi-fbank")
    told = usage_error(wav, "-o", wav.with_name("a.png"), "--preset", "speech2text", "--levels", levels)
    assert told.startswith("--levels: has no effect: with statistics as --value-mean or --value-std")


@pytest.mark.parametrize("scale", ["linear", "pcen", "power:0.5"])
def test_levels_are_those_of_a_logarithm(wav: Path, scale: str) -> None:
    assert f"levels are in dB: --scale {scale} has none" in usage_error("levels", wav, "--scale", scale)
