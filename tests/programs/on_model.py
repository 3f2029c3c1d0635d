"""Run a program on the model, and tell what it did in the form of a record.

The tree, the descriptors, the limits and the order are those of data/README.md, "How they ran".
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from resource import RLIM_INFINITY
from typing import Any
from unittest import mock

from tests.corpus import observe
from tests.programs import calls
from tests.programs.format import Record, steps
from tests.programs.programs import CWD, FILES, MUSL, PROGRAMS
from tests.programs.tree import LIMITS
from vmlab import Machine
from vmlab.model.abi.calls import CALLS_BY_NUMBER
from vmlab.model.abi.mman import ULONG_MAX
from vmlab.model.abi.resource import Rlimit
from vmlab.model.abi.signal import SIGKILL, Siginfo
from vmlab.model.linux.fs.binfmt_elf import AT_NULL
from vmlab.model.linux.fs.proc.task_mmu import show_map
from vmlab.model.linux.include.fs import S_IFDIR
from vmlab.model.linux.include.structs import System, TaskStruct
from vmlab.model.linux.kernel import signal_get
from vmlab.model.linux.kernel.rseq import rseq_preempt
from vmlab.model.linux.kernel.signal import sig_handler_ignored
from vmlab.model.machine_code import SYSCALL, TOUCH
from vmlab.model.mmu.cpu import FETCH, READ
from vmlab.model.mmu.page import PAGE_SIZE, GiB
from vmlab.model.process import Process
from vmlab.model.trace.event import Event
from vmlab.model.trace.events import process as process_events
from vmlab.model.trace.hook import Abandon, Sink

_FIRST = 2  # pid; process 1 started it
_TOTALRAM = 16 * GiB  # one program has a bss of some
_MOST = 100_000_000  # instructions of a run
_TIMES = 5  # so many entries into the kernel for each that was recorded: it goes round in circles
_SIGN = 1 << 63
_dequeue_signal = signal_get.dequeue_signal
Run = dict[str, Any]  # `console` and `processes`, as in a record


def run(record: Record, files: Mapping[str, bytes]) -> Run:
    """Run a program as it was run for a record; return what it did.

    Args:
        record: what it is given.
        files: the program, and then its libraries, by path in the tree.
    """
    machine = _machine(files, furnished=PROGRAMS[record["program"]].furnished)
    process = _shell(machine, record["stdin"])
    entries = sum(len(list(steps(each))) + each["faults"] for each in record["processes"])
    tracer = _Tracer(machine.system, process.task, _TIMES * entries, steps=record["build"] != MUSL)
    machine.system.trace.sink = tracer
    seen = mock.patch.object(signal_get, "dequeue_signal", tracer.dequeue_signal)
    with contextlib.suppress(Abandon), seen:
        process.execve(record["argv"][0], record["argv"], record["environment"])
        machine.run(_MOST)
    return {
        "console": machine.system.console.decode(errors="backslashreplace"),
        "processes": [process.record for process in tracer.processes.values()],
    }


def _machine(files: Mapping[str, bytes], *, furnished: bool) -> Machine:
    machine = Machine(totalram=_TOTALRAM)
    for folder in sorted({path.split("/")[1] for path in (CWD, *files)}):
        machine.fs.mount_tmpfs(f"/{folder}")  # as all was where they were recorded
    machine.fs.mkdir(CWD)
    inputs = {path: text.encode() for path, text in FILES.items()}
    for mode, some in ((0o755, files), (0o644, inputs)):
        for path, data in some.items():
            machine.fs.write(path, data)
            machine.system.namei[path].i_mode = mode
    for path, inode in machine.system.namei.items():
        if inode.i_kind == S_IFDIR and path != "/dev/shm":
            inode.i_mode = 0o755
    if furnished:
        machine.fs.furnish()
    machine.spawn().exit()  # so that the program of `_shell` is there
    machine.system.next_pid = _FIRST
    return machine


def _shell(machine: Machine, stdin: str) -> Process:
    # A process that gives the program its descriptors and limits.
    task = machine._new_task({}, True)
    process = machine[task.pid]
    process.execve("/bin/a.out")
    reader, writer = process.pipe()
    data = stdin.encode()
    buffer = process.mmap(0, len(data) or 1, 3, 0x22, -1, 0)
    process.store(buffer, data)
    process.write(writer, buffer, len(data))
    process.dup2(reader, 0)
    process.close(reader)
    process.close(writer)
    process.chdir(CWD)
    for name, limits in LIMITS.items():
        soft, hard = (ULONG_MAX if limit == RLIM_INFINITY else limit for limit in limits)
        process.setrlimit(Rlimit[name], soft, hard)
    return process


class _Task:
    def __init__(self, task: TaskStruct) -> None:
        self.task = task
        self.steps: list[Run] = []
        self.call: tuple[str, list[int]] | None = None  # that it is in
        self.before = 0  # where the instruction of that stands
        self.faults = self.user_faults = 0  # counted so far; those before the call it is in
        self.starting = False  # it may ask for the CPU: the recorder lets it take single steps
        self.executed = False  # it began another program in this call
        self.at_exit: tuple[int, list[str]] = 0, []  # its faults, and maps, before an exit


class _Process:
    def __init__(self, task: TaskStruct) -> None:
        assert task.parent is not None
        parent = task.parent.tgid
        self.record: Run = {"pid": task.tgid, "parent": parent, "tasks": []}
        self.tasks: list[_Task] = []
        self.start = 0  # faults when the program in it began

    def faults(self) -> int:
        return sum(task.task.min_flt for task in self.tasks)


class _Tracer(Sink):
    # What `Tracer` is on the kernel: it listens, and asks nothing that costs a fault.
    # It leaves a program that enters the kernel more often than `most`.
    def __init__(self, system: System, first: TaskStruct, most: int, *, steps: bool) -> None:
        self.system = system
        self.steps = steps  # programs ask for the CPU
        self.left = most
        self.processes: dict[int, _Process] = {}
        self.tasks: dict[int, _Task] = {}
        # pid, kind, and its faults before, if it is the fetch of an instruction
        self._doing: list[tuple[int, str, int | None]] = []
        self._born(first)

    # What the model tells.

    def begin(self, pid: int, call: str, args: tuple[Any, ...]) -> None:
        self.left -= 1
        if not self.left:
            raise Abandon
        task = self.tasks.get(pid)
        before = task.task.min_flt if task is not None else 0
        fetches = call == TOUCH and args[1] == FETCH
        self._doing.append((pid, call, before if fetches else None))
        if call != SYSCALL or task is None or task.call:  # one that slept is made again
            return
        number, *registers = args
        row = CALLS_BY_NUMBER.get(number)
        name = row.name if row is not None else calls.name_of(number)
        task.call, task.before = (name, calls.arguments_of(name, registers)), task.task.rip
        task.starting &= name == "brk"
        task.user_faults = self._since(task)
        rseq_preempt(task.task)  # for the recorder stopped it

    def end(self) -> None:
        pid, kind, before = self._doing.pop()
        task = self.tasks.get(pid)
        if task is not None and task.starting and before is not None:
            self._stepped(task, task.task.min_flt - before)
        if task is None or self._doing or task.task.mm is None:
            return
        if task.executed:
            self._begins(task)
        elif kind == SYSCALL:
            self._leaves_kernel(task)

    def enter(self, function: str, source: str) -> None:
        if function == "rseq_handle_notify_resume":
            current = self.system.current
            assert current is not None
            self._leaves_kernel(self.tasks[current.pid])
        elif function == "exit_mm":  # whose, an event tells when it is done
            for task in self.tasks.values():
                if task.task.mm is not None:
                    task.at_exit = task.task.min_flt, self._maps(task.task)

    def emit(self, event: Event) -> None:
        if isinstance(event, process_events.SchedProcessFork):
            self._born(self.system.tasks[event.child])
            rseq_preempt(self.system.tasks[event.child])
        elif isinstance(event, process_events.SchedProcessExec):
            self.tasks[event.pid].executed = True
        elif isinstance(event, process_events.SchedProcessExit):
            self._leaves(self.tasks[event.pid], event.exit_code)

    # What is there to see.

    def _since(self, task: _Task) -> int:
        count, task.faults = task.task.min_flt - task.faults, task.task.min_flt
        return count

    def _stepped(self, task: _Task, faults: int) -> None:
        # Before each single step the kernel looks at the instruction on behalf of the recorder,
        # which so has the faults of fetches.
        task.faults += faults
        self.processes[task.task.tgid].start += faults

    def _maps(self, task: TaskStruct) -> list[str]:
        lines = show_map(task.mm).splitlines()
        return [observe.short_line(line, path=True)[0] for line in lines]

    def _memory(self, addr: int, size: int) -> bytes:
        found = b""
        while size > 0:
            page = self.system.cpu.peek(addr, READ)
            if page is None:
                break
            start = addr % PAGE_SIZE
            part = bytes(page.data[start : min(PAGE_SIZE, start + size)])
            found, addr, size = found + part, addr + len(part), size - len(part)
        return found

    # Steps.

    def _born(self, task: TaskStruct) -> None:
        process = self.processes.get(task.tgid)
        if process is None:
            process = self.processes[task.tgid] = _Process(task)
            if task.pid != _FIRST:
                process.record["maps"] = self._maps(task)
        born = self.tasks[task.pid] = _Task(task)
        process.tasks.append(born)
        process.record["tasks"].append({"tid": task.pid, "steps": born.steps})

    def _begins(self, task: _Task) -> None:
        inside, mm = self._since(task), task.task.mm
        assert mm is not None
        argv = self._memory(mm.arg_start, mm.arg_end - mm.arg_start)
        step = {
            "exec": mm.exe_file.f_path if mm.exe_file is not None else "",
            "argv": argv.decode().split("\0")[:-1],
            "auxv": [[key, value] for key, value in mm.saved_auxv if key != AT_NULL],
            "rip": task.task.rip,
            "rsp": task.task.rsp,
            "maps": self._maps(task.task),
        }
        if task.steps or task.task.pid != _FIRST:
            step["faults"] = [task.user_faults, inside]
        task.steps.append(step)
        task.call, task.executed = None, False
        process = self.processes[task.task.tgid]
        process.start = process.faults()
        task.starting = self.steps

    def _returned(self, task: _Task, name: str, arguments: list[int]) -> None:
        raw = task.task.regs.ax
        result = (raw & _SIGN - 1) - (raw & _SIGN)
        step = {"call": name, "args": arguments, "result": result}
        step["faults"] = [task.user_faults, self._since(task)]
        step |= calls.shown(name, arguments, result, self._memory)
        if name in calls.MEMORY:
            step["maps"] = self._maps(task.task)
        task.steps.append(step)
        task.call = None

    def _leaves(self, task: _Task, code: int) -> None:
        faults, maps = task.at_exit
        if task.call:
            name, arguments = task.call
            inside, task.call = [task.user_faults, faults - task.faults], None
            task.steps.append({"call": name, "args": arguments, "result": None, "faults": inside})
        process = self.processes[task.task.tgid]
        process.record["status"] = code
        later = task.task.min_flt - faults
        process.record["faults"] = process.faults() - later - process.start
        process.record["maps_at_exit"] = maps

    def dequeue_signal(self, task: TaskStruct) -> Siginfo | None:
        """Take the next signal, as the kernel does where a tracer may see it."""
        info = _dequeue_signal(task)
        found = self.tasks.get(task.pid)
        if info is None or found is None or info.si_signo == SIGKILL:  # no tracer sees that one
            return info
        # What is ignored does not show: it comes only if it waited before.
        if not sig_handler_ignored(task, info.si_signo):
            self._leaves_kernel(found)
            step: Run = {"signal": info.si_signo, "code": info.si_code}
            step["faults"] = self._since(found)
            step |= {"addr": info.si_addr} if info.is_fault else {"pid": info.si_pid}
            found.steps.append(step)
        return info

    def _leaves_kernel(self, task: _Task) -> None:
        # Its call is done; what comes now is no more part of it.
        if task.call and not task.executed and task.task.rip != task.before:
            self._returned(task, *task.call)
