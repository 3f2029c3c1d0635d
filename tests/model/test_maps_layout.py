"""Where a process that was read from a text goes on: its program, its heap, its room for mmap."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from vmlab import (
    ADDR_COMPAT_LAYOUT,
    MAP_ANONYMOUS,
    MAP_PRIVATE,
    PROT_READ,
    PROT_WRITE,
    Machine,
    Process,
    Rlimit,
)
from vmlab.model.abi.resource import RLIM_INFINITY

# Texts of Linux 6.18, and what the process was answered next: three mmaps without a hint, of which
# the data names the addresses, and the break before and after brk asked for one page more.
DATA = Path(__file__).parent.parent / "data" / "layouts.json"
RECORDED: list[dict[str, Any]] = json.loads(DATA.read_text())

ANON = MAP_PRIVATE | MAP_ANONYMOUS
RW = PROT_READ | PROT_WRITE
LIBRARIES_BELOW = """\
149600000000-149600026000 r--p 00000000 08:01 5 /usr/lib/libc.so.6
149600026000-149600180000 r-xp 00026000 08:01 5 /usr/lib/libc.so.6
562e00002000-562e00007000 r-xp 00002000 08:01 7 /opt/app
562e00007000-562e00008000 rw-p 00007000 08:01 7 /opt/app
562e01000000-562e01021000 rw-p 00000000 00:00 0 [heap]
7ffc00000000-7ffc00021000 rw-p 00000000 00:00 0 [stack]
"""
BSS_WITHOUT_HEAP = """\
555555554000-555555558000 r-xp 00000000 08:01 7 /opt/app
555555558000-555555559000 rw-p 00003000 08:01 7 /opt/app
555555559000-55555557a000 rw-p 00000000 00:00 0
7ffffffde000-7ffffffff000 rw-p 00000000 00:00 0 [stack]
"""


def process_of(text: str) -> Process:
    return Machine().from_maps(text)


@pytest.mark.parametrize("row", RECORDED, ids=lambda row: f"{row['program']}, {row['how']}")
def test_it_goes_on_as_the_real_process_did(row: dict[str, Any]) -> None:
    p = process_of("\n".join(row["maps"]))
    requests = ((8192, RW), (4096, PROT_READ), (1 << 20, PROT_READ))
    assert [hex(p.mmap(0, length, prot, ANON)) for length, prot in requests] == row["mmap"]
    brk = p.brk(0)
    assert [hex(brk), hex(p.brk(brk + 4096))] == row["brk"]
    assert p.task.comm == "app"
    assert p.mm.start_code == next(
        int(line.split("-")[0], 16) for line in row["maps"] if "r-xp" in line and "/app" in line
    )


def test_libraries_below_the_program_are_those_of_a_stack_without_limit() -> None:
    """Linux 6.18 looks downwards there too."""
    p = process_of(LIBRARIES_BELOW)
    assert (p.mm.start_code, p.mm.end_code) == (0x562E00002000, 0x562E00007000)
    assert p.task.comm == "app"
    assert p.mmap(0, 8192, RW, ANON) == 0x149600000000 - 8192
    assert p.brk(0) == 0x562E01021000
    assert p.getrlimit(Rlimit.RLIMIT_STACK) == (RLIM_INFINITY, RLIM_INFINITY)


def test_libraries_a_third_up_user_space_are_those_of_mmap_upwards() -> None:
    p = process_of(LIBRARIES_BELOW.replace("1496", "2ab6"))
    assert p.mmap(0, 8192, RW, ANON) == 0x2AB600180000
    assert p.personality(0xFFFFFFFF) == ADDR_COMPAT_LAYOUT
    assert p.fork().mmap(0, 8192, PROT_READ, ANON) == 0x2AB600182000


def test_the_break_begins_above_the_bss() -> None:
    p = process_of(BSS_WITHOUT_HEAP)
    assert p.brk(0) == 0x55555557A000
    assert p.brk(0x55555557C000) == 0x55555557C000
    p.store(0x55555557B000, b"grown")
    assert "55555557a000-55555557c000" in p.maps()


def test_a_program_whose_file_was_deleted_is_still_the_program() -> None:
    p = process_of(LIBRARIES_BELOW.replace("/opt/app", "/opt/app (deleted)"))
    assert (p.task.comm, p.mm.start_code) == ("app", 0x562E00002000)


def test_a_program_mapped_once_more_elsewhere_ends_where_it_runs() -> None:
    more = "7f0000000000-7f0000001000 r--p 00000000 08:01 7 /opt/app\n"
    lines = BSS_WITHOUT_HEAP.splitlines(keepends=True)
    assert process_of("".join((*lines[:3], more, lines[3]))).brk(0) == 0x55555557A000


def test_a_mapping_below_4_gib_does_not_tell_where_mmap_looks() -> None:
    p = process_of(f"40000000-40001000 rw-p 00000000 00:00 0\n{BSS_WITHOUT_HEAP}")
    assert p.mmap(0, 4096, RW, ANON) == 0x7FFFF7FFE000
