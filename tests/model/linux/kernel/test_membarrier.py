"""membarrier: what it answers, and what must be registered before."""

from __future__ import annotations

import pytest

from tests.model.linux.lab import Ear
from tests.refused import refused
from vmlab import CLONE_VM, LinuxError, Machine, Process
from vmlab.model.trace.events.process import MembarrierRegister

QUERY, GLOBAL, PRIVATE, CORE, RSEQ, TOLD = 0, 1, 8, 32, 128, 512


@pytest.fixture
def p() -> Process:
    return Machine().spawn()


def test_every_command_is_known(p: Process) -> None:
    assert p.membarrier(QUERY) == 1023
    assert [p.membarrier(1 << bit) for bit in (0, 1, 2)] == [0, 0, 0]


@pytest.mark.parametrize(("cmd", "told"), [(PRIVATE, 16), (CORE, 16 | 64), (RSEQ, 16 | 256)])
def test_a_private_barrier_is_registered_first(p: Process, cmd: int, told: int) -> None:
    with refused(LinuxError, "not_registered", "EPERM"):
        p.membarrier(cmd)
    assert p.membarrier(cmd << 1) == 0
    assert p.membarrier(cmd) == 0
    assert p.membarrier(TOLD) == told


def test_one_kind_does_not_register_another(p: Process) -> None:
    p.membarrier(CORE << 1)
    with refused(LinuxError, "not_registered", "EPERM"):
        p.membarrier(PRIVATE)


def test_it_is_inherited_until_the_next_program(p: Process) -> None:
    p.membarrier(4)
    child, sharer = p.fork(), p.clone(CLONE_VM)
    sharer.membarrier(PRIVATE << 1)
    assert [each.membarrier(TOLD) for each in (p, child, sharer)] == [20, 4, 20]
    p.machine.restore(p.machine.snapshot())
    assert p.membarrier(TOLD) == 20
    child.execve("/bin/a.out")
    assert child.membarrier(TOLD) == 0


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        ((3,), "unknown_command"),
        ((1024,), "unknown_command"),
        ((QUERY, 1), "unknown_flags"),
        ((PRIVATE, 1), "unknown_flags"),
        ((RSEQ, 2), "unknown_flags"),
    ],
)
def test_what_is_refused(p: Process, args: tuple[int, ...], reason: str) -> None:
    p.membarrier(RSEQ << 1)
    with refused(LinuxError, reason, "EINVAL"):
        p.membarrier(*args)
    assert p.membarrier(RSEQ, 1, 99) == 0


def test_only_a_new_registration_is_told(p: Process) -> None:
    ear = Ear(p)
    for cmd, told in ((PRIVATE << 1, 1), (PRIVATE << 1, 1), (CORE << 1, 2)):
        p.membarrier(cmd)
        assert sum(isinstance(event, MembarrierRegister) for event in ear.events) == told
