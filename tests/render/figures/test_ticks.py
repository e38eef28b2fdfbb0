"""Ticks: properties that hold for every range, labels that people expect of some, and what stands on them."""

import math
from itertools import pairwise

import numpy as np
import pytest
from figures import ALL, RATE, Painted, draw, impulse, laid_out, levels, ticks, tone
from hypothesis import assume, given
from hypothesis import strategies as st
from recordings import MakeWav

from wav2spec.dsp.mel import hz_to_mel
from wav2spec.render.figures.ticks import Ticks, level_ticks, linear_frequency_ticks, spread_frequency_ticks, time_ticks
from wav2spec.settings.pictures import Figure

MINUS = "\N{MINUS SIGN}"
UNITS = {"Time (ms)": 1e-3, "Time (s)": 1.0, "Frequency (Hz)": 1.0, "Frequency (kHz)": 1000.0}


def read(label: str, title: str) -> float:
    """Return what a label says, in s or Hz."""
    if ":" in label:
        assert title in ("Time (min:s)", "Time (h:min:s)")
        assert label.count(":") == title.count(":")
        value = 0.0
        for part in label.split(":"):
            value = 60 * value + float(part)
        return value
    if label.endswith("k"):
        return 1000 * float(label[:-1])
    return float(label) * UNITS[title]


def check(ticks: Ticks, low: float, high: float) -> None:
    """Check what is true of all ticks: in order, inside, each its own label, and the label says the value."""
    assert len(ticks.values) == len(ticks.labels)
    assert all(before < after for before, after in pairwise(ticks.values))
    slack = 1e-6 * (high - low)
    assert all(low - slack <= value <= high + slack for value in ticks.values)
    assert len(set(ticks.labels)) == len(ticks.labels)
    for value, label in zip(ticks.values, ticks.labels, strict=True):
        assert read(label, ticks.title) == pytest.approx(value, rel=1e-9, abs=1e-12)


@st.composite
def spans(draw: st.DrawFn) -> tuple[float, float]:
    """Draw a beginning, and a duration from a millisecond to a day."""
    low = draw(st.sampled_from([0.0]) | st.floats(0, 20_000))
    return low, low + 10 ** draw(st.floats(-3, 5))


@given(spans(), st.integers(20, 200))
def test_times_ascend_lie_inside_and_say_their_values(span: tuple[float, float], room: int) -> None:
    check(time_ticks(*span, room), *span)


@given(spans(), st.integers(20, 200))
def test_times_are_neither_too_many_nor_too_few_and_do_not_touch(span: tuple[float, float], room: int) -> None:
    ticks = time_ticks(*span, room)
    assert 2 <= len(ticks.values) <= 13
    # Where there is room for three labels and the gaps between them.
    if room >= 4 * (max(map(len, ticks.labels)) + 1.5):
        gap = room * (ticks.values[1] - ticks.values[0]) / (span[1] - span[0])
        assert gap >= max(map(len, ticks.labels)) + 1.5
        assert len(ticks.values) >= 3 or gap > room / 4


@pytest.mark.parametrize(
    ("low", "high", "room", "labels", "title"),
    [
        (0, 3.5, 40, ["0.0", "0.5", "1.0", "1.5", "2.0", "2.5", "3.0", "3.5"], "Time (s)"),
        (0, 60, 30, ["0", "10", "20", "30", "40", "50", "60"], "Time (s)"),
        (0, 100, 15, ["0", "30", "60", "90"], "Time (s)"),
        (0, 0.05, 25, ["0", "10", "20", "30", "40", "50"], "Time (ms)"),
        (0, 0.002, 25, ["0.0", "0.5", "1.0", "1.5", "2.0"], "Time (ms)"),
        (0, 240, 30, ["0:00", "1:00", "2:00", "3:00", "4:00"], "Time (min:s)"),
        (0, 150, 40, ["0:00", "0:30", "1:00", "1:30", "2:00", "2:30"], "Time (min:s)"),
        (3590, 3660, 20, ["60:00", "60:30", "61:00"], "Time (min:s)"),
        (0, 4 * 3600, 50, ["0:00:00", "1:00:00", "2:00:00", "3:00:00", "4:00:00"], "Time (h:min:s)"),
        (9000, 9030, 40, ["2:30:00", "2:30:10", "2:30:20", "2:30:30"], "Time (h:min:s)"),
        (600.0, 600.4, 50, ["10:00.0", "10:00.1", "10:00.2", "10:00.3", "10:00.4"], "Time (min:s)"),
        (10680, 10680.5, 40, ["2:58:00.0", "2:58:00.2", "2:58:00.4"], "Time (h:min:s)"),
    ],
)
def test_times_read_as_people_write_them(low: float, high: float, room: int, labels: list[str], title: str) -> None:
    ticks = time_ticks(low, high, room)
    assert (ticks.labels, ticks.title) == (labels, title)


