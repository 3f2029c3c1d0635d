"""Memory that is promised for files in memory, page by page."""

from __future__ import annotations

import pytest

from tests.model.linux.lab import ANON, PAGE, PLACE, RW, anon, start
from vmlab import LinuxError, MiB, Open, Process, Prot

NOT_SEEN = 32  # pages that a CPU may have promised without telling


def promised(p: Process) -> int:
    """Return the pages that are promised."""
    return int(p.machine.meminfo().partition("Committed_AS:")[2].split()[0]) // 4


def with_files() -> tuple[Process, int, int]:
    """Return a process, a file in memory, and one of the disk."""
    p = start(64 * MiB)
    anon(p, 4)
    return p, p.memfd_create("m", 0), p.open("/on_disk", Open.O_CREAT | Open.O_RDWR)


def test_a_file_in_memory_is_promised_as_it_is_written() -> None:
    p, memory, disk = with_files()
    before = promised(p)
    p.write(disk, PLACE, 2 * PAGE)
    assert promised(p) == before
    p.write(memory, PLACE, 2 * PAGE)
    p.pwrite(memory, PLACE, PAGE, 0)  # it is there
    assert promised(p) == before + 2
    p.ftruncate(memory, PAGE)
    assert promised(p) == before + 1


def test_a_large_process_leaves_room_for_others() -> None:
    """With overcommit_memory 2 a thirty-second of what it maps is kept from it."""
    p, memory, _ = with_files()
    size = 160 * PAGE
    data = p.mmap(0, size, RW, ANON)
    p.mmap(0, 6400 * PAGE, Prot.PROT_READ, ANON)
    kept = p.mm.total_vm // 32
    p.machine.sysctl("vm.overcommit_kbytes", 4 * (promised(p) + kept + 40))
    p.machine.sysctl("vm.overcommit_memory", 2)
    written = p.write(memory, data, size) // PAGE
    assert 40 - NOT_SEEN <= written <= 40 + NOT_SEEN
    with pytest.raises(LinuxError, match="ENOSPC"):
        p.write(memory, data, PAGE)
