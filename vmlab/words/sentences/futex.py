"""What is said of threads that wait for each other, and for the time."""

from __future__ import annotations

from vmlab.model.trace.event import Event
from vmlab.model.trace.events import futex as events
from vmlab.words.language import N_
from vmlab.words.sentences.form import Sentences, one, several


def _rseq_register(event: events.RseqRegister) -> str:
    return "at" if event.addr else "nowhere"


SENTENCES: dict[type[Event], Sentences] = {
    events.FutexQueue: one(N_("Task {pid} waits at the futex {addr:#x}.")),
    events.FutexWake: one(N_("Task {pid} wakes task {waiter}, which waited at a futex.")),
    events.FutexRequeue: one(
        N_("Task {pid} lets task {waiter} wait at another futex instead of waking it.")
    ),
    events.RobustListSet: one(N_("The list of the locks of task {pid} is at {addr:#x}.")),
    events.RseqRegister: several(
        _rseq_register,
        at=N_("Task {pid} is told at {addr:#x} on which CPU it runs."),
        nowhere=N_("Task {pid} is no more told on which CPU it runs."),
    ),
    events.HrtimerStart: one(N_("Task {pid} sleeps until the clock shows {expires} ns.")),
    events.HrtimerExpire: one(
        N_("All sleep, so the clock goes on to {now} ns, when task {pid} is to go on.")
    ),
}
