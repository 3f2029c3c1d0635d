"""Any calls in any order: after each one every invariant of the machine holds.

`pytest` runs a few hundred short sequences; the test marked slow runs many long ones.
"""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from vmlab import KiB, Killed, LinuxError, Machine, MiB, Process
from vmlab.errors import Signal
from vmlab.model.abi.mman import Madv, Map, Mremap, Ms, Prot
from vmlab.model.abi.resource import RLIM_INFINITY, Rlimit
from vmlab.model.linux.mm.validate import validate_idle, validate_machine
from vmlab.model.mmu.page import PAGE_SIZE
from vmlab.model.trace.event import Event
from vmlab.model.trace.hook import Sink
from vmlab.words.sentences import sentence

BASE = 0x40000000
HEAP = 0x406000  # where the heap of a.out begins
FEW_PROCESSES = 5

WHO = st.integers(0, FEW_PROCESSES - 1)

# Where things are: a small window, so that calls meet; the heap, the stack, the vdso; nowhere.
WINDOW = st.integers(0, 15).map(lambda page: BASE + page * PAGE_SIZE)
PLACES = st.one_of(
    WINDOW,
    WINDOW,
    WINDOW,
    WINDOW,
    st.integers(0, 40).map(lambda page: BASE + 2 * MiB - 20 * PAGE_SIZE + page * PAGE_SIZE),
    st.integers(0, 12).map(lambda page: 0x400000 + page * PAGE_SIZE),
    st.integers(1, 24).map(lambda page: 0x7FFFF7FFF000 - page * PAGE_SIZE),
    st.integers(0, 300).map(lambda page: 0x7FFFFFFFF000 - page * PAGE_SIZE),
    st.sampled_from([0, 1, 0x10000, BASE + 5, 0x7FFFFFFFF000, 1 << 47, (1 << 64) - PAGE_SIZE]),
)
FEW_PAGES = st.integers(1, 6).map(lambda pages: pages * PAGE_SIZE)
LENGTHS = st.one_of(
    FEW_PAGES,
    FEW_PAGES,
    st.integers(1, 24).map(lambda pages: pages * PAGE_SIZE),
    st.sampled_from([0, 1, 2 * MiB, 4 * MiB, 5000, 1 << 40, 1 << 63, (1 << 64) - 1]),
)
PROTS = st.one_of(
    st.sampled_from([3, 3, 3, 1, 1, 0, 2, 4, 5, 7]),
    st.sampled_from([3 | Prot.PROT_GROWSDOWN, 1 | Prot.PROT_GROWSUP, 8, 16]),
)
TYPES = st.sampled_from(
    [Map.MAP_PRIVATE] * 4
    + [Map.MAP_SHARED] * 2
    + [Map.MAP_SHARED_VALIDATE, Map.MAP_DROPPABLE, Map(0)]
)
EXTRAS = st.lists(
    st.sampled_from(
        [Map.MAP_FIXED] * 4 + [flag for flag in Map if flag not in (Map(1), Map(2), Map(8))]
    ),
    max_size=3,
)
DESCRIPTORS = st.integers(-1, 8)
OFFSETS = st.one_of(
    st.integers(0, 8).map(lambda page: page * PAGE_SIZE), st.sampled_from([5, 1 << 62])
)


class Reader(Sink):
    """Somebody who has every event said in words."""

    def emit(self, event: Event) -> None:
        assert sentence(event)


