"""What a log tells of files: how large they are, and through which descriptors they are mapped."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from vmlab.errors import ArgumentError
from vmlab.host.replay_calls import (
    BIRTHS,
    absolute,
    clone_arguments,
    file_of,
    is_here,
    path_of,
    typed,
)
from vmlab.host.strace_lines import Entry, LogCall
from vmlab.host.strace_tokens import Value
from vmlab.model.abi.clone import CLONE_FILES

_OPENS = {"open": 0, "openat": 1, "openat2": 1, "creat": 0}  # where the path stands
_STATS = {"stat": 0, "lstat": 0, "newfstatat": 1, "statx": 1}
_DUPS = ("dup", "dup2", "dup3")
LONGEST = 1 << 62  # bytes: no file is longer


@dataclass(slots=True)
class _Opened:
    path: str  # '' = unknown, or no file
    number: int  # of the entry that opened it


class FilesTold:
    """The files of a log.

    Attributes:
        sizes: path -> bytes, as a call told them; else so many that all of it can be mapped.
        opened: numbers of the entries that open what is mapped later, each with the path.
        names: path that a program used -> path without links, where -y tells it.
    """

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.sizes: dict[str, int] = {}
        self.opened: dict[int, str] = {}
        self.names: dict[str, str] = {}
        self._mapped: dict[str, int] = {}
        self._tables: dict[int, dict[int, _Opened]] = {}
        self._folders: dict[int, str] = {}
        for number, entry in enumerate(entries):
            if isinstance(entry, LogCall):
                try:
                    self._call(number, entry)
                except ArgumentError:
                    continue  # it says so when it is replayed
        for path, size in self._mapped.items():
            self.sizes.setdefault(path, size)

    def folder(self, pid: int) -> str:
        """Return the current directory of a process, as far as is told."""
        return self._folders.get(pid, "/")

    def _table(self, pid: int) -> dict[int, _Opened]:
        return self._tables.setdefault(pid, {})

    def path(self, call: LogCall, place: int) -> str:
        """Return a path among the arguments of a call, from the root on; '' = unknown."""
        path = path_of(call, place)
        if path is None:
            return ""
        base = self.folder(call.pid)
        if place and not path.startswith("/"):
            directory = call.args[place - 1]
            base = file_of(directory.path) or (base if is_here(directory) else "")
            base = base or self._opened_path(call.pid, directory)
        return absolute(path, base)

    def _opened_path(self, pid: int, value: Value) -> str:
        opened = self._table(pid).get(value.number if value.number is not None else -1)
        return file_of(value.path) or (opened.path if opened is not None else "")

    def _call(self, number: int, call: LogCall) -> None:
        name, table, result = call.name, self._table(call.pid), call.result
        if result is None:
            return
        if name in _OPENS:
            asked = self.path(call, _OPENS[name])
            path = file_of(call.result_path) or asked
            if asked and path != asked:
                self.names[asked] = path
            table[result] = _Opened(path, number)
        elif name == "memfd_create":
            table[result] = _Opened("", number)
        elif name in _DUPS or (name == "fcntl" and "F_DUPFD" in call.args[1].text):
            source = table.get(call.args[0].number or 0)
            if source is not None:
                table[result] = source
        elif name == "close":
            table.pop(call.args[0].number or 0, None)
        elif name in BIRTHS and result:
            shares = bool(clone_arguments(call)[0] & CLONE_FILES)
            self._tables[result] = table if shares else {**table}
            self._folders[result] = self.folder(call.pid)
        elif name == "chdir":
            self._folders[call.pid] = self.path(call, 0) or "/"
        elif name == "mmap":
            self._map(call, table)
        else:
            self._size(call, table, result)

    def _map(self, call: LogCall, table: dict[int, _Opened]) -> None:
        _, length, _, _, fd, offset = typed(call)
        opened = table.get(fd)
        path = file_of(call.args[4].path) or (opened.path if opened is not None else "")
        if opened is not None:
            self.opened[opened.number] = path
        if path and length + offset < LONGEST:
            self._mapped[path] = max(self._mapped.get(path, 0), length + offset)

    def _size(self, call: LogCall, table: dict[int, _Opened], result: int) -> None:
        name = call.name
        if name in ("fstat", "newfstatat", "statx", *_STATS):
            place = _STATS.get(name, 0)
            path = self.path(call, place) if name != "fstat" else ""
            if name == "fstat" or path_of(call, place) == "":
                path = self._opened_path(call.pid, call.args[0])
            size = self._told_size(call)
            if path and size is not None:
                self._tell(path, size)
        elif name == "lseek" and "SEEK_END" in call.args[-1].text:
            path = self._opened_path(call.pid, call.args[0])
            if path and call.args[1].number == 0:
                self._tell(path, result)

    def _tell(self, path: str, size: int) -> None:
        if size < LONGEST:
            self.sizes[path] = max(self.sizes.get(path, 0), size)

    @staticmethod
    def _told_size(call: LogCall) -> int | None:
        for value in call.args:
            found = value.field("st_size") or value.field("stx_size")
            if found is not None:
                return found.number
        return None
