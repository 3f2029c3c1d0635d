"""How timers send their signals: each has one of its own, which waits once. In kernel/signal.c."""

from __future__ import annotations

from vmlab.codes import because
from vmlab.model.abi.signal import SI_TIMER, Siginfo, code_name, signal_name
from vmlab.model.linux.include.posix_timers import KItimer
from vmlab.model.linux.include.structs import TaskStruct
from vmlab.model.linux.kernel.signal import (
    posixtimer_get_target,
    posixtimer_pending,
    posixtimer_queue_sigqueue,
    posixtimer_sig_ignore,
    prepare_signal,
)
from vmlab.model.trace.events import signal as signal_events
from vmlab.model.trace.hook import emit


def posixtimer_send_sigqueue(task: TaskStruct, timer: KItimer) -> None:
    """Send the signal of a timer, unless it is ignored; one that waits becomes the new one.

    Args:
        task: a task of its process.
        timer: the timer.

    Emits: signal_send, task_continued.
    Source: kernel/signal.c: posixtimer_send_sigqueue() [v6.18].
    """
    sig = timer.si_signo
    target = posixtimer_get_target(task, timer)
    if target is None:
        return
    name, code = signal_name(sig), code_name(sig, SI_TIMER)
    queue = posixtimer_pending(target, timer)
    wanted, waits = prepare_signal(target, sig), any(_is_of(info, timer) for info in queue)
    if not wanted and not waits:
        posixtimer_sig_ignore(target, timer.it_id)
        return
    if not waits:
        posixtimer_queue_sigqueue(task, timer)
    queue[:] = [
        info._replace(seq=timer.it_signal_seq) if _is_of(info, timer) else info for info in queue
    ]
    result = "signal_pending_already" if waits else "signal_queued"
    emit(task, signal_events.SignalSend, target.pid, name, code, because(result))


def flush_itimer_signals(task: TaskStruct) -> None:
    """Forget the signals of timers that wait.

    Source: kernel/signal.c: flush_itimer_signals() [v6.18].
    """
    for queue in (task.pending, task.signal.shared_pending):
        queue[:] = [info for info in queue if not info.seq]


def _is_of(info: Siginfo, timer: KItimer) -> bool:
    return bool(info.seq) and info.si_pid == timer.it_id
