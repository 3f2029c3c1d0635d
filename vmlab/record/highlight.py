"""Which objects an event is about, by the meaning that its field names have in every event."""

from __future__ import annotations

from vmlab.model.mmu.page import PAGE_MASK
from vmlab.model.trace.event import Event
from vmlab.state.ids import anon_vma_id, file_id, ino_id, mm_id, pfn_id, pte_id, task_id, vma_id
from vmlab.state.snapshot import Snapshot


def event_ids(event: Event, snap: Snapshot) -> frozenset[str]:
    """Return the ids of the objects that an event names.

    An address in an event that names no mm_struct is one of the running process.
    """
    values = event.values()
    ids = set()
    mm = values.get("mm") or _current_mm(snap)
    named = "mm" in values
    for name in ("vma", "other"):
        if values.get(name, -1) >= 0:
            ids.add(vma_id(mm, values[name]))
    for name in ("pfn", "new_pfn"):
        if name in values:
            ids.add(pfn_id(values[name]))
    for name in ("pid", "child"):
        if name in values:
            ids.add(task_id(values[name]))
    for name in ("addr", "new_addr"):
        if name in values and mm:
            addr = values[name] & PAGE_MASK
            ids.add(pte_id(mm, addr))
            ids.update(
                vma_id(mm, vma.vm_start)
                for state in snap.mms
                if state.mm == mm
                for vma in state.mmap
                if vma.vm_start <= addr < vma.vm_end
            )
    if "file" in values:
        ids.add(file_id(values["file"]))
    if "ino" in values:
        ids.add(ino_id(values["ino"]))
    if "anon_vma" in values:
        ids.add(anon_vma_id(values["anon_vma"]))
    if named and not ids:
        ids.add(mm_id(mm))
    return frozenset(ids)


def _current_mm(snap: Snapshot) -> int:
    return next((task.mm for task in snap.tasks if task.pid == snap.current), 0)
