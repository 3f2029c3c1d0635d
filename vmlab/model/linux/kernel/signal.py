"""Signals: what a process does about them, which wait, and how they are sent.

The calls that send them are in `kernel/signal_kill.py`, how a task takes them in
`kernel/signal_get.py`, the alternate stack in `kernel/signal_stack.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from vmlab.codes import because
from vmlab.errors import LinuxError, Sleeps
from vmlab.model.abi import errno
from vmlab.model.abi.resource import Rlimit
from vmlab.model.abi.signal import (
    CLD_CONTINUED,
    CLD_EXITED,
    CLD_KILLED,
    NSIG,
    SI_TIMER,
    SI_USER,
    SIG_DFL,
    SIG_IGN,
    SIGCHLD,
    SIGCONT,
    SIGEV_THREAD_ID,
    SIGKILL,
    SIGRTMIN,
    SIGSET_SIZE,
    How,
    Sa,
    Sigaction,
    Siginfo,
    code_name,
    sigmask,
    signal_name,
)
from vmlab.model.abi.wait import WEXITSTATUS, WIFEXITED, WTERMSIG
from vmlab.model.linux.fs.eventpoll_wake import signalfd_notify
from vmlab.model.linux.include.posix_timers import KItimer
from vmlab.model.linux.include.sched import (
    EXIT_ZOMBIE,
    PF_KTHREAD,
    TASK_RUNNING,
    TASK_STOPPED,
)
from vmlab.model.linux.include.signal import (
    DEFAULT,
    SIG_KERNEL_IGNORE_MASK,
    SIG_KERNEL_ONLY_MASK,
    SIG_KERNEL_STOP_MASK,
    SIGNAL_CLD_CONTINUED,
    SIGNAL_STOP_CONTINUED,
    SIGNAL_STOP_STOPPED,
    SighandStruct,
)
from vmlab.model.linux.include.structs import System, TaskStruct
from vmlab.model.linux.lib.usercopy import load_from_user, store_to_user
from vmlab.model.trace.events import signal as signal_events
from vmlab.model.trace.hook import emit

ERESTARTSYS = 512  # a call that a signal cut off: made again, or EINTR, as SA_RESTART has it
ERESTARTNOHAND = 514  # the same: made again if no handler ran
_UAPI_SA_FLAGS = sum(Sa)
_PID_MAX_LIMIT = 1 << 22
_NOTHING_TOLD = Siginfo(0, SI_USER)[1:]


# What a process does about a signal


def action_of(task: TaskStruct, sig: int) -> Sigaction:
    """Return what a process does about a signal. The name is vmlab's.

    Source: kernel/signal.c: sig_handler() [v5.4].
    """
    return task.sighand.action.get(sig, DEFAULT)


def set_action(task: TaskStruct, sig: int, action: Sigaction) -> None:
    """Let a process do something else about a signal. The name is vmlab's.

    Source: kernel/signal.c: do_sigaction() [v5.4].
    """
    if action == DEFAULT:
        task.sighand.action.pop(sig, None)
    else:
        task.sighand.action[sig] = action


def do_sigaction(task: TaskStruct, sig: int, act: Sigaction | None) -> Sigaction:
    """Change what a process does about a signal; return what it did.

    Signals that it ignores from now on and that wait are forgotten.

    Args:
        task: the caller.
        sig: number of the signal.
        act: what it does from now on; None = as before.

    Raises:
        LinuxError: EINVAL for a number that no signal has, and to change SIGKILL and SIGSTOP.

    Emits: signal_handler.
    Source: kernel/signal.c: do_sigaction() [v6.18].
    """
    if not 1 <= sig <= NSIG or (act is not None and sigmask(sig) & SIG_KERNEL_ONLY_MASK):
        raise LinuxError(errno.EINVAL, "signal_without_handler", signal=sig)
    old = action_of(task, sig)
    if act is None:
        return old
    was_ignored = old.sa_handler == SIG_IGN
    act = act._replace(
        sa_flags=act.sa_flags & _UAPI_SA_FLAGS, sa_mask=act.sa_mask & ~SIG_KERNEL_ONLY_MASK
    )
    set_action(task, sig, act)
    emit(task, signal_events.SignalHandler, task.pid, sig, act.sa_handler)
    if sig_handler_ignored(task, sig):
        _flush(task, sigmask(sig))
    elif was_ignored:
        posixtimer_sig_unignore(task, sig)
    return old


def unshare_sighand(task: TaskStruct) -> None:
    """Let a task do about signals what it likes, whatever others do.

    Source: fs/exec.c: unshare_sighand() [v6.18].
    """
    shared = task.sighand
    others = [each.sighand for each in task.system.tasks.values() if each is not task]
    if shared in others:
        used = {sighand.number for sighand in others}
        numbers = count(task.pid, _PID_MAX_LIMIT)
        task.sighand = SighandStruct(next(number for number in numbers if number not in used))
        task.sighand.action = dict(shared.action)


def flush_signal_handlers(task: TaskStruct) -> None:
    """Forget all handlers; what is ignored stays so.

    Source: kernel/signal.c: flush_signal_handlers() [v5.4].
    """
    actions = task.sighand.action
    ignored = [sig for sig, action in actions.items() if action.sa_handler == SIG_IGN]
    actions.clear()
    actions.update(dict.fromkeys(ignored, Sigaction(SIG_IGN)))


# What waits


def sigprocmask(task: TaskStruct, how: int, newset: int) -> None:
    """Change which signals wait.

    Args:
        task: the caller.
        how: SIG_BLOCK, SIG_UNBLOCK or SIG_SETMASK.
        newset: signals.

    Raises:
        LinuxError: EINVAL for another `how`.

    Emits: signal_blocked.
    Source: kernel/signal.c: sigprocmask() [v5.4].
    """
    if how == How.SIG_BLOCK:
        newset = task.blocked | newset
    elif how == How.SIG_UNBLOCK:
        newset = task.blocked & ~newset
    elif how != How.SIG_SETMASK:
        raise LinuxError(errno.EINVAL, "sigprocmask_how_unknown", how=how)
    set_current_blocked(task, newset)


def set_current_blocked(task: TaskStruct, newset: int) -> None:
    """Let other signals wait than before; SIGKILL and SIGSTOP never do.

    Emits: signal_blocked.
    Source: kernel/signal.c: set_current_blocked() [v5.4].
    """
    newset &= ~SIG_KERNEL_ONLY_MASK
    if newset != task.blocked:
        task.blocked = newset
        emit(task, signal_events.SignalBlocked, task.pid, newset)


def rt_sigprocmask(task: TaskStruct, how: int, nset: int, oset: int, sigsetsize: int) -> None:
    """Change which signals wait, and tell which did.

    Args:
        task: the caller.
        how: see sigprocmask.
        nset: where the set is, bytes; 0 = only tell.
        oset: where to tell; 0 = nowhere.
        sigsetsize: bytes of a set.

    Raises:
        LinuxError: EINVAL for another size or `how`; EFAULT.

    Emits: signal_blocked, copy_from_user, copy_to_user.
    Source: kernel/signal.c: SYSCALL_DEFINE4(rt_sigprocmask) [v5.4].
    """
    check_sigset_size(sigsetsize)
    old = task.blocked
    if nset:
        sigprocmask(task, how, load_sigset(task, nset))
    if oset:
        _store_set(task, oset, old)


def rt_sigpending(task: TaskStruct, uset: int, sigsetsize: int) -> None:
    """Tell which signals were sent and wait.

    Raises:
        LinuxError: EINVAL for more bytes than a set has; EFAULT.

    Emits: copy_to_user.
    Source: kernel/signal.c: SYSCALL_DEFINE2(rt_sigpending) [v5.4].
    """
    if sigsetsize > SIGSET_SIZE:
        raise LinuxError(errno.EINVAL, "sigset_size_wrong", nr_bytes=sigsetsize)
    sent = sigmask(*(info.si_signo for info in _sent(task)))
    data = (sent & task.blocked).to_bytes(SIGSET_SIZE, "little")
    store_to_user(task, uset, data[:sigsetsize])


def rt_sigsuspend(task: TaskStruct, unewset: int, sigsetsize: int) -> None:
    """Let other signals wait until one comes that does not.

    Raises:
        LinuxError: EINVAL for another size than that of a set; EFAULT; EINTR at its end.
        Sleeps: none came yet.

    Emits: signal_blocked, copy_from_user.
    Source: kernel/signal.c: sigsuspend() [v5.4].
    """
    check_sigset_size(sigsetsize)
    _set_sigmask(task, load_sigset(task, unewset))
    raise Sleeps(lambda: signal_pending(task), "no_signal_came", ERESTARTNOHAND)


def set_user_sigmask(task: TaskStruct, umask: int, sigsetsize: int) -> None:
    """Let other signals wait during a call.

    Args:
        task: the caller.
        umask: bytes: where they are; 0 = those that wait now.
        sigsetsize: bytes of a set.

    Raises:
        LinuxError: EINVAL for another size than that of a set; EFAULT.

    Emits: signal_blocked, copy_from_user.
    Source: kernel/signal.c: set_user_sigmask() [v5.4].
    """
    if not umask:
        return
    check_sigset_size(sigsetsize)
    _set_sigmask(task, load_sigset(task, umask))


def _set_sigmask(task: TaskStruct, newset: int) -> None:
    if task.saved_sigmask is None:
        task.saved_sigmask = task.blocked
    set_current_blocked(task, newset)


def restore_saved_sigmask(task: TaskStruct) -> None:
    """Let those signals wait again that did before rt_sigsuspend.

    Emits: signal_blocked.
    Source: include/linux/sched/signal.h: restore_saved_sigmask() [v5.4].
    """
    if task.saved_sigmask is not None:
        old, task.saved_sigmask = task.saved_sigmask, None
        set_current_blocked(task, old)


def pause(task: TaskStruct) -> None:
    """Sleep until a signal comes.

    Raises:
        Sleeps: always; EINTR at its end.

    Source: kernel/signal.c: SYSCALL_DEFINE0(pause) [v5.4].
    """
    raise Sleeps(lambda: signal_pending(task), "no_signal_came", ERESTARTNOHAND)


def check_sigset_size(sigsetsize: int) -> None:
    """Check how many bytes a program says that a set of signals has. The name is vmlab's.

    Raises:
        LinuxError: EINVAL for another number than 8.

    Source: kernel/signal.c: SYSCALL_DEFINE4(rt_sigprocmask) [v5.4].
    """
    if sigsetsize != SIGSET_SIZE:
        raise LinuxError(errno.EINVAL, "sigset_size_wrong", nr_bytes=sigsetsize)


def load_sigset(task: TaskStruct, addr: int) -> int:
    """Read a set of signals from user memory. The name is vmlab's.

    Raises:
        LinuxError: EFAULT.

    Emits: copy_from_user.
    Source: kernel/signal.c: SYSCALL_DEFINE4(rt_sigprocmask) [v5.4].
    """
    return int.from_bytes(load_from_user(task, addr, SIGSET_SIZE), "little")


def _store_set(task: TaskStruct, addr: int, signals: int) -> None:
    store_to_user(task, addr, signals.to_bytes(SIGSET_SIZE, "little"))


# What was sent


def _sent(task: TaskStruct) -> Iterator[Siginfo]:
    yield from task.pending
    yield from task.signal.shared_pending


def _threads(task: TaskStruct) -> list[TaskStruct]:
    # Those of its process that run, the first one first.
    tasks = task.system.tasks.values()
    return [each for each in tasks if each.signal is task.signal and each.state != EXIT_ZOMBIE]


def signal_pending(task: TaskStruct) -> bool:
    """Say whether a signal was sent that a task is to take.

    Of those sent to a process, its first thread takes what does not wait there.

    Source: include/linux/sched/signal.h: signal_pending() [v5.4]; kernel/signal.c:
        complete_signal() [v5.4].
    """
    for info in task.pending:
        if not task.blocked & sigmask(info.si_signo):
            return True
    if not task.signal.shared_pending:
        return False
    shared = sigmask(*(info.si_signo for info in task.signal.shared_pending))
    for thread in _threads(task):
        if thread is task:
            return bool(shared & ~task.blocked)
        shared &= thread.blocked
    return False


def fatal_signal_pending(system: System) -> bool:
    """Say whether the caller is to end a long call early: whoever made it was interrupted.

    Linux asks it of a task that is being killed.

    Source: include/linux/sched/signal.h: fatal_signal_pending() [v5.4].
    """
    return system.trace.turn.interrupted()


def sig_handler_ignored(task: TaskStruct, sig: int) -> bool:
    """Say whether a process ignores a signal, by what it asked for or by default.

    Source: kernel/signal.c: sig_handler_ignored() [v5.4].
    """
    handler = action_of(task, sig).sa_handler
    ignored = handler == SIG_DFL and sigmask(sig) & SIG_KERNEL_IGNORE_MASK
    return handler == SIG_IGN or bool(ignored)


def _sig_ignored(task: TaskStruct, sig: int) -> bool:
    # Is it of no use to send it? What waits may be taken after all.
    if task.blocked & sigmask(sig):
        return False
    is_kernels = task is task.system.init or task.flags & PF_KTHREAD
    return bool(is_kernels) or sig_handler_ignored(task, sig)


def prepare_signal(task: TaskStruct, sig: int) -> bool:
    """Let SIGCONT and those that stop undo each other; say whether it is of use to send it.

    Emits: task_continued.
    Source: kernel/signal.c: prepare_signal() [v6.18].
    """
    if sigmask(sig) & SIG_KERNEL_STOP_MASK:
        _flush(task, sigmask(SIGCONT))
    elif sig == SIGCONT:
        _flush(task, SIG_KERNEL_STOP_MASK)
        signal = task.signal
        if signal.flags & SIGNAL_STOP_STOPPED:
            _wake_stopped(task)
            signal.flags = SIGNAL_CLD_CONTINUED | SIGNAL_STOP_CONTINUED
            signal.group_exit_code = 0
    return not _sig_ignored(task, sig)


def _flush(task: TaskStruct, signals: int) -> None:
    for queue in (task.signal.shared_pending, *(each.pending for each in _threads(task))):
        for info in queue:
            if info.seq and sigmask(info.si_signo) & signals:
                posixtimer_sig_ignore(task, info.si_pid)
        queue[:] = [info for info in queue if not sigmask(info.si_signo) & signals]


def _wake_stopped(task: TaskStruct) -> None:
    for each in _threads(task):
        if each.state == TASK_STOPPED:
            each.state = TASK_RUNNING
            emit(task, signal_events.TaskContinued, each.pid)


def send_signal(task: TaskStruct, info: Siginfo, *, group: bool) -> bool:
    """Send a signal to a thread, or to its process.

    One that is ignored is not sent, nor one that was already, unless it is a real-time signal.
    Where more wait than RLIMIT_SIGPENDING lets, what is told of it is lost.

    Args:
        task: the thread.
        info: what is told of it.
        group: whether any thread of the process may take it.

    Returns:
        False for a real-time signal that is not sent, for it would tell nothing of what it should.

    Emits: signal_send, signal_ignored, task_continued, ep_ready.
    Source: kernel/signal.c: __send_signal_locked() [v6.18].
    """
    sig = info.si_signo
    told = task.pid, signal_name(sig), code_name(sig, info.si_code)
    ended = task.state == EXIT_ZOMBIE and not (group and _threads(task))
    if ended or not prepare_signal(task, sig):
        if info.si_code <= 0:  # a process asked for it
            emit(task, signal_events.SignalIgnored, *told)
        return True
    queue = task.signal.shared_pending if group else task.pending
    waits = any(other.si_signo == sig for other in queue)
    result = "signal_queued"
    if sig < SIGRTMIN and waits:
        result = "signal_pending_already"
    elif sigqueue_alloc(task, override=sig < SIGRTMIN and info.si_code >= 0):
        queue.append(info)
    elif sig >= SIGRTMIN and info.si_code != SI_USER:
        return False
    elif not waits:
        queue.append(Siginfo(sig, SI_USER))
    if sig == SIGKILL and not waits:
        _wake_stopped(task)
        task.signal.flags = 0
    emit(task, signal_events.SignalSend, *told, because(result))
    signalfd_notify(task.system)
    return True


def sigqueue_alloc(task: TaskStruct, *, override: bool = False) -> bool:
    """Say whether one more signal may wait, of which something is told.

    Those of all processes count, for all are root's, and the timers, each of which has its own.

    Args:
        task: who gets it.
        override: it may in any case.

    Source: kernel/signal.c: sigqueue_alloc() [v6.18].
    """
    tasks = task.system.tasks.values()
    signals = {each.signal for each in tasks}
    queues = [each.pending for each in tasks] + [each.shared_pending for each in signals]
    waiting = sum(not info.seq and info[1:] != _NOTHING_TOLD for queue in queues for info in queue)
    waiting += sum(len(each.posix_timers) for each in signals)
    return override or waiting < task.rlim[Rlimit.RLIMIT_SIGPENDING].rlim_cur


def posixtimer_sig_ignore(task: TaskStruct, timer_id: int) -> None:
    """Remember of a timer that its signal was ignored, if more are to come.

    Source: kernel/signal.c: posixtimer_sig_ignore() [v6.18].
    """
    timer = task.signal.posix_timers.get(timer_id)
    if timer is not None:
        timer.ignored = timer.it_sig_periodic


def posixtimer_sig_unignore(task: TaskStruct, sig: int) -> None:
    """Let the signals of timers come that a process ignored, and does not any more.

    Source: kernel/signal.c: posixtimer_sig_unignore() [v6.18].
    """
    for timer in task.signal.posix_timers.values():
        if timer.ignored and timer.si_signo == sig:
            timer.ignored = False
            posixtimer_queue_sigqueue(task, timer)


def posixtimer_queue_sigqueue(task: TaskStruct, timer: KItimer) -> None:
    """Let the signal of a timer wait for the thread, or for the process, that is to take it.

    Source: kernel/signal.c: posixtimer_queue_sigqueue() [v6.18].
    """
    target = posixtimer_get_target(task, timer)
    if target is None:
        return
    info = Siginfo(timer.si_signo, SI_TIMER, si_pid=timer.it_id, si_value=timer.si_value)
    posixtimer_pending(target, timer).append(info._replace(seq=timer.it_signal_seq))


def posixtimer_get_target(task: TaskStruct, timer: KItimer) -> TaskStruct | None:
    """Return the thread that gets the signal of a timer, or a task of the process that does.

    Source: kernel/signal.c: posixtimer_get_target() [v6.18].
    """
    to_thread = timer.it_sigev_notify & SIGEV_THREAD_ID
    return task.system.tasks.get(timer.it_pid) if to_thread else task


def posixtimer_pending(target: TaskStruct, timer: KItimer) -> list[Siginfo]:
    """Return where the signal of a timer waits. The name is vmlab's.

    Source: kernel/signal.c: posixtimer_queue_sigqueue() [v6.18].
    """
    to_thread = timer.it_sigev_notify & SIGEV_THREAD_ID
    return target.pending if to_thread else target.signal.shared_pending


def force_sig_info(task: TaskStruct, info: Siginfo) -> None:
    """Send a task a signal that it cannot go on without: it dies if that waits or is ignored.

    Source: kernel/signal.c: force_sig_info_to_task() [v6.18].
    """
    sig = info.si_signo
    if not is_caught(task, sig):
        set_action(task, sig, action_of(task, sig)._replace(sa_handler=SIG_DFL))
        task.blocked &= ~sigmask(sig)
    task.pending.append(info)


def is_caught(task: TaskStruct, sig: int) -> bool:
    """Say whether a task has a handler for a signal, which does not wait. The name is vmlab's.

    Source: kernel/signal.c: force_sig_info_to_task() [v6.18].
    """
    blocked = task.blocked & sigmask(sig)
    return not blocked and action_of(task, sig).sa_handler not in (SIG_DFL, SIG_IGN)


def send_sig(task: TaskStruct, sig: int) -> None:
    """Send a task a signal, as itself.

    Emits: signal_send.
    Source: kernel/signal.c: send_sig() [v5.4].
    """
    send_signal(task, Siginfo(sig, SI_USER, si_pid=task.tgid), group=False)


def do_notify_parent(task: TaskStruct, sig: int) -> bool:
    """Tell a parent that a child ended; say whether nobody will wait for it.

    Args:
        task: the child, a zombie.
        sig: the signal it sends at its end; 0 = none.

    Emits: signal_send.
    Source: kernel/signal.c: do_notify_parent() [v6.18].
    Left out: the times in siginfo.
    """
    parent = task.parent
    assert parent is not None
    action = action_of(parent, SIGCHLD)
    unwanted = sig == SIGCHLD and action.sa_handler == SIG_IGN
    if sig and not unwanted:
        code = task.exit_code
        how = CLD_EXITED if WIFEXITED(code) else CLD_KILLED
        status = WEXITSTATUS(code) if WIFEXITED(code) else WTERMSIG(code)
        info = Siginfo(sig, how, si_pid=task.tgid, si_status=status)
        send_signal(parent, info, group=True)
    return unwanted or (sig == SIGCHLD and bool(action.sa_flags & Sa.SA_NOCLDWAIT))


def do_notify_parent_cldstop(task: TaskStruct, why: int) -> None:
    """Tell a parent that a child was stopped or goes on, unless it does not want to know.

    Args:
        task: a thread of the child.
        why: CLD_STOPPED or CLD_CONTINUED.

    Emits: signal_send.
    Source: kernel/signal.c: do_notify_parent_cldstop() [v6.18].
    Left out: the times in siginfo.
    """
    parent = task.parent
    assert parent is not None
    status = SIGCONT if why == CLD_CONTINUED else task.signal.group_exit_code
    action = action_of(parent, SIGCHLD)
    if action.sa_handler != SIG_IGN and not action.sa_flags & Sa.SA_NOCLDSTOP:
        info = Siginfo(SIGCHLD, why, si_pid=task.tgid, si_status=status)
        send_signal(parent, info, group=True)
