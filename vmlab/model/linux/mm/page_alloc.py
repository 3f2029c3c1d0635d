"""Frames: handing them out, counting their users, taking them back."""

from __future__ import annotations

import heapq

from vmlab.codes import Reason, Value, because
from vmlab.errors import KernelBug, VmlabError
from vmlab.model.linux.include.structs import Page, System
from vmlab.model.trace.events import page as page_events
from vmlab.model.trace.hook import emit


class OutOfMemory(VmlabError):
    """No frame is free. A system call turns it into ENOMEM, a page fault into an OOM kill."""

    def __init__(self, reason: str | Reason, /, **values: Value) -> None:
        self.reason = because(reason, **values)
        super().__init__(self.reason)


def alloc_page(system: System, kind: str) -> Page:
    """Take the lowest free frame; it reads as zeros and has one user.

    Args:
        system: the kernel.
        kind: what it is for: 'anon', 'file', 'table' or 'zero'.

    Raises:
        OutOfMemory: no frame is free.

    Emits: mm_page_alloc.
    Source: mm/page_alloc.c: __alloc_pages() [v6.18].
    Left out: zones, orders, per-CPU lists, reclaim.
    """
    if system.free_frames:
        pfn = heapq.heappop(system.free_frames)
    elif system.next_frame < system.ram.nr_frames:
        pfn = system.next_frame
        system.next_frame += 1
    else:
        raise OutOfMemory("no_free_frame", nr_frames=system.ram.nr_frames)
    page = system.mem_map[pfn] = Page(pfn, kind)
    emit(system, page_events.MmPageAlloc, pfn, kind)
    return page


def put_page(system: System, page: Page) -> None:
    """Give up one use of a frame; the last one frees it.

    Emits: mm_page_free.
    Source: include/linux/mm.h: put_page() [v5.4].
    """
    page.refcount -= 1
    if page.refcount > 0:
        return
    if page.refcount < 0 or page.mapcount:
        raise KernelBug("page_freed", page=repr(page))
    del system.mem_map[page.pfn]
    system.ram.clear(page.pfn)
    heapq.heappush(system.free_frames, page.pfn)
    emit(system, page_events.MmPageFree, page.pfn, page.kind)
