"""The rulers on the kernel that runs the tests: the same calls, made by a child process.

`pytest --real-kernel` makes every `check` of a ruler run here too. The answers are those of Linux
6.18 on x86-64; other versions differ where docs/differences.md says so.
"""

from __future__ import annotations

import ctypes
import os
import re
from pathlib import Path

from tests import rulers
from tests.rulers import BASE, TELLING, WIDTH, Op, at, lay_out, parse
from vmlab import LinuxError
from vmlab.model.abi import mman
from vmlab.model.mmu.page import PAGE_SHIFT, PAGE_SIZE

NUMBERS = {  # of system calls, x86-64
    "mmap": 9,
    "mprotect": 10,
    "munmap": 11,
    "mremap": 25,
    "madvise": 28,
    "mlock": 149,
    "munlock": 150,
    "mseal": 462,
}
ARGUMENTS = 6
ROOM = 1024 * PAGE_SIZE  # bytes: what rulers use
VM_FLAGS = {
    "rd": mman.VM_READ,
    "wr": mman.VM_WRITE,
    "ex": mman.VM_EXEC,
    "sh": mman.VM_SHARED,
    "gd": mman.VM_GROWSDOWN,
    "lo": mman.VM_LOCKED,
    "nr": mman.VM_NORESERVE,
    "nh": mman.VM_NOHUGEPAGE,
    "dc": mman.VM_DONTCOPY,
    "wf": mman.VM_WIPEONFORK,
}
HELD, DIFFERED = 0, 1


class RealProcess:
    """This very process, with as much of the interface of `Process` as rulers need."""

    def __init__(self) -> None:
        self._syscall = ctypes.CDLL(None, use_errno=True).syscall
        self._syscall.restype = ctypes.c_long

    def __getattr__(self, name: str) -> object:
        number = NUMBERS.get(name)
        if number is None:
            raise AttributeError(name)

        def call(*arguments: int) -> int:
            words = [*arguments, *[0] * (ARGUMENTS - len(arguments))]
            ctypes.set_errno(0)
            result = self._syscall(number, *[ctypes.c_long(int(word)) for word in words])
            if ctypes.get_errno():
                raise LinuxError(ctypes.get_errno(), "the kernel that runs the tests says so")
            return int(result)

        return call

    def store(self, addr: int, data: bytes) -> None:
        ctypes.memmove(addr, data, len(data))

    def load(self, addr: int) -> bytes:
        return ctypes.string_at(addr, 1)


def facts() -> list[tuple[int, int, int, bool]]:
    """What the ruler shows, read from /proc/self/smaps."""
    found = []
    text = Path("/proc/self/smaps").read_text()
    for entry in re.split(r"^(?=[0-9a-f]+-[0-9a-f]+ )", text, flags=re.MULTILINE)[1:]:
        words = entry.splitlines()[0].split()
        start, end = (int(word, 16) for word in words[0].split("-"))
        if BASE <= start < at(WIDTH):
            names = entry.split("VmFlags:")[1].split()
            flags = sum(VM_FLAGS.get(name, 0) for name in names) & TELLING
            pages = (start - BASE) >> PAGE_SHIFT, (end - BASE) >> PAGE_SHIFT
            found.append((*pages, flags, words[4] != "0"))
    return found


def _wanted(ruler: str) -> list[tuple[int, int, int, bool]]:
    return [region.facts for region in parse(ruler)]


def _run(before: str, steps: list[Op], after: str, written: str, error: str, child: bool) -> str:
    """What differs, or nothing; ruins this process."""
    process = RealProcess()
    process.munmap(BASE, ROOM)  # something in this process, V8 for one, may have reserved it
    file = os.memfd_create("ruler")
    os.ftruncate(file, WIDTH * PAGE_SIZE)
    os.dup2(file, 3)
    lay_out(process, before, written)
    if facts() != _wanted(before):
        return f"{before!r} was made as {facts()}"
    if child and (pid := os.fork()):
        os._exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    failed = ""
    for step in steps:
        try:
            step.run(process)
        except LinuxError as failure:
            failed = failure.name
    if failed != error or facts() != _wanted(after):
        return f"{before!r} {[step.text for step in steps]}: {failed} {facts()}"
    return ""


def check(before: str, steps: list[Op], after: str, written: str, error: str, child: bool) -> None:
    """Run a ruler's calls on the real kernel, in a process of their own."""
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            difference = _run(before, steps, after, written, error, child)
        except BaseException as failure:
            difference = repr(failure)
        os.write(writer, difference.encode())
        os._exit(DIFFERED if difference else HELD)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        difference = pipe.read()
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert status == HELD, f"the real kernel differs (status {status}): {difference}"


def use() -> None:
    """Let every ruler run here too."""
    rulers.on_real_kernel = check
