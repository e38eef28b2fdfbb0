"""The report in a real browser: clicked, typed into, dragged over, read."""

import io
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from browsing import Opener, OpenPage
from PIL import Image
from recordings import SAMPLES
from reports import make_row, run_report, write_manifest

from wav2spec.render.html.review import FLAGS, Review

pytestmark = pytest.mark.browser


def make_page(path: Path, rows: list[dict[str, Any]], *words: str) -> Path:
    write_manifest(path / "run.jsonl", rows)
    result = run_report(path / "run.jsonl", "-o", path / "report.html", *words)
    assert result.return_value == 0, result.stderr
    return path / "report.html"


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    """2,000 rows with faults here and there."""
    random = np.random.default_rng(3)
    made: list[dict[str, Any]] = []
    for number in range(2000):
        row = make_row(f"set/{number:04}.wav", peak_dbfs=float(random.uniform(-20, -1)))
        row["rms_dbfs"] = float(row["peak_dbfs"] - random.uniform(3, 20))
        row["duration_s"] = float(random.uniform(1, 5))
        kind = int(random.integers(100))
        if kind == 0:
            row |= {"status": "failed", "error": f"broken in way {number}", "duration_s": None, "peak_dbfs": None}
            row |= {"rms_dbfs": None, "clipped_share": None, "silent_share": None, "samples_sha256": None}
        elif kind == 1:
            row["clipped_share"] = 0.25
        elif kind == 2:
            row |= {"rms_dbfs": None, "peak_dbfs": None, "silent_share": 1.0}
        elif kind == 3:
            row["sample_rate"] = 44100
        elif kind == 4 and made:
            row["samples_sha256"] = made[0]["samples_sha256"]
        made.append(row)
    return made


