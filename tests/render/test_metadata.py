"""A picture says how it was made, in words that make it again and read it back."""

import hashlib
import io
import json
import shlex
import shutil
import socket
import struct
import subprocess
import time
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
import soundfile
from in_process import invoke, run_in_process, told
from pictures import chunk, text_of
from PIL import Image
from program import run
from recordings import MakeWav
from setting_cases import CASES, EVERY, SMALL, STARTS, needed
from strict_png import chunk_names

import wav2spec
from wav2spec.settings.presets import PRESETS


def draw(name: str, wav: Path, *options: str | Path, target: str = "out.png") -> bytes:
    path = wav.with_name(target)
    result = invoke(name, wav, "-q", "-o", path, *options)
    assert (result.exception, result.return_value, result.stderr) == (None, 0, "")
    return path.read_bytes()


def recipe_of(data: bytes) -> dict[str, Any]:
    return dict(json.loads(text_of(data)))


@pytest.mark.parametrize("name", list(CASES))
def test_every_setting_but_metadata_has_its_round_trip(name: str) -> None:
    fields = {field for field in STARTS[name].as_dict() if not field.startswith("segment")}
    # SoX draws images alone, and Praat's window and frequencies are no settings that a grid varies.
    apart = {"image": (), "plot": ("sox_",), "compare": ("sox_", "praat_", "method")}[name]
    # Labels come from a file, and have tests of their own.
    fields -= {"metadata", "labels"}
    fields = {field for field in fields if not field.startswith(tuple(apart))}
    missing, unknown = fields - CASES[name].keys(), CASES[name].keys() - fields
    assert not missing, f"settings without a value in tests/helpers/setting_cases.py: {sorted(missing)}"
    assert not unknown, f"values of no setting in tests/helpers/setting_cases.py: {sorted(unknown)}"


@pytest.mark.parametrize(("name", "field"), EVERY)
def test_a_picture_its_flags_and_the_same_bytes(make_wav: MakeWav, name: str, field: str) -> None:
    wav = make_wav(n_samples=6000, n_channels=2)
    extra, given = needed(name, field), CASES[name][field]
    first = draw(name, wav, *extra, *given)
    assert recipe_of(first)["settings"][field] != STARTS[name].as_dict()[field]
    flags = shlex.split(told("--flags", wav.with_name("out.png")))
    assert draw(name, wav, *flags, target="again.png") == first
    # What a grid compares comes first, and is said again.
    varied = [word for word in extra if word not in SMALL] if name == "compare" else []
    assert flags[: len(varied)] == varied
    assert draw(name, wav, *varied, "--like", wav.with_name("out.png"), target="like.png") == first


@pytest.mark.parametrize("like", [False, True])
def test_a_grid_is_as_large_as_was_said_in_any_way(make_wav: MakeWav, like: bool) -> None:
    wav, varied = make_wav(), ["--window", "hann", "--window", "hamming"]
    data = draw("compare", wav, *varied, "--width", "500", "--height", "400")
    again = draw("compare", wav, *varied, *(["--like", wav.with_name("out.png")] if like else ["--size", "500x400"]))
    assert struct.unpack(">II", again[16:24]) == (500, 400)
    assert again == data


def test_options_count_more_than_the_picture_that_is_to_be_like(make_wav: MakeWav) -> None:
    wav, other = make_wav(), make_wav("b.wav", n_samples=5000)
    draw("image", wav, "--scale", "db", "--palette", "magma", "--stride", "8ms", "--layout", "right-up", target="x.png")
    like = draw("image", other, "--like", wav.with_name("x.png"), "--palette", "gray", "--height", "50")
    assert like == draw("image", other, "--scale", "db", "--stride", "8ms", "--layout", "right-up", "--height", "50")
    assert isinstance(invoke("image", wav, "--like", "none.png").exception, click.UsageError)
    assert isinstance(invoke("image", wav, "--like", wav).exception, click.UsageError)


