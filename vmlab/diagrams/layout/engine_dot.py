"""The `dot` program of the system, for where `mini-racer` has no wheel."""

from __future__ import annotations

import re
import subprocess

from vmlab.diagrams.layout.engine import Engine, Messages
from vmlab.words.language import say


class ProgramEngine(Engine):
    """Graphviz as a program."""

    def __init__(self, program: str) -> None:
        said = subprocess.run([program, "-V"], capture_output=True, text=True, check=False)
        found = re.search(r"version (\S+)", said.stderr)
        self.name = f"Graphviz {found.group(1) if found else '?'} ({program})"
        self._program = program

    def draw(self, dot: str) -> tuple[str, Messages]:
        ran = subprocess.run(
            [self._program, "-Tsvg"], input=dot.encode(), capture_output=True, check=False
        )
        messages = []
        for line in ran.stderr.decode(errors="replace").splitlines():
            level, colon, text = line.partition(": ")
            known = colon and level in ("Error", "Warning")
            messages.append((level.lower(), text) if known else ("", line))
        if ran.returncode and not any(level == "error" for level, _ in messages):
            messages.append(("error", say("exit status {status}", status=ran.returncode)))
        return ran.stdout.decode(), messages
