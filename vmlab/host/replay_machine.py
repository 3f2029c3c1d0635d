"""The machine that a log is replayed on: its memory, its files, its programs."""

from __future__ import annotations

import posixpath
import stat
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from vmlab.errors import ArgumentError, LinuxError
from vmlab.host.replay_calls import absolute, file_of, path_of, typed
from vmlab.host.replay_elf import Image, Placed, place, with_interpreter
from vmlab.host.replay_files import FilesTold
from vmlab.host.replay_spaces import ATTACHED, Life
from vmlab.host.strace_lines import Entry, LogCall, Unread
from vmlab.model.abi.fcntl import O_CREAT, O_EXCL, O_TRUNC
from vmlab.model.abi.mman import MAP_NORESERVE
from vmlab.model.abi.strace_strings import parse_text
from vmlab.model.linux.include.fs import EXT4_MAX_SIZE
from vmlab.model.mmu.page import GiB, MiB
from vmlab.state.machine import Machine

INIT, LARGEST_PID = 1, 1 << 22
RAM = 512 * MiB  # a log can bring so many bytes in at most
_PROMISED = 64 * GiB  # bytes that count as memory, unless a program of the log was given more
_IMPORTED = 64 * MiB  # bytes of contents that are imported at most
_HEAD = 1 << 16  # bytes of a program in which its headers are looked for


@dataclass(frozen=True, slots=True)
class Exec:
    """How a program of a log is run here.

    Attributes:
        path: of its file here.
        argv: its arguments.
        placed: what stands for it.
    """

    path: str
    argv: list[str]
    placed: Placed


def machine_for(entries: Sequence[Entry]) -> Machine:
    """Return a machine that has as much memory to promise as the programs of a log were given."""
    most = 0
    for entry in entries:
        if isinstance(entry, LogCall) and entry.name == "mmap" and entry.result is not None:
            try:
                args = typed(entry)
            except ArgumentError:
                continue
            most = max(most, 0 if args[3] & MAP_NORESERVE else args[1])
    machine = Machine(ram=RAM, totalram=min(max(_PROMISED, 2 * most), 1 << 47))
    machine.fs.furnish()
    pids = [each.pid for each in entries if not isinstance(each, Unread) and each.pid > INIT]
    if pids and min(pids) < LARGEST_PID:
        machine.system.next_pid = min(pids)  # so that it can have the numbers of the log
    return machine


