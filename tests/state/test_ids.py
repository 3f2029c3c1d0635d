"""Ids of objects: made, taken apart, and never confused."""

import pytest

from vmlab.state.ids import (
    anon_vma_id,
    file_id,
    gap_id,
    ino_id,
    mm_id,
    object_id,
    parse,
    part,
    pfn_id,
    pte_id,
    task_id,
    tlb_id,
    vma_id,
)


@pytest.mark.parametrize(
    ("key", "meaning"),
    [
        (mm_id(3), ("mm", (3,))),
        (vma_id(3, 0x7FFFF7FF1000), ("vma", (3, 0x7FFFF7FF1000))),
        (gap_id(3, 0), ("gap", (3, 0))),
        (pte_id(12, 0xFFF000), ("pte", (12, 0xFFF000))),
        (pfn_id(0), ("pfn", (0,))),
        (task_id(1000), ("task", (1000,))),
        (file_id(7), ("file", (7,))),
        (ino_id(7), ("ino", (7,))),
        (anon_vma_id(7), ("anon_vma", (7,))),
        (tlb_id(1, 0xABC), ("tlb", (1, 0xABC))),
        ("step_12", ("step", (12,))),
    ],
)
def test_an_id_says_what_it_is_of(key: str, meaning: tuple[str, tuple[int, ...]]):
    assert parse(key) == meaning
    assert parse(part(key, "region")) == meaning
    assert object_id(part(key, "region")) == key


@pytest.mark.parametrize(
    "key", ["", "more_vmas", "vma_1", "vma_1_2_3", "pfn_abc", "task_", "vma__1", "xpfn_1", "pfn_1 "]
)
def test_other_texts_name_no_object(key: str):
    assert parse(key) is None
