"""Events about signals: how they are handled, sent and taken."""

from __future__ import annotations

from dataclasses import dataclass

from vmlab.codes import Reason
from vmlab.model.trace.event import Event


@dataclass(frozen=True, slots=True)
class SignalHandler(Event):
    """A process does something else about a signal."""

    story_level = "chapter"
    stands_for = "kernel/signal.c: do_sigaction()"

    pid: int
    signal: int
    sa_handler: int  # address; 0 = the default, 1 = nothing, -1 = `Process.sigaction` asked for it


@dataclass(frozen=True, slots=True)
class SignalBlocked(Event):
    """Other signals wait from now on than before."""

    story_level = "step"
    stands_for = "kernel/signal.c: set_current_blocked()"

    pid: int
    blocked: int  # bit 0 is that of signal 1


@dataclass(frozen=True, slots=True)
class SignalStack(Event):
    """A task has another stack for handlers."""

    story_level = "chapter"
    stands_for = "kernel/signal.c: do_sigaltstack()"

    pid: int
    ss_sp: int
    ss_size: int  # bytes; 0 = none


@dataclass(frozen=True, slots=True)
class SignalSend(Event):
    """A signal was sent."""

    story_level = "step"
    stands_for = "signal:signal_generate"

    pid: int
    signal: str  # its symbol
    code: str  # that of si_code
    reason: Reason  # what came of it


@dataclass(frozen=True, slots=True)
class SignalIgnored(Event):
    """A signal was not sent, for nothing would come of it."""

    story_level = "mechanics"
    stands_for = "signal:signal_generate"

    pid: int
    signal: str  # its symbol
    code: str  # that of si_code


@dataclass(frozen=True, slots=True)
class SignalDeliver(Event):
    """A task took a signal."""

    story_level = "step"
    stands_for = "signal:signal_deliver"

    pid: int
    signal: str  # its symbol
    code: str  # that of si_code
    sa_handler: int  # as in signal_handler


@dataclass(frozen=True, slots=True)
class SignalFrame(Event):
    """What a handler gets was put on a stack; it runs now."""

    story_level = "chapter"
    stands_for = "arch/x86/kernel/signal.c: setup_rt_frame()"

    pid: int
    signal: str  # its symbol
    addr: int  # of the frame
    size: int  # bytes, with the registers of the FPU
    sa_handler: int


@dataclass(frozen=True, slots=True)
class SignalReturn(Event):
    """A handler returned: the registers are as they were before it."""

    story_level = "chapter"
    stands_for = "arch/x86/kernel/signal.c: rt_sigreturn()"

    pid: int
    ip: int


@dataclass(frozen=True, slots=True)
class TaskStopped(Event):
    """A task does not run on until SIGCONT or SIGKILL comes."""

    story_level = "chapter"
    stands_for = "kernel/signal.c: do_signal_stop()"

    pid: int
    signal: str  # the symbol of what stopped it


@dataclass(frozen=True, slots=True)
class TaskContinued(Event):
    """A task that was stopped runs on."""

    story_level = "chapter"
    stands_for = "kernel/signal.c: prepare_signal()"

    pid: int
