"""Firefox of the system, driven by WebDriver BiDi: Playwright's Firefox is a build of its own."""

import itertools
import json
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from program import HANGS_AFTER_S

_PREFERENCES = {
    "remote.active-protocols": 1,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "app.update.enabled": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "extensions.update.enabled": False,
}


class Firefox:
    """A headless Firefox with one page."""

    def __init__(self, program: str, profile: str, connect: Any) -> None:
        lines = [f'user_pref("{name}", {json.dumps(value)});\n' for name, value in _PREFERENCES.items()]
        Path(profile, "user.js").write_text("".join(lines))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        words = [program, "--headless", "--no-remote", "--profile", profile, f"--remote-debugging-port={port}"]
        self._process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._numbers = itertools.count(1)
        end = time.monotonic() + HANGS_AFTER_S
        while True:
            try:
                self._socket = connect(f"ws://127.0.0.1:{port}/session", suppress_origin=True, timeout=HANGS_AFTER_S)
                break
            except OSError:
                assert time.monotonic() < end, "Firefox does not answer"
                time.sleep(0.1)
        self.command("session.new", capabilities={})
        self._context = self.command("browsingContext.getTree")["contexts"][0]["context"]

    def command(self, method: str, **parameters: Any) -> Any:
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self._socket.recv())
            if answer.get("id") == number:
                assert answer["type"] != "error", answer
                return answer["result"]

    def open(self, path: Path) -> None:
        """Open a page from disk and wait until it is usable."""
        self.command("browsingContext.navigate", context=self._context, url=path.as_uri(), wait="complete")
        # Between two pages, answers may still come from the former, or from an empty one. The explorer adds a fragment.
        here = f"location.href.split('#')[0] === {json.dumps(path.as_uri())}"
        self.until(f"{here} && document.documentElement?.dataset.ready")

    def evaluate(self, expression: str, argument: Any = None) -> Any:
        """Return the value of an expression, or of a function of the argument; promises are awaited."""
        called = expression if argument is None else f"({expression})({json.dumps(argument)})"
        text = f"Promise.resolve({called}).then(value => JSON.stringify(value ?? null))"
        target = {"context": self._context}
        done = self.command("script.evaluate", expression=text, target=target, awaitPromise=True)
        assert done["type"] == "success", done
        return json.loads(done["result"]["value"])

    def until(self, expression: str) -> None:
        end = time.monotonic() + HANGS_AFTER_S
        while not self.evaluate(f"Boolean({expression})"):
            assert time.monotonic() < end, expression
            time.sleep(0.02)

    def close(self) -> None:
        self._socket.close()
        self._process.terminate()
        try:
            self._process.wait(HANGS_AFTER_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@pytest.fixture(scope="session")
def firefox() -> Iterator[Firefox]:
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    if program is None:
        pytest.skip("no Firefox: apt-get install firefox-esr")
    websocket = pytest.importorskip("websocket", reason="pip install websocket-client; make test does")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        instance = Firefox(program, profile, websocket.create_connection)
        yield instance
        instance.close()
