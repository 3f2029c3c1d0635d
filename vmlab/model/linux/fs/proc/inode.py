"""Reading and writing the files of /proc: their text is made when it is read."""

from __future__ import annotations

from collections.abc import Callable

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.linux.fs.proc.array import do_task_stat, show_statm, show_status
from vmlab.model.linux.fs.proc.base import (
    mem_read,
    mem_write,
    proc_pid_auxv,
    proc_pid_cmdline,
    proc_pid_environ,
)
from vmlab.model.linux.fs.proc.generic import PROC, task_of
from vmlab.model.linux.fs.proc.meminfo import show_meminfo
from vmlab.model.linux.fs.proc.task_mmu import (
    clear_refs_write,
    pagemap_read,
    show_map,
    show_smap,
    show_smaps_rollup,
)
from vmlab.model.linux.include.structs import Inode, MmStruct, System, TaskStruct
from vmlab.model.linux.kernel.sysctl import SYSCTLS, do_sysctl
from vmlab.model.mmu.page import PAGE_SHIFT

_ENTRY = 8  # bytes of pagemap for a page
_CPUINFO = (
    "processor\t: 0\nvendor_id\t: GenuineIntel\ncpu cores\t: 1\nclflush size\t: 64\n"
    "cache_alignment\t: 64\naddress sizes\t: 40 bits physical, 48 bits virtual\n\n"
)
_SYSCTL_FOLDER = f"{PROC}/sys/"
_TEXTS: dict[str, Callable[[TaskStruct], str]] = {
    "maps": lambda task: show_map(task.mm),
    "smaps": lambda task: show_smap(task.mm),
    "smaps_rollup": lambda task: show_smaps_rollup(_mm(task)),
    "status": show_status,
    "statm": show_statm,
    "stat": do_task_stat,
    "comm": lambda task: f"{task.comm}\n",
}
_DATA: dict[str, Callable[[TaskStruct], bytes]] = {
    "cmdline": proc_pid_cmdline,
    "environ": proc_pid_environ,
    "auxv": proc_pid_auxv,
}


def proc_read(task: TaskStruct, inode: Inode, pos: int, count: int) -> bytes:
    """Return bytes of a file of /proc.

    Args:
        task: the caller.
        inode: the file.
        pos: where they begin, bytes.
        count: bytes, at most.

    Raises:
        LinuxError: ESRCH if the process or its memory is gone; EIO for memory that is not there;
            EINVAL for pagemap not entry by entry, and for what is only written to.

    Source: fs/proc/inode.c: proc_reg_read_iter() [v6.18]; fs/seq_file.c: seq_read_iter() [v6.18].
    Left out: that a read gives a page at most, and only whole lines; that a text which was read in
        parts is made in parts.
    """
    system, name = task.system, inode.name.rpartition("/")[2]
    owner = task_of(inode, system)
    if owner is None:
        return _of_system(system, inode.name).encode()[pos : pos + count]
    if name in _TEXTS:
        return _TEXTS[name](owner).encode(errors="surrogateescape")[pos : pos + count]
    if name in _DATA:
        return _DATA[name](owner)[pos : pos + count]
    mm = owner.mm
    if mm is None:
        return b""
    if name == "mem":
        return mem_read(task, mm, pos, count)
    if name == "pagemap":
        return _pagemap(mm, pos, count)
    raise LinuxError(errno.EINVAL, "only_written_to", path=inode.name)


def proc_write(task: TaskStruct, inode: Inode, pos: int, data: bytes) -> int:
    """Write to a file of /proc; return how many bytes it took.

    Args:
        task: the caller.
        inode: the file.
        pos: bytes.
        data: what is written.

    Raises:
        LinuxError: EINVAL for what cannot be written to, and what is no number; ESRCH if the
            process or its memory is gone; EIO for memory that is not there.

    Source: fs/proc/base.c: mem_write(), comm_write() [v6.18]; fs/proc/task_mmu.c:
        clear_refs_write() [v6.18]; kernel/sysctl.c: proc_dointvec_minmax() [v6.18].
    """
    system, name = task.system, inode.name.rpartition("/")[2]
    owner = task_of(inode, system)
    sysctl = inode.name.removeprefix(_SYSCTL_FOLDER).replace("/", ".")
    if owner is None:
        if sysctl not in SYSCTLS:
            raise LinuxError(errno.EINVAL, "only_read", path=inode.name)
        do_sysctl(system, sysctl, _number(data))
        return len(data)
    match name:
        case "comm":
            owner.set_task_comm(data.rstrip(b"\n").decode(errors="surrogateescape"))
        case "clear_refs":
            clear_refs_write(_mm(owner), _number(data))
        case "mem":
            return mem_write(task, _mm(owner), pos, data)
        case _:
            raise LinuxError(errno.EINVAL, "only_read", path=inode.name)
    return len(data)


def _mm(task: TaskStruct) -> MmStruct:
    if task.mm is None:
        raise LinuxError(errno.ESRCH, "no_memory_left")
    return task.mm


def _of_system(system: System, path: str) -> str:
    inner = path.removeprefix(f"{PROC}/")
    if inner == "meminfo":
        return show_meminfo(system)
    if inner == "cpuinfo":
        return _CPUINFO
    if not path.startswith(_SYSCTL_FOLDER):
        raise LinuxError(errno.ESRCH, "no_memory_left")
    name = inner.rpartition("/")[2]
    field = "sysctl_max_map_count" if name == "max_map_count" else name
    return f"{getattr(system, field)}\n"


def _number(data: bytes) -> int:
    text = data.split(b"\0")[0].strip()
    try:
        return int(text)
    except ValueError:
        raise LinuxError(errno.EINVAL, "no_number_written") from None


def _pagemap(mm: MmStruct, pos: int, count: int) -> bytes:
    if pos % _ENTRY or count % _ENTRY:
        raise LinuxError(errno.EINVAL, "pagemap_unaligned")
    first = pos // _ENTRY
    last = min(first + count // _ENTRY, mm.task_size >> PAGE_SHIFT)
    if last <= first:
        return b""
    found = pagemap_read(mm, first << PAGE_SHIFT, last - first)
    return b"".join(entry.raw.to_bytes(_ENTRY, "little") for entry in found)
