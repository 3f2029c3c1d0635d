"""Waiting for children: that they end, are stopped, or go on. In Linux's kernel/exit.c."""

from __future__ import annotations

import struct
from typing import NamedTuple

from vmlab.errors import LinuxError, Sleeps
from vmlab.model.abi import errno
from vmlab.model.abi.fcntl import O_NONBLOCK
from vmlab.model.abi.resource import RUSAGE_BOTH
from vmlab.model.abi.signal import (
    CLD_CONTINUED,
    CLD_EXITED,
    CLD_KILLED,
    CLD_STOPPED,
    SIGCHLD,
    SIGCONT,
)
from vmlab.model.abi.wait import (
    CONTINUED_STATUS,
    P_ALL,
    P_PGID,
    P_PID,
    P_PIDFD,
    WAIT_OPTIONS,
    WAITID_OPTIONS,
    WALL,
    WCLONE,
    WCONTINUED,
    WEXITED,
    WEXITSTATUS,
    WIFEXITED,
    WNOHANG,
    WNOTHREAD,
    WNOWAIT,
    WSTOPPED,
    WTERMSIG,
)
from vmlab.model.linux.fs.file import fget
from vmlab.model.linux.fs.pidfs import pidfd_pid
from vmlab.model.linux.include.sched import EXIT_ZOMBIE
from vmlab.model.linux.include.signal import SIGNAL_STOP_CONTINUED, SIGNAL_STOP_STOPPED
from vmlab.model.linux.include.structs import TaskStruct
from vmlab.model.linux.kernel.exit import other_threads, release_task
from vmlab.model.linux.kernel.sys import getrusage
from vmlab.model.linux.lib.usercopy import store_number, store_to_user
from vmlab.model.trace.decorators import traced
from vmlab.model.trace.events import process as process_events
from vmlab.model.trace.hook import emit

_INT = 4  # bytes
_INT_MIN = -1 << 31
_STOPPED_STATUS = 0x7F
_SIGINFO = struct.Struct("<3i4x3i")  # si_signo, si_errno, si_code, si_pid, si_uid, si_status


class _Opts(NamedTuple):
    # Which children, and for what. Source: kernel/exit.h: struct wait_opts [v6.18].
    type: int  # P_ALL, P_PID or P_PGID
    number: int  # of the child, or of its group
    flags: int  # W* bits


class _Found(NamedTuple):
    # What a child did. Source: kernel/exit.h: struct waitid_info [v6.18].
    pid: int
    status: int  # as wait(2) encodes it
    cause: int  # CLD_*
    told: int  # what waitid tells of it: a code or a signal
    used: bytes  # a struct rusage


@traced
def kernel_wait4(
    task: TaskStruct, pid: int, options: int, wstatus: int, rusage: int
) -> tuple[int, int]:
    """Wait until one of some children ends; return (its pid, its status).

    Args:
        task: the caller.
        pid: of the child; -1 = any, 0 = any of the caller's process group, less = any of the group
            of that number.
        options: WNOHANG returns (0, 0) instead of sleeping; WUNTRACED and WCONTINUED also wait
            until one is stopped, and goes on; __WALL and __WCLONE say which children count, with
            __WNOTHREAD only those of the thread itself.
        wstatus: bytes: where the status is stored; 0 = nowhere.
        rusage: the same for what the child used, a struct rusage.

    Raises:
        LinuxError: EINVAL for other options; ESRCH for a group without a number; ECHILD without
            such children; EFAULT when the child is forgotten already; Sleeps if there is nothing
            to tell.

    Emits: sched_process_wait, sched_process_free, copy_to_user.
    Source: kernel/exit.c: kernel_wait4() [v6.18].
    """
    if options & ~WAIT_OPTIONS:
        raise LinuxError(errno.EINVAL, "unknown_flags")
    if pid == _INT_MIN:
        raise LinuxError(errno.ESRCH, "no_such_group", pid=-pid)
    if pid > 0:
        which, upid = P_PID, pid
    else:
        which, upid = (P_ALL, pid) if pid == -1 else (P_PGID, -pid or task.pgrp)
    found = _do_wait(task, _Opts(which, upid, options | WEXITED))
    if found is None:
        return 0, 0
    if wstatus:
        store_number(task, wstatus, found.status, _INT)
    if rusage:
        store_to_user(task, rusage, found.used)
    return found.pid, found.status


