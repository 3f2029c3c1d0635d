"""The headlines of calls by which threads wait for each other, and sleep."""

from __future__ import annotations

from vmlab.model.trace.events.futex import FutexRequeue, FutexWake, RseqRegister
from vmlab.model.trace.events.timer import Tick, TimerArm, TimerCreate, TimerExpire
from vmlab.record.story.facts import Facts
from vmlab.record.story.headline import Headline, headline


def futex(facts: Facts) -> Headline:
    """Return how many were woken, or moved to another futex."""
    addr, n, moved = facts.arg("uaddr"), len(facts.of(FutexWake)), len(facts.of(FutexRequeue))
    if moved:
        return headline("futex_moved", addr=addr, n=n, moved=moved)
    return headline("futex_woken", addr=addr, n=n) if n else headline("futex_nobody", addr=addr)


def robust_list(facts: Facts) -> Headline:
    """Return where the list of locks is."""
    return headline("robust_list", addr=facts.arg("head"))


def robust_list_asked(facts: Facts) -> Headline:
    """Return where the answer is."""
    return headline("robust_list_asked", addr=facts.arg("head_ptr"))


def rseq(facts: Facts) -> Headline:
    """Return where a thread is told on which CPU it runs."""
    event = facts.the(RseqRegister)
    return headline("rseq" if event.addr else "rseq_nowhere", pid=event.pid, addr=event.addr)


def sched_yield(facts: Facts) -> Headline:
    """Return that nothing else happened."""
    return headline("yields", pid=facts.call.pid)


def sleep(facts: Facts) -> Headline:
    """Return that the time is over."""
    return headline("slept", call=facts.call.name)


def time_comes(facts: Facts) -> Headline:
    """Return that the clock went on."""
    return headline("time_comes", pid=facts.call.pid)


def ticks(facts: Facts) -> Headline:
    """Return for how long a task has run."""
    return headline("ticks", pid=facts.call.pid, used=facts.the(Tick).used)


def timer_create(facts: Facts) -> Headline:
    """Return which number a timer has."""
    return headline("timer_made", timer=facts.the(TimerCreate).timer_id)


def timer_settime(facts: Facts) -> Headline:
    """Return when a timer is over, or that it never is."""
    timer, armed = facts.arg("timerid"), facts.first(TimerArm)
    if armed is None:
        return headline("timer_stopped", timer=timer)
    code = "timer_over" if facts.has(TimerExpire) else "timer_runs"
    return headline(code, facts.deaths(), timer=timer, expires=armed.expires)


def timer_delete(facts: Facts) -> Headline:
    """Return which timer is gone."""
    return headline("timer_deleted", timer=facts.arg("timerid"))
