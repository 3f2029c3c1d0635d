"""clone3: what a child shares stands in memory. Linux 6.18 was asked what it answers."""

from __future__ import annotations

import pytest

from tests.threads import WORD, threads
from vmlab import LinuxError, Process

SIZE = 88
FIELDS = (
    *("flags", "pidfd", "child_tid", "parent_tid", "exit_signal", "stack", "stack_size", "tls"),
    *("set_tid", "set_tid_size", "cgroup"),
)
ARGS = WORD + 256


def put(p: Process, **values: int) -> int:
    """Put struct clone_args in memory."""
    p.store(ARGS, b"".join(values.get(name, 0).to_bytes(8, "little") for name in FIELDS))
    return ARGS


def refused(size: int = SIZE, **values: int) -> str:
    (main,) = threads(0)
    with pytest.raises(LinuxError) as caught:
        main.process.clone3(put(main.process, **values), size)
    return caught.value.name


def test_a_thread() -> None:
    (main,) = threads(0)
    p = main.process
    args = put(
        *(p,),
        flags=0x3D0F00,
        child_tid=WORD,
        parent_tid=WORD + 8,
        stack=WORD + 1024,
        stack_size=512,
        tls=WORD + 2048,
    )
    tid = main.call("clone3", args, SIZE)
    assert tid is not None
    task = p.machine[tid].task
    assert (task.tgid, task.mm, task.rsp) == (p.pid, p.mm, WORD + 1536)
    assert (task.fsbase, task.clear_child_tid) == (WORD + 2048, WORD)
    assert p.load(WORD + 8, 4) == tid.to_bytes(4, "little")
    assert task.regs.ax == 0


def test_a_process_with_another_signal_at_its_end() -> None:
    (main,) = threads(0)
    p = main.process
    child = p.clone3(put(p, exit_signal=10), SIZE)
    assert (child.task.tgid, child.task.exit_signal) == (child.pid, 10)


def test_handlers_may_be_left_behind() -> None:
    (main,) = threads(0)
    p = main.process
    p.sigaction(10)
    assert p.clone3(put(p), SIZE).task.sighand.action
    assert not p.clone3(put(p, flags=1 << 32), SIZE).task.sighand.action


@pytest.mark.parametrize(
    "values",
    [
        {"flags": 1 << 40},
        {"flags": 0x400000},
        {"flags": 0x11},
        {"flags": 0x10000},
        {"flags": 0x100000900},
        {"flags": 0x8000, "exit_signal": 17},
        {"flags": 0x10F00, "exit_signal": 17},
        {"exit_signal": 65},
        {"exit_signal": 0x100},
        {"stack": 0x1000},
        {"stack_size": 0x1000},
        {"set_tid": 1},
        {"set_tid_size": 1},
        {"set_tid_size": 33},
        {"flags": 1 << 33, "cgroup": 1 << 31},
    ],
)
def test_what_cannot_be(values: dict[str, int]) -> None:
    assert refused(**values) == "EINVAL"


def test_a_cgroup_needs_the_last_version() -> None:
    assert refused(80, flags=1 << 33) == "EINVAL"
    (main,) = threads(0)
    main.process.clone3(put(main.process, flags=1 << 33), 88)


def test_sizes() -> None:
    assert refused(63) == "EINVAL"
    assert refused(4097) == "E2BIG"
    (main,) = threads(0)
    p = main.process
    put(p)
    p.clone3(ARGS, 64)
    p.clone3(ARGS, 4096 - 256)
    page = p.mmap(0, 4096, 3, 0x22)
    p.store(page, p.load(ARGS, SIZE))
    p.clone3(page, 4096)
    p.store(ARGS + SIZE, b"\1")
    with pytest.raises(LinuxError, match="E2BIG"):
        p.clone3(ARGS, 96)
    with pytest.raises(LinuxError, match="EFAULT"):
        p.clone3(8, SIZE)
