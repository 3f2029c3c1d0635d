"""Real processes that do what is done in a recording of the model."""

from __future__ import annotations

import platform
from dataclasses import replace
from typing import TYPE_CHECKING

from vmlab.errors import HostError, LinuxError
from vmlab.host.compared import DIFFERS, Row, Told
from vmlab.host.real_calls import why_not
from vmlab.host.short_maps import Maps, changed, maps_of, short
from vmlab.model.machine import A_OUT
from vmlab.model.trace.events.fault import SignalGenerate
from vmlab.model.trace.events.process import AccessBegin, AccessEnd, SysEnter, SysExit
from vmlab.record.history import History, Steps
from vmlab.record.replay import RecordedCall
from vmlab.state import views
from vmlab.state.machine import Machine
from vmlab.state.snapshot import Snapshot
from vmlab.words.language import say, say_n

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


def row_of(history: History, number: int) -> Row | None:
    """Return a call of a recording with what the model said to it, None = no process made it."""
    call, steps = history.calls[number], history.steps_of(number)
    begun = next((e for e in steps.events if isinstance(e, SysEnter | AccessBegin)), None)
    if begun is None or not call.pid:
        return None
    name = begun.call if isinstance(begun, SysEnter) else begun.access
    before, after = history.before(number), history.before(number + 1)
    maps = changed(maps_of(before), maps_of(after))
    told = Told(_answer(steps), _faults(call.pid, before, after), maps)
    return Row(call.pid, f"{name}({begun.args})", told, None)


def _answer(steps: Steps) -> str:
    match steps.events[-1]:
        case SysExit(result=answer) | AccessEnd(result=answer):
            return answer
    deaths = [event for event in steps.events if isinstance(event, SignalGenerate)]
    return f"{deaths[-1].signal} ({deaths[-1].code})" if deaths else "?"


def _faults(pid: int, before: Snapshot, after: Snapshot) -> int | None:
    old, new = (views.find_task(snap, pid) for snap in (before, after))
    return None if old is None or new is None or new.state == "Z" else new.min_flt - old.min_flt


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
        before = after = self._states[-1]
        if call.pid and any(isinstance(e, SysEnter | AccessBegin) for e in steps.events):
            answer, faults = self._victims.do(call.pid, call.name, call.args)
            after = self._victims.maps()
            told = Told(answer, faults, changed(before, after))
        self._states.append(after)
        return told

    def told(self) -> list[Told]:
        """Return what the kernel said: of how they begin, and of each call of a process."""
        return [Told("", None, self._states[0]), *(told for told in self._told if told is not None)]

    def said(self, history: History, number: int) -> str:
        """Say what the kernel answered to a call of the recording, and whether the model did too.

        Args:
            history: the recording.
            number: of the call; -1 = before the first one.
        """
        release = platform.release()
        row = row_of(history, number) if number >= 0 else None
        told = self._told[number] if row is not None else None
        if row is None or told is None:
            return f"Linux {release}"
        sign = f"{DIFFERS} " if replace(row, there=told).differs else ""
        answer = f"{history.calls[number].name} = {told.answer}"
        if told.faults is None:
            return f"{sign}Linux {release}: {answer}"
        return sign + say_n(
            told.faults,
            "Linux {release}: {answer}; {n} fault",
            "Linux {release}: {answer}; {n} faults",
            release=release,
            answer=answer,
        )

    @staticmethod
    def short(line: str) -> str:
        """Return a line of maps without device and inode."""
        return short(line)[0]

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
                "a real process begins only as {how} does: let the recording begin there, with one "
                "process that has done nothing",
                how="Machine().spawn()",
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
