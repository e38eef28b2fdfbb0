"""The explorer in a real browser: its numbers against wav2spec's, its positions, keys, sound and command."""

import io
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
from browsing import Opener, OpenPage
from click.testing import CliRunner
from page_levels import assert_same_levels, columns_of, levels_by_wav2spec
from PIL import Image
from recordings import SAMPLES, MakeWav

from wav2spec.cli.main import command

pytestmark = pytest.mark.browser

Explorer = Callable[..., OpenPage]


@pytest.fixture
def explorer(open_page: Opener, tmp_path: Path) -> Explorer:
    """Make the page of a recording, open it, and wait until every pixel is there."""

    def open_explorer(source: Path | str, *words: str, **context: Any) -> OpenPage:
        target = tmp_path / "page.html"
        made = CliRunner().invoke(command, ["explore", str(source), str(target), *words], standalone_mode=False)
        assert (made.return_value, made.stderr) == (0, "")
        page = open_page(target, **context)
        until_whole(page)
        return page

    return open_explorer


def until_whole(page: OpenPage) -> None:
    page.until("document.documentElement.dataset.busy === 'false'")


def change(page: OpenPage, **values: Any) -> None:
    page.evaluate("change", values)
    until_whole(page)


# As the page writes it.
MINUS = "\N{MINUS SIGN}"

WINDOWS = [
    *("hann", "hamming", "blackman", "bartlett", "rectangular", "blackman-harris", "nuttall", "flattop", "cosine"),
    *("kaiser:14", "gaussian:100", "tukey:0.3"),
]


@pytest.mark.parametrize("name", ["speech", "bell"])
def test_levels_of_every_window_and_size_are_those_of_wav2spec(name: str, explorer: Explorer, tmp_path: Path) -> None:
    source = SAMPLES / f"{name}.wav"
    page = explorer(source)
    for number, window in enumerate(WINDOWS):
        size = (256, 1024, 4096, 400)[number % 4]
        fft = 1 << (size - 1).bit_length()
        expected = levels_by_wav2spec(source, tmp_path / "values.npy", size, window, size // 4, fft)
        found = columns_of(page, size, window, size // 4, fft, np.arange(fft // 2 + 2) - 0.5)
        assert_same_levels(found, expected)


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000, 96_000, 192_000, 384_000, 1_000, 500_000])
def test_levels_are_those_of_wav2spec_at_any_sample_rate(
    rate: int, make_wav: MakeWav, explorer: Explorer, tmp_path: Path
) -> None:
    source = make_wav("rate.wav", n_samples=20_000, sample_rate=rate)
    page = explorer(source)
    assert page.evaluate("sound.n") == 20_000
    expected = levels_by_wav2spec(source, tmp_path / "values.npy", 512, "hann", 128, 512)
    assert_same_levels(columns_of(page, 512, "hann", 128, 512, np.arange(258) - 0.5), expected)


def test_levels_of_floats_beyond_full_scale_are_those_of_wav2spec(
    make_wav: MakeWav, explorer: Explorer, tmp_path: Path
) -> None:
    samples = np.random.default_rng(2).normal(0, 4, (20_000, 2))
    source = make_wav("loud.wav", samples, subtype="FLOAT")
    page = explorer(source)
    expected = levels_by_wav2spec(source, tmp_path / "values.npy", 1024, "hann", 256, 1024)
    assert_same_levels(columns_of(page, 1024, "hann", 256, 1024, np.arange(514) - 0.5), expected)


@pytest.mark.parametrize("scale", ["linear", "log", "mel"])
def test_rows_of_every_scale_are_the_bins_of_wav2spec_that_lie_in_them(
    scale: str, explorer: Explorer, tmp_path: Path
) -> None:
    """A row is the greatest of its bins, or, where they are sparser, interpolated in power: computed here plainly."""
    source = SAMPLES / "guitar.wav"
    page = explorer(source)
    change(page, scale=scale)
    fft = 2048
    heights = page.evaluate("Array.from({length: area.height + 1}, (_, row) => hzAt(area.height - row))")
    edges = np.array(heights) * fft / 44100
    assert_edges_are_those_of(scale, np.array(heights))
    power = 10 ** (levels_by_wav2spec(source, tmp_path / "values.npy", fft, "hann", 512, fft).astype(float) / 10)
    expected = np.empty((len(power), len(edges) - 1))
    for row, (low, high) in enumerate(pairwise(edges)):
        if high - low >= 1:
            bins = [number for number in range(power.shape[1]) if low <= number < high]
            expected[:, row] = power[:, bins].max(axis=1)
        else:
            middle = np.clip((low + high) / 2, 0, power.shape[1] - 1)
            below = min(int(middle), power.shape[1] - 2)
            expected[:, row] = power[:, below] * (1 - middle + below) + power[:, below + 1] * (middle - below)
    with np.errstate(divide="ignore"):
        assert_same_levels(columns_of(page, fft, "hann", 512, fft, edges), (10 * np.log10(expected)).astype(np.float32))


