"""Exercises about a small MMU: a TLB of sets and a page table of one level, to be done by hand."""

from __future__ import annotations

import random
from dataclasses import dataclass

from vmlab.lessons.answer_kinds import Choice, Number
from vmlab.lessons.fields import NO, NOTHING, YES, Fields
from vmlab.lessons.misconceptions import distractors
from vmlab.lessons.question import Generator, Question
from vmlab.model.mmu.pte import Geometry
from vmlab.words.language import N_, say

HIT, MISS = N_("a hit"), N_("a miss")
SPLIT = (("VPN", "hex"), ("TLBI", "hex"), ("TLBT", "hex"))
KIND = Fields((*SPLIT, (N_("TLB hit?"), "yes/no"), (N_("page fault?"), "yes/no"), ("PPN", "hex")))
LISTED = 12  # pages whose entries a question shows


@dataclass(frozen=True, slots=True)
class Slot:
    """An entry of a set of the TLB."""

    tag: int
    ppn: int
    valid: bool


@dataclass(frozen=True, slots=True)
class SmallMmu:
    """A TLB and a page table, all that is known of them."""

    geometry: Geometry  # one level
    pa_bits: int  # of a physical address
    set_bits: int  # of the TLB's index
    sets: tuple[tuple[Slot, ...], ...]
    table: dict[int, int | None]  # frames by page; None = not valid

    def cut(self, addr: int) -> tuple[int, int, int]:
        """Return VPN, TLBI and TLBT of an address."""
        (vpn,) = self.geometry.indexes(addr)
        return vpn, vpn & ((1 << self.set_bits) - 1), vpn >> self.set_bits

    def cut_on_top(self, addr: int) -> tuple[int, int, int]:
        """Return the same as who takes the index from the top of the VPN."""
        (vpn,) = self.geometry.indexes(addr)
        low = self.geometry.level_bits[0] - self.set_bits
        return vpn, vpn >> low, vpn & ((1 << low) - 1)

    def looked_up(self, addr: int) -> int | None:
        """Return the frame that the TLB has for an address; None = a miss."""
        _, index, tag = self.cut(addr)
        found = (slot.ppn for slot in self.sets[index] if slot.valid and slot.tag == tag)
        return next(found, None)

    def kind_of(self, vpn: int) -> str:
        """Return what is special about a page, so that none of it is rare."""
        addr = vpn << self.geometry.page_shift
        _, index, tag = self.cut(addr)
        if self.looked_up(addr) is not None:
            return "hit"
        if any(slot.tag == tag for slot in self.sets[index]):
            return "asleep"
        valid = {slot.tag for slots in self.sets for slot in slots if slot.valid}
        return "elsewhere" if tag in valid else "missing"

    @property
    def words(self) -> str:
        """Say its sizes."""
        return say(
            "A virtual address has {virtual} bits, a physical one {physical}; a page has {size} "
            "bytes. The TLB has {sets} sets of {ways} entries.",
            virtual=self.geometry.address_bits,
            physical=self.pa_bits,
            size=self.geometry.page_size,
            sets=len(self.sets),
            ways=len(self.sets[0]),
        )

    @property
    def tlb_words(self) -> str:
        """Return the TLB as lines."""
        rows = []
        for number, slots in enumerate(self.sets):
            cells = (f"TAG {s.tag:#04x} PPN {s.ppn:#04x} V {int(s.valid)}" for s in slots)
            rows.append(f"SET {number}: {' | '.join(cells)}")
        return "\n".join(rows)

    @property
    def table_words(self) -> str:
        """Return the page table as lines."""
        rows = [
            f"VPN {vpn:#04x}: PPN {ppn:#04x} V 1" if ppn is not None else f"VPN {vpn:#04x}: V 0"
            for vpn, ppn in sorted(self.table.items())
        ]
        return "\n".join(rows)


def small_mmu(rng: random.Random) -> tuple[SmallMmu, int]:
    """Return an MMU and an address; hits, misses and faults are about as frequent."""
    shift, set_bits, ways = rng.choice([6, 7, 8]), rng.choice([1, 2, 3]), rng.choice([2, 3, 4])
    vpn_bits = rng.randint(set_bits + 4, 8)
    geometry = Geometry("small", (vpn_bits,), shift, 4, ("PTE",))
    ppn_bits = vpn_bits - 2
    pages = rng.sample(range(1 << vpn_bits), LISTED)
    frames = rng.sample(range(1 << ppn_bits), min(LISTED, 1 << ppn_bits))
    table = {vpn: rng.choice([*frames, None]) for vpn in pages}
    remembered = [vpn for vpn in pages if table[vpn] is not None and rng.random() < 0.6]
    sets = tuple(
        _set(rng, number, set_bits, remembered, table, ways) for number in range(1 << set_bits)
    )
    mmu = SmallMmu(geometry, shift + ppn_bits, set_bits, sets, table)
    kinds: dict[str, list[int]] = {}
    for vpn in pages:
        kinds.setdefault(mmu.kind_of(vpn), []).append(vpn)
    vpn = rng.choice(kinds[rng.choice(list(kinds))])
    return mmu, vpn << shift | rng.randrange(1 << shift)


