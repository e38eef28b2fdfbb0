"""Figures fit the recording: frames a column, bins a row, and tones and clicks where the axes say."""

from itertools import product
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from figures import draw, laid_out, levels
from PIL import Image
from recordings import MakeWav

from wav2spec.render.drawing import plan_spectrogram
from wav2spec.render.figures.panels import panel_axes, time_axis
from wav2spec.render.metadata import require_metadata
from wav2spec.settings.pictures import Figure
from wav2spec.settings.presets import PLOT
from wav2spec.waveform import Waveform

RATES = (8000, 16000, 22050, 44100, 48000, 96000, 192_000)
DURATIONS_S = (0.05, 0.2, 1.0, 10.0, 60.0, 3600.0, 3 * 3600.0)


def waveform(rate: int, duration_s: float) -> Waveform:
    """Return a waveform whose samples nobody reads."""
    return Waveform("a.wav", rate, 1, round(rate * duration_s), lambda: iter([]))


@pytest.mark.parametrize(("rate", "duration_s"), [*product(RATES, DURATIONS_S)])
def test_no_frame_is_wider_than_two_pixels_and_no_bin_higher_than_one(rate: int, duration_s: float) -> None:
    box = laid_out(Figure()).panels[0]
    stream = plan_spectrogram(waveform(rate, duration_s), PLOT, (box.width, box.height))
    axis = time_axis(stream)
    assert axis.step * box.width / (axis.high - axis.low) <= 2
    assert len(stream.bands.frequencies) >= box.height
    assert 4 * int(stream.analysis.stride) <= int(stream.analysis.window_size)


def auto_window(rate: int, duration_s: float) -> object:
    return plan_spectrogram(waveform(rate, duration_s), PLOT, (800, 400)).analysis.window_size


@pytest.mark.parametrize(("rate", "size"), [(8000, 256), (16000, 512), (22050, 1024), (44100, 2048), (48000, 2048)])
def test_the_window_is_the_power_of_two_nearest_to_40_ms(rate: int, size: int) -> None:
    assert auto_window(rate, 10.0) == size


@pytest.mark.parametrize(("rate", "size"), [(100, 256), (4000, 256), (96_000, 2048), (192_000, 1024), (384_000, 1024)])
def test_the_window_for_sounds_that_nobody_hears_scales_with_the_rate(rate: int, size: int) -> None:
    assert auto_window(rate, 60.0) == size


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("duration_s", [0.02, 0.05, 0.27, 0.5])
def test_the_window_is_a_small_part_of_a_short_recording(rate: int, duration_s: float) -> None:
    size = auto_window(rate, duration_s)
    assert isinstance(size, int)
    # A 30th, or as near to it as a power of two comes; never so short that it has hardly a bin.
    assert size <= max(32, 4 / 3 * rate * duration_s / 30)
    assert size >= min(32, rate * duration_s)


def test_on_log_and_mel_scales_four_windows_are_zero_padded_up_to_16384() -> None:
    for scale, rate, length in (("log", 16000, 2048), ("mel", 44100, 8192), ("log", 192_000, 4096)):
        settings = PLOT.replace(freq_scale=scale)
        assert plan_spectrogram(waveform(rate, 10.0), settings, (800, 400)).analysis.fft_length == length


def test_what_is_given_is_not_fitted() -> None:
    settings = PLOT.replace(window_size=300, stride=100, fft_length=512)
    found = plan_spectrogram(waveform(16000, 1.0), settings, (800, 400)).analysis
    assert (found.window_size, found.stride, found.fft_length) == (300, 100, 512)
    settings = PLOT.replace(freq_scale="log", window_size=8192)
    assert plan_spectrogram(waveform(192_000, 1.0), settings, (800, 400)).analysis.fft_length == 16384


