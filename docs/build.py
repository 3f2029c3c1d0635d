"""Build the documentation site: `python -m docs.build OUT`.

English goes to OUT, Korean to OUT/ko. A warning of Sphinx or a link that leads nowhere fails.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sphinx.cmd.build import build_main

from docs import front_player, links, sources

LANGUAGES = {"en": ".", "ko": "ko"}


def build(target: Path, work: Path) -> int:
    """Build the site; return 0 if all is well."""
    for language, place in LANGUAGES.items():
        sources.gather(language, work / language)
        command = ["-q", "-W", "--keep-going", "-b", "html", "-c", str(sources.DOCS)]
        command += ["-D", f"language={language}"]
        command += ["-d", str(work / f"{language}.doctrees")]
        if status := build_main([*command, str(work / language), str(target / place)]):
            return status
        front_player.write(target / place, language)
    broken = links.broken(target)
    sys.stderr.writelines(f"{line}\n" for line in broken)
    return 1 if broken else 0


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m docs.build", description=__doc__)
    parser.add_argument("out", type=Path, help="folder of the site")
    parser.add_argument("--work", type=Path, default=sources.ROOT / "build" / "docs")
    args = parser.parse_args()
    return build(args.out, args.work)


if __name__ == "__main__":
    sys.exit(main())
