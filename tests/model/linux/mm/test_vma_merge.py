"""When VMAs become one, when one becomes two, and the reason that is given."""

from __future__ import annotations

import pytest

from tests.model.linux.lab import Ear
from tests.rulers import Op, at, check, mmap, move, mprotect, munmap, read, spawn, write
from vmlab import LinuxError, Process
from vmlab.codes import Reason, because
from vmlab.model.abi.mman import PROT_READ, PROT_WRITE
from vmlab.model.linux.mm.vma import find_vma
from vmlab.model.mmu.page import PAGE_SIZE
from vmlab.model.trace.events.vma import VmaMerge, VmaNotMerged

RW = PROT_READ | PROT_WRITE


@pytest.mark.parametrize(
    ("before", "op", "after"),
    [
        ("A.", mmap(1, "A"), "AA"),
        (".A", mmap(0, "A"), "AA"),
        ("A.A", mmap(1, "A"), "AAA"),
        ("A.a", mmap(1, "A"), "AAa"),
        ("a.A", mmap(1, "A"), "aAA"),
        ("A.A", mmap(1, "a"), "AaA"),
        ("A.A", mmap(1, "L"), "ALA"),
        ("A.A", mmap(1, "R"), "ARA"),
        ("A.A", mmap(1, "K"), "AKA"),
        ("A.A", mmap(1, "G"), "AGA"),
        ("A.A", mmap(1, "x"), "AxA"),
        ("n.n", mmap(1, "n"), "nnn"),
        ("F.F", mmap(1, "F"), "FFF"),
        ("S.S", mmap(1, "S"), "SSS"),
        ("S.S", mmap(1, "F"), "SFS"),
        ("A.A", mmap(1, "F"), "AFA"),
        ("AAA", mmap(1, "A"), "AAA"),
    ],
)
def test_a_new_mapping_merges_with_its_like(before: str, op: Op, after: str) -> None:
    check(before, op, after)


@pytest.mark.parametrize(
    ("before", "op", "after"),
    [
        ("aaaAAA", mprotect(0, 3, RW), "AAAAAA"),
        ("AAAaaa", mprotect(3, 3, RW), "AAAAAA"),
        ("AAaAA", mprotect(2, 1, RW), "AAAAA"),
        ("AAAaaa", mprotect(3, 1, RW), "AAAAaa"),
        ("aaaAAA", mprotect(2, 1, RW), "aaAAAA"),
        ("AAAA", mprotect(1, 2, PROT_READ), "AaaA"),
        ("AAAA", mprotect(0, 2, PROT_READ), "aaAA"),
        ("AAAA", mprotect(2, 2, PROT_READ), "AAaa"),
        ("AAAA", mprotect(0, 4, PROT_READ), "aaaa"),
        ("AxA", mprotect(1, 1, RW), "AAA"),
        ("FfF", mprotect(1, 1, RW), "FFF"),
        ("AfA", mprotect(1, 1, RW), "AFA"),
        ("SsS", mprotect(0, 3, PROT_READ), "sss"),
    ],
)
def test_changed_rights_split_and_merge(before: str, op: Op, after: str) -> None:
    check(before, op, after)


@pytest.mark.parametrize("written", ["", "A", "a", "Aa"])
@pytest.mark.parametrize(
    ("before", "op"), [("AAAaaa", mprotect(3, 3, RW)), ("aaaAAA", mprotect(0, 3, RW))]
)
def test_faulted_or_not_two_neighbours_merge_unless_both_were_written_apart(
    before: str, op: Op, written: str
) -> None:
    check(before, op, "AAABBB" if written == "Aa" else "AAAAAA", written=written)


def test_a_hole_between_two_anon_vmas_goes_to_the_left() -> None:
    check("AA.BB", mmap(2, "A"), "AAABB", written="AB")


def test_a_first_write_takes_over_the_anon_vma_of_a_neighbour_with_other_rights() -> None:
    process = check("AAXX", [write(0), write(2)], "AAXX")
    low, high = find_vma(process.mm, at(0)), find_vma(process.mm, at(2))
    assert low is not None
    assert high is not None
    assert low.anon_vma is high.anon_vma
    check("AAXX", [write(0), write(2), mprotect(2, 2, RW)], "AAAA")


def test_a_read_of_the_zero_page_gives_no_anon_vma() -> None:
    process = check("A", read(0), "A")
    vma = find_vma(process.mm, at(0))
    assert vma is not None
    assert vma.anon_vma is None


def test_pgoff_follows_splits_and_merges() -> None:
    process = check("FFFFF", munmap(1, 2), "F..FF")
    high = find_vma(process.mm, at(3))
    assert high is not None
    assert high.vm_pgoff == 3
    process = check(".A", mmap(0, "A"), "AA")
    low = find_vma(process.mm, at(0))
    assert low is not None
    assert low.vm_pgoff == at(0) // PAGE_SIZE


def test_in_a_child_nothing_merges_with_what_it_inherited() -> None:
    check("AA.", mmap(2, "A"), "AAB", written="A", child=True)
    check("AA.", mmap(2, "A"), "AAA", child=True)
    check("AAAaaa", mprotect(3, 3, RW), "AAABBB", written="A", child=True)


@pytest.mark.parametrize(
    ("before", "written", "op", "reason"),
    [
        ("A.", "", mmap(1, "a"), because("flags_differ", flags="VM_WRITE|VM_ACCOUNT")),
        ("A.", "", mmap(1, "F"), because("file_differs")),
        ("AA.B", "A", move(0, 1, 4), because("offsets_do_not_continue")),
        ("AA.BB", "AB", mmap(2, "A"), because("anon_vma_of_other_side")),
        ("AAAaaa", "Aa", mprotect(3, 3, RW), because("anon_vma_differs")),
    ],
)
def test_the_reason_of_a_refusal_is_told(before: str, written: str, op: Op, reason: Reason) -> None:
    assert reason in _reasons(spawn(before, written), op, VmaNotMerged)


def test_a_child_is_told_why_it_does_not_merge() -> None:
    child = spawn("AA", written="A").fork()
    refused = _reasons(child, mmap(2, "A"), VmaNotMerged)
    assert because("neighbour_inherited_by_fork") in refused
    child = spawn("aaAA", written="a").fork()
    refused = _reasons(child, mprotect(0, 2, RW), VmaNotMerged)
    assert because("range_inherited_by_fork") in refused


@pytest.mark.parametrize(
    ("before", "op", "reason"),
    [
        ("A.", mmap(1, "A"), because("merge_below")),
        (".A", mmap(0, "A"), because("merge_above")),
        ("A.A", mmap(1, "A"), because("merge_both_sides")),
    ],
)
def test_the_side_of_a_merge_is_told(before: str, op: Op, reason: Reason) -> None:
    assert _reasons(spawn(before), op, VmaMerge) == [reason]


def _reasons(process: Process, op: Op, kind: type[VmaMerge | VmaNotMerged]) -> list[Reason]:
    ear = Ear(process)
    op.run(process)
    process.machine.system.trace.sink = None
    return [event.reason for event in ear.events if isinstance(event, kind)]


def test_vdso_is_never_split() -> None:
    process = spawn("")
    with pytest.raises(LinuxError, match="EINVAL"):
        process.munmap(process.mm.vdso, PAGE_SIZE)
    process.munmap(process.mm.vdso, 2 * PAGE_SIZE)