def _set(
    rng: random.Random,
    number: int,
    set_bits: int,
    remembered: list[int],
    table: dict[int, int | None],
    ways: int,
) -> tuple[Slot, ...]:
    # Pages that fall into the set, then entries that are not valid: some with the tag of a page.
    mask = (1 << set_bits) - 1
    slots = [
        Slot(vpn >> set_bits, ppn, True)
        for vpn in remembered
        if vpn & mask == number and (ppn := table[vpn]) is not None
    ][:ways]
    taken = {slot.tag for slot in slots}
    others = [vpn >> set_bits for vpn in table if vpn >> set_bits not in taken]
    for tag in dict.fromkeys(rng.sample(others, len(others))):
        if len(slots) < ways:
            slots.append(
                Slot(tag, rng.choice([ppn for ppn in table.values() if ppn] or [1]), False)
            )
    while len(slots) < ways:
        slots.append(Slot(0, 0, False))
    rng.shuffle(slots)
    return tuple(slots)


def _hexes(*values: int) -> str:
    return " ".join(f"{value:#x}" for value in values)


def tlb_split(rng: random.Random) -> Question:
    """Ask how an address is cut for a TLB of sets."""
    mmu, addr = small_mmu(rng)
    answer = _hexes(*mmu.cut(addr))
    return Question(
        say("How is the virtual address {addr:#x} cut for the TLB?", addr=addr),
        mmu.words,
        Fields(SPLIT),
        answer,
        say(
            "The offset takes the lowest bits; of the page number above it, TLBI takes the lowest "
            "and TLBT the rest."
        ),
        say("In binary it is {bits}.", bits=f"{addr:0{mmu.geometry.address_bits}b}"),
        distractors=distractors(answer, tlb_index_on_top=_hexes(*mmu.cut_on_top(addr))),
    )


def tlb_hit(rng: random.Random) -> Question:
    """Ask if the TLB has the translation of an address."""
    mmu, addr = small_mmu(rng)
    answer = MISS if mmu.looked_up(addr) is None else HIT
    _, index, tag = mmu.cut(addr)
    there = {slot.tag for slot in mmu.sets[index]}
    anywhere = {slot.tag for slots in mmu.sets for slot in slots if slot.valid}
    found = distractors(
        answer,
        tlb_valid_ignored=HIT if tag in there else "",
        tlb_any_set=HIT if tag in anywhere else "",
        tlb_index_on_top=MISS,
    )
    return Question(
        say("Is the virtual address {addr:#x} a hit or a miss in this TLB?", addr=addr),
        f"{mmu.words}\n\n{mmu.tlb_words}",
        Choice((HIT, MISS)),
        answer,
        say("Cut the page number into index and tag, and look into that set."),
        say("It falls into set {set} with the tag {tag:#x}.", set=index, tag=tag),
        distractors=found,
    )


def tlb_table(rng: random.Random) -> Question:
    """Ask for all that happens on the way of an address."""
    mmu, addr = small_mmu(rng)
    vpn, index, tag = mmu.cut(addr)
    hit, ppn = mmu.looked_up(addr) is not None, mmu.table[vpn]
    answer = _row((vpn, index, tag), hit, ppn)
    asleep = next((s.ppn for s in mmu.sets[index] if s.tag == tag and not s.valid), None)
    return Question(
        say("What happens on the way of the virtual address {addr:#x}?", addr=addr),
        f"{mmu.words}\n\n{mmu.tlb_words}\n\n{mmu.table_words}",
        KIND,
        answer,
        say(
            "First the set of the TLB that TLBI chooses, then, after a miss, the page table. "
            "Numbers are hexadecimal; PPN is - after a page fault."
        ),
        say("A fault comes only where the page table's entry is not valid."),
        distractors=distractors(
            answer,
            tlb_only_knows="" if hit else _row((vpn, index, tag), False, None),
            tlb_valid_ignored="" if asleep is None else _row((vpn, index, tag), True, asleep),
            tlb_index_on_top=_row(mmu.cut_on_top(addr), hit, ppn),
        ),
    )


def _row(cut: tuple[int, int, int], hit: bool, ppn: int | None) -> str:
    frame = NOTHING if ppn is None else f"{ppn:#x}"
    return f"{_hexes(*cut)} {YES if hit else NO} {YES if ppn is None else NO} {frame}"


def table_address(rng: random.Random) -> Question:
    """Ask for the physical address of a byte."""
    mmu, _ = small_mmu(rng)
    mapped = {vpn: ppn for vpn, ppn in mmu.table.items() if ppn is not None}
    while not mapped:
        mmu, _ = small_mmu(rng)
        mapped = {vpn: ppn for vpn, ppn in mmu.table.items() if ppn is not None}
    vpn = rng.choice(list(mapped))
    shift = mmu.geometry.page_shift
    offset = rng.randrange(1, 1 << shift)
    addr, answer = vpn << shift | offset, f"{mapped[vpn] << shift | offset:#x}"
    return Question(
        say("At which physical address is the byte at the virtual address {addr:#x}?", addr=addr),
        f"{mmu.words}\n\n{mmu.table_words}",
        Number(N_("the physical address"), hexadecimal=True),
        answer,
        say("The frame's number takes the place of the page's number; the offset stays."),
        say("It is byte {offset:#x} of frame {ppn:#x}.", offset=offset, ppn=mapped[vpn]),
        distractors=distractors(
            answer,
            offset_forgotten=f"{mapped[vpn] << shift:#x}",
            virtual_is_physical=f"{addr:#x}",
        ),
    )


ALL: tuple[Generator, ...] = (tlb_split, tlb_hit, tlb_table, table_address)
