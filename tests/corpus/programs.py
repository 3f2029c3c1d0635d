"""Drive the model with the system calls of a recorded program, and compare its maps.

The program's own memory accesses are not recorded. Two kinds show in its maps and are made up
here: the stack is touched where it was found to have grown, and what loses write permission was
written to before.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from tests.corpus import observe
from tests.corpus.compare import Result, differ, raised
from tests.corpus.exec import auxv
from tests.corpus.program_files import Files, mapping_at
from tests.corpus.replay import RLIMITS, TOTALRAM
from vmlab import LinuxError, Machine, MiB, Process
from vmlab.model.abi.clone import Clone
from vmlab.model.abi.mman import Prot

PTHREAD = Clone.CLONE_VM | Clone.CLONE_FILES | Clone.CLONE_SIGHAND | Clone.CLONE_THREAD
MAP_ANONYMOUS = 0x20
AT_NULL, AT_ENTRY, AT_PLATFORM, AT_RANDOM = "0", "9", "15", "25"

CLOSE, EXECVE, EXIT, EXIT_GROUP = 3, 59, 60, 231
OPEN, CREAT, OPENAT, MEMFD_CREATE = 2, 85, 257, 319
DUP, DUP2, DUP3, FCNTL = 32, 33, 292, 72
CLONE, CLONE3, UNLINK, UNLINKAT = 56, 435, 87, 263
MMAP, MPROTECT = 9, 10
_CALLS: dict[int, tuple[Callable[..., int | None], int]] = {  # number -> call, arguments
    MMAP: (Process.mmap, 6),
    MPROTECT: (Process.mprotect, 3),
    11: (Process.munmap, 2),
    12: (Process.brk, 1),
    25: (Process.mremap, 5),
    26: (Process.msync, 3),
    28: (Process.madvise, 3),
    77: (Process.ftruncate, 2),
    149: (Process.mlock, 2),
    150: (Process.munlock, 2),
    151: (Process.mlockall, 1),
    152: (Process.munlockall, 0),
    325: (Process.mlock2, 3),
    462: (Process.mseal, 3),
}
_NAMES = {EXECVE: "execve", EXIT: "exit", EXIT_GROUP: "exit_group", OPENAT: "openat"}
Event = dict[str, Any]


class Program:
    """A recorded program and its children, on a machine of their own."""

    def __init__(self, record: dict[str, Any]) -> None:
        self.record = record
        self.events: list[Event] = record["events"]
        self.machine = Machine(ram=TOTALRAM, totalram=TOTALRAM)
        self.files = Files(self.machine.fs, record["files"])
        self.processes: dict[int, Process] = {}
        self.space: dict[int, int] = {}  # process -> its address space, numbered as they come
        self.shown: dict[int, list[str]] = {}  # address space -> its maps as last recorded

    def answers(self) -> Iterator[tuple[int, str, Event, Event]]:
        """Yield number, name, recorded answer and the model's answer of every event."""
        for number, event in in_order(self.events):
            try:
                expected, got = self._event(number, event)
            except Exception as failure:
                expected, got = event, raised(failure)
            yield number, _name(event), expected, got

    def _event(self, number: int, event: Event) -> tuple[Event, Event]:
        kind, index = event["t"], event["p"]
        if kind == "exec":
            return self._exec(number, event)
        if kind in ("fork", "vfork", "clone"):
            return self._fork(number, event)
        if kind == "sys":
            return self._sys(number, event)
        if kind == "exiting" and "maps" in event:
            self.shown[self.space[index]] = event["maps"]
            return self._maps(index)
        if kind == "gone":
            self.processes.pop(index).exit_thread(event["status"] >> 8)
        return {}, {}  # a signal changes no address space

    # Programs

    def _exec(self, number: int, event: Event) -> tuple[Event, Event]:
        index = event["p"]
        argv = event.get("argv", self.record["argv"])
        call = self._next(number, index, (EXECVE,))
        called = (call or {}).get("path") or argv[0]
        program = mapping_at(event["maps"], event["auxv"][AT_ENTRY])
        path = self.files.alias(called, program)
        self.files.alias_interpreter(program, event)
        if index in self.processes:
            env = _environment(event, called, argv)
            self.processes[index].execve(path, argv, env)
        else:
            env = dict(string.split("=", 1) for string in self.record["env"])
            limits = {RLIMITS["stack"]: self.record.get("rlimit_stack", 8 * MiB)}
            self.processes[index] = self.machine.spawn(path, argv, env, rlimits=limits)
        self.space[index] = len(self.shown)
        self.shown[self.space[index]] = event["maps"]
        process = self.processes[index]
        expected, got = self._maps(index)
        expected |= {
            "rip": event["rip"],
            "rsp": event["rsp"],
            "auxv": event["auxv"],
            # How much of a library is present depends on the page cache.
            "smaps": [[start, anon, flags] for start, _, anon, flags in event["smaps"]],
        }
        told = auxv(process)
        del told[AT_NULL]
        got |= {
            "rip": f"{process.task.rip:x}",
            "rsp": f"{process.task.rsp:x}",
            "auxv": told,
            "smaps": [[row[0], row[8], row[10]] for row in observe.smaps(process, skip=False)],
        }
        return expected, got

    def _fork(self, number: int, event: Event) -> tuple[Event, Event]:
        index, child = event["p"], event["child"]
        parent = self.processes[index]
        shares = event["t"] == "vfork"
        if event["t"] == "clone":
            flags = self._clone_flags(number, index)
            shares = bool(flags & Clone.CLONE_VM)
            self.processes[child] = parent.clone(flags)
        else:
            self.processes[child] = parent.vfork() if shares else parent.fork()
        self.space[child] = self.space[index] if shares else len(self.shown)
        self.shown[self.space[child]] = event["maps"]
        return self._maps(child)

    def _clone_flags(self, number: int, index: int) -> int:
        call = self._next(number, index, (CLONE, CLONE3))
        if call is None or (call["nr"] == CLONE3 and "clone_args" not in call):
            return PTHREAD.value
        flags: int = call["clone_args"][0] if call["nr"] == CLONE3 else call["a"][0]
        return flags

    def _next(self, number: int, index: int, calls: tuple[int, ...]) -> Event | None:
        for event in self.events[number + 1 :]:
            if event["p"] == index and event.get("nr") in calls:
                return event
        return None

    # System calls

    def _sys(self, number: int, event: Event) -> tuple[Event, Event]:
        index, nr, args = event["p"], event["nr"], event["a"]
        if "r" not in event:
            return {}, {}  # it exits; what becomes of it is recorded apart
        space = self.space[index]
        self.shown[space] = event.get("maps", self.shown[space])
        process = self.processes[index]
        self._grow_stack(process, self.shown[space])
        expected: Event = {}
        got: Event = {}
        if nr in _CALLS:
            expected["r"], got["r"] = event["r"], self._call(process, nr, args)
        elif nr == EXECVE and event["r"] < 0:
            expected["r"], got["r"] = event["r"], _answer(lambda: process.execve(event["path"]))
        else:
            # Descriptors are kept only as far as they are mapped later.
            with contextlib.suppress(LinuxError):
                self._descriptor(number, process, event)
        maps = self._maps(index)
        return expected | maps[0], got | maps[1]

    def _call(self, process: Process, nr: int, args: list[int]) -> int:
        call, count = _CALLS[nr]
        if nr == MMAP:
            args = [*args[:4], _int(args[4]), args[5]]
        if nr == MPROTECT and not args[2] & Prot.PROT_WRITE:
            _write(process, args[0], args[0] + args[1])
        return _answer(lambda: call(process, *args[:count]))

    def _descriptor(self, number: int, process: Process, event: Event) -> None:
        nr, args, result = event["nr"], event["a"], event["r"]
        if result < 0:
            return
        if nr in (OPEN, CREAT, OPENAT, MEMFD_CREATE):
            name = self._mapped_as(number, event["p"], result)
            if name:
                flags = {OPENAT: args[2], OPEN: args[1], CREAT: 0o1101}.get(nr, 0)
                _renumber(process, self.files.open(process, name, flags), result)
        elif nr == CLOSE:
            process.close(args[0])
        elif nr in (DUP, DUP2, DUP3, FCNTL):
            process.dup2(args[0], result)
        elif nr in (UNLINK, UNLINKAT):
            self.files.unlink(event["path"])

    def _mapped_as(self, number: int, index: int, fd: int) -> str | None:
        # The name maps gives to what is mapped through a descriptor; None if nothing is.
        shown = self.shown[self.space[index]]
        for event in self.events[number + 1 :]:
            if event["p"] != index or event["t"] != "sys":
                continue
            shown = event.get("maps", shown)
            nr, args = event["nr"], event["a"]
            if nr == CLOSE and args[0] == fd:
                return None
            maps_it = nr == MMAP and _int(args[4]) == fd and not args[3] & MAP_ANONYMOUS
            if maps_it and event["r"] > 0:
                return mapping_at(shown, event["r"])
        return None

    # Maps

    def _maps(self, index: int) -> tuple[Event, Event]:
        process = self.processes[index]
        lines = observe.full_maps(process.maps(), path=True)
        shown = [self.files.shown_line(line) for line in lines]
        return {"maps": self.shown[self.space[index]]}, {"maps": shown}

    @staticmethod
    def _grow_stack(process: Process, recorded: list[str]) -> None:
        for line in recorded:
            if line.endswith("[stack]"):
                start = int(line.split("-")[0], 16)
                stack = next((v for v in process.mm if v.vm_end > start), None)
                if stack is not None and stack.vm_start > start:
                    process.load(start)


