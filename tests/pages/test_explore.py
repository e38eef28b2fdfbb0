"""``wav2spec explore``: pages as targets, and the sound in them, without a browser."""

import base64
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
from click.testing import CliRunner, Result
from recordings import SAMPLES, MakeWav

from wav2spec.cli.main import command


def explore(*words: str | Path) -> Result:
    return CliRunner().invoke(command, ["explore", *map(str, words)], standalone_mode=False)


def block_of(page: Path, name: str) -> str:
    found = re.search(f'<script type="[a-z/]+" id="{name}">(.*?)</script>', page.read_text(), re.DOTALL)
    assert found
    return found[1]


def data_of(page: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(block_of(page, "data"))
    return data


def sound_of(page: Path) -> npt.NDArray[np.float64]:
    """The samples as the page's script has them."""
    samples, rate = soundfile.read(io.BytesIO(base64.b64decode(block_of(page, "sound"))), always_2d=True)
    assert rate == data_of(page)["label_rate"]
    scaled: npt.NDArray[np.float64] = samples * data_of(page)["gain"]
    return scaled


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24"])
@pytest.mark.parametrize("n_channels", [1, 2])
def test_integer_samples_are_in_the_page_exactly(
    subtype: str, n_channels: int, make_wav: MakeWav, tmp_path: Path
) -> None:
    source = make_wav(subtype=subtype, n_channels=n_channels)
    assert explore(source, tmp_path / "page.html").return_value == 0
    assert np.array_equal(sound_of(tmp_path / "page.html"), soundfile.read(source, always_2d=True)[0])


def test_full_scale_is_exact_at_both_ends(make_wav: MakeWav, tmp_path: Path) -> None:
    source = make_wav(samples=np.tile([-1.0, 1 - 2**-15], 2000))
    explore(source, tmp_path / "page.html")
    assert np.array_equal(sound_of(tmp_path / "page.html"), soundfile.read(source, always_2d=True)[0])


def test_floats_beyond_full_scale_are_not_clipped(make_wav: MakeWav, tmp_path: Path) -> None:
    source = make_wav(samples=np.random.default_rng(1).normal(0, 3, 4000), subtype="FLOAT")
    explore(source, tmp_path / "page.html")
    expected = soundfile.read(source, always_2d=True)[0]
    gain = data_of(tmp_path / "page.html")["gain"]
    assert gain == 16.0
    assert np.abs(sound_of(tmp_path / "page.html") - expected).max() <= gain * 2**-24


def test_only_what_is_asked_for_is_carried(make_wav: MakeWav, tmp_path: Path) -> None:
    source = make_wav(n_channels=3, n_samples=16000)
    explore(source, tmp_path / "page.html", "--start", "0.25", "--duration", "0.5", "--channel", "2")
    expected = soundfile.read(source, always_2d=True)[0][4000:12000, 1:2]
    assert np.array_equal(sound_of(tmp_path / "page.html"), expected)
    data = data_of(tmp_path / "page.html")
    assert (data["start_s"], data["first_channel"], data["n_channels"]) == (0.25, 2, 1)


def test_options_are_the_state_in_which_the_page_opens(tmp_path: Path) -> None:
    words = ["--window-size", "20ms", "--window", "kaiser:9", "--freq-scale", "mel", "--fmin", "50", "--fmax", "4k"]
    words += ["--db-max", "-10", "--db-range", "70", "--palette", "cividis"]
    explore(SAMPLES / "speech.wav", tmp_path / "page.html", *words)
    state = data_of(tmp_path / "page.html")["state"]
    assert state == {
        "size": 320,
        "window": "kaiser:9",
        "scale": "mel",
        "top": -10,
        "range": 70,
        "palette": "cividis",
        "low": 50,
        "high": 4000,
        "channel": "mix",
    }


def test_an_automatic_limit_is_where_the_power_ends(make_wav: MakeWav, tmp_path: Path) -> None:
    tone = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(16_000) / 16_000)
    explore(make_wav(samples=tone), tmp_path / "page.html", "--fmax", "auto")
    assert data_of(tmp_path / "page.html")["state"]["high"] == pytest.approx(1500, abs=500)


def test_a_page_without_its_sound_is_small(tmp_path: Path) -> None:
    explore(SAMPLES / "guitar.wav", tmp_path / "page.html")
    page = (tmp_path / "page.html").stat().st_size
    assert page - len(block_of(tmp_path / "page.html", "sound")) <= 60_500


@pytest.mark.system
def test_pages_are_targets_like_any_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("kick", "snare"):
        (tmp_path / f"{name}.wav").write_bytes((SAMPLES / f"{name}.wav").read_bytes())
    assert explore(tmp_path).return_value == 0
    pages = {path.name: path.read_bytes() for path in tmp_path.glob("*.html")}
    assert sorted(pages) == ["kick.html", "snare.html"]
    assert explore(tmp_path, "--check").return_value == 0
    assert "2 up to date" in explore(tmp_path, "--update").stderr
    # A page that was cut off, and one of other settings, are not up to date.
    (tmp_path / "kick.html").write_bytes(pages["kick.html"][:-2])
    assert explore(tmp_path, "--check").return_value == 1
    assert "1 written, 1 up to date" in explore(tmp_path, "--update", "-j", "2").stderr
    assert {path.name: path.read_bytes() for path in tmp_path.glob("*.html")} == pages
    assert explore(tmp_path, "--check", "--window", "blackman").return_value == 1


