"""Drive the model through a recorded sequence; answer in the recording's own words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.corpus import observe
from tests.corpus.format import RSS_FIELDS
from vmlab import LinuxError, Machine, MiB, Process
from vmlab.errors import Signal, Sleeps
from vmlab.model import machine_calls
from vmlab.model.abi.calls import CALLS
from vmlab.model.abi.fcntl import Open
from vmlab.model.abi.mman import ULONG_MAX
from vmlab.model.abi.personality import ADDR_NO_RANDOMIZE
from vmlab.model.abi.resource import Rlimit
from vmlab.model.abi.signal import SIG_IGN, SIGPIPE, Sigaction
from vmlab.model.linux.fs.proc.task_mmu import PagemapEntry
from vmlab.model.linux.mm.swap import lru_add_drain

TOTALRAM = 24105 * MiB
SWAP = 64 * MiB
FOLDER = "/bin/corpus/a"  # of a file system in memory
DISK = "/disk"  # where a file system of a disk is mounted
STUB = f"{FOLDER}/stub"
ENTRY = 0x401000  # where the victim starts
AFTER_SYSCALL = 0x401012  # what it executes after a system call
SIGSEGV, SIGBUS = 11, 7
TELL_PROCESS = ("getpid", "wait4")  # calls whose result is the pid of one
DEFAULT_MODE_AT = {"open": 2, "openat": 3}  # arguments, if a recording leaves out the mode
MODE = 0o777  # of a new file then
INT3 = 0xCC

_PATTERN = bytes((o * 131 + (o >> 12) * 17 + 7) & 255 for o in range(81920))
_STUB_BYTES = (Path(__file__).parent / "data" / "stub").read_bytes()
RLIMITS = {
    "stack": Rlimit.RLIMIT_STACK.value,
    "as": Rlimit.RLIMIT_AS.value,
    "data": Rlimit.RLIMIT_DATA.value,
}
Answer = dict[str, Any]
Snapshot = dict[str, Any]


class UnknownOp(ValueError):
    """An operation the format does not name."""


def write_files(
    write: Callable[[str, bytes], object], truncate: Callable[[str, int], object]
) -> None:
    """Write the files that a sequence begins with."""
    write(f"{FOLDER}/a.dat", _PATTERN)
    write(f"{FOLDER}/b.dat", _PATTERN[:10000])
    write(f"{FOLDER}/c.dat", b"")
    write(f"{FOLDER}/h.dat", b"")
    truncate(f"{FOLDER}/h.dat", 262144)
    write(STUB, _STUB_BYTES)


def write_disk_files(
    write: Callable[[str, bytes], object], truncate: Callable[[str, int], object]
) -> None:
    """Write the files on a disk that a sequence begins with."""
    write(f"{DISK}/d.dat", _PATTERN)
    write(f"{DISK}/e.dat", _PATTERN[:10000])
    write(f"{DISK}/s.dat", b"")
    truncate(f"{DISK}/s.dat", 262144)


def open_disk_files(calls: Any, folder: str) -> list[int]:
    """Open what a sequence of the disk begins with, above all others; return the descriptors.

    Args:
        calls: who makes the calls: a process of the model, or the module os.
        folder: where the files are.
    """
    opened = [
        calls.open(f"{folder}/d.dat", Open.O_RDWR),
        calls.open(f"{folder}/d.dat", Open.O_RDONLY),
        calls.open(f"{folder}/e.dat", Open.O_RDWR),
        calls.open(f"{folder}/s.dat", Open.O_RDWR),
    ]
    assert opened == list(range(15, 19)), opened
    return opened


def open_null(calls: Any) -> None:
    """Open /dev/null as descriptors 0 to 2, in place of what was there.

    Args:
        calls: who makes the calls: a process of the model, or the module os.
    """
    null = calls.open("/dev/null", Open.O_RDWR)
    for number in range(3):
        calls.dup2(null, number)
    calls.close(null)


def open_files(calls: Any, folder: str) -> list[int]:
    """Open what a sequence begins with; return the descriptors.

    Args:
        calls: who makes the calls: a process of the model, or the module os.
        folder: where the files are.
    """
    opened = [
        calls.open(f"{folder}/a.dat", Open.O_RDWR),
        calls.open(f"{folder}/a.dat", Open.O_RDONLY),
        calls.open(f"{folder}/a.dat", Open.O_WRONLY),
        calls.open(f"{folder}/b.dat", Open.O_RDWR),
        calls.open(f"{folder}/c.dat", Open.O_RDWR),
        calls.memfd_create("mf", 0),
        calls.open("/dev/zero", Open.O_RDWR),
        calls.pipe()[0],
    ]
    calls.close(11)  # the pipe's other end
    opened += [
        calls.open(folder, Open.O_RDONLY | Open.O_DIRECTORY),
        calls.open(f"{folder}/a.dat", Open.O_PATH),
        calls.open("/dev/null", Open.O_RDWR),
        calls.open(f"{folder}/h.dat", Open.O_RDWR),
    ]
    assert opened == list(range(3, 15)), opened
    return opened


class Victim:
    """One recorded process."""

    __slots__ = ("alive", "index", "parts", "process", "shown", "suspended", "vfork_parent")

    def __init__(self, index: int, process: Process) -> None:
        self.index = index
        self.process = process
        self.alive = True
        self.suspended = False  # waits for its vfork child
        self.vfork_parent: Victim | None = None
        self.parts: list[object] = []  # what its maps were made from when last looked at
        self.shown: list[str] = []  # its maps as last shown

    def look(self, parts: list[object]) -> bool:
        """Take the maps; say whether the list changed since it was last shown.

        Args:
            parts: what the maps are made from now.
        """
        if parts == self.parts:
            return False
        self.parts = parts
        lines = observe.short_maps(self.process.maps())
        if lines == self.shown:
            return False
        self.shown = lines
        return True


class Replay:
    """The victim and its children, on a machine of their own."""

    def __init__(
        self, rlimits: dict[str, int], *, disk: bool = False, swap: str | None = None
    ) -> None:
        area = SWAP if swap else 0
        self.machine = Machine(ram=TOTALRAM, totalram=TOTALRAM, swap=area, zram=swap == "zram")
        self.swap = swap is not None
        self.machine.fs.mount_tmpfs("/bin")
        write_files(self.machine.fs.write, self.machine.fs.truncate)
        limits = {RLIMITS[name]: value for name, value in rlimits.items()}
        process = self.machine.spawn(STUB, ["stub"], {}, rlimits=limits)
        process.personality(ADDR_NO_RANDOMIZE)
        process._rt_sigaction(SIGPIPE, Sigaction(SIG_IGN))  # as Python leaves it to its children
        open_null(process)
        open_files(process, FOLDER)
        if disk:
            write_disk_files(self.machine.fs.install, self.machine.fs.truncate)
            open_disk_files(process, DISK)
        self.victims = [Victim(0, process)]
        self.init = {
            "maps": observe.full_maps(process.maps()),
            "rsp": process.task.rsp,
            "pages": self._pages(),
            "status": observe.status(process),
            "smaps": observe.smaps(process),
        }
        self.victims[0].look(observe.fingerprint(process))
        self._warm(process)

    @staticmethod
    def _warm(process: Process) -> None:
        # The victim executes one instruction before it is told what to do. The recorder drops
        # signals, which a handler does here.
        process.sigaction(SIGSEGV)
        process.sigaction(SIGBUS)
        process.fetch(ENTRY)

    def step(self, op: list[Any]) -> Answer:
        """Perform one operation; return the answer as the format has it.

        Raises:
            UnknownOp: the format names no such operation.
            Sleeps: Linux would sleep.
        """
        process = self.victims[op[1]].process
        before = process.maj_flt
        answer = self._perform(op)
        if "exit" not in answer and "exec" not in answer and process.maj_flt != before:
            answer["F" if self.swap else "m"] = process.maj_flt - before
        if self.swap:  # as the recorder does after each operation
            lru_add_drain(self.machine.system)
        return answer

    def _perform(self, op: list[Any]) -> Answer:
        name, victim, args = op[0], self.victims[op[1]], op[2:]
        process = victim.process
        if name in ("ld", "st", "rmw", "fetch"):
            answer = self._access(process, name, args)
        elif name in ("store", "load"):
            answer = self._move(process, name, *args)
        elif name in ("fork", "vfork", "clone", "clone3"):
            answer = self._fork(victim, name, args)
        elif name in ("exit", "exit_group"):
            process.call(name, *args)
            victim.alive = False
            self._vfork_done(victim)
            return {"exit": process.exit_code >> 8}
        else:
            before = process.min_flt
            process.schedule()
            try:
                if name == "execve":
                    answer = self._execve(victim, args[0])
                elif name == "mincore":
                    answer = self._mincore(process, *args)
                elif name in CALLS:
                    answer = self._call(process, name, args)
                else:
                    raise UnknownOp(f"the format has no operation {name!r}")
            except Sleeps:
                raise
            except LinuxError as failure:
                answer = {"r": -(failure.errno or 0)}
            if "exec" not in answer:
                process.fetch(AFTER_SYSCALL)
                answer["f"] = process.min_flt - before
        self._show(victim, answer)
        return answer

    def _access(self, process: Process, name: str, args: list[int]) -> Answer:
        addr = args[0] & (1 << 64) - 1
        before, faults = observe.page_entry(process, addr), process.min_flt
        flags_before = self._flags(before)
        answer: Answer
        try:
            if name == "ld":
                answer = {"v": process.load(addr)[0]}
            elif name == "st":
                process.store(addr, bytes((args[1] & 255,)))
                answer = {"ok": 1}
            elif name == "rmw":
                process.add(addr, 1)
                answer = {"ok": 1}
            else:
                byte = process.fetch(addr)
                answer = {"x": 1} if byte == INT3 else {"executed": byte}
        except Signal as signal:
            answer = {"sig": signal.si_signo, "code": signal.si_code, "addr": signal.si_addr}
        answer["f"] = process.min_flt - faults
        after = observe.page_entry(process, addr)
        answer["pte"] = observe.transition(before, after, (flags_before, self._flags(after)))
        return answer

    def _flags(self, entry: PagemapEntry | None) -> str:
        # What only recordings with swap tell of a page.
        return observe.kernel_flags(self.machine.system, entry) if self.swap and entry else ""

    @staticmethod
    def _move(process: Process, name: str, addr: int, what: Any) -> Answer:
        faults = process.min_flt
        answer: Answer
        try:
            if name == "store":
                process.store(addr, bytes.fromhex(what))
                answer = {"ok": 1}
            else:
                answer = {"v": process.load(addr, what).hex()}
        except Signal as signal:
            answer = {"sig": signal.si_signo, "code": signal.si_code, "addr": signal.si_addr}
        return {**answer, "f": process.min_flt - faults}

    def _fork(self, victim: Victim, name: str, args: list[int]) -> Answer:
        process = victim.process
        before = process.min_flt
        try:
            child = getattr(process, name)(*map(self._word, args))
        except LinuxError as failure:
            return {"r": -(failure.errno or 0), "f": process.min_flt - before}
        waits = process.state == "D"  # CLONE_VFORK
        if not waits:
            process.fetch(AFTER_SYSCALL)
        new = Victim(len(self.victims), child)
        answer: Answer = {"r": "child", "child": new.index, "f": process.min_flt - before}
        if waits:
            answer["vfork"] = 1
            victim.suspended = True
            new.vfork_parent = victim
        self.victims.append(new)
        self._warm(child)
        new.look(observe.fingerprint(child))
        answer["maps_child"] = new.shown
        return answer

    def _call(self, process: Process, name: str, args: list[Any]) -> Answer:
        words = [self._word(arg) for arg in args]
        if name in DEFAULT_MODE_AT and len(words) == DEFAULT_MODE_AT[name]:
            words.append(MODE)
        raw = (*words, *[0] * 6)[:6]
        if name == "rt_sigaction":
            process.call(name, args[0], any(process.load(args[1], 8)))
            return {"r": 0}
        result = machine_calls.answer(process, CALLS[name], raw) or 0
        if name in TELL_PROCESS and result > 0:
            return {"r": "process", "process": self._index(result)}
        return {"r": result}

    def _word(self, arg: int | str) -> int:
        # What a register holds; a process of the sequence is named by a text.
        pid = self.victims[int(arg)].process.pid if isinstance(arg, str) else arg
        return pid & ULONG_MAX

    def _execve(self, victim: Victim, pointer: int) -> Answer:
        process = victim.process
        path = machine_calls.text(process.task, pointer)
        # No argv at all becomes one empty string, as Linux has it.
        process.execve(path, [], {})
        self._warm(process)
        self._vfork_done(victim)
        return {"exec": 1}

    @staticmethod
    def _mincore(process: Process, addr: int, length: int, vec: int) -> Answer:
        answer = process.mincore(addr, length, vec)
        # What counts is what stands in memory.
        stored = bytearray()
        for offset in range(len(answer)):
            entry = process.pagemap(vec + offset)[0]
            if not entry.present:
                return {"r": 0, "vec": "?"}
            frame = process.task.system.ram.frame(entry.pfn)
            stored.append(frame[(vec + offset) & 0xFFF])
        return {"r": 0, "vec": stored.hex()}

    def _index(self, pid: int) -> int:
        return next(victim.index for victim in self.victims if victim.process.pid == pid)

    @staticmethod
    def _vfork_done(victim: Victim) -> None:
        parent, victim.vfork_parent = victim.vfork_parent, None
        if parent is not None:
            parent.suspended = False
            parent.process.fetch(AFTER_SYSCALL)

    def _show(self, victim: Victim, answer: Answer) -> None:
        # Give the maps of every process whose list changed since it was last shown.
        seen: dict[object, list[object]] = {}  # address space -> what its maps are made from
        for other in self.victims:
            if not other.alive or other.suspended:
                continue
            mm = other.process.mm
            parts = seen.get(mm)
            if parts is None:
                parts = seen[mm] = observe.fingerprint(other.process)
            if other.look(parts):
                if other is victim:
                    answer["maps"] = other.shown
                else:
                    answer.setdefault("maps_other", {})[str(other.index)] = other.shown

    def _pages(self) -> dict[str, list[list[str]]]:
        ids: dict[int, int] = {}
        places: dict[int, int] = {}
        return {
            str(v.index): observe.runs(observe.page_entries(v.process), ids, places, self._flags)
            for v in self.victims
            if v.alive
        }

    def snapshot(self, *, big: bool) -> Snapshot:
        """Return the pages of every live process, with smaps and status if `big`."""
        result: Snapshot = {"pages": self._pages()}
        if big:
            awake = [v for v in self.victims if v.alive and not v.suspended]
            result["smaps"] = {str(v.index): observe.smaps(v.process) for v in awake}
            result["status"] = {str(v.index): observe.status(v.process) for v in awake}
            if self.swap:
                result["smaps_swap"] = {str(v.index): observe.smaps_swap(v.process) for v in awake}
                result["status_rss"] = {
                    str(v.index): observe.status(v.process, RSS_FIELDS) for v in awake
                }
        return result
