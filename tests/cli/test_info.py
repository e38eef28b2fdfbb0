"""``wav2spec info``: what is in a file, and the size of the picture that would be made."""

import json
import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
from click.testing import CliRunner, Result
from in_process import run_in_process
from recordings import SAMPLES, MakeWav
from strict_png import decode

from wav2spec.cli.main import command

FACTS = [
    *("source", "container", "subtype", "sample_rate", "n_channels", "n_samples", "duration_s", "peak_dbfs"),
    *("rms_dbfs", "n_clipped", "n_silent", "n_non_finite", "warnings", "picture"),
]


def info(*words: str | Path) -> Result:
    return CliRunner().invoke(command, ["info", *(str(word) for word in words)], standalone_mode=False)


def facts(*words: str | Path) -> dict[str, Any]:
    result = info("--json", *words)
    assert (result.return_value, result.stderr) == (0, "")
    parsed: dict[str, Any] = json.loads(result.stdout)
    return parsed


@pytest.mark.parametrize("name", ["bell", "crow", "guitar", "kick", "snare", "speech"])
def test_facts_are_those_that_a_plain_reading_finds(name: str) -> None:
    path = SAMPLES / f"{name}.wav"
    samples, sample_rate = soundfile.read(path, dtype="int16", always_2d=True)
    found = facts(path)
    assert list(found) == FACTS
    assert (found["source"], found["container"], found["subtype"]) == (str(path), "RIFF", "PCM_16")
    assert (found["sample_rate"], found["n_samples"], found["n_channels"]) == (sample_rate, *samples.shape)
    assert found["duration_s"] == pytest.approx(len(samples) / sample_rate)
    scaled = samples / 32768
    assert found["peak_dbfs"] == pytest.approx(20 * math.log10(np.abs(scaled).max()), abs=1e-6)
    assert found["rms_dbfs"] == pytest.approx(10 * math.log10(np.square(scaled).mean()), abs=1e-6)
    assert found["n_clipped"] == (np.abs(samples.astype(int)) >= 32767).sum()
    assert found["n_silent"] == (samples == 0).all(axis=1).sum()
    assert found["n_non_finite"] == 0
    assert found["warnings"] == []


def test_a_full_scale_sine_has_a_peak_of_0_and_an_rms_of_minus_3_dbfs(make_wav: MakeWav) -> None:
    sine = np.sin(2 * np.pi * np.arange(16_000) / 64)
    found = facts(make_wav(samples=sine, subtype="FLOAT"))
    assert found["peak_dbfs"] == pytest.approx(0.0, abs=1e-6)
    assert found["rms_dbfs"] == pytest.approx(-3.0103, abs=1e-4)


@pytest.mark.parametrize(
    ("subtype", "loudest"),
    [("PCM_U8", 127 / 128), ("PCM_16", 32767 / 32768), ("PCM_24", 1 - 2**-23), ("PCM_32", 1 - 2**-31), ("FLOAT", 1.0)],
)
def test_clipped_are_the_values_at_full_scale(subtype: str, loudest: float, make_wav: MakeWav) -> None:
    samples: npt.NDArray[np.float64] = np.zeros(1000)
    samples[[10, 500]] = loudest
    samples[[20, 600, 999]] = -1.0
    samples[300] = 0.97
    found = facts(make_wav(samples=samples, subtype=subtype))
    assert (found["n_clipped"], found["n_silent"]) == (5, 994)


def test_floats_beyond_full_scale_are_clipped_and_their_peak_is_above_0(make_wav: MakeWav) -> None:
    samples = np.full(100, 0.5)
    samples[3:5] = 2.0, -4.0
    found = facts(make_wav(samples=samples, subtype="FLOAT"))
    assert found["n_clipped"] == 2
    assert found["peak_dbfs"] == pytest.approx(20 * math.log10(4))


def test_silence_is_where_every_channel_is_0(make_wav: MakeWav) -> None:
    samples = np.full((100, 2), 0.25)
    samples[:30, 0] = 0
    samples[20:50, 1] = 0
    assert facts(make_wav(samples=samples))["n_silent"] == 10


