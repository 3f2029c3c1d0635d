"""Page-table entries and geometries: bit positions, and how an address is cut."""

from __future__ import annotations

import pytest

from vmlab.model.mmu.pte import (
    GEOMETRIES,
    NX,
    PFN_MASK,
    TINY,
    X86_32,
    X86_64,
    X86_64_LA57,
    Geometry,
    Pte,
    pte_flags,
    pte_pfn,
)


def test_the_bits_stand_where_x86_has_them() -> None:
    positions = {bit.name: bit.bit_length() - 1 for bit in Pte}
    assert positions == {
        "P": 0, "RW": 1, "US": 2, "PWT": 3, "PCD": 4, "A": 5, "D": 6, "PS": 7, "G": 8,
        "SPECIAL": 9, "NX": 63,
    }  # fmt: skip


def test_the_frame_number_stands_at_bits_12_to_51() -> None:
    assert PFN_MASK == 0x000F_FFFF_FFFF_F000
    entry = NX | 0x12345 << 12 | 0x67
    assert pte_pfn(entry) == 0x12345
    assert pte_flags(entry) == Pte.NX | Pte.P | Pte.RW | Pte.US | Pte.A | Pte.D


@pytest.mark.parametrize(
    ("geometry", "levels", "bits", "page", "shifts", "nx"),
    [
        (X86_64, 4, 48, 4096, (39, 30, 21, 12), NX),
        (X86_64_LA57, 5, 57, 4096, (48, 39, 30, 21, 12), NX),
        (X86_32, 2, 32, 4096, (22, 12), 0),
        (TINY, 3, 10, 16, (8, 6, 4), 0),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_a_geometry_is_data(
    geometry: Geometry, levels: int, bits: int, page: int, shifts: tuple[int, ...], nx: int
) -> None:
    assert geometry.levels == levels
    assert geometry.address_bits == bits
    assert geometry.page_size == page
    assert geometry.shifts == shifts
    assert geometry.nx == nx


@pytest.mark.parametrize("geometry", GEOMETRIES.values(), ids=GEOMETRIES.keys())
def test_indexes_and_offset_make_up_the_address(geometry: Geometry) -> None:
    for addr in (0, 1, geometry.page_size, (1 << geometry.address_bits) - 1, 0x2A5):
        cut = sum(
            index << shift
            for index, shift in zip(geometry.indexes(addr), geometry.shifts, strict=True)
        )
        assert cut | addr & geometry.page_size - 1 == addr


@pytest.mark.parametrize("geometry", GEOMETRIES.values(), ids=GEOMETRIES.keys())
def test_a_table_fits_into_one_page(geometry: Geometry) -> None:
    assert len(geometry.level_names) == geometry.levels
    for bits in geometry.level_bits:
        assert (1 << bits) * geometry.entry_bytes <= geometry.page_size


def test_a_textbook_address() -> None:
    assert X86_64.indexes(0x7FFF_FFFF_E123) == (255, 511, 511, 510)
    assert X86_64_LA57.indexes(0x7FFF_FFFF_E123) == (0, 255, 511, 511, 510)
    assert X86_32.indexes(0xC000_1234) == (768, 1)
    assert TINY.indexes(0b11_01_10_0101) == (3, 1, 2)
