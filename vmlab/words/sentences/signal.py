"""What is said of signals."""

from __future__ import annotations

from vmlab.model.trace.event import Event
from vmlab.model.trace.events import signal as events
from vmlab.words.language import N_
from vmlab.words.sentences.form import Sentences, one, several

_SPECIAL = {0: "default", 1: "ignored", -1: "caller"}


def _handler(event: events.SignalHandler | events.SignalDeliver) -> str:
    return _SPECIAL.get(event.sa_handler, "function")


def _signal_stack(event: events.SignalStack) -> str:
    return "given" if event.ss_size else "none"


SENTENCES: dict[type[Event], Sentences] = {
    events.SignalHandler: several(
        _handler,
        default=N_("Process {pid} has no handler for signal {signal}."),
        ignored=N_("Process {pid} ignores signal {signal}."),
        caller=N_("Process {pid} has a handler for signal {signal} and survives it."),
        function=N_("The handler of process {pid} for signal {signal} is at {sa_handler:#x}."),
    ),
    events.SignalBlocked: one(N_("The blocked signals of task {pid} are now {blocked:#x}.")),
    events.SignalStack: several(
        _signal_stack,
        given=N_("Task {pid} has another stack for handlers: {ss_size} bytes at {ss_sp:#x}."),
        none=N_("Task {pid} has no other stack for handlers."),
    ),
    events.SignalSend: one(N_("{signal} ({code}) is sent to task {pid}: {reason}.")),
    events.SignalIgnored: one(N_("{signal} ({code}) is not sent to task {pid}, which ignores it.")),
    events.SignalDeliver: several(
        _handler,
        default=N_("Task {pid} takes {signal} ({code}), for which it has no handler."),
        ignored=N_("Task {pid} takes {signal} ({code}), which it ignores."),
        caller=N_("Task {pid} takes {signal} ({code}), which it survives."),
        function=N_("Task {pid} takes {signal} ({code}); its handler is at {sa_handler:#x}."),
    ),
    events.SignalFrame: one(
        N_(
            "Task {pid} goes on at {sa_handler:#x}, its handler for {signal}; its registers are "
            "in a frame of {size} bytes at {addr:#x}."
        )
    ),
    events.TaskStopped: one(N_("{signal} stops task {pid} until SIGCONT or SIGKILL comes.")),
    events.TaskContinued: one(N_("Task {pid}, which was stopped, goes on.")),
    events.SignalReturn: one(N_("The handler is done: task {pid} goes on at {ip:#x}.")),
}