def test_an_all_silent_recording_has_no_level(make_wav: MakeWav) -> None:
    path = make_wav(samples=np.zeros(2000))
    found = facts(path)
    assert (found["peak_dbfs"], found["rms_dbfs"], found["n_silent"]) == (None, None, 2000)
    text = info(path).stdout
    assert "peak         silence" in text
    assert "rms          silence" in text


@pytest.mark.parametrize("subtype", ["FLOAT", "DOUBLE"])
def test_non_finite_values_are_counted_and_left_out_of_the_levels(subtype: str, make_wav: MakeWav) -> None:
    samples = np.full((1000, 2), 0.5)
    samples[10, 0] = np.nan
    samples[20, 1] = np.inf
    samples[21] = -np.inf, 0.25
    found = facts(make_wav(samples=samples, subtype=subtype))
    assert found["n_non_finite"] == 3
    assert found["n_clipped"] == 0
    assert found["peak_dbfs"] == pytest.approx(20 * math.log10(0.5))
    assert found["rms_dbfs"] == pytest.approx(10 * math.log10((1996 * 0.25 + 0.0625) / 1997), abs=1e-6)


def test_json_has_no_number_that_json_does_not_know(make_wav: MakeWav) -> None:
    path = make_wav(samples=np.full(500, np.nan), subtype="FLOAT")
    result = info("--json", path)

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    assert json.loads(result.stdout, parse_constant=refuse)["n_non_finite"] == 500


def test_text_says_the_same_for_people() -> None:
    lines = info(SAMPLES / "bell.wav").stdout.splitlines()
    assert lines[0] == str(SAMPLES / "bell.wav")
    found = {line[2:14].strip(): line[15:] for line in lines[1:]}
    assert found == {
        "format": "RIFF, PCM_16",
        "sample rate": "44100 Hz",
        "channels": "2",
        "samples": "88200 (2.000 s)",
        "peak": "-1.30 dBFS",
        "rms": "-20.06 dBFS",
        "clipped": "0",
        "silent": "0",
        "non-finite": "0",
        "warning": "none",
        "picture": "129 x 688 pixels",
    }


def test_a_truncated_recording_is_measured_with_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "cut.wav"
    path.write_bytes((SAMPLES / "kick.wav").read_bytes()[:-2000])
    found = facts(path)
    assert found["n_samples"] == 11_913 - 1000
    assert len(found["warnings"]) == 1
    assert "truncated" in found["warnings"][0]
    assert "truncated" in info(path).stdout


OPTIONS = [
    [],
    ["--preset=tf"],
    ["--preset=tf-signal", "--framing=pad-end"],
    ["--preset=librosa"],
    ["--preset=librosa-mel", "--channel=all"],
    ["--preset=torchaudio", "--layout=right-up"],
    ["--preset=wolfram", "--target-length=3s"],
    ["--channel=all", "--layout=right-up", "--window-size=25ms", "--stride=1/3"],
    ["--channel=2", "--start=0.1", "--duration=150ms"],
    ["--sample-rate=8000", "--fmin=300", "--fmax=3400"],
    ["--freq-scale=log", "--n-bands=77", "--framing=centered", "--stride=999"],
    ["--freq-scale=mel", "--window-size=1000", "--fft-length=2000", "--window-align=center"],
    ["--freq-scale=linear", "--n-bands=5", "--scale=db", "--normalize=peak"],
    ["--sample-rate=11025", "--target-length=12345", "--framing=centered", "--pad-mode=reflect"],
]


@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
def test_the_size_is_that_of_the_picture_that_is_drawn(options: list[str], tmp_path: Path) -> None:
    source = SAMPLES / "bell.wav"
    picture = facts(source, *options)["picture"]
    for target in ("a.png", "a.npy"):
        given = [word for word in options if target == "a.png" or not word.startswith("--layout")]
        result = CliRunner().invoke(command, [str(source), "-o", str(tmp_path / target), *given], standalone_mode=False)
        assert result.return_value == 0
    height, width = decode((tmp_path / "a.png").read_bytes()).shape
    assert (picture["width"], picture["height"]) == (width, height)
    shape = np.load(tmp_path / "a.npy").shape
    channels = (picture["n_channels"],) if "--channel=all" in options else ()
    assert (*channels, picture["n_frames"], picture["n_bands"]) == shape
    assert f"picture      {width} x {height} pixels" in info(source, *options).stdout


