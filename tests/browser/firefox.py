"""The system's own Firefox, by the protocol that it speaks itself: WebDriver BiDi.

Playwright drives only a Firefox of its own making.
"""

from __future__ import annotations

import base64
import json
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import websocket

from tests.browser.driven import DrivenPage
from vmlab.commands.doctor import find_program

NAMES = ("firefox-esr", "firefox")
START_SECONDS = 60
SECONDS = 400  # for an answer: a whole lesson may run until then
WRITTEN = "WebDriverBiDiServer.json"  # in its profile, once it listens
SETTINGS = {
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "focusmanager.testmode": True,  # a window that nobody looks at has the focus too
    "ui.prefersReducedMotion": 1,
}

Values = dict[str, Any]


class _Connection:
    # Sends commands, and hears of events while it waits for their answers.
    def __init__(self, url: str, on_event: Callable[[str, Values], None]) -> None:
        self._socket = websocket.create_connection(url, timeout=SECONDS, suppress_origin=True)
        self._on_event = on_event
        self._commands = 0

    def send(self, method: str, **params: Any) -> Values:
        self._commands += 1
        command = {"id": self._commands, "method": method, "params": params}
        self._socket.send(json.dumps(command))
        while (message := json.loads(self._socket.recv())).get("id") != self._commands:
            self._on_event(message["method"], message["params"])
        if message["type"] == "error":
            raise RuntimeError(f"{method}: {message['message']}")
        result: Values = message["result"]
        return result

    def close(self) -> None:
        self._socket.close()


class FirefoxPage(DrivenPage):
    """A page of Firefox."""

    def __init__(self, address: str, width: int, height: int) -> None:
        super().__init__()
        self._connection = _Connection(address, self._hear)
        self._connection.send("session.new", capabilities={})
        events = ["network.beforeRequestSent", "log.entryAdded"]
        self._connection.send("session.subscribe", events=events)
        # The first window never has the focus, without which JupyterLab knows no current notebook.
        self._context = self._connection.send("browsingContext.create", type="tab")["context"]
        size = {"width": width, "height": height}
        self._send("browsingContext.setViewport", viewport=size)

    def _send(self, method: str, **params: Any) -> Values:
        return self._connection.send(method, context=self._context, **params)

    def _hear(self, event: str, params: Values) -> None:
        if event == "network.beforeRequestSent":
            self.requests.append(params["request"]["url"])
        elif event == "log.entryAdded" and params["level"] == "error":
            self.errors.append(params["text"])

    def goto(self, address: str) -> None:
        self._send("browsingContext.navigate", url=address, wait="interactive")

    def evaluate(self, function: str, arg: Any = None) -> Any:
        # Values go both ways as JSON: BiDi's own form of them is far longer.
        argument = {"type": "string", "value": json.dumps(arg)}
        answer = self._connection.send(
            "script.callFunction",
            functionDeclaration=self.wrapped(function),
            arguments=[argument],
            target={"context": self._context},
            awaitPromise=True,
        )
        if answer["type"] == "exception":
            raise RuntimeError(answer["exceptionDetails"]["text"])
        return json.loads(answer["result"]["value"])

    def wait_for_timeout(self, milliseconds: float) -> None:
        super().wait_for_timeout(milliseconds)
        self._connection.send("session.status")  # what it told meanwhile is heard before the answer

    def screenshot(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self._send("browsingContext.captureScreenshot")["data"]))

    def close(self) -> None:
        """Close the whole browser."""
        self._connection.send("browser.close")
        self._connection.close()


@contextmanager
def firefox(width: int, height: int) -> Iterator[FirefoxPage]:
    """Run it, with a profile of its own.

    Raises:
        FileNotFoundError: there is none.
    """
    if not (program := find_program(*NAMES)):
        raise FileNotFoundError(f"no Firefox: none of {', '.join(NAMES)} is installed")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        lines = (f"user_pref({json.dumps(k)}, {json.dumps(v)});\n" for k, v in SETTINGS.items())
        Path(profile, "user.js").write_text("".join(lines))
        options = ["--headless", "--no-remote", "--profile", profile, "--remote-debugging-port=0"]
        with subprocess.Popen(
            [program, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as running:
            try:
                page = FirefoxPage(_address(Path(profile, WRITTEN)), width, height)
                yield page
                page.close()
            finally:
                running.terminate()


def _address(written: Path) -> str:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if written.exists() and (text := written.read_text()):
            server = json.loads(text)
            return f"ws://{server['ws_host']}:{server['ws_port']}/session"
        time.sleep(0.1)
    raise TimeoutError(f"Firefox does not listen after {START_SECONDS} s")
