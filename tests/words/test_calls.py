"""What is said of a call that cannot be made."""

from __future__ import annotations

import string

import pytest

from vmlab import LinuxError, Machine, Process
from vmlab.words.reasons.calls import REASONS


@pytest.fixture
def process() -> Process:
    return Machine().spawn()


def test_the_parameter_is_named(process: Process) -> None:
    with pytest.raises(TypeError, match=r"^prot must be a whole number, not 'x'$"):
        process.mprotect(0x400000, 4096, "x")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"^addr must fit into 64 bits; this number has 65$"):
        process.brk(1 << 64)
    with pytest.raises(TypeError, match=r"^argv\[1\] must be a string, not 1$"):
        process.execve("/bin/a.out", ["a.out", 1])  # type: ignore[list-item]


def test_a_call_that_there_is_not(process: Process) -> None:
    with pytest.raises(ValueError, match=r"^no call is named 'sbrk'$"):
        process.call("sbrk", 0)
    with pytest.raises(LinuxError, match=r"no call that is modelled has the number 9999$"):
        process.syscall_by_number(9999)


@pytest.mark.parametrize("code", REASONS)
def test_a_message_is_a_clause_with_names(code: str) -> None:
    message = REASONS[code]
    assert not message.endswith(".")
    assert "" not in [name for _, name, _, _ in string.Formatter().parse(message)]
