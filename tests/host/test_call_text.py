"""Calls of real processes as strace prints them."""

from __future__ import annotations

import struct

import pytest

from vmlab.host.call_text import CallText
from vmlab.host.strace_log import read_strace
from vmlab.model.abi.calls import CALLS

TEXT, STRUCT = 0x1000, 0x2000
PID = 1 << 30  # of nobody


def line(name: str, *words: int, result: int | None = 0, data: bytes = b"") -> str:
    memory = {TEXT: b'/a"b\0', STRUCT: data}
    mask = (1 << 64) - 1
    call = CallText(
        PID,
        CALLS[name].number,
        [word & mask for word in (*words, *[0] * (6 - len(words)))],
        lambda addr, length: memory.get(addr, b"")[:length],
        strings=True,
    )
    return call.line(None if result is None else result & mask).removeprefix(f"{PID} ").rstrip()


@pytest.mark.parametrize(
    ("name", "words", "result", "text"),
    [
        (
            "mmap",
            (0, 8192, 3, 0x22, -1, 0),
            0x7F0000000000,
            "mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) "
            "= 0x7f0000000000",
        ),
        ("munmap", (1, 4096), -22, "munmap(0x1, 4096) = -1 EINVAL (Invalid argument)"),
        ("brk", (0,), 0x5000, "brk(NULL) = 0x5000"),
        ("openat", (-100, TEXT, 0), 3, 'openat(AT_FDCWD, "/a\\"b", O_RDONLY, 000) = 3'),
        ("exit_group", (3,), None, "exit_group(3) = ?"),
        ("fcntl", (3, 1030, 10), 10, "fcntl(3, F_DUPFD_CLOEXEC, 10) = 10"),
        ("vfork", (), 77, "vfork() = 77"),
        ("wait4", (-1, 0, 0, 0), -512, ""),
        ("getpid", (), 77, ""),
    ],
)
def test_a_call_is_written(
    name: str, words: tuple[int, ...], result: int | None, text: str
) -> None:
    assert line(name, *words, result=result) == text


def test_what_the_kernel_stores_is_told() -> None:
    stat = struct.pack("<24x I 20x q", 0o100644, 5000)
    told = line("fstat", 3, STRUCT, data=stat)
    assert told == "fstat(3, {st_mode=S_IFREG|0644, st_size=5000, ...}) = 0"


@pytest.mark.parametrize("name", ["clone", "clone3"])
def test_a_child_has_the_flags_that_it_was_made_with(name: str) -> None:
    flags = 0x3D0F00
    words = (flags | 17, 0x9000) if name == "clone" else (STRUCT, 64)
    data = struct.pack("<8Q", flags, 0, 0x8000, 0x7000, 17, 0x6000, 0x1000, 0x5000)
    (call,) = read_strace(line(name, *words, result=9, data=data)).calls
    assert call.result == 9
    assert "CLONE_VM" in line(name, *words, data=data)
    assert "SIGCHLD" in line(name, *words, data=data)


def test_what_cannot_be_read_is_an_address() -> None:
    assert line("openat", -100, 0x9999, 0, result=-14).startswith("openat(AT_FDCWD, 0x9999,")
    assert line("fstat", 3, 0x9999) == "fstat(3, 0x9999) = 0"
