"""Doing the calls of a log on a machine, one by one, so that they are recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from vmlab.codes import NO_REASON, Reason, because
from vmlab.errors import ArgumentError, Killed, LinuxError, ProcessError, Signal, StateError
from vmlab.host.replay_calls import BIRTHS, MEMORY, clone_arguments, typed
from vmlab.host.replay_machine import LARGEST_PID, ReplayFiles
from vmlab.host.replay_steps import DIFFERS, NOT_REPLAYED, PLACED, SAME, Step
from vmlab.host.strace_lines import LogCall
from vmlab.model.abi.fcntl import Open
from vmlab.model.abi.mman import (
    MAP_ANONYMOUS,
    MAP_FIXED,
    MAP_FIXED_NOREPLACE,
    MAP_POPULATE,
    MAP_SHARED,
    MREMAP_FIXED,
    MREMAP_MAYMOVE,
    PROT_WRITE,
)
from vmlab.model.linux.include.structs import File
from vmlab.model.linux.mm.mmap import get_unmapped_area
from vmlab.model.mmu.page import PAGE_SHIFT, MiB, page_align
from vmlab.model.process import Process
from vmlab.record.logged import Logged
from vmlab.record.recorder import Recorder
from vmlab.record.recording import Recording
from vmlab.state.machine import Machine

T = TypeVar("T")

MOST_POPULATED = 64 * MiB  # bytes that a mapping brings in at once
MOST_PROCESSES = 1000  # at the same time: what each step costs grows with them
_ALIVE = ("R", "T", "D")


class Player:
    """A machine on which calls of a log are done.

    Args:
        machine: with the files of the log.
        recorder: that listens to it.
        files: what the log tells of them.
    """

    def __init__(self, machine: Machine, recorder: Recorder, files: ReplayFiles) -> None:
        self.machine = machine
        self.recorder = recorder
        self.files = files
        self.pids: dict[int, int] = {}  # number in the log -> number here
        self.segments: dict[int, int] = {}  # shmid, likewise

    def process(self, pid: int) -> Process | None:
        """Return the process that has a number in the log, None if it lives no more."""
        number = self.pids.get(pid)
        if number is None or number not in self.machine.system.tasks:
            return None
        process = self.machine[number]
        return process if process.state in _ALIVE else None

    def note(self, first: int, logged: Logged) -> None:
        """Say of all calls from a number on what the log says of them."""
        sink = self.machine.system.trace.sink
        assert isinstance(sink, Recording)
        for number in range(first, len(self.recorder.calls)):
            sink.tell_logged(number, logged)

    def add(self, line: int, do: Callable[[], T]) -> T | None:
        """Do what the log does not tell, so that a line can follow; None = it fails."""
        first = len(self.recorder.calls)
        try:
            return do()
        except (LinuxError, ProcessError, StateError, Killed, Signal):
            return None
        finally:
            self.note(first, Logged(line))

    def make(self, call: LogCall, do: Callable[[], Any], own: int = 0) -> Step:
        """Make a call, and compare what it gives.

        Args:
            call: of the log.
            do: makes it.
            own: the address (bytes) that it would give by itself, 0 = that of the log.
        """
        first = len(self.recorder.calls)
        answer, why = self._answer(do)
        same = answer == call.answer or self._is_same(call, answer)
        self.note(first, Logged(call.end, call.answer, not same, own if same else 0))
        status = (PLACED if own else SAME) if same else DIFFERS
        shown = f"{own:#x}" if own and same else answer
        number = first if len(self.recorder.calls) > first else None
        return Step(call.line, call.pid, call.name, status, call.answer, shown, why, number)

    def _is_same(self, call: LogCall, answer: str) -> bool:
        number = call.result
        of_pid = call.name in BIRTHS or call.name == "wait4"
        here = self.pids.get(number, number) if of_pid and number else number
        here = self.segments.get(number, number) if call.name == "shmget" and number else here
        return bool(answer) and answer == str(here)

    @staticmethod
    def _answer(do: Callable[[], Any]) -> tuple[str, Reason]:
        try:
            result = do()
        except LinuxError as failure:
            return f"-1 {failure.name}", failure.check
        except (Killed, Signal) as death:
            return "SIG", death.reason
        except ProcessError as failure:
            return "", failure.reason
        if isinstance(result, Process):
            return str(result.pid), NO_REASON
        if isinstance(result, int):
            return f"{result:#x}" if result >= 1 << 16 else str(result), NO_REASON
        return "0", NO_REASON

    # Memory

    def memory(self, call: LogCall) -> Step:
        """Make a call about memory."""
        process = self.process(call.pid)
        if process is None:
            return left_out(call, "process_unknown")
        if not call.finished or (call.result is None and not call.errno):
            return left_out(call, "answer_untold")
        if call.injected:
            return left_out(call, "answer_injected")
        if call.errno.startswith("ERESTART"):
            return left_out(call, "call_restarted")
        try:
            args = typed(call)
        except ArgumentError as failure:
            return left_out(call, failure.reason)
        maker = _MAKERS.get(call.name)
        if maker is not None and call.result is not None:
            return maker(self, process, call, args)
        step = self.make(call, lambda: process.call(call.name, *args))
        if step.status == DIFFERS and call.errno and call.name == "mmap":
            made = int(step.model, 16)
            self.add(call.end, lambda: process.munmap(made, args[1]))
        return step

    def _mmap(self, process: Process, call: LogCall, args: tuple[Any, ...]) -> Step:
        addr, length, prot, flags, fd, offset = args
        result = call.result or 0
        if not flags & MAP_ANONYMOUS and fd not in descriptors(process):
            self._open_untold(process, call, args)
        own = 0
        if not flags & (MAP_FIXED | MAP_FIXED_NOREPLACE):
            own = self._predicted(process, addr or 0, length, flags, fd, offset)
            if own != result:
                args = (result, length, prot, flags | MAP_FIXED_NOREPLACE, fd, offset)
            else:
                own = 0
        if length > MOST_POPULATED:  # the pages of so much would fill the machine
            args = (*args[:3], args[3] & ~MAP_POPULATE, *args[4:])
        return self.make(call, lambda: process.mmap(*args), own)

    def _predicted(
        self, process: Process, addr: int, length: int, flags: int, fd: int, offset: int
    ) -> int:
        # Where the model would put it, without a word to anybody.
        trace = self.machine.system.trace
        sink, trace.sink = trace.sink, None
        try:
            file = None if flags & MAP_ANONYMOUS else descriptors(process).get(fd)
            pgoff = offset >> PAGE_SHIFT
            return get_unmapped_area(process.mm, file, addr, page_align(length), pgoff, flags)
        except LinuxError:
            return 0
        finally:
            trace.sink = sink

    def _open_untold(self, process: Process, call: LogCall, args: tuple[Any, ...]) -> None:
        # A descriptor of which the log does not tell how it came.
        _, length, prot, flags, fd, offset = args
        writes = flags & MAP_SHARED and prot & PROT_WRITE

        def do() -> None:
            path = self.files.path_of_fd(call, fd, length + offset)
            number = process.open(path, Open.O_RDWR if writes else Open.O_RDONLY)
            renumber(process, number, fd)

        self.add(call.line, do)

    def _mremap(self, process: Process, call: LogCall, args: tuple[Any, ...]) -> Step:
        old, old_size, new_size, flags, _ = args
        result = call.result or 0
        if flags & MREMAP_FIXED:
            return self.make(call, lambda: process.mremap(*args))
        own = result
        if flags & MREMAP_MAYMOVE and result != old:
            own = self._predicted(process, 0, new_size, 0, -1, 0)
            if own != result:
                args = (old, old_size, new_size, flags | MREMAP_FIXED, result)
        return self.make(call, lambda: process.mremap(*args), 0 if own == result else own)

    def _shmat(self, process: Process, call: LogCall, args: tuple[Any, ...]) -> Step:
        shmid, addr, flags = args
        args = (self.segments.get(shmid, shmid), addr or call.result or 0, flags)
        return self.make(call, lambda: process.shmat(*args))

    def _shmget(self, process: Process, call: LogCall, args: tuple[Any, ...]) -> Step:
        def do() -> int:
            shmid = process.shmget(*args)
            self.segments[call.result or 0] = shmid
            return shmid

        return self.make(call, do)

    # Processes

    def birth(self, call: LogCall) -> Step:
        """Make a child, with the number that the log gives it."""
        process, pid = self.process(call.pid), call.result
        if process is None:
            return left_out(call, "process_unknown")
        if not pid:
            return left_out(call, "child_refused" if call.errno else "child_unmade")
        if len(self.machine.system.tasks) >= MOST_PROCESSES:
            return left_out(call, "too_many_processes")
        try:
            args = clone_arguments(call)
        except ArgumentError as failure:
            return left_out(call, failure.reason)
        self.number_next(call.line, pid)

        def do() -> Process:
            plain = {"fork": process.fork, "vfork": process.vfork}.get(call.name)
            child = plain() if plain is not None else process.clone(*args)
            self.pids[pid] = child.pid
            return child

        return self.make(call, do)

    def release(self, line: int, pid: int) -> None:
        """Let a process go on that waits for its vfork child, of which the log tells no more."""
        process = self.process(pid)
        if process is None or process.state != "D":
            return
        task = process.task
        for child in [each for each in task.system.tasks.values() if each.mm is task.mm]:
            if child is not task and child.tgid != task.tgid:
                self.add(line, self.machine[child.pid].exit_thread)

    def number_next(self, line: int, pid: int) -> None:
        """Let the next process have a number, if it was not passed yet."""
        if self.machine.system.next_pid < pid < LARGEST_PID - 1:
            self.add(line, lambda: self.machine.sysctl("kernel.ns_last_pid", pid - 1))

    def leave(self, call: LogCall) -> Step:
        """End a process, or a thread."""
        process = self.process(call.pid)
        if process is None:
            return left_out(call, "process_unknown")
        code = call.args[0].number or 0 if call.args else 0
        leave = process.exit if call.name == "exit_group" else process.exit_thread
        step = self.make(call, lambda: leave(code))
        return Step(call.line, call.pid, call.name, SAME, "?", "?", NO_REASON, step.call)


def descriptors(process: Process) -> Mapping[int, File]:
    """Return the open files of a process, by descriptor."""
    files = process.task.files
    return files.fd if files is not None else {}


def renumber(process: Process, fd: int, number: int) -> int:
    """Give a descriptor the number that it has in the log."""
    if fd != number:
        process.dup2(fd, number)
        process.close(fd)
    return number


def left_out(call: LogCall, why: str | Reason) -> Step:
    """Return the step of a call that is not replayed."""
    reason = because(why)
    return Step(call.line, call.pid, call.name, NOT_REPLAYED, call.answer, "", reason)


_MAKERS: Mapping[str, Callable[[Player, Process, LogCall, tuple[Any, ...]], Step]] = {
    "mmap": Player._mmap,
    "mremap": Player._mremap,
    "shmat": Player._shmat,
    "shmget": Player._shmget,
}
assert set(_MAKERS) <= MEMORY
