"""Follow a program and all that it starts, from its first instruction to its last exit.

One task runs at a time, until it sleeps or ends; then the one that has waited longest. So each run
is the same. Nothing of a process's memory is read but what the kernel has touched for it in that
call, so that its faults stay its own: `Tracer.untraced_faults` counts them without any of this.
"""

from __future__ import annotations

import ctypes
import os
import signal
import struct
import time
from typing import Any

from tests.corpus import observe
from tests.programs import calls, cpuid
from tests.programs.tree import Tree
from vmlab.host.traced import (
    CLONE,
    EXEC,
    FORK,
    GETEVENTMSG,
    GETREGS,
    GETSIGINFO,
    SETREGS,
    VFORK,
    WALL,
    Registers,
    SignalInfo,
    ptrace,
)

_CONT, _SINGLESTEP, _DETACH, _SYSCALL = 7, 9, 17, 24
_SEIZE, _LISTEN, _GET_SYSCALL_INFO = 0x4206, 0x4208, 0x420E
_VFORK_DONE, _EXIT, _STOP = 5, 6, 128  # more events
_OPTIONS = 1 | sum(1 << event for event in (FORK, VFORK, CLONE, EXEC, _EXIT)) | 1 << 20
_CALL_STOP = signal.SIGTRAP | 0x80
_ENTRY = 1
_INFO = struct.Struct("<B 3x I Q Q 7Q")  # op, arch, ip, sp, and number and arguments, or result
_FAULTS = (signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGTRAP)
_IGNORED = (signal.SIGCHLD, signal.SIGCONT, signal.SIGURG, signal.SIGWINCH)  # if not caught
_RESTARTED = range(-516, -511)  # results of a call that a signal cuts off
_SIGN = 1 << 63
_AT_NULL = 0
_A_MOMENT = 20e-6  # seconds
_MIN_FLT = 7  # which column of stat, behind the name and the state

_libc = ctypes.CDLL(None, use_errno=True)


