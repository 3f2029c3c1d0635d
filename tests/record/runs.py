"""Random runs: what processes may do, drawn by Hypothesis, done by `act`."""

from __future__ import annotations

import struct
from collections.abc import Callable
from contextlib import suppress

from hypothesis import strategies as st

from vmlab import (
    Clone,
    Killed,
    LinuxError,
    Machine,
    Madv,
    Map,
    Open,
    Process,
    ProcessError,
    Rlimit,
    Segfault,
)
from vmlab.errors import Signal

PAGE = 4096
ARENA = 0x10000000  # where most calls look, so that they meet
PAGES = 24

Act = tuple[str, int, int, int, int]


def _addr(page: int) -> int:
    return ARENA + page % PAGES * PAGE


def _length(pages: int) -> int:
    return (pages % 6 + 1) * PAGE


def _flags(kind: int) -> int:
    return int(
        (
            Map.MAP_PRIVATE | Map.MAP_ANONYMOUS,
            Map.MAP_SHARED | Map.MAP_ANONYMOUS,
            Map.MAP_PRIVATE,
            Map.MAP_SHARED,
            Map.MAP_PRIVATE | Map.MAP_ANONYMOUS | Map.MAP_GROWSDOWN,
            Map.MAP_PRIVATE | Map.MAP_ANONYMOUS | Map.MAP_POPULATE,
        )[kind % 6]
    )


_TIDS = int(Clone.CLONE_PARENT_SETTID | Clone.CLONE_CHILD_SETTID | Clone.CLONE_CHILD_CLEARTID)


def _process_vm(p: Process, pid: int, a: int, b: int, c: int) -> int:
    iov = _addr(c % 8)
    p.store(iov, struct.pack("<4Q", _addr(a % 8) + c, b * 900, _addr(b % 8), a * 900))
    call = p.process_vm_readv if c & 1 else p.process_vm_writev
    return call(pid, iov, 1, iov + 16, 1)


_ADVICE = (
    Madv.MADV_DONTNEED,
    Madv.MADV_FREE,
    Madv.MADV_GUARD_INSTALL,
    Madv.MADV_GUARD_REMOVE,
    Madv.MADV_DONTFORK,
    Madv.MADV_WIPEONFORK,
    Madv.MADV_REMOVE,
    Madv.MADV_POPULATE_WRITE,
)
_REMAP = (0, 1, 1, 3, 5)

