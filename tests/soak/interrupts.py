"""Interrupts in the middle of a call: it is over, or as if it had not begun, or ended early."""

from __future__ import annotations

import random
import signal

from tests.fuzz.states import any_act
from tests.soak.life import Life
from tests.soak.operations import operation
from vmlab.model.trace.event import Event
from vmlab.model.trace.hook import Sink

INTERRUPTS = "interrupts"


class _Fault(Exception):
    # What a listener fails with.
    pass


@operation(2, INTERRUPTS)
def interrupt(life: Life, chance: random.Random) -> None:
    """Ctrl-C, or the failure of a listener, at some event of something that is done."""
    trace = life.machine.system.trace
    added = trace.sink is None
    sink = trace.sink = trace.sink or Sink()
    left = chance.choice((0, 1, 2, 3, 5, 8, 20, 60))
    fails = chance.random() < 0.3
    emit = sink.emit

    def interrupted(event: Event) -> None:
        nonlocal left
        emit(event)
        left -= 1
        if left == 0 and fails:
            raise _Fault
        if left == 0:
            signal.raise_signal(signal.SIGINT)

    sink.emit = interrupted  # type: ignore[method-assign]
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        life.act(any_act(chance))
    except (KeyboardInterrupt, _Fault) as failure:
        life.tally.signals[type(failure).__name__.strip("_")] += 1
    finally:
        del sink.emit
        signal.signal(signal.SIGINT, before)
        if added and life.machine.system.trace.sink is sink:
            life.machine.system.trace.sink = None
