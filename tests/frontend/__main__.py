"""Lint and test the JavaScript of the widgets, with Node: `python -m tests.frontend`."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
SKIPPED = 77  # what Automake's test drivers understand as skipped


def main() -> int:
    """Run both; where the tools are missing say how to get them, which in CI is a failure."""
    npm = shutil.which("npm")
    if npm is None:
        return _missing("no npm here: install Node.js 18 or newer and npm, then run `npm install`")
    if not (ROOT / "node_modules" / "eslint").is_dir():
        return _missing("no node_modules here: run `npm install`")
    commands = ([npm, "run", "lint"], [npm, "test"])
    statuses = [subprocess.run(command, cwd=ROOT, check=False).returncode for command in commands]
    return int(any(statuses))


def _missing(what: str) -> int:
    print(what, file=sys.stderr)
    return 1 if os.environ.get("CI") else SKIPPED


if __name__ == "__main__":
    sys.exit(main())
