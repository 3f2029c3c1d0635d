"""What is done for real, and what is refused before it is."""

from __future__ import annotations

import pytest

from vmlab import Machine, Recorder
from vmlab.host.real_calls import BENCH, ROOM, Request, inside, why_not
from vmlab.model.abi.calls import ACTIONS
from vmlab.model.abi.mman import MAP_FIXED, MAP_POPULATE, Madv
from vmlab.record.replay import RecordedCall

PAGE = 4096
PRIVATE = 0x22


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("kill", (1, 9)),
        ("mount", ()),
        ("execve", ("/bin/sh", None, ())),
        ("ptrace", ()),
        ("symlink", ("/etc", "/x")),
        ("openat", (-100, "/etc/passwd", 0, 0)),
        ("process_vm_writev", (1, 0, 0, 0, 0, 0)),
        ("shmget", (1, PAGE, 0o1666)),
        ("clone", (0x11, 0, 0, 0, 0)),
        ("prctl", (1, 0, 0, 0, 0)),
        ("schedule", ()),
    ],
)
def test_what_reaches_others_is_refused(name: str, args: tuple[object, ...]) -> None:
    assert name in why_not(RecordedCall(1000, name, args, 0))


@pytest.mark.parametrize("path", ["/proc/1/mem", "/sys/power/state", "/dev/sda", "/x/../dev/kmem"])
def test_what_is_no_file_is_refused(path: str) -> None:
    assert path in why_not(RecordedCall(1000, "open", (path, 2, 0), 0))


@pytest.mark.parametrize("name", ["unlink", "rmdir", "mkdir", "creat", "truncate"])
def test_a_device_is_only_opened(name: str) -> None:
    assert "/dev/null" in why_not(RecordedCall(1000, name, ("/dev/null", 0), 0))
    assert "/dev/null" in why_not(RecordedCall(0, "fs.unlink", ("/dev/null",), 0))


@pytest.mark.parametrize("advice", [100, 101, -1])
def test_frames_of_the_machine_stay(advice: int) -> None:
    assert f"madvise {advice}" in why_not(
        RecordedCall(1000, "madvise", (0x404000, PAGE, advice), 0)
    )


@pytest.mark.parametrize("path", ["/etc/passwd", "a.dat", "../../etc/shadow", "/dev/zero"])
def test_a_path_stays_inside(path: str) -> None:
    assert not why_not(RecordedCall(1000, "open", (path, 2, 0), 0))
    assert ".." not in inside(path)


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("munmap", (0, 1 << 46)),
        ("munmap", (BENCH - PAGE, 2 * PAGE)),
        ("mmap", (BENCH, PAGE, 3, PRIVATE | MAP_FIXED, -1, 0)),
        ("mprotect", (ROOM, PAGE, 0)),
        ("store", (BENCH - 1, b"ab")),
        ("read", (0, ROOM - 5, 8)),
    ],
)
def test_the_tools_of_the_real_process_stay(name: str, args: tuple[object, ...]) -> None:
    assert f"{BENCH:#x}" in why_not(RecordedCall(1000, name, args, 0))


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("mmap", (0, 1 << 30, 3, PRIVATE | MAP_POPULATE, -1, 0)),
        ("mlock", (0x10000000, 1 << 30)),
        ("madvise", (0x10000000, 1 << 30, Madv.MADV_POPULATE_WRITE)),
        ("fallocate", (3, 0, 0, 1 << 30)),
        ("write", (3, 0x10000000, 1 << 30)),
    ],
)
def test_no_call_fills_the_memory_of_the_machine(name: str, args: tuple[object, ...]) -> None:
    assert "256 MiB" in why_not(RecordedCall(1000, name, args, 0))


def test_memory_that_is_only_promised_may_be_large() -> None:
    assert not why_not(RecordedCall(1000, "mmap", (0, 1 << 40, 3, PRIVATE, -1, 0), 0))


@pytest.mark.parametrize(
    "name", ["machine.sysctl", "machine.new_task", "fs.symlink", "machine.type"]
)
def test_of_what_the_owner_does_only_files_are_done(name: str) -> None:
    assert why_not(RecordedCall(0, name, ("/a",), 0))
    assert not why_not(RecordedCall(0, "fs.write", ("/a", b"x"), 0))


@pytest.mark.parametrize(
    ("name", "args", "words"),
    [
        ("mmap", (None, PAGE, 3, PRIVATE, -1, 0), [0, PAGE, 3, PRIVATE, -1, 0]),
        ("open", ("/a", 2, 0o600), [ROOM, 2, 0o600]),
        ("wait4", (1001, 0x40000000, 0, 0), [77, ROOM, 0x40000000, 0]),
        ("wait4", (-1, 0, 0x5000, 0), [-1, 0x5000, 0, 0]),
        ("mincore", (0x5000, PAGE, None), [0x5000, PAGE, ROOM]),
        ("pipe2", (0x80000,), [ROOM, 0x80000]),
        ("setrlimit", (3, PAGE, None), [3, ROOM]),
    ],
)
def test_registers(name: str, args: tuple[object, ...], words: list[int]) -> None:
    request = Request(name, args, lambda path: f"/private{path}", {1001: 77}.__getitem__)
    assert request.words == words
    assert (request.room == b"/private/a\0") == (name == "open")


@pytest.mark.parametrize(
    ("name", "args", "result", "answer"),
    [
        ("mmap", (0, PAGE, 3, PRIVATE, -1, 0), 0x7FFFF7FF6000, "0x7ffff7ff6000"),
        ("munmap", (1, PAGE), -22, "-1 EINVAL"),
        ("fork", (), 77, "1001"),
        ("wait4", (-1, 0, 0, 0), 77, "(1001, 768)"),
        ("pipe", (), 0, "(768, 768)"),
        ("brk", (0,), 0x406000, "0x406000"),
    ],
)
def test_answers(name: str, args: tuple[object, ...], result: int, answer: str) -> None:
    request = Request(name, args, str, int)
    memory = (768).to_bytes(4, "little")
    assert (
        request.answer(result & (1 << 64) - 1, lambda *_: memory, {77: 1001}.__getitem__) == answer
    )


def test_every_call_that_is_allowed_can_be_recorded() -> None:
    machine = Machine()
    process = machine.spawn()
    with Recorder(machine) as recorder:
        process.getpid()
    assert not why_not(recorder.calls[0])
    assert recorder.calls[0].name in ACTIONS
