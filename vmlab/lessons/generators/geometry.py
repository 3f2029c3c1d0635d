"""Exercises about sizes: fields of addresses, tables, what a TLB reaches, what an access costs."""

from __future__ import annotations

import random

from vmlab.lessons.answer_kinds import Number, Numbers
from vmlab.lessons.fields import Fields
from vmlab.lessons.generators.regions import lines
from vmlab.lessons.misconceptions import distractors
from vmlab.lessons.question import Generator, Question
from vmlab.lessons.scenarios import HERE, READ_WRITE, page, random_ruler, ruler
from vmlab.model.mmu.page import KiB
from vmlab.model.mmu.pte import Geometry
from vmlab.model.mmu.walk import walk
from vmlab.words.language import N_, say, say_n

OFFSET = N_("offset")


def split(rng: random.Random) -> Question:
    """Ask how an address is cut, for any shape of page table."""
    bits = tuple(rng.randint(2, 9) for _ in range(rng.randint(2, 4)))
    names = tuple(f"L{level}" for level in range(1, len(bits) + 1))
    geometry = Geometry("any", bits, rng.choice([8, 10, 12, 13, 14]), 8, names)
    addr = rng.randrange(1 << geometry.address_bits)
    offset = addr % geometry.page_size
    answer = " ".join(f"{value:#x}" for value in (*geometry.indexes(addr), offset))
    rest, turned = addr >> geometry.page_shift, []
    for width in bits:
        turned.append(f"{rest & ((1 << width) - 1):#x}")
        rest >>= width
    given = ", ".join(f"{name} {width}" for name, width in zip(names, bits, strict=True))
    return Question(
        say(
            "Into which indexes, L1 at the top, and which offset is the address {addr:#x} cut?",
            addr=addr,
        ),
        say(
            "A virtual address has {bits} bits, from the top: {levels}, offset {offset}.",
            bits=geometry.address_bits,
            levels=given,
            offset=geometry.page_shift,
        ),
        Fields((*((name, "hex") for name in names), (OFFSET, "hex"))),
        answer,
        say("Write it in binary and cut from the right: first the offset, then the last level."),
        say("In binary it is {bits}.", bits=f"{addr:0{geometry.address_bits}b}"),
        distractors=distractors(answer, walk_from_below=f"{' '.join(turned)} {offset:#x}"),
    )


def vpn_bits(rng: random.Random) -> Question:
    """Ask how many bits each part of an address has."""
    shift = rng.choice([10, 11, 12, 13, 14, 16])
    virtual, physical = rng.choice([20, 32, 39, 48]), rng.choice([18, 24, 30, 36, 40])
    vpn, ppn = virtual - shift, physical - shift
    answer = f"{vpn} {shift} {ppn} {shift}"
    return Question(
        say("How many bits have VPN, VPO, PPN and PPO (virtual and physical page offset)?"),
        say(
            "A virtual address has {virtual} bits, a physical one {physical}; a page has {size} "
            "KiB.",
            virtual=virtual,
            physical=physical,
            size=(1 << shift) // KiB,
        ),
        Numbers(("VPN", "VPO", "PPN", "PPO")),
        answer,
        say("The offset counts the bytes of a page; what is left of the address is the number."),
        say("2 to the power of {shift} bytes make a page.", shift=shift),
        distractors=distractors(answer, ppn_as_wide_as_vpn=f"{vpn} {shift} {vpn} {shift}"),
    )