@pytest.mark.parametrize("name", list(CASES))
def test_the_recipe_is_one_compact_text_behind_the_pixels_that_tells_no_place(make_wav: MakeWav, name: str) -> None:
    wav = make_wav("a-name-to-be-kept.wav")
    # What stands above a figure is part of it.
    title = [] if name == "image" else ["--title", "Above"]
    words = [*needed(name), "--palette", "hot", "--window-size", "25ms", *title]
    data = draw(name, wav, *words)
    kinds = list(dict.fromkeys(chunk_names(data)))
    assert kinds == [b"IHDR", *([] if name == "image" else [b"pHYs"]), b"PLTE", b"IDAT", b"tEXt", b"IEND"]
    assert chunk_names(data).count(b"tEXt") == 1
    text, recipe = text_of(data), recipe_of(data)
    assert json.dumps(recipe, separators=(",", ":")) == text
    for secret in ("kept", "/", socket.gethostname(), time.strftime("%Y-%m-%d"), "date", "host"):
        assert secret not in text.replace("1//4", "")
    assert type(recipe["analysis_version"]) is int
    assert (recipe["settings"]["window_size"], recipe["resolved"]["window_size"]) == ("25ms", 400)
    assert {"rows", "columns", "level", "recording"} <= recipe.keys()
    bare = draw(name, wav, *words, "--no-metadata")
    assert bare == data[: data.index(b"tEXt") - 4] + chunk(b"IEND", b"")


@pytest.mark.parametrize("layout", ["down-left", "down-right", "right-up"])
@pytest.mark.parametrize("scale", ["linear", "log"])
@pytest.mark.parametrize("levels", ["linear", "db"])
def test_the_recipe_maps_pixels_to_s_hz_and_level(make_wav: MakeWav, layout: str, scale: Any, levels: Any) -> None:
    wav = make_wav(n_channels=2)
    data = draw("image", wav, "--layout", layout, "--freq-scale", scale, "--channel", "all", "--scale", levels)
    recipe, pixels = recipe_of(data), np.asarray(Image.open(io.BytesIO(data)))
    samples, rate = soundfile.read(wav, always_2d=True)
    truth = wav2spec.spectrogram(samples, rate, freq_scale=scale, scale=levels)
    time_axis, band_axis = ("columns", "rows") if layout == "right-up" else ("rows", "columns")
    down, axis = pixels.T if layout == "right-up" else pixels, recipe[band_axis]
    along = np.linspace(recipe[time_axis]["first"], recipe[time_axis]["last"], len(down))
    np.testing.assert_allclose(along, truth.times, rtol=1e-12)
    space = np.geomspace if scale == "log" else np.linspace
    across = space(axis["first"], axis["last"], down.shape[1] // axis["channels"])
    order = np.argsort(across)
    np.testing.assert_allclose(across[order], truth.frequencies, rtol=1e-12)
    level, channels = recipe["level"], np.stack(np.split(down, axis["channels"], axis=1))[:, :, order]
    assert level["unit"] == truth.unit
    middle, quantum = channels + (0.5 if level["rounding"] == "down" else 0), (level["high"] - level["low"]) / 255
    off = np.abs(level["low"] + middle * quantum - truth.values)
    assert off[(channels > 0) & (channels < 255)].max() <= 0.5001 * quantum


def digest(samples: Any, rate: int) -> str:
    array = np.asarray(samples, "<i2" if np.asarray(samples).dtype == np.int16 else "<f4")
    return hashlib.sha256(f"{rate} {array.shape[1]} ".encode() + array.tobytes()).hexdigest()


def test_the_digest_is_of_the_sound_whatever_brings_it(make_wav: MakeWav, monkeypatch: pytest.MonkeyPatch) -> None:
    wav = make_wav(n_channels=2, n_samples=40_000)
    expected = digest(soundfile.read(wav, dtype="int16", always_2d=True)[0], 16000)
    pictures = [draw("image", wav), run_in_process("image", "-", "-", input=wav.read_bytes()).stdout]
    for kind in ("RF64", "W64"):
        pictures.append(draw("image", make_wav(f"b.{kind}", n_channels=2, n_samples=40_000, format=kind)))
    for block in (999, 2**14):
        monkeypatch.setattr("wav2spec.audio.channels._BLOCK_SAMPLES", block)
        pictures += [draw("image", wav, *words) for words in ([], ["--channel", "2"], ["--target-length", "999"])]
        pictures.append(draw("image", wav, "--normalize", "peak", "--scale", "db", "--db-ref", "peak"))
    assert {recipe_of(data)["recording"]["samples_sha256"] for data in pictures} == {expected}


@pytest.mark.system
@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="needs ffmpeg")
def test_the_digest_is_that_of_a_stream_by_ffmpeg(make_wav: MakeWav) -> None:
    wav = make_wav(n_channels=2, n_samples=40_000)
    words = ["ffmpeg", "-v", "error", "-i", str(wav), "-c", "copy", "-f", "wav", "-"]
    piped = run("image", "-", "-", input=subprocess.run(words, capture_output=True).stdout).stdout
    digests = {recipe_of(data)["recording"]["samples_sha256"] for data in (draw("image", wav), piped)}
    assert digests == {digest(soundfile.read(wav, dtype="int16", always_2d=True)[0], 16000)}


