"""Following a program and all that it starts by ptrace(2), and writing down their calls."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import struct
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from vmlab.errors import UsageError
from vmlab.host import traced
from vmlab.host.call_text import CallText, Read
from vmlab.host.replay_calls import MEMORY
from vmlab.words.language import say

_START = """
import ctypes, os, signal, sys
if ctypes.CDLL(None).ptrace(0, 0, None, None):  # PTRACE_TRACEME
    os._exit(126)
os.kill(os.getpid(), signal.SIGSTOP)
os.execv(sys.argv[1], sys.argv[2:])
"""
_SETOPTIONS, _SYSCALL, _GET_SYSCALL_INFO = 0x4200, 24, 0x420E
_CHILDREN = (traced.FORK, traced.VFORK, traced.CLONE)
_OPTIONS = 1 | sum(1 << event for event in (*_CHILDREN, traced.EXEC)) | 1 << 20
_CALL_STOP = signal.SIGTRAP | 0x80
_ENTRY, _EXIT = 1, 2
_INFO = struct.Struct("<B 3x I Q Q 7Q")  # op, arch, ip, sp, and number and arguments, or result
_PAGE = 4096
_X86_64 = 0xC000003E
_SHOWS_MAPS = MEMORY | {"execve"}


def follow(program: Sequence[str], *, strings: bool) -> tuple[str, dict[int, str], int]:
    """Run a program; return its log, the maps after lines of it by their numbers, and its status.

    Meanwhile no other child of this process may be waited for.

    Args:
        program: its name, and its arguments.
        strings: whether to keep its arguments.

    Raises:
        UsageError: no process can be traced here.
    """
    path = shutil.which(program[0]) or program[0]
    command = [sys.executable, "-I", "-S", "-c", _START, path, *program]
    started = subprocess.Popen(command)
    started.returncode = 0  # it is waited for here
    status = os.waitpid(started.pid, traced.WALL)[1]
    if not os.WIFSTOPPED(status):
        raise UsageError(say("no process may be traced here"))
    return _Follower(started.pid, strings=strings).run()


class _Follower:
    # Of one run.

    def __init__(self, first: int, *, strings: bool) -> None:
        self.first, self.strings = first, strings
        self.lines: list[str] = []
        self.maps: dict[int, str] = {}
        self.calls: dict[int, CallText] = {}  # that a task is in
        self.tasks = {first}
        self.born: set[int] = set()  # of them, those of which the parent told
        self.begun = False  # the program runs, and no more what starts it
        traced.ptrace(_SETOPTIONS, first, _OPTIONS)
        traced.ptrace(_SYSCALL, first)

    def run(self) -> tuple[str, dict[int, str], int]:
        end = 0
        while self.tasks:
            tid, status = os.waitpid(-1, traced.WALL)
            if os.WIFSTOPPED(status):
                self._stopped(tid, status)
                continue
            self.tasks.discard(tid)
            self.calls.pop(tid, None)
            code = os.waitstatus_to_exitcode(status)
            killed = signal.Signals(-code).name if code < 0 else ""
            how = f"killed by {killed}" if killed else f"exited with {code}"
            self._add(f"{tid} +++ {how} +++\n")
            if tid == self.first:
                end = code if code >= 0 else 128 - code
        return "".join(self.lines), self.maps, end

    def _add(self, line: str) -> None:
        if line and self.begun:
            self.lines.append(line)

    def _stopped(self, tid: int, status: int) -> None:
        sig, event = os.WSTOPSIG(status), status >> 16
        deliver = 0
        if tid not in self.tasks:  # a child, before its first instruction
            self.tasks.add(tid)
            if tid not in self.born:
                return  # it waits for the line of its parent
        elif sig == _CALL_STOP:
            self._call_stop(tid)
        elif event in _CHILDREN:
            child = self._message(tid)
            call = self.calls.pop(tid, None)  # the child may run before it returns
            self._add(call.line(child) if call is not None else "")
            self.born.add(child)
            if child in self.tasks:
                self._go(child, 0)
        elif event == traced.EXEC:
            self.begun = True
            former = self._message(tid)  # a thread becomes the process, and its others end
            if former != tid:
                self.tasks.discard(former)
                call = self.calls[tid] = self.calls.pop(former)
                call.pid = tid
        elif not event:
            deliver = sig
        self._go(tid, deliver)

    @staticmethod
    def _message(tid: int) -> int:
        number = ctypes.c_ulong()
        traced.ptrace(traced.GETEVENTMSG, tid, ctypes.byref(number))
        return number.value

    def _go(self, tid: int, sig: int) -> None:
        with suppress(ProcessLookupError):  # it was killed meanwhile, which waitpid tells
            traced.ptrace(_SYSCALL, tid, sig)

    def _call_stop(self, tid: int) -> None:
        buffer = ctypes.create_string_buffer(_INFO.size)
        traced.ptrace(_GET_SYSCALL_INFO, tid, buffer, _INFO.size)
        kind, arch, _, _, number, *words = _INFO.unpack(buffer.raw)
        if kind == _ENTRY and arch == _X86_64:
            call = CallText(tid, number, words, _reader(tid), strings=self.strings)
            self.calls[tid] = call
            if call.name in ("exit", "exit_group"):
                self._add(call.line(None))
        elif kind == _EXIT and (done := self.calls.pop(tid, None)) is not None:
            line = done.line(number)
            self._add(line)
            if line and self.begun and done.name in _SHOWS_MAPS:
                self.maps[len(self.lines)] = _maps(tid)


def _reader(tid: int) -> Read:
    def read(addr: int, length: int) -> bytes:
        data = b""
        try:
            with open(f"/proc/{tid}/mem", "rb", buffering=0) as memory:
                memory.seek(addr)
                while len(data) < length:  # page by page: the next one may not be there
                    data += memory.read(min(length - len(data), _PAGE - (addr + len(data)) % _PAGE))
        except (OSError, OverflowError):
            pass
        return data

    return read


def _maps(tid: int) -> str:
    return Path(f"/proc/{tid}/maps").read_text(errors="surrogateescape")
