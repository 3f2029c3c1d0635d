"""A small machine in the real one: its own processes, mounts and terminal, and a tree of files.

`in_machine` runs a function as process 1 of namespaces of its own; `Tree` makes there what the
programs see: a tmpfs with one program, its libraries and `FILES`, in which a child becomes a
program. Needs root.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import resource
import select
import signal
import socket
import stat
import struct
import tempfile
import termios
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.programs.cpuid import Places
from tests.programs.programs import CWD, ENVIRONMENT, FILES

_libc = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNS, _CLONE_NEWIPC, _CLONE_NEWPID = 0x20000, 0x8000000, 0x20000000
_CLONE_NEWNET = 0x40000000
_NAMESPACES = _CLONE_NEWNS | _CLONE_NEWIPC | _CLONE_NEWPID | _CLONE_NEWNET
_SIOCSIFFLAGS, _IFF_UP = 0x8914, 1
_MS_REC_PRIVATE = 0x44000
_ADDR_NO_RANDOMIZE = 0x0040000
_SECONDS = 120  # one run at most
_TIOCSPTLCK, _TIOCGPTN = 0x40045431, 0x80045430
_UNLIMITED = resource.RLIM_INFINITY
LIMITS = {
    "RLIMIT_STACK": (8 << 20, _UNLIMITED),
    "RLIMIT_DATA": (_UNLIMITED, _UNLIMITED),
    "RLIMIT_AS": (_UNLIMITED, _UNLIMITED),
    "RLIMIT_MEMLOCK": (8 << 20, 8 << 20),
    "RLIMIT_NOFILE": (1024, 4096),
    "RLIMIT_CORE": (0, 0),
}
_LAST = b"\0the console ends here\0"  # a program writes no zeros there


def _must(result: int, what: str) -> None:
    if result:
        raise OSError(ctypes.get_errno(), f"{what}: not root?")


def in_machine(run: Callable[[Path], Any]) -> Any:
    """Run a function as the first process of a machine of its own; return what it returns.

    Args:
        run: gets an empty folder on a tmpfs; what it returns goes through JSON.

    Raises:
        RuntimeError: it failed, or did not end in time.
    """
    reader, writer = os.pipe()
    with tempfile.TemporaryDirectory() as folder, os.fdopen(reader) as pipe:
        pid = os.fork()
        if not pid:
            _leave_for_machine(run, Path(folder), writer)
        os.close(writer)
        ready = select.select([pipe], [], [], _SECONDS)[0]
        if not ready:
            os.kill(int(Path(f"/proc/{pid}/task/{pid}/children").read_text()), signal.SIGKILL)
        text = pipe.read()
        os.waitpid(pid, 0)
    if not text:
        raise RuntimeError("the run did not end in time")
    failed, answer = json.loads(text)
    if failed:
        raise RuntimeError(answer)
    return answer


def _leave_for_machine(run: Callable[[Path], Any], folder: Path, writer: int) -> None:
    try:
        _must(_libc.unshare(_NAMESPACES), "unshare")
        _start_loopback()
        if pid := os.fork():  # the first child is the first process of the new machine
            os.close(writer)
            os.waitpid(pid, 0)
            os._exit(0)
        _must(_libc.mount(None, b"/", None, _MS_REC_PRIVATE, None), "mount /")
        _must(_libc.mount(b"tree", bytes(folder), b"tmpfs", 0, b"huge=never"), "mount tmpfs")
        text = json.dumps((False, run(folder)))
    except BaseException as failure:
        text = json.dumps((True, repr(failure)))
    with os.fdopen(writer, "w") as pipe:
        pipe.write(text)
    os._exit(0)


def _start_loopback() -> None:
    # The only network of the new machine.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _IFF_UP))


class Tree:
    """What one program sees: a root, a console, standard input.

    Attributes:
        root: where the root of the programs is in the real tree.
        proc: where the machine's /proc is, for those outside.
        program: the path of the program in the tree.
        places: where the program and ld.so ask for the CPU, by path in the tree.
    """

    def __init__(
        self,
        folder: Path,
        files: dict[str, bytes],
        places: dict[str, Places],
        *,
        furnished: bool,
    ) -> None:
        """Make it.

        Args:
            folder: empty, on a tmpfs.
            files: the program, and then its libraries, by path in the tree.
            places: see above; found before, for that needs processes.
            furnished: it has what programs of Linux expect to find in /proc and /dev.
        """
        self.root, self.proc, self.places = folder / "root", folder / "proc", places
        self.program = next(iter(files))
        pts = folder / "pts"
        for made in (self.root, self.proc, pts):
            made.mkdir()
        _must(_libc.mount(b"proc", bytes(self.proc), b"proc", 0, None), "mount proc")
        _must(_libc.mount(b"pts", bytes(pts), b"devpts", 0, b"newinstance,mode=620"), "mount pts")
        for file, data in files.items():
            self._add(file, data)
        if furnished:
            self._furnish()
        (self.root / CWD[1:]).mkdir()
        for file, text in FILES.items():
            self._add(file, text.encode(), 0o644)
        self._master, self._slave = _open_terminal(pts)
        self._console = b""

    def _furnish(self) -> None:
        shared, proc, devices = self.root / "dev/shm", self.root / "proc", self.root / "dev"
        for made in (shared, proc):
            made.mkdir(parents=True)
        _must(_libc.mount(b"shm", bytes(shared), b"tmpfs", 0, b"mode=1777,huge=never"), "mount shm")
        _must(_libc.mount(b"proc", bytes(proc), b"proc", 0, None), "mount proc")
        for name, minor in (("null", 3), ("zero", 5)):
            os.mknod(devices / name, stat.S_IFCHR | 0o666, os.makedev(1, minor))
            (devices / name).chmod(0o666)

    def _add(self, name: str, data: bytes, mode: int = 0o755) -> None:
        file = self.root / name[1:]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        file.chmod(mode)

    def start(self, arguments: Sequence[str], stdin: str) -> tuple[int, int]:
        """Make a child that waits, and then executes the program.

        Returns:
            Its pid, and the end of a pipe: when that is closed, it goes on.
        """
        waiting, go = os.pipe()
        pid = os.fork()
        if pid:
            os.close(waiting)
            return pid, go
        os.close(go)
        os.read(waiting, 1)
        try:
            self._become(arguments, stdin)
        finally:
            os._exit(127)

    def _become(self, arguments: Sequence[str], stdin: str) -> None:
        reader, writer = os.pipe()
        os.write(writer, stdin.encode())
        os.close(writer)
        for number, file in enumerate((reader, self._slave, self._slave)):
            os.dup2(file, number)
        os.closerange(3, 1 << 12)
        for limit, values in LIMITS.items():
            resource.setrlimit(getattr(resource, limit), values)
        for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        os.umask(0o022)
        _libc.personality(_ADDR_NO_RANDOMIZE)
        os.chroot(self.root)
        os.chdir(CWD)
        environment = dict(variable.split("=", 1) for variable in ENVIRONMENT)
        os.execve(self.program, [self.program, *arguments], environment)

    def drain(self) -> None:
        """Take what was written to the console, lest it fill up."""
        while select.select([self._master], [], [], 0)[0]:
            self._console += os.read(self._master, 1 << 16)

    def console(self) -> str:
        """Return all that was written to the console."""
        os.write(self._slave, _LAST)
        while not self._console.endswith(_LAST):
            self._console += os.read(self._master, 1 << 16)
        return self._console.removesuffix(_LAST).decode(errors="backslashreplace")


def _open_terminal(pts: Path) -> tuple[int, int]:
    # A terminal that passes each byte on as it is.
    master = os.open(pts / "ptmx", os.O_RDWR | os.O_NOCTTY)
    fcntl.ioctl(master, _TIOCSPTLCK, struct.pack("i", 0))
    (number,) = struct.unpack("i", fcntl.ioctl(master, _TIOCGPTN, bytes(4)))
    slave = os.open(pts / str(number), os.O_RDWR | os.O_NOCTTY)
    attributes = termios.tcgetattr(slave)
    attributes[1] &= ~termios.OPOST
    termios.tcsetattr(slave, termios.TCSANOW, attributes)
    return master, slave
