"""The calls that send signals, some with a value: in Linux's kernel/signal.c."""

from __future__ import annotations

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.signal import (
    KERNEL_SIGINFO_SIZE,
    NSIG,
    SI_ASYNCNL,
    SI_DETHREAD,
    SI_KERNEL,
    SI_TKILL,
    SI_USER,
    SIGINFO_SIZE,
    SIGNALS,
    Siginfo,
)
from vmlab.model.linux.include.structs import TaskStruct
from vmlab.model.linux.kernel.pid import find_task_by_vpid
from vmlab.model.linux.kernel.signal import send_signal
from vmlab.model.linux.lib.usercopy import load_from_user

# How many codes of its own a signal has; others have as many as SIGPOLL.
_NSIGPOLL = 6
_SICODES = {
    SIGNALS[name]: count
    for name, count in (
        *(("SIGILL", 11), ("SIGFPE", 15), ("SIGSEGV", 10), ("SIGBUS", 5), ("SIGTRAP", 6)),
        *(("SIGCHLD", 6), ("SIGSYS", 2)),
    )
}


def kill(task: TaskStruct, pid: int, sig: int) -> None:
    """Send a signal to a process, or to all.

    Args:
        task: the caller.
        pid: of the process, or of one of its threads; -1 = all but the caller's and init; 0 = of
            all of the caller's process group, less = of all of the group of that number.
        sig: the signal; 0 = only ask whether there is such a process.

    Raises:
        LinuxError: ESRCH if there is none; EINVAL for a number that no signal has.

    Emits: signal_send.
    Source: kernel/signal.c: kill_something_info() [v6.18].
    """
    info = Siginfo(sig, SI_USER, si_pid=task.tgid)
    system = task.system
    if pid > 0:
        found = find_task_by_vpid(system, pid)
        targets = [] if found is None else [found]
    else:
        leaders = [each for each in system.tasks.values() if each.pid == each.tgid]
        group = task.pgrp if not pid else -pid
        targets = [
            each
            for each in leaders
            if (each.pgrp == group if pid != -1 else each.tgid != task.tgid)
        ]
    if not targets:
        raise LinuxError(errno.ESRCH, "no_such_process", pid=pid)
    check_signal(sig)
    for target in targets if sig else ():
        send_signal(target, info, group=True)


def do_tkill(task: TaskStruct, tgid: int, tid: int, sig: int) -> None:
    """Send a signal to a thread.

    Args:
        task: the caller.
        tgid: of which process it must be one; 0 = any.
        tid: its number.
        sig: the signal; 0 = only ask whether there is such a thread.

    Raises:
        LinuxError: ESRCH if there is none; EINVAL for a number that no signal has; EAGAIN if more
            wait than RLIMIT_SIGPENDING lets.

    Emits: signal_send.
    Source: kernel/signal.c: do_tkill(), do_send_specific() [v5.4].
    """
    target = find_task_by_vpid(task.system, tid)
    if target is None or (tgid and target.tgid != tgid):
        raise LinuxError(errno.ESRCH, "no_such_process", pid=tid)
    check_signal(sig)
    if sig and not send_signal(target, Siginfo(sig, SI_TKILL, si_pid=task.tgid), group=False):
        raise LinuxError(errno.EAGAIN, "too_many_signals_wait")


def tgkill(task: TaskStruct, tgid: int, tid: int, sig: int) -> None:
    """Send a signal to a thread of a process.

    Raises:
        LinuxError: EINVAL unless both numbers are above 0; as do_tkill.

    Emits: signal_send.
    Source: kernel/signal.c: SYSCALL_DEFINE3(tgkill) [v5.4].
    """
    if tgid <= 0 or tid <= 0:
        raise LinuxError(errno.EINVAL, "pid_not_positive", pid=min(tgid, tid))
    do_tkill(task, tgid, tid, sig)


def tkill(task: TaskStruct, tid: int, sig: int) -> None:
    """Send a signal to a thread.

    Raises:
        LinuxError: EINVAL unless the number is above 0; as do_tkill.

    Emits: signal_send.
    Source: kernel/signal.c: SYSCALL_DEFINE2(tkill) [v5.4].
    """
    if tid <= 0:
        raise LinuxError(errno.EINVAL, "pid_not_positive", pid=tid)
    do_tkill(task, 0, tid, sig)


