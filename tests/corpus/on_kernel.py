"""Drive the victim through a sequence on the kernel of this machine; what `replay` does there.

It needs root, for a mount namespace, frame numbers and an address space without randomness.
"""

from __future__ import annotations

import ctypes
import os
from typing import Any

from tests.corpus import observe
from tests.corpus.real_proc import RealProc, zero_pfn
from tests.corpus.replay import (
    AFTER_SYSCALL,
    DEFAULT_MODE_AT,
    ENTRY,
    MODE,
    TELL_PROCESS,
    Answer,
    Snapshot,
    UnknownOp,
)
from tests.corpus.start import become_victim, make_disk, make_root, number_processes_anew
from vmlab.host import traced
from vmlab.model.abi.calls import CALLS
from vmlab.model.mmu.page import PAGE_SIZE

_SYSCALL = 0x401010  # what the victim has at these addresses
_ACCESSES = {"ld": 0x401020, "st": 0x401030, "rmw": 0x401040}
_ARGUMENTS = ("rdi", "rsi", "rdx", "r10", "r8", "r9")

_LAST_ERRNO = 4095


class _Victim:
    # One process that is recorded.

    def __init__(self, index: int, pid: int, zero_pfn: int) -> None:
        self.index = index
        self.traced = traced.Traced(pid)
        self.proc = RealProc(pid, zero_pfn)
        self.pid = self.proc.own_pid()  # as the sequence knows it
        self.alive = True
        self.vfork_parent: _Victim | None = None
        self.suspended = False
        self.shown: list[str] = []

    def warm(self) -> None:
        """Execute the first instruction, as `replay` has it."""
        stop = self.traced.run(ENTRY)
        assert stop == traced.Stop(), stop

    def look(self) -> bool:
        """Take the maps; say whether the list changed since it was last shown."""
        lines = observe.short_maps(self.proc.maps())
        changed = lines != self.shown
        self.shown = lines
        return changed


