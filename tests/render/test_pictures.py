"""Pixels as they are asked for: palettes, depths and exact sizes, in every layout, as the sound streams by."""

import io
import struct
import subprocess
import sys
import tracemalloc
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
from click.testing import CliRunner
from matplotlib import colormaps
from PIL import Image
from program import HANGS_AFTER_S
from recordings import ROOT, MakeWav
from strict_png import decode

import wav2spec
from wav2spec.cli.main import command
from wav2spec.dsp.pooling import Axis, pool_frames
from wav2spec.settings.choices import Layout, Reduce

Array = npt.NDArray[Any]

LAYOUTS = get_args(Layout)
# In one channel, 4000 samples give 30 frames and 129 bands.
N_SAMPLES, N_FRAMES, N_BANDS = 4000, 30, 129
DB = ("--scale", "db", "--db-range", "60")


def made(source: Path, *options: str, suffix: str = "png") -> bytes:
    target = source.with_name(f"{source.stem}-made.{suffix}")
    result = CliRunner().invoke(command, ["image", str(source), str(target), *options], standalone_mode=False)
    assert (result.exception, result.return_value) == (None, 0), result.output
    return target.read_bytes()


def header(data: bytes) -> tuple[int, ...]:
    """Return width, height, bit depth, colour type and the three zeros of IHDR."""
    return struct.unpack(">IIBBBBB", data[16:29])


def rows_of(data: bytes, row_bytes: int) -> Array:
    """Return the bytes of the rows as they lie in the file, shape (height, row_bytes)."""
    rows = np.frombuffer(zlib.decompress(chunk(data, b"IDAT")), np.uint8).reshape(-1, row_bytes + 1)
    assert not rows[:, 0].any(), "rows are filtered"
    return rows[:, 1:]


def pixels_of(data: bytes) -> Array:
    return np.asarray(Image.open(io.BytesIO(data)))


def values_of(data: bytes) -> Array:
    return np.asarray(np.load(io.BytesIO(data)))


def upright(pixels: Array, layout: str, n_channels: int) -> Array:
    """Return pixels as (n_channels, time, frequency), both rising."""
    down = pixels.T if layout == "right-up" else pixels
    channels = np.stack(np.split(down, n_channels, axis=1))
    return channels if layout == "down-right" else channels[:, :, ::-1]


def chunk(data: bytes, name: bytes) -> bytes:
    at = data.index(name)
    (size,) = struct.unpack(">I", data[at - 4 : at])
    return data[at + 4 : at + 4 + size]


