"""Timings of the pages in a real browser: `python tests/bench/pages.py`, on the machine as it is."""

import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import numpy as np
import soundfile
from click.testing import CliRunner
from playwright.sync_api import Browser, Page, sync_playwright

from wav2spec.cli.main import command

_RATE = 44_100


def noise(path: Path, duration_s: float, n_channels: int, rate: int) -> None:
    """Write what compresses as music does: coloured noise, a block at a time."""
    random = np.random.default_rng(1)
    with soundfile.SoundFile(path, "w", rate, n_channels, "PCM_16") as file:
        left = int(duration_s * rate)
        while left:
            n_samples = min(left, rate * 10)
            block = np.cumsum(random.normal(0, 0.002, (n_samples, n_channels)), axis=0)
            file.write(block - np.linspace(block[0], block[-1], n_samples))
            left -= n_samples


def manifest(path: Path, n_rows: int, source: str) -> None:
    random = np.random.default_rng(2)
    with path.open("w") as file:
        for number in range(n_rows):
            levels = random.uniform(-30, -1, 2)
            row: dict[str, Any] = {
                "source": "./" * (number % 40) + source,
                "target": None,
                "status": "written",
                "error": None,
            }
            row |= {
                "sample_rate": 16000,
                "n_channels": 1,
                "n_samples": 16000,
                "duration_s": float(random.uniform(1, 9)),
            }
            row |= {"peak_dbfs": float(max(levels)), "rms_dbfs": float(min(levels)), "clipped_share": 0.0}
            row |= {"silent_share": 0.0, "samples_sha256": f"{number:064x}"}
            file.write(json.dumps(row) + "\n")


def made(*words: object) -> tuple[float, float]:
    """Make a page; return the time in s and the size in MB."""
    start = time.perf_counter()
    result = CliRunner().invoke(command, [str(word) for word in words], standalone_mode=False)
    assert result.return_value == 0, result.stderr
    return time.perf_counter() - start, os.path.getsize(str(words[-1])) / 1e6


def until(page: Page, expression: str) -> None:
    while not page.evaluate(expression):
        time.sleep(0.002)


@contextmanager
def opened(browser: Browser, path: Path) -> Iterator[tuple[Page, float]]:
    """Open a page; yield it and the time until it is usable, in s."""
    context = browser.new_context(viewport={"width": 1400, "height": 800})
    page = context.new_page()
    start = time.perf_counter()
    page.goto(path.as_uri(), timeout=300_000)
    until(page, "document.documentElement.dataset.ready")
    yield page, time.perf_counter() - start
    context.close()


WHOLE = "document.documentElement.dataset.busy === 'false'"


def timed(page: Page, expression: str, done: str) -> float:
    """Return how many ms an expression takes until something is so."""
    start = time.perf_counter()
    page.evaluate(expression)
    until(page, done)
    return 1000 * (time.perf_counter() - start)


def frame_rate(page: Page, move: str) -> float:
    """Return how many frames a second are drawn while something moves in each."""
    return float(
        page.evaluate(
            "move => new Promise(resolve => { const times = []; const frame = t => { times.push(t);"
            " move === 'pan' ? moveBy(6, 0) : list.scrollBy(0, 137);"
            " times.length < 90 ? requestAnimationFrame(frame)"
            " : resolve(1000 * (times.length - 1) / (times.at(-1) - times[0])); }; requestAnimationFrame(frame); })",
            move,
        )
    )


def measure_explorer(browser: Browser, folder: Path, name: str, duration_s: float, n_channels: int, rate: int) -> None:
    source, target = folder / "a.wav", folder / "a.html"
    noise(source, duration_s, n_channels, rate)
    build_s, megabytes = made("explore", source, "-q", "--force", "-o", target)
    with opened(browser, target) as (page, usable_s):
        start = time.perf_counter()
        until(page, WHOLE)
        whole_s = usable_s + time.perf_counter() - start
        flips = [timed(page, f"change({{size: {size}}})", WHOLE) for size in (256, 1024, 2048, 8192)]
        recolour = page.evaluate(
            "(() => { const t = performance.now(); for (let i = 0; i < 20; i++) change({range: 60 + i});"
            " return (performance.now() - t) / 20; })()"
        )
        page.evaluate("zoomTime(0.1, area.width / 2)")
        until(page, WHOLE)
        pan = frame_rate(page, "pan")
    click.echo(
        f"explore {name}: {megabytes:.1f} MB, made in {build_s:.2f} s, usable {usable_s:.2f} s, whole {whole_s:.2f} s, "
        f"flip {' '.join(f'{ms:.0f}' for ms in flips)} ms (256 1024 2048 8192), recolour {recolour:.1f} ms, "
        f"pan {pan:.0f} frames a second"
    )


def measure_report(browser: Browser, folder: Path, n_rows: int, thumbnails: str) -> None:
    noise(folder / "clip.wav", 1.0, 1, 16_000)
    manifest(folder / "run.jsonl", n_rows, str(folder / "clip.wav"))
    target = folder / "report.html"
    build_s, megabytes = made("report", folder / "run.jsonl", "--thumbnails", thumbnails, "-o", target)
    with opened(browser, target) as (page, usable_s):
        call = "(() => {{ const t = performance.now(); {}; return performance.now() - t; }})()"
        sorts = {
            key: page.evaluate(call.format(f"view.sort = '{key}'; update()"))
            for key in ("duration_s", "rms_dbfs", "source", "severity")
        }
        search = page.evaluate(call.format("view.text = 'clip'; update()"))
        brush = page.evaluate(call.format("view.ranges.rms_dbfs = [-20, -10]; update()"))
        page.evaluate("view.ranges = {}, view.text = '', update()")
        scroll = frame_rate(page, "scroll")
        row = (
            page.evaluate(call.format("for (let i = 0; i < 50; i++) { list.scrollTop = i * 900; drawList(false); }"))
            / 50
        )
        n_nodes = page.evaluate("document.querySelectorAll('*').length")
    click.echo(
        f"report {n_rows} rows, thumbnails {thumbnails}: {megabytes:.1f} MB, made in {build_s:.1f} s, usable "
        f"{usable_s:.2f} s, sort {' '.join(f'{ms:.0f}' for ms in sorts.values())} ms, search {search:.0f} ms, "
        f"brush {brush:.0f} ms, a frame's own work {row:.1f} ms, scroll {scroll:.0f} frames a second, {n_nodes} nodes"
    )


@click.command()
@click.option("--quick", is_flag=True, help="Short recordings and few rows: see that it works.")
def main(quick: bool) -> None:
    """Make pages, open them in a headless Chromium, and print what takes how long."""
    path = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if path is None:
        raise click.ClickException("no browser: apt-get install chromium-headless-shell")
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        click.echo(f"{browser.version}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
        measure_explorer(browser, folder, "10 s, 44.1 kHz stereo", 10, 2, _RATE)
        if not quick:
            measure_explorer(browser, folder, "4 min, 44.1 kHz mono", 240, 1, _RATE)
            measure_explorer(browser, folder, "4 min, 44.1 kHz stereo", 240, 2, _RATE)
            measure_explorer(browser, folder, "1 h, 16 kHz mono", 3600, 1, 16_000)
        measure_report(browser, folder, 200 if quick else 10_000, "sources")
        if not quick:
            measure_report(browser, folder, 100_000, "none")
        browser.close()


if __name__ == "__main__":
    main()