class OnKernel:
    """The victim and its children, in a mount namespace that ends with this process."""

    def __init__(self, rlimits: dict[str, int], *, disk: bool = False) -> None:
        """Start the victim. This process belongs to the sequence from now on.

        Args:
            rlimits: soft limits, by name.
            disk: there are files on a disk too.
        """
        self.zero_pfn = zero_pfn()
        root = make_root()
        if disk:
            make_disk(root)
        number_processes_anew()
        pid = os.fork()
        if not pid:
            try:
                become_victim(root, rlimits, disk=disk)
            finally:
                os._exit(127)
        victim = _Victim(0, pid, self.zero_pfn)
        self.victims = [victim]
        victim.traced.go()
        stop = victim.traced.wait()
        assert stop.event == traced.EXEC, stop
        self.init = {
            "maps": observe.full_maps(victim.proc.maps()),
            "rsp": victim.traced.registers().rsp,
            "pages": self._pages(),
            "status": observe.status(victim.proc),
            "smaps": observe.smaps(victim.proc),
        }
        victim.look()
        victim.warm()

    def step(self, op: list[Any]) -> Answer:
        """Perform one operation; return the answer as the format has it.

        Raises:
            UnknownOp: the format names no such operation.
        """
        name, victim, args = op[0], self.victims[op[1]], op[2:]
        before = victim.proc.faults()
        if name in _ACCESSES or name == "fetch":
            answer = self._access(victim, name, *args)
        elif name == "store":
            answer = self._store(victim, args[0], bytes.fromhex(args[1]))
        elif name == "load":
            answer = self._load(victim, *args)
        elif name in CALLS:
            answer = self._call(victim, name, args)
        else:
            raise UnknownOp(f"the format has no operation {name!r}")
        if "exit" in answer:
            return answer
        if "exec" not in answer:
            minor, major = victim.proc.faults()
            answer.setdefault("f", minor - before[0])
            if major != before[1]:
                answer["m"] = major - before[1]
        self._show(victim, answer)
        return answer

    @staticmethod
    def _run(victim: _Victim, name: str, addr: int, byte: int) -> Answer:
        # One access; what it loaded under "v".
        if name == "fetch":
            stop = victim.traced.run(addr)
        else:
            stop = victim.traced.run(_ACCESSES[name], rdi=addr, rsi=byte)
        if stop.fault:
            return dict(zip(("sig", "code", "addr"), stop.fault, strict=True))
        if name == "fetch":
            assert victim.traced.registers().rip == addr + 1, "executed what is no int3"
            return {"x": 1}
        return {"v": victim.traced.registers().rax & 255} if name == "ld" else {"ok": 1}

    def _access(self, victim: _Victim, name: str, addr: int, byte: int = 0) -> Answer:
        addr &= (1 << 64) - 1
        before = victim.proc.entry(addr)
        answer = self._run(victim, name, addr, byte)
        answer["pte"] = observe.transition(before, victim.proc.entry(addr))
        return answer

    def _store(self, victim: _Victim, addr: int, data: bytes) -> Answer:
        answer: Answer = {"ok": 1}
        for place, byte in enumerate(data, addr):
            answer = self._run(victim, "st", place, byte)
            if "sig" in answer:
                break
        return answer

    def _load(self, victim: _Victim, addr: int, count: int) -> Answer:
        data = bytearray()
        for place in range(addr, addr + count):
            answer = self._run(victim, "ld", place, 0)
            if "sig" in answer:
                return answer
            data.append(answer["v"])
        return {"v": data.hex()}

    def _call(self, victim: _Victim, name: str, args: list[Any]) -> Answer:
        before = victim.proc.faults()[0]
        words = [self.victims[int(arg)].pid if isinstance(arg, str) else arg for arg in args]
        if name in DEFAULT_MODE_AT and len(words) == DEFAULT_MODE_AT[name]:
            words.append(MODE)
        values = dict(zip(_ARGUMENTS, [*words, *[0] * 6], strict=False))
        stop = victim.traced.run(_SYSCALL, rax=CALLS[name].number, **values)
        if stop.exited is not None:
            victim.alive = False
            self._vfork_done(victim)
            return {"exit": stop.exited}
        if stop.event == traced.EXEC:
            victim.warm()
            self._vfork_done(victim)
            return {"exec": 1}
        if stop.event:
            return self._new_child(victim, stop.event, before)
        registers = victim.traced.registers()
        if stop.fault:  # it took away its own code
            assert registers.rip == AFTER_SYSCALL, stop
        result = ctypes.c_longlong(registers.rax).value
        answer: Answer = {"r": result if result >= -_LAST_ERRNO else registers.rax}
        if name == "mincore" and not result:
            answer["vec"] = self._vector(victim, *args)
        if name in TELL_PROCESS and result > 0:
            answer = {"r": "process", "process": self._index(result)}
        return answer

    def _index(self, pid: int) -> int:
        return next(victim.index for victim in self.victims if victim.pid == pid)

    def _new_child(self, victim: _Victim, event: int, before: int) -> Answer:
        child = _Victim(len(self.victims), victim.traced.new_child(), self.zero_pfn)
        answer: Answer = {"r": "child", "child": child.index}
        victim.traced.go()
        if event == traced.VFORK:
            answer |= {"vfork": 1, "f": victim.proc.faults()[0] - before}
            victim.suspended = True
            child.vfork_parent = victim
        else:
            stop = victim.traced.wait()
            assert stop == traced.Stop(), stop
        self.victims.append(child)
        child.warm()
        child.look()
        answer["maps_child"] = child.shown
        return answer

    @staticmethod
    def _vector(victim: _Victim, _addr: int, length: int, vec: int) -> str:
        with (victim.proc.path / "mem").open("rb", 0) as memory:
            memory.seek(vec)
            return memory.read(-(-length // PAGE_SIZE)).hex()

    @staticmethod
    def _vfork_done(victim: _Victim) -> None:
        parent, victim.vfork_parent = victim.vfork_parent, None
        if parent is not None:
            parent.suspended = False
            stop = parent.traced.wait()
            assert stop == traced.Stop(), stop

    def _show(self, victim: _Victim, answer: Answer) -> None:
        for other in self.victims:
            if other.alive and not other.suspended and other.look():
                if other is victim:
                    answer["maps"] = other.shown
                else:
                    answer.setdefault("maps_other", {})[str(other.index)] = other.shown

    def _pages(self) -> dict[str, list[list[str]]]:
        ids: dict[int, int] = {}
        alive = [v for v in self.victims if v.alive]
        return {str(v.index): observe.runs(v.proc.page_entries(), ids) for v in alive}

    def snapshot(self, *, big: bool) -> Snapshot:
        """Return the pages of every live process, with smaps and status if `big`."""
        result: Snapshot = {"pages": self._pages()}
        if big:
            awake = [v for v in self.victims if v.alive and not v.suspended]
            result["smaps"] = {str(v.index): observe.smaps(v.proc) for v in awake}
            result["status"] = {str(v.index): observe.status(v.proc) for v in awake}
        return result
