"""Questions to a snapshot, answered from the bytes in it."""

import pytest

from tests.diagrams.machines import Machine, program, three_processes
from vmlab.model.abi.mman import VM_GROWSDOWN, VM_MAYREAD
from vmlab.model.mmu.pte import TINY, US, X86_32, A, G, P
from vmlab.state import views
from vmlab.state.views import Gap


def test_a_walk_ends_at_the_frame_or_at_the_hole():
    snap = three_processes()
    mm = snap.mms[0]
    steps = views.walk(snap, mm, 0x407123)
    assert [step.level for step in steps] == ["PGD", "PUD", "PMD", "PTE"]
    assert steps[0].table == mm.pgd
    assert steps[-1].entry & P
    assert [step.level for step in views.walk(snap, mm, 0x100000000)] == ["PGD", "PUD"]


@pytest.mark.parametrize("shape", [TINY, X86_32])
def test_other_shapes_of_page_tables(shape):
    machine = Machine(shape)
    space = machine.space()
    machine.task(1, space.number)
    first, second = machine.frame("anon"), machine.frame("anon")
    space.map(3 * shape.page_size, first, "rwd")
    space.map((1 << shape.address_bits - 1) + shape.page_size, second)
    snap = machine.snapshot()
    found = views.mapped(snap, snap.mms[0])
    assert [(page.addr, page.pfn) for page in found] == [
        (3 * shape.page_size, first),
        ((1 << shape.address_bits - 1) + shape.page_size, second),
    ]


def test_pages_are_listed_in_address_order_with_their_place():
    snap = three_processes()
    pages = views.mapped(snap, snap.mms[1])
    assert [page.addr for page in pages] == [0x401000, 0x402000, 0x404000, 0x407000, 0x7FFFFFFFE000]
    for page in pages:
        assert views.walk(snap, snap.mms[1], page.addr)[-1].entry == page.pte
        assert views.table_entries(snap, page.table)[page.index] == page.pte


def test_a_page_that_prot_none_hides_is_still_mapped():
    machine = Machine()
    space = machine.space()
    frame = machine.frame("anon")
    space.map(0x1000, frame, "x")
    for table in machine.tables.values():
        for index, entry in enumerate(table):
            if entry >> 12 == frame:
                table[index] = frame << 12 | G | A
    snap = machine.snapshot()
    assert [page.pfn for page in views.mapped(snap, snap.mms[0])] == [frame]


def test_owners_of_a_frame():
    snap = three_processes()
    heap = views.walk(snap, snap.mms[0], 0x407000)[-1].entry >> 12
    owners = views.owners(snap)[heap & 0xFFFFFFFF]
    assert [(page.mm, page.addr) for page in owners] == [(1, 0x407000), (2, 0x407000)]


def test_tables_know_their_level():
    snap = three_processes()
    levels = views.tables(snap, snap.mms[0])
    assert levels[snap.mms[0].pgd] == "PGD"
    assert sorted(levels.values()) == ["PGD", "PMD", "PMD", "PTE", "PTE", "PTE", "PUD", "PUD"]
    kinds = views.pages(snap)
    assert all(kinds[pfn].kind == "table" for pfn in levels)


def test_kinds_and_names_of_the_regions_of_a_program():
    snap = three_processes()
    mm = snap.mms[0]
    assert [views.kind(mm, vma) for vma in mm.mmap] == [
        "rodata", "text", "data", "bss", "heap", "file", "anon", "vdso", "stack",
    ]  # fmt: skip
    assert views.short_name(mm, mm.mmap[5]) == "shared.dat"
    assert [views.perms(vma) for vma in mm.mmap][-4:] == ["rw-s", "rw-p", "r-xp", "rw-p"]


def test_kinds_of_other_regions():
    machine = Machine()
    lib = machine.file("/lib/libc.so.6", 2)
    zero = machine.file("/dev/zero", 1)
    space = program(machine, machine.file("/bin/a.out", 4))
    space.vma(0x10000000, 1, "r-xp", "/lib/libc.so.6", file=lib)
    space.vma(0x10002000, 1, "r--p", "/lib/libc.so.6", file=lib)
    space.vma(0x10004000, 1, "rw-s", "/dev/zero (deleted)", file=zero)
    space.vma(0x10006000, 1, "rw-p", flags=VM_GROWSDOWN)
    mm = machine.snapshot().mms[0]
    found = {vma.vm_start: views.kind(mm, vma) for vma in mm.mmap}
    assert found[0x10000000] == "library"
    assert found[0x10002000] == "file"
    assert found[0x10004000] == "shared"
    assert found[0x10006000] == "stack"


def test_gaps_fill_the_space_between_regions():
    mm = three_processes().mms[0]
    end = 0
    for thing in views.gaps(mm):
        start = thing.start if isinstance(thing, Gap) else thing.vm_start
        assert start == end
        end = thing.end if isinstance(thing, Gap) else thing.vm_end
    assert end == mm.task_size


def test_the_gap_below_a_leaf_is_that_of_its_subtree():
    mm = three_processes().mms[0]
    leaves = [vma for vma in mm.mmap if vma.rb_left is None and vma.rb_right is None]
    assert leaves
    assert all(views.gap_before(mm, vma) == vma.rb_subtree_gap for vma in leaves)


def test_flags_leave_out_what_a_region_may_become():
    machine = Machine()
    space = machine.space()
    space.vma(0x1000, 1, "rw-p", flags=VM_MAYREAD | VM_GROWSDOWN)
    space.vma(0x3000, 1, "---p")
    first, second = machine.snapshot().mms[0].mmap
    assert views.flags(first) == "READ|WRITE|GROWSDOWN"
    assert views.flags(second) == "0"


def test_the_current_address_space_is_that_of_the_running_task():
    snap = three_processes()
    current = views.current_mm(snap)
    assert current is not None
    assert current.mm == 1
    assert views.find_mm(snap, 99) is None
    assert views.find_task(snap, 99) is None
    assert views.current_mm(Machine().snapshot()) is None
    assert [task.pid for task in views.users(snap, 2)] == [2]


def test_an_entry_that_only_the_kernel_understands_is_no_page():
    machine = Machine()
    space = machine.space()
    frame = machine.frame("anon")
    space.map(0x1000, frame, "x")
    for table in machine.tables.values():
        for index, entry in enumerate(table):
            if entry >> 12 == frame:
                table[index] = US | A  # neither P nor what PROT_NONE leaves
    snap = machine.snapshot()
    assert views.mapped(snap, snap.mms[0]) == ()
