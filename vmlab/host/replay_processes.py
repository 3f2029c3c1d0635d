"""The calls of a log that begin and end programs and processes, and those about descriptors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vmlab.codes import NO_REASON, because
from vmlab.errors import ArgumentError, LinuxError
from vmlab.host.replay_calls import BIRTHS, MEMORY, typed
from vmlab.host.replay_elf import SPECIAL, STACK_TOP
from vmlab.host.replay_machine import Exec, ReplayFiles
from vmlab.host.replay_player import Player, descriptors, left_out, renumber
from vmlab.host.replay_spaces import ATTACHED, Life
from vmlab.host.replay_steps import NOT_REPLAYED, Step
from vmlab.host.strace_lines import Entry, LogCall, LogExit, LogFault, Unread
from vmlab.model.abi.clone import (
    CLONE_FILES,
    CLONE_FS,
    CLONE_SIGHAND,
    CLONE_THREAD,
    CLONE_VM,
)
from vmlab.model.abi.fcntl import AT_FDCWD
from vmlab.model.abi.kinds import Kind
from vmlab.model.abi.resource import Rlimit
from vmlab.model.abi.signal import SIGNALS
from vmlab.model.abi.strace_values import parse_limits, parse_value
from vmlab.model.linux.include.fs import S_IFREG
from vmlab.model.mmu.page import PAGE_SHIFT, PAGE_SIZE, MiB
from vmlab.model.process import Process
from vmlab.record.recorder import Recorder
from vmlab.state.machine import Machine

_THREAD = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD
MOST_STEPS = 1 << 20  # that are recorded, before the rest of a log is left out
_STACK_LIMIT = 8 * MiB
_GUARD = MiB  # bytes between the largest stack and what mmap chooses
_OPENING = frozenset(("open", "openat", "creat", "memfd_create"))
_OF_DESCRIPTORS = frozenset(
    ("close", "dup", "dup2", "dup3", "fcntl", "ftruncate", "fallocate", "close_range")
)
_LIMITS = {"setrlimit": (0, 1), "prlimit64": (1, 2)}  # where resource and limits stand
_COUNTS = _OPENING | _OF_DESCRIPTORS | {*_LIMITS, "wait4", "unlink", "unlinkat", "pkey_mprotect"}
_OF_MEMORY = (Rlimit.RLIMIT_AS, Rlimit.RLIMIT_DATA, Rlimit.RLIMIT_STACK)


class ProcessPlayer(Player):
    """Plays the entries of a log.

    Args:
        machine: with the files of the log.
        recorder: that listens to it.
        files: what the log tells of them.
        entries: of the log, in order.
        lives: of its address spaces.
        execs: how its programs are run, by the number of the entry.
    """

    def __init__(
        self,
        machine: Machine,
        recorder: Recorder,
        files: ReplayFiles,
        entries: Sequence[Entry],
        lives: Mapping[int, Life],
        execs: Mapping[int, Exec],
    ) -> None:
        super().__init__(machine, recorder, files)
        self.entries = entries
        self.lives = lives
        self._attached: int | None = None  # the number of the first process that was there before
        self._execs = execs

    def play(self, number: int) -> Step | None:
        """Do what an entry tells; None = it tells of nothing that is done."""
        entry = self.entries[number]
        if not isinstance(entry, Unread):
            self.release(entry.line, entry.pid)
        if isinstance(entry, LogExit):
            self._ended(entry)
            return None
        if isinstance(entry, LogFault):
            return self._fault(entry)
        if not isinstance(entry, LogCall):
            return None
        if len(self.recorder) > MOST_STEPS:
            return left_out(entry, "too_many_steps")
        if entry.name == "execve":
            return self._execve(number, entry)
        if entry.pid not in self.pids and ATTACHED in self.lives:
            self._attach(entry)
        if entry.name in MEMORY:
            return self.memory(entry)
        if entry.name in BIRTHS:
            return self.birth(entry)
        if entry.name in ("exit", "exit_group"):
            return self.leave(entry)
        return self._other(number, entry)

    # Programs

    def _execve(self, number: int, call: LogCall) -> Step:
        wanted = self._execs.get(number)
        if wanted is None:
            return left_out(call, "no_effect_on_memory")
        process = self.process(call.pid)
        limit = STACK_TOP - wanted.placed.base - _GUARD if wanted.placed.base else 0
        if process is None:
            self.number_next(call.line, call.pid)

            def spawn() -> int:
                limits = {int(Rlimit.RLIMIT_STACK): limit or _STACK_LIMIT}
                made = self.machine.spawn(wanted.path, wanted.argv, rlimits=limits)
                self.pids[call.pid] = made.pid
                return 0

            step = self.make(call, spawn)
        else:
            if limit:
                self._limit_stack(call, limit)
            step = self.make(call, lambda: process.execve(wanted.path, wanted.argv))
        if limit and self.process(call.pid) is not None:
            self._limit_stack(call, _STACK_LIMIT)
        return step

    def _limit_stack(self, call: LogCall, limit: int) -> None:
        # How large the stack may become says how far below it mmap begins.
        process = self.machine[self.pids[call.pid]]
        self.add(call.line, lambda: process.setrlimit(Rlimit.RLIMIT_STACK, limit))

    def _attach(self, call: LogCall) -> None:
        # A process that was there before the log; the others are its threads.
        self.number_next(call.line, call.pid)
        first = self.process(self._attached) if self._attached is not None else None
        if first is not None:
            made = self.add(call.line, lambda: first.clone(_THREAD))
        else:
            text = _maps_before(self.lives[ATTACHED])
            made = self.add(call.line, lambda: self.machine.from_maps(text))
            self._attached = call.pid
        if made is not None:
            self.pids[call.pid] = made.pid

    def _ended(self, end: LogExit) -> None:
        process = self.process(end.pid)
        if process is None:
            return
        if end.signal:
            number = SIGNALS.get(end.signal, 0)
            self.add(end.line, lambda: process.kill(process.pid, number))
        else:
            self.add(end.line, lambda: process.exit_thread(end.code or 0))

    # Faults

    def _fault(self, fault: LogFault) -> Step:
        process = self.process(fault.pid)
        why = "process_unknown"
        addr = 0
        if process is not None:
            addr = _address_of(process, fault)
            why = "fault_place_unknown"
        if process is None or not addr:
            return Step(fault.line, fault.pid, "fault", NOT_REPLAYED, why=because(why))
        call = LogCall(fault.line, fault.line, fault.pid, "fault", (), 0)
        return self.make(call, lambda: process.load(addr) and None)

    # Descriptors, and what else counts

    def _other(self, number: int, call: LogCall) -> Step:
        if call.result is None or call.name not in _COUNTS:
            return left_out(call, "no_effect_on_memory")
        process = self.process(call.pid)
        if process is None:
            return left_out(call, "process_unknown")
        try:
            step = self._with_effect(process, number, call)
        except (ArgumentError, LinuxError) as failure:
            return left_out(call, getattr(failure, "reason", NO_REASON))
        return step or left_out(call, "no_effect_on_memory")

    def _with_effect(self, process: Process, number: int, call: LogCall) -> Step | None:
        name, result = call.name, call.result or 0
        if name in _OPENING and number in self.files.told.opened:
            return self._open(process, call, self.files.told.opened[number], result)
        if name in _OF_DESCRIPTORS:
            return self._descriptor(process, call, result)
        if name == "wait4" and result > 0:
            return self._wait(process, call, result)
        if name in ("unlink", "unlinkat"):
            path = self.files.told.path(call, 0 if name == "unlink" else 1)
            if path in self.machine.fs and self.machine.fs.kind(path) == S_IFREG:
                return self.make(call, lambda: process.unlink(path))
        if name in _LIMITS:
            return self._limit(process, call)
        if name == "pkey_mprotect" and call.args[3].number == -1:
            prot = parse_value(Kind.PROT, call.args[2].text)
            addr, length = call.args[0].number or 0, call.args[1].number or 0
            return self.make(call, lambda: process.mprotect(addr, length, prot))
        return None

    def _open(self, process: Process, call: LogCall, path: str, result: int) -> Step | None:
        if call.name == "memfd_create":
            args = typed(call)
            return self.make(call, lambda: renumber(process, process.memfd_create(*args), result))
        if not self.files.made.get(path):
            return None
        args = typed(call)
        flags, mode = (0o1101, args[1]) if call.name == "creat" else args[-2:]
        return self.make(
            call,
            lambda: renumber(process, process.openat(AT_FDCWD, path, flags, mode), result),
        )

    def _descriptor(self, process: Process, call: LogCall, result: int) -> Step | None:
        fds = descriptors(process)
        args = [value.number for value in call.args]
        fd = args[0]
        if fd is None:
            return None
        if call.name == "close_range":
            values = typed(call)
            return self.make(call, lambda: process.close_range(*values))
        if call.name in ("dup2", "dup3") and fd not in fds and result in fds:
            self.add(call.line, lambda: process.close(result))
        if fd not in fds or (fd <= 2 and call.name != "close"):
            return None
        if call.name == "close":
            return self.make(call, lambda: process.close(fd))
        if call.name in ("ftruncate", "fallocate"):
            values = typed(call)
            return self.make(call, lambda: process.call(call.name, *values))
        if call.name == "fcntl" and "F_DUPFD" not in call.args[1].text:
            return None
        return self.make(call, lambda: process.dup2(fd, result))

    def _wait(self, process: Process, call: LogCall, pid: int) -> Step | None:
        child = self.pids.get(pid)
        task = self.machine.system.tasks.get(child) if child is not None else None
        if child is None or task is None or task.state != "Z":
            return None
        return self.make(call, lambda: process.wait(child)[0])

    def _limit(self, process: Process, call: LogCall) -> Step | None:
        place, limits = _LIMITS[call.name]
        text = call.args[limits].text if len(call.args) > limits else "NULL"
        resource = parse_value(Kind.RESOURCE, call.args[place].text)
        pair = parse_limits(text) if text.startswith("{") else None
        if pair is None or resource not in _OF_MEMORY or (place and call.args[0].number):
            return None
        return self.make(call, lambda: process.setrlimit(resource, *pair))


def _maps_before(life: Life) -> str:
    # What was mapped before the log, as far as it tells: the ranges that it changes, a part of the
    # heap, and what lies where mmap begins.
    lines = {start: (end, "rw-p", "") for start, end in life.touched}
    if life.heap:
        lines[life.heap - PAGE_SIZE] = (life.heap, "rw-p", "[heap]")
    if life.top:
        lines[life.top] = (life.top + SPECIAL, "r-xp", "[vdso]")
    stack = STACK_TOP - 33 * PAGE_SIZE
    lines[stack] = (STACK_TOP, "rw-p", "[stack]")
    found = []
    last = 0
    for start, (end, rights, name) in sorted(lines.items()):
        if start >= last and end <= STACK_TOP:
            found.append(f"{start:x}-{end:x} {rights} 00000000 00:00 0 {name}".rstrip())
            last = end
    return "\n".join(found)


def _address_of(process: Process, fault: LogFault) -> int:
    # Where a fault was; 0 = there is no such place, or more than one.
    if not fault.path:
        vma = next((v for v in process.mm if v.vm_start <= fault.addr < v.vm_end), None)
        return fault.addr if vma is not None and "r" in vma.perms else 0
    places = [
        vma.vm_start + fault.addr - (vma.vm_pgoff << PAGE_SHIFT)
        for vma in process.mm
        if vma.vm_file is not None and vma.vm_file.f_inode.name == fault.path and "r" in vma.perms
        if 0 <= fault.addr - (vma.vm_pgoff << PAGE_SHIFT) < vma.vm_end - vma.vm_start
    ]
    return places[0] if len(places) == 1 else 0
