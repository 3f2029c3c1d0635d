"""The text read off a snapshot is the text the machine itself gives."""

from __future__ import annotations

from vmlab import Machine
from vmlab.model.abi.mman import MAP_ANONYMOUS, MAP_PRIVATE, MAP_SHARED
from vmlab.state.maps_text import maps_text
from vmlab.state.views import find_mm


def test_the_text_is_the_machine_s_own() -> None:
    machine = Machine()
    parent = machine.spawn()
    machine.fs.write("/a name with\na newline", bytes(8192))
    fd = parent.open("/a name with\na newline", 2)
    parent.mmap(None, 8192, 3, MAP_SHARED, fd, 4096)
    parent.mmap(None, 8192, 3, MAP_SHARED | MAP_ANONYMOUS)
    parent.mmap(None, 8192, 0, MAP_PRIVATE | MAP_ANONYMOUS)
    parent.brk(parent.brk(0) + 8192)
    child = parent.fork()
    child.munmap(child.mm.mmap.vm_start, 4096)
    snap = machine.snapshot()
    for process in (parent, child):
        mm = find_mm(snap, process.mm.number)
        assert mm is not None
        assert maps_text(snap, mm) == process.maps()
