"""/proc/PID/mem: memory that somebody else reads and writes."""

from __future__ import annotations

import struct

import pytest

from tests.model.linux.lab import PAGE, PLACE, RO, RW, SHARED, anon, faults, mapped, start
from tests.refused import refused
from vmlab import LinuxError, Madv, Map, ProcessError, Recorder, Segfault

PRIVATE, FILE_SHARED = Map.MAP_PRIVATE, Map.MAP_SHARED


def test_a_write_where_nothing_may_be_written_makes_a_copy_that_stays_read_only() -> None:
    """A debugger sets a breakpoint so."""
    p = start()
    mapped(p, PRIVATE, prot=RO)
    assert p.load(PLACE + PAGE) == b"\1"
    assert p.proc_mem_write(PLACE + PAGE, b"\xcc") == 1
    assert p.load(PLACE + PAGE) == b"\xcc"
    assert p.machine.fs.read("/f")[PAGE] == 1
    with pytest.raises(Segfault):
        p.store(PLACE + PAGE, b"x")


def test_a_second_write_takes_the_same_frame() -> None:
    p = start()
    addr = anon(p)
    p.store(addr, b"mine")
    p.mprotect(addr, PAGE, RO)
    frame = p.pagemap(addr)[0].pfn
    p.proc_mem_write(addr, b"yours")
    assert (p.load(addr, 5), p.pagemap(addr)[0].pfn) == (b"yours", frame)


def test_a_child_keeps_what_its_parent_gets_written() -> None:
    p = start()
    addr = anon(p)
    p.store(addr, b"old")
    child = p.fork()
    p.proc_mem_write(addr, b"new")
    assert (p.load(addr, 3), child.load(addr, 3)) == (b"new", b"old")


def test_memory_that_nobody_may_access_can_be_read() -> None:
    p = start()
    addr = anon(p)
    p.store(addr, b"secret")
    p.mprotect(addr, PAGE, 0)
    assert p.proc_mem_read(addr, 6) == b"secret"
    assert p.proc_mem_read(addr + PAGE, 2) == bytes(2)


def test_shared_memory_must_be_mapped_for_writing() -> None:
    p = start()
    mapped(p, FILE_SHARED, prot=RO)
    with refused(LinuxError, "memory_not_reached"):
        p.proc_mem_write(PLACE, b"x")
    p.mprotect(PLACE, PAGE, RW)
    assert p.proc_mem_write(PLACE, b"x") == 1
    assert p.machine.fs.read("/f")[:1] == b"x"


def test_it_ends_where_nothing_can_be_reached() -> None:
    p = start()
    p.mmap(PLACE, 2 * PAGE, RW, SHARED | Map.MAP_FIXED)
    p.madvise(PLACE + PAGE, PAGE, Madv.MADV_GUARD_INSTALL)
    assert p.proc_mem_write(PLACE + PAGE - 3, b"12345") == 3
    assert p.proc_mem_read(PLACE + PAGE - 3, 5) == b"123"
    assert p.proc_mem_read(PLACE, 0) == b""
    with refused(LinuxError, "memory_not_reached"):
        p.proc_mem_read(PLACE + PAGE, 1)
    with refused(LinuxError, "memory_not_reached"):
        p.proc_mem_read(1 << 63, 1)


def test_a_stack_grows_for_whoever_asks() -> None:
    p = start()
    stack = next(vma for vma in p.mm if vma.vm_start <= p.task.rsp < vma.vm_end)
    below = stack.vm_start - 10 * PAGE
    assert p.proc_mem_read(below, 1) == b"\0"
    assert stack.vm_start == below


def test_it_costs_the_process_no_fault() -> None:
    p = start()
    addr = anon(p)
    before = p.min_flt
    p.proc_mem_write(addr, b"x")
    assert p.min_flt == before


def test_it_needs_a_process_that_lives() -> None:
    p = start()
    p.fork().exit()
    child = p.machine[1001]
    with refused(ProcessError, "dead_no_mm"):
        child.proc_mem_read(PLACE, 1)
    with refused(ProcessError, "dead_no_mm"):
        child.clear_refs(1)


def test_what_others_do_is_recorded_and_done_again() -> None:
    p = start()
    addr = anon(p)
    with Recorder(p.machine) as recorder:
        p.proc_mem_write(addr, b"x" * 5000)
        p.proc_mem_read(addr, 10)
        p.clear_refs(1)
        p.clear_refs(5)
    again = Recorder.from_json(recorder.to_json())
    assert again.machine.snapshot() == p.machine.snapshot()


def test_a_frame_that_is_read_only_where_writing_is_allowed_is_made_writable() -> None:
    """It was unshared for a reader before."""
    p = start()
    addr = anon(p)
    p.store(addr, b"old")
    p.fork().exit()
    p.store(addr + PAGE, struct.pack("<4Q", addr + 2 * PAGE, 3, addr, 3))
    p.process_vm_readv(p.pid, addr + PAGE, 1, addr + PAGE + 16, 1)
    p.proc_mem_write(addr, b"new")
    assert faults(p, lambda: p.store(addr, b"NEW")) == 0


@pytest.mark.parametrize("first", [0, 1])
def test_pages_written_with_force_belong_to_the_object_of_the_neighbour(first: int) -> None:
    """So the mappings can become one when their rights are the same."""
    p = start()
    addr = anon(p, 2, flags=Map.MAP_PRIVATE | Map.MAP_ANONYMOUS | Map.MAP_NORESERVE)
    other = addr + (1 - first) * PAGE
    p.mprotect(other, PAGE, RO)
    p.store(addr + first * PAGE, b"x")
    p.proc_mem_write(other, b"y")
    p.mprotect(other, PAGE, RW)
    assert f"{addr:x}-{addr + 2 * PAGE:x}" in p.maps()
