"""A page in swap looks different from one that was never there, where there is swap at all."""

import pytest

from vmlab import Machine, Madv, Map, MiB, Prot, Snapshot
from vmlab.diagrams.address_space import address_space_dot
from vmlab.diagrams.address_space_words import address_space_text
from vmlab.diagrams.page_table import page_table_dot
from vmlab.diagrams.page_table_words import page_table_text
from vmlab.diagrams.sharing import sharing_dot, sharing_text
from vmlab.model.mmu.page import PAGE_SIZE


def machine(swap: int) -> Snapshot:
    """Three of four pages were written, then paged out, as far as there is room for them."""
    process = Machine(ram=4 * MiB, swap=swap).spawn()
    flags = Map.MAP_PRIVATE | Map.MAP_ANONYMOUS
    place = process.mmap(0, 4 * PAGE_SIZE, Prot.PROT_READ | Prot.PROT_WRITE, flags)
    for page in range(3):
        process.store(place + page * PAGE_SIZE, b"x")
    process.madvise(place, 4 * PAGE_SIZE, Madv.MADV_PAGEOUT)
    return process.machine.snapshot()


WITH = machine(4 * PAGE_SIZE)
WITHOUT = machine(0)


@pytest.mark.parametrize(
    ("draw", "said"),
    [
        (sharing_dot, "swap 2"),
        (sharing_text, "slot 2: 1000 a.out, page 1 of the region"),
        (sharing_text, "0 maps, in swap too"),
        (page_table_dot, "swap 2"),
        (page_table_text, ": slot 2"),
        (address_space_dot, "in swap, slot 2"),
        (address_space_dot, "s 3: in swap, in slot 3"),
        (address_space_text, "0 of 4 pages present, 3 in swap"),
    ],
)
def test_a_page_in_swap_is_drawn_and_said(draw, said):
    assert said in draw(WITH)
    assert said not in draw(WITHOUT)


@pytest.mark.parametrize("draw", [sharing_dot, page_table_dot, address_space_dot])
def test_a_machine_without_swap_says_nothing_of_it(draw):
    assert "swap" not in draw(WITHOUT)
