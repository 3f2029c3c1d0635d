"""Build what is published: `python -m tests.release VERSION OUT`.

Wheel and sdist, the same bytes each time: their times are that of the commit. A version other than
the one in `vmlab/__init__.py` is refused, and so is what a package index would refuse.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import vmlab

ROOT = Path(__file__).parent.parent
FORMATS = ("wheel", "sdist")
# What the sdist leaves out: how this repository is worked on, not what it is.
LEFT_OUT = re.compile(r"\.(ci/|git|npmrc|pre-commit)")


def tracked() -> set[str]:
    """Return the files of the repository."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return {name for name in listed.stdout.split("\0") if name and (ROOT / name).exists()}


def commit_time() -> str:
    """Return when the present commit was made, in seconds."""
    command = ["git", "log", "-1", "--format=%ct"]
    said = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return said.stdout.strip()


def build(source: Path, out: Path, epoch: str) -> list[Path]:
    """Build wheel and sdist of a tree; return the two files."""
    command = [sys.executable, "-m", "build", "--no-isolation", *(f"--{name}" for name in FORMATS)]
    environment = os.environ | {"SOURCE_DATE_EPOCH": epoch}
    done = subprocess.run(
        [*command, "--outdir", out, source],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(done.stdout)
    return sorted(out.glob("vmlab-*"))


def contents(built: Path) -> set[str]:
    """Return the files in a wheel or, without the folder that all lie in, in an sdist."""
    if built.suffix == ".whl":
        with zipfile.ZipFile(built) as wheel:
            return set(wheel.namelist())
    with tarfile.open(built) as sdist:
        return {name.split("/", 1)[1] for name in sdist.getnames()}


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.release", description=__doc__)
    parser.add_argument("version")
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    if args.version != vmlab.__version__:
        parser.error(f"vmlab/__init__.py says {vmlab.__version__}")
    files = build(ROOT, args.out, commit_time())
    return subprocess.run([sys.executable, "-m", "twine", "check", "--strict", *files]).returncode


if __name__ == "__main__":
    sys.exit(main())
