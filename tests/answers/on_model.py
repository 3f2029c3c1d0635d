"""Run a program on the model."""

from __future__ import annotations

from typing import Any

from tests.answers import proc
from tests.answers.program import (
    CHILD,
    FILES,
    HEADROOM,
    LIST,
    NUMBERED,
    PAGE,
    SIZE,
    VICTIM,
    VICTIM_PID,
    Answer,
    Step,
    since_first,
    word,
)
from vmlab import LinuxError, Machine, MiB, Process
from vmlab.errors import Signal
from vmlab.model.abi.calls import CALLS
from vmlab.model.abi.mman import (
    MAP_FIXED,
    MAP_POPULATE,
    MAP_SHARED,
    PROT_READ,
    PROT_WRITE,
    Madv,
)
from vmlab.model.abi.time import NSEC_PER_SEC
from vmlab.model.linux.include.structs import OVERCOMMIT_NEVER
from vmlab.model.machine_calls import ADAPTERS

_PATH = "/victim"
_OF_MEMORY = ("prlimit64", "rt_sigaction")  # what methods take stands in memory


def start() -> Process:
    """Return the victim, which has mapped the list that it gets from its parent in descriptor 3."""
    machine = Machine(ram=64 * MiB, totalram=24105 * MiB)
    machine.system.clock = NSEC_PER_SEC  # times that are over are so here too
    for path, data in FILES.items():
        machine.fs.write(path, data)
    machine.fs.install(_PATH, VICTIM.read_bytes())
    owner = machine.spawn(_PATH)
    memory = owner.memfd_create("list")
    owner.ftruncate(memory, SIZE)
    area = owner.mmap(0, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, memory)
    owner.madvise(area, SIZE, Madv.MADV_POPULATE_WRITE)
    process = owner.fork()
    process.execve(_PATH, ["victim"], {})
    process.fetch(process.task.rip)
    flags = MAP_SHARED | MAP_FIXED | MAP_POPULATE
    process.mmap(LIST, SIZE, PROT_READ | PROT_WRITE, flags, memory, 0)
    return process


def run(steps: list[Step]) -> list[Answer]:
    """Run a program; return the answers, and what became of the process."""
    process = start()
    answers = since_first(steps, _steps(process, steps))
    return [*answers, process.exit_code]


def _steps(process: Process, steps: list[Step], end: str = "exit") -> list[Answer]:
    answers: list[Answer] = []
    try:
        for name, *args in steps:
            answers.append(_step(process, name, args))
        getattr(process, end)()
    except Signal:
        answers += [None] * (len(steps) - len(answers))
    return answers


def _step(process: Process, name: str, args: list[Any]) -> Answer:
    if args[:1] == [VICTIM_PID]:
        args[0] = min(process.machine.processes) + 1  # the first one is the owner of its list
    if name == "store":
        return _store(process, *args)
    if name == "load":
        return _load(process, *args)
    if name == "bytes":
        return process.load(*args).hex()
    if name == "word":
        return word(int.from_bytes(process.load(*args, 4), "little"))
    if name == "committed":
        return proc.committed(process.machine.meminfo().encode())
    if hasattr(proc, name):
        return _look(process, name, args)
    if name in _OTHERS:
        return _OTHERS[name](process, *args)
    steps = args.pop() if args and isinstance(args[-1], list) else []
    try:
        if name in _OF_MEMORY:
            return ADAPTERS[name](process, *args)
        result = getattr(process, CALLS[name].method)(*args)
    except LinuxError as failure:
        return -(failure.errno or 0)
    if name in NUMBERED:
        return word(result)
    if isinstance(result, bytes | tuple):  # which the kernel only stores
        return 0
    if not isinstance(result, Process):
        return 0 if result is None else result
    result.fetch(result.task.rip)
    answers = _steps(result, steps, "exit_thread")
    if result.task.parent is process.task:
        process.wait()
    return [CHILD, *answers]


def _store(process: Process, addr: int, byte: int, pages: int = 1) -> int:
    for page in range(pages):
        process.store(addr + PAGE * page, bytes((byte,)))
    return 0


def _load(process: Process, addr: int, _byte: int = 0, pages: int = 1) -> int:
    loaded = b""
    for page in range(pages):
        loaded = process.load(addr + PAGE * page)
    return loaded[0]


def _mem_read(process: Process, addr: int, length: int) -> Answer:
    try:
        return process.proc_mem_read(addr, length).hex()
    except LinuxError as failure:
        return -(failure.errno or 0)


def _mem_write(process: Process, addr: int, byte: int, length: int) -> Answer:
    try:
        return process.proc_mem_write(addr, bytes((byte,)) * length)
    except LinuxError as failure:
        return -(failure.errno or 0)


def _clear_refs(process: Process, kind: int) -> Answer:
    try:
        process.clear_refs(kind)
    except LinuxError as failure:
        return -(failure.errno or 0)
    return 0


def _overcommit(process: Process, policy: int) -> Answer:
    machine = process.machine
    if policy == OVERCOMMIT_NEVER:
        committed = proc.committed(machine.meminfo().encode()) * PAGE
        machine.sysctl("vm.overcommit_kbytes", (committed + HEADROOM) >> 10)
    machine.sysctl("vm.overcommit_memory", policy)
    return 0


_OTHERS = {
    "overcommit": _overcommit,
    "mem_read": _mem_read,
    "mem_write": _mem_write,
    "clear_refs": _clear_refs,
}


def _look(process: Process, name: str, args: list[int]) -> Answer:
    if name == "pagemap":
        data = process.pagemap(args[0])[0].raw.to_bytes(8, "little")
    else:
        data = getattr(process, name)().encode()
    return getattr(proc, name)(data, *args)
