"""Real processes that do what is done in a recording of the model."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING

from vmlab.errors import HostError, LinuxError
from vmlab.host.compared import Told
from vmlab.host.real_calls import why_not
from vmlab.host.short_maps import Maps, changed, maps_of
from vmlab.model.machine import A_OUT
from vmlab.model.trace.events.process import AccessBegin, SysEnter
from vmlab.record.history import History, Steps
from vmlab.record.replay import RecordedCall
from vmlab.state import views
from vmlab.state.machine import Machine
from vmlab.words.language import say

if TYPE_CHECKING:
    from vmlab.host.victims import Victims

FIRST_PID = 1000  # of a machine


def start(pid: int) -> Victims:
    """Start a real process.

    Args:
        pid: the number that it has in the model.

    Raises:
        HostError: none can be started here.
    """
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        raise HostError(say("the real kernel can be asked on Linux on x86-64 only"))
    # Imported here: it needs Linux.
    from vmlab.host.victims import Victims

    return Victims(pid)


def is_told(call: RecordedCall, steps: Steps) -> bool:
    """Say whether a process made a call: one that is dead does not, and has no steps."""
    return bool(call.pid) and any(isinstance(e, SysEnter | AccessBegin) for e in steps.events)


class Beside:
    """Real processes that follow a recording.

    Args:
        victims: they have done nothing yet, and begin as the recording does.
    """

    def __init__(self, victims: Victims) -> None:
        self._victims = victims
        self._made: list[RecordedCall] = []
        self._states: list[Maps] = [victims.maps()]  # before each call, and now
        self._told: list[Told | None] = []  # of each call, None = no process made it

    @classmethod
    def of(cls, history: History) -> Beside:
        """Start what can follow a recording.

        Raises:
            HostError: no process can be started here, or none that begins as the recording does.
        """
        victims = start(_only_process(history))
        try:
            new = cls(victims)
            if new._states[0] != maps_of(history.start):
                raise HostError(
                    say(
                        "the real process begins at other addresses: the kernel places it anew "
                        "each time (ASLR), or in another way"
                    )
                )
            _take_files(victims, history)
        except BaseException:
            victims.close()
            raise
        return new

    def close(self) -> None:
        """End the real processes."""
        self._victims.close()

    def can_follow(self, history: History) -> bool:
        """Say whether the recording goes on from what they did."""
        return history.calls[: len(self._made)] == self._made and self._victims.is_own

    def follow(self, history: History) -> None:
        """Make the calls that were not made yet.

        Raises:
            HostError: one of them is not done for real; none of them is made then.
        """
        new = range(len(self._made), len(history.calls))
        for number in new:
            if problem := why_not(history.calls[number]):
                raise HostError(problem)
        for number in new:
            call = history.calls[number]
            self._told.append(self._make(call, history.steps_of(number)))
            self._made.append(call)

    def _make(self, call: RecordedCall, steps: Steps) -> Told | None:
        if not call.pid:
            self._victims.owner(call.name, call.args)
        told = None
        before = self._states[-1]
        after: Maps = before
        if is_told(call, steps):
            answer, faults = self._victims.do(call.pid, call.name, call.args)
            after = self._victims.maps()
            told = Told(answer, faults, changed(before, after))
        self._states.append(after)
        return told

    def told(self) -> list[Told]:
        """Return what the kernel said: of how they begin, and of each call of a process."""
        return [Told("", None, self._states[0]), *(told for told in self._told if told is not None)]

    def answer(self, call: int) -> str:
        """Return what the kernel answered to a call of the recording, '' = nothing."""
        told = self._told[call]
        return told.answer if told is not None else ""

    def maps(self, calls: int, pid: int) -> tuple[str, ...]:
        """Return the short lines of a process after so many calls of the recording."""
        return self._states[calls].get(pid, ())


def _only_process(history: History) -> int:
    # The number of the one process that a recording begins with, if it did nothing yet.
    snap = history.start
    maps = maps_of(snap)
    fresh = Machine().spawn()
    task = views.find_task(snap, min(maps, default=0))
    if len(maps) != 1 or task is None or task.min_flt != fresh.min_flt:
        raise HostError(
            say(
                "a real process can begin only as Machine().spawn() does: let the recording begin "
                "there, with one process that has done nothing"
            )
        )
    return task.pid


def _take_files(victims: Victims, history: History) -> None:
    fs = Machine.from_snapshot(history.start).fs
    for path in fs:
        call = RecordedCall(0, "fs.install", (path, b""), 0)
        if path == A_OUT or why_not(call):
            continue
        try:
            victims.owner(call.name, (path, fs.read(path)))
        except LinuxError:  # no file of bytes
            continue
