"""Build the site and run every lesson on it in a browser: `python -m tests.site`.

Each output must be the stored one, and no other host may be asked for anything. Chromium is the
browser; `--browser` takes another one that is installed: Debian's `firefox-esr`, or WebKit from
`webkit2gtk-driver` with `xvfb`.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from site_build.lite import build
from tests.browser.readers import READERS
from tests.browser.site import LESSONS, SITE, differences, serve_files


def main() -> int:
    """Run the lessons; return 1 if any came to something else than is stored."""
    parser = argparse.ArgumentParser(prog="python -m tests.site", description=__doc__)
    parser.add_argument("lessons", nargs="*", help="such as ko/07_fork.ipynb; default: all")
    parser.add_argument("--browser", choices=READERS, default="chromium", help="default: chromium")
    parser.add_argument("--site", type=Path, help="a site that is built already")
    args = parser.parse_args()
    found = (path for path in LESSONS.rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts)
    lessons = args.lessons or sorted(path.relative_to(LESSONS).as_posix() for path in found)
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder, SITE)
        if args.site:
            site.symlink_to(args.site.resolve())
        else:
            build(site)
        return _run(Path(folder), args.browser, lessons)


def _run(folder: Path, browser: str, lessons: list[str]) -> int:
    wrong: list[str] = []
    with (
        serve_files(folder) as url,
        READERS[browser](f"{url}{SITE.replace(' ', '%20')}/") as reader,
    ):
        for number, lesson in enumerate(lessons):
            began = time.monotonic()
            if number:
                reader.open(lesson)
            else:
                reader.visit(f"lab/index.html?path={lesson}")
                reader.wait_for_kernel(lesson)
            there = time.monotonic()
            now = differences(lesson, reader.run_all())
            ran = time.monotonic()
            print(
                f"{lesson:48} kernel {there - began:5.1f} s, cells {ran - there:5.1f} s", flush=True
            )
            print(*(f"  {line}\n" for line in now), sep="", end="", flush=True)
            wrong += now
            reader.close_notebook()
        print(*reader.outside, *reader.errors, sep="\n")
        wrong += reader.outside
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
