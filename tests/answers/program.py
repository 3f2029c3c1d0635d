"""What a program is, and the process that it runs in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vmlab.model.abi.mman import Madv

Step = list[Any]
Answer = Any  # of a step, as JSON has it; None = the process was dead by then

DATA = Path(__file__).parent / "data"
VICTIM = DATA / "victim"
PAGE = 4096
LIST = 0x100000000  # where the victim maps its descriptor 3
SIZE = 0x400000  # bytes of that
NOFILE = 1024  # the limit of descriptors, as the model has it
FOLDER = "/dev/shm/vmlab-answers"  # on a tmpfs
DISK_FOLDER = "/vmlab-answers"  # on an ext4
FILES = {f"{FOLDER}/f": b"x" * 5000, f"{FOLDER}/d/g": b"", f"{DISK_FOLDER}/f": b""}
HEADROOM = 1100 << 20  # bytes that overcommit_memory 2 leaves to a program
CHILD = "child"  # the answer of a call that makes one
# A child on the kernel reads its list, so it has pages that one on the model has not: it gets all.
TOUCH_LIST: Step = ["madvise", LIST, SIZE, Madv.MADV_POPULATE_READ.value]


VICTIM_PID = "victim"  # stands for the number of the first process
TID = "tid"  # the answer of `word` where a task's number stands, and of `NUMBERED`
NUMBERED = ("set_tid_address", "getpgid", "getsid", "setsid")
_LARGEST_TID = 1 << 22


def word(number: int) -> Answer:
    """Return a number of 4 bytes, whichever it is if it could be that of a task."""
    return TID if 0 < number <= _LARGEST_TID else number


def since_first(steps: list[Step], answers: list[Answer]) -> list[Answer]:
    """Return answers in which `committed` is less what it was at first."""
    first: list[int] = []

    def relative(steps: list[Step], answers: list[Answer]) -> list[Answer]:
        told = list(answers)
        for number, ((name, *args), answer) in enumerate(zip(steps, answers, strict=False)):
            if name == "committed" and answer is not None:
                first.append(answer)
                told[number] = answer - first[0]
            elif name == "fork" and isinstance(answer, list):
                told[number] = [CHILD, *relative(args[-1], answer[1:])]
        return told

    return relative(steps, answers)
