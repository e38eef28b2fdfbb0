"""The tuner, by sounds whose best window is known, and by two tones or clicks as far apart as it says it resolves."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
from in_process import run_in_process
from program import HANGS_AFTER_S
from recordings import SAMPLES, MakeWav

from wav2spec import spectrogram
from wav2spec.dsp.entropy import entropies, magnitude_entropy, rank
from wav2spec.settings.analysis import Analysis
from wav2spec.settings.presets import TUNE, TUNED_SIZES
from wav2spec.waveform import Waveform

RATE = 16000
Array = npt.NDArray[np.floating]


def as_sound(samples: Array, rate: int = RATE) -> Waveform:
    columns = samples.astype(np.float32)[:, np.newaxis]
    return Waveform("samples", rate, 1, len(columns), lambda: iter([columns]))


def analysis_of(size: int | str, **others: Any) -> Analysis:
    return TUNE.replace(window_size=size, **others).analysis


def best_size(samples: Array, sizes: list[int]) -> int:
    analyses = [analysis_of(size) for size in sizes]
    found = entropies(as_sound(samples), analyses)
    assert found
    return int(rank(analyses, [found], RATE)[0].analysis.window_size)


def click_train(n_samples: int = RATE) -> Array:
    return np.where(np.arange(n_samples) % 800 == 400, 0.9, 0.0)


def close_tones(n_samples: int = 5 * RATE, apart: float = 10.0) -> Array:
    turns = np.arange(n_samples) / RATE * 2 * np.pi
    return 0.3 * np.sin(1000 * turns) + 0.3 * np.sin((1000 + apart) * turns)


def chirp(rate: float, seconds: float = 4.0) -> Array:
    time = np.arange(int(seconds * RATE)) / RATE
    return 0.5 * np.sin(2 * np.pi * (400 * time + rate * time**2 / 2))


def tuned(*words: str | Path) -> list[dict[str, Any]]:
    result = run_in_process("tune", "--json", "-q", *words)
    assert (result.returncode, result.stderr) == (0, b"")
    rows: list[dict[str, Any]] = json.loads(result.stdout)
    return rows


def flags_of(*words: str | Path) -> dict[str, str]:
    result = run_in_process("tune", "--flags", *([] if "--resolve" in words else ["-q"]), *words)
    assert (result.returncode, result.stderr, result.stdout.count(b"\n")) == (0, b"", 1)
    given = shlex.split(result.stdout.decode())
    flags = dict(zip(given[::2], given[1::2], strict=True))
    # They fit the window, whichever command takes them.
    if "--resolve" not in words:
        assert (flags.pop("--stride"), flags.pop("--fft-length")) == ("auto", "auto")
    assert list(flags) == ["--window", "--window-size"]
    return flags


def test_a_click_train_wants_the_shortest_window_and_close_steady_tones_the_longest(make_wav: MakeWav) -> None:
    assert tuned(make_wav(samples=click_train()))[0]["window_size"] == min(TUNED_SIZES)
    assert tuned(make_wav(samples=close_tones()))[0]["window_size"] == max(TUNED_SIZES)


@pytest.mark.parametrize("rate", [100, 300, 900, 1750])
def test_the_best_length_for_a_chirp_goes_as_one_over_the_root_of_its_rate(rate: float) -> None:
    sizes = sorted({2 * round(length * RATE / rate**0.5 / 2) for length in np.geomspace(1.0, 4.0, 41)})
    assert 1.7 <= best_size(chirp(rate), sizes) / RATE * rate**0.5 <= 2.3


@pytest.mark.parametrize(("size", "stride", "fft_length"), [(64, 8, 64), (100, 25, 100), (60, 7, 128)])
def test_the_entropy_is_that_of_a_plain_recomputation(size: int, stride: int, fft_length: int) -> None:
    samples = np.random.default_rng(2).normal(0, 0.1, 700).astype(np.float32)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)
    padded = np.concatenate([np.zeros(fft_length // 2), samples, np.zeros(fft_length // 2)])
    offset = (fft_length - size) // 2
    magnitudes = []
    for start in range(0, len(padded) - fft_length + 1, stride):
        frame = padded[start + offset : start + offset + size] * window
        magnitudes.append(np.abs(np.fft.rfft(frame, fft_length)))
    share = np.array(magnitudes) / np.sum(magnitudes)
    share = share[share > 0]
    expected = -(share * np.log2(share)).sum() + np.log2(stride / fft_length)
    analysis = analysis_of(size, stride=stride, fft_length=fft_length)
    assert magnitude_entropy(as_sound(samples), analysis.resolved(RATE)) == pytest.approx(expected, abs=1e-5)


def test_the_area_of_cells_makes_grids_of_other_strides_and_lengths_comparable() -> None:
    sound = as_sound(chirp(900, 1.0))
    grids = [analysis_of(1024, stride=stride) for stride in (32, 64, 128, 256)]
    grids += [analysis_of(1024, fft_length=length) for length in (2048, 4096)]
    found = [magnitude_entropy(sound, grid.resolved(RATE)) or 0.0 for grid in grids]
    # Far less than what windows differ by.
    assert max(found) - min(found) < 0.05


def test_loudness_does_not_count() -> None:
    samples = chirp(300, 0.5)
    loud, faint = (magnitude_entropy(as_sound(samples * gain), analysis_of(512).resolved(RATE)) for gain in (1.0, 1e-3))
    assert loud == pytest.approx(faint, abs=1e-4)


def test_several_windows_and_sizes_are_ranked_together(make_wav: MakeWav) -> None:
    words = "--window hann --window rectangular --window kaiser:14 --window-size 256 --window-size 20ms"
    rows = tuned(make_wav(samples=close_tones(RATE)), *words.split())
    assert {(row["window"], row["window_size"]) for row in rows} == {
        (window, size) for window in ("hann", "rectangular", "kaiser:14") for size in (256, "20ms")
    }
    spread = [row["entropy_bits"] for row in rows]
    assert spread == sorted(spread)
    for row in rows:
        assert row["window_ms"] == (16 if row["window_size"] == 256 else 20)
        if row["window"] == "hann":
            assert row["frequency_hz"] == pytest.approx(2000 / row["window_ms"], rel=0.001)
            assert row["time_ms"] == pytest.approx(row["window_ms"] / 2, rel=0.01)
            assert row["side_lobe_db"] == pytest.approx(-31.5, abs=0.1)


def test_the_table_has_a_line_a_window_the_best_first_and_says_what_each_resolves(make_wav: MakeWav) -> None:
    path = make_wav(samples=click_train())
    result = run_in_process("tune", path)
    head, *lines = result.stdout.decode().splitlines()
    assert (result.returncode, len(lines)) == (0, len([size for size in TUNED_SIZES if size <= RATE / 4]))
    assert all(word in head for word in ("window", "size", "Hz", "ms", "dB", "entropy", "bits"))
    assert [line.split()[:2] for line in lines] == [[row["window"], str(row["window_size"])] for row in tuned(path)]
    assert len({len(line) for line in (head, *lines)}) == 1


def test_over_a_folder_the_mean_counts(make_wav: MakeWav, tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    paths = [make_wav("a.wav", chirp(900, 1.0)), make_wav("deep/b.WAV", click_train() * 0.01)]
    (tmp_path / "notes.txt").write_text("no sound")
    single = [{row["window_size"]: row["entropy_bits"] for row in tuned(path)} for path in paths]
    both = {row["window_size"]: row["entropy_bits"] for row in tuned(tmp_path)}
    assert both == {size: pytest.approx((single[0][size] + single[1][size]) / 2) for size in single[0]}
    assert tuned(*paths) == tuned(tmp_path)


def test_a_silent_file_is_left_out_with_a_warning(make_wav: MakeWav) -> None:
    loud, silent = make_wav("loud.wav", click_train()), make_wav("silent.wav", np.zeros(8000))
    result = run_in_process("tune", "--json", silent, loud)
    assert (result.returncode, json.loads(result.stdout)) == (0, tuned(loud))
    assert (
        len([line for line in result.stderr.splitlines() if b": note: " not in line and b"measured" not in line]) == 1
    )
    assert b"silent.wav" in result.stderr
    alone = run_in_process("tune", silent)
    assert (alone.returncode, alone.stdout) == (1, b"")


def test_a_bad_file_is_an_error_and_the_others_count(make_wav: MakeWav, tmp_path: Path) -> None:
    good = make_wav("good.wav", click_train())
    (tmp_path / "bad.wav").write_bytes(b"no sound")
    result = run_in_process("tune", "--json", tmp_path)
    assert (result.returncode, json.loads(result.stdout)) == (1, tuned(good))
    assert (
        len([line for line in result.stderr.splitlines() if b": note: " not in line and b"measured" not in line]) == 1
    )
    assert b"bad.wav" in result.stderr
    nan = make_wav("nan.wav", np.where(np.arange(5000) == 3000, np.nan, 0.1), subtype="FLOAT")
    for word, code in (tmp_path / "absent.wav", 2), (tmp_path / "bad.wav", 1), (nan, 1):
        alone = run_in_process("tune", word)
        assert (alone.returncode, alone.stdout) == (code, b"")
        assert word.name.encode() in alone.stderr
        assert b"Traceback" not in alone.stderr


def test_a_folder_without_recordings_is_an_error_said_once(folder: Path) -> None:
    result = run_in_process("tune", folder)
    assert (result.returncode, result.stdout) == (1, b"")
    assert (
        len([line for line in result.stderr.splitlines() if b": note: " not in line and b"measured" not in line]) == 1
    )


@pytest.mark.system
def test_the_flags_go_into_plot_as_they_are(make_wav: MakeWav, folder: Path) -> None:
    path = make_wav("my sound.wav", click_train())
    program = f"{shlex.quote(sys.executable)} -m wav2spec"
    source = shlex.quote(str(path))
    line = f"{program} plot {source} $({program} tune -q --flags {source}) -o {folder}/tuned.png"
    result = subprocess.run(["sh", "-c", line], capture_output=True, timeout=HANGS_AFTER_S)
    assert (result.returncode, result.stdout, result.stderr) == (0, b"", b"")
    words = ("--window", "hann", "--window-size", str(min(TUNED_SIZES)))
    assert run_in_process("plot", path, folder / "expected.png", *words).returncode == 0
    assert (folder / "tuned.png").read_bytes() == (folder / "expected.png").read_bytes()


def n_humps(curve: Array) -> int:
    """Return how many humps rise above what is between them by 1 dB of power."""
    above = curve > 0.8 * curve.max()
    return int((np.diff(above.astype(int), prepend=0) == 1).sum())


def power_of(samples: Array, window: str, size: float, **others: Any) -> Array:
    found = spectrogram(samples, RATE, window=window, window_size=round(size), magnitude_squared=True, **others)
    return np.asarray(found.values[0], np.float64)


def n_samples_of(size: str) -> float:
    assert size.endswith("ms")
    return float(size[:-2]) * RATE / 1000


WINDOWS = ["hann", "hamming", "blackman", "blackman-harris", "kaiser:14", "bartlett"]


@pytest.mark.parametrize("hz", [50.0, 12.5])
@pytest.mark.parametrize("window", [*WINDOWS, "rectangular"])
def test_the_window_for_tones_so_far_apart_shows_two_and_half_of_it_one(window: str, hz: float) -> None:
    flags = flags_of("--resolve", f"{hz:g}Hz", "--window", window)
    assert flags["--window"] == window
    size = n_samples_of(flags["--window-size"])
    samples = close_tones(RATE, hz)
    for length, n_peaks in ((size, 2), (size / 2, 1)):
        power = power_of(samples, window, length, stride=40, fft_length=32768).mean(axis=0)
        assert n_humps(power[: 2 * 1100]) == n_peaks


@pytest.mark.parametrize("ms", [5.0, 20.0])
@pytest.mark.parametrize("window", WINDOWS)
def test_the_window_for_clicks_so_far_apart_shows_two_and_double_of_it_one(window: str, ms: float) -> None:
    size = n_samples_of(flags_of("--resolve", f"{ms:g}ms", "--window", window)["--window-size"])
    samples = np.zeros(RATE // 2)
    samples[4000] = samples[4000 + round(ms * RATE / 1000)] = 0.5
    for length, n_peaks in ((size, 2), (2 * size, 1)):
        assert n_humps(power_of(samples, window, length, stride=1).mean(axis=1)) == n_peaks


def test_for_tones_the_shortest_window_comes_first_and_for_clicks_the_longest() -> None:
    words = ["--window", "blackman", "--window", "hann", "--window", "rectangular"]
    tones, clicks = tuned("--resolve", "50hz", *words), tuned("--resolve", "0.005s", *words)
    assert [row["window"] for row in tones] == ["rectangular", "hann", "blackman"]
    assert [row["window_ms"] for row in clicks] == sorted((row["window_ms"] for row in clicks), reverse=True)
    assert all(row["frequency_hz"] == pytest.approx(50) for row in tones)
    assert all(row["time_ms"] == pytest.approx(5) for row in clicks)


def test_what_resolves_goes_into_plot(make_wav: MakeWav, folder: Path) -> None:
    flags = flags_of("--resolve", "50Hz")
    assert flags == {"--window": "hann", "--window-size": "40ms"}
    assert flags_of("--resolve", "5ms") == {"--window": "hann", "--window-size": "10ms"}
    words = [word for pair in flags.items() for word in pair]
    assert run_in_process("plot", make_wav(), folder / "a.png", *words).returncode == 0


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("--resolve 50", "--resolve"),
        ("--resolve Hz", "--resolve"),
        ("--resolve 0Hz", "--resolve"),
        ("--resolve 0.0ms", "--resolve"),
        ("--resolve=-5ms", "--resolve"),
        ("--resolve 5min", "--resolve"),
        ("--resolve 50Hz absent.wav", "--resolve"),
        ("--resolve 50Hz --window-size 256", "--resolve"),
        ("--resolve 50Hz --window hamm", "--window"),
        # Its width is in samples, and does not grow with the window.
        ("--resolve 50Hz --window gaussian:40", "--window"),
        ("absent.wav --window-size 1", "--window-size"),
        ("absent.wav --window-size 1/2", "--window-size"),
        ("absent.wav --window kaiser", "--window"),
        ("", "SRC"),
    ],
)
def test_wrong_usage_is_told_by_the_name_of_the_option(words: str, named: str) -> None:
    result = run_in_process("tune", *words.split())
    assert (result.returncode, result.stdout) == (2, b"")
    assert named.encode() in result.stderr


def test_no_window_is_longer_than_a_quarter_of_the_recording(make_wav: MakeWav) -> None:
    for n_samples in (1000, 4000, 50_000):
        rows = tuned(make_wav(samples=close_tones(n_samples)))
        assert max(row["window_size"] for row in rows) <= n_samples / 4


@pytest.mark.parametrize("rate", [500, 1000, 2500])
def test_a_gaussian_fits_a_chirp_at_its_exact_deviation(rate: float) -> None:
    # Cohen, "Time-frequency analysis", 1995: of a chirp of rate c it is 1 / sqrt(2 pi c).
    exact = RATE / (2 * np.pi * rate) ** 0.5
    samples = chirp(rate, 2.0)
    shares = (0.5, 0.7, 0.85, 1.0, 1.18, 1.4, 2.0)
    found = []
    for share in shares:
        size = 2 * round(6 * share * exact)
        analysis = analysis_of(size, window=f"gaussian:{share * exact:.3f}", stride="1/16").resolved(RATE)
        found.append(magnitude_entropy(as_sound(samples), analysis) or 0.0)
    assert shares[int(np.argmin(found))] == 1.0


@pytest.mark.parametrize(
    ("name", "low_ms", "high_ms"), [("speech", 8, 64), ("guitar", 40, 100), ("kick", 5, 25), ("snare", 1, 6)]
)
def test_real_recordings_get_the_windows_that_people_choose(name: str, low_ms: float, high_ms: float) -> None:
    assert low_ms <= tuned("-q", SAMPLES / f"{name}.wav")[0]["window_ms"] <= high_ms


def test_what_makes_the_answer_doubtful_is_said(make_wav: MakeWav) -> None:
    path = make_wav(samples=close_tones(2 * RATE))
    sizes = ("--window-size", "64", "--window-size", "128")
    assert b"the longest window tried: a longer one may be better" in run_in_process("tune", path, *sizes).stderr
    assert b"about a quarter of the recording" in run_in_process("tune", path).stderr
    assert b"too little to rank" in run_in_process("tune", path, "--window", "hann", "--window", "hanning").stderr


def test_the_best_are_drawn_and_a_section_is_measured(make_wav: MakeWav, folder: Path) -> None:
    samples = np.concatenate([click_train(), close_tones()])
    path = make_wav(samples=samples)
    assert tuned("--duration", "1", path)[0]["window_size"] == min(TUNED_SIZES)
    assert tuned("--start", "1", path)[0]["window_size"] == max(TUNED_SIZES)
    target = folder / "best.png"
    assert run_in_process("tune", "-q", path, "--plot", target).returncode == 0
    assert target.exists()
    assert run_in_process("tune", "-q", path, "--plot", folder / "best.svg").returncode == 0
    texts = set(re.findall(r">([^<>]+)</text>", (folder / "best.svg").read_text()))
    assert {"Window (ms)", "Entropy (bits)"} <= texts
    # The two best stand in the curve, beside a tick for each size that was tried.
    assert any("number 1" in text and "bits" not in text for text in texts)
    assert {f"{row['window_ms']:.3g}" for row in tuned(path)} <= texts
    assert run_in_process("tune", "-q", path, "--plot", folder / "best.npy").returncode == 2


def test_samples_whose_magnitudes_overflow_fail_and_the_others_are_ranked(tmp_path: Path) -> None:
    huge = np.random.default_rng(1).uniform(-3e38, 3e38, RATE)
    soundfile.write(tmp_path / "huge.wav", huge.astype(np.float32), RATE, subtype="FLOAT")
    words = ("tune", tmp_path / "huge.wav", SAMPLES / "kick.wav", "--plot", tmp_path / "curve.png")
    done = run_in_process(*words)
    assert done.returncode == 1
    assert b"huge.wav: has samples so large that their magnitudes overflow" in done.stderr
    assert b"entropy bits" in done.stdout
    assert (tmp_path / "curve.png").exists()
