"""Snapshots that are made of the one before are those that a look at the whole machine gives."""

from __future__ import annotations

from hypothesis import given, settings

from tests.record.runs import Act, act, acts, machine
from vmlab.model.trace.event import Event
from vmlab.model.trace.hook import Sink
from vmlab.state.capture import capture
from vmlab.state.follow import Follower, following


class _Comparing(Sink):
    # Takes a snapshot after each event, both ways.
    def __init__(self, follower: Follower) -> None:
        self.follower = follower
        self.steps = 0

    def emit(self, event: Event) -> None:
        self.follower = following(self.follower.system, self.follower)
        self.steps += 1
        assert self.follower.take(in_call=True) == capture(self.follower.system), event


@given(acts)
@settings(max_examples=60)
def test_after_every_call_it_is_what_the_whole_machine_is(what: list[Act]) -> None:
    where = machine()
    follower = Follower(where.system, capture(where.system))
    for each in what:
        act(where, each)
        assert follower.take() == capture(where.system), each


@given(acts)
@settings(max_examples=30)
def test_after_every_step_it_is_what_the_whole_machine_is(what: list[Act]) -> None:
    where = machine()
    follower = Follower(where.system, capture(where.system))
    where.system.trace.sink = _Comparing(follower)
    for each in what:
        act(where, each)
