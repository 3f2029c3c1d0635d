"""Starting states: what is drawn is what is mapped."""

import random

import pytest

from vmlab.lessons.scenarios import (
    many_vmas,
    page,
    random_ruler,
    read_ruler,
    ruler,
    touched,
)


@pytest.mark.parametrize("drawn", ["", "AAA.bb", "..A", "A.b.C.d"])
def test_a_ruler_is_what_is_mapped(drawn: str) -> None:
    assert read_ruler(ruler(drawn), len(drawn)) == drawn


def test_neighbours_with_equal_rights_merge() -> None:
    assert read_ruler(ruler("AABB"), 4) == "AAAA"


def test_a_region_without_rights_is_drawn_as_a_dash() -> None:
    process = ruler("AAA")
    process.mprotect(page(1), 4096, 0)
    assert read_ruler(process, 3) == "A-C"


def test_random_rulers_repeat() -> None:
    assert random_ruler(random.Random(1)) == random_ruler(random.Random(1))
    assert len(random_ruler(random.Random(2), 9)) == 9


def test_many_vmas() -> None:
    assert many_vmas(100).mm.map_count == 100


def test_touched_pages_are_present() -> None:
    process = touched(3, written=(0,), read=(1,))
    entries = process.pagemap(page(0), 3)
    assert [entry.present for entry in entries] == [True, True, False]
    assert [entry.zero for entry in entries] == [False, True, False]