def slowly_pooled(power: Array, height: int, reduce: str) -> Array:
    """Bring (n_channels, n_frames, n_bands) to `height` rows: a frame belongs where its middle lies."""
    n = power.shape[1]
    rows = []
    for row in range(height):
        mine = [frame for frame in range(n) if (2 * frame + 1) * height // (2 * n) == row]
        frames = power[:, mine] if height <= n else power[:, [(2 * row + 1) * n // (2 * height)]]
        # The nearest rank.
        nearest = np.sort(frames, axis=1)[:, -(-95 * frames.shape[1] // 100) - 1]
        rows.append({"max": frames.max(axis=1), "mean": frames.mean(axis=1), "p95": nearest}[reduce])
    return np.stack(rows, axis=1)


def powers(wav: Path, **settings: Any) -> Array:
    samples, rate = soundfile.read(wav, dtype="float32", always_2d=True)
    return wav2spec.spectrogram(samples, rate, magnitude_squared=True, **settings).values.astype(np.float64)


@pytest.mark.parametrize("name", ["magma", "viridis_r", "tab10", "gist_ncar"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_palette_gives_an_indexed_picture_of_the_gray_levels(make_wav: MakeWav, name: str, layout: str) -> None:
    wav = make_wav()
    data = made(wav, "--palette", name, "--layout", layout)
    size = (N_FRAMES, N_BANDS) if layout == "right-up" else (N_BANDS, N_FRAMES)
    assert header(data) == (*size, 8, 3, 0, 0, 0)
    colors = np.array([colormaps[name](level / 255, bytes=True) for level in range(256)])[:, :3]
    np.testing.assert_array_equal(np.frombuffer(chunk(data, b"PLTE"), np.uint8).reshape(256, 3), colors)
    gray = decode(made(wav, "--layout", layout))
    np.testing.assert_array_equal(rows_of(data, size[0]), gray)
    np.testing.assert_array_equal(pixels_of(data), gray)


@pytest.mark.parametrize("options", [[], ["--palette", "magma"], ["--bit-depth", "16"], ["--layout", "right-up"]])
def test_inverted_pixels_are_the_greatest_less_the_others(make_wav: MakeWav, options: list[str]) -> None:
    wav = make_wav()
    straight, inverted = made(wav, *DB, *options), made(wav, *DB, *options, "--invert")
    white = 65535 if "16" in options else 255
    np.testing.assert_array_equal(pixels_of(inverted), white - pixels_of(straight).astype(int))
    if "magma" in options:
        assert chunk(straight, b"PLTE") == chunk(inverted, b"PLTE")


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("options", [[], list(DB), [*DB, "--gamma", "2.2"], ["--brightness", "9", "--gamma", "0.5"]])
def test_16_bits_are_within_one_of_257_times_the_level(make_wav: MakeWav, options: list[str], layout: str) -> None:
    wav = make_wav()
    data = made(wav, *options, "--bit-depth", "16", "--layout", layout)
    width, height, *kind = header(data)
    assert kind == [16, 0, 0, 0, 0]
    # The greater byte comes first.
    found = rows_of(data, 2 * width).reshape(height, width, 2).astype(int) @ [256, 1]
    power = powers(wav)
    if "db" in options:
        # A sine of amplitude 1 is as loud as half the window's sum, squared.
        full = (np.hanning(257)[:256].sum() / 2) ** 2
        share = (10 * np.log10(np.maximum(power, 1e-300) / full) + 60) / 60
    else:
        share = np.sqrt(power) * (9 if "9" in options else 64) / 255
    gamma = float(options[options.index("--gamma") + 1]) if "--gamma" in options else 1.0
    exact = 255 * np.clip(share, 0, 1) ** (1 / gamma)
    # The power itself is rounded to float32.
    assert np.abs(upright(found, layout, 1) - 257 * exact).max() <= 1 + 65535 * 2**-22
    assert len(np.unique(found)) > 256


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("n_channels", [1, 2])
@pytest.mark.parametrize(("along_time", "along_frequency"), [(1, 2), (7, 64), (31, 300), (97, 130), (64, 64)])
def test_a_size_is_met_exactly(
    make_wav: MakeWav, layout: str, n_channels: int, along_time: int, along_frequency: int
) -> None:
    wav = make_wav(n_channels=n_channels)
    width, height = (along_time, along_frequency) if layout == "right-up" else (along_frequency, along_time)
    options = ["--layout", layout, "--channel", "all"]
    both = made(wav, *options, "--size", f"{width}x{height}")
    assert header(both)[:2] == (width, height)
    assert made(wav, *options, "--width", str(width), "--height", str(height)) == both
    natural = header(made(wav, *options))[:2]
    assert header(made(wav, *options, "--width", str(width)))[:2] == (width, natural[1])
    assert header(made(wav, *options, "--height", str(height)))[:2] == (natural[0], height)


@pytest.mark.parametrize("reduce", get_args(Reduce))
@pytest.mark.parametrize("height", [1, 7, 15, 29, 31, 97])
@pytest.mark.parametrize("scale", ["magnitude", "power", "db"])
def test_rows_are_the_greatest_or_the_mean_power(make_wav: MakeWav, reduce: str, height: int, scale: str) -> None:
    wav = make_wav(n_channels=2)
    kinds = {"magnitude": [], "power": ["--magnitude-squared", "--brightness=2"], "db": list(DB)}
    options = [*kinds[scale], "--channel", "all", "--height", str(height), "--reduce", reduce]
    pooled = slowly_pooled(powers(wav), height, reduce)
    of_values = [word for word in options if word != "--brightness=2"]
    found = values_of(made(wav, *of_values, suffix="npy"))
    if scale == "db":
        level = 10 * np.log10(np.maximum(pooled, 1e-300) / (np.hanning(257)[:256].sum() / 2) ** 2)
        expected, exact = np.clip(level, -60, 0), 255 * np.clip(1 + level / 60, 0, 1)
        np.testing.assert_allclose(found, expected, atol=1e-4)
    else:
        expected = pooled if scale == "power" else np.sqrt(pooled)
        exact = np.minimum(expected * (2 if scale == "power" else 64), 255) - 0.5
        np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert np.abs(upright(decode(made(wav, *options)), "down-left", 2) - exact).max() <= 0.501


@pytest.mark.parametrize("scale", ["linear", "log", "mel"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_pixels_along_frequency_are_bands(make_wav: MakeWav, scale: str, layout: str) -> None:
    wav = make_wav()
    options = ["--freq-scale", scale, "--layout", layout]
    side = "--height" if layout == "right-up" else "--width"
    banded = decode(made(wav, *options, "--n-bands", "50"))
    np.testing.assert_array_equal(decode(made(wav, *options, side, "50")), banded)


def test_a_linear_band_wider_than_a_bin_sums_the_power_in_it(make_wav: MakeWav) -> None:
    # 1500 Hz lies in the middle of the second of 8 bands of 1 kHz, which alone hears it.
    tone = 0.5 * np.sin(2 * np.pi * 1500 * np.arange(N_SAMPLES) / 16000)
    found = values_of(made(make_wav(samples=tone, subtype="FLOAT"), "--width", "8", suffix="npy"))
    # Parseval, of the half of the spectrum that is there.
    energy = 256 * (np.hanning(257)[:256] ** 2).sum() * 0.25 / 4
    np.testing.assert_allclose(found[:, 1] ** 2, energy, rtol=1e-3)
    assert found[:, 2:].max() < 0.01 * found[:, 1].min()


@pytest.mark.parametrize("fft_length", [64, 256, 1024])
def test_without_the_nyquist_bin_there_are_a_power_of_two(make_wav: MakeWav, fft_length: int) -> None:
    wav = make_wav()
    options = ["--window-size", str(fft_length)]
    dropped, kept = decode(made(wav, *options, "--drop-nyquist")), decode(made(wav, *options))
    assert dropped.shape[1] == fft_length // 2
    # The layout is down-left: the highest frequency is the first column.
    np.testing.assert_array_equal(dropped, kept[:, 1:])


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("n_channels", [1, 2])
@pytest.mark.parametrize("options", [[], ["--drop-nyquist"], list(DB), ["--freq-scale", "mel"]])
@pytest.mark.parametrize("reduce", get_args(Reduce))
def test_the_natural_size_asked_for_gives_the_natural_pixels(
    make_wav: MakeWav, layout: str, n_channels: int, options: list[str], reduce: str
) -> None:
    wav = make_wav(n_channels=n_channels)
    options = [*options, "--layout", layout, "--channel", "all", "--reduce", reduce]
    natural = decode(made(wav, *options))
    height, width = natural.shape
    np.testing.assert_array_equal(decode(made(wav, *options, "--size", f"{width}x{height}")), natural)


def test_values_have_the_grid_of_the_picture(make_wav: MakeWav) -> None:
    wav = make_wav(n_channels=2)
    for layout, size in [("down-left", "80x11"), ("down-right", "80x11"), ("right-up", "11x80")]:
        options = ["--channel", "all", "--layout", layout, "--size", size]
        values = values_of(made(wav, *options, suffix="npy"))
        assert values.shape == (2, 11, 40)
        levels = np.minimum(values * np.float32(64), 255).astype(np.uint8)
        np.testing.assert_array_equal(upright(decode(made(wav, *options)), layout, 2), levels)


BLOCKWISE = """--scale db --height 7 --reduce mean
--stride 3 --height 3 --reduce mean
--scale db --db-ref peak --size 60x43
--framing centered --pad-mode reflect --height 19 --layout down-right
--layout right-up --width 17 --palette magma --reduce mean
--bit-depth 16 --sample-rate 11025 --normalize peak --height 11"""


@pytest.mark.parametrize("block", [37, 500, 3001, 2**16])
@pytest.mark.parametrize("line", BLOCKWISE.splitlines())
def test_the_blocks_in_which_samples_come_do_not_show(
    make_wav: MakeWav, monkeypatch: pytest.MonkeyPatch, line: str, block: int
) -> None:
    wav, options = make_wav(n_channels=2), [*line.split(), "--channel", "all"]
    expected = made(wav, *options)
    monkeypatch.setattr("wav2spec.audio.channels._BLOCK_SAMPLES", block)
    assert made(wav, *options) == expected


@pytest.mark.parametrize(("n_frames", "n_pixels"), [(40_000, 10), (2_000, 100_000), (1, 100_000)])
def test_pooling_in_time_holds_no_more_than_blocks(n_frames: int, n_pixels: int) -> None:
    def blocks() -> Iterator[Array]:
        for first in range(0, n_frames, 100):
            yield np.ones((1, min(100, n_frames - first), 64), np.float32)

    axis = Axis(0.5, 1, n_frames, 0, n_frames)
    tracemalloc.start()
    try:
        n_done = sum(pooled.shape[1] for pooled in pool_frames(blocks(), axis, n_pixels, "max"))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert n_done == n_pixels
    assert peak < 8 * 2**20


@pytest.mark.system
@pytest.mark.parametrize(("options", "loads"), [(["--palette", "gray"], False), (["--palette", "hot"], True)])
def test_matplotlib_is_loaded_for_a_named_palette_alone(make_wav: MakeWav, options: list[str], loads: bool) -> None:
    words = ["image", str(make_wav()), "-o", str(make_wav()) + ".png", "--size", "33x9", "--invert", *options]
    code = f"import sys; from wav2spec.cli.main import run; c = run({words!r}); print(c, 'matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=HANGS_AFTER_S)
    assert (done.stdout, done.stderr) == (f"0 {loads}\n", "")


CANNOT_BE = """--width 0 : --width : at least 1 : 0
--height -3 : --height : at least 1 : -3
--height 2.5 : --height : whole : 2.5
--width 2147483648 : --width : at most 2147483647 : 2147483648
--size 640 : --size : 640x480 : '640'
--size 0x7 : --width : at least 1 : 0
--size -4x7 : --size : 640x480 : -4x7
--bit-depth 12 : --bit-depth : 8, 16 : 12
--bit-depth 16 --palette magma : --bit-depth : gray : magma
--palette magmo : --palette : did you mean magma : 'magmo'
--reduce min : --reduce : max, mean : 'min'"""


@pytest.mark.parametrize("line", CANNOT_BE.splitlines())
def test_what_cannot_be_is_a_usage_error_with_option_limit_and_value(make_wav: MakeWav, line: str) -> None:
    options, *said = line.split(" : ")
    result = CliRunner().invoke(command, ["image", str(make_wav()), "out.png", *options.split()])
    assert result.exit_code == 2
    for words in said:
        assert words in result.stderr


def test_a_size_that_channels_cannot_share_is_refused_with_its_reason(make_wav: MakeWav) -> None:
    words = ["image", str(make_wav(n_channels=2)), "--channel", "all", "--width", "33"]
    result = CliRunner().invoke(command, words, standalone_mode=False)
    assert result.return_value == 1
    assert "33 pixels cannot be shared equally by 2 channels" in result.stderr