def table_pages(rng: random.Random) -> Question:
    """Ask how many pages the page tables take."""
    process = ruler("")
    base = rng.randrange(1, 1 << 6) << 39
    addrs = set()
    for _ in range(rng.randint(2, 5)):
        shift = rng.choice([12, 12, 21, 30, 39])
        addrs.add(base + (rng.randrange(3) << shift) + (rng.randrange(2) << 12))
    system = process.mm.system
    tables = set()
    for addr in sorted(addrs):
        process.mmap(addr, 1, READ_WRITE, HERE)
        process.store(addr, b"A")
        steps = walk(system.ram, system.geometry, process.mm.pgd, addr)
        tables |= {(step.level, step.table) for step in steps}
    answer = str(len(tables))
    last = sum(level == "PTE" for level, _ in tables)
    return Question(
        say(
            "A process uses only these pages. How many pages do its page tables take, PGD included?"
        ),
        "\n".join(f"{addr:#x}" for addr in sorted(addrs)),
        Number(N_("the number of pages")),
        answer,
        say(
            "A PTE table reaches 2 MiB, a PMD table 1 GiB, a PUD table 512 GiB; there is one PGD. "
            "Which pages share which?"
        ),
        say_n(last, "{n} of them is a PTE table.", "{n} of them are PTE tables."),
        process.machine,
        distractors=distractors(
            answer, one_level=str(last), table_per_region=str(1 + 3 * len(addrs))
        ),
    )


def tlb_reach(rng: random.Random) -> Question:
    """Ask how much memory a TLB reaches."""
    entries, size = (
        rng.choice([16, 24, 32, 48, 64, 96, 128, 512, 1536]),
        rng.choice([1, 2, 4, 8, 16, 64]),
    )
    answer = str(entries * size)
    return Question(
        say("How many KiB can a program use over and over without a TLB miss, at most?"),
        say("The TLB has {entries} entries; a page has {size} KiB.", entries=entries, size=size),
        Number(N_("the number of KiB")),
        answer,
        say("Each entry translates one page."),
        say("{entries} times {size} KiB.", entries=entries, size=size),
        distractors=distractors(answer, reach_in_entries=str(entries)),
    )


def access_time(rng: random.Random) -> Question:
    """Ask for the effective access time."""
    levels, memory = rng.randint(1, 4), rng.choice([50, 100, 150, 200])
    tlb, percent = rng.choice([1, 2, 5, 10, 20]), rng.choice([80, 90, 94, 96, 98])
    missed = (100 - percent) * memory // 100
    answer = str(tlb + memory + missed * levels)
    return Question(
        say("How many nanoseconds does an access take on average?"),
        "\n".join(
            (
                say(
                    "The TLB takes {n} ns and hits in {percent}% of all accesses.",
                    n=tlb,
                    percent=percent,
                ),
                say_n(
                    levels,
                    "Memory takes {memory} ns; the page table has {n} level, read from memory.",
                    "Memory takes {memory} ns; the page table has {n} levels, read from memory.",
                    memory=memory,
                ),
            )
        ),
        Number(N_("the number of nanoseconds")),
        answer,
        say("Every access asks the TLB and reads the byte; a miss reads each level before."),
        say(
            "{tlb} + {memory} + {misses}% of {levels} times {memory}.",
            tlb=tlb,
            memory=memory,
            misses=100 - percent,
            levels=levels,
        ),
        distractors=distractors(
            answer, walk_is_free=str(tlb + memory), walk_is_one_read=str(tlb + memory + missed)
        ),
    )


def writable_bytes(rng: random.Random) -> Question:
    """Ask how many bytes a process may write."""
    process = ruler(random_ruler(rng, 12))
    mine = [vma for vma in process.mm if page(0) <= vma.vm_start < page(12)]
    sizes = {vma: vma.vm_end - vma.vm_start for vma in mine}
    answer = str(sum(size for vma, size in sizes.items() if "w" in vma.perms) // KiB)
    return Question(
        say("How many KiB may the process write there without a signal?"),
        lines(process),
        Number(N_("the number of KiB")),
        answer,
        say("A region has its end less its start, and needs w."),
        say("Only lines with w count; a page has 4 KiB."),
        process.machine,
        "address_space",
        process.machine.snapshot(),
        distractors(
            answer,
            mapped_is_writable=str(sum(sizes.values()) // KiB),
            gap_is_mapped=str((mine[-1].vm_end - mine[0].vm_start) // KiB),
        ),
    )


ALL: tuple[Generator, ...] = (
    split,
    vpn_bits,
    table_pages,
    tlb_reach,
    access_time,
    writable_bytes,
)
