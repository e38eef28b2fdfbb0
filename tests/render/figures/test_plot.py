"""The conventional figure: its size, its axes to the pixel, its words, and what it costs."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from figures import ALL, RATE, axis_titles, draw, headings, inside, laid_out, levels, ticks, tone
from in_process import run_in_process
from program import HANGS_AFTER_S, run
from recordings import SAMPLES, MakeWav, riff

import wav2spec
from wav2spec.cli.main import command
from wav2spec.render.colormaps import load_colormap
from wav2spec.settings.pictures import Figure

KICK = SAMPLES / "kick.wav"


@pytest.mark.parametrize("reduce", ["max", "mean"])
def test_five_milliseconds_in_ten_minutes_stay_visible_by_max(make_wav: MakeWav, reduce: str) -> None:
    generator = np.random.default_rng(1)
    samples = generator.normal(0, 0.001, 600 * 8000)
    samples[300 * 8000 : 300 * 8000 + 40] += generator.uniform(-0.5, 0.5, 40)
    picture, box = (
        draw(make_wav(samples=samples, sample_rate=8000), "--reduce", reduce).pixels,
        laid_out(*ALL).panels[0],
    )
    columns = levels(picture, box)[5:-5, 5:-5].mean(axis=0)
    assert abs(int(columns.argmax()) + 5 - box.width / 2) <= 1
    assert columns.max() - np.median(columns) > (40 if reduce == "max" else 10)


def test_a_tone_of_full_scale_has_the_colour_that_the_bar_gives_zero_db(make_wav: MakeWav) -> None:
    path = make_wav(samples=tone(2000, amplitude=1.0), subtype="FLOAT")
    words = ["--db-ref", "full-scale", "--db-max", "20", "--db-range", "100"]
    (picture, figure), layout = draw(path, *words), laid_out(*ALL)
    np.testing.assert_array_equal(levels(picture, layout.panels[0])[2:-2, 100:-100].max(axis=0), 204)
    bar = ticks(figure, 1, "right")
    assert axis_titles(figure)[1] == "dB re full scale"
    (zero,) = [pixel for pixel, label in zip(bar.pixels, bar.labels, strict=True) if label == "0"]
    row = layout.bars[0].height - 1 - zero
    assert levels(picture, layout.bars[0])[row, layout.bars[0].width // 2] == pytest.approx(204, abs=1)


@pytest.mark.parametrize(
    ("words", "label"),
    [
        ("", "dB re peak"),
        ("--db-ref full-scale", "dB re full scale"),
        ("--scale linear --magnitude", "Magnitude"),
        ("--scale linear --magnitude-squared", "Power"),
        ("--preset tf", "Magnitude"),
    ],
)
def test_the_bar_says_unit_and_reference(make_wav: MakeWav, words: str, label: str) -> None:
    figure = draw(make_wav(), *words.split()).figure
    assert axis_titles(figure)[1] == label
    assert len(ticks(figure, 1, "right").pixels) >= 3


def test_without_the_bar_there_is_the_panel_alone(make_wav: MakeWav) -> None:
    assert len(draw(make_wav(), "--no-colorbar").figure.frame.boxes) == 1


@pytest.mark.parametrize("name", ["magma", "viridis", "Greys_r", "jet", "twilight_shifted"])
def test_any_palette_of_matplotlib_colours_the_pixels(make_wav: MakeWav, name: str) -> None:
    shown = inside(draw(make_wav(), "--palette", name).pixels, laid_out(*ALL).panels[0])[3:-3, 3:-3].reshape(-1, 3)
    assert {*map(tuple, shown.tolist())} <= {*map(tuple, load_colormap(name).tolist())}


def test_a_palette_that_there_is_not_is_a_usage_error_with_a_suggestion(make_wav: MakeWav, folder: Path) -> None:
    result = CliRunner().invoke(command, ["plot", str(make_wav()), f"{folder}/a.png", "--palette", "viridsi"])
    assert result.exit_code == 2
    assert "--palette" in result.output
    assert "did you mean viridis" in result.output
    assert not list(folder.iterdir())


def test_the_waveform_stands_above_its_samples(make_wav: MakeWav) -> None:
    # A square wave, half as loud in its first half.
    samples = np.where(np.arange(RATE) % 2, 0.5, -0.5) * np.where(np.arange(RATE) < RATE / 2, 0.5, 1.0)
    (picture, figure), layout = (
        draw(make_wav(samples=samples), "--waveform", "--waveform-range", "0.5"),
        laid_out(Figure(waveform=True)),
    )
    wave = (inside(picture, layout.waveforms[0]) == (0x4A, 0x4A, 0x6A)).all(axis=2)[1:-1, 1:-1].sum(axis=0)
    half, height = layout.waveforms[0].width // 2, layout.waveforms[0].height
    # A twentieth is left free above and below.
    np.testing.assert_allclose(wave[: half - 2], height / 1.1 / 2, atol=2)
    np.testing.assert_allclose(wave[half + 2 :], height / 1.1, atol=2)
    assert ticks(figure, -1, "left").labels == ("\N{MINUS SIGN}0.5", "0", "0.5")


def test_each_channel_has_a_panel_of_its_own_and_mixed_they_have_one(make_wav: MakeWav) -> None:
    path = make_wav(samples=np.stack([tone(1000), tone(6000)], axis=1))
    (picture, figure), layout = draw(path, "--channel", "all"), laid_out(Figure(), 2)
    assert headings(figure)[2:] == ["Channel 1", "Channel 2"]
    for box, hz in zip(layout.panels, (1000, 6000), strict=True):
        loud = np.flatnonzero(levels(picture, box)[::-1, 300] == 255)
        assert loud.tolist() == [int(hz / 8000 * box.height)]
    box = laid_out(*ALL).panels[0]
    loud = np.flatnonzero(levels(draw(path).pixels, box)[::-1, 300] == 255)
    assert loud.tolist() == [int(hz / 8000 * box.height) for hz in (1000, 6000)]


def test_silence_is_all_at_the_floor(make_wav: MakeWav) -> None:
    picture = draw(make_wav(samples=np.zeros(8000)), "--waveform").pixels
    assert not levels(picture, laid_out(Figure(waveform=True)).panels[0])[2:-2, 2:-2].any()


@pytest.mark.parametrize(
    ("n_samples", "words"), [(1, ""), (2, "--waveform --stride 8"), (256, "--framing valid --window-size 256")]
)
def test_one_frame_fills_its_panel(make_wav: MakeWav, n_samples: int, words: str) -> None:
    box = laid_out(Figure(waveform="--waveform" in words)).panels[0]
    found = levels(draw(make_wav(n_samples=n_samples), *words.split()).pixels, box)
    assert (found[3:-3, 3:-3] == found[3:-3, [50]]).all()


def test_a_file_with_nan_fails_and_nothing_is_left(make_wav: MakeWav, folder: Path) -> None:
    path = make_wav(samples=np.where(np.arange(9000) == 7000, np.nan, 0.1), subtype="FLOAT")
    result = run_in_process("plot", path, folder / "out.png", "--waveform")
    assert (result.returncode, list(folder.iterdir())) == (1, [])
    assert b"a.wav" in result.stderr
    assert b"Traceback" not in result.stderr


def test_a_stride_beyond_the_window_is_warned_of_by_plot_alone(make_wav: MakeWav, folder: Path) -> None:
    words = (make_wav(), folder / "out.png", "--window-size", "256", "--stride", "400")
    result = run_in_process("plot", *words)
    assert (result.returncode, result.stderr.count(b"\n")) == (0, 1)
    assert all(number in result.stderr for number in (b"256", b"400", b"144"))
    assert run_in_process("plot", *words, "-q").stderr == run_in_process("image", *words, "--force").stderr == b""
    assert run_in_process("plot", *words[:4], "--stride", "256", "--force").stderr == b""


def test_values_are_refused(make_wav: MakeWav, folder: Path) -> None:
    result = run_in_process("plot", make_wav(), folder / "out.npy")
    assert (result.returncode, list(folder.iterdir())) == (2, [])


@pytest.fixture(scope="module")
def expected() -> bytes:
    result = run("plot", KICK, "-", "--waveform")
    assert (result.returncode, result.stderr) == (0, b"")
    return result.stdout


@pytest.mark.system
def test_the_same_bytes_in_this_process_and_again_in_another(expected: bytes, tmp_path: Path) -> None:
    for _ in range(2):
        target = tmp_path / "kick.png"
        assert command.main(["plot", str(KICK), str(target), "--waveform"], standalone_mode=False) == 0
        assert target.read_bytes() == expected
    assert run("plot", KICK, "-", "--waveform", env=os.environ | {"PYTHONHASHSEED": "5"}).stdout == expected


@pytest.mark.system
@pytest.mark.parametrize(
    "variables",
    [
        {"HOME": "/proc/none", "MPLCONFIGDIR": "/proc/none/too", "XDG_CACHE_HOME": "/proc/none"},
        {"MPLBACKEND": "TkAgg", "DISPLAY": ":99"},
        {"MPLBACKEND": "no-such-backend"},
        {"MATPLOTLIBRC": "{folder}"},
        {"MPLCONFIGDIR": "{folder}"},
    ],
)
def test_no_home_no_display_and_nobodys_matplotlibrc_matter(
    expected: bytes, folder: Path, variables: dict[str, str]
) -> None:
    style = "font.size: 30\naxes.facecolor: red\nfigure.dpi: 50\nsavefig.dpi: 20\ntext.usetex: True\nno.such: key\n"
    (folder / "matplotlibrc").write_text(style + "image.origin: lower\nimage.resample: False\naxes.grid: True\n")
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    given = {name: value.replace("{folder}", str(folder)) for name, value in variables.items()}
    result = run("plot", KICK, "-", "--waveform", env=kept | given)
    assert (result.returncode, result.stderr.decode(), result.stdout == expected) == (0, "", True)


@pytest.mark.system
def test_a_matplotlibrc_in_the_working_folder_changes_nothing(expected: bytes, folder: Path) -> None:
    (folder / "matplotlibrc").write_text("axes.facecolor: red\nfont.size: 30\nbackend: TkAgg\nno.such: key\n")
    root = str(Path(wav2spec.__file__).parents[1])
    result = run("plot", KICK, "-", "--waveform", cwd=folder, env=os.environ | {"PYTHONPATH": root})
    assert (result.returncode, result.stderr.decode(), result.stdout == expected) == (0, "", True)


@pytest.mark.system
@pytest.mark.parametrize(
    ("words", "absent", "present"),
    [
        (["plot", str(KICK)], "matplotlib.pyplot matplotlib.figure matplotlib.axes tkinter", "matplotlib.font_manager"),
        (["image", str(KICK)], "matplotlib PIL", "numpy"),
        (["plot", "--help"], "numpy matplotlib soundfile", "click"),
        (["compare", "--help"], "numpy matplotlib soundfile", "click"),
        (["tune", "--help"], "numpy matplotlib soundfile", "click"),
        (["tune", str(KICK)], "matplotlib", "numpy"),
    ],
)
def test_no_more_is_loaded_than_is_needed(tmp_path: Path, words: list[str], absent: str, present: str) -> None:
    words = [*words, "-o", str(tmp_path / "a.png")] if words[0] != "tune" and "--help" not in words else words
    code = "import sys, wav2spec.cli as c; c.run(sys.argv[1:]); print('loaded', *sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, timeout=HANGS_AFTER_S, check=True
    )
    loaded = set(result.stdout.splitlines()[-1].split())
    assert (loaded & set(absent.split()), loaded >= set(present.split())) == (set(), True)


@pytest.mark.system
def test_an_hour_takes_as_much_memory_as_ten_minutes(tmp_path: Path) -> None:
    minute = np.random.default_rng(3).integers(-9000, 9000, 60 * 8000).astype("<i2").tobytes()
    # A small process between them, since a process is counted what it had before it became another.
    code = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)"
    )
    peaks = []
    for minutes in (10, 60):
        path = tmp_path / f"{minutes}.wav"
        path.write_bytes(riff(minute * minutes, rate=8000))
        words = [sys.executable, "-c", code, sys.executable, "-m", "wav2spec", "plot", str(path), "--waveform"]
        peaks.append(float(subprocess.run(words, capture_output=True, check=True, timeout=HANGS_AFTER_S).stdout))
    assert max(peaks) < 300
    assert abs(peaks[1] - peaks[0]) < 8