def assert_edges_are_those_of(scale: str, hz: npt.NDArray[np.float64]) -> None:
    """The rows are equally high on the scale; mel is that of wav2spec."""
    from wav2spec.dsp.mel import hz_to_mel

    place: dict[str, Callable[..., Any]] = {
        "linear": np.asarray,
        "log": np.log,
        "mel": lambda f: hz_to_mel(f, "slaney"),
    }
    positions = place[scale](hz)
    steps = np.diff(positions)
    assert steps == pytest.approx(np.full(len(steps), steps.mean()), rel=1e-6)


def screenshot(page: OpenPage) -> npt.NDArray[Any]:
    """Brightness of the picture's pixels on the screen, shape (height, width)."""
    shot = Image.open(io.BytesIO(page.page.screenshot())).convert("RGB")
    left, top, width, height = page.evaluate(
        "(() => { const box = picture.getBoundingClientRect();"
        "return [box.x + MARGIN.left, box.y + MARGIN.top, area.width, area.height]; })()"
    )
    pixels: npt.NDArray[Any] = np.asarray(shot).astype(float).sum(axis=2)
    return pixels[round(top) : round(top) + height, round(left) : round(left) + width]


def centre_near(profile: npt.NDArray[np.float64], position: float, reach: int) -> float:
    """The centre of what is bright within `reach` pixels of a position; pixel i covers i to i + 1."""
    first = int(position) - reach
    piece = profile[first : first + 2 * reach + 1]
    weights = np.clip(piece - 0.6 * piece.max(), 0, None)
    return float(first + ((np.arange(len(piece)) + 0.5) * weights).sum() / weights.sum())


CLICKS, TONES = (0.5, 1.25, 2.0, 3.3), (1000, 5000, 12_000)


@pytest.fixture
def clicks_and_tones(tmp_path: Path) -> Path:
    rate = 44_100
    samples = 1e-5 * np.random.default_rng(0).standard_normal(4 * rate)
    for tone in TONES:
        samples += 0.05 * np.sin(2 * np.pi * tone * np.arange(4 * rate) / rate)
    for click in CLICKS:
        samples[int(click * rate)] = 0.9
    path = tmp_path / "it's <b>one & $x.wav"
    soundfile.write(path, samples, rate, subtype="FLOAT")
    return path


def test_clicks_and_tones_are_within_half_a_pixel_of_their_axes(clicks_and_tones: Path, explorer: Explorer) -> None:
    page = explorer(clicks_and_tones)
    change(page, size=256)
    profile = screenshot(page)[:150].mean(axis=0)
    for click in CLICKS:
        expected = page.evaluate(f"xAt({click})")
        assert centre_near(profile, expected, 12) == pytest.approx(expected, abs=0.5)
    change(page, size=8192)
    profile = screenshot(page)[:, 150:210].mean(axis=1)
    for tone in TONES:
        expected = page.evaluate(f"yAt({tone})")
        assert centre_near(profile, expected, 6) == pytest.approx(expected, abs=0.5)