@pytest.mark.parametrize("subtype", ["PCM_16", "GSM610", "IMA_ADPCM", "FLOAT"])
def test_the_digest_of_a_span_is_of_it_alone(make_wav: MakeWav, monkeypatch: pytest.MonkeyPatch, subtype: str) -> None:
    wav = make_wav(sample_rate=8000, n_samples=8000, subtype=subtype)
    samples = soundfile.read(wav, dtype="int16" if subtype == "PCM_16" else "float32", always_2d=True)[0]
    for block in (700, 2**16):
        monkeypatch.setattr("wav2spec.audio.channels._BLOCK_SAMPLES", block)
        data = draw("image", wav, "--start", "0.1", "--duration", "500ms")
        assert recipe_of(data)["recording"]["samples_sha256"] == digest(samples[800:4800], 8000)


@pytest.mark.system
@pytest.mark.parametrize("name", list(CASES))
def test_fresh_processes_write_the_same_bytes(make_wav: MakeWav, name: str) -> None:
    wav = make_wav()
    found = {run(name, wav, "-", *needed(name)).stdout for _ in range(2)}
    assert found == {draw(name, wav, *needed(name))}


def test_info_prints_it_as_text_as_json_and_as_options(make_wav: MakeWav) -> None:
    wav = make_wav()
    picture = wav.with_name("out.png")
    data = draw("image", wav, "--stride", "8ms", "--invert")
    assert json.loads(told("--json", picture)) == recipe_of(data)
    facts = {str(picture), "analysis_version", "8ms", recipe_of(data)["recording"]["samples_sha256"]}
    assert facts <= set(told(picture).split())
    assert told("--flags", picture) == "--stride 8ms --invert\n"
    Image.new("L", (4, 4)).save(wav.with_name("foreign.png"))
    for words in ([wav.with_name("foreign.png")], ["--flags", wav], ["--digest", wav], ["--json", "none.png"]):
        result = invoke("info", *words)
        assert (result.exception, result.return_value, result.stdout) == (None, 1, "")
        assert str(words[-1]) in result.stderr


@pytest.mark.parametrize("options", [[], ["--bit-depth", "16"], ["--palette", "magma"], ["--layout", "right-up"]])
def test_the_pixel_digest_is_of_the_pixels_alone(make_wav: MakeWav, options: list[str]) -> None:
    wav = make_wav()
    other = wav.with_name("other.png")
    draw("image", wav, *options)
    found = told("--digest", wav.with_name("out.png"))
    with Image.open(wav.with_name("out.png")) as picture:
        picture.save(other, compress_level=9)
        assert told("--digest", other) == found
        picture.putpixel((3, 2), picture.getpixel((3, 2)) ^ 1)  # type: ignore[operator]
        picture.save(other)
    assert told("--digest", other) != found
    # Of a palette it is the colours that are seen.
    draw("image", wav, *options, *([] if "16" in options else ["--palette", "bone"]), target="other.png")
    assert (told("--digest", other) == found) == ("16" in options)


# Presets at the recording's rate whose values are drawn as they are stored.
DRAWN_AS_STORED = ["tf", "tf-signal", "librosa", "librosa-mel", "torchaudio", "matplotlib", "octave", "wolfram"]


