"""Run a program on the kernel of this machine, in a process that has nothing else in it.

The process stays on one CPU and goes before all others there, so that the batches of that CPU hold
what the program put there, and nothing besides.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import resource
import shutil
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.answers import proc
from tests.answers.program import (
    CHILD,
    DISK_FOLDER,
    FILES,
    FOLDER,
    HEADROOM,
    LIST,
    NOFILE,
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
from vmlab.model.abi.calls import CALLS
from vmlab.model.linux.include.file_ra_state import VM_READAHEAD_PAGES
from vmlab.model.linux.include.structs import OVERCOMMIT_NEVER

_CALL, _STORE, _LOAD, _CLONE, _OPEN, _USE = range(1, 7)  # as victim.S has them
_ENTRY = struct.Struct("<10Q")
_FIRST = 16  # bytes into an entry: its first argument
_RESULT = 64
_CHILD = 72
_LAST_ENTRY = SIZE // 4 - _ENTRY.size
_MASK = (1 << 64) - 1
_UNDONE = 0xDEAD << 48  # a result that was never written
_READS = {"smaps": 8}  # of a page at most, which a text of /proc needs; others need one
_PATHS = {"committed": "/proc/meminfo"}
_WALL = 0x40000000  # wait for every kind of child
_LIST_FD = 3
_CLONE_NEWIPC = 0x08000000
_ADDR_NO_RANDOMIZE = 0x40000
_PR_CAPBSET_DROP = 24
_CAP_SYS_RESOURCE = 24
_MAKES_CHILD = ("fork", "clone")

Reader = Callable[[], Answer]


class _Compiler:
    # A program as the victim reads it, and where the answers will stand.

    def __init__(self, area: mmap.mmap) -> None:
        self.area = area
        self.end = 0  # of the entries, in bytes
        self.room_at = _LAST_ENTRY + _ENTRY.size  # for texts
        self.pids: list[int] = []  # where the number of the victim is to stand, in bytes
        self.children: list[tuple[int, list[Step], list[Reader]]] = []

    def steps(self, steps: list[Step], end: str = "exit_group") -> list[Reader]:
        """Add a list; return what reads the answers afterwards."""
        readers = [self._step(name, args) for name, *args in steps]
        self._put(_CALL, CALLS[end].number)
        while self.children:
            clone, inside, found = self.children.pop()
            struct.pack_into("<Q", self.area, clone + _CHILD, LIST + self.end)
            found += self.steps(inside, "exit")
        return readers

    def _put(self, what: int, number: int = 0, args: Sequence[int] = ()) -> int:
        words = [arg & _MASK for arg in (*args, *[0] * (6 - len(args)))]
        place = self.end
        assert place <= _LAST_ENTRY
        _ENTRY.pack_into(self.area, place, what, number, *words, _UNDONE, 0)
        self.end += _ENTRY.size
        return place

    def _room(self, length: int) -> int:
        place = self.room_at
        self.room_at += -(-length // 16) * 16
        assert self.room_at <= SIZE
        return place

    def _text(self, text: str) -> int:
        data = text.encode() + b"\0"
        place = self._room(len(data))
        self.area[place : place + len(data)] = data
        return LIST + place

    def _result(self, place: int) -> int | None:
        (value,) = struct.unpack_from("<Q", self.area, place + _RESULT)
        if value == _UNDONE:
            return None
        return int(value) - (1 << 64) if value > _MASK - PAGE else int(value)

    def _step(self, name: str, args: list[Any]) -> Reader:
        if name in ("store", "load"):
            return self._access(name, *args)
        if name in _MAKES_CHILD:
            return self._make_child(name, args)
        if name == "bytes":
            return self._bytes(*args)
        if name == "word":
            reader = self._bytes(*args, 4)
            return lambda: word(int.from_bytes(bytes.fromhex(reader() or ""), "little"))
        if hasattr(proc, name):
            return self._look(name, args)
        if name == "overcommit":
            return lambda: 0
        if name in ("mem_read", "mem_write", "clear_refs"):
            return getattr(self, f"_{name}")(*args)
        if args[:1] == [VICTIM_PID]:
            self.pids.append(self.end + _FIRST)
            args[0] = 0
        words = [self._text(arg) if isinstance(arg, str) else arg or 0 for arg in args]
        place = self._put(_CALL, CALLS[name].number, words)
        if name in NUMBERED:
            return lambda: word(self._result(place) or 0)
        return lambda: self._result(place)

    def _access(self, name: str, addr: int, byte: int = 0, pages: int = 1) -> Reader:
        what = _STORE if name == "store" else _LOAD
        places = [self._put(what, 0, (addr + PAGE * page, byte)) for page in range(pages)]
        return lambda: self._result(places[-1])

    def _bytes(self, addr: int, length: int) -> Reader:
        # The victim writes them to its own list.
        room = self._room(length)
        place = self._put(_CALL, CALLS["pwrite64"].number, (_LIST_FD, addr, length, room))

        def read() -> Answer:
            done = self._result(place)
            return None if done is None else self.area[room : room + length].hex()

        return read

    def _use(self, path: str, flags: int, call: str, data: bytes, offset: int) -> tuple[int, int]:
        # Open a file, make one call with a buffer, close it; where the call and the buffer stand.
        self._put(_OPEN, CALLS["open"].number, (self._text(path), flags))
        room = self._room(len(data))
        self.area[room : room + len(data)] = data
        entry = self._put(_USE, CALLS[call].number, (0, LIST + room, len(data), offset))
        self._put(_USE, CALLS["close"].number)
        return entry, room

    def _mem_read(self, addr: int, length: int) -> Reader:
        entry, room = self._use("/proc/self/mem", os.O_RDONLY, "pread64", bytes(length), addr)

        def read() -> Answer:
            done = self._result(entry)
            return done if done is None or done < 0 else self.area[room : room + done].hex()

        return read

    def _mem_write(self, addr: int, byte: int, length: int) -> Reader:
        data = bytes((byte,)) * length
        entry, _ = self._use("/proc/self/mem", os.O_RDWR, "pwrite64", data, addr)
        return lambda: self._result(entry)

    def _clear_refs(self, kind: int) -> Reader:
        text = str(kind).encode()
        entry, _ = self._use("/proc/self/clear_refs", os.O_WRONLY, "write", text, 0)

        def read() -> Answer:
            done = self._result(entry)
            return 0 if done == len(text) else done

        return read

    def _make_child(self, name: str, args: list[Any]) -> Reader:
        steps = args.pop() if args and isinstance(args[-1], list) else []
        ids = LIST + self._room(8)
        more = args[1:] or (0, ids, ids)
        place = self._put(_CLONE, CALLS[name].number, (*args[:1], *more))
        waited = self._put(_CALL, CALLS["wait4"].number, (-1, 0, _WALL))
        found: list[Reader] = []
        self.children.append((place, steps, found))

        def read() -> Answer:
            result = self._result(place)
            if result is None or self._result(waited) is None or result < 0:
                return result
            return [CHILD, *[reader() for reader in found]]

        return read

    def _look(self, name: str, args: list[int]) -> Reader:
        path, call = _PATHS.get(name, f"/proc/self/{name}"), "read"
        offset = args[0] // PAGE * 8 if name == "pagemap" else 0
        length = 8 if name == "pagemap" else PAGE
        self._put(_OPEN, CALLS["open"].number, (self._text(path), 0))
        pieces = []
        for _ in range(_READS.get(name, 1)):
            place = self._room(length)
            number = CALLS["pread64" if name == "pagemap" else call].number
            pieces.append((self._put(_USE, number, (0, LIST + place, length, offset)), place))
        self._put(_USE, CALLS["close"].number)

        def read() -> Answer:
            data = b""
            for entry, place in pieces:
                count = self._result(entry)
                if count is None:
                    return None
                data += self.area[place : place + count]
            return getattr(proc, name)(data, *args)

        return read


def run(steps: list[Step]) -> list[Answer]:
    """Run a program; return the answers, and what became of the process.

    The last answer is the status as `waitpid` has it: 0, or the number of a signal.
    """
    policy = steps[0][1] if steps[0][0] == "overcommit" else 0
    if not policy:
        with _read_ahead():
            return _run(steps)
    try:
        if policy == OVERCOMMIT_NEVER:
            committed = proc.committed(Path("/proc/meminfo").read_bytes()) * PAGE
            _set("overcommit_kbytes", (committed + HEADROOM) >> 10)
        _set("overcommit_memory", policy)
        return _run(steps)
    finally:
        _set("overcommit_memory", 0)
        _set("overcommit_ratio", 50)


def _set(name: str, value: int) -> None:
    (Path("/proc/sys/vm") / name).write_text(str(value))


@contextmanager
def _read_ahead() -> Iterator[None]:
    # As much of the disk as is usual is read ahead.
    device = os.stat("/").st_dev
    path = Path(f"/sys/class/bdi/{os.major(device)}:{os.minor(device)}/read_ahead_kb")
    before = path.read_text()
    path.write_text(str(VM_READAHEAD_PAGES * PAGE >> 10))
    try:
        yield
    finally:
        path.write_text(before)


def _run(steps: list[Step]) -> list[Answer]:
    _make_files()
    memory = os.memfd_create("list")
    os.ftruncate(memory, SIZE)
    with mmap.mmap(memory, SIZE) as area:
        area[:] = bytes(SIZE)  # a hole would be filled by the victim
        compiler = _Compiler(area)
        readers = compiler.steps(steps)
        pid = os.fork()
        if not pid:
            try:
                for place in compiler.pids:
                    struct.pack_into("<Q", area, place, os.getpid())
                _become_victim(memory)
            finally:
                os._exit(127)
        os.close(memory)
        status = os.waitpid(pid, 0)[1]
        _collect_others()
        answers = since_first(steps, [reader() for reader in readers])
    assert status >> 8 != 127, "the victim could not be started"
    return [*answers, status]


def _make_files() -> None:
    for folder in (FOLDER, DISK_FOLDER):
        shutil.rmtree(folder, ignore_errors=True)
    for path, data in FILES.items():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_bytes(data)


def _become_victim(memory: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.personality(_ADDR_NO_RANDOMIZE)
    if libc.unshare(_CLONE_NEWIPC):  # segments count from 0
        raise OSError(ctypes.get_errno(), "unshare")
    if libc.prctl(_PR_CAPBSET_DROP, _CAP_SYS_RESOURCE, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    resource.setrlimit(resource.RLIMIT_NOFILE, (NOFILE, NOFILE))
    null = os.open("/dev/null", os.O_RDWR)
    for number, target in ((memory, _LIST_FD), (null, 0), (null, 1), (null, 2)):
        os.dup2(number, target)
        os.set_inheritable(target, True)
    os.closerange(4, 1 << 16)
    os.execve(VICTIM, ["victim"], {})


def _collect_others() -> None:
    # CLONE_PARENT makes children of ours.
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass
