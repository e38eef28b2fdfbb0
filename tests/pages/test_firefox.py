"""Both pages in Firefox, which decodes, computes and lays out by other code than Chromium."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner
from firefox import Firefox
from page_levels import assert_same_levels, columns_of, levels_by_wav2spec
from recordings import SAMPLES, MakeWav
from reports import make_row, run_report, write_manifest

from wav2spec.cli.main import command

pytestmark = pytest.mark.browser

WHOLE = "document.documentElement.dataset.busy === 'false'"


def open_explorer(firefox: Firefox, source: Path, target: Path) -> None:
    done = CliRunner().invoke(command, ["explore", str(source), str(target), "--force"], standalone_mode=False)
    assert done.return_value == 0, done.stderr
    firefox.open(target)
    firefox.until(WHOLE)


@pytest.mark.parametrize(("size", "window"), [(256, "hann"), (1024, "flattop"), (2048, "kaiser:14")])
@pytest.mark.parametrize("name", ["speech", "guitar", "bell"])
def test_levels_are_those_of_wav2spec(name: str, size: int, window: str, firefox: Firefox, tmp_path: Path) -> None:
    source = SAMPLES / f"{name}.wav"
    open_explorer(firefox, source, tmp_path / "page.html")
    expected = levels_by_wav2spec(source, tmp_path / "values.npy", size, window, size // 4, size)
    assert_same_levels(columns_of(firefox, size, window, size // 4, size, np.arange(size // 2 + 2) - 0.5), expected)


@pytest.mark.parametrize("rate", [1_000, 8_000, 192_000, 384_000])
def test_any_sample_rate_is_decoded_exactly(rate: int, firefox: Firefox, make_wav: MakeWav, tmp_path: Path) -> None:
    source = make_wav(sample_rate=rate)
    open_explorer(firefox, source, tmp_path / "page.html")
    assert firefox.evaluate("Array.from(shownSamples())") == soundfile.read(source)[0].tolist()


def test_keys_flip_the_analysis(firefox: Firefox, tmp_path: Path) -> None:
    open_explorer(firefox, SAMPLES / "kick.wav", tmp_path / "page.html")
    for key, expected in (("[", [256, "hann"]), ("w", [256, "hamming"]), ("x", [256, "hann"])):
        firefox.evaluate("key => { overlay.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true})); }", key)
        firefox.until(WHOLE)
        assert firefox.evaluate("[view.size, view.window]") == expected


def test_the_report_sorts_filters_and_shows(firefox: Firefox, tmp_path: Path) -> None:
    rows = [make_row(str(SAMPLES / f"{name}.wav")) for name in ("kick", "snare", "speech")]
    rows.append(make_row("gone.wav", status="failed", error="no samples in it"))
    write_manifest(tmp_path / "run.jsonl", rows)
    run_report(tmp_path / "run.jsonl", "-o", tmp_path / "report.html")
    firefox.open(tmp_path / "report.html")
    assert firefox.evaluate("columns.source[view.order[0]]") == "gone.wav"
    firefox.evaluate("document.querySelector('.row').click()")
    assert firefox.evaluate("document.getElementById('reasons').textContent") == "no samples in it"
    firefox.evaluate("document.querySelector('#chips button').click()")
    assert firefox.evaluate("view.order.length") == 1