ACTS: dict[str, Callable[[Machine, Process, int, int, int], object]] = {
    "mmap": lambda m, p, a, b, c: p.mmap(
        _addr(a), _length(b), c % 8, _flags(c) | (Map.MAP_FIXED if a & 1 else 0), 3, 0
    ),
    "munmap": lambda m, p, a, b, c: p.munmap(_addr(a), _length(b)),
    "mprotect": lambda m, p, a, b, c: p.mprotect(_addr(a), _length(b), c % 8),
    "mremap": lambda m, p, a, b, c: p.mremap(
        _addr(a), _length(b), _length(c), _REMAP[c % 5], _addr(b * 3 + c)
    ),
    "madvise": lambda m, p, a, b, c: p.madvise(_addr(a), _length(b), _ADVICE[c % 8]),
    "mlock": lambda m, p, a, b, c: p.mlock(_addr(a), _length(b)),
    "munlock": lambda m, p, a, b, c: p.munlock(_addr(a), _length(b)),
    "mseal": lambda m, p, a, b, c: p.mseal(_addr(a), PAGE) if c == 7 else None,
    "mincore": lambda m, p, a, b, c: p.mincore(_addr(a), _length(b), _addr(c)),
    "msync": lambda m, p, a, b, c: p.msync(_addr(a), _length(b), c % 8),
    "brk": lambda m, p, a, b, c: p.brk(p.brk(0) + (a - 8) * 0x800),
    "store": lambda m, p, a, b, c: p.store(_addr(a) + b * 100, bytes((c,)) * (b + 1)),
    "load": lambda m, p, a, b, c: p.load(_addr(a) + b * 100, c + 1),
    "fetch": lambda m, p, a, b, c: p.fetch(0x401000 if c & 1 else _addr(a)),
    "add": lambda m, p, a, b, c: p.add(_addr(a), c),
    "stack": lambda m, p, a, b, c: p.store(0x7FFFFFFDE000 - a * 0x4000, b"s"),
    "wild": lambda m, p, a, b, c: p.load((1 << 62) + a if c & 1 else 0x1000),
    "fork": lambda m, p, a, b, c: p.fork() if len(m.processes) < 5 else None,
    "vfork": lambda m, p, a, b, c: p.vfork() if len(m.processes) < 5 else None,
    "clone": lambda m, p, a, b, c: (
        p.clone((0x100, 0x10F00, 0x8000)[c % 3]) if len(m.processes) < 5 else None
    ),
    "tids": lambda m, p, a, b, c: (
        p.clone(
            _TIDS | (0x100, 0x10F00, 0)[c % 3] | (0x80000 if c & 8 else 0),
            *(0, _addr(a) + c, _addr(b) - 2, _addr(c)),
        )
        if len(m.processes) < 5
        else None
    ),
    "set_tid_address": lambda m, p, a, b, c: p.set_tid_address(_addr(a) + b),
    "process_vm": lambda m, p, a, b, c: _process_vm(p, 1000 + c % 5, a, b, c),
    "execve": lambda m, p, a, b, c: p.execve("/bin/a.out" if c < 6 else "/none", ["a", "b"]),
    "exit": lambda m, p, a, b, c: p.exit(a),
    "exit_thread": lambda m, p, a, b, c: p.exit_thread(a),
    "wait": lambda m, p, a, b, c: p.wait(),
    "open": lambda m, p, a, b, c: p.open(
        ("/f", "/g", "/none", "/dev/zero")[a % 4],
        Open.O_RDWR | (Open.O_CREAT if c & 1 else 0) | (Open.O_TRUNC if c & 2 else 0),
    ),
    "memfd": lambda m, p, a, b, c: p.memfd_create(f"m{a}", c & 1),
    "pipe": lambda m, p, a, b, c: p.pipe(),
    "dup2": lambda m, p, a, b, c: p.dup2(a % 6, b % 6),
    "close": lambda m, p, a, b, c: p.close(a % 8),
    "ftruncate": lambda m, p, a, b, c: p.ftruncate(3 + a % 3, b * 0x700),
    "fallocate": lambda m, p, a, b, c: p.fallocate(
        3 + c % 3, (0, 1, 3, 3, 0x10)[a % 5], b * 0x700, c * 0x900
    ),
    "lseek": lambda m, p, a, b, c: p.lseek(3 + c % 3, b * 0x700, a % 5),
    "openat": lambda m, p, a, b, c: p.openat(a % 6, ("f", "", "/f", ".")[b % 4], Open.O_RDWR),
    "setfl": lambda m, p, a, b, c: p.fcntl(a % 6, 4, c * 0x400),
    "fstat": lambda m, p, a, b, c: p.fstat(3 + c % 3, _addr(a)),
    "readv": lambda m, p, a, b, c: p.readv(3 + c % 3, _addr(a), b),
    "writev": lambda m, p, a, b, c: p.writev(3 + c % 3, _addr(a), b),
    "read": lambda m, p, a, b, c: p.read(3 + c % 3, _addr(a), b * 600),
    "write": lambda m, p, a, b, c: p.write(3 + c % 3, _addr(a), b * 600),
    "pread": lambda m, p, a, b, c: p.pread(3 + c % 3, _addr(a), b * 600, c * 100),
    "pwrite": lambda m, p, a, b, c: p.pwrite(3 + c % 3, _addr(a), b * 600, c * 900),
    "shmget": lambda m, p, a, b, c: p.shmget(a % 3, b * 0x900, 0o1600 | (0o2000 if c > 9 else 0)),
    "shmat": lambda m, p, a, b, c: p.shmat(b % 4, _addr(a) if c & 1 else 0, (c >> 1) << 12),
    "shmdt": lambda m, p, a, b, c: p.shmdt(_addr(a)),
    "shmctl": lambda m, p, a, b, c: p.shmctl(b % 4, (0, 0, 2, 11, 12)[c % 5], _addr(a)),
    "sigaction": lambda m, p, a, b, c: p.sigaction(11 if c & 1 else 7),
    "setrlimit": lambda m, p, a, b, c: p.setrlimit(Rlimit.RLIMIT_STACK, 0x20000 + a * 0x10000),
    "fs_write": lambda m, p, a, b, c: m.fs.write(("/f", "/d/g")[c & 1], bytes((a,)) * b * 500),
    "fs_truncate": lambda m, p, a, b, c: m.fs.truncate("/f", a * 0x900),
    "fs_link": lambda m, p, a, b, c: m.fs.link(("/f", "/d/g")[c & 1], f"/l{a % 3}"),
    "fs_unlink_link": lambda m, p, a, b, c: m.fs.unlink(f"/l{a % 3}"),
    "fs_unlink": lambda m, p, a, b, c: m.fs.unlink("/f"),
    "fs_mkdir": lambda m, p, a, b, c: m.fs.mkdir(f"/d/e{a}"),
    "kthread": lambda m, p, a, b, c: m.kthread().schedule() if len(m.processes) < 5 else None,
    "spawn": lambda m, p, a, b, c: m.spawn() if len(m.processes) < 4 else None,
}

_small = st.integers(0, 15)
acts: st.SearchStrategy[list[Act]] = st.lists(
    st.tuples(st.sampled_from(sorted(ACTS)), _small, _small, _small, _small), max_size=40
)


def machine(**options: int) -> Machine:
    """A small machine with a file, and a process that has it open."""
    new = Machine(**{"ram": 4 << 20, "tlb_entries": 16, **options})
    new.fs.write("/f", b"file" * 3000)
    process = new.spawn()
    process.open("/f", 2)
    process.mmap(ARENA, 8 * PAGE, 3, 0x32)
    return new


def alive(where: Machine) -> list[Process]:
    """The processes that can make calls."""
    return [p for p in where.processes.values() if p.task.mm and p.state == "R"]


def act(where: Machine, what: Act) -> str:
    """Do one thing; return how it ended, in words."""
    name, who, a, b, c = what
    able = alive(where)
    process = able[who % len(able)] if able else where.spawn()
    result: object = None
    try:
        result = ACTS[name](where, process, a, b, c)
    except (LinuxError, Signal, Killed, ProcessError) as failure:
        return str(failure)
    return str(result)


def run(where: Machine, what: list[Act]) -> list[str]:
    """Do several things; return how each ended."""
    return [act(where, each) for each in what]


def survive(process: Process, addr: int) -> None:
    """Touch an address, whatever comes of it."""
    with suppress(Segfault):
        process.store(addr, b"!")
