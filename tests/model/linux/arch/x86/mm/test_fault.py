"""do_page_fault: which question it asks next, and the signal when the answer is no."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from tests.model.linux.lab import (
    ANON,
    PAGE,
    PLACE,
    RW,
    SHARED,
    Ear,
    anon,
    faults,
    look,
    mapped,
    path,
    start,
)
from vmlab import BusError, Machine, Map, Process, ProcessError, Prot, Rlimit, Segfault
from vmlab.codes import because
from vmlab.model.trace.events.fault import FaultBranch

OK = "find_vma: inside > access: allowed > "
STACK_TOP = 0x7FFFFFFFF000
PRIVATE, FILE_SHARED = Map.MAP_PRIVATE, Map.MAP_SHARED


def refused(p: Process, action: Callable[[], object]) -> tuple[str, str, int]:
    """Return (signal and code, address, path) of an access that must fail and costs no fault."""
    before = p.min_flt
    caught: list[Segfault | BusError] = []

    def attempt() -> None:
        try:
            action()
        except (Segfault, BusError) as signal:
            caught.append(signal)

    way = path(p, attempt)
    assert p.min_flt == before
    (signal,) = caught
    return signal.code_name, way, signal.si_addr


def prepare_nothing(p: Process) -> int:
    return anon(p)


def written(p: Process) -> int:
    addr = anon(p)
    p.store(addr, b"x")
    return addr


def read(p: Process) -> int:
    addr = anon(p)
    p.load(addr)
    return addr


def forked(p: Process) -> int:
    addr = written(p)
    p.fork()
    return addr


def forked_and_left(p: Process) -> int:
    addr = written(p)
    p.fork().exit()
    return addr


def away_and_back(p: Process) -> int:
    addr = forked(p)
    p.machine.processes[max(p.machine.processes)].store(addr, b"child's")
    return addr


def file_private(p: Process) -> int:
    return mapped(p, PRIVATE)


def file_private_read(p: Process) -> int:
    addr = mapped(p, PRIVATE)
    p.load(addr)
    return addr


def file_shared(p: Process) -> int:
    return mapped(p, FILE_SHARED)


def hole_shared(p: Process) -> int:
    return anon(p, flags=SHARED)


def load(p: Process, addr: int) -> object:
    return p.load(addr)


def store(p: Process, addr: int) -> object:
    return p.store(addr, b"w")


@pytest.mark.parametrize(
    ("prepare", "access", "way"),
    [
        (prepare_nothing, load, "pte: none > anonymous: read"),
        (prepare_nothing, store, "pte: none > anonymous: write"),
        (read, store, "pte: write_protected > cow: zero_page"),
        (forked, store, "pte: write_protected > cow: shared_frame"),
        (forked_and_left, store, "pte: write_protected > cow: last_owner"),
        (away_and_back, store, "pte: write_protected > cow: last_owner"),
        (file_private, load, "pte: none > fault_type: read"),
        (file_private, store, "pte: none > fault_type: private_write > page_cache: cached"),
        (file_private_read, store, "pte: write_protected > cow: file_page"),
        (file_shared, load, "pte: none > fault_type: read"),
        (file_shared, store, "pte: none > fault_type: shared_write > page_cache: cached"),
        (hole_shared, load, "pte: none > fault_type: read > page_cache: hole"),
        (hole_shared, store, "pte: none > fault_type: shared_write > page_cache: hole"),
    ],
)
def test_the_path_of_a_fault_that_is_mended(
    prepare: Callable[[Process], int], access: Callable[[Process, int], object], way: str
) -> None:
    p = start()
    addr = prepare(p)
    assert path(p, lambda: faults(p, lambda: access(p, addr))) == OK + way
    assert path(p, lambda: access(p, addr)) == ""


def test_every_answer_has_its_reason() -> None:
    p = start()
    addr = read(p)
    ear = Ear(p)
    p.store(addr, b"x")
    assert [event.reason for event in ear.events if isinstance(event, FaultBranch)] == [
        because("address_in_vma", start=0x40000000, end=0x40004000),
        because("access_allowed", perms="rw-p"),
        because("entry_write_protected"),
        because("zero_page_everybodys"),
    ]


@pytest.mark.parametrize("access", ["load", "store", "fetch", "add"])
@pytest.mark.parametrize("addr", [0, 0x10000, 0x405FFF000, STACK_TOP, 0x7FFFFFFFFFFF])
def test_nothing_is_mapped(access: str, addr: int) -> None:
    p = start()
    arguments = {"store": (b"x",), "add": (1,)}.get(access, ())
    code, way, si_addr = refused(p, lambda: getattr(p, access)(addr, *arguments))
    assert (code, si_addr) == ("SEGV_MAPERR", addr)
    assert way == (
        "expand_stack: refused" if addr == 0x405FFF000 else "find_vma: hole"
    ) or not way.startswith("pte")


@pytest.mark.parametrize("addr", [0x800000000000, 0xFFFF7FFFFFFFFFFF, 1 << 63])
def test_an_address_that_is_not_canonical(addr: int) -> None:
    p = start()
    assert refused(p, lambda: p.load(addr)) == ("SI_KERNEL", "", 0)


@pytest.mark.parametrize("addr", [0xFFFF800000000000, 0xFFFFFFFFFF600000, (1 << 64) - 1])
def test_the_kernels_half(addr: int) -> None:
    p = start()
    assert refused(p, lambda: p.load(addr)) == ("SEGV_MAPERR", "", addr)


@pytest.mark.parametrize(
    ("prot", "allowed"),
    [
        (0, ""),
        (1, "load"),
        (2, "load store add"),
        (3, "load store add"),
        (4, "load fetch"),
        (5, "load fetch"),
        (6, "load store add fetch"),
        (7, "load store add fetch"),
    ],
)
def test_what_each_protection_allows(prot: int, allowed: str) -> None:
    """Whether the page is absent or present; a write-only page can be read, on x86."""
    for populate in (False, True):
        for access in ("load", "store", "add", "fetch"):
            p = start()
            addr = anon(p)
            if populate:
                p.store(addr, b"x")
            p.mprotect(addr, 4 * PAGE, prot)
            arguments = {"store": (b"x",), "add": (1,)}.get(access, ())
            if access in allowed.split():
                getattr(p, access)(addr, *arguments)
            else:
                code, way, si_addr = refused_or_nx(p, access, addr, arguments)
                assert (code, si_addr) == ("SEGV_ACCERR", addr)
                assert way.endswith("access: refused")


def refused_or_nx(
    p: Process, access: str, addr: int, arguments: tuple[object, ...]
) -> tuple[str, str, int]:
    """A fetch from an absent page that may be read faults it in first, and is then refused."""
    if access == "fetch" and look(p, addr) == "-":
        with pytest.raises(Segfault):
            p.fetch(addr)
    return refused(p, lambda: getattr(p, access)(addr, *arguments))


def test_past_the_end_of_a_file() -> None:
    """The page with the last byte can be used whole; the next one raises SIGBUS."""
    p = start()
    for flags in (PRIVATE, FILE_SHARED):
        addr = mapped(p, flags, pages=24)
        beyond = addr + 21 * PAGE + 5
        p.load(addr + 21 * PAGE - 1)
        for access in (load, store):
            code, way, si_addr = refused(p, partial(access, p, beyond))
            assert (code, si_addr) == ("BUS_ADRERR", beyond)
            assert way.endswith("page_cache: beyond")


def test_sigbus_makes_page_tables_all_the_same_but_accerr_none() -> None:
    p = start()
    p.mmap(PLACE, 4 * PAGE, RW, PRIVATE | Map.MAP_FIXED, 3, 40 * PAGE)
    before = p.mm.pgtables_bytes
    with pytest.raises(BusError):
        p.load(PLACE)
    assert p.mm.pgtables_bytes > before
    before = p.mm.pgtables_bytes
    p.mmap(2 * PLACE, PAGE, 0, ANON | Map.MAP_FIXED)
    with pytest.raises(Segfault):
        p.load(2 * PLACE)
    assert p.mm.pgtables_bytes == before


def test_a_guard_region() -> None:
    p = start()
    addr = written(p)
    p.madvise(addr, PAGE, 102)
    for action in (lambda: p.load(addr), lambda: p.store(addr, b"x")):
        assert refused(p, action) == ("SEGV_MAPERR", OK + "pte: guard", addr)
    assert look(p, addr) == "G"
    p.madvise(addr, PAGE, 103)
    assert p.load(addr) == b"\0"


def test_the_stack_grows_down_to_any_address() -> None:
    p = start()
    low = STACK_TOP - 100 * PAGE
    before = p.mm.stack_vm
    assert path(p, lambda: faults(p, lambda: p.store(low, b"x"))) == (
        "expand_stack: grown > access: allowed > pte: none > anonymous: write"
    )
    assert p.mm.stack_vm == 100 > before
    assert f"{low:x}-7ffffffff000 rw-p" in p.maps()


def test_the_stack_stops_at_its_limit() -> None:
    p = start()
    p.setrlimit(Rlimit.RLIMIT_STACK, 64 * PAGE)
    p.load(STACK_TOP - 64 * PAGE)
    code, way, _ = refused(p, lambda: p.load(STACK_TOP - 65 * PAGE))
    assert (code, way) == ("SEGV_MAPERR", "expand_stack: refused")


@pytest.mark.parametrize(
    ("gap", "prot", "grows"),
    [(256, RW, True), (255, RW, False), (0, RW, False), (255, 0, True), (0, 0, True)],
)
def test_the_guard_gap_below_the_stack(gap: int, prot: int, grows: bool) -> None:
    """256 pages to a mapping that can be used; one without any rights may be touched."""
    p = start()
    low = STACK_TOP - 300 * PAGE
    p.mmap(low - (gap + 1) * PAGE, PAGE, prot, ANON | Map.MAP_FIXED)
    if grows:
        p.store(low, b"x")
    else:
        assert refused(p, lambda: p.store(low, b"x"))[:2] == (
            "SEGV_MAPERR",
            "expand_stack: refused",
        )


def test_map_growsdown_grows_as_the_stack_does() -> None:
    p = start()
    p.mmap(PLACE, PAGE, RW, ANON | Map.MAP_FIXED | Map.MAP_GROWSDOWN)
    p.store(PLACE - 10 * PAGE, b"x")
    assert f"{PLACE - 10 * PAGE:x}-{PLACE + PAGE:x}" in p.maps()


def test_without_a_handler_the_process_dies() -> None:
    p = Machine().spawn()
    child = p.fork()
    with pytest.raises(Segfault) as caught:
        child.load(0)
    assert caught.value.si_signo == 11
    assert (child.state, child.exit_code) == ("Z", 11)
    assert p.wait() == (child.pid, 11)
    with pytest.raises(ProcessError, match="is dead"):
        child.load(0x401000)


def test_what_precedes_a_fault_stays_written() -> None:
    p = start()
    addr = anon(p, pages=1)
    with pytest.raises(Segfault) as caught:
        p.store(addr + PAGE - 3, b"abcdef")
    assert caught.value.si_addr == addr + PAGE
    assert p.load(addr + PAGE - 3, 3) == b"abc"


def test_a_fetch_names_its_address() -> None:
    p = start()
    addr = anon(p)
    with pytest.raises(Segfault) as caught:
        p.fetch(addr + 5)
    assert (caught.value.code_name, caught.value.si_addr) == ("SEGV_ACCERR", 0x40000005)
    assert caught.value.why == because(
        "vma_has_perms", start=0x40000000, end=0x40004000, perms="rw-p"
    )
    p.mprotect(addr, PAGE, Prot.PROT_EXEC)
    assert p.fetch(addr + 5) == 0
