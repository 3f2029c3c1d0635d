"""The tick: a program has run for a while."""

from __future__ import annotations

from vmlab.model.linux.include.structs import TaskStruct
from vmlab.model.linux.kernel.time.hrtimer import hrtimer_run_queues
from vmlab.model.linux.kernel.time.posix_cpu_timers import run_posix_cpu_timers
from vmlab.model.trace.decorators import traced
from vmlab.model.trace.events import timer as events
from vmlab.model.trace.hook import emit


@traced
def update_process_times(task: TaskStruct, used: int) -> None:
    """Let the clock go on by the time that a task has run; timers may be over then.

    Args:
        task: the task.
        used: nanoseconds since the last tick.

    Emits: tick, signal_send, and what hrtimer_run_queues and run_posix_cpu_timers emit.
    Source: kernel/time/timer.c: update_process_times() [v6.18].
    """
    task.system.clock += used
    emit(task, events.Tick, task.pid, used, task.system.clock)
    hrtimer_run_queues(task.system)
    run_posix_cpu_timers(task, used)
