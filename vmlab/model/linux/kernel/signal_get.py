"""How a task takes the signals that were sent to it: kernel/signal.c from get_signal() on."""

from __future__ import annotations

from contextlib import suppress
from typing import NamedTuple

from vmlab.codes import because
from vmlab.errors import LinuxError, Signal, Sleeps
from vmlab.model.abi import errno
from vmlab.model.abi.signal import (
    CLD_CONTINUED,
    CLD_STOPPED,
    SI_KERNEL,
    SIG_DFL,
    SIG_IGN,
    SIGSEGV,
    SIGSTOP,
    SS_AUTODISARM,
    Sa,
    Sigaction,
    Siginfo,
    code_name,
    sigmask,
    signal_name,
)
from vmlab.model.linux.include.sched import EXIT_ZOMBIE, TASK_RUNNING, TASK_STOPPED
from vmlab.model.linux.include.signal import (
    SIG_CALLER,
    SIG_KERNEL_IGNORE_MASK,
    SIG_KERNEL_ONLY_MASK,
    SIG_KERNEL_STOP_MASK,
    SIGNAL_CLD_CONTINUED,
    SIGNAL_STOP_STOPPED,
    SYNCHRONOUS_MASK,
)
from vmlab.model.linux.include.structs import TaskStruct
from vmlab.model.linux.kernel.exit import do_group_exit
from vmlab.model.linux.kernel.signal import (
    action_of,
    check_sigset_size,
    do_notify_parent_cldstop,
    force_sig_info,
    load_sigset,
    set_action,
    set_current_blocked,
    signal_pending,
)
from vmlab.model.linux.kernel.signal_stack import sas_ss_reset
from vmlab.model.linux.kernel.time.hrtimer import (
    hrtimer_cancel,
    hrtimer_expired,
    hrtimer_start,
)
from vmlab.model.linux.kernel.time.k_itimer import posixtimer_deliver_signal
from vmlab.model.linux.kernel.time.time import get_timespec64
from vmlab.model.linux.lib.usercopy import store_to_user
from vmlab.model.trace.events import signal as signal_events
from vmlab.model.trace.hook import emit

_NO_CODE = (SIG_DFL, SIG_IGN, SIG_CALLER)  # in place of a handler that is machine code


class Ksignal(NamedTuple):
    """A signal that was taken, and what is to be done about it (struct ksignal)."""

    info: Siginfo
    ka: Sigaction


def dequeue_signal(task: TaskStruct) -> Siginfo | None:
    """Take the next signal that does not wait: what an instruction raised, then the lowest number.

    What was sent to the thread comes before what was sent to the process.

    Emits: what posixtimer_deliver_signal emits.
    Source: kernel/signal.c: dequeue_signal(), dequeue_synchronous_signal() [v6.18].
    """
    return _dequeue(task, task.blocked)


def dequeue_of_set(task: TaskStruct, these: int) -> Siginfo | None:
    """Take the next signal of a set, whether it waits or not. The name is vmlab's.

    Source: kernel/signal.c: dequeue_signal() [v6.18].
    """
    return _dequeue(task, ~these)


def next_of_set(task: TaskStruct, these: int) -> Siginfo | None:
    """Return the next signal of a set, whether it waits or not. The name is vmlab's.

    Source: kernel/signal.c: next_signal() [v6.18].
    """
    return _next(task, ~these)[1]


def _dequeue(task: TaskStruct, blocked: int) -> Siginfo | None:
    while True:
        queue, info = _next(task, blocked)
        if info is None:
            return None
        queue.remove(info)
        told = posixtimer_deliver_signal(task, info) if info.seq else info
        if told is not None:
            return told


def _next(task: TaskStruct, blocked: int) -> tuple[list[Siginfo], Siginfo | None]:
    # The queue, and what is first in it of those that do not wait.
    for queue in (task.pending, task.signal.shared_pending):
        ready = [info for info in queue if not blocked & sigmask(info.si_signo)]
        if ready:
            return queue, min(ready, key=_order)
    return [], None


def _order(info: Siginfo) -> tuple[bool, bool, int]:
    synchronous = sigmask(info.si_signo) & SYNCHRONOUS_MASK
    return not info.is_fault, not synchronous, info.si_signo


def get_signal(task: TaskStruct) -> Ksignal | None:
    """Take signals up to one that has a handler; one that is deadly ends the process.

    Args:
        task: a task on its way to user mode.

    Returns:
        The signal that has a handler; None if there is none, or the process is dead or stopped.

    Raises:
        Signal: it is who called from Python that handles it.

    Emits: signal_deliver, task_stopped, signal_send, and what do_group_exit emits.
    Source: kernel/signal.c: get_signal() [v6.18].
    Left out: core files.
    """
    signal = task.signal
    if signal.flags & SIGNAL_CLD_CONTINUED:
        signal.flags &= ~SIGNAL_CLD_CONTINUED
        do_notify_parent_cldstop(task, CLD_CONTINUED)
    while (info := dequeue_signal(task)) is not None:
        sig = info.si_signo
        ka = action_of(task, sig)
        name, code = signal_name(sig), code_name(sig, info.si_code)
        emit(task, signal_events.SignalDeliver, task.pid, name, code, ka.sa_handler)
        if ka.sa_handler == SIG_CALLER:
            raise Signal(sig, info.si_code, info.si_addr, because("signal_taken", signal=name))
        if ka.sa_handler not in (SIG_DFL, SIG_IGN):
            if ka.sa_flags & Sa.SA_RESETHAND:
                set_action(task, sig, ka._replace(sa_handler=SIG_DFL))
            return Ksignal(info, ka)
        if ka.sa_handler == SIG_DFL and sigmask(sig) & SIG_KERNEL_STOP_MASK:
            if sig == SIGSTOP or not _is_current_pgrp_orphaned(task):
                do_signal_stop(task, sig)
                break
        elif ka.sa_handler == SIG_DFL and not sigmask(sig) & SIG_KERNEL_IGNORE_MASK:
            do_group_exit(task, sig)
            break
    return None