def check_signal(sig: int) -> None:
    """Check the number of a signal that is to be sent. The name is vmlab's.

    Raises:
        LinuxError: EINVAL for a number that no signal has.

    Source: kernel/signal.c: check_kill_permission() [v6.18].
    """
    if not 0 <= sig <= NSIG:
        raise LinuxError(errno.EINVAL, "signal_unknown", signal=sig)


def rt_sigqueueinfo(task: TaskStruct, pid: int, sig: int, uinfo: int) -> None:
    """Send a signal to a process, with what is told of it.

    Args:
        task: the caller.
        pid: of the process.
        sig: the signal; 0 = only ask whether there is such a process.
        uinfo: bytes: where the siginfo_t is.

    Raises:
        LinuxError: EFAULT; E2BIG for one that tells more than its code has; EPERM for a code that
            only the kernel, kill or tkill use, unless it is for the caller itself; ESRCH; EINVAL
            for a number that no signal has; EAGAIN if more wait than RLIMIT_SIGPENDING lets.

    Emits: signal_send, copy_from_user.
    Source: kernel/signal.c: SYSCALL_DEFINE3(rt_sigqueueinfo), do_rt_sigqueueinfo() [v6.18].
    """
    info = copy_siginfo_from_user(task, sig, uinfo)
    _check_code(task, info, pid)
    target = find_task_by_vpid(task.system, pid) if pid > 0 else None
    _send_info(target, pid, info, group=True)


def rt_tgsigqueueinfo(task: TaskStruct, tgid: int, tid: int, sig: int, uinfo: int) -> None:
    """Send a signal to a thread of a process, with what is told of it.

    Raises:
        LinuxError: as rt_sigqueueinfo; EINVAL unless both numbers are above 0.

    Emits: signal_send, copy_from_user.
    Source: kernel/signal.c: SYSCALL_DEFINE4(rt_tgsigqueueinfo), do_rt_tgsigqueueinfo() [v6.18].
    """
    info = copy_siginfo_from_user(task, sig, uinfo)
    if tgid <= 0 or tid <= 0:
        raise LinuxError(errno.EINVAL, "pid_not_positive", pid=min(tgid, tid))
    _check_code(task, info, tid)
    target = find_task_by_vpid(task.system, tid)
    if target is not None and target.tgid != tgid:
        target = None
    _send_info(target, tid, info, group=False)


def copy_siginfo_from_user(task: TaskStruct, sig: int, uinfo: int) -> Siginfo:
    """Read what a program tells of a signal.

    Raises:
        LinuxError: EFAULT; E2BIG if its code is not known, and something stands behind what the
            kernel keeps.

    Emits: copy_from_user.
    Source: kernel/signal.c: __copy_siginfo_from_user(), known_siginfo_layout() [v6.18].
    Left out: the bytes that no code uses.
    """
    info = Siginfo.from_bytes(load_from_user(task, uinfo, KERNEL_SIGINFO_SIZE), sig)
    if not _known_siginfo_layout(sig, info.si_code):
        rest = SIGINFO_SIZE - KERNEL_SIGINFO_SIZE
        if any(load_from_user(task, uinfo + KERNEL_SIGINFO_SIZE, rest)):
            raise LinuxError(errno.E2BIG, "siginfo_tells_more", code=info.si_code)
    return info


def _known_siginfo_layout(sig: int, si_code: int) -> bool:
    if si_code == SI_KERNEL:
        return True
    if si_code > SI_USER:
        return si_code <= _SICODES.get(sig, _NSIGPOLL)
    return si_code >= SI_DETHREAD or si_code == SI_ASYNCNL


def _check_code(task: TaskStruct, info: Siginfo, pid: int) -> None:
    if (info.si_code >= 0 or info.si_code == SI_TKILL) and task.pid != pid:
        raise LinuxError(errno.EPERM, "siginfo_of_kernel", code=info.si_code)


def _send_info(target: TaskStruct | None, pid: int, info: Siginfo, *, group: bool) -> None:
    if target is None:
        raise LinuxError(errno.ESRCH, "no_such_process", pid=pid)
    check_signal(info.si_signo)
    if info.si_signo and not send_signal(target, info, group=group):
        raise LinuxError(errno.EAGAIN, "too_many_signals_wait")
