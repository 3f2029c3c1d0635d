"""The files of a recorded program: sparse, of the recorded size, with the recorded headers."""

from __future__ import annotations

import posixpath
import struct
from typing import Any

from vmlab import Process
from vmlab.model.filesystem import Filesystem

PT_INTERP = 3
AT_BASE = "7"
MEMFD = "/memfd:"
DELETED = " (deleted)"


def mapping_at(maps: list[str], addr: int) -> str:
    """Return the name of the mapping that holds an address, '' if it has none."""
    for line in maps:
        columns = line.split(" ", 3)
        start, end = (int(text, 16) for text in columns[0].split("-"))
        if start <= addr < end:
            return columns[3] if len(columns) > 3 else ""
    return ""


class Files:
    """The files a program maps, under the names maps gives them.

    Linux shows a file under one name, however many links lead to it. Here each link is a copy;
    `shown_line` gives its lines of maps the one name.
    """

    def __init__(self, fs: Filesystem, recorded: dict[str, dict[str, Any] | None]) -> None:
        self.fs = fs
        self.recorded = recorded
        self.names: dict[str, str] = {}  # path of a copy -> name in maps
        for name, file in recorded.items():
            if file is not None:
                self._make(name, file)

    def _make(self, path: str, file: dict[str, Any]) -> None:
        data = bytearray.fromhex(file.get("first_bytes_hex", ""))
        interp = file.get("interp")
        for number in range(file.get("phnum", 0)):
            base = file["phoff"] + number * file["phentsize"]
            kind, _, offset = struct.unpack_from("<IIQ", data, base)
            if kind == PT_INTERP and interp:
                data.extend(bytes(max(0, offset + len(interp) + 1 - len(data))))
                data[offset : offset + len(interp)] = interp.encode()
        self.fs.write(path, bytes(data), disk=True)
        self.fs.truncate(path, file["size"])

    def alias(self, path: str, name: str) -> str:
        """Give a file the path a program was called by; return it.

        The model's working directory is the root.
        """
        place = "/" + posixpath.normpath(path).lstrip("/")
        file = self.recorded.get(name)
        if place != name and file is not None:
            self._make(place, file)
            self.names[place] = name
        return path

    def alias_interpreter(self, program: str, event: dict[str, Any]) -> None:
        """Give the interpreter of a program the path the program knows it by."""
        file = self.recorded.get(program)
        name = mapping_at(event["maps"], event["auxv"].get(AT_BASE, 0))
        if file is not None and file.get("interp") and name:
            self.alias(file["interp"], name)

    def open(self, process: Process, name: str, flags: int) -> int:
        """Open or make the file that maps calls so; return the descriptor."""
        if name.startswith(MEMFD):
            return process.memfd_create(name.removeprefix(MEMFD).removesuffix(DELETED))
        self.fs.mkdir(name.rsplit("/", 1)[0] or "/")
        return process.open(name, flags)

    def unlink(self, path: str) -> None:
        """Take a file's name away; relative paths are matched by their ends."""
        for name in list(self.fs):
            if name == path or (not path.startswith("/") and name.endswith(f"/{path}")):
                self.fs.unlink(name)
                return

    def shown_line(self, line: str) -> str:
        """Return a line of maps with the name Linux shows."""
        columns = line.split(" ", 3)
        if len(columns) == 4:
            columns[3] = self.names.get(columns[3], columns[3])
        return " ".join(columns)