@given(st.floats(0, 90_000), st.floats(1, 96_000), st.integers(2, 30))
def test_linear_frequencies_ascend_lie_inside_and_are_not_too_many(low: float, extent: float, most: int) -> None:
    ticks = linear_frequency_ticks(low, low + extent, most)
    check(ticks, low, low + extent)
    assert max(2, min(most, 12) // 3) <= len(ticks.values) <= max(4, min(most, 12) + 1)
    steps = np.diff(ticks.values)
    np.testing.assert_allclose(steps, steps[0] if len(steps) else 0, rtol=1e-6)


@pytest.mark.parametrize(
    ("low", "high", "most", "labels", "title"),
    [
        (0, 8000, 5, ["0", "2", "4", "6", "8"], "Frequency (kHz)"),
        (0, 22050, 12, ["0", "2", "4", "6", "8", "10", "12", "14", "16", "18", "20", "22"], "Frequency (kHz)"),
        (0, 4000, 9, ["0.0", "0.5", "1.0", "1.5", "2.0", "2.5", "3.0", "3.5", "4.0"], "Frequency (kHz)"),
        (0, 1000, 6, ["0", "200", "400", "600", "800", "1000"], "Frequency (Hz)"),
        (440, 460, 5, ["440", "445", "450", "455", "460"], "Frequency (Hz)"),
        (0, 2, 4, ["0.0", "0.5", "1.0", "1.5", "2.0"], "Frequency (Hz)"),
    ],
)
def test_linear_frequencies_in_hz_or_khz(low: float, high: float, most: int, labels: list[str], title: str) -> None:
    ticks = linear_frequency_ticks(low, high, most)
    assert (ticks.labels, ticks.title) == (labels, title)


def log_ticks(low: float, high: float, gap: float) -> Ticks:
    return spread_frequency_ticks(low, high, lambda hz: math.log(hz / low) / math.log(high / low), gap)


def mel_ticks(low: float, high: float, gap: float) -> Ticks:
    first, last = hz_to_mel([low, high], "slaney")
    return spread_frequency_ticks(low, high, lambda hz: float((hz_to_mel(hz, "slaney") - first) / (last - first)), gap)


@given(st.floats(1, 20_000), st.floats(1.05, 2000), st.floats(0.02, 0.2))
def test_log_frequencies_ascend_lie_inside_and_keep_apart(low: float, ratio: float, gap: float) -> None:
    high = low * ratio
    assume(high <= 96_000)
    ticks = log_ticks(low, high, gap)
    check(ticks, low, high)
    places = np.log(np.array(ticks.values) / low) / np.log(ratio)
    assert np.diff(places, append=9.0).min(initial=9.0) >= gap - 1e-9


@given(st.floats(0, 15_000), st.floats(100, 48_000), st.floats(0.02, 0.2))
def test_mel_frequencies_ascend_lie_inside_and_keep_apart(low: float, extent: float, gap: float) -> None:
    ticks = mel_ticks(low, low + extent, gap)
    check(ticks, low, low + extent)
    first, last = hz_to_mel([low, low + extent], "slaney")
    places = (hz_to_mel(ticks.values, "slaney") - first) / (last - first)
    assert np.diff(places, append=9.0).min(initial=9.0) >= gap - 1e-9


@given(st.floats(20, 20_000), st.floats(1.02, 1000))
def test_a_log_axis_with_room_has_at_least_two_labels(low: float, ratio: float) -> None:
    assert len(log_ticks(low, low * ratio, 0.05).values) >= 2


@given(st.floats(0, 15_000), st.floats(50, 24_000))
def test_a_mel_axis_with_room_has_at_least_two_labels(low: float, extent: float) -> None:
    assert len(mel_ticks(low, low + extent, 0.05).values) >= 2


def test_log_frequencies_are_decades_divided_by_two_and_five() -> None:
    labels = ["20", "50", "100", "200", "500", "1k", "2k", "5k", "10k", "20k"]
    ticks = log_ticks(20, 20_000, 0.05)
    assert (ticks.labels, ticks.title) == (labels, "Frequency (Hz)")


def test_where_a_log_axis_is_short_decades_come_first() -> None:
    assert {"100", "1k", "10k"} <= set(log_ticks(20, 20_000, 0.12).labels)


def test_a_log_axis_of_an_octave_is_divided_more_finely() -> None:
    assert {"1k", "1.5k", "2k"} <= set(log_ticks(1000, 2000, 0.05).labels)


def test_mel_frequencies_begin_at_zero_and_are_round() -> None:
    ticks = mel_ticks(0, 8000, 0.08)
    assert ticks.labels[0] == "0"
    assert {"1k", "2k", "5k"} <= set(ticks.labels)
    assert all(round(value / 10 ** math.floor(math.log10(value)), 6) in (1, 2, 5) for value in ticks.values[1:])


@given(st.floats(-400, 400), st.floats(0.01, 400), st.integers(1, 12))
def test_levels_ascend_in_equal_round_steps_inside(low: float, extent: float, most: int) -> None:
    values = level_ticks(low, low + extent, most)
    assert min(most, 2) - 1 <= len(values) <= max(4, most + 1)
    assert all(low - 1e-6 * extent <= value <= low + 1.000001 * extent for value in values)
    for before, after in pairwise(values):
        step = after - before
        assert round(step / 10 ** math.floor(math.log10(step * 1.0001)), 4) in (1, 2, 5)


def test_levels_of_eighty_db_are_tens() -> None:
    assert level_ticks(-80, 0, 10) == [-80, -70, -60, -50, -40, -30, -20, -10, 0]


def tick(figure: Painted, axis: str, *labels: str) -> float:
    """Return where on the figure the tick with one of these labels stands, in pixels from the left or the bottom."""
    box, marks = figure.frame.boxes[0][0], ticks(figure, 0, "bottom" if axis == "x" else "left")
    (pixel,) = [pixel for pixel, text in zip(marks.pixels, marks.labels, strict=True) if text in labels]
    # Where `_add_box` draws it.
    return box.x + pixel + 0.25 if axis == "x" else box.y + pixel + 0.75


@pytest.mark.parametrize("framing", ["centered", "valid"])
@pytest.mark.parametrize("seconds", [1, 10])
@pytest.mark.parametrize("width", [640, 1001])
def test_a_click_stands_on_its_tick(make_wav: MakeWav, framing: str, seconds: int, width: int) -> None:
    size, stride, n_samples = 256, 64, seconds * RATE
    sample = n_samples * 2 // 5
    path = make_wav(samples=impulse(sample, n_samples))
    words = f"--framing {framing} --window-size {size} --stride {stride} --width {width}".split()
    (picture, figure), box = draw(path, *words), laid_out(Figure(width=width)).panels[0]
    # In samples: the picture reaches a stride beyond the first frame and the last, but not beyond the sound.
    first = 0 if framing == "centered" else size // 2
    n_frames = 1 + (n_samples + (size if framing == "centered" else 0) - size) // stride
    low, high = max(first - stride, 0), min(first + n_frames * stride, n_samples)
    edges = low + np.arange(box.width + 1) * (high - low) / box.width
    if n_frames > box.width:
        expected = np.flatnonzero((edges[:-1] <= sample) & (sample < edges[1:]))
    else:
        expected = np.flatnonzero(np.abs((edges[:-1] + edges[1:]) / 2 - sample) < stride / 2)
    hot = np.flatnonzero(levels(picture, box)[box.height // 2] == 255)
    np.testing.assert_array_equal(hot, expected)
    x = tick(figure, "x", "0.4", "4") - box.x
    assert hot[0] <= x <= hot[-1] + 1
    # The mark below the axis, as it is drawn.
    mark = picture[len(picture) - box.y + 2, box.x : box.x + box.width].sum(axis=1)
    marks = np.flatnonzero(mark < 500)
    assert np.abs(marks[:, np.newaxis] - hot).min() == 0


@pytest.mark.parametrize("framing", ["centered", "valid"])
@pytest.mark.parametrize("height", [401, 900, 2600])
@pytest.mark.parametrize("scale", ["linear", "log", "mel"])
def test_a_tone_stands_on_its_tick(make_wav: MakeWav, framing: str, height: int, scale: str) -> None:
    path = make_wav(samples=tone(2000))
    words = f"--framing {framing} --height {height} --freq-scale {scale} --fmax 8k".split()
    (picture, figure), box = draw(path, *words), laid_out(Figure(height=height)).panels[0]
    # The lowest frequency of a log scale is one period of the window.
    lowest, half = RATE / 512, RATE / 2
    # Where 2 kHz lies from the bottom, and how wide a band is, as shares of the axis.
    if scale == "linear":
        place, band = 2000 / half, 1 / 512
    elif scale == "log":
        place, band = np.log(2000 / lowest) / np.log(half / lowest), 1 / height
    else:
        mel_2000, mel_half = (15 + 27 * np.log(hz / 1000) / np.log(6.4) for hz in (2000, half))
        # 128 bands between 130 points, drawn from the edges of the outermost.
        place, band = (mel_2000 / mel_half * 129 - 0.5) / 128, 1 / 128
    column = levels(picture, box)[:, box.width // 2][::-1]
    hot = np.flatnonzero(column == column.max())
    y = tick(figure, "y", "2", "2.0", "2k") - box.y
    assert y == pytest.approx(place * box.height, abs=1)
    if scale == "linear" and box.height <= 1024:
        assert int(place * box.height) in hot
        # The marks beside the axis, as they are drawn.
        marks = np.flatnonzero(picture[len(picture) - box.y - box.height : -box.y, box.x - 3].sum(axis=1)[::-1] < 500)
        assert int(place * box.height) in marks
    assert hot[0] <= y <= hot[-1] + 1 or abs((hot[0] + hot[-1] + 1) / 2 - y) <= band * box.height / 2 + 0.5


def test_start_shifts_the_time_axis(make_wav: MakeWav) -> None:
    path = make_wav(samples=impulse(3 * RATE, 4 * RATE))
    (picture, figure), box = (
        draw(path, "--start", "2.5", "--duration", "1", "--window-size", "250"),
        laid_out(*ALL).panels[0],
    )
    hot = np.flatnonzero(levels(picture, box)[9] == 255)
    assert hot[0] <= tick(figure, "x", "3.0") - box.x <= hot[-1] + 1
    assert hot.mean() + 0.5 == pytest.approx(box.width / 2, abs=2)
