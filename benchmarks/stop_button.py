"""How long it takes from a press on "stop" until the page says that a program was stopped.

    python -m benchmarks.stop_button [presses]

The programs never end: one only counts, one prints. The goal is 0.3 seconds. Needs a Chromium, and
says so if there is none.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.browser.chromium import chromium
from tests.browser.explorer_page import PICTURE
from tests.browser.lab import serve
from tests.browser.notebook_page import NotebookPage, lab_window
from tests.browser.test_program import ENDLESS, TIME_OF_STOP, run

PRESSES = 10
GOAL = 300  # milliseconds
PAUSE = 1500  # milliseconds that a program runs


def main(presses: int) -> int:
    """Print the times; return the exit status: 1 if half of the presses took longer than that."""
    slow = False
    with ExitStack() as stack:
        try:
            browser = stack.enter_context(chromium())
        except FileNotFoundError as missing:
            print(missing)
            return 0
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        lab = stack.enter_context(serve(Path(folder)))
        window = lab_window(browser, lab)
        for name, text in ENDLESS.items():
            notebook = lab.add_notebook(f"{name}.ipynb", "%load_ext vmlab", f"%%c\n{text}")
            page = NotebookPage(window, lab, notebook)
            page.run_all()
            page.page.locator(PICTURE).wait_for()
            times = []
            for _ in range(presses):
                run(page.page, "end")
                page.page.wait_for_timeout(PAUSE)
                times.append(page.page.locator(".vm-explorer").evaluate(TIME_OF_STOP))
            median = statistics.median(times)
            slow |= median > GOAL
            print(f"{name:<8} {median:>5.0f} ms, at most {max(times):.0f} ms  (goal: {GOAL} ms)")
            page.close()
    return int(slow)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else PRESSES))
