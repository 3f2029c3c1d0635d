"""The table of calls, and that `Process` does what it says."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from tests.refused import refused
from tests.test_sources import SOURCE
from vmlab import LinuxError, Machine, Process
from vmlab.errors import ArgumentError
from vmlab.model.abi.calls import ACCESSES, ACTIONS, CALLS, CALLS_BY_NUMBER
from vmlab.model.abi.kinds import REQUIRED, Action, Result

HEADER = Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")


def test_names_and_numbers_are_unique() -> None:
    assert len(CALLS) == len(CALLS_BY_NUMBER)
    assert not set(CALLS) & set(ACCESSES)
    assert set(ACTIONS) == {*CALLS, *ACCESSES}
    assert CALLS_BY_NUMBER[9] is CALLS["mmap"]


@pytest.mark.skipif(not HEADER.exists(), reason="needs Linux's own header to compare with")
def test_numbers_are_linux_s() -> None:
    numbers = dict(re.findall(r"#define __NR_(\w+) (\d+)", HEADER.read_text()))
    assert {name: int(numbers[name]) for name in CALLS if name in numbers} == {
        name: call.number for name, call in CALLS.items() if name in numbers
    }


@pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS)
def test_the_method_takes_what_the_row_says(action: Action) -> None:
    parameters = list(inspect.signature(getattr(Process, action.method)).parameters.values())[1:]
    assert [each.name for each in parameters] == [each.name for each in action.parameters]
    for found, row in zip(parameters, action.parameters, strict=True):
        default = REQUIRED if found.default is inspect.Parameter.empty else found.default
        assert (default, row.is_optional) == (row.default, default is not REQUIRED)


@pytest.mark.parametrize("name", CALLS)
def test_the_method_is_documented(name: str) -> None:
    call = CALLS[name]
    text = inspect.getdoc(getattr(Process, call.method)) or ""
    assert re.search(r"See|see", text), "the manual page"
    for parameter in call.parameters:
        assert re.search(rf"^    {parameter.name}: ", text, re.MULTILINE), parameter.name
    assert ("\nReturns:\n" in text) == (call.result not in (Result.NOTHING, Result.NEVER))
    assert "\nRaises:\n    LinuxError: " in text
    assert SOURCE.search(" ".join(text.split()))


@pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS)
def test_a_row_says_what_it_does_in_a_line(action: Action) -> None:
    assert re.fullmatch(r"[a-z][^.]{8,78}", action.does)


def test_a_call_by_its_name() -> None:
    process = Machine().spawn()
    addr = process.call("mmap", None, 4096, 3, 0x22)
    process.call("store", addr, b"!")
    assert process.call("load", addr) == b"!"
    process.call("munmap", addr, 4096)
    child = process.call("fork")
    child.call("exit_group", 3)
    assert process.call("wait4") == (child.pid, 3 << 8)
    with refused(ArgumentError, "no_call_named"):
        process.call("munmapp", addr, 4096)


def test_a_call_by_its_number() -> None:
    process = Machine().spawn()
    addr = process.syscall_by_number(9, 0, 4096, 3, 0x22, -1, 0)
    assert process.syscall_by_number(11, addr, 4096) is None
    with pytest.raises(LinuxError, match="EINVAL"):
        process.syscall_by_number(11, addr + 1, 4096)
    with refused(LinuxError, "no_call_numbered", "ENOSYS"):
        process.syscall_by_number(9999)
