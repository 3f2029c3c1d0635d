"""Scripts: what their first line means. The answers are those of Linux 6.18."""

from __future__ import annotations

import pytest

from tests.refused import refused
from vmlab import LinuxError, Machine, MiB, Process
from vmlab.model.abi import errno
from vmlab.model.abi.resource import Rlimit
from vmlab.model.linux.fs.binfmt_script import parse_script
from vmlab.model.linux.mm.validate import validate_machine


@pytest.mark.parametrize(
    ("line", "name", "arg"),
    [
        (b"#!/bin/sh\n", b"/bin/sh", None),
        (b"#!/bin/sh", b"/bin/sh", None),
        (b"#!", b"", None),
        (b"#! \t/bin/sh \t\n", b"/bin/sh", None),
        (b"#!/bin/sh -e\n", b"/bin/sh", b"-e"),
        (b"#!/bin/sh  -e  -x \nrest", b"/bin/sh", b"-e  -x"),
        (b"#!/bin/sh\r\n", b"/bin/sh\r", None),
        (b"#!/bin/sh\0-e\n", b"/bin/sh", None),
        (b"#!/bin/sh a\0b\n", b"/bin/sh", b"a"),
        (b"#!/bin/sh " + b"y" * 400, b"/bin/sh", b"y" * 245),
        (b"#!" + b"x" * 252 + b" y\n", b"x" * 252, None),
        (b"#!" + b"x" * 253 + b"\n", b"x" * 253, None),
    ],
)
def test_first_line(line: bytes, name: bytes, arg: bytes | None) -> None:
    """The name ends at a blank; all that follows is one argument; 255 bytes count."""
    assert parse_script(line[:256]) == (name, arg)


@pytest.mark.parametrize(
    "line", [b"#!\n", b"#! \t \n", b"#!" + b" " * 300, b"#!" + b"x" * 254, b"#!\n/bin/sh\n"]
)
def test_first_line_without_a_name(line: bytes) -> None:
    """Without a name, or with one that may be cut, the file is no script."""
    with pytest.raises(LinuxError, match="ENOEXEC"):
        parse_script(line[:256])


@pytest.fixture
def process() -> Process:
    """Return a process on a machine with a script."""
    process = Machine(ram=16 * MiB).spawn()
    process.machine.fs.write("/s", b"#!/bin/a.out -v  x\n")
    return process


def strings(process: Process) -> list[bytes]:
    """Return the arguments on the stack."""
    mm = process.mm
    return process.load(mm.arg_start, mm.arg_end - mm.arg_start).split(b"\0")[:-1]


def test_arguments(process: Process) -> None:
    """The interpreter's name, its argument and the script's path replace argv[0]."""
    process.execve("/s", ["zero", "one", "two"])
    assert strings(process) == [b"/bin/a.out", b"-v  x", b"/s", b"one", b"two"]


def test_without_arguments(process: Process) -> None:
    """An empty argv has one empty argument, which the script's path replaces."""
    process.execve("/s", [])
    assert strings(process) == [b"/bin/a.out", b"-v  x", b"/s"]


def test_what_runs(process: Process) -> None:
    """The interpreter is mapped, the script is not; the task is named after the script."""
    process.execve("/s")
    assert "/bin/a.out" in process.maps()
    assert "/s\n" not in process.maps()
    assert process.task.comm == "s"
    assert process.mm.exe_file is not None
    assert process.mm.exe_file.f_path == "/bin/a.out"


def test_interpreters_in_a_row(process: Process) -> None:
    """Five scripts in a row run, each adding its path; the sixth is one too many."""
    fs = process.machine.fs
    for number in range(1, 7):
        below = f"/s{number - 1}" if number > 1 else "/bin/a.out"
        fs.write(f"/s{number}", f"#!{below}\n".encode())
    process.execve("/s5")
    assert strings(process) == [b"/bin/a.out", b"/s1", b"/s2", b"/s3", b"/s4", b"/s5"]
    with refused(LinuxError, "too_many_interpreters", "ELOOP"):
        process.execve("/s6")
    fs.write("/self", b"#!/self\n")
    with refused(LinuxError, "too_many_interpreters", "ELOOP"):
        process.execve("/self")
    validate_machine(process.machine.system)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("/nowhere", errno.ENOENT),
        ("/dev", errno.EACCES),
        ("/dev/null", errno.EACCES),
        ("/s/x", errno.ENOTDIR),
        ("/bin/a.out/", errno.ENOTDIR),
        ("/text", errno.ENOEXEC),
    ],
)
def test_interpreter_that_cannot_run(process: Process, name: str, code: int) -> None:
    """The caller learns what is wrong with the interpreter, and goes on; nothing leaks."""
    system = process.machine.system
    process.machine.fs.write("/text", b"echo hello\n")
    process.machine.fs.write("/broken", f"#!{name}\n".encode())
    before, frames = process.maps(), len(system.mem_map)
    with pytest.raises(LinuxError) as failure:
        process.execve("/broken")
    assert failure.value.errno == code
    assert process.maps() == before
    assert len(system.mem_map) == frames
    validate_machine(system)


def test_relative_interpreter(process: Process) -> None:
    """A name without a slash in front starts at the working directory, the root."""
    process.machine.fs.write("/relative", b"#!bin/./../bin//a.out\n")
    process.execve("relative")
    assert strings(process) == [b"bin/./../bin//a.out", b"relative"]
    assert "/bin/a.out" in process.maps()


def test_arguments_too_long_with_the_interpreter(process: Process) -> None:
    """The interpreter's strings count against the limit of a quarter of the stack too."""
    process.setrlimit(Rlimit.RLIMIT_STACK, 512 * 1024)
    process.machine.fs.write("/long", b"#!/bin/a.out\n")
    room = 128 * 1024 - 2 * 8 - len("/long") - 2  # two pointers, two empty strings
    with refused(LinuxError, "args_over_stack_limit", "E2BIG"):
        process.fork().execve("/long", ["", "z" * (room - 1)])
    room -= len("/bin/a.out") + len("/long") + 1
    process.fork().execve("/long", ["", "z" * (room - 1)])
    with refused(LinuxError, "args_over_stack_limit", "E2BIG"):
        process.fork().execve("/long", ["", "z" * room])