class _Vector(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


def _read_memory(pid: int, addr: int, size: int) -> bytes:
    buffer = ctypes.create_string_buffer(size)
    here, there = _Vector(ctypes.addressof(buffer), size), _Vector(addr, size)
    count = _libc.process_vm_readv(pid, ctypes.byref(here), 1, ctypes.byref(there), 1, 0)
    return buffer.raw[: max(count, 0)]


class _Process:
    def __init__(self, pid: int, parent: int) -> None:
        self.start = 0  # faults when the program in it began
        self.record: dict[str, Any] = {"pid": pid, "parent": parent, "tasks": []}


class _Task:
    def __init__(self, tid: int, process: _Process) -> None:
        self.tid, self.process = tid, process
        self.steps: list[dict[str, Any]] = []
        self.call: tuple[str, list[int]] | None = None  # that it is in
        self.faults = self.user_faults = 0  # counted so far; those before the call it is in
        self.cut_off = 0  # faults of a call that comes again
        self.starting: cpuid.Places | None = None  # while it may ask for the CPU
        self.request, self.deliver = _SYSCALL, 0  # how it goes on, with which signal
        process.record["tasks"].append({"tid": tid, "steps": self.steps})


class Tracer:
    """One run of a program."""

    def __init__(self, tree: Tree, arguments: tuple[str, ...], stdin: str) -> None:
        self.tree = tree
        self.processes: dict[int, _Process] = {}
        self.tasks: dict[int, _Task] = {}
        self.pid, go = tree.start(arguments, stdin)
        ptrace(_SEIZE, self.pid, _OPTIONS)
        os.close(go)

    def record(self) -> dict[str, Any]:
        """Follow the program to its end; return `console` and `processes`."""
        ready: list[_Task] = []  # stopped, in the order in which they run on
        woken: list[_Task] = []  # stopped since
        current: _Task | None = None
        while self.tasks or not self.processes:
            self.tree.drain()
            tid, status = os.waitpid(-1, WALL | os.WNOHANG)
            if not tid:
                if (ready or woken) and self._all_sleep_but([*ready, *woken]):
                    ready += sorted(woken, key=lambda task: task.tid)
                    woken.clear()
                    current = ready.pop(0)
                    self._go(current)
                time.sleep(_A_MOMENT)
            elif not os.WIFSTOPPED(status):
                self.tasks.pop(tid, None)
            else:
                task = self._stopped(tid, status >> 8)
                if status >> 16 in (FORK, VFORK, CLONE):
                    woken += self._child_of(task)
                woken += self._continued()
                current = current or task
                if task is current or task.request == _LISTEN:
                    self._go(task)
                else:
                    woken.append(task)
        processes = [process.record for process in self.processes.values()]
        return {"console": self.tree.console(), "processes": processes}

    def _child_of(self, task: _Task) -> list[_Task]:
        # The new task, unless its first stop was told before its parent's.
        tid = self._message(task)
        if tid in self.tasks:
            return []
        return [self._stopped(tid, os.waitpid(tid, WALL)[1] >> 8)]

    def _continued(self) -> list[_Task]:
        # Stopped tasks that SIGCONT wakes tell their parent at once: wait for that, and for their
        # next stop.
        found = []
        for task in [task for task in self.tasks.values() if task.request == _LISTEN]:
            while self._state(task.tid) == b"R":
                time.sleep(_A_MOMENT)
            tid, status = os.waitpid(task.tid, WALL | os.WNOHANG)
            if tid:
                found.append(self._stopped(tid, status >> 8))
        return found

    def _all_sleep_but(self, stopped: list[_Task]) -> bool:
        others = [task for task in self.tasks.values() if task not in stopped]
        return all(task.request == _LISTEN or self._sleeps(task) for task in others)

    def _sleeps(self, task: _Task) -> bool:
        # A first thread that has ended stays, and waitpid tells nothing of it, while there are
        # others.
        state = self._state(task.tid)
        threads = [each for each in self.tasks.values() if each.process is task.process]
        return state in (b"S", b"D") or (state == b"Z" and len(threads) > 1)

    def _state(self, tid: int) -> bytes:
        try:
            return self._proc(f"{tid}/stat").rpartition(b") ")[2][:1]
        except OSError:  # it has ended, and waitpid has not told yet
            return b""

    def untraced_faults(self, *, executes: bool) -> int:
        """Let the program go once it knows its CPU; return the faults of all its processes.

        Args:
            executes: it has other programs, which have to know their CPU too: those that it forks
                are followed, but their calls are not.
        """
        start = 0
        while True:
            tid, status, usage = os.wait4(-1, WALL)
            if not os.WIFSTOPPED(status):
                if tid == self.pid:
                    return usage.ru_minflt - start
                continue
            task = self._stopped(tid, status >> 8)
            start = start or task.process.start
            if task.request == _SYSCALL and not task.starting:
                task.request = _CONT if executes else _DETACH
            self._go(task)

    # What /proc says.

    def _proc(self, name: str) -> bytes:
        return (self.tree.proc / name).read_bytes()

    def _min_flt(self, folder: str) -> int:
        return int(self._proc(f"{folder}/stat").rpartition(b")")[2].split()[_MIN_FLT])

    def _maps(self, pid: int) -> list[str]:
        text = self._proc(f"{pid}/maps").decode(errors="surrogateescape")
        lines = text.replace(str(self.tree.root), "").splitlines()
        return [observe.short_line(line, path=True)[0] for line in lines]

    def _status(self, tid: int) -> dict[str, str]:
        lines = self._proc(f"{tid}/status").decode(errors="replace").splitlines()
        return dict(line.split(":\t", 1) for line in lines if ":\t" in line)

    def _since(self, task: _Task) -> int:
        now = self._min_flt(f"{task.process.record['pid']}/task/{task.tid}")
        count, task.faults = now - task.faults, now
        return count

    # Stops.

    def _stopped(self, tid: int, stop: int) -> _Task:
        task = self.tasks.get(tid) or self._born(tid)
        event, number = stop >> 8, stop & 0xFF
        task.request, task.deliver = _SYSCALL, 0
        if number == _CALL_STOP:
            self._call(task)
        elif event == EXEC:
            self._executed(task)
        elif event == _EXIT:
            self._leaves(task)
        elif event == _STOP and number in (signal.SIGSTOP, signal.SIGTSTP):
            task.request = _LISTEN
        elif not event:
            self._signal(task)
            task.deliver = number
        return task

    def _born(self, tid: int) -> _Task:
        status = self._status(tid)
        pid = int(status["Tgid"])
        if pid not in self.processes:
            process = self.processes[pid] = _Process(pid, int(status["PPid"]))
            if pid != self.pid:
                process.record["maps"] = self._maps(pid)
        self.tasks[tid] = _Task(tid, self.processes[pid])
        return self.tasks[tid]

    def _call(self, task: _Task) -> None:
        info = ctypes.create_string_buffer(_INFO.size)
        ptrace(_GET_SYSCALL_INFO, task.tid, info, _INFO.size)
        kind, _, _, _, number, *registers = _INFO.unpack(info.raw)
        if kind == _ENTRY:
            name = calls.name_of(number)
            task.call = name, calls.arguments_of(name, registers)
            task.user_faults = self._since(task) + task.cut_off
            task.cut_off = 0
            if name != "brk":  # ld.so asks for the heap before it asks for the CPU
                task.starting = None
        elif task.call:
            self._returned(task, *task.call, (number & _SIGN - 1) - (number & _SIGN))
            task.call = None

    def _returned(self, task: _Task, name: str, arguments: list[int], result: int) -> None:
        step: dict[str, Any] = {"call": name, "args": arguments, "result": result}
        step["faults"] = [task.user_faults, self._since(task)]
        pid = task.process.record["pid"]
        step |= calls.shown(name, arguments, result, lambda *where: _read_memory(pid, *where))
        if name in calls.MEMORY:
            step["maps"] = self._maps(pid)
        task.steps.append(step)

    def _executed(self, task: _Task) -> None:
        pid = task.process.record["pid"]
        inside = self._since(task)
        program = os.readlink(self.tree.proc / str(pid) / "exe").removeprefix(str(self.tree.root))
        words = struct.iter_unpack("<QQ", self._proc(f"{pid}/auxv"))
        registers = self._registers(task)
        step = {
            "exec": program,
            "argv": self._proc(f"{pid}/cmdline").decode().split("\0")[:-1],
            "auxv": [pair for pair in words if pair[0] != _AT_NULL],
            "rip": registers.rip,
            "rsp": registers.rsp,
            "maps": self._maps(pid),
        }
        if task.call:  # not the first
            step["faults"] = [task.user_faults, inside]
        task.steps.append(step)
        task.call = None  # its end is not told again
        task.process.start = self._min_flt(str(pid))
        task.starting = self._places(step["maps"])

    def _places(self, maps: list[str]) -> cpuid.Places | None:
        # In the program and its interpreter; None if neither asks for the CPU.
        bases: dict[str, int] = {}
        for line in maps:
            bases.setdefault(line.rpartition(" ")[2], int(line.partition("-")[0], 16))
        found = cpuid.Places(frozenset(), frozenset())
        for name, places in self.tree.places.items():
            if name in bases:
                found |= places.moved(bases[name])
        return found if found.cpuid else None

    def _leaves(self, task: _Task) -> None:
        process = task.process
        pid = process.record["pid"]
        if task.call:  # exit, or a call that a signal cut off for good
            name, arguments = task.call
            faults = [task.user_faults, self._since(task)]
            task.steps.append({"call": name, "args": arguments, "result": None, "faults": faults})
        process.record["status"] = self._message(task)
        process.record["faults"] = self._min_flt(str(pid)) - process.start
        process.record["maps_at_exit"] = self._maps(pid)

    def _signal(self, task: _Task) -> None:
        info = SignalInfo()
        ptrace(GETSIGINFO, task.tid, ctypes.byref(info))
        if self._ignores(task, info.signo):
            self._forget(task)
            return
        step = {"signal": info.signo, "code": info.code, "faults": self._since(task)}
        if info.signo in _FAULTS and info.code > 0:
            step["addr"] = info.addr
        else:
            step["pid"] = info.addr & 0xFFFFFFFF
        task.steps.append(step)

    def _ignores(self, task: _Task, signum: int) -> bool:
        status = self._status(task.tid)
        caught, ignored = (int(status[key], 16) >> signum - 1 & 1 for key in ("SigCgt", "SigIgn"))
        return bool(ignored) or (signum in _IGNORED and not caught)

    def _forget(self, task: _Task) -> None:
        # Only ptrace sees an ignored signal, and only under ptrace does it cut off a call.
        if task.steps and task.steps[-1].get("result") in _RESTARTED:
            task.cut_off += sum(task.steps.pop()["faults"])

    # On.

    def _message(self, task: _Task) -> int:
        # What the event tells: a new task, or how this one ends.
        found = ctypes.c_ulong()
        ptrace(GETEVENTMSG, task.tid, ctypes.byref(found))
        return found.value

    def _registers(self, task: _Task) -> Registers:
        found = Registers()
        ptrace(GETREGS, task.tid, ctypes.byref(found))
        return found

    def _go(self, task: _Task) -> None:
        if task.starting and not task.call:
            self._step_to_call(task, task.starting)
        ptrace(task.request, task.tid, task.deliver)

    def _step_to_call(self, task: _Task, places: cpuid.Places) -> None:
        while (registers := self._registers(task)).rip not in places.syscall:
            if registers.rip in places.cpuid:
                cpuid.execute(registers)
                ptrace(SETREGS, task.tid, ctypes.byref(registers))
            ptrace(_SINGLESTEP, task.tid)
            status = os.waitpid(task.tid, WALL)[1]
            assert os.WIFSTOPPED(status), status
            assert os.WSTOPSIG(status) == signal.SIGTRAP, status