class ReplayFiles:
    """The files of a log on the machine.

    Args:
        machine: the machine.
        entries: of the log, in order.
        told: what they tell of files.
        known: files whose first bytes and sizes are known, by path.
        imports: the folder to import from, None = none. Nothing else of the host is opened.
    """

    def __init__(
        self,
        machine: Machine,
        entries: Sequence[Entry],
        told: FilesTold,
        known: Mapping[str, Image],
        imports: Path | None,
    ) -> None:
        self._fs = machine.fs
        self._entries = entries
        self._known = known
        self._root = imports.resolve() if imports is not None else None
        self._room = _IMPORTED
        self.told = told
        self._heads: dict[str, bytes] = {}  # path of a program -> what it begins with
        self.made = {
            path: made
            for number, path in told.opened.items()
            if path and isinstance(call := entries[number], LogCall)
            if (made := self._make_opened(call, path))
        }

    def image(self, path: str) -> Image | None:
        """Return what is known of a file, None if that is nothing."""
        if path in self._known:
            return self._known[path]
        file = self._host_file(path)
        if file is None:
            return None
        size = file.stat().st_size
        with file.open("rb") as opened:
            data = opened.read(size if size <= self._room else _HEAD)
        self._room -= len(data) if len(data) == size else 0
        return Image(data, size)

    def _host_file(self, path: str) -> Path | None:
        # Below the folder, wherever its links lead.
        if self._root is None:
            return None
        try:
            file = (self._root / path.lstrip("/")).resolve()
            is_there = file.is_relative_to(self._root) and stat.S_ISREG(file.stat().st_mode)
        except (OSError, ValueError):
            return None
        return file if is_there else None

    def _make_opened(self, call: LogCall, path: str) -> bool:
        # What the program makes itself is not there before.
        try:
            flags = 0 if call.name == "openat2" else typed(call)[-2]
        except (ArgumentError, KeyError):
            flags = 0
        try:
            if flags & O_CREAT and flags & (O_EXCL | O_TRUNC):
                self._fs.mkdir(posixpath.dirname(path))
            else:
                self.make(path)
            return True
        except LinuxError:
            return False

    def make(self, path: str) -> None:
        """Make a file, if it is missing: as large as the log says, with what is known of it.

        Raises:
            LinuxError: it cannot have that name, or that size.
        """
        if path in self._fs:
            return
        image = self.image(path) or Image(b"", 0)
        size = max(image.size, self.told.sizes.get(path, 0))
        self._install(path, Image(image.head, size))
        for name in [name for name, other in self.told.names.items() if other == path]:
            if name not in self._fs:
                self._fs.link(path, name)

    def _install(self, path: str, image: Image) -> None:
        if image.size > EXT4_MAX_SIZE:
            self._fs.write(path, image.head, disk=False)
        else:
            self._fs.install(path, image.head)
        if image.size > len(image.head):
            self._fs.truncate(path, image.size)

    def path_of_fd(self, call: LogCall, fd: int, size: int) -> str:
        """Return the path of the file that stands for a descriptor; it is made if it is missing.

        Args:
            call: that maps it.
            fd: the descriptor.
            size: bytes that are mapped of it.

        Raises:
            LinuxError: it cannot have that name, or that size.
        """
        path = file_of(call.args[4].path) or f"/descriptor/{call.line}/{fd}"
        if path not in self._fs:
            self._install(path, Image(b"", size))
        return path

    # Programs

    def programs(self, lives: Mapping[int, Life]) -> dict[int, Exec]:
        """Make the files of all programs that run; return how they are run, by entry."""
        found = {}
        for number, life in lives.items():
            call = self._entries[number]
            if number != ATTACHED and isinstance(call, LogCall):
                with suppress(LinuxError):  # a name that it cannot have
                    found[number] = self._program(number, call, life)
        return found

    def _program(self, number: int, call: LogCall, life: Life) -> Exec:
        # Make the file of one program.
        asked = path_of(call, 0)
        path = absolute(asked or f"/program/{number}", self.told.folder(call.pid))
        placed = place(life, self.image(path), self.image)
        folder, image = "", placed.program
        variant = 0
        while self._differs(folder + path, image) or (
            placed.interpreter is not None
            and self._differs(self._interpreter(placed, folder), placed.interpreter)
        ):
            # Another place, so another file: in a folder of its own.
            variant += 1
            folder = f"/{variant}"
        if placed.interpreter is not None:
            name = self._interpreter(placed, folder)
            self._put(name, placed.interpreter)
            image = with_interpreter(image, name) if folder else image
        self._put(folder + path, image, placed.program)
        return Exec(folder + path, _argv(call, asked or path), placed)

    @staticmethod
    def _interpreter(placed: Placed, folder: str) -> str:
        path = "/" + placed.interpreter_path.lstrip("/")
        return f"{folder}/{posixpath.basename(path)}" if folder else path

    def _differs(self, path: str, image: Image) -> bool:
        return path in self._fs and self._heads.get(path) != image.head

    def _put(self, path: str, image: Image, original: Image | None = None) -> None:
        if path not in self._fs:
            self._install(path, image)
            self._heads[path] = (original or image).head


def _argv(call: LogCall, path: str) -> list[str]:
    if len(call.args) < 2 or call.args[1].cut:
        return [path]
    try:
        return [parse_text(item.text) for item in call.args[1].items] or [path]
    except ArgumentError:
        return [path]