def test_a_page_that_others_wrote_is_kept(make_wav: MakeWav) -> None:
    source = make_wav()
    page = source.with_suffix(".html")
    page.write_text("<!doctype html><title>mine</title>")
    result = explore(source)
    assert result.return_value == 1
    assert "--force" in result.stderr
    assert page.read_text() == "<!doctype html><title>mine</title>"


def test_info_tells_how_a_page_was_made(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    explore(SAMPLES / "speech.wav", page, "--window", "blackman")
    answer = CliRunner().invoke(command, ["info", "--json", str(page)]).stdout
    metadata = json.loads(answer)
    assert (metadata["command"], metadata["settings"]["window"]) == ("explore", "blackman")
    assert CliRunner().invoke(command, ["info", "--flags", str(page)]).stdout == "--window blackman\n"


@pytest.mark.system
def test_a_page_goes_to_standard_output_and_comes_from_standard_input(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "wav2spec", "explore", "-", "-o", "-"]
    recording = (SAMPLES / "kick.wav").read_bytes()
    done = subprocess.run(words, input=recording, capture_output=True, cwd=tmp_path, check=True)
    assert done.stdout.startswith(b"<!doctype html>")
    assert done.stdout.endswith(b"</html>\n")
    assert done.stderr == b""
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("target", ["page.png", "page.npy", "page.pdf"])
def test_a_page_is_not_written_under_the_name_of_something_else(target: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(command, ["explore", str(SAMPLES / "kick.wav"), "-o", str(tmp_path / target)])
    assert result.exit_code == 2
    assert "html" in result.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["image", "plot"])
def test_pictures_are_not_written_as_pages(name: str, tmp_path: Path) -> None:
    words = [name, str(SAMPLES / "kick.wav"), "-o", str(tmp_path / "a.html")]
    result = CliRunner().invoke(command, words)
    assert result.exit_code == 2
    assert "a.html ends in .html; targets end in .png" in result.stderr


def test_more_channels_than_flac_takes_are_refused_with_the_way_out(make_wav: MakeWav, tmp_path: Path) -> None:
    source = make_wav(n_channels=9)
    result = explore(source, tmp_path / "page.html")
    assert result.return_value == 1
    assert "a page takes 8 channels, it has 9; select one, or their mean (mix)" in result.stderr
    assert explore(source, tmp_path / "page.html", "--channel", "mix").return_value == 0


def test_a_page_larger_than_browsers_open_is_refused_and_not_written(
    make_wav: MakeWav, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wav2spec.render.html.explorer._MAX_BYTES", 1000)
    monkeypatch.setattr("wav2spec.render.html.explorer._LARGE_BYTES", 500)
    result = explore(make_wav(), tmp_path / "page.html")
    assert result.return_value == 1
    assert "browsers open at most" in result.stderr
    assert not (tmp_path / "page.html").exists()


@pytest.mark.parametrize("rate", [8, 2999, 44100, 500_000])
def test_rates_that_browsers_refuse_are_labelled_with_another(rate: int, make_wav: MakeWav, tmp_path: Path) -> None:
    source = make_wav(sample_rate=rate)
    assert explore(source, tmp_path / "page.html").return_value == 0
    data = data_of(tmp_path / "page.html")
    assert data["sample_rate"] == rate
    assert data["label_rate"] == (rate if rate == 44100 else 48000)
    assert np.array_equal(sound_of(tmp_path / "page.html"), soundfile.read(source, always_2d=True)[0])


def test_names_are_escaped(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/<script>alert(1)<!--\xff\n.wav"
    soundfile.write(name, np.zeros(4000), 8000)
    page = tmp_path / "page.html"
    assert explore(os.fsdecode(name), page).return_value == 0
    text = page.read_text()
    assert "<script>alert" not in text
    assert "<!--" not in text
    assert data_of(page)["source"] == os.fsdecode(name)


@pytest.mark.parametrize("labels", ["auto", "named"])
def test_labels_are_in_the_page_and_decide_whether_it_is_up_to_date(
    labels: str, make_wav: MakeWav, tmp_path: Path
) -> None:
    source, file = make_wav("a.wav"), tmp_path / ("a.txt" if labels == "auto" else "named.txt")
    file.write_text("0.1\t0.2\tcall\n")
    words: list[str | Path] = [source, "--labels", labels if labels == "auto" else file]
    assert explore(*words).return_value == 0
    expected = {"start_s": 0.1, "end_s": 0.2, "text": "call", "low_hz": None, "high_hz": None, "tier": ""}
    assert data_of(tmp_path / "a.html")["labels"] == [expected]
    assert explore(*words, "--check").return_value == 0
    file.write_text("0.1\t0.2\tsong\n")
    assert explore(*words, "--check").return_value == 1


def test_labels_that_are_not_there_matter_only_if_they_were_named(make_wav: MakeWav, tmp_path: Path) -> None:
    source = make_wav("a.wav")
    assert explore(source, "--labels", "auto").return_value == 0
    result = explore(source, "--labels", tmp_path / "gone.txt")
    assert result.return_value == 1
    assert "gone.txt: No such file" in result.stderr


def test_a_bad_line_among_labels_is_named(make_wav: MakeWav, tmp_path: Path) -> None:
    source = make_wav("a.wav")
    (tmp_path / "a.txt").write_text("once upon a time\n")
    result = explore(source, "--labels", "auto")
    assert result.return_value == 1
    assert "a.txt: line 1 is no label" in result.stderr