def in_order(events: list[Event]) -> Iterator[tuple[int, Event]]:
    """Yield the events with their numbers, each child's execve or end before its parent goes on.

    A parent that waits in vfork is released inside its child's execve, and may be seen before it.
    """
    done: set[int] = set()
    waits: dict[int, int] = {}  # parent -> child
    for number, event in enumerate(events):
        child = waits.pop(event["p"], None)
        for other in range(number + 1, len(events) if child is not None else 0):
            if events[other]["p"] == child and events[other]["t"] in ("exec", "gone"):
                done.add(other)
                yield other, events[other]
                break
        if event["t"] == "vfork":
            waits[event["p"]] = event["child"]
        elif event["t"] in ("exec", "gone"):
            waits = {parent: waiter for parent, waiter in waits.items() if waiter != event["p"]}
        if number not in done:
            yield number, event


def _answer(call: Callable[[], int | None]) -> int:
    try:
        return call() or 0
    except LinuxError as failure:
        return -(failure.errno or 0)


def _int(value: int) -> int:
    # The kernel takes the lower half of the register as a C int.
    return (value & 0xFFFFFFFF ^ 0x80000000) - 0x80000000


def _renumber(process: Process, fd: int, number: int) -> None:
    # Calls that are not recorded may have taken the lower numbers.
    if fd != number:
        process.dup2(fd, number)
        process.close(fd)


