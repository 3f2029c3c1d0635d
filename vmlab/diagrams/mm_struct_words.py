"""One mm_struct in words."""

from __future__ import annotations

from vmlab.diagrams.folds import LINES, More, fold
from vmlab.diagrams.ghosts import gone
from vmlab.diagrams.marking import told, told_of
from vmlab.diagrams.regions import (
    chosen_one,
    describe,
    meant,
    owner,
)
from vmlab.diagrams.rows import folded_words
from vmlab.record.marks import NO_MARKS, Marks
from vmlab.state import views
from vmlab.state.ids import mm_id, vma_id
from vmlab.state.snapshot import Snapshot
from vmlab.words.language import say, say_n

COUNTS = ("mm_users", "mm_count", "map_count")
# Places that mm_struct remembers, in the order of its fields.
MARKS = (
    "start_code",
    "end_code",
    "start_data",
    "end_data",
    "start_brk",
    "brk",
    "start_stack",
    "arg_start",
    "arg_end",
    "env_start",
    "env_end",
)


def mm_struct_text(
    snap: Snapshot,
    *,
    mm: int | None = None,
    before: Snapshot | None = None,
    highlight: Marks = NO_MARKS,
) -> str:
    """Say the picture in words: the fields of the mm_struct, then its VMAs in list order."""
    space = chosen_one(snap, mm)
    if space is None:
        return say("No process.")
    title = say("mm_struct {mm} of {owner}:", mm=space.mm, owner=owner(snap, space))
    said = [told_of(title, mm_id(space.mm), highlight)]
    for name in (*COUNTS, "total_vm"):
        said.append(f"  {name} = {getattr(space, name)}")
    said += [f"  {name} = {getattr(space, name):#x}" for name in ("mmap_base", *MARKS)]
    said.append(
        say_n(
            space.map_count,
            "mmap, the list of its {n} vm_area_structs:",
            "mmap, the list of its {n} vm_area_structs:",
        )
    )
    keep = [views.vmas_below(space, start) for start in meant(space, highlight)]
    for vma in fold(space.mmap, "", limit=LINES, keep=keep):
        if isinstance(vma, More):
            said.append(f"  {folded_words(vma.count)}")
            continue
        line = f"{describe(space, vma)}, vm_flags {views.flags(vma)}"
        said.append(f"  {told_of(line, vma_id(space.mm, vma.vm_start), highlight)}")
    for ghost in fold(gone(space, before), "", limit=LINES):
        if isinstance(ghost, More):
            said.append(f"  {folded_words(ghost.count)}")
        else:
            said.append(f"  {told(describe(ghost.mm, ghost.vma), 'gone')}")
    return "\n".join(said)
