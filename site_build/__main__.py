"""Build the site: `python -m site_build OUT`."""

import argparse
import sys
import time
from pathlib import Path

from site_build.lite import build
from site_build.parts import SiteError


def main() -> int:
    """Build it, and say where it is and how it is looked at."""
    parser = argparse.ArgumentParser(prog="python -m site_build", description=__doc__)
    parser.add_argument("out", type=Path, help="a folder: new, empty, or a site built before")
    out = parser.parse_args().out.resolve()
    began = time.monotonic()
    try:
        build(out)
    except SiteError as problem:
        print(problem, file=sys.stderr)
        return 1
    size = sum(file.stat().st_size for file in out.rglob("*") if file.is_file()) / 1e6
    print(f"{out}: {size:.0f} MB, built in {time.monotonic() - began:.0f} s")
    print(f"Look at it: {Path(sys.executable).name} -m http.server -d {out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
