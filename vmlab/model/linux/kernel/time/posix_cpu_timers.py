"""Timers by the time that a process used. In Linux's kernel/time/posix-cpu-timers.c.

Its clock itself shows 0. What stands in these timers is not when they are over but what is left.
"""

from __future__ import annotations

from vmlab.model.abi.signal import SI_KERNEL, SIGPROF, SIGVTALRM, Siginfo
from vmlab.model.linux.include.posix_timers import ARMED, KItimer
from vmlab.model.linux.include.structs import TaskStruct
from vmlab.model.linux.kernel.signal import send_signal
from vmlab.model.linux.kernel.time.k_itimer import OWN_CLOCKS, posix_timer_queue_signal


def posix_cpu_next_event(task: TaskStruct) -> int | None:
    """Return after how much more time of its own a timer of a process is over; None = never.

    Nanoseconds. The name is vmlab's.

    Source: kernel/time/posix-cpu-timers.c: fastpath_timer_check() [v6.18].
    """
    signal = task.signal
    lefts = [each for each in (signal.it_virt, signal.it_prof) if each]
    return min((*lefts, *(timer.expires for timer in _running(task))), default=None)


def run_posix_cpu_timers(task: TaskStruct, used: int) -> None:
    """Count the time that a task used; send the signals of the timers that are over.

    Args:
        task: the task.
        used: nanoseconds.

    Emits: signal_send, timer_expire, and what posix_timer_queue_signal emits.
    Source: kernel/time/posix-cpu-timers.c: run_posix_cpu_timers() [v6.18].
    Left out: time in the kernel, and that a timer by the time of a thread counts only that one.
    """
    signal = task.signal
    for timer in _running(task):
        timer.expires -= used
    if signal.it_prof:
        signal.it_prof = _check_cpu_itimer(
            task, signal.it_prof - used, signal.it_prof_incr, SIGPROF
        )
    if signal.it_virt:
        signal.it_virt = _check_cpu_itimer(
            task, signal.it_virt - used, signal.it_virt_incr, SIGVTALRM
        )
    over = [timer for timer in _running(task) if timer.expires <= 0]
    for timer in sorted(over, key=lambda each: (each.expires, each.it_id)):
        posix_timer_queue_signal(task, timer)


def _check_cpu_itimer(task: TaskStruct, left: int, incr: int, signo: int) -> int:
    # What is left then. Source: kernel/time/posix-cpu-timers.c: check_cpu_itimer() [v6.18].
    if left > 0:
        return left
    send_signal(task, Siginfo(signo, SI_KERNEL), group=True)
    return max(left + incr, 1) if incr else 0


def _running(task: TaskStruct) -> list[KItimer]:
    timers = task.signal.posix_timers.values()
    return [each for each in timers if each.it_status == ARMED and each.it_clock in OWN_CLOCKS]
