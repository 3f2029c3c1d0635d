"""Build lessons and pages in another language: `python -m tests.translation.build ko [NAME...]`.

Lessons are run in that language, so that their outputs are in it too.
"""

import argparse
import json
import os
import sys
from pathlib import Path

from tests import run_lessons
from tests.translation import pages
from vmlab.words.language import VARIABLE


def lesson(source: Path, code: str) -> None:
    """Build a lesson: with the outputs that a run in the language gives."""
    target = pages.built(source, code)
    target.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(pages.notebook(source, code), ensure_ascii=False, indent=1)
    target.write_text(text + "\n", encoding="utf-8")
    run_lessons.run(target)


def page(source: Path, code: str) -> None:
    """Build a page of documentation."""
    pages.built(source, code).write_text(pages.document(source, code), encoding="utf-8")


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.translation.build", description=__doc__)
    parser.add_argument("language")
    parser.add_argument("names", nargs="*", help="of lessons and pages, without their ends: all")
    args = parser.parse_args()
    os.environ[VARIABLE] = args.language  # for the kernels
    for source in pages.sources():
        if not args.names or source.stem in args.names:
            make = lesson if source.suffix == ".ipynb" else page
            make(source, args.language)
    return 0


if __name__ == "__main__":
    sys.exit(main())