def test_the_overview_shows_every_click(tmp_path: Path, explorer: Explorer) -> None:
    samples = np.zeros(44_100 * 20)
    clicks = [12_345, 300_001, 654_321]
    samples[clicks] = 0.9
    soundfile.write(tmp_path / "clicks.wav", samples, 44_100)
    page = explorer(tmp_path / "clicks.wav")
    highest = page.evaluate("Array.from(extremes.values).filter((_, i) => i % 2)")
    n_columns = len(highest)
    assert [x for x, value in enumerate(highest) if value > 0.5] == [c * n_columns // len(samples) for c in clicks]


def hover(page: OpenPage, seconds: float, hz: float) -> None:
    x, y = page.evaluate(
        "([t, f]) => { const box = overlay.getBoundingClientRect();"
        "return [box.x + MARGIN.left + xAt(t), box.y + MARGIN.top + yAt(f)]; }",
        [seconds, hz],
    )
    page.page.mouse.move(x, y)


def test_the_readout_tells_time_frequency_note_and_level_of_a_tone(clicks_and_tones: Path, explorer: Explorer) -> None:
    page = explorer(clicks_and_tones)
    hover(page, 1.6, 5000)
    seconds, hz, note, level = page.text("#readout").split("   ")
    assert float(seconds.removesuffix(" s")) == pytest.approx(1.6, abs=0.005)
    row = page.evaluate("hzAt(0) - hzAt(1)")
    assert float(hz.removesuffix(" kHz")) * 1000 == pytest.approx(5000, abs=row)
    assert note.startswith(("D♯8", "D8"))
    assert float(level.removesuffix(" dB").replace(MINUS, "-")) == pytest.approx(-26.0, abs=0.5)
    page.page.mouse.move(2, 2)
    assert page.text("#readout") == ""


def test_keys_change_the_analysis_and_x_goes_back_and_forth(explorer: Explorer) -> None:
    page = explorer(SAMPLES / "speech.wav")

    def state() -> list[Any]:
        found: list[Any] = page.evaluate("[view.size, view.window, view.scale, view.range]")
        return found

    def press(key: str) -> list[Any]:
        page.page.keyboard.press(key)
        until_whole(page)
        return state()

    # The power of two nearest to 40 ms.
    assert state() == [512, "hann", "linear", 80]
    assert press("[") == [256, "hann", "linear", 80]
    assert press("w") == [256, "hamming", "linear", 80]
    assert press("x") == [256, "hann", "linear", 80]
    assert press("x") == [256, "hamming", "linear", 80]
    assert press("f") == [256, "hamming", "log", 80]
    assert press(",") == [256, "hamming", "log", 75]
    assert page.page.input_value("#size") == "256"
    assert page.page.input_value("#scale") == "log"


def test_a_flip_and_back_gives_the_same_pixels(explorer: Explorer) -> None:
    page = explorer(SAMPLES / "bell.wav")
    before = screenshot(page)
    page.page.select_option("#size", "256")
    until_whole(page)
    assert np.abs(screenshot(page) - before).mean() > 5
    page.page.keyboard.press("Escape")
    page.page.locator("#overlay").focus()
    page.page.keyboard.press("x")
    until_whole(page)
    assert np.array_equal(screenshot(page), before)


def test_the_wheel_zooms_around_the_pointer_and_dragging_moves(explorer: Explorer) -> None:
    page = explorer(SAMPLES / "guitar.wav")
    hover(page, 1.0, 5000)
    x, y = page.evaluate("[view.cursor.x, view.cursor.y]")
    under = page.evaluate(f"timeAt({x})")
    for _ in range(4):
        page.page.mouse.wheel(0, -200)
    page.until("timeAt(area.width) - timeAt(0) < 1")
    assert page.evaluate(f"timeAt({x})") == pytest.approx(under, abs=0.01)
    page.page.keyboard.down("Shift")
    page.page.mouse.wheel(0, -300)
    page.page.keyboard.up("Shift")
    page.until("view.high < nyquist / 1.5")
    assert page.evaluate(f"hzAt({y})") == pytest.approx(5000, rel=0.02)
    low, high, first = page.evaluate("[lowEdge(), view.high, view.first]")
    page.page.mouse.down()
    box = page.page.locator("#overlay").bounding_box()
    page.page.mouse.move(box["x"] + 58 + x - 100, box["y"] + 8 + y + 40, steps=4)
    page.page.mouse.up()
    until_whole(page)
    assert page.evaluate("view.first") == pytest.approx(first + 100, abs=1)
    assert page.evaluate("lowEdge()") > low
    assert page.evaluate("view.high - lowEdge()") == pytest.approx(high - low)
    # What was moved is what is computed anew at that place.
    moved = screenshot(page)
    page.evaluate("forgetColumns(), repaint(), requestColumns()")
    until_whole(page)
    page.page.mouse.move(2, 2)
    page.evaluate("drawOverlay()")
    still = screenshot(page)
    assert np.abs(moved - still).mean() < 2


def test_the_copied_command_draws_what_is_selected(clicks_and_tones: Path, explorer: Explorer, tmp_path: Path) -> None:
    page = explorer(clicks_and_tones)
    change(page, size=1024)
    box = page.page.locator("#overlay").bounding_box()
    page.page.keyboard.down("Shift")
    page.page.mouse.move(box["x"] + 358, box["y"] + 108)
    page.page.mouse.down()
    page.page.mouse.move(box["x"] + 658, box["y"] + 308, steps=4)
    page.page.mouse.up()
    page.page.keyboard.up("Shift")
    selected = page.evaluate("view.selection")
    page.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.page.locator("#overlay").focus()
    page.page.keyboard.press("c")
    page.until("document.getElementById('copy').textContent === 'copied'")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.text("#command")
    program = f'wav2spec() {{ {shlex.quote(sys.executable)} -m wav2spec "$@"; }}\n'
    target = tmp_path / "drawn.png"
    done = subprocess.run(["sh", "-c", f"{program}{copied} -o {target}"], capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")
    metadata = json.loads(CliRunner().invoke(command, ["info", "--json", str(target)]).stdout)
    resolved = metadata["resolved"]
    start, end = resolved["start_s"], resolved["start_s"] + resolved["n_samples"] / resolved["sample_rate"]
    sample = 1 / 44_100
    assert start <= selected["from"] + sample
    assert end >= selected["to"] - sample
    assert end - start < (selected["to"] - selected["from"]) * 1.01
    settings = metadata["settings"]
    assert settings["fmin"] <= selected["low"]
    assert settings["fmax"] >= selected["high"]
    assert settings["fmax"] - settings["fmin"] < selected["high"] - selected["low"] + 3 * 44_100 / 1024


HOSTILE = ["two\nlines.wav", "bytes\udcff.wav", "-dash.wav", "<script>alert(1)<script>.wav", "a'b\"c$d`e\\f.wav"]


@pytest.mark.parametrize("name", HOSTILE, ids=["newline", "bytes", "dash", "markup", "quotes"])
def test_the_command_of_a_hostile_name_runs(
    name: str, open_page: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    soundfile.write(os.fsencode(name), np.random.default_rng(1).uniform(-0.5, 0.5, 8000), 8000)
    program = [sys.executable, "-m", "wav2spec"]
    source = b"./" + os.fsencode(name)
    subprocess.run([*program, "explore", source, "-o", "page.html"], check=True)
    page = open_page(tmp_path / "page.html")
    assert page.text("#title") == page.evaluate("printable(data.source)").removeprefix("./")
    script = f'wav2spec() {{ {shlex.quote(sys.executable)} -m wav2spec "$@"; }}\n{page.text("#command")} -o drawn.png'
    done = subprocess.run(["bash", "-c", script], capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")
    assert (tmp_path / "drawn.png").exists()


def test_sound_plays_at_the_recordings_own_speed_and_the_head_moves(explorer: Explorer) -> None:
    page = explorer(SAMPLES / "guitar.wav")
    page.page.keyboard.press("Space")
    page.until("isPlaying() && playHead() > 0.2")
    before, at = page.evaluate("[player.context.currentTime, playHead()]")
    page.until(f"playHead() > {at} + 0.3")
    after, later = page.evaluate("[player.context.currentTime, playHead()]")
    assert later - at == pytest.approx(after - before, abs=0.05)
    page.page.keyboard.press("Space")
    assert page.evaluate("isPlaying()") is False


def test_only_the_selection_is_played_and_playing_ends(make_wav: MakeWav, explorer: Explorer) -> None:
    # A rate that is labelled with another.
    page = explorer(make_wav("low.wav", n_samples=2000, sample_rate=1000))
    page.evaluate("view.selection = {from: 0.5, to: 0.8, low: 100, high: 300}")
    page.page.check("#band")
    page.page.locator("#overlay").focus()
    page.page.keyboard.press("Space")
    assert page.evaluate("[player.from, player.to]") == [0.5, 0.8]
    page.until("!isPlaying()")


def test_channels_are_shown_apart_and_together(tmp_path: Path, explorer: Explorer) -> None:
    times = np.arange(16_000) / 16_000
    samples = np.stack([np.sin(2 * np.pi * 1000 * times), np.sin(2 * np.pi * 3000 * times)], axis=1) / 2
    soundfile.write(tmp_path / "two.wav", samples, 16_000)
    page = explorer(tmp_path / "two.wav")

    def audible(channel: str) -> list[bool]:
        change(page, channel=channel)
        return [page.evaluate(f"levelAt(xAt(0.5), yAt({hz}))") > -40 for hz in (1000, 3000)]

    assert audible("mix") == [True, True]
    assert audible("0") == [True, False]
    assert audible("1") == [False, True]
    assert "--channel 2" in page.text("#command")


def test_nothing_is_requested_but_the_page(explorer: Explorer, tmp_path: Path) -> None:
    page = explorer(SAMPLES / "kick.wav")
    page.page.keyboard.press("Space")
    page.until("!isPlaying()")
    assert page.requested == [(tmp_path / "page.html").as_uri()]


def test_the_address_leads_back_to_the_place(explorer: Explorer, open_page: Opener, tmp_path: Path) -> None:
    page = explorer(SAMPLES / "guitar.wav")
    page.evaluate("showTimes(1.0, 1.5)")
    change(page, size=512, window="flattop", scale="mel", top=-12, palette="viridis")
    page.until("location.hash.includes('viridis')")
    other = open_page(tmp_path / "page.html", fragment=page.evaluate("location.hash"))
    until_whole(other)
    look = "[view.size, view.window, view.scale, view.top, view.palette, timeAt(0), timeAt(area.width)]"
    assert other.evaluate(look)[:5] == [512, "flattop", "mel", -12, "viridis"]
    assert other.evaluate(look)[5:] == pytest.approx(page.evaluate(look)[5:], abs=1e-3)


def test_an_address_that_makes_no_sense_is_ignored(explorer: Explorer, open_page: Opener, tmp_path: Path) -> None:
    explorer(SAMPLES / "kick.wav")
    fragment = "#size=-3&window=<b>&scale=x&t=5,1&f=a,b&top=NaN&palette=__proto__&channel=9"
    page = open_page(tmp_path / "page.html", fragment=fragment)
    assert page.evaluate("[view.size, view.window, view.scale, view.palette]") == [512, "hann", "linear", "magma"]


def test_the_keyboard_alone_reads_and_selects(clicks_and_tones: Path, explorer: Explorer) -> None:
    page = explorer(clicks_and_tones)
    page.page.locator("#overlay").focus()
    page.page.keyboard.press("Shift+ArrowRight")
    assert "dB" in page.text("#readout")
    page.page.keyboard.press("v")
    for _ in range(5):
        page.page.keyboard.press("Control+Shift+ArrowRight")
        page.page.keyboard.press("Control+Shift+ArrowUp")
    selected = page.evaluate("view.selection")
    assert selected["to"] - selected["from"] == pytest.approx(50 * page.evaluate("view.spp / sampleRate"), rel=0.01)
    assert page.evaluate("yAt(view.selection.low) - yAt(view.selection.high)") == pytest.approx(50, abs=0.5)


def test_controls_and_canvases_have_names_for_screen_readers(explorer: Explorer) -> None:
    page = explorer(SAMPLES / "kick.wav")
    nameless = page.evaluate(
        "[...document.querySelectorAll('button, select, input, canvas:not([aria-hidden])')].filter(element =>"
        "!element.ariaLabel && !element.textContent.trim() && !element.labels?.length).map(element => element.id)"
    )
    assert nameless == []
    assert page.evaluate("document.getElementById('readout').getAttribute('aria-live')") == "polite"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_700_pixels_in_both_schemes(scheme: str, explorer: Explorer) -> None:
    page = explorer(SAMPLES / "guitar.wav", width=700, height=500, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= 700
    assert page.evaluate("area.height") >= 100
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(18, 18, 18)") == (scheme == "dark")


def test_labels_lie_over_what_they_name(make_wav: MakeWav, explorer: Explorer, tmp_path: Path) -> None:
    source = make_wav("a.wav", n_samples=16_000)
    (tmp_path / "labels.txt").write_text("0.25\t0.5\t<b>call</b>\n\\\t2000\t4000\n0.9\t0.9\tclick\n")
    page = explorer(source, "--labels", str(tmp_path / "labels.txt"))
    opaque = (
        "([t, f]) => overlayContext.getImageData(Math.floor(MARGIN.left + xAt(t)),"
        " Math.floor(MARGIN.top + yAt(f)), 1, 1).data[3] > 0"
    )
    edges = [(0.25, 3000), (0.5, 3000), (0.4, 2000), (0.4, 4000), (0.9, 1000), (0.9, 7000)]
    assert [page.evaluate(opaque, list(edge)) for edge in edges] == [True] * len(edges)
    assert page.evaluate(opaque, [0.4, 1000]) is False
