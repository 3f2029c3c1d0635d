"""What a process may do, one row each: its system calls, and its accesses to memory.

Whatever must know what a call is reads these tables: the checks of arguments, the text that strace
writes, recording and replay, the buttons and fields of the Explorer, dispatch by number or name.
A row's parameters are those of the method of `Process` that does it, in its order.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from vmlab.messages import N_
from vmlab.model.abi.kinds import Access, Action, Call, Kind, Parameter, Result, access, call

_P = Parameter
_ADDR = _P("addr", Kind.ADDRESS)
_LENGTH = _P("length", Kind.LENGTH)
_PROT = _P("prot", Kind.PROT)
_FD = _P("fd", Kind.FD)
_BUF = _P("buf", Kind.BUFFER)
_IOV = _P("iov", Kind.BUFFER)
_IOVCNT = _P("iovcnt", Kind.NUMBER)
_COUNT = _P("count", Kind.COUNT)
_OFFSET = _P("offset", Kind.OFFSET)
_CODE = _P("code", Kind.CODE, 0)

_CALLS = (
    # Life
    call(
        57,
        "fork",
        N_("make a child process that shares every page until one of them writes"),
        Result.PID,
    ),
    call(
        58,
        "vfork",
        N_("make a child that borrows the address space until it calls execve or exit"),
        Result.PID,
    ),
    call(
        56,
        "clone",
        N_("make a child that shares what the flags say"),
        Result.PID,
        _P("flags", Kind.CLONE_FLAGS),
    ),
    call(
        59,
        "execve",
        N_("replace the program"),
        Result.NOTHING,
        _P("path", Kind.PATH),
        _P("argv", Kind.ARGV, None),
        _P("env", Kind.ENV, ()),
    ),
    call(231, "exit_group", N_("end the process"), Result.NEVER, _CODE, method="exit"),
    call(60, "exit", N_("end this thread"), Result.NEVER, _CODE, method="exit_thread"),
    call(61, "wait4", N_("collect a child that has ended"), Result.STATUS, method="wait"),
    call(39, "getpid", N_("return the process number"), Result.PID),
    # Address space
    call(
        9,
        "mmap",
        N_("make a mapping"),
        Result.ADDRESS,
        _P("addr", Kind.HINT),
        _LENGTH,
        _PROT,
        _P("flags", Kind.MAP_FLAGS),
        _P("fd", Kind.FD, -1),
        _P("offset", Kind.MAP_OFFSET, 0),
    ),
    call(11, "munmap", N_("remove what is mapped in a range"), Result.NOTHING, _ADDR, _LENGTH),
    call(
        10,
        "mprotect",
        N_("change the protection of a range"),
        Result.NOTHING,
        _ADDR,
        _LENGTH,
        _PROT,
    ),
    call(
        25,
        "mremap",
        N_("resize or move a mapping"),
        Result.ADDRESS,
        _P("old_address", Kind.ADDRESS),
        _P("old_size", Kind.LENGTH),
        _P("new_size", Kind.LENGTH),
        _P("flags", Kind.MREMAP_FLAGS, 0),
        _P("new_address", Kind.HINT, 0),
    ),
    call(
        216,
        "remap_file_pages",
        N_("show other pages of a file in a part of its mapping"),
        Result.NOTHING,
        *(_ADDR, _P("size", Kind.LENGTH), _P("prot", Kind.PROT, 0)),
        _P("pgoff", Kind.PGOFF, 0),
        _P("flags", Kind.REMAP_FLAGS, 0),
    ),
    call(
        28,
        "madvise",
        N_("say how a range will be used"),
        Result.NOTHING,
        _ADDR,
        _LENGTH,
        _P("advice", Kind.ADVICE),
    ),
    call(
        26,
        "msync",
        N_("write a mapped file back"),
        Result.NOTHING,
        _ADDR,
        _LENGTH,
        _P("flags", Kind.MSYNC_FLAGS),
    ),
    call(149, "mlock", N_("lock a range in memory"), Result.NOTHING, _ADDR, _LENGTH),
    call(
        325,
        "mlock2",
        N_("lock a range in memory, page by page as it is touched"),
        Result.NOTHING,
        _ADDR,
        _LENGTH,
        _P("flags", Kind.MLOCK_FLAGS),
    ),
    call(150, "munlock", N_("unlock a range"), Result.NOTHING, _ADDR, _LENGTH),
    call(
        151,
        "mlockall",
        N_("lock all that is mapped, or will be"),
        Result.NOTHING,
        _P("flags", Kind.MCL_FLAGS),
    ),
    call(152, "munlockall", N_("unlock all that is mapped, and will be"), Result.NOTHING),
    call(
        27,
        "mincore",
        N_("tell which pages of a range are in memory"),
        Result.BYTES,
        _ADDR,
        _LENGTH,
        _P("vec", Kind.VECTOR, None),
    ),
    call(
        462,
        "mseal",
        N_("make the mappings of a range unchangeable"),
        Result.NOTHING,
        _ADDR,
        _LENGTH,
        _P("flags", Kind.MSEAL_FLAGS, 0),
    ),
    call(12, "brk", N_("move the end of the heap"), Result.ADDRESS, _P("addr", Kind.BREAK)),
    # Files
    call(
        2,
        "open",
        N_("open a file"),
        Result.FD,
        _P("path", Kind.PATH),
        _P("flags", Kind.OPEN_FLAGS, 0),
    ),
    call(
        257,
        "openat",
        N_("open a file, by a path from a directory on"),
        Result.FD,
        _P("dirfd", Kind.DIRFD),
        _P("path", Kind.PATH),
        _P("flags", Kind.OPEN_FLAGS, 0),
    ),
    call(
        319,
        "memfd_create",
        N_("make a nameless file in memory"),
        Result.FD,
        _P("name", Kind.NAME),
        _P("flags", Kind.MEMFD_FLAGS, 0),
    ),
    call(22, "pipe", N_("make a pipe"), Result.FDS),
    call(
        33,
        "dup2",
        N_("make a descriptor refer to the same open file as another one"),
        Result.FD,
        _P("oldfd", Kind.FD),
        _P("newfd", Kind.FD),
    ),
    call(
        72,
        "fcntl",
        N_("ask about a descriptor, change it, or seal its file"),
        Result.FCNTL,
        _FD,
        _P("cmd", Kind.FCNTL_COMMAND),
        _P("arg", Kind.FCNTL_ARGUMENT, 0),
    ),
    call(3, "close", N_("close a descriptor"), Result.NOTHING, _FD),
    call(
        5,
        "fstat",
        N_("tell what kind of file is open, its length and its pages"),
        Result.NOTHING,
        _FD,
        _P("statbuf", Kind.BUFFER),
    ),
    call(
        8,
        "lseek",
        N_("move to another place in a file, or find data or a hole in it"),
        Result.COUNT,
        _FD,
        _OFFSET,
        _P("whence", Kind.WHENCE, 0),
    ),
    call(77, "ftruncate", N_("change the length of a file"), Result.NOTHING, _FD, _LENGTH),
    call(
        285,
        "fallocate",
        N_("give a part of a file its pages, or take them away"),
        Result.NOTHING,
        _FD,
        _P("mode", Kind.FALLOC_MODE),
        _OFFSET,
        _P("length", Kind.OFFSET),
    ),
    call(0, "read", N_("read from a file into memory"), Result.COUNT, _FD, _BUF, _COUNT),
    call(1, "write", N_("write memory to a file"), Result.COUNT, _FD, _BUF, _COUNT),
    call(
        17,
        "pread64",
        N_("read from a place in a file"),
        Result.COUNT,
        *(_FD, _BUF, _COUNT, _OFFSET),
        method="pread",
    ),
    call(
        18,
        "pwrite64",
        N_("write to a place in a file"),
        Result.COUNT,
        *(_FD, _BUF, _COUNT, _OFFSET),
        method="pwrite",
    ),
    call(
        19,
        "readv",
        N_("read from a file into pieces of memory"),
        Result.COUNT,
        *(_FD, _IOV, _IOVCNT),
    ),
    call(
        20,
        "writev",
        N_("write pieces of memory to a file"),
        Result.COUNT,
        *(_FD, _IOV, _IOVCNT),
    ),
    call(
        295,
        "preadv",
        N_("read from a place in a file into pieces of memory"),
        Result.COUNT,
        *(_FD, _IOV, _IOVCNT, _OFFSET),
    ),
    call(
        296,
        "pwritev",
        N_("write pieces of memory to a place in a file"),
        Result.COUNT,
        *(_FD, _IOV, _IOVCNT, _OFFSET),
    ),
    # Shared memory of System V
    call(
        29,
        "shmget",
        N_("find a segment of shared memory by its key, or make one"),
        Result.NUMBER,
        _P("key", Kind.IPC_KEY),
        _P("size", Kind.LENGTH),
        _P("shmflg", Kind.SHMGET_FLAGS, 0),
    ),
    call(
        30,
        "shmat",
        N_("attach a segment of shared memory"),
        Result.ADDRESS,
        _P("shmid", Kind.SHMID),
        _P("shmaddr", Kind.HINT, 0),
        _P("shmflg", Kind.SHMAT_FLAGS, 0),
    ),
    call(
        31,
        "shmctl",
        N_("ask about a segment of shared memory, lock it, or destroy it"),
        Result.NOTHING,
        _P("shmid", Kind.SHMID),
        _P("cmd", Kind.SHM_COMMAND),
        _P("buf", Kind.BUFFER, 0),
    ),
    call(
        67,
        "shmdt",
        N_("detach a segment of shared memory"),
        Result.NOTHING,
        _P("shmaddr", Kind.ADDRESS),
    ),
    # Limits and signals
    call(
        160,
        "setrlimit",
        N_("set a limit"),
        Result.NOTHING,
        _P("resource", Kind.RESOURCE),
        _P("soft", Kind.LIMIT),
        _P("hard", Kind.HARD_LIMIT, None),
    ),
    call(
        97,
        "getrlimit",
        N_("ask for a limit"),
        Result.LIMITS,
        _P("resource", Kind.RESOURCE),
        _P("rlim", Kind.VECTOR, None),
    ),
    call(
        302,
        "prlimit64",
        N_("ask for a limit of a process, and set another"),
        Result.LIMITS,
        _P("pid", Kind.PID),
        _P("resource", Kind.RESOURCE),
        _P("new_limit", Kind.LIMITS, None),
        _P("old_limit", Kind.VECTOR, None),
        method="prlimit",
    ),
    call(
        135,
        "personality",
        N_("ask the kernel to do something in an older way, from the next execve on"),
        Result.PERSONALITY,
        _P("persona", Kind.PERSONALITY),
    ),
    call(
        157,
        "prctl",
        N_("ask for a name, or how this process is treated"),
        Result.NUMBER,
        _P("option", Kind.OPTION),
        *(_P(f"arg{number}", Kind.ARGUMENT, 0) for number in range(2, 6)),
    ),
    call(
        158,
        "arch_prctl",
        N_("set or ask for the base of a segment register"),
        Result.NOTHING,
        _P("code", Kind.ARCH_CODE),
        _P("addr", Kind.BUFFER),
    ),
    call(
        324,
        "membarrier",
        N_("let all CPUs see the same memory, or ask for the right to it"),
        Result.NUMBER,
        _P("cmd", Kind.BARRIER),
        _P("flags", Kind.BARRIER_FLAGS, 0),
        _P("cpu_id", Kind.NUMBER, 0),
    ),
    call(
        13,
        "rt_sigaction",
        N_("install a handler for a signal, or remove it"),
        Result.NOTHING,
        _P("signum", Kind.SIGNAL),
        _P("handler", Kind.HANDLER, True),
        method="sigaction",
    ),
)

_ACCESSES = (
    access("store", N_("store bytes to memory"), Result.DONE, _ADDR, _P("data", Kind.DATA)),
    access("load", N_("load bytes from memory"), Result.BYTES, _ADDR, _P("n", Kind.COUNT, 1)),
    access("add", N_("add to a byte in memory"), Result.BYTE, _ADDR, _P("value", Kind.VALUE)),
    access("fetch", N_("execute at an address"), Result.BYTE, _ADDR),
)

CALLS: Mapping[str, Call] = MappingProxyType({each.name: each for each in _CALLS})
CALLS_BY_NUMBER: Mapping[int, Call] = MappingProxyType({each.number: each for each in _CALLS})
ACCESSES: Mapping[str, Access] = MappingProxyType({each.name: each for each in _ACCESSES})
ACTIONS: Mapping[str, Action] = MappingProxyType({**CALLS, **ACCESSES})