@traced
def kernel_waitid(
    task: TaskStruct, which: int, upid: int, infop: int, options: int, rusage: int
) -> None:
    """Wait until one of some children ends, is stopped or goes on, and tell it as a siginfo_t.

    Args:
        task: the caller.
        which: P_ALL; P_PID, P_PGID, P_PIDFD = the child, a child of the group, the child of the
            descriptor `upid`.
        upid: see `which`; as a group 0 is the caller's.
        infop: bytes: where the siginfo_t goes, of which the number is 0 if there is nothing to
            tell; 0 = nowhere.
        options: WEXITED, WSTOPPED, WCONTINUED = for what, one at least; WNOHANG does not sleep;
            WNOWAIT leaves it to be told again; __WALL, __WCLONE, __WNOTHREAD as
            wait4 has them.
        rusage: bytes: where to store what the child used, a struct rusage; 0 = nowhere.

    Raises:
        LinuxError: EINVAL for other options, or none of the three, or a number that cannot be;
            EBADF; ECHILD without such children; EAGAIN for a pidfd that does not wait; EFAULT;
            Sleeps if there is nothing to tell.

    Emits: sched_process_wait, sched_process_free, copy_to_user.
    Source: kernel/exit.c: kernel_waitid_prepare(), SYSCALL_DEFINE5(waitid) [v6.18].
    """
    try:
        found = _waitid(task, which, upid, options)
    except Sleeps:
        raise
    except LinuxError:
        _tell(task, infop, None)
        raise
    if found is not None and rusage:
        store_to_user(task, rusage, found.used)
    _tell(task, infop, found)


def _waitid(task: TaskStruct, which: int, upid: int, options: int) -> _Found | None:
    # Source: kernel/exit.c: kernel_waitid_prepare(), kernel_waitid() [v6.18].
    if options & ~WAITID_OPTIONS or not options & (WEXITED | WSTOPPED | WCONTINUED):
        raise LinuxError(errno.EINVAL, "unknown_flags")
    kind, number, nonblock = which, upid, 0
    if which == P_PGID and upid >= 0:
        number = upid or task.pgrp
    elif which == P_PIDFD and upid >= 0:
        kind, number = P_PID, pidfd_pid(task, upid)
        nonblock = fget(task, upid).f_flags & O_NONBLOCK
    elif which != P_ALL and (which != P_PID or upid <= 0):
        raise LinuxError(errno.EINVAL, "which_unknown", which=which, pid=upid)
    found = _do_wait(task, _Opts(kind, number, options | (WNOHANG if nonblock else 0)))
    if found is None and nonblock and not options & WNOHANG:
        raise LinuxError(errno.EAGAIN, "nothing_to_tell_now")
    return found


def _tell(task: TaskStruct, infop: int, found: _Found | None) -> None:
    # As a siginfo_t, which is told of an error too; what lies between its fields stays.
    if not infop:
        return
    told = (0,) * 6 if found is None else (SIGCHLD, 0, found.cause, found.pid, 0, found.told)
    data = _SIGINFO.pack(*told)
    for start, end in ((0, 3 * _INT), (4 * _INT, len(data))):
        store_to_user(task, infop + start, data[start:end])


def _do_wait(task: TaskStruct, opts: _Opts) -> _Found | None:
    # Source: kernel/exit.c: do_wait() [v6.18].
    children = _awaited(task, opts)
    for child in children:
        found = _wait_consider_task(task, child, opts)
        if found is not None:
            return found
    if not children:
        raise LinuxError(errno.ECHILD, "no_children")
    if opts.flags & WNOHANG:
        return None

    def ready() -> bool:
        now = _awaited(task, opts)
        return now != children or any(_has_news(each, opts) for each in now)

    raise Sleeps(ready, "no_child_ended")


