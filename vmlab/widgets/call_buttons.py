"""What the buttons do: one public method a call.

Each reads its fields, makes the call on the chosen process, and shows the answer.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from vmlab.errors import Killed, LinuxError, ProcessError, Signal
from vmlab.model.abi import strace
from vmlab.model.abi.fcntl import Open
from vmlab.model.abi.mman import Map
from vmlab.model.process import Process
from vmlab.widgets.controls import Controls
from vmlab.widgets.timeline import Timeline
from vmlab.widgets.typed_values import FieldError


def _shown(value: Any) -> str:
    """An answer, or what has no form of its own in strace; a call that does not return has none."""
    if value is None:
        return "?"
    if isinstance(value, bytes):
        return f'"{value.decode("latin-1").encode("unicode_escape").decode()}"'
    return f"{value:#x}" if isinstance(value, int) and value >= 0x10000 else str(value)


def _said(name: str, arguments: Mapping[str, Any]) -> str:
    """A call as strace writes it."""
    values = dict(arguments)
    if name in ("write", "read", "fetch"):  # of memory; strace knows only those of files
        addr, *rest = values.values()
        return f"{name}({', '.join([f'{addr:#x}', *map(_shown, rest)])})"
    if name == "mmap" and values["file"] is None:
        values |= {"file": -1, "flags": values["flags"] | Map.MAP_ANONYMOUS}
    plain = tuple(0 if value is None else value for value in values.values())
    return f"{name}({strace.arguments(name, plain)})"


def _end(process: Process | None) -> str:
    """Say so if a process did not survive."""
    return "" if process is None or process.state == "R" else f"; process {process.pid} ends here"


def _handler(call: Callable[..., Any]) -> Callable[..., None]:
    """Make a method read its fields, unless it gets its arguments, and show the answer.

    A field that cannot be read, an errno, a signal are shown; any other exception goes on.
    """
    name = call.__name__

    @functools.wraps(call)
    def make(self: Handlers, **given: Any) -> None:
        try:
            arguments = given or self.arguments(name)
        except FieldError as error:
            self.controls.show_problem(name, error.field, str(error))
            return
        said = _said(name, arguments)
        process = None
        try:
            process = self.process
            with self.timeline.act(name):
                result = call(self, **arguments)
            answer, outcome, words = _shown(result), "good", ""
        except LinuxError as error:
            answer, outcome, words = error.answer, "error", str(error.check)
        except Signal as error:
            answer = f"{error.name} ({error.code_name}, si_addr={error.si_addr:#x})"
            outcome, words = "signal", f"{error.why}{_end(process)}"
        except Killed as error:
            answer, outcome = error.name, "signal"
            words = f"{error.why}{_end(process)}"
        except ProcessError as error:
            answer, outcome, words = "", "error", str(error)
        finally:
            self.refresh()
        self.controls.show_answer(said, answer, outcome, words)

    return make


class Handlers:
    """The calls of an Explorer. Without arguments each takes what stands in its fields."""

    controls: Controls
    timeline: Timeline

    @property
    def process(self) -> Process:
        """The chosen process."""
        raise NotImplementedError

    def arguments(self, name: str) -> Mapping[str, Any]:
        """Read the fields of a call."""
        raise NotImplementedError

    def refresh(self) -> None:
        """Show what the last call left behind."""
        raise NotImplementedError

    @_handler
    def fork(self) -> int:
        """Make a child process; answers its pid."""
        return self.process.fork().pid

    @_handler
    def vfork(self) -> int:
        """Make a child that borrows the address space; answers its pid."""
        return self.process.vfork().pid

    @_handler
    def write(self, addr: int, data: bytes) -> int:
        """Store to memory; answers how many bytes."""
        self.process.store(addr, data)
        return len(data)

    @_handler
    def read(self, addr: int, n: int) -> bytes:
        """Load from memory."""
        return self.process.load(addr, n)

    @_handler
    def fetch(self, addr: int) -> int:
        """Execute at an address."""
        self.process.fetch(addr)
        return 0

    @_handler
    def mmap(
        self, addr: int | None, length: int, prot: int, flags: int, file: str | None, offset: int
    ) -> int:
        """Make a mapping, of nothing or of a file opened for it; answers its address."""
        process = self.process
        if file is None:
            return process.mmap(addr, length, prot, flags | Map.MAP_ANONYMOUS, -1, offset)
        fd = process.open(file, Open.O_RDWR)
        try:
            return process.mmap(addr, length, prot, flags, fd, offset)
        finally:
            process.close(fd)

    @_handler
    def munmap(self, addr: int, length: int) -> int:
        """Remove what is mapped in a range."""
        self.process.munmap(addr, length)
        return 0

    @_handler
    def mprotect(self, addr: int, length: int, prot: int) -> int:
        """Change the protection of a range."""
        self.process.mprotect(addr, length, prot)
        return 0

    @_handler
    def mremap(
        self, old_address: int, old_size: int, new_size: int, flags: int, new_address: int | None
    ) -> int:
        """Resize or move a mapping; answers where it is then."""
        return self.process.mremap(old_address, old_size, new_size, flags, new_address or 0)

    @_handler
    def madvise(self, addr: int, length: int, advice: int) -> int:
        """Say how a range will be used."""
        self.process.madvise(addr, length, advice)
        return 0

    @_handler
    def msync(self, addr: int, length: int, flags: int) -> int:
        """Write a mapped file back."""
        self.process.msync(addr, length, flags)
        return 0

    @_handler
    def mlock(self, addr: int, length: int) -> int:
        """Keep a range in memory."""
        self.process.mlock(addr, length)
        return 0

    @_handler
    def munlock(self, addr: int, length: int) -> int:
        """Let a locked range go."""
        self.process.munlock(addr, length)
        return 0

    @_handler
    def brk(self, addr: int) -> int:
        """Move the end of the heap; answers where it is then."""
        return self.process.brk(addr)

    @_handler
    def execve(self, path: str) -> int:
        """Replace the program."""
        self.process.execve(path, [path], {})
        return 0

    @_handler
    def exit(self, code: int) -> None:
        """End the process."""
        self.process.exit(code)

    @_handler
    def wait(self) -> int:
        """Collect a child that has ended; answers its pid."""
        return self.process.wait()[0]
