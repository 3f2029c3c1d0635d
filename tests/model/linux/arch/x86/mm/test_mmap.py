"""How a new address space is laid out: upwards or downwards, at fixed or at random addresses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.model.linux.elf_files import ET_DYN, ET_EXEC, INTERPRETER, build, layout
from vmlab import (
    ADDR_COMPAT_LAYOUT,
    ADDR_NO_RANDOMIZE,
    MAP_32BIT,
    MAP_ANONYMOUS,
    MAP_FIXED,
    MAP_PRIVATE,
    MAP_SHARED,
    PROT_NONE,
    PROT_READ,
    PROT_WRITE,
    TINY_4K,
    X86_32,
    X86_64_LA57,
    Geometry,
    GiB,
    KiB,
    LinuxError,
    Machine,
    MiB,
    Process,
    Recorder,
    Rlimit,
    Snapshot,
)
from vmlab.model.abi.resource import RLIM_INFINITY
from vmlab.model.linux.mm.validate import validate_machine

RW = PROT_READ | PROT_WRITE
ANON = MAP_PRIVATE | MAP_ANONYMOUS
TOP, THIRD, TWO_THIRDS = 0x7FFFFFFFF000, 0x2AAAAAAAB000, 0x555555554000
PAGE = 4096
LIMITS = {"8M": 8 * MiB, "64M": 64 * MiB, "32G": 32 * GiB, "unlimited": RLIM_INFINITY}
PROGRAMS = {
    "fixed": build(ET_EXEC, layout(0x400000), entry=0x401000),
    "PIE": build(ET_DYN, layout(0), entry=0x1000, interp=INTERPRETER),
    "static PIE": build(ET_DYN, layout(0), entry=0x1000),
}
# What Linux 6.18 did when it started a program a thousand times: of each distance, in units, the
# smallest and the largest, and in how many per cent each bit was set.
DATA = Path(__file__).parents[4].parent / "data" / "aslr.json"
RECORDED: list[dict[str, Any]] = json.loads(DATA.read_text())
# From how many units on a distance cannot be, and how many one is at least.
RANGES = {
    "stack_top": (0, (1 << 22) + 2),
    "mmap_base": (0, 1 << 28),
    "program": (0, 1 << 28),
    "heap": (0, (1 << 18) + 1),
    "map_32bit": (0, 1 << 13),
    "stack_pointer": (0, 0x2000 // 16 + 256),
}


def start(kind: str, seed: int | None, personality: int = 0, stack: int = 8 * MiB) -> Process:
    m = Machine(ram=2 * MiB, totalram=GiB, aslr_seed=seed)
    m.fs.write("/program", PROGRAMS[kind])
    m.fs.write(INTERPRETER, PROGRAMS["static PIE"])
    p = m.spawn(rlimits={Rlimit.RLIMIT_STACK: stack})
    p.personality(personality)
    p.execve("/program")
    return p


def distances(p: Process, kind: str, row: dict[str, Any]) -> dict[str, int]:
    """How far the parts of a program lie from where they would lie otherwise; bytes."""
    gap = min(LIMITS[row["stack_limit"]] + ((1 << 22) - 1) * PAGE + MiB, TOP // 6 * 5)
    usual = -(-(TOP - gap) // PAGE) * PAGE
    program = [vma for vma in p.mm if vma.vm_file and vma.vm_file.f_path == "/program"]
    bss = program[-1].vm_next
    assert bss is not None
    stack = next(vma for vma in p.mm if vma.vm_start <= p.task.rsp < vma.vm_end)
    found = {
        "stack_top": TOP - stack.vm_end,
        "stack_pointer": stack.vm_end - p.task.rsp,
        "mmap_base": p.mm.mmap_base - THIRD if row["upwards"] else usual - p.mm.mmap_base,
        "heap": p.mm.start_brk - (TWO_THIRDS + PAGE if kind == "static PIE" else bss.vm_end),
        "map_32bit": p.mmap(0, PAGE, PROT_READ, ANON | MAP_32BIT) - 0x40000000,
    }
    return found | ({"program": program[0].vm_start - TWO_THIRDS} if kind == "PIE" else {})


@pytest.mark.parametrize("row", RECORDED, ids=lambda row: str([*row.values()][:3]))
def test_random_addresses_have_the_ranges_and_bits_of_linux(row: dict[str, Any]) -> None:
    kind = row["program"]
    personality = ADDR_COMPAT_LAYOUT if row["upwards"] else 0
    samples = [
        distances(start(kind, seed, personality, LIMITS[row["stack_limit"]]), kind, row)
        for seed in range(120)
    ]
    for name, real in row["distances"].items():
        assert all(sample[name] % real["unit"] == 0 for sample in samples), name
        ours = [sample[name] // real["unit"] for sample in samples]
        low, high = RANGES[name]
        for lowest, highest in ((real["lowest"], real["highest"]), (min(ours), max(ours))):
            assert low <= lowest < high // 8, name
            assert high // 8 * 7 - 256 < highest < high, name
        if name == "stack_pointer":
            continue  # what is below the arguments has another size here
        for bit, theirs in enumerate(real["ones"]):
            mine = 100 * sum(value >> bit & 1 for value in ours) // len(ours)
            assert abs(mine - theirs) < 25, (name, bit)


def test_without_a_seed_nothing_is_random() -> None:
    for kind in PROGRAMS:
        assert start(kind, None).maps() == start(kind, 5, ADDR_NO_RANDOMIZE).maps()


def test_a_seed_gives_the_same_addresses_again() -> None:
    one, same, other = (start("PIE", seed) for seed in (7, 7, 8))
    assert one.maps() == same.maps() != other.maps()
    assert (one.task.rsp, one.brk(0)) == (same.task.rsp, same.brk(0))
    one.execve("/program")
    assert one.maps() != same.maps()  # each program lies elsewhere


def test_a_copy_and_a_file_go_on_with_the_same_addresses() -> None:
    p = start("PIE", 7)
    again = Machine.from_snapshot(Snapshot.from_json(p.machine.snapshot().to_json()))
    p.execve("/program")
    again[p.pid].execve("/program")
    assert again[p.pid].maps() == p.maps()
    assert again.snapshot() == p.machine.snapshot()


def test_a_recording_does_it_again() -> None:
    m = Machine(ram=2 * MiB, aslr_seed=7)
    with Recorder(m) as recorder:
        p = m.spawn()
        p.mmap(0, PAGE, RW, ANON | MAP_32BIT)
        p.execve("/bin/a.out")
    assert Recorder.from_json(recorder.to_json()).machine.snapshot() == m.snapshot()


def test_a_child_has_the_addresses_of_its_parent_until_it_runs_another_program() -> None:
    p = start("static PIE", 7, ADDR_COMPAT_LAYOUT)
    child = p.fork()
    assert child.maps() == p.maps()
    assert child.mmap(0, PAGE, RW, ANON) == p.mmap(0, PAGE, RW, ANON)
    child.execve("/program")
    assert child.mm.mmap_base != p.mm.mmap_base
    assert 0 <= child.mm.mmap_base - THIRD < 1 << 40  # still upwards


@pytest.mark.parametrize("shape", [X86_64_LA57, X86_32, TINY_4K])
def test_other_shapes_of_addresses_have_room_for_it(shape: Geometry) -> None:
    for seed in range(10):
        m = Machine(ram=2 * MiB, geometry=shape, aslr_seed=seed)
        if shape is not TINY_4K:  # where no program fits
            p = m.spawn()
            p.store(p.mmap(0, PAGE, RW, ANON), b"x")
        validate_machine(m.system)
        assert Snapshot.from_json(m.snapshot().to_json()) == m.snapshot()


def test_arguments_move_with_the_stack() -> None:
    m = Machine(aslr_seed=3)
    words = ["program", "x" * 100 * KiB, "last"]
    p = m.spawn()
    p.execve("/bin/a.out", words)
    strings = p.load(p.mm.arg_start, p.mm.arg_end - p.mm.arg_start)
    assert strings == b"".join(word.encode() + b"\0" for word in words)
    validate_machine(m.system)


# Upwards. The answers are those of Linux 6.18, one after the other in one process.

UPWARDS: list[tuple[int, int, int, int, int | None]] = [
    (0, PAGE, RW, ANON, 0x2AAAAAAB3000),
    (0, 2 * MiB, RW, ANON, 0x2AAAAAC00000),  # aligned for huge pages
    (0, PAGE, RW, ANON, 0x2AAAAAAB4000),
    (0, PAGE, PROT_READ, ANON, 0x2AAAAAAB5000),
    (0, 3 * MiB, RW, ANON, 0x2AAAAAE00000),
    (0, 4 * MiB, RW, ANON, 0x2AAAAB200000),
    (0, 2 * MiB, RW, MAP_SHARED | MAP_ANONYMOUS, 0x2AAAAB600000),
    (0x20000FFF, PAGE, RW, ANON, 0x20000000),
    (0x20000FFF, 2 * PAGE, RW, ANON, 0x2AAAAAAB6000),
    (0x20000001, PAGE, RW, ANON, 0x2AAAAAAB8000),
    (1, PAGE, RW, ANON, 0x2AAAAAAB9000),
    (0x7FFFFFEDD000, PAGE, RW, ANON, 0x7FFFFFEDD000),
    (0, 1 << 46, PROT_NONE, ANON | 0x4000, 0x2AAAAB800000),
    (0, 0x500000000000, PROT_NONE, ANON | 0x4000, None),
    (0, 2 * MiB, PROT_NONE, ANON, 0x6AAAAB800000),
    (0, 2 * MiB, PROT_NONE, ANON | MAP_32BIT, 0x40000000),
    (0x30000000, PAGE, RW, ANON | MAP_FIXED, 0x30000000),
]


def test_upwards_the_lowest_gap_is_taken() -> None:
    p = start("fixed", None, ADDR_COMPAT_LAYOUT)
    for addr, length, prot, flags, place in UPWARDS:
        if place is None:
            with pytest.raises(LinuxError, match="ENOMEM"):
                p.mmap(addr, length, prot, flags)
        else:
            assert hex(p.mmap(addr, length, prot, flags)) == hex(place)


def test_upwards_the_interpreter_and_the_vdso_follow_each_other() -> None:
    p = start("PIE", None, ADDR_COMPAT_LAYOUT)
    places = [vma.vm_start for vma in p.mm]
    assert places[0] == p.mm.mmap_base == THIRD
    assert TWO_THIRDS in places
    first = next(vma for vma in p.mm)
    assert first.vm_file is not None
    assert first.vm_file.f_path == INTERPRETER


@pytest.mark.parametrize("limit", LIMITS.values())
def test_the_limit_of_the_stack_does_not_turn_the_search_round(limit: int) -> None:
    p = start("fixed", None, 0, limit)
    first = p.mmap(0, PAGE, RW, ANON)
    assert p.mmap(0, PAGE, PROT_READ, ANON) == first - PAGE
