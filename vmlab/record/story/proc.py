"""The headlines of what others do to a process: process_vm_readv and its kin, pidfds, /proc."""

from __future__ import annotations

from vmlab.model.abi.kinds import Kind
from vmlab.model.abi.strace_values import format_value
from vmlab.model.trace.events.file import RemoteAccess
from vmlab.model.trace.events.page import HiwaterReset, PteMkold
from vmlab.record.story.facts import Facts
from vmlab.record.story.headline import Headline, headline


def mem(facts: Facts) -> Headline:
    """Return how much of a process somebody reached."""
    pid, addr, *_ = facts.call.args
    done = facts.of(RemoteAccess)
    if not done:
        return headline("mem_not_reached", facts.brought_in(), pid=pid, addr=addr)
    n = sum(event.nr_bytes for event in done)
    code = "mem_written" if done[0].write else "mem_read"
    return headline(code, facts.brought_in(), n=n, pid=pid, addr=addr)


def process_vm(facts: Facts) -> Headline:
    """Return how much of a process another one reached."""
    call, pid, n = facts.call.name, facts.arg("pid"), facts.result
    code = "process_vm_read" if call == "process_vm_readv" else "process_vm_written"
    return headline(
        code if n else "process_vm_nothing", facts.brought_in(), call=call, n=n, pid=pid
    )


def pidfd_open(facts: Facts) -> Headline:
    """Return which descriptor stands for a process."""
    return headline("pidfd_open", fd=facts.result, pid=facts.arg("pid"))


def process_madvise(facts: Facts) -> Headline:
    """Return about how much memory of a process advice was given."""
    code = "process_madvise" if facts.result else "process_madvise_nothing"
    advice = format_value(Kind.ADVICE, facts.arg("advice"))
    more = facts.brought_in() or facts.frames_back()
    return headline(code, more, advice=advice, n=facts.result, fd=facts.arg("pidfd"))


def clear_refs(facts: Facts) -> Headline:
    """Return what is forgotten of a process."""
    pid = facts.call.args[0]
    if old := facts.last(PteMkold):
        return headline("accesses_forgotten", n=old.nr_pages, pid=pid)
    if facts.has(HiwaterReset):
        return headline("peak_begins_anew", pid=pid)
    return headline("no_soft_dirty_bits", pid=pid)
