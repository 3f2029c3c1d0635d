"""System calls as machine code makes them: numbers in registers, of which some are addresses.

Most calls take their numbers as they are, and texts by their addresses. Where a method of `Process`
gives or takes something else that stands in memory for machine code, that is read or written here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.fcntl import AT_EMPTY_PATH, AT_FDCWD
from vmlab.model.abi.kinds import Call, Kind
from vmlab.model.abi.signal import SIGSET_SIZE, Sigaction
from vmlab.model.arguments import taken
from vmlab.model.linux.fs.attr import check_attr
from vmlab.model.linux.fs.namei import PATH_MAX
from vmlab.model.linux.fs.namei_create import check_link, may_mknod
from vmlab.model.linux.fs.namei_remove import check_rename, check_unlink
from vmlab.model.linux.fs.open import build_open_flags, check_access
from vmlab.model.linux.fs.stat import check_room, check_stat, check_statx
from vmlab.model.linux.fs.utimes import check_utimes, omits_both
from vmlab.model.linux.include.structs import TaskStruct
from vmlab.model.linux.lib.usercopy import load_from_user, store_to_user, strncpy_from_user

_INT, _LONG = 4, 8  # bytes
_TEXTS = (Kind.PATH, Kind.NAME)
_MAX_ARG_STRLEN = 1 << 17

Raw = tuple[int, ...]  # rdi, rsi, rdx, r10, r8, r9
Caller = Any  # a `Process`, which imports this
Answer = int | None  # what rax gets; None = as it is


def answer(process: Caller, call: Call, raw: Raw) -> Answer:
    """Make a call; return what it answers in rax, None if it does not come back.

    Raises:
        LinuxError: as the call.
    """
    adapter = ADAPTERS.get(call.name)
    if adapter is not None:
        return adapter(process, *raw)
    check_first(call, raw)
    args = [
        text(process.task, value) if parameter.kind in _TEXTS else value
        for parameter, value in zip(call.parameters, raw, strict=False)
    ]
    result = getattr(process, call.method)(*args)
    return result if isinstance(result, int) else 0


def text(task: TaskStruct, addr: int, size: int = PATH_MAX) -> str:
    """Read a text that a program gave.

    Args:
        task: the caller.
        addr: where it stands.
        size: bytes it may have, with the zero byte.

    Raises:
        LinuxError: EFAULT if it cannot be read; ENAMETOOLONG.

    Emits: copy_from_user.
    Source: fs/namei.c: getname_flags() [v5.4].
    """
    found = strncpy_from_user(task.system, addr, size)
    if found is None:
        raise LinuxError(errno.EFAULT, "nothing_read", addr=addr)
    if len(found) == size:
        raise LinuxError(errno.ENAMETOOLONG, "path_too_long", nr_bytes=size)
    return found.decode(errors="surrogateescape")


def _texts(task: TaskStruct, addr: int) -> list[str]:
    # An array of addresses of texts, up to a null. Source: fs/exec.c: count() [v5.4].
    found: list[str] = []
    while addr:
        place = _number(task, addr + _LONG * len(found), _LONG)
        if not place:
            break
        found.append(text(task, place, _MAX_ARG_STRLEN))
    return found


def _number(task: TaskStruct, addr: int, size: int) -> int:
    return int.from_bytes(load_from_user(task, addr, size), "little")


def _store(task: TaskStruct, addr: int, size: int, *values: int) -> None:
    mask = (1 << 8 * size) - 1
    data = b"".join((value & mask).to_bytes(size, "little") for value in values)
    store_to_user(task, addr, data)


def _newfstatat(
    process: Caller, dirfd: int, path: int, statbuf: int, flags: int, *_: int
) -> Answer:
    name = _stat_path(process.task, path, flags, check_stat)
    process.newfstatat(dirfd, name, statbuf, flags)
    return 0


def _statx(process: Caller, dirfd: int, path: int, flags: int, *rest: int) -> Answer:
    def check(flags: int) -> None:
        check_statx(flags, taken("statx", "mask", rest[0]))
        check_stat(flags)

    name = _stat_path(process.task, path, flags, check)
    process.statx(dirfd, name, flags, *rest[:2])
    return 0


def _stat_path(task: TaskStruct, path: int, flags: int, check: Callable[[int], object]) -> str:
    # Linux says that a path cannot be read only after it looked at the flags.
    if not path and flags & AT_EMPTY_PATH:
        return ""
    try:
        return text(task, path)
    except LinuxError:
        check(taken("newfstatat", "flags", flags))
        raise


def _utimensat(process: Caller, dirfd: int, path: int, times: int, flags: int, *_: int) -> Answer:
    # Source: fs/utimes.c: SYSCALL_DEFINE4(utimensat) [v6.18].
    task = process.task
    if times and omits_both(task, times):
        process.utimensat(dirfd, "", times, flags)
        return 0
    if path or taken("utimensat", "dirfd", dirfd) == AT_FDCWD:
        check_utimes(taken("utimensat", "flags", flags))
    process.utimensat(dirfd, text(task, path) if path else None, times, flags)
    return 0


def _futimesat(process: Caller, dirfd: int, path: int, times: int, *_: int) -> Answer:
    process.futimesat(dirfd, text(process.task, path) if path else None, times)
    return 0


def _execve(process: Caller, path: int, argv: int, envp: int, *_: int) -> Answer:
    task = process.task
    name = text(task, path)
    process.execve(name, _texts(task, argv), _texts(task, envp))
    return None


def _pipe(process: Caller, fildes: int, *_: int) -> Answer:
    return _store_ends(process, fildes, process.pipe())


def _pipe2(process: Caller, fildes: int, flags: int, *_: int) -> Answer:
    return _store_ends(process, fildes, process.pipe2(flags))


def _socketpair(
    process: Caller, family: int, type: int, protocol: int, usockvec: int, *_: int
) -> Answer:
    return _store_ends(process, usockvec, process.socketpair(family, type, protocol))


def _store_ends(process: Caller, fildes: int, fds: tuple[int, int]) -> Answer:
    try:
        _store(process.task, fildes, _INT, *fds)
    except LinuxError:
        for fd in fds:
            process.close(fd)
        raise
    return 0


def _wait4(process: Caller, pid: int, wstatus: int, options: int, rusage: int, *_: int) -> Answer:
    return int(process.wait(pid, options, wstatus, rusage)[0])


_CHILD_ARGS = {"clone": 5, "clone3": 2}


def _child(method: str) -> Callable[..., Answer]:
    def make(process: Caller, *raw: int) -> Answer:
        args = raw[: _CHILD_ARGS.get(method, 0)]
        return int(getattr(process, method)(*args).pid)

    return make


def _setrlimit(process: Caller, resource: int, rlim: int, *_: int) -> Answer:
    process.setrlimit(resource, *_limits(process.task, rlim))
    return 0


def _limits(task: TaskStruct, addr: int) -> tuple[int, int]:
    return _number(task, addr, _LONG), _number(task, addr + _LONG, _LONG)


def _prlimit64(process: Caller, pid: int, resource: int, new: int, old: int, *_: int) -> Answer:
    limits = _limits(process.task, new) if new else None
    process.prlimit(pid, resource, limits, old or None)
    return 0


def _rt_sigaction(process: Caller, sig: int, act: int, oact: int, size: int, *_: int) -> Answer:
    # Source: kernel/signal.c: SYSCALL_DEFINE4(rt_sigaction) [v6.18].
    task = process.task
    if size != SIGSET_SIZE:
        raise LinuxError(errno.EINVAL, "sigset_size_wrong", nr_bytes=size)
    new = None
    if act:
        data = load_from_user(task, act, _LONG * len(Sigaction._fields))
        places = range(0, len(data), _LONG)
        new = Sigaction(*(int.from_bytes(data[at : at + _LONG], "little") for at in places))
    old = process._rt_sigaction(sig, new)
    if oact:
        _store(task, oact, _LONG, *old)
    return 0


# What Linux looks at before it reads a path, and of which parameters.
_CHECKED_FIRST: Mapping[str, tuple[Callable[..., object], tuple[str, ...]]] = {
    "open": (build_open_flags, ("flags",)),
    "openat": (build_open_flags, ("flags",)),
    "access": (check_access, ("mode",)),
    "faccessat": (check_access, ("mode",)),
    "faccessat2": (check_access, ("mode", "flags")),
    "readlink": (check_room, ("bufsiz",)),
    "readlinkat": (check_room, ("bufsiz",)),
    "unlinkat": (check_unlink, ("flags",)),
    "linkat": (check_link, ("flags",)),
    "mknod": (may_mknod, ("mode",)),
    "mknodat": (may_mknod, ("mode",)),
    "renameat2": (check_rename, ("flags",)),
    "fchmodat2": (check_attr, ("flags",)),
    "fchownat": (check_attr, ("flags",)),
}


def check_first(call: Call, raw: Sequence[int]) -> None:
    """Check of a call what Linux looks at before it reads a path.

    Args:
        call: the call.
        raw: what the registers hold.

    Raises:
        LinuxError: as the call.
    """
    if call.name not in _CHECKED_FIRST:
        return
    check, names = _CHECKED_FIRST[call.name]
    given = {parameter.name: value for parameter, value in zip(call.parameters, raw, strict=False)}
    check(*(taken(call.name, name, given[name]) for name in names))


ADAPTERS: Mapping[str, Callable[..., Answer]] = {
    "newfstatat": _newfstatat,
    "statx": _statx,
    "execve": _execve,
    "utimensat": _utimensat,
    "futimesat": _futimesat,
    "pipe": _pipe,
    "pipe2": _pipe2,
    "socketpair": _socketpair,
    "wait4": _wait4,
    "fork": _child("fork"),
    "vfork": _child("vfork"),
    "clone": _child("clone"),
    "clone3": _child("clone3"),
    "setrlimit": _setrlimit,
    "prlimit64": _prlimit64,
    "rt_sigaction": _rt_sigaction,
}