def test_no_picture_is_made(make_wav: MakeWav) -> None:
    path = make_wav()
    info(path)
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--window-size=4001"], "too short: it has 4000 samples, one frame takes 4001"),
        (["--fmax=9000"], "9000 Hz is beyond half the sample rate, 8000 Hz"),
        (["--start=0.25"], "beyond its end"),
        (["--channel=2"], "there is no channel 2: it has 1"),
        (["--window-size=0.1ms", "--stride=1", "--fft-length=1"], None),
    ],
)
def test_a_picture_that_cannot_be_made_says_why(options: list[str], words: str | None, make_wav: MakeWav) -> None:
    path = make_wav()
    if words is None:
        assert run_in_process("info", path, *options).returncode == 2
        return
    found = facts(path, *options)
    assert words in found["picture"]["refused"]
    assert found["n_samples"] == 4000
    assert "picture      none: " in info(path, *options).stdout
    assert words in info(path, *options).stdout


def test_what_refuses_the_picture_refuses_it_here(make_wav: MakeWav, tmp_path: Path) -> None:
    path = make_wav(samples=np.full(4000, np.nan), subtype="FLOAT")
    result = CliRunner().invoke(command, [str(path), "-o", str(tmp_path / "a.png")], standalone_mode=False)
    assert result.return_value == 1
    assert "not a number" in facts(path)["picture"]["refused"]


def test_a_picture_wider_than_a_png_can_be_is_refused(make_wav: MakeWav, monkeypatch: pytest.MonkeyPatch) -> None:
    from wav2spec.render import raster as drawing

    path = make_wav()
    assert "refused" not in facts(path)["picture"]
    monkeypatch.setattr(drawing, "MAX_PNG_SIDE", 128)
    result = CliRunner().invoke(command, [str(path)], standalone_mode=False)
    assert result.return_value == 1
    assert "a side of a PNG has at most 128" in result.stderr
    assert "a side of a PNG has at most 128" in facts(path)["picture"]["refused"]


def test_several_sources_are_an_object_a_line_in_order_and_a_failure_is_exit_1(tmp_path: Path) -> None:
    none, text = tmp_path / "none.wav", tmp_path / "text.wav"
    text.write_text("not audio")
    sources = [SAMPLES / "kick.wav", none, SAMPLES / "bell.wav", text]
    result = info("--json", *sources)
    assert result.return_value == 1
    assert [json.loads(line)["source"] for line in result.stdout.splitlines()] == [str(sources[0]), str(sources[2])]
    assert f"wav2spec: error: {none}: No such file or directory\n" in result.stderr
    assert f"wav2spec: error: {text}: " in result.stderr


def test_standard_input_is_a_source_like_any_other() -> None:
    with open(SAMPLES / "kick.wav", "rb") as file:
        result = run_in_process("info", "--json", "-", stdin=file)
    assert result.returncode == 0
    assert json.loads(result.stdout)["n_samples"] == 11_913


@pytest.mark.parametrize("words", [[], ["--stride=0", "a.wav"], ["--nothing", "a.wav"], ["--db-range=5", "a.wav"]])
def test_wrong_usage_is_exit_2(words: list[str]) -> None:
    result = run_in_process("info", *words)
    assert (result.returncode, result.stdout) == (2, b"")
    assert result.stderr.startswith(b"wav2spec: error: ")


def test_levels_are_read_without_a_warning_of_python(make_wav: MakeWav) -> None:
    path = make_wav(samples=[[np.nan, np.inf], [3e38, -3e38], [0.0, 1e-30]] * 400, subtype="FLOAT")
    assert facts(path)["n_non_finite"] == 800


def test_a_page_about_a_name_that_is_no_text_is_described(folder: Path) -> None:
    source = Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.wav"))
    source.write_bytes((SAMPLES / "kick.wav").read_bytes())
    assert run_in_process("explore", source, folder / "page.html").returncode == 0
    for option in ((), ("--json",), ("--flags",)):
        result = run_in_process("info", *option, folder / "page.html")
        assert (result.returncode, result.stderr) == (0, b"")
    assert b"caf\\xe9.wav" in run_in_process("info", folder / "page.html").stdout
