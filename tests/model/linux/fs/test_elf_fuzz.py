"""Spoiled ELF files: execve refuses them, kills, or runs them; nothing else, and nothing leaks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.model.linux.elf_files import (
    EHDR,
    FIELDS,
    INTERPRETER,
    PHDR,
    PROGRAM,
    VALUES,
    Change,
    a_out,
    seeds,
    spoil,
)
from vmlab import Killed, LinuxError, Machine, MiB
from vmlab.model.linux.mm.validate import validate_idle, validate_machine
from vmlab.model.mmu.page import PAGE_SIZE

SEEDS = seeds()

changes = st.lists(
    st.one_of(
        st.tuples(st.just("field"), st.integers(0, len(FIELDS) - 1), st.sampled_from(VALUES)),
        st.tuples(st.just("bit"), st.integers(0, 8 * (EHDR + 6 * PHDR) - 1), st.just(0)),
        st.tuples(st.just("cut"), st.integers(0, 0x3000), st.just(0)),
    ),
    min_size=1,
    max_size=5,
)
headers = st.one_of(st.binary(max_size=600), st.binary(max_size=600).map(a_out()[:16].__add__))


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    """Return one machine for all files; it must be idle again in the end."""
    machine = Machine(ram=64 * MiB)
    yield machine
    validate_idle(machine.system)


def run(machine: Machine, program: bytes, interpreter: bytes) -> None:
    """Execute a file; then all invariants hold, and only the files themselves take frames."""
    machine.fs.write(PROGRAM, program)
    machine.fs.write(INTERPRETER, interpreter)
    system = machine.system
    try:
        process = machine.spawn(PROGRAM)
    except (LinuxError, Killed):
        pass
    else:
        assert process.mm.map_count < 30
        assert len(system.mem_map) < 100
        validate_machine(system)
        process.exit()
    validate_machine(system)
    assert not system.tasks
    assert not system.mms
    pages = sum(-(-len(data) // PAGE_SIZE) for data in (program, interpreter))
    assert len(system.mem_map) <= 1 + pages


@settings(
    max_examples=9000,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.sampled_from(SEEDS), program=changes, interpreter=st.one_of(st.just([]), changes))
@pytest.mark.slow
def test_spoiled_files(
    machine: Machine,
    seed: tuple[bytes, bytes],
    program: list[Change],
    interpreter: list[Change],
) -> None:
    """Flipped bits, fields at their limits, files cut short."""
    run(machine, spoil(seed[0], program), spoil(seed[1], interpreter))


@settings(max_examples=1000, deadline=None, derandomize=True, database=None)
@given(data=headers)
def test_random_headers(machine: Machine, data: bytes) -> None:
    """Bytes without any meaning, after a good magic number or not."""
    run(machine, data, SEEDS[1][1])


def test_good_files(machine: Machine) -> None:
    """The files that the others are made from run."""
    for program, interpreter in SEEDS:
        machine.fs.write(PROGRAM, program)
        machine.fs.write(INTERPRETER, interpreter)
        machine.spawn(PROGRAM).exit()


@pytest.mark.parametrize("size", [1 << 40, (1 << 47) - 0x600000, 1 << 63, (1 << 64) - 1])
def test_enormous_bss(machine: Machine, size: int) -> None:
    """A p_memsz of terabytes takes no time for its pages."""
    for program, interpreter in SEEDS[1:]:
        for number in range(4):
            run(
                machine,
                spoil(program, [("field", 8 + 7 * number + 5, size)]),
                spoil(interpreter, [("field", 8 + 7 * number + 5, size)]),
            )


@pytest.mark.parametrize("count", [0, 1, 1170, 1171, 65535])
def test_number_of_headers(machine: Machine, count: int) -> None:
    """Linux reads at most 64 KiB of program headers."""
    for program, interpreter in SEEDS:
        run(machine, spoil(program, [("field", 7, count)]), interpreter)
        run(machine, program, spoil(interpreter, [("field", 7, count)]))


def test_headers_by_the_thousand(machine: Machine) -> None:
    """1,170 segments that overlap each other end as few mappings."""
    program = SEEDS[4][0]
    load = program[EHDR : EHDR + PHDR]
    run(machine, spoil(program, [("field", 7, 1170)])[:EHDR] + load * 1170, b"")