class AnyCalls(RuleBasedStateMachine):
    """A machine with little memory and up to FEW_PROCESSES processes that do anything."""

    @initialize(limit=st.sampled_from([65530, 24]), listening=st.booleans())
    def boot(self, limit: int, listening: bool) -> None:
        self.machine = Machine(ram=768 * KiB, totalram=64 * MiB, max_map_count=limit)
        self.machine.fs.write("/a", b"a" * 20 * KiB + b"tail")
        if listening:
            self.machine.system.trace.sink = Reader()
        self._spawn()

    def _spawn(self) -> Process:
        process = self.machine.spawn()
        for path, flags in (("/a", 2), ("/a", 0), ("/dev/zero", 2), ("/a", 1)):
            process.open(path, flags)
        process.ftruncate(process.memfd_create("m"), 64 * KiB)
        for signum in (7, 11):
            process.sigaction(signum)
        # Something to begin with: VMAs that differ in rights only, some of them written to.
        process.mmap(BASE, 16 * PAGE_SIZE, 3, Map.MAP_PRIVATE | Map.MAP_ANONYMOUS | Map.MAP_FIXED)
        for page in (3, 9):
            process.mprotect(BASE + page * PAGE_SIZE, 3 * PAGE_SIZE, Prot.PROT_READ)
        for page in (0, 7, 13):
            process.store(BASE + page * PAGE_SIZE, b"b")
        return process

    def teardown(self) -> None:
        if not hasattr(self, "machine"):
            return
        while running := self._running():
            running[-1].exit()
        validate_machine(self.machine.system)
        validate_idle(self.machine.system)

    def _running(self) -> list[Process]:
        return [p for p in self.machine.processes.values() if p.state == "R"]

    def _try(self, who: int, name: str, *args: object) -> None:
        # A call may fail, a process may die; the machine must stay right.
        running = self._running()
        process = running[who % len(running)] if running else self._spawn()
        with suppress(LinuxError, Signal, Killed):
            getattr(process, name)(*args)
        validate_machine(self.machine.system)

    @rule(
        who=WHO,
        addr=PLACES,
        length=LENGTHS,
        prot=PROTS,
        kind=TYPES,
        extras=EXTRAS,
        anonymous=st.sampled_from([Map.MAP_ANONYMOUS, Map.MAP_ANONYMOUS, Map(0)]),
        fd=DESCRIPTORS,
        offset=OFFSETS,
    )
    def mmap(
        self,
        who: int,
        addr: int,
        length: int,
        prot: int,
        kind: Map,
        extras: list[Map],
        anonymous: Map,
        fd: int,
        offset: int,
    ) -> None:
        flags = kind | anonymous
        for extra in extras:
            flags |= extra
        if length > 64 * MiB:
            flags &= ~(Map.MAP_POPULATE | Map.MAP_LOCKED)  # would take long to run out of frames
        self._try(who, "mmap", addr, length, prot, flags, fd, offset)

    @rule(who=WHO, addr=WINDOW, length=FEW_PAGES, prot=st.sampled_from([3, 3, 1]))
    def mmap_here(self, who: int, addr: int, length: int, prot: int) -> None:
        flags = Map.MAP_PRIVATE | Map.MAP_ANONYMOUS | Map.MAP_FIXED
        self._try(who, "mmap", addr, length, prot, flags)

    @rule(who=WHO, addr=WINDOW, length=FEW_PAGES, new=WINDOW)
    def move(self, who: int, addr: int, length: int, new: int) -> None:
        self._try(who, "mremap", addr, length, length, Mremap(3), new)

    @rule(who=WHO, addr=PLACES, length=LENGTHS)
    def munmap(self, who: int, addr: int, length: int) -> None:
        self._try(who, "munmap", addr, length)

    @rule(who=WHO, addr=PLACES, length=LENGTHS, prot=PROTS)
    def mprotect(self, who: int, addr: int, length: int, prot: int) -> None:
        self._try(who, "mprotect", addr, length, prot)

    @rule(
        who=WHO,
        old=PLACES,
        old_size=LENGTHS,
        new_size=LENGTHS,
        same=st.booleans(),
        flags=st.sampled_from([0, 1, 1, 3, 3, 5, 7, 2, 4, 8]).map(Mremap),
        new=PLACES,
    )
    def mremap(
        self,
        who: int,
        old: int,
        old_size: int,
        new_size: int,
        same: bool,
        flags: Mremap,
        new: int,
    ) -> None:
        self._try(who, "mremap", old, old_size, old_size if same else new_size, flags, new)

    @rule(who=WHO, change=st.integers(-2, 20), raw=st.booleans(), addr=PLACES)
    def brk(self, who: int, change: int, raw: bool, addr: int) -> None:
        self._try(who, "brk", addr if raw else HEAP + change * 3000)

    @rule(
        who=WHO,
        addr=PLACES,
        length=LENGTHS,
        advice=st.sampled_from([*Madv, 50]),
    )
    def madvise(self, who: int, addr: int, length: int, advice: int) -> None:
        self._try(who, "madvise", addr, length, advice)

    @rule(who=WHO, addr=PLACES, length=LENGTHS, flags=st.integers(0, 8).map(Ms))
    def msync(self, who: int, addr: int, length: int, flags: int) -> None:
        self._try(who, "msync", addr, length, flags)

    @rule(who=WHO, addr=PLACES, length=LENGTHS, vec=st.one_of(st.none(), PLACES))
    def mincore(self, who: int, addr: int, length: int, vec: int | None) -> None:
        self._try(who, "mincore", addr, min(length, 1 << 32), vec)

    @rule(who=WHO, addr=PLACES, length=LENGTHS)
    def mlock(self, who: int, addr: int, length: int) -> None:
        self._try(who, "mlock", addr, length)

    @rule(who=WHO, addr=PLACES, length=LENGTHS)
    def munlock(self, who: int, addr: int, length: int) -> None:
        self._try(who, "munlock", addr, length)

    @rule(who=WHO, addr=PLACES, length=LENGTHS, flags=st.integers(0, 2))
    def mlock2(self, who: int, addr: int, length: int, flags: int) -> None:
        self._try(who, "mlock2", addr, length, flags)

    @rule(who=WHO, flags=st.integers(0, 8))
    def mlockall(self, who: int, flags: int) -> None:
        self._try(who, "mlockall", flags)

    @rule(who=WHO)
    def munlockall(self, who: int) -> None:
        self._try(who, "munlockall")

    @rule(who=WHO, page=st.integers(0, 40), pages=st.integers(0, 3))
    def mseal(self, who: int, page: int, pages: int) -> None:
        self._try(who, "mseal", BASE + page * PAGE_SIZE, pages * PAGE_SIZE)

    @rule(
        who=WHO,
        resource=st.sampled_from([Rlimit.RLIMIT_AS, Rlimit.RLIMIT_DATA, Rlimit.RLIMIT_STACK]),
        limit=st.sampled_from([64 * KiB, MiB, RLIM_INFINITY]),
    )
    def setrlimit(self, who: int, resource: Rlimit, limit: int) -> None:
        self._try(who, "setrlimit", resource, limit)

    @rule(who=WHO, addr=PLACES, inside=st.integers(0, PAGE_SIZE - 1))
    def load(self, who: int, addr: int, inside: int) -> None:
        self._try(who, "load", addr + inside)

    @rule(who=WHO, addr=PLACES, inside=st.integers(0, PAGE_SIZE - 1))
    def store(self, who: int, addr: int, inside: int) -> None:
        self._try(who, "store", addr + inside, b"s")

    @rule(who=WHO, addr=PLACES, pages=st.integers(1, 12))
    def store_many(self, who: int, addr: int, pages: int) -> None:
        for page in range(pages):
            self._try(who, "store", addr + page * PAGE_SIZE, b"m")

    @rule(who=WHO, addr=PLACES)
    def add(self, who: int, addr: int) -> None:
        self._try(who, "add", addr, 1)

    @rule(who=WHO, addr=PLACES)
    def fetch(self, who: int, addr: int) -> None:
        self._try(who, "fetch", addr)

    @rule(who=WHO, fd=DESCRIPTORS, size=st.integers(0, 100_000))
    def ftruncate(self, who: int, fd: int, size: int) -> None:
        self._try(who, "ftruncate", fd, size)

    @rule(
        who=WHO,
        call=st.sampled_from(["pread", "pwrite"]),
        fd=DESCRIPTORS,
        addr=PLACES,
        n=st.integers(0, 20_000),
        offset=OFFSETS,
    )
    def read_or_write_file(
        self, who: int, call: str, fd: int, addr: int, n: int, offset: int
    ) -> None:
        self._try(who, call, fd, addr, n, offset % MiB)

    @rule(who=WHO, fd=st.integers(3, 8))
    def close(self, who: int, fd: int) -> None:
        self._try(who, "close", fd)

    @rule(
        who=WHO,
        call=st.sampled_from(
            [("fork",), ("fork",), ("vfork",), ("clone", 0x100), ("clone", 0x10D00), ("clone", 17)]
        ),
    )
    def make_child(self, who: int, call: tuple[str, int]) -> None:
        if len(self.machine.processes) < FEW_PROCESSES:
            self._try(who, *call)

    @rule(who=WHO)
    def execve(self, who: int) -> None:
        self._try(who, "execve", "/bin/a.out")

    @rule(who=WHO)
    def wait(self, who: int) -> None:
        self._try(who, "wait")

    @rule(who=WHO)
    def exit(self, who: int) -> None:
        self._try(who, "exit", 0)


COMMON = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def test_any_calls_keep_every_invariant() -> None:
    run_state_machine_as_test(
        AnyCalls,
        settings=settings(COMMON, max_examples=100, stateful_step_count=40, derandomize=True),
    )


@pytest.mark.slow
def test_any_calls_keep_every_invariant_for_long() -> None:
    run_state_machine_as_test(
        AnyCalls, settings=settings(COMMON, max_examples=300, stateful_step_count=100)
    )
