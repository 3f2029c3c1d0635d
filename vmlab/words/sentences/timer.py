"""What is said of the timers of processes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vmlab.model.abi.time import Clock
from vmlab.model.trace.event import Event
from vmlab.model.trace.events import timer as events
from vmlab.words.language import N_
from vmlab.words.sentences.form import Sentences, one


def _by_name(event: events.TimerCreate) -> Mapping[str, Any]:
    return {**event.values(), "clock": Clock(event.clock).name}


SENTENCES: dict[type[Event], Sentences] = {
    events.TimerCreate: one(
        N_("Timer {timer_id} of process {pid} is made, by {clock}."), values=_by_name
    ),
    events.TimerArm: one(
        N_("Timer {timer_id} of process {pid} runs until its clock shows {expires} ns.")
    ),
    events.Tick: one(N_("Task {pid} has run for {used} ns: the clock shows {now} ns.")),
    events.TimerDisarm: one(N_("Timer {timer_id} of process {pid} is stopped.")),
    events.TimerExpire: one(N_("Timer {timer_id} of process {pid} is over.")),
    events.TimerDelete: one(N_("Timer {timer_id} of process {pid} is deleted.")),
}