def has_signal_work(task: TaskStruct) -> bool:
    """Say whether a task has signals to take, or its parent is to be told that it goes on.

    Source: include/linux/sched/signal.h: signal_pending() [v6.18].
    """
    return signal_pending(task) or bool(task.signal.flags & SIGNAL_CLD_CONTINUED)


def do_signal_stop(task: TaskStruct, signr: int) -> None:
    """Stop all threads of a process, and tell its parent.

    Emits: task_stopped, signal_send.
    Source: kernel/signal.c: do_signal_stop() [v6.18].
    Left out: that a thread stops only on its way to user mode, and after its vfork child.
    """
    signal = task.signal
    for each in task.system.tasks.values():
        if each.signal is signal and each.state == TASK_RUNNING:
            each.state = TASK_STOPPED
            emit(task, signal_events.TaskStopped, each.pid, signal_name(signr))
    signal.flags, signal.group_exit_code = SIGNAL_STOP_STOPPED, signr
    do_notify_parent_cldstop(task, CLD_STOPPED)


def _is_current_pgrp_orphaned(task: TaskStruct) -> bool:
    # Is there no parent that could let its process group go on? Source: kernel/exit.c:
    # is_current_pgrp_orphaned(), will_become_orphaned_pgrp() [v6.18].
    system = task.system
    parents = [
        each.parent
        for each in system.tasks.values()
        if each.pgrp == task.pgrp and each.pid == each.tgid and each.state != EXIT_ZOMBIE
    ]
    return not any(
        parent is not system.init and parent.pgrp != task.pgrp and parent.session == task.session
        for parent in parents
        if parent is not None
    )


def get_signal_of_caller(task: TaskStruct) -> None:
    """Take the signals of a task up to one whose handler is machine code. The name is vmlab's.

    Nobody runs a task that is driven from Python: what kills it does so at once, and who called
    knows of what it sent.

    Emits: what get_signal emits.
    Source: kernel/signal.c: get_signal() [v6.18].
    """
    while task.mm is not None and task.state == TASK_RUNNING and has_signal_work(task):
        info = _next(task, task.blocked)[1]
        if info is not None and action_of(task, info.si_signo).sa_handler not in _NO_CODE:
            return
        with suppress(Signal):
            get_signal(task)


def do_sigtimedwait(task: TaskStruct, uthese: int, uinfo: int, uts: int, sigsetsize: int) -> int:
    """Take a signal of a set, which may wait there; return its number.

    Args:
        task: the caller.
        uthese: bytes: where the set is.
        uinfo: bytes: where its siginfo_t is stored; 0 = nowhere.
        uts: bytes: where the time is, a struct timespec; 0 = without end.
        sigsetsize: bytes of a set.

    Raises:
        LinuxError: EAGAIN when the time is over; EINTR for another signal; EINVAL for another size
            or a time that cannot be; EFAULT.
        Sleeps: none was sent yet.

    Emits: hrtimer_start, copy_from_user, copy_to_user.
    Source: kernel/signal.c: do_sigtimedwait(), SYSCALL_DEFINE4(rt_sigtimedwait) [v6.18].
    """
    check_sigset_size(sigsetsize)
    these = load_sigset(task, uthese) & ~SIG_KERNEL_ONLY_MASK
    timeout = get_timespec64(task, uts) if uts else -1
    info = dequeue_of_set(task, these)
    over = not timeout or hrtimer_expired(task)
    if info is not None or over:
        hrtimer_cancel(task)
    if info is not None:
        if uinfo:
            store_to_user(task, uinfo, info.to_bytes())
        return info.si_signo
    if over:
        raise LinuxError(errno.EAGAIN, "no_signal_in_time")
    expires = task.system.clock + timeout

    def sleep() -> None:
        if timeout > 0 and task.timer is None:
            hrtimer_start(task, expires)

    raise Sleeps(
        lambda: next_of_set(task, these) is not None or hrtimer_expired(task),
        "no_signal_came",
        errno.EINTR,
        sleep,
        lambda: hrtimer_cancel(task),
    )


def signal_setup_done(task: TaskStruct, ksig: Ksignal, *, failed: bool) -> None:
    """Let those signals wait that do while a handler runs; if it has no frame, SIGSEGV comes.

    Emits: signal_blocked.
    Source: kernel/signal.c: signal_setup_done(), signal_delivered(), force_sigsegv() [v6.18].
    """
    sig, ka = ksig.info.si_signo, ksig.ka
    if failed:
        if sig == SIGSEGV:  # its handler cannot run: it is to kill
            set_action(task, SIGSEGV, action_of(task, SIGSEGV)._replace(sa_handler=SIG_DFL))
        force_sig_info(task, Siginfo(SIGSEGV, SI_KERNEL))
        return
    task.saved_sigmask = None
    blocked = task.blocked | ka.sa_mask
    set_current_blocked(task, blocked if ka.sa_flags & Sa.SA_NODEFER else blocked | sigmask(sig))
    if task.sas_ss_flags & SS_AUTODISARM:
        sas_ss_reset(task)
