"""The headlines of calls about signals."""

from __future__ import annotations

from vmlab.model.abi.signal import signal_name
from vmlab.model.trace.events.signal import (
    SignalBlocked,
    SignalFrame,
    SignalHandler,
    SignalIgnored,
    SignalReturn,
    SignalSend,
    SignalStack,
    TaskContinued,
)
from vmlab.record.story.facts import Facts
from vmlab.record.story.headline import Headline, headline

_HANDLERS = {0: "handler_out", 1: "handler_ignore", -1: "handler_in"}


def handler_runs(facts: Facts) -> Headline | None:
    """Return which handler runs now; None if there is none."""
    event = facts.last(SignalFrame)
    if event is None:
        return None
    return headline("handler_runs", pid=event.pid, signal=event.signal, addr=event.sa_handler)


def trap(facts: Facts) -> Headline:
    """Return what an exception of the CPU led to."""
    vector = facts.call.args[0]
    end = facts.deaths() or handler_runs(facts)
    return headline("trap", end, pid=facts.call.pid, vector=vector)


def interrupt(facts: Facts) -> Headline:
    """Return what a signal led to that came while a program ran."""
    end = facts.deaths() or handler_runs(facts)
    return headline("signal_interrupts", end, pid=facts.call.pid)


def sigaction(facts: Facts) -> Headline:
    """Return what is done about a signal now."""
    event = facts.first(SignalHandler)
    if event is None:
        return headline("handler_asked")
    code = _HANDLERS.get(event.sa_handler)
    if code is not None:
        return headline(code, pid=event.pid, signal=event.signal)
    return headline("handler_code", pid=event.pid, signal=event.signal, addr=event.sa_handler)


def sigprocmask(facts: Facts) -> Headline:
    """Return which signals wait now, or that they do as before."""
    event = facts.first(SignalBlocked)
    if event is None:
        return headline("signals_blocked_as_before", call=facts.call.name)
    call, pid, blocked = facts.call.name, event.pid, event.blocked
    if not blocked:
        return headline("signals_unblocked", call=call, pid=pid)
    return headline("signals_blocked", call=call, pid=pid, blocked=blocked)


def sigaltstack(facts: Facts) -> Headline:
    """Return where handlers have their stack now."""
    event = facts.first(SignalStack)
    if event is None:
        return headline("signal_stack_asked")
    code = "signal_stack" if event.ss_size else "signal_stack_none"
    return headline(code, pid=event.pid, addr=event.ss_sp, size=event.ss_size)


def kill(facts: Facts) -> Headline:
    """Return to whom a signal was sent, and what came of it."""
    call = facts.call.name
    name = signal_name(facts.arg("sig"))
    sent = [event for event in facts.of(SignalSend) if event.signal == name]
    if len(sent) > 1:
        return headline("signals_sent", facts.deaths(), call=call, signal=name, n=len(sent))
    continued = facts.first(TaskContinued)
    if not sent and continued is not None:
        return headline("signal_continues", call=call, pid=continued.pid)
    if not sent:
        ignored = facts.first(SignalIgnored)
        if ignored is None:
            return headline("signal_not_sent", call=call)
        return headline("signal_ignored", call=call, signal=name, pid=ignored.pid)
    code = sent[0].reason.code
    return headline(code, facts.deaths(), call=call, signal=name, pid=sent[0].pid)


def sigpending(facts: Facts) -> Headline:
    """Return where the answer is."""
    return headline("signals_pending_asked", addr=facts.arg("set"))


def sigreturn(facts: Facts) -> Headline:
    """Return where the program goes on."""
    event = facts.first(SignalReturn)
    if event is None:
        return headline("signal_return_failed")
    return headline("signal_return", pid=event.pid, addr=event.ip)
