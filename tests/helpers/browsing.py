"""A real browser, and pages opened in it from disk."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from program import HANGS_AFTER_S

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
# As Playwright counts it, whose own limit is 30 s.
_HANGS_AFTER_MS = 1000 * HANGS_AFTER_S


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A browser of the system, as Playwright's own comes from its servers. CI names one, which must be there."""
    required = os.environ.get("WAV2SPEC_BROWSER")
    path = next(filter(None, map(shutil.which, [required] if required else BROWSERS)), None)
    if required:
        assert path, f"WAV2SPEC_BROWSER names {required}, which is not on the PATH"
    if path is None:
        pytest.skip("no browser: apt-get install chromium-headless-shell")
    api = pytest.importorskip("playwright.sync_api", reason="pip install playwright; make test does")
    with api.sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
        instance = playwright.chromium.launch(executable_path=path, args=arguments, timeout=_HANGS_AFTER_MS)
        yield instance
        instance.close()


class OpenPage:
    """A page in the browser, and what went wrong or out from it."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.requests: list[str] = []
        self.errors: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)

    def evaluate(self, expression: str, argument: Any = None) -> Any:
        return self.page.evaluate(expression, argument)

    def until(self, expression: str) -> None:
        """Wait until an expression is true. Playwright's own way needs `eval`, which the pages forbid."""
        end = time.monotonic() + HANGS_AFTER_S
        while not self.page.evaluate(expression):
            assert time.monotonic() < end, f"not within {HANGS_AFTER_S} s: {expression}; errors: {self.errors}"
            time.sleep(0.01)

    def text(self, selector: str) -> str:
        return str(self.page.inner_text(selector))

    @property
    def requested(self) -> list[str]:
        """What was requested but from the page's own memory."""
        return [url for url in self.requests if not url.startswith("blob:")]


Opener = Callable[..., OpenPage]


@pytest.fixture
def open_page(browser: Any) -> Iterator[Opener]:
    """Open a page from disk and wait until it is usable; at the end there must have been no error."""
    opened: list[tuple[Any, OpenPage]] = []

    def open_in_browser(
        path: Path, *, width: int = 1400, height: int = 800, fragment: str = "", **context: Any
    ) -> OpenPage:
        isolated = browser.new_context(viewport={"width": width, "height": height}, accept_downloads=True, **context)
        isolated.set_default_timeout(_HANGS_AFTER_MS)
        page = OpenPage(isolated.new_page())
        opened.append((isolated, page))
        page.page.goto(path.as_uri() + fragment)
        page.until("document.documentElement.dataset.ready")
        return page

    yield open_in_browser
    for isolated, page in opened:
        errors = list(page.errors)
        isolated.close()
        assert not errors, errors
