"""How a task takes the signals that were sent to it: kernel/signal.c from get_signal() on."""

from __future__ import annotations

from contextlib import suppress
from typing import NamedTuple

from vmlab.codes import because
from vmlab.errors import Signal
from vmlab.model.abi.signal import (
    SI_KERNEL,
    SIG_DFL,
    SIG_IGN,
    SIGSEGV,
    SS_AUTODISARM,
    Sa,
    Sigaction,
    Siginfo,
    code_name,
    sigmask,
    signal_name,
)
from vmlab.model.linux.include.signal import (
    SIG_CALLER,
    SIG_KERNEL_IGNORE_MASK,
    SIG_KERNEL_STOP_MASK,
    SYNCHRONOUS_MASK,
)
from vmlab.model.linux.include.structs import TaskStruct
from vmlab.model.linux.kernel.exit import do_group_exit
from vmlab.model.linux.kernel.signal import (
    action_of,
    force_sig_info,
    sas_ss_reset,
    set_action,
    set_current_blocked,
    signal_pending,
)
from vmlab.model.trace.events import signal as signal_events
from vmlab.model.trace.hook import emit

_NOT_DEADLY = SIG_KERNEL_IGNORE_MASK | SIG_KERNEL_STOP_MASK
_NO_CODE = (SIG_DFL, SIG_IGN, SIG_CALLER)  # in place of a handler that is machine code


class Ksignal(NamedTuple):
    """A signal that was taken, and what is to be done about it (struct ksignal)."""

    info: Siginfo
    ka: Sigaction


def dequeue_signal(task: TaskStruct) -> Siginfo | None:
    """Take the next signal that does not wait: what an instruction raised, then the lowest number.

    What was sent to the thread comes before what was sent to the process.

    Source: kernel/signal.c: dequeue_signal(), dequeue_synchronous_signal() [v6.18].
    """
    queue, info = _next(task)
    if info is not None:
        queue.remove(info)
    return info


def _next(task: TaskStruct) -> tuple[list[Siginfo], Siginfo | None]:
    # The queue, and what is first in it.
    for queue in (task.pending, task.signal.shared_pending):
        ready = [info for info in queue if not task.blocked & sigmask(info.si_signo)]
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
        The signal that has a handler; None if there is none, or the process is dead.

    Raises:
        Signal: it is who called from Python that handles it.

    Emits: signal_deliver, and what do_group_exit emits.
    Source: kernel/signal.c: get_signal() [v6.18].
    Left out: stopping; core files.
    """
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
        if ka.sa_handler == SIG_DFL and not sigmask(sig) & _NOT_DEADLY:
            do_group_exit(task, sig)
            break
    return None


def get_signal_of_caller(task: TaskStruct) -> None:
    """Take the signals of a task up to one whose handler is machine code. The name is vmlab's.

    Nobody runs a task that is driven from Python: what kills it does so at once, and who called
    knows of what it sent.

    Emits: what get_signal emits.
    Source: kernel/signal.c: get_signal() [v6.18].
    """
    while task.mm is not None and signal_pending(task):
        info = _next(task)[1]
        assert info is not None
        if action_of(task, info.si_signo).sa_handler not in _NO_CODE:
            return
        with suppress(Signal):
            get_signal(task)


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
