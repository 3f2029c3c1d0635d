"""Build the documentation site: `python -m docs.build OUT`.

English goes to OUT, Korean to OUT/ko. A warning of Sphinx or a link that leads nowhere fails.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from sphinx.cmd.build import build_main

from docs import links, sources

LANGUAGES = {"en": ".", "ko": "ko"}
PLAYER = "player/first.html"


def build(target: Path, work: Path, player: Path | None = None) -> int:
    """Build the site, its front page with the player's page; return 0 if all is well."""
    for language, place in LANGUAGES.items():
        sources.gather(language, work / language)
        shown = PLAYER if language == "en" else f"../{PLAYER}"
        command = ["-q", "-W", "--keep-going", "-b", "html", "-c", str(sources.DOCS)]
        command += ["-D", f"language={language}", "-D", f"player={shown if player else ''}"]
        command += ["-d", str(work / f"{language}.doctrees")]
        if status := build_main([*command, str(work / language), str(target / place)]):
            return status
    if player:
        (target / PLAYER).parent.mkdir(exist_ok=True)
        shutil.copy(player, target / PLAYER)
    broken = links.broken(target)
    sys.stderr.writelines(f"{line}\n" for line in broken)
    return 1 if broken else 0


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m docs.build", description=__doc__)
    parser.add_argument("out", type=Path, help="folder of the site")
    parser.add_argument("--player", type=Path, help="page of a recording that plays by itself")
    parser.add_argument("--work", type=Path, default=sources.ROOT / "build" / "docs")
    args = parser.parse_args()
    return build(args.out, args.work, args.player)


if __name__ == "__main__":
    sys.exit(main())
