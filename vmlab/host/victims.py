"""A process of this machine that is there to make calls, and its children: nobody else's.

It is started from the small program that `Machine.spawn` runs, without ASLR where that is allowed,
and never runs a line of it: its tracer has it run one call or one access at a time, by instructions
that stand on a page of their own. Its files lie in a private folder, which goes with it.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vmlab.errors import HostError
from vmlab.host import traced
from vmlab.host.compared import GONE, SLEEPS
from vmlab.host.real_calls import (
    BENCH,
    BENCH_END,
    DEVICES,
    MOST_PROCESSES,
    ROOM,
    ROOM_SIZE,
    Request,
    inside,
)
from vmlab.host.short_maps import short
from vmlab.model.abi.mman import (
    MAP_ANONYMOUS,
    MAP_FIXED,
    MAP_PRIVATE,
    MAP_SHARED,
    PROT_EXEC,
    PROT_READ,
    PROT_WRITE,
)
from vmlab.model.abi.signal import SIGNAL_NAMES, code_name
from vmlab.model.abi.strace import format_result
from vmlab.model.machine import A_OUT, a_out
from vmlab.model.mmu.page import PAGE_SIZE
from vmlab.words.language import say

_START = """
import ctypes, os, resource, signal, sys
libc = ctypes.CDLL(None)
libc.personality(0x40000)  # ADDR_NO_RANDOMIZE
libc.prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS
libc.prctl(41, 1, 0, 0, 0)  # PR_SET_THP_DISABLE
for name, limit in (("CORE", 0), ("NOFILE", 1024), ("STACK", 8 << 20), ("MEMLOCK", 8 << 20)):
    hard = resource.getrlimit(getattr(resource, "RLIMIT_" + name))[1]
    soft = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
    resource.setrlimit(getattr(resource, "RLIMIT_" + name), (soft, hard))
os.umask(0o022)
open("/proc/self/oom_score_adj", "w").write("1000")
if libc.ptrace(0, 0, None, None):  # PTRACE_TRACEME
    os._exit(126)
