"""The DOT text of one small machine, byte for byte.

After a wanted change run `python -m tests.diagrams.test_golden` and look at the difference.
"""

from pathlib import Path

import pytest

from tests.diagrams.machines import Machine
from tests.diagrams.pictures import DOT
from tests.plain_codes import plain_codes
from vmlab.codes import because
from vmlab.diagrams.call_path import call_path_dot
from vmlab.diagrams.fault_path import fault_path_dot
from vmlab.model.trace.events.fault import FaultBranch, FaultDone, PageFaultUser
from vmlab.record.marks import mark_all
from vmlab.record.recorder import CallPathEntry, Step
from vmlab.state.ids import pte_id
from vmlab.state.snapshot import Snapshot

FOLDER = Path(__file__).parent / "golden"

EVENTS = (
    PageFaultUser(0x2000, 0x1000, 6),
    FaultBranch(0x2000, "find_vma", "inside", because("address_in_vma", start=0x2000, end=0x4000)),
    FaultBranch(0x2000, "access", "allowed", because("access_allowed", perms="rw-p")),
    FaultBranch(0x2000, "pte", "none", because("entry_empty_anonymous")),
    FaultBranch(0x2000, "anonymous", "write", because("first_write")),
    FaultDone(1, 0x2000, 1),
)
PATH = (
    CallPathEntry("do_page_fault", "arch/x86/mm/fault.c"),
    CallPathEntry("handle_mm_fault", "mm/memory.c"),
)


def small() -> Snapshot:
    """One process with one file region and two anonymous pages, one of them present."""
    machine = Machine()
    file = machine.file("/a.dat", 1)
    space = machine.space()
    machine.task(1, space.number)
    space.vma(0x1000, 1, "r--s", "/a.dat", file=file, ops="shmem")
    space.vma(0x2000, 2, "rw-p")
    space.map(0x2000, machine.frame("anon"), "rwd")
    return machine.snapshot()


def golden() -> dict[str, str]:
    """Draw everything."""
    marked = mark_all(pte_id(1, 0x2000))
    pictures = {name: draw(small(), highlight=marked) for name, draw in DOT.items()}
    steps = [Step(number, event, 1, PATH[:number]) for number, event in enumerate(EVENTS)]
    pictures["fault_path"] = fault_path_dot(EVENTS)
    with plain_codes():
        pictures["call_path"] = call_path_dot(steps, now=3)
    return pictures


@pytest.mark.parametrize("name", [*DOT, "fault_path", "call_path"])
def test_it_is_what_it_was(name: str):
    assert golden()[name] == (FOLDER / f"{name}.dot").read_text(encoding="utf-8")


if __name__ == "__main__":
    for name, dot in golden().items():
        (FOLDER / f"{name}.dot").write_text(dot, encoding="utf-8")