@pytest.fixture(scope="module")
def large(rows: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_page(tmp_path_factory.mktemp("large"), rows, "--thumbnails", "none")


def visible_sources(page: OpenPage) -> list[str]:
    found: list[str] = page.evaluate(
        "[...document.querySelectorAll('.row:not([hidden])')]"
        ".map(row => [row.ariaRowIndex, row.children[1].title]).sort((a, b) => a[0] - b[0]).map(pair => pair[1])"
    )
    return found


def test_nothing_is_requested_but_the_page(large: Path, open_page: Opener) -> None:
    page = open_page(large)
    page.page.click(".row >> nth=2")
    assert page.requested == [large.as_uri()]


def test_chips_have_the_counts_of_the_manifest(large: Path, rows: list[dict[str, Any]], open_page: Opener) -> None:
    page = open_page(large)
    shown = page.evaluate("[...document.querySelectorAll('#chips button')].map(chip => chip.textContent)")
    digests = Counter(row["samples_sha256"] for row in rows if row["samples_sha256"])
    expected = {
        "failed": sum(row["status"] == "failed" for row in rows),
        "silent": sum(row["status"] != "failed" and row["rms_dbfs"] is None for row in rows),
        "clipped": sum((row["clipped_share"] or 0) > 0.001 for row in rows),
        "gaps": sum((row["silent_share"] or 0) >= 0.5 for row in rows),
        "rate": sum(row["sample_rate"] == 44100 for row in rows),
        "same": sum(digests[row["samples_sha256"]] > 1 for row in rows),
    }
    assert shown == [f"{name} {count:,}" for name, count in expected.items()]


def test_failed_rows_come_first_with_their_whole_error(
    large: Path, rows: list[dict[str, Any]], open_page: Opener
) -> None:
    page = open_page(large)
    failed = [row for row in rows if row["status"] == "failed"]
    n_seen = min(5, len(failed))
    assert visible_sources(page)[:n_seen] == [row["source"] for row in failed[:n_seen]]
    page.page.click(".row >> nth=0")
    assert page.text("#reasons") == failed[0]["error"]


def test_every_row_is_reached_by_scrolling(large: Path, rows: list[dict[str, Any]], open_page: Opener) -> None:
    page = open_page(large)
    seen: set[str] = set()
    for _ in range(600):
        seen |= set(visible_sources(page))
        if page.evaluate("list.scrollTop + list.clientHeight >= list.scrollHeight - 1"):
            break
        page.evaluate("list.scrollTop += list.clientHeight - 10")
        page.evaluate("new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve)))")
    assert seen == {row["source"] for row in rows}
    assert page.evaluate("document.querySelectorAll('*').length") < 1000


def test_a_click_on_a_head_sorts_and_another_turns_the_order(
    large: Path, rows: list[dict[str, Any]], open_page: Opener
) -> None:
    page = open_page(large)
    page.page.click("#heads button:text-is('s')")
    by_duration = sorted((row for row in rows if row["duration_s"]), key=lambda row: row["duration_s"])
    assert visible_sources(page)[:5] == [row["source"] for row in by_duration[:5]]
    page.page.keyboard.press("Enter")
    assert visible_sources(page)[:5] == [row["source"] for row in by_duration[::-1][:5]]


def test_chips_search_and_a_dragged_histogram_filter_together(
    large: Path, rows: list[dict[str, Any]], open_page: Opener
) -> None:
    page = open_page(large)
    page.page.click("#chips button:has-text('rate')")
    page.page.fill("#find", "SET/1")
    box = page.page.locator("figure canvas").nth(1).bounding_box()
    middle = box["y"] + 20
    page.page.mouse.move(box["x"] + 0.5 * box["width"], middle)
    page.page.mouse.down()
    page.page.mouse.move(box["x"] + 0.8 * box["width"], middle, steps=5)
    page.page.mouse.up()
    low, high = page.evaluate("view.ranges.peak_dbfs")
    peaks = [row["peak_dbfs"] for row in rows if row["peak_dbfs"] is not None]
    span = max(peaks) - min(peaks)
    assert low == pytest.approx(min(peaks) + span / 2, abs=span / 200)
    assert high == pytest.approx(min(peaks) + span * 0.8, abs=span / 200)
    kept = [
        row["source"]
        for row in rows
        if row["sample_rate"] == 44100 and row["source"].startswith("set/1") and low <= (row["peak_dbfs"] or 9) <= high
    ]
    assert visible_sources(page) == kept
    assert page.text("#count") == f"{len(kept)} of 2,000"
    page.page.mouse.click(box["x"] + 50, middle)
    assert page.evaluate("Object.keys(view.ranges)") == []


def test_limits_of_a_histogram_can_be_typed(large: Path, rows: list[dict[str, Any]], open_page: Opener) -> None:
    page = open_page(large)
    page.page.fill("figure input[aria-label='highest duration, s']", "1.5")
    page.page.keyboard.press("Tab")
    kept = sum(row["duration_s"] is not None and row["duration_s"] <= 1.5 for row in rows)
    assert page.text("#count") == f"{kept} of 2,000"


def test_keys_alone_reach_mark_and_save_a_row(large: Path, open_page: Opener) -> None:
    page = open_page(large)
    page.page.click("#heads button:text-is('source')")
    page.page.locator("#list").focus()
    for key in ("ArrowDown", "ArrowDown", "m", "End", "m", "Enter"):
        page.page.keyboard.press(key)
    assert page.text("#name") == "set/1999.wav"
    with page.page.expect_download() as marked:
        page.page.click("#save-marked")
    assert Path(marked.value.path()).read_text() == "set/0001.wav\nset/1999.wav\n"
    with page.page.expect_download() as others:
        page.page.click("#save-others")
    assert len(Path(others.value.path()).read_text().splitlines()) == 1998
    page.page.keyboard.press("Escape")
    assert page.page.is_hidden("#detail")


HOSTILE = [
    "<script>alert(1)</script>.wav",
    'it\'s "quoted".wav',
    "100%.wav",
    "a#b?c.wav",
    "two\nlines.wav",
    "bytes\udcff\udc80.wav",
    "-dash.wav",
    "<!--<img src=x onerror=alert(1)>.wav",
    "schön/日本.wav",
]


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """Recordings with names that are markup, quotes, parts of URLs, and no text."""
    rows = []
    for number, name in enumerate(HOSTILE):
        path = os.fsencode(tmp_path) + b"/" + os.fsencode(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        soundfile.write(path, np.full(8000, 0.1 + 0.05 * number), 8000 + number)
        rows.append(make_row(name, directory=".", sample_rate=8000, error=name, label=name))
    return make_page(tmp_path, rows)


def test_names_are_text_play_and_come_back_byte_for_byte(hostile: Path, open_page: Opener) -> None:
    page = open_page(hostile)
    page.page.click("#heads button:text-is('source')")
    page.page.locator("#list").focus()
    for number in range(len(HOSTILE)):
        source = page.evaluate(f"columns.source[{number}]")
        page.evaluate(f"select({number}, true)")
        assert page.text("#name").replace("\\n", "\n").isprintable() or "\n" in HOSTILE[number]
        duration = page.evaluate(
            "new Promise((resolve, reject) => { player.onloadedmetadata = () => resolve(player.duration);"
            "player.onerror = () => reject(new Error(player.src)); player.preload = 'auto'; player.load(); })"
        )
        assert duration == pytest.approx(8000 / (8000 + number), abs=1e-3), source
    assert page.evaluate("document.querySelectorAll('img, #list script').length") == 0
    page.page.click("#mark-shown")
    with page.page.expect_download() as download:
        page.page.click("#save-marked")
    # A name contains a newline, so that names end with NUL.
    names = Path(download.value.path()).read_bytes().split(b"\0")
    assert sorted(names) == sorted([*map(os.fsencode, HOSTILE), b""])


def test_the_command_for_a_name_is_read_by_a_shell_as_the_name(hostile: Path, open_page: Opener) -> None:
    import subprocess

    page = open_page(hostile)
    for number, name in enumerate(HOSTILE):
        page.evaluate(f"select({number}, true)")
        text = page.text("#command")
        script = "wav2spec() { printf '%s\\0' \"$@\"; }\n" + text
        words = subprocess.run(["bash", "-c", script], capture_output=True, check=True).stdout.split(b"\0")
        expected = "./" + name if name.startswith("-") else name
        assert words == [b"explore", os.fsencode(expected), b"-o", b"explore.html", b""]


def test_thumbnails_are_those_of_their_rows(tmp_path: Path, open_page: Opener) -> None:
    names = ("bell", "crow", "guitar", "kick", "snare", "speech")
    made = make_page(tmp_path, [make_row(str(SAMPLES / f"{name}.wav")) for name in names])
    page = open_page(made)
    page.page.select_option("#palette", "gray")
    page.page.click("#heads button:text-is('source')")
    page.evaluate(
        "Promise.all([...sheetUrls.values()].map(url => { const i = new Image(); i.src = url; return i.decode(); }))"
    )
    from wav2spec.batch.thumbnails import ThumbnailJob, draw_thumbnails

    drawn = draw_thumbnails([ThumbnailJob(str(SAMPLES / f"{name}.wav")) for name in names], 1)
    expected = [thumbnail for thumbnail in drawn if not isinstance(thumbnail, str)]
    for number in range(len(names)):
        shot = page.page.locator(".row").nth(number).locator(".picture").screenshot()
        pixels = np.asarray(Image.open(io.BytesIO(shot)).convert("L")).astype(float)
        # A row may begin between two pixels of the screen; the screenshot then has one more.
        windows = [pixels[first : first + 48] for first in range(len(pixels) - 47)]
        differences = [min(np.abs(seen - other).mean() for seen in windows) for other in expected]
        assert int(np.argmin(differences)) == number
        assert differences[number] < 12


def test_a_leak_is_found_by_its_chip_and_leads_to_the_other_manifest(tmp_path: Path, open_page: Opener) -> None:
    shared = make_row("b.wav")
    train = write_manifest(tmp_path / "train.jsonl", [make_row("a.wav"), shared])
    valid = write_manifest(tmp_path / "valid.jsonl", [shared | {"source": "v/b.wav"}, make_row("c.wav")])
    run_report(train, valid, "-o", tmp_path / "report.html", "--thumbnails", "none")
    page = open_page(tmp_path / "report.html")
    page.page.click("#chips button:has-text('leak 2')")
    assert visible_sources(page) == ["b.wav", "v/b.wav"]
    page.page.click(".row >> nth=0")
    page.page.click("#facts button")
    assert page.text("#name") == "v/b.wav"
    page.page.select_option("#manifest", label="train.jsonl")
    assert visible_sources(page) == ["b.wav"]


@pytest.mark.parametrize("rows", [[], [make_row(status="failed", error="no")]], ids=["none", "all failed"])
def test_a_page_of_nothing_opens(rows: list[dict[str, Any]], tmp_path: Path, open_page: Opener) -> None:
    page = open_page(make_page(tmp_path, rows))
    page.page.click("#grid")
    assert page.text("#count") == f"{len(rows)} of {len(rows)}"


def test_a_list_higher_than_browsers_lay_out_is_scrolled_to_its_end(tmp_path: Path, open_page: Opener) -> None:
    n_rows = 200_000
    page = open_page(
        make_page(tmp_path, [make_row(f"{number:06}.wav", samples_sha256=None) for number in range(n_rows)])
    )
    page.page.locator("#list").focus()
    page.page.keyboard.press("End")
    page.until(f"[...document.querySelectorAll('.row:not([hidden])')].some(row => row.row === {n_rows - 1})")
    page.page.keyboard.press("ArrowUp")
    row = page.page.locator(f"#row-{n_rows - 2}").bounding_box()
    box = page.page.locator("#list").bounding_box()
    assert box["y"] <= row["y"] <= box["y"] + box["height"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_700_pixels_in_both_schemes(scheme: str, large: Path, open_page: Opener) -> None:
    page = open_page(large, width=700, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= 700
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 18, 18)"
    assert dark == (scheme == "dark")


def test_flags_of_the_page_are_those_of_python(large: Path, rows: list[dict[str, Any]], open_page: Opener) -> None:
    page = open_page(large)
    review = Review.of([("run.jsonl", rows)])
    assert page.evaluate("severity") == [review.severity(index) for index in range(len(rows))]
    assert json.loads(page.evaluate("JSON.stringify(data.flags.map(flag => flag.name))")) == [
        flag.name for flag in FLAGS
    ]