os.kill(os.getpid(), signal.SIGSTOP)
os.execve(sys.argv[1], [sys.argv[2]], {})
"""
_CODE = (  # each ends in an int3
    b"\x0f\x05\xcc",  # syscall
    b"\x8a\x07\xcc",  # mov al, [rdi]
    b"\x40\x88\x37\xcc",  # mov [rdi], sil
    b"\x40\x00\x37\xcc",  # add [rdi], sil
)
_GAP = 16  # bytes from one to the next
_SYSCALL, _LOAD, _STORE, _ADD = (BENCH + _GAP * at for at in range(len(_CODE)))
_ARGUMENTS = ("rdi", "rsi", "rdx", "r10", "r8", "r9")
_PATIENCE = 0.3  # seconds that a call may sleep
_MIN_FLT = 7  # which column of stat, behind the name and the state
_LONGEST_CODE = 15  # bytes of an instruction


def _private_folder() -> Path:
    # On a disk if possible, as the files of the model are.
    for base in (tempfile.gettempdir(), "/var/tmp"):
        if os.access(base, os.W_OK) and _kind(base) != "tmpfs":
            return Path(tempfile.mkdtemp(prefix="vmlab-", dir=base))
    return Path(tempfile.mkdtemp(prefix="vmlab-"))


def _kind(folder: str) -> str:
    # Of the file system that it lies on.
    number = os.stat(folder).st_dev
    device = f"{os.major(number)}:{os.minor(number)}"
    for line in Path("/proc/self/mountinfo").read_text(errors="replace").splitlines():
        words = line.split()
        if words[2] == device:
            return words[words.index("-") + 1]
    return ""


class _Victim:
    # One of the processes.

    def __init__(self, process: traced.Traced) -> None:
        self.traced = process
        self.pid = process.pid
        self.memory = os.open(f"/proc/{self.pid}/mem", os.O_RDWR | os.O_CLOEXEC)

    def faults(self) -> int:
        stat = Path(f"/proc/{self.pid}/stat").read_bytes()
        return int(stat.rpartition(b")")[2].split()[_MIN_FLT])

    def read(self, addr: int, length: int) -> bytes:
        return os.pread(self.memory, length, addr)

    def write(self, addr: int, data: bytes) -> None:
        os.pwrite(self.memory, data, addr)

    def call(self, number: int, words: Sequence[int], at: int = _SYSCALL) -> traced.Stop:
        values = dict(zip(_ARGUMENTS, [*words, *[0] * 6], strict=False))
        return self.traced.run(at, rax=number, patience=_PATIENCE, **values)

    def result(self) -> int:
        return int(self.traced.registers().rax)


def _end(alive: dict[int, _Victim], folder: Path) -> None:
    for victim in alive.values():
        os.close(victim.memory)
        os.kill(victim.pid, signal.SIGKILL)
    for victim in alive.values():
        while os.WIFSTOPPED(os.waitpid(victim.pid, traced.WALL)[1]):
            pass
    alive.clear()
    shutil.rmtree(folder, ignore_errors=True)


class Victims:
    """The processes, by the numbers that they have in the model.

    What asks for it must be the thread that made it: the kernel lets no other one trace them.

    Args:
        pid: the number of the first one in the model; its children get the next ones.

    Raises:
        HostError: the kernel does not let a process be traced.
    """

    def __init__(self, pid: int) -> None:
        self._thread = threading.get_ident()
        self.folder = _private_folder()
        self._alive: dict[int, _Victim] = {}
        self._numbers: dict[int, int] = {}  # those of the host -> those of the model
        self._end = weakref.finalize(self, _end, self._alive, self.folder)
        try:
            self._start(pid)
        except BaseException:  # also if it is interrupted
            self.close()
            raise

    def _start(self, pid: int) -> None:
        program = self.folder / A_OUT.lstrip("/")
        program.parent.mkdir()
        program.write_bytes(a_out())
        program.chmod(0o755)
        command = [sys.executable, "-I", "-S", "-c", _START, str(program), A_OUT]
        started = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self.folder,
            start_new_session=True,
        )
        number = started.pid
        started.returncode = 0  # it is waited for here
        try:
            process = traced.Traced(number)
            process.go()
            began = process.wait().event == traced.EXEC
        except (OSError, AssertionError):
            began = False
        if not began:
            raise HostError(
                say(
                    "the kernel lets no process be traced here; in a container that takes "
                    "CAP_SYS_PTRACE"
                )
            )
        victim = _Victim(process)
        self._alive[pid], self._numbers[number] = victim, pid
        self._make_bench(victim)

    @staticmethod
    def _make_bench(victim: _Victim) -> None:
        maps = Path(f"/proc/{victim.pid}/maps").read_text()
        vdso = next(line for line in maps.splitlines() if line.endswith("[vdso]"))
        start, end = (int(word, 16) for word in vdso.split()[0].split("-"))
        at = start + victim.read(start, end - start).index(b"\x0f\x05")
        victim.traced.step(at, rdi=-1)  # the way out of execve, which sets rax
        fixed = MAP_FIXED | MAP_ANONYMOUS
        for addr, size, prot, flags in (
            (BENCH, PAGE_SIZE, PROT_READ | PROT_EXEC, MAP_PRIVATE | fixed),
            (ROOM, ROOM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | fixed),
        ):
            victim.traced.step(at, rax=9, rdi=addr, rsi=size, rdx=prot, r10=flags, r8=-1, r9=0)
        victim.write(BENCH, b"".join(code.ljust(_GAP, b"\xcc") for code in _CODE))
        victim.write(ROOM, bytes(ROOM_SIZE))

    def __enter__(self) -> Victims:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End all of them, and take their folder away."""
        self._end()

    @property
    def is_own(self) -> bool:
        """Say whether this thread is the one that may ask them."""
        return threading.get_ident() == self._thread

    # What they are asked for

    def maps(self) -> dict[int, tuple[str, ...]]:
        """Return the lines of /proc/PID/maps of all, without device and inode."""
        return {pid: self._maps(victim) for pid, victim in self._alive.items()}

    def text(self, pid: int) -> str:
        """Return /proc/PID/maps of one, as if the private folder were /."""
        victim = self._alive[pid]
        text = Path(f"/proc/{victim.pid}/maps").read_text(errors="surrogateescape")
        lines = text.replace(str(self.folder), "").splitlines(keepends=True)
        return "".join(line for line in lines if not _of_bench(line))

    def _maps(self, victim: _Victim) -> tuple[str, ...]:
        return short(self.text(self._numbers[victim.pid]))

    def owner(self, name: str, args: Sequence[Any]) -> None:
        """Do to the files what the owner of the machine did."""
        path = f"{self.folder}{inside(args[0])}"
        match name:
            case "fs.write" | "fs.install":
                Path(path).parent.mkdir(parents=True, exist_ok=True)
                with open(path, "wb", buffering=0) as file:
                    for at in range(0, len(args[1]), PAGE_SIZE):  # no folio of several pages
                        file.write(args[1][at : at + PAGE_SIZE])
                    if name == "fs.install":
                        os.fsync(file)
            case "fs.truncate":
                os.truncate(path, args[1])
            case "fs.unlink":
                os.unlink(path)
            case "fs.mkdir":
                Path(path).mkdir(parents=True, exist_ok=True)

    def _path(self, path: str) -> str:
        found = inside(path)
        return found if found in DEVICES else f"{self.folder}{found}"

    def do(self, pid: int, name: str, args: Sequence[Any]) -> tuple[str, int | None]:
        """Make a call or an access; return the answer as strace prints it, and the faults.

        The answer is GONE if there is no such process, SLEEPS if it would have waited. Faults are
        the growth of min_flt, None if the process is gone.
        """
        victim = self._alive.get(pid)
        if victim is None:
            return GONE, None
        before = victim.faults()
        match name:
            case "store" | "load" | "add" | "fetch":
                answer = self._access(pid, victim, name, args)
            case _:
                answer = self._call(pid, victim, name, args)
        return answer, victim.faults() - before if pid in self._alive else None

    def _call(self, pid: int, victim: _Victim, name: str, args: Sequence[Any]) -> str:
        if name == "fork" and len(self._numbers) >= MOST_PROCESSES:
            raise HostError(say("no more than {n} processes are made", n=MOST_PROCESSES))
        request = Request(name, args, self._path, self._host_number)
        if request.room:
            victim.write(ROOM, request.room)
        stop = victim.call(request.number, request.words)
        if stop.event:
            return self._new_child(victim)
        if stop.exited is not None or stop.killed:
            self._ended(pid)
            return "?" if stop.exited is not None else SIGNAL_NAMES[stop.killed]
        if stop.fault:
            return self._die(pid, victim, stop.fault)
        if stop.sleeps:
            return SLEEPS
        return request.answer(victim.result(), victim.read, self._numbers.__getitem__)

    def _host_number(self, pid: int) -> int:
        found = [number for number, own in self._numbers.items() if own == pid]
        return found[0] if found else (1 << 31) - 1  # nobody has that

    def _new_child(self, victim: _Victim) -> str:
        pid = max(self._numbers.values()) + 1
        child = _Victim(traced.Traced(victim.traced.new_child()))
        self._numbers[child.pid], self._alive[pid] = pid, child
        for each in (victim, child):
            each.traced.go()
            each.traced.wait()
        child.write(ROOM, bytes(ROOM_SIZE))  # so that it has these pages
        return str(pid)

    def _access(self, pid: int, victim: _Victim, name: str, args: Sequence[Any]) -> str:
        addr = args[0] & (1 << 64) - 1
        if name == "fetch":
            return self._fetch(pid, victim, addr)
        data = args[1] if name == "store" else bytes(args[1]) if name == "load" else b"\0"
        code = {"store": _STORE, "load": _LOAD, "add": _ADD}[name]
        loaded = b""
        at = addr
        while at < addr + len(data):  # the first byte of each page by an instruction
            end = min((at // PAGE_SIZE + 1) * PAGE_SIZE, addr + len(data))
            byte = args[1] if name == "add" else data[at - addr]
            stop = victim.traced.run(code, rdi=at, rsi=byte & 255)
            if stop.fault:
                return self._die(pid, victim, stop.fault)
            if stop.killed:
                self._ended(pid)
                return SIGNAL_NAMES[stop.killed]
            if name == "store":
                victim.write(at, data[at - addr : end - addr])
            loaded += victim.read(at, end - at)
            at = end
        return _accessed(name, loaded)

    def _fetch(self, pid: int, victim: _Victim, addr: int) -> str:
        stop = victim.traced.step(addr, rax=-1)  # of no call
        number, _, at = stop.fault or (0, 0, 0)
        of_fetch = number in (signal.SIGSEGV, signal.SIGBUS) and 0 <= at - addr < _LONGEST_CODE
        if stop.fault and of_fetch:
            return self._die(pid, victim, stop.fault)
        return _accessed("fetch", victim.read(addr, 1))

    def _die(self, pid: int, victim: _Victim, fault: tuple[int, int, int]) -> str:
        victim.traced.go(fault[0])
        victim.traced.wait()
        self._ended(pid)
        return f"{SIGNAL_NAMES[fault[0]]} ({code_name(fault[0], fault[1])})"

    def _ended(self, pid: int) -> None:
        os.close(self._alive.pop(pid).memory)


def _accessed(name: str, data: bytes) -> str:
    return format_result(name, data if name == "load" else data[0] if data else None)


def _of_bench(line: str) -> bool:
    return BENCH <= int(line.partition("-")[0], 16) < BENCH_END
