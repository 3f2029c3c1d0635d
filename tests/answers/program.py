"""What a program is, and the process that it runs in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

Step = list[Any]
Answer = Any  # of a step, as JSON has it; None = the process was dead by then

DATA = Path(__file__).parent / "data"
VICTIM = DATA / "victim"
PAGE = 4096
LIST = 0x100000000  # where the victim maps its descriptor 3
SIZE = 0x400000  # bytes of that
NOFILE = 1024  # the limit of descriptors, as the model has it
FOLDER = "/dev/shm/vmlab-answers"  # on a tmpfs
FILES = {f"{FOLDER}/f": b"x" * 5000, f"{FOLDER}/d/g": b""}
CHILD = "child"  # the answer of a call that makes one
