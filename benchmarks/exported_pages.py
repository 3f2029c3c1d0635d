"""How large the pages are that play recordings without Python.

Takes from each lesson the recording with most steps:
the pages with a picture after each step, and those by chapters only, each with the picture of the
story and with four pictures to choose from.

Usage: python -m benchmarks.exported_pages [LESSON ...] [--by chapters]
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

from tqdm import tqdm

from tests.lesson_recordings import LESSONS, longest
from vmlab import Recorder
from vmlab.widgets.export import LARGE, LEVELS, data_of
from vmlab.widgets.played_page import page

FOUR = ("address_space", "sharing", "page_table", "frames")


def measure(recorder: Recorder, by: str, pictures: tuple[str, ...]) -> str:
    """Return the size of a page, and how long it takes to make."""
    start = time.perf_counter()
    size = len(page(data_of(recorder, by=by, pictures=pictures)).encode())
    seconds = time.perf_counter() - start
    return f"{size / 1000:>8.0f} kB {seconds:>6.1f} s{'!' if size > LARGE else ' '}"


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("lessons", nargs="*", help="beginnings of their names (default: all)")
    parser.add_argument("--by", choices=LEVELS, help="only these (default: both)")
    args = parser.parse_args()
    levels = (args.by,) if args.by else LEVELS
    wanted = tuple(args.lessons) or ("",)
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} CPUs; ! = over {LARGE / 1e6} MB")
    heads = "".join(f"{f'by {by}, {kind}':>20}" for by in levels for kind in ("story", "four"))
    print(f"{'lesson':<38}{'steps':>6}{heads}")
    lessons = [lesson for lesson in LESSONS if lesson.stem.startswith(wanted)]
    with tempfile.TemporaryDirectory() as folder:
        for lesson in tqdm(lessons, unit="lesson", leave=False):
            file = longest(lesson, Path(folder))
            if file is None:
                continue
            recorder = Recorder.from_json(file.read_text(encoding="utf-8"))
            cells = [measure(recorder, by, names) for by in levels for names in ((), FOUR)]
            tqdm.write(f"{lesson.stem:<38}{len(recorder):>6}" + "".join(f"{c:>20}" for c in cells))


if __name__ == "__main__":
    main()
