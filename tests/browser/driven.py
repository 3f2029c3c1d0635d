"""What the pages of Firefox and WebKit have in common with those that Playwright drives."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

SECONDS = 300  # a kernel takes its time to start


class DrivenPage(ABC):
    """As much of Playwright's page as somebody who reads the site needs.

    Attributes:
        requests: the addresses that were asked for, where the browser tells them.
        errors: what its console showed as errors, likewise.
    """

    def __init__(self) -> None:
        self.requests: list[str] = []
        self.errors: list[str] = []

    @abstractmethod
    def goto(self, address: str) -> None:
        """Load a page."""

    @abstractmethod
    def evaluate(self, function: str, arg: Any = None) -> Any:
        """Call a JavaScript function in the page; return what it, or its promise, gives."""

    @abstractmethod
    def screenshot(self, path: Path) -> None:
        """Keep a picture of what is seen."""

    def wait_for_function(self, function: str, *, arg: Any = None, polling: float = 100) -> None:
        """Wait until a function gives what is true; it is called each `polling` milliseconds.

        Raises:
            TimeoutError: it does not.
        """
        end = time.monotonic() + SECONDS
        while not self.evaluate(function, arg):
            if time.monotonic() > end:
                raise TimeoutError(f"not true after {SECONDS} s: {function}")
            self.wait_for_timeout(polling)

    def wait_for_timeout(self, milliseconds: float) -> None:
        """Let the page go on."""
        time.sleep(milliseconds / 1000)

    @staticmethod
    def wrapped(function: str) -> str:
        """Return the function with its argument and what it gives as JSON."""
        return f"async text => JSON.stringify(await ({function})(JSON.parse(text)) ?? null)"