@pytest.mark.parametrize("hz", [30, 50, 70, 100, 150, 200])
def test_low_tones_lie_on_a_log_axis_within_a_pixel(make_wav: MakeWav, hz: int) -> None:
    rate = 44100
    path = make_wav(
        samples=0.5 * np.sin(2 * np.pi * hz * np.arange(2 * rate) / rate), sample_rate=rate, subtype="FLOAT"
    )
    words = ["--freq-scale", "log", "--db-range", "60", "--fmax", "22050"]
    picture, box = draw(path, *words).pixels, laid_out(Figure()).panels[0]
    # Over all columns: beside its image at minus its frequency, a low tone beats.
    column = levels(picture, box)[:, box.width // 4 : 3 * box.width // 4].mean(axis=1)[::-1]
    loud = np.flatnonzero(column >= column.max() - 1)
    axes = panel_axes(plan_spectrogram(waveform(rate, 2.0), PLOT.replace(freq_scale="log"), (box.width, box.height)))
    place = float(axes.frequency.position(np.log2(hz))) * box.height
    assert abs(loud.mean() + 0.5 - place) <= 1


def test_a_log_axis_begins_where_a_period_fits_the_window() -> None:
    for rate, lowest in ((8000, 8000 / 256), (44100, 44100 / 2048), (192_000, 192_000 / 1024)):
        stream = plan_spectrogram(waveform(rate, 10.0), PLOT.replace(freq_scale="log"), (800, 400))
        assert 2 ** panel_axes(stream).frequency.low == pytest.approx(max(20.0, lowest))


@pytest.mark.parametrize(("hz", "fmax"), [(900, 1200), (1600, 2000), (2600, 3000), (7900, 8000)])
def test_fmax_auto_is_round_and_above_the_power(make_wav: MakeWav, hz: int, fmax: int) -> None:
    from wav2spec.audio.preprocess import waveform_of

    path = make_wav(samples=0.5 * np.sin(2 * np.pi * hz * np.arange(32_000) / 16000))
    settings = PLOT.replace(fmax="auto")
    stream = plan_spectrogram(waveform_of(str(path), settings.preprocessing), settings, (800, 400))
    assert stream.bands.frequencies[-1] == pytest.approx(fmax, abs=16)


def test_noise_reads_the_same_level_by_the_mean_however_long(make_wav: MakeWav) -> None:
    found = []
    for seconds in (5, 60, 600):
        samples = 0.1 * np.random.default_rng(seconds).standard_normal(seconds * 8000)
        path = make_wav(samples=samples, sample_rate=8000)
        words = ("--reduce", "mean", "--db-ref", "full-scale")
        picture = levels(draw(path, *words).pixels, laid_out(Figure()).panels[0])[3:-3, 3:-3]
        power = 10 ** ((picture / 255 * 80 - 80) / 10)
        found.append(10 * np.log10(power.mean()))
    assert max(found) - min(found) < 1


def test_a_zoom_shows_what_the_whole_shows(make_wav: MakeWav) -> None:
    # Cut off, a tone would begin with a click at both edges.
    path = make_wav(samples=0.5 * np.sin(2 * np.pi * 1000 * np.arange(4 * 16000) / 16000), subtype="FLOAT")
    for words in (["--start", "1", "--duration", "1"], ["--start", "1", "--duration", "1", "--sample-rate", "12000"]):
        box = laid_out(Figure()).panels[0]
        picture = levels(draw(path, *words, "--fmax", "6k").pixels, box)
        assert picture[: box.height // 3].max() == 0
        for edge in (0, -1):
            np.testing.assert_allclose(picture[:, edge], picture[:, box.width // 2], atol=2)


def test_an_image_of_a_section_sees_the_section_alone(make_wav: MakeWav) -> None:
    from in_process import done

    samples = np.random.default_rng(1).uniform(-0.5, 0.5, 9000)
    whole, cut = make_wav(samples=samples), make_wav("b.wav", samples=samples[3000:6000])
    words = ("--framing", "centered", "--scale", "db", "--no-metadata")
    done(
        "image", whole, whole.with_name("1.png"), "--start", f"{3000 / 16000}", "--duration", f"{3000 / 16000}", *words
    )
    done("image", cut, whole.with_name("2.png"), *words)
    assert whole.with_name("1.png").read_bytes() == whole.with_name("2.png").read_bytes()


def fmax_of(samples: npt.NDArray[np.float64], rate: int) -> float:
    found = Waveform("a.wav", rate, 1, len(samples), lambda: iter([samples[:, np.newaxis].astype(np.float32)]))
    fmax = plan_spectrogram(found, PLOT, (800, 400)).fmax
    assert fmax is not None
    return fmax


def test_fmax_auto_shows_all_within_60_db_of_the_peak_and_hides_what_is_fainter() -> None:
    rate, times = 44100, np.arange(88200) / 44100
    low = np.sin(2 * np.pi * 500 * times)
    assert fmax_of(low, rate) <= 1000
    # A whistle that holds a millionth of the power, for a twentieth of the time.
    whistle = np.where((times > 1) & (times < 1.1), np.sin(2 * np.pi * 14_000 * times), 0) * np.hanning(len(times))
    assert fmax_of(low + 10 ** (-50 / 20) * whistle, rate) == 15_000
    assert fmax_of(low + 10 ** (-75 / 20) * whistle, rate) <= 1000
    assert fmax_of(np.random.default_rng(1).uniform(-0.1, 0.1, rate), rate) == rate / 2
    assert fmax_of(np.zeros(rate), rate) == rate / 2


def test_fmax_auto_is_the_same_whatever_the_blocks() -> None:
    walk = np.random.default_rng(2).standard_normal(40_000).cumsum() / 500
    samples = walk[:, np.newaxis].astype(np.float32)
    whole = Waveform("a.wav", 44100, 1, len(samples), lambda: iter([samples]))
    pieces = Waveform("a.wav", 44100, 1, len(samples), lambda: iter(np.array_split(samples, 77)))
    found = [plan_spectrogram(one, PLOT, (800, 400)).fmax for one in (whole, pieces)]
    assert found[0] == found[1]


def test_panels_share_the_automatic_window_and_the_highest_frequency(make_wav: MakeWav, folder: Path) -> None:
    from in_process import done

    rate = 44100
    low = make_wav("low.wav", samples=0.5 * np.sin(2 * np.pi * 500 * np.arange(2 * rate) / rate), sample_rate=rate)
    high = make_wav("high.wav", samples=0.5 * np.sin(2 * np.pi * 7800 * np.arange(rate // 4) / rate), sample_rate=rate)
    done("compare", low, high, folder / "both.png")
    made = require_metadata(str(folder / "both.png"))
    assert made["settings"]["fmax"] == made["settings"]["window_size"] == "auto"
    assert made["resolved"]["window_size"] == 2048
    assert made["rows"]["top"] == 8000


def test_segments_share_the_window_and_the_highest_frequency(make_wav: MakeWav, folder: Path) -> None:
    from in_process import done

    rate = 44100
    times = np.arange(int(2.2 * rate)) / rate
    samples = 0.5 * np.sin(2 * np.pi * np.where(times < 1, 500, 3900) * times)
    path = make_wav(samples=samples, sample_rate=rate)
    done("plot", path, "-o", f"{folder}/out/", "--segment", "1")
    made = [require_metadata(str(one)) for one in sorted((folder / "out").iterdir())]
    assert len(made) == 3
    assert {one["resolved"]["window_size"] for one in made} == {1024}
    tops = {one["rows"]["top"] for one in made}
    assert len(tops) == 1
    assert tops.pop() >= 3900


def test_images_with_automatic_sizes_are_read_back(make_wav: MakeWav, folder: Path) -> None:
    from in_process import done

    import wav2spec

    path = make_wav(samples=0.5 * np.sin(2 * np.pi * 1000 * np.arange(8000) / 16000))
    done("image", path, folder / "a.png", "--fmax", "auto", "--window-size", "auto", "--scale", "db")
    spectrogram = wav2spec.read_png(folder / "a.png")
    assert 1000 < spectrogram.frequencies[-1] <= 2000
    assert spectrogram.values.shape[-1] == len(spectrogram.frequencies)


def test_above_half_its_sample_rate_a_panel_is_dark(make_wav: MakeWav, folder: Path) -> None:
    from in_process import done

    random = np.random.default_rng(1)
    for name, rate in (("low.wav", 8000), ("high.wav", 32_000)):
        make_wav(name, samples=random.uniform(-0.5, 0.5, rate), sample_rate=rate).rename(folder / name)
    done("compare", folder / "low.wav", folder / "high.wav", folder / "both.png")
    left, top, width, height = require_metadata(str(folder / "both.png"))["panels"][0]
    picture = np.asarray(Image.open(folder / "both.png").convert("RGB")).astype(int).sum(axis=2)
    panel = picture[top : top + height, left : left + width]
    assert panel[3 : 3 * height // 4 - 3, 3:-3].max() < 30
    assert panel[3 * height // 4 + 6 : -3, 3:-3].min() > 100
