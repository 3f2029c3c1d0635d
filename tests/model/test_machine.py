"""Machine.spawn: programs of the host, and what comes in with them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.model.linux.elf_files import ET_EXEC, R, Segment, X, build
from tests.refused import refused
from vmlab import RLIMIT_STACK, LinuxError, Machine, MiB, Recorder
from vmlab.errors import ArgumentError, ArgumentTypeError, VmlabError
from vmlab.model.machine import A_OUT

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no modes and scripts there")
PROGRAM = Machine(ram=1 * MiB).spawn().machine.fs.read(A_OUT)


@pytest.fixture
def machine() -> Machine:
    return Machine(ram=4 * MiB)


def program(path: Path, data: bytes = PROGRAM, mode: int = 0o755) -> str:
    """Make a program of the host."""
    path.write_bytes(data)
    path.chmod(mode)
    return str(path)


def test_a_program_of_the_host_that_is_a_link_is_recorded(machine: Machine, tmp_path: Path) -> None:
    program(tmp_path / "real")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with Recorder(machine) as recorder:
        machine.spawn(str(tmp_path / "link"))
    assert Recorder.from_json(recorder.to_json()).machine.snapshot() == machine.snapshot()
    for step in range(-1, len(recorder), 7):
        recorder.goto(step)


@pytest.mark.parametrize(
    ("limits", "error"),
    [({9999: 1}, ArgumentError), ({RLIMIT_STACK: "8M"}, ArgumentTypeError)],
)
def test_wrong_limits_are_refused_before_the_program_is_copied(
    machine: Machine, tmp_path: Path, limits: dict[int, int], error: type[VmlabError]
) -> None:
    before = machine.snapshot()
    for path in (None, program(tmp_path / "p")):
        with pytest.raises(error):
            machine.spawn(path, rlimits=limits)
    assert machine.snapshot() == before


def test_a_machine_without_room_for_the_program_is_as_before() -> None:
    machine = Machine(ram=16 << 10)
    before = machine.snapshot()
    for _ in range(2):
        with refused(LinuxError, "no_room_for_file", "ENOSPC"):
            machine.spawn()
    assert machine.snapshot() == before


def test_interpreters_come_along(machine: Machine, tmp_path: Path) -> None:
    last = program(tmp_path / "last")
    middle = program(tmp_path / "middle", f"#!{last} -x\n".encode())
    first = program(tmp_path / "first", f"#! {tmp_path}/./{Path(middle).name}\n".encode())
    process = machine.spawn(first)
    assert {first, middle, last} <= {*machine.fs}
    assert process.state == "R"


@pytest.mark.parametrize("mode", [0o700, 0o711, 0o644, 0o751])
def test_an_interpreter_that_not_everybody_may_read_or_nobody_execute_stays_out(
    machine: Machine, tmp_path: Path, mode: int
) -> None:
    secret = program(tmp_path / "secret", b"#!/x\nsecret", mode)
    script = program(tmp_path / "s", f"#!{secret}\n".encode())
    with pytest.raises(LinuxError, match="ENOENT"):
        machine.spawn(script)
    assert secret not in machine.fs


@pytest.mark.parametrize(
    "line",
    [
        b"#!/\xff\xfe\n",
        b"#!/bin/a.out/\xff\n",
        b"#!" + b"/a" * 2500 + b"\n",
        b"#!/" + b"x" * 250 + b"\n",
        b"#!/dev/zero\n",
        b"#!/\n",
        b"#!\n",
        b"#!.\n",
        b"#!//\n",
    ],
)
def test_an_interpreter_that_cannot_be_is_told_by_execve(
    machine: Machine, tmp_path: Path, line: bytes
) -> None:
    """The refusal can be printed, and is part of a recording that can be loaded."""
    machine.spawn()
    with Recorder(machine) as recorder, pytest.raises(LinuxError) as failure:
        machine.spawn(program(tmp_path / "s", line))
    assert str(failure.value).encode()
    assert len(machine.processes) == 1
    assert Recorder.from_json(recorder.to_json()).machine.snapshot() == machine.snapshot()


def test_an_elf_interpreter_that_is_no_utf_8_is_not_found(machine: Machine, tmp_path: Path) -> None:
    text = Segment(R | X, 0, 0x400000, 0x1000, 0x1000)
    data = build(ET_EXEC, [text], entry=0x400000, interp="/xy").replace(b"/xy\0", b"/x\xff\0")
    path = program(tmp_path / "p", data)
    with Recorder(machine) as recorder, refused(LinuxError, "no_such_path", "ENOENT"):
        machine.spawn(path)
    assert Recorder.from_json(recorder.to_json()).machine.snapshot() == machine.snapshot()


def test_a_link_to_a_name_that_is_no_utf_8(machine: Machine, tmp_path: Path) -> None:
    """The file comes in under both names."""
    real = Path(str(tmp_path) + "/\udcff")
    try:
        program(real)
    except OSError:
        pytest.skip("the file system has no such names")
    (tmp_path / "link").symlink_to(real)
    machine.spawn(str(tmp_path / "link"))
    assert [path for path in machine.fs if path.startswith(str(tmp_path) + "/")] == [
        *(str(tmp_path / "link"), str(real))
    ]


def test_the_number_of_the_next_process_can_be_set_ahead() -> None:
    machine = Machine()
    machine.sysctl("kernel.ns_last_pid", 4710)
    assert machine.spawn().pid == 4711
    for pid in (4709, (1 << 22) - 1):
        with pytest.raises(LinuxError) as failure:
            machine.sysctl("kernel.ns_last_pid", pid)
        assert failure.value.name == "EINVAL"
    machine.sysctl("kernel.ns_last_pid", 4711)
    machine.sysctl("kernel.ns_last_pid", (1 << 22) - 2)