def test_of_logarithms_the_levels_in_db_are_read_back(make_wav: MakeWav) -> None:
    wav = make_wav(n_samples=6000)
    draw("image", wav, "--preset", "whisper")
    found = wav2spec.read_png(wav.with_name("out.png"))
    draw("image", wav, "--preset", "whisper", "--scale", "db")
    assert found.unit == "dB"
    np.testing.assert_array_equal(found.values, wav2spec.read_png(wav.with_name("out.png")).values)


@pytest.mark.parametrize("name", DRAWN_AS_STORED)
def test_a_picture_by_a_preset_is_read_back_with_the_axes_of_python(make_wav: MakeWav, name: str) -> None:
    wav = make_wav(n_samples=6000, n_channels=2)
    draw("image", wav, "--preset", name)
    samples, rate = soundfile.read(wav, dtype="float32", always_2d=True)
    mono = samples.mean(axis=1) if PRESETS[name].settings.preprocessing.channel == "mix" else samples[:, 0]
    assert_reads_back(wav, wav2spec.spectrogram(mono, rate, preset=name))


@pytest.mark.parametrize("layout", ["down-left", "down-right", "right-up"])
@pytest.mark.parametrize("scale", ["linear", "db"])
@pytest.mark.parametrize("words", ["", "--bit-depth 16", "--palette hot --invert", "--gamma 2.2", "--size 38x38"])
def test_levels_are_read_back_within_half_a_quantum(make_wav: MakeWav, layout: str, scale: Any, words: str) -> None:
    wav = make_wav(n_channels=2)
    draw("image", wav, *shlex.split(words), "--layout", layout, "--scale", scale, "--channel", "all")
    samples, rate = soundfile.read(wav, dtype="float32", always_2d=True)
    size: dict[str, Any] = {"width": 38, "height": 38, "layout": layout} if "size" in words else {}
    assert_reads_back(wav, wav2spec.spectrogram(samples, rate, scale=scale, **size))


def assert_reads_back(wav: Path, truth: wav2spec.Spectrogram) -> None:
    path = wav.with_name("out.png")
    settings = recipe_of(path.read_bytes())["settings"]
    white, gamma, db = 2 ** settings["bit_depth"] - 1, settings["gamma"], truth.unit == "dB"
    found = wav2spec.read_png(path)
    assert (found.unit, found.values.shape, found.values.dtype) == (
        truth.unit,
        truth.values.shape,
        np.dtype(np.float32),
    )
    np.testing.assert_array_equal(found.times, truth.times)
    np.testing.assert_array_equal(found.frequencies, truth.frequencies)
    reach = settings["db_range"] if db else 255 / settings["brightness"]
    low = settings["db_max"] - reach if db else 0.0
    values = np.stack((found.values, truth.values)).astype(np.float64)
    quanta, exact = white * np.clip((values - low) / reach, 0, 1) ** (1 / gamma)
    # To the precision of float32, at the greatest of its magnitudes.
    blur = 0.01 if white == 255 else 0.1
    clipped = (quanta > white - 0.25) | (db & (quanta < 0.25))
    assert np.abs(quanta - exact)[~clipped].max() <= 0.5 + blur
    # Where pixels are rounded down, what is read is the quantum's middle.
    levels = quanta - (0.0 if db else np.where(clipped, 0.0, 0.5))
    np.testing.assert_allclose(levels, np.rint(levels), atol=blur)


def test_figures_and_foreign_files_are_not_read_back(make_wav: MakeWav) -> None:
    wav = make_wav()
    for name in ("plot", "compare"):
        draw(name, wav, *needed(name), target=f"{name}.png")
    draw("image", wav, "--no-metadata", target="bare.png")
    Image.new("L", (4, 4)).save(wav.with_name("foreign.png"))
    for name in ("plot.png", "compare.png", "bare.png", "foreign.png", wav.name, "none.png"):
        with pytest.raises(wav2spec.AudioError, match=str(wav.with_name(name))):
            wav2spec.read_png(wav.with_name(name))
