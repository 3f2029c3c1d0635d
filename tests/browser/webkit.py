"""WebKitGTK, which is what Safari is made of, by WebDriver: its own program speaks that by HTTP."""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.browser.driven import DrivenPage
from vmlab.commands.doctor import find_program

DRIVER = "WebKitWebDriver"
MINIBROWSERS = "usr/lib/*/webkit2gtk-4.*/MiniBrowser"
START_SECONDS = 30
SECONDS = 400  # for an answer: a whole lesson may run until then
CALL = """
    const [text, done] = arguments;
    ({function})(text).then(
        (text) => done({{ text }}), (error) => done({{ error: String(error) }}));
"""


class WebKitPage(DrivenPage):
    """A page of WebKit's MiniBrowser, which tells neither requests nor errors."""

    def __init__(self, driver: str, browser: Path, width: int, height: int) -> None:
        super().__init__()
        self._driver = driver
        options = {"binary": str(browser), "args": ["--automation"]}
        wanted = {"alwaysMatch": {"webkitgtk:browserOptions": options}}
        session = self._ask("POST", "/session", capabilities=wanted)
        self._driver += f"/session/{session['sessionId']}"
        self._ask("POST", "/timeouts", script=SECONDS * 1000)
        self._ask("POST", "/window/rect", width=width, height=height)

    def _ask(self, method: str, path: str, **values: Any) -> Any:
        body = json.dumps(values).encode() if method == "POST" else None
        request = urllib.request.Request(self._driver + path, body, method=method)
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as problem:
            raise RuntimeError(f"{path}: {json.load(problem)['value']['message']}") from None

    def goto(self, address: str) -> None:
        self._ask("POST", "/url", url=address)

    def evaluate(self, function: str, arg: Any = None) -> Any:
        script = CALL.format(function=self.wrapped(function))
        answer = self._ask("POST", "/execute/async", script=script, args=[json.dumps(arg)])
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return json.loads(answer["text"])

    def screenshot(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self._ask("GET", "/screenshot")))

    def close(self) -> None:
        """Close the whole browser."""
        self._ask("DELETE", "")


@contextmanager
def webkit(width: int, height: int) -> Iterator[WebKitPage]:
    """Run it, on a screen that nobody sees.

    Raises:
        FileNotFoundError: it, its driver or such a screen is not installed.
    """
    driver, screen = find_program(DRIVER), find_program("Xvfb")
    browser = next(Path("/").glob(MINIBROWSERS), None)
    if not (driver and screen and browser):
        raise FileNotFoundError("no WebKit: webkit2gtk-driver and xvfb are not both installed")
    with _screen(screen) as display:
        port = _free_port()
        environment = os.environ | {"DISPLAY": display}
        with subprocess.Popen([driver, f"--port={port}"], env=environment) as running:
            try:
                _wait_for(port)
                page = WebKitPage(f"http://127.0.0.1:{port}", browser, width, height)
                yield page
                page.close()
            finally:
                running.terminate()


@contextmanager
def _screen(program: str) -> Iterator[str]:
    # It chooses a number that is free, and tells it.
    command = [program, "-displayfd", "1", "-screen", "0", "1600x1200x24", "-nolisten", "tcp"]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    with subprocess.Popen(command, **pipes) as running:
        yield f":{running.stdout.readline().strip()}"
        running.terminate()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _wait_for(port: int) -> None:
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
