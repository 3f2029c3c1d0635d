"""personality: which older ways a program asks for, and what that changes."""

from __future__ import annotations

import pytest

from tests.model.linux.lab import ANON, PAGE, PLACE, RO, RW, SHARED
from vmlab import (
    ADDR_COMPAT_LAYOUT,
    ADDR_LIMIT_3GB,
    ADDR_LIMIT_32BIT,
    MAP_FIXED,
    MMAP_PAGE_ZERO,
    PROT_NONE,
    PROT_WRITE,
    READ_IMPLIES_EXEC,
    Machine,
    Process,
)
from vmlab.model.abi.strace import format_call, format_result, parse_line

ASK = 0xFFFFFFFF


def perms(p: Process, addr: int = PLACE) -> str:
    return next(vma.perms for vma in p.mm if vma.vm_start <= addr < vma.vm_end)


@pytest.mark.parametrize(
    ("given", "before"),
    [  # one after the other, as Linux 6.18 answered
        (ASK, 0),
        (0x40000, 0),
        (ASK, 0x40000),
        (0x140000400000, 0x40000),
        (ASK, 0x400000),
        (0xFFFFFFFE, 0x400000),
        ((1 << 64) - 1, 0xFFFFFFFE),
        (0, 0xFFFFFFFE),
        (-1, 0),
    ],
)
def test_the_answer_is_what_was_asked_for_before(given: int, before: int) -> None:
    p = Machine().spawn()
    asked = {0x40000: 0x40000, 0x400000: 0x400000, 0xFFFFFFFE: 0xFFFFFFFE}.get(before, 0)
    p.personality(asked)
    assert p.personality(given) == before
    kept = before if given & ASK == ASK else given & ASK
    assert p.personality(ASK) == kept


def test_a_child_inherits_it_and_execve_keeps_it() -> None:
    p = Machine().spawn()
    p.personality(ADDR_COMPAT_LAYOUT | READ_IMPLIES_EXEC | 6)
    child = p.fork()
    child.execve("/bin/a.out")
    assert child.personality(ASK) == ADDR_COMPAT_LAYOUT | 6  # a 64-bit program loses one bit
    assert p.personality(ASK) == ADDR_COMPAT_LAYOUT | READ_IMPLIES_EXEC | 6


def test_nothing_moves_before_execve() -> None:
    p = Machine().spawn()
    first = p.mmap(0, PAGE, RW, ANON)
    p.personality(ADDR_COMPAT_LAYOUT)
    assert p.mmap(0, PAGE, RO, ANON) == first - PAGE
    p.execve("/bin/a.out")
    assert p.mmap(0, PAGE, RO, ANON) > p.mm.mmap_legacy_base == p.mm.mmap_base


def test_what_may_be_read_may_be_executed() -> None:
    p = Machine().spawn()
    p.machine.fs.write("/f", bytes(PAGE))
    fd = p.open("/f")
    p.personality(READ_IMPLIES_EXEC)
    for prot, flags, found in (
        (RO, ANON, "r-xp"),
        (PROT_WRITE, ANON, "-w-p"),
        (PROT_NONE, ANON, "---p"),
        (RO, SHARED, "r-xs"),
    ):
        p.mmap(PLACE, PAGE, prot, flags | MAP_FIXED)
        assert perms(p) == found
    for prot, found in ((RO, "r-xs"), (RW, "rwxs"), (PROT_WRITE, "-w-s")):
        p.mprotect(PLACE, PAGE, prot)
        assert perms(p) == found
    p.mmap(PLACE, PAGE, RO, 2 | MAP_FIXED, fd)
    assert perms(p) == "r-xp"
    heap = p.brk(0)
    p.brk(heap + PAGE)
    assert perms(p, heap) == "rwxp"
    assert "rw-p" in p.maps().splitlines()[-2]  # the stack


def test_a_file_that_may_not_be_executed_is_only_read() -> None:
    p = Machine().spawn()
    p.machine.fs.write("/f", bytes(PAGE))
    p.machine.system.namei["/f"].noexec = True
    p.personality(READ_IMPLIES_EXEC)
    p.mmap(PLACE, PAGE, RO, ANON.MAP_PRIVATE | MAP_FIXED, p.open("/f"))
    assert perms(p) == "r--p"
    p.mprotect(PLACE, PAGE, RW)
    assert perms(p) == "rw-p"


def test_the_first_page_is_mapped_and_sealed() -> None:
    p = Machine().spawn()
    p.personality(MMAP_PAGE_ZERO)
    p.execve("/bin/a.out")
    assert p.maps().startswith("00000000-00001000 r-xp 00000000 00:00 0 \n")
    assert "VmFlags: rd ex mr mw me sl \n" in p.smaps()
    assert p.load(0) == b"\0"


def test_a_64_bit_program_is_not_limited() -> None:
    p = Machine().spawn()
    before = p.maps()
    p.personality(ADDR_LIMIT_3GB | ADDR_LIMIT_32BIT)
    p.execve("/bin/a.out")
    assert p.maps() == before


@pytest.mark.parametrize(
    ("number", "text"),
    [  # strace 6.1
        (0xFFFFFFFF, "0xffffffff"),
        (0, "PER_LINUX"),
        (0x40000, "PER_LINUX|ADDR_NO_RANDOMIZE"),
        (8, "PER_LINUX32"),
        (6, "PER_BSD"),
        (0xF, "PER_OSF4"),
        (0x16, "0x16 /* PER_??? */"),
        (0x500007, "0x7 /* PER_??? */|MMAP_PAGE_ZERO|READ_IMPLIES_EXEC"),
        (0x10000, "PER_LINUX|0x10000"),
        (
            0xFFFFFFFE,
            "0xfe /* PER_??? */|UNAME26|ADDR_NO_RANDOMIZE|FDPIC_FUNCPTRS|MMAP_PAGE_ZERO"
            "|ADDR_COMPAT_LAYOUT|READ_IMPLIES_EXEC|ADDR_LIMIT_32BIT|SHORT_INODE|WHOLE_SECONDS"
            "|STICKY_TIMEOUTS|ADDR_LIMIT_3GB|0xf001ff00",
        ),
    ],
)
def test_strace_spells_it(number: int, text: str) -> None:
    assert format_call("personality", (number,)) == f"personality({text})"
    line = parse_line(f"personality({text}) = 0x40000 (PER_LINUX|ADDR_NO_RANDOMIZE)")
    assert line is not None
    assert (line.args, line.result) == ((number,), 0x40000)


def test_the_answer_is_spelled_too() -> None:
    assert format_result("personality", 0) == "0 (PER_LINUX)"
    assert format_result("personality", 0x40006) == "0x40006 (PER_BSD|ADDR_NO_RANDOMIZE)"