def _awaited(task: TaskStruct, opts: _Opts) -> list[TaskStruct]:
    # One that ended will not stop any more. Source: kernel/exit.c: wait_consider_task() [v6.18].
    ends = opts.flags & WEXITED
    found = [each for each in _children(task, opts) if _eligible_child(each, opts)]
    return [each for each in found if ends or not _has_ended(each)]


def _children(task: TaskStruct, opts: _Opts) -> list[TaskStruct]:
    parents = [task, *(() if opts.flags & WNOTHREAD else other_threads(task))]
    return [c for parent in parents for c in parent.children if c.tgid == c.pid]


def _eligible_child(child: TaskStruct, opts: _Opts) -> bool:
    # Source: kernel/exit.c: eligible_pid(), eligible_child() [v6.18].
    number = child.pid if opts.type == P_PID else child.pgrp
    if opts.type != P_ALL and number != opts.number:
        return False
    return bool(opts.flags & WALL) or (child.exit_signal != SIGCHLD) == bool(opts.flags & WCLONE)


def _has_news(child: TaskStruct, opts: _Opts) -> bool:
    return _has_ended(child) or _is_stopped(child, opts) or _is_continued(child, opts)


def _has_ended(child: TaskStruct) -> bool:
    # A process whose first thread ended goes on while it has others.
    return child.state == EXIT_ZOMBIE and not other_threads(child)


def _is_stopped(child: TaskStruct, opts: _Opts) -> bool:
    signal = child.signal
    stopped = signal.flags & SIGNAL_STOP_STOPPED and signal.group_exit_code
    return bool(opts.flags & WSTOPPED and stopped)


def _is_continued(child: TaskStruct, opts: _Opts) -> bool:
    return bool(opts.flags & WCONTINUED and child.signal.flags & SIGNAL_STOP_CONTINUED)


def _wait_consider_task(task: TaskStruct, child: TaskStruct, opts: _Opts) -> _Found | None:
    # Source: kernel/exit.c: wait_consider_task() [v6.18].
    if _has_ended(child):
        return _wait_task_zombie(task, child, opts)
    used, keep = getrusage(child, RUSAGE_BOTH), opts.flags & WNOWAIT
    signal = child.signal
    if _is_stopped(child, opts):  # wait_task_stopped()
        code = signal.group_exit_code
        signal.group_exit_code = code if keep else 0
        return _Found(child.pid, code << 8 | _STOPPED_STATUS, CLD_STOPPED, code, used)
    if _is_continued(child, opts):  # wait_task_continued()
        if not keep:
            signal.flags &= ~SIGNAL_STOP_CONTINUED
        return _Found(child.pid, CONTINUED_STATUS, CLD_CONTINUED, SIGCONT, used)
    return None


def _wait_task_zombie(task: TaskStruct, child: TaskStruct, opts: _Opts) -> _Found:
    # Source: kernel/exit.c: wait_task_zombie() [v6.18].
    code, usage, told = child.exit_code, task.usage, child.usage
    exited = WIFEXITED(code)
    found = _Found(
        child.pid,
        code,
        CLD_EXITED if exited else CLD_KILLED,
        WEXITSTATUS(code) if exited else WTERMSIG(code),
        getrusage(child, RUSAGE_BOTH),
    )
    if opts.flags & WNOWAIT:
        return found
    usage.cmin_flt += child.min_flt + told.min_flt + told.cmin_flt
    usage.cmaj_flt += child.maj_flt + told.maj_flt + told.cmaj_flt
    usage.cmaxrss = max(usage.cmaxrss, told.maxrss, told.cmaxrss)
    emit(task, process_events.SchedProcessWait, task.pid, child.pid, code)
    release_task(child)
    return found
