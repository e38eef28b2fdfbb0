"""Screenshots of the pages for the README: `python tests/helpers/screenshots.py RECORDINGS OUTPUT`."""

import io
import shutil
import sys
import tempfile
import time
from pathlib import Path

from browsing import BROWSERS
from PIL import Image
from playwright.sync_api import Browser, ViewportSize, sync_playwright

from wav2spec.cli.main import run

_SIZE: ViewportSize = {"width": 1200, "height": 700}

# Shown in the explorer: a phrase, with a window that shows both pulses and harmonics, and a selection.
_EXPLORE = """() => {
    change({size: 512, scale: 'mel', top: -15, range: 70});
    showTimes(0.6, 1.7);
    view.cursor = {x: 640, y: 300};
    selectBetween({x: 290, y: 60}, {x: 420, y: 330});
    followView();
}"""


def shoot(browser: Browser, page_path: Path, target: Path, script: str) -> None:
    page = browser.new_page(viewport=_SIZE, color_scheme="light")
    page.goto(page_path.as_uri())
    ready = "document.documentElement.dataset.ready && document.documentElement.dataset.busy !== 'true'"
    while not page.evaluate(ready):
        time.sleep(0.05)
    page.evaluate(script)
    page.wait_for_timeout(300)
    while not page.evaluate(ready):
        time.sleep(0.05)
    shot = Image.open(io.BytesIO(page.screenshot()))
    # Of 256 colours: half as large, and no difference is seen.
    shot.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(target, optimize=True)
    page.close()


def main(recordings: str, output: str) -> int:
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        print("no browser, no screenshots: apt-get install chromium-headless-shell", file=sys.stderr)
        return 0
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        for words in (
            ["explore", f"{recordings}/speech.wav", f"{folder}/explore.html"],
            # A text among them, as an example of a failure.
            [
                "image",
                recordings,
                f"{recordings}/SOURCES.md",
                "-o",
                f"{folder}/",
                "--manifest",
                f"{folder}/batch.jsonl",
            ],
            ["report", f"{folder}/batch.jsonl", "-o", f"{folder}/report.html"],
        ):
            run([*words, "-q"])
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        shoot(browser, folder / "explore.html", Path(output, "explore.png"), _EXPLORE)
        shoot(browser, folder / "report.html", Path(output, "report.png"), "select(view.order[1], true)")
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
