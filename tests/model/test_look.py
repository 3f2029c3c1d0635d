"""Memory is read from outside of the machine, and nothing changes."""

from vmlab import MAP_ANONYMOUS, MAP_PRIVATE, PROT_NONE, PROT_READ, PROT_WRITE, Machine, MiB
from vmlab.model.look import look


def test_memory_that_cannot_be_read_cuts_it_off() -> None:
    process = Machine(ram=16 * MiB).spawn()
    flags = MAP_PRIVATE | MAP_ANONYMOUS
    addr = process.mmap(0x10000, 8192, PROT_READ | PROT_WRITE, flags)
    process.mmap(0x12000, 4096, PROT_NONE, flags)
    process.store(addr + 4094, b"abcd")
    before = process.machine.snapshot()
    assert look(process.mm, addr + 4094, 4) == b"abcd"
    assert len(look(process.mm, addr, 20000)) == 12288
    assert look(process.mm, 0x8000, 1) == b""
    assert look(process.mm, (1 << 64) - 8, 8) == b""
    assert process.machine.snapshot() == before
