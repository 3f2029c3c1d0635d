"""The Chromium that tests and screenshots use."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from vmlab.commands.doctor import CHROMIUM_NAMES, find_program

# Chromium has no sandbox for root, and looks for its maker's hosts unless told not to.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run it.

    Raises:
        FileNotFoundError: there is none.
    """
    with sync_playwright() as playwright:
        # Playwright's own Chromium is there if somebody let it install one.
        program = find_program(*CHROMIUM_NAMES) or playwright.chromium.executable_path
        if not Path(program).exists():
            raise FileNotFoundError(
                f"no Chromium: none of {', '.join(CHROMIUM_NAMES)} is installed"
            )
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()
