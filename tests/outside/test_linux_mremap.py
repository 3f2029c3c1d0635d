"""What Linux's own tests say of mremap and MAP_FIXED_NOREPLACE.

tools/testing/selftests/mm: mremap_test.c, map_fixed_noreplace.c.
"""

from __future__ import annotations

import pytest

from tests.rulers import Op, at, check, mmap, mremap, munmap, spawn
from vmlab import LinuxError
from vmlab.model.abi.mman import MAP_FIXED_NOREPLACE, MREMAP_FIXED, MREMAP_MAYMOVE
from vmlab.model.mmu.page import PAGE_SIZE

TO = MREMAP_MAYMOVE | MREMAP_FIXED


def noreplace(page: int, letters: str) -> Op:
    return mmap(page, letters, MAP_FIXED_NOREPLACE)


def test_mremap_expand_merge() -> None:
    check("AAA", [munmap(1, 1), mremap(0, 1, 2)], "AAA")


def test_mremap_expand_merge_offset() -> None:
    check("AAA", [munmap(2, 1), mremap(1, 1, 2)], "AAA")
    check("AAAA.A", mremap(3, 1, 2), "AAAAAA")


@pytest.mark.parametrize(
    ("old", "new"),
    [(at(0), at(1)), (at(0), at(8) + 1), (at(0) + 1, at(8))],
    ids=["overlapping", "destination misaligned", "source misaligned"],
)
def test_mremap_refused(old: int, new: int) -> None:
    process = spawn("AAAA")
    with pytest.raises(LinuxError, match="EINVAL"):
        process.mremap(old, 2 * PAGE_SIZE, 2 * PAGE_SIZE, TO, new)


# five pages from the third on are mapped; step: call, error
NOREPLACE = {
    "the exact range": (noreplace(2, "AAAAA"), "EEXIST"),
    "contained": (noreplace(3, "AAA"), "EEXIST"),
    "overlapping the end": (noreplace(6, "AA"), "EEXIST"),
    "overlapping the start": (noreplace(1, "AA"), "EEXIST"),
    "around it": (noreplace(1, "AAAAAAA"), "EEXIST"),
    "the first page": (noreplace(2, "A"), "EEXIST"),
    "the last page": (noreplace(6, "A"), "EEXIST"),
    "adjacent below": (noreplace(1, "a"), ""),
    "adjacent above": (noreplace(7, "a"), ""),
}


@pytest.mark.parametrize("step", NOREPLACE)
def test_map_fixed_noreplace(step: str) -> None:
    op, error = NOREPLACE[step]
    after = {"adjacent below": ".aAAAAA", "adjacent above": "..AAAAAa"}.get(step, "..AAAAA")
    check("..AAAAA", op, after, error=error)
