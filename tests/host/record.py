"""Saves the processes that are examples: `python -m tests.host.record`, on Linux as root.

A shell that waits for its child, with which it shares most frames; a sleeping program; and a Python
that holds 8 MiB of small arrays and one string of 3 MiB.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from vmlab import host

ENVIRON = {"PATH": "/usr/bin:/bin", "LANG": "C"}
SHELL = "x=$(seq 1 2000); (read y; :) ; :"
PYTHON = "a=[bytearray(1<<20) for _ in range(8)]; b=b'x'*(3<<20); import time; time.sleep(99)"


def main() -> int:
    """Start each program, save it, and end it."""
    _save("sleep", "/bin/sleep", "99")
    _save("python", "/usr/bin/python3", "-I", "-S", "-c", PYTHON)
    _save("shell", "/bin/bash", "--norc", "-c", SHELL)
    return 0


def _save(name: str, *argv: str) -> None:
    process = subprocess.Popen(argv, env=ENVIRON, cwd="/", stdin=subprocess.PIPE)
    time.sleep(1)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    host.save([process.pid, *map(int, children)], host.EXAMPLES / f"{name}.vmproc")
    process.kill()
    process.communicate()  # the child reads the end of its input, and ends


if __name__ == "__main__":
    sys.exit(main())
