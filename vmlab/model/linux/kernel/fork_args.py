"""What clone3 is asked for: a structure in user memory that may grow."""

from __future__ import annotations

import struct

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.clone import (
    CLONE_CLEAR_SIGHAND,
    CLONE_DETACHED,
    CLONE_INTO_CGROUP,
    CLONE_PARENT,
    CLONE_SIGHAND,
    CLONE_THREAD,
    CSIGNAL,
)
from vmlab.model.linux.include.structs import TaskStruct
from vmlab.model.linux.kernel.fork import KernelCloneArgs, do_fork
from vmlab.model.linux.lib.usercopy import access_ok, check_zeroed_user, load_from_user
from vmlab.model.mmu.page import PAGE_SIZE

# flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size,
# cgroup
_CLONE_ARGS = struct.Struct("<11Q")
_SIZE_VER0 = 64  # bytes of the first such structure
_SIZE_VER2 = 88  # of the first that has a cgroup
_NSIG = 64
_INT_MAX = (1 << 31) - 1
_MAX_PID_NS_LEVEL = 32
_KNOWN = (1 << 32) - 1 | CLONE_CLEAR_SIGHAND | CLONE_INTO_CGROUP
_CLONE_NEWTIME = 0x80


def clone3(task: TaskStruct, uargs: int, size: int) -> TaskStruct:
    """Make a child task, as a structure says.

    Args:
        task: the caller.
        uargs: where struct clone_args stands, bytes.
        size: of it, bytes.

    Raises:
        LinuxError: E2BIG, EINVAL, EFAULT for the structure, and what do_fork raises.

    Emits: copy_from_user, and what do_fork emits.
    Source: kernel/fork.c: SYSCALL_DEFINE2(clone3), copy_clone_args_from_user() [v6.18].
    Left out: set_tid, cgroups, a descriptor of the child.
    """
    words = _copy_struct_from_user(task, uargs, size)
    flags, _, child_tid, parent_tid, exit_signal, stack, stack_size, tls, *rest = words
    set_tid, set_tid_size, cgroup = rest
    if set_tid_size > _MAX_PID_NS_LEVEL or bool(set_tid) != bool(set_tid_size):
        raise LinuxError(errno.EINVAL, "clone3_set_tid", count=set_tid_size)
    if exit_signal > _NSIG:
        raise LinuxError(errno.EINVAL, "signal_unknown", signal=exit_signal)
    if flags & CLONE_INTO_CGROUP and (cgroup > _INT_MAX or size < _SIZE_VER2):
        raise LinuxError(errno.EINVAL, "clone3_cgroup", cgroup=cgroup)
    _check(flags, exit_signal)
    if bool(stack) != bool(stack_size) or not access_ok(task, stack, stack_size):
        raise LinuxError(errno.EINVAL, "clone3_stack", addr=stack, nr_bytes=stack_size)
    args = KernelCloneArgs(flags | exit_signal, stack + stack_size, parent_tid, child_tid, tls)
    return do_fork(task, args)


def _copy_struct_from_user(task: TaskStruct, addr: int, size: int) -> tuple[int, ...]:
    # Source: include/linux/uaccess.h: copy_struct_from_user() [v6.18].
    if size > PAGE_SIZE:
        raise LinuxError(errno.E2BIG, "clone3_size", nr_bytes=size)
    if size < _SIZE_VER0:
        raise LinuxError(errno.EINVAL, "clone3_size", nr_bytes=size)
    known = min(size, _CLONE_ARGS.size)
    if not check_zeroed_user(task, addr + known, size - known):
        raise LinuxError(errno.E2BIG, "clone3_size", nr_bytes=size)
    return _CLONE_ARGS.unpack(load_from_user(task, addr, known).ljust(_CLONE_ARGS.size, b"\0"))


def _check(flags: int, exit_signal: int) -> None:
    # Source: kernel/fork.c: clone3_args_valid() [v6.18].
    both = CLONE_SIGHAND | CLONE_CLEAR_SIGHAND
    if flags & ~_KNOWN or flags & (CLONE_DETACHED | CSIGNAL & ~_CLONE_NEWTIME):
        raise LinuxError(errno.EINVAL, "clone3_flags", flags=flags)
    if flags & both == both:
        raise LinuxError(
            errno.EINVAL, "flag_excludes", flag="CLONE_SIGHAND", other="CLONE_CLEAR_SIGHAND"
        )
    if flags & (CLONE_THREAD | CLONE_PARENT) and exit_signal:
        raise LinuxError(errno.EINVAL, "thread_without_signal", signal=exit_signal)
