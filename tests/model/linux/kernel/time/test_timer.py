"""The tick: the clock goes on while a program runs, and what waits for it is told."""

from __future__ import annotations

import struct

from tests.model.linux.lab import Ear
from tests.threads import WORD, threads
from vmlab import Machine, MiB, Recorder
from vmlab.model.abi.signal import SIGALRM
from vmlab.model.trace.events.timer import Tick

SECOND = 10**9


def test_the_clock_goes_on() -> None:
    m = Machine(ram=16 * MiB)
    p = m.spawn()
    ear = Ear(p)
    p._tick(5)
    p._tick(7)
    assert m.system.clock == 12
    assert [event for event in ear.events if isinstance(event, Tick)] == [
        Tick(p.pid, 5, 5),
        Tick(p.pid, 7, 12),
    ]


def test_who_sleeps_until_then_goes_on() -> None:
    main, other = threads(1)
    main.process.store(WORD, struct.pack("<2q", 1, 0))
    assert main.call("nanosleep", WORD) is None
    other.process._tick(SECOND - 1)
    assert not main.is_ready()
    other.process._tick(1)
    assert main.is_ready()


def test_an_alarm_comes_to_who_runs_on() -> None:
    p = Machine(ram=16 * MiB).spawn()
    p.alarm(1)
    p._tick(SECOND)
    assert [info.si_signo for info in p.task.signal.shared_pending] == [SIGALRM]


def test_a_recorded_tick_is_done_again() -> None:
    m = Machine(ram=16 * MiB)
    p = m.spawn()
    recorder = Recorder(m)
    p._tick(20_000_000)
    again = Recorder.from_json(recorder.to_json())
    assert again.machine.snapshot() == m.snapshot()
    assert recorder.stories[-1].headline.sentence == (
        f"{p.pid} has run on, so the clock goes on by 20000000 ns."
    )