def _write(process: Process, start: int, end: int) -> None:
    for vma in list(process.mm):
        if vma.vm_end > start and vma.vm_start < end and vma.perms[1] == "w":
            process.add(max(vma.vm_start, start), 0)


def _environment(event: Event, called: str, argv: list[str]) -> dict[str, str]:
    # A later program's environment is not recorded: one that takes the same room.
    told = event["auxv"]
    strings = sum(len(word.encode()) + 1 for word in [*argv, called])
    room = 0x7FFFFFFFEFF8 - (told[AT_PLATFORM] + 15 & ~15) - strings
    pointers = (told[AT_RANDOM] - int(event["rsp"], 16) - 16 * 23) // 8 - 3 - len(argv)
    count = min(max(pointers, 1), max(room // 8, 1))
    words = {f"E{number:03}": "" for number in range(count - 1)}
    words["LAST"] = "x" * (room - 6 * (count - 1) - 6)
    return words


def _name(event: Event) -> str:
    if event["t"] != "sys":
        return f"{event['t']}(p{event['p']})"
    nr = event["nr"]
    name = _NAMES.get(nr) or (_CALLS[nr][0].__name__ if nr in _CALLS else f"syscall {nr}")
    count = _CALLS[nr][1] if nr in _CALLS else 0
    arguments = [f"p{event['p']}", *(f"{arg:#x}" for arg in event["a"][:count])]
    return f"{name}({', '.join(arguments)})"


def replay_program(record: dict[str, Any]) -> Result:
    """Replay one recorded program."""
    result = Result(len(record["events"]))
    for number, name, expected, got in Program(record).answers():
        if expected == got:
            result.agreeing += 1
        elif result.difference is None:
            result.difference = differ(record["id"], number, name, expected, got)
    return result
