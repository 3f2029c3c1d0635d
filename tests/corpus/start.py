"""How a sequence starts on the kernel of this machine: files, numbers of processes, the victim.

All that a program gets from who starts it is fixed here, as `replay` has it: descriptors, limits,
umask, nice value, session, and the numbers of processes, which have a namespace of their own.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import subprocess
from pathlib import Path

from tests.corpus import observe
from tests.corpus.replay import (
    DISK,
    FOLDER,
    RLIMITS,
    STUB,
    TOTALRAM,
    open_disk_files,
    open_files,
    open_null,
    write_disk_files,
    write_files,
)
from vmlab.host import traced
from vmlab.model.abi.mman import ULONG_MAX
from vmlab.model.linux.include.resource import init_rlimits
from vmlab.model.mmu.page import PAGE_SHIFT, PAGE_SIZE

_ADDR_NO_RANDOMIZE = 0x40000
_CLONE_NEWNS, _CLONE_NEWIPC, _CLONE_NEWPID = 0x20000, 0x8000000, 0x20000000
_MS_REC_PRIVATE = 1 << 14 | 1 << 18
_PR_SET_PDEATHSIG = 1
_LAST_PID = Path("/proc/sys/kernel/ns_last_pid")
_FIRST_PID = 1000  # of the victim, as in the model
_UMASK = 0o022
_FIRST_TABLE = 64  # descriptors that the smallest table has
_DISK_SIZE = 32 << 20  # bytes
_HOUR = 3600  # seconds

_libc = ctypes.CDLL(None, use_errno=True)


def make_root() -> Path:
    """Make a tmpfs with the files of the format, seen by this process and its children only.

    Raises:
        OSError: this is not root.
    """
    root = Path("/mnt")
    _check(_libc.unshare(_CLONE_NEWNS | _CLONE_NEWIPC))
    _check(_libc.mount(None, b"/", None, _MS_REC_PRIVATE, None))
    _check(_libc.mount(b"corpus", bytes(root), b"tmpfs", 0, None))
    (root / FOLDER[1:]).mkdir(parents=True)
    write_files(
        lambda path, data: (root / path[1:]).write_bytes(data),
        lambda path, size: os.truncate(root / path[1:], size),
    )
    for file in (root / FOLDER[1:]).iterdir():
        file.chmod(0o755)
    return root


def _check(result: int) -> None:
    if result:
        raise OSError(ctypes.get_errno(), "cannot make a root of its own: not root?")


def make_disk(root: Path) -> None:
    """Make an ext4 without large folios, which nobody writes back but who is asked to."""
    image, folder = root / "image", root / DISK[1:]
    with image.open("wb") as file:
        file.truncate(_DISK_SIZE)
    folder.mkdir()
    for command in (
        ["mkfs.ext4", "-q", "-F", "-b", str(PAGE_SIZE), "-O", "encrypt", image],
        ["mount", "-o", f"loop,data=writeback,commit={_HOUR}", image, folder],
    ):
        subprocess.run(command, check=True)
    write_disk_files(
        lambda path, data: (root / path[1:]).write_bytes(data),
        lambda path, size: os.truncate(root / path[1:], size),
    )
    for path in folder.iterdir():
        path.chmod(0o755)
    os.sync()


def number_processes_anew() -> None:
    """Let the children of this process have numbers of their own, the next one `_FIRST_PID`.

    The first process of these numbers collects orphans, and ends with this one, with all others.
    """
    os.closerange(_FIRST_TABLE, 1 << 16)  # a table of descriptors is as large as its copy needs
    _check(_libc.unshare(_CLONE_NEWPID))
    reader, writer = os.pipe()
    if not os.fork():
        try:
            _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            signal.signal(signal.SIGCHLD, signal.SIG_IGN)
            _be_as_nice_as_most()
            _LAST_PID.write_text(str(_FIRST_PID - 1))
            os.write(writer, b"1")
            while True:
                signal.pause()
        finally:
            os._exit(1)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        assert pipe.read(1), "the numbers of processes cannot be chosen"


def _be_as_nice_as_most() -> None:
    os.setpriority(os.PRIO_PROCESS, 0, 0)


def become_victim(root: Path, rlimits: dict[str, int], *, disk: bool) -> None:
    """Execute the stub, traced by the parent.

    Args:
        root: where its files are.
        rlimits: soft limits, by name.
        disk: whether there are files on a disk too.
    """
    _libc.personality(_ADDR_NO_RANDOMIZE)
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    os.setsid()
    _be_as_nice_as_most()
    os.umask(_UMASK)
    os.closerange(3, 1 << 16)
    open_null(os)
    for number in open_files(os, str(root / FOLDER[1:])):
        os.set_inheritable(number, True)
    if disk:
        for number in open_disk_files(os, str(root / DISK[1:])):
            os.set_inheritable(number, True)
    _limit(rlimits)
    os.chroot(root)
    os.chdir("/")
    traced.trace_me()
    os.execve(STUB, ["stub"], {})


def _limit(rlimits: dict[str, int]) -> None:
    # The limits of processes and of signals that wait depend on the memory of the machine.
    limits = init_rlimits(observe.USER_END, TOTALRAM >> PAGE_SHIFT)
    softer = {RLIMITS[name]: value for name, value in rlimits.items()}
    for number, wanted in limits.items():
        highest = resource.getrlimit(number)[1] & ULONG_MAX
        hard = min(wanted.rlim_max, highest)
        soft = softer.get(number, min(wanted.rlim_cur, highest))
        resource.setrlimit(number, (ctypes.c_longlong(soft).value, ctypes.c_longlong(hard).value))
